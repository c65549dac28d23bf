namespace Diff;

/// <summary>A product of two stacks of matrices, found for layouts: what is left to do for their values.</summary>
/// <param name="A">The left matrices.</param>
/// <param name="B">The right ones.</param>
/// <param name="Count">Elements of the result.</param>
internal sealed record Product(Matrices A, Matrices B, int Count) {
    /// <summary>Of a product that is a loop: how often it runs another, and how far its operands are from one time to the next.</summary>
    public int Times { get; init; }
    public int LeftStep { get; init; }
    public int RightStep { get; init; }
    public Product? Each { get; init; }

    public void Run(View left, View right, View to) {
        switch (to.DType) {
            case DType.F32: Floats(left.Span<float>(), 0, right.Span<float>(), 0, to.Span<float>()); break;
            case DType.F64: Floats(left.Span<double>(), 0, right.Span<double>(), 0, to.Span<double>()); break;
            case DType.I32: Integers(left.Span<int>(), 0, right.Span<int>(), 0, to.Span<int>()); break;
            case DType.I64: Integers(left.Span<long>(), 0, right.Span<long>(), 0, to.Span<long>()); break;
            default: Integers(left.Span<uint>(), 0, right.Span<uint>(), 0, to.Span<uint>()); break;
        }
    }

    void Floats<T>(ReadOnlySpan<T> x, int atX, ReadOnlySpan<T> y, int atY, Span<T> z) where T : unmanaged {
        // A loop forwards around a stack that is read where it lies is a stack of stacks.
        var stacks = (LeftStep | RightStep) >= 0 && Each is { Each: null, A.Packs: false, B.Packs: false } each ? each : this;
        for (var i = 0; i < stacks.Times; i++) stacks.Each!.Floats(x, atX + i * LeftStep, y, atY + i * RightStep, z.Slice(i * stacks.Each.Count, stacks.Each.Count));
        if (stacks.Each is not null) return;
        var a = stacks.A.Read(x, atX, Scratch.Slot.Left);
        var b = stacks.B.Read(y, atY, Scratch.Slot.Right);
        Gemm.MultiplyAll(stacks.A.Count, stacks.A.Rows, stacks.B.Columns, stacks.A.Columns, a, stacks.A.Stride, stacks.A.RowStride, stacks.A.ColumnStride,
            b, stacks.B.Stride, stacks.B.RowStride, stacks.B.ColumnStride, z, Math.Max(1, Times), LeftStep, RightStep);
    }

    void Integers<T>(ReadOnlySpan<T> x, int atX, ReadOnlySpan<T> y, int atY, Span<T> z) where T : unmanaged, System.Numerics.INumber<T> {
        for (var i = 0; i < Times; i++) Each!.Integers(x, atX + i * LeftStep, y, atY + i * RightStep, z.Slice(i * Each.Count, Each.Count));
        if (Each is not null) return;
        var a = A.Read(x, atX, Scratch.Slot.Left);
        var b = B.Read(y, atY, Scratch.Slot.Right);
        var (m, n, k) = (A.Rows, B.Columns, A.Columns);
        for (var i = 0; i < A.Count && z.Length > 0; i++)
            Gemm.MultiplyIntegers(m, n, k, a[Math.Min(i * A.Stride, a.Length)..], A.RowStride, A.ColumnStride, b[Math.Min(i * B.Stride, b.Length)..], B.RowStride, B.ColumnStride, z.Slice(i * m * n, m * n), n);
    }
}

/// <summary>A stack of matrices in memory, read by strides: where they lie if their axes group so, else in a packed copy.</summary>
internal readonly struct Matrices {
    public int Count { get; private init; }
    public int Rows { get; private init; }
    public int Columns { get; private init; }
    public int Stride { get; private init; }
    public int RowStride { get; private init; }
    public int ColumnStride { get; private init; }
    int Start { get; init; }
    Layout? ToPack { get; init; }

    /// <summary>Whether the matrices have to be copied to lie at equal distances.</summary>
    public bool Packs => ToPack is not null;

    /// <summary>The memory from the first element on.</summary>
    /// <param name="x">What the layout is of.</param>
    /// <param name="at">How far behind it these matrices lie.</param>
    /// <param name="slot">Room for a copy.</param>
    public ReadOnlySpan<T> Read<T>(ReadOnlySpan<T> x, int at, Scratch.Slot slot) where T : unmanaged {
        if (ToPack is null) return x[Math.Min(Start + at, x.Length)..];
        var copy = Scratch.Room<T>(slot, ToPack.Shape.Size);
        Strided.Copy(ToPack, x, copy, at);
        return copy;
    }

    public static Matrices Of(Layout x, int rows, int columns) => new() {
        Count = 1, Rows = x.Shape[rows], Columns = x.Shape[columns], Start = Math.Min(x.Offset, x.Extent), RowStride = x.Strides[rows], ColumnStride = x.Strides[columns],
    };

    public static Matrices Of(Layout x, Axes batch, ReadOnlySpan<int> rows, ReadOnlySpan<int> columns) {
        int Product(ReadOnlySpan<int> axes) {
            var p = 1;
            foreach (var a in axes) p *= x.Shape[a];
            return p;
        }
        var shape = Shape.Of(Product(batch.Span), Product(rows), Product(columns));
        var ordered = x.Transpose(Axes.Of([.. batch.Span, .. rows, .. columns]));
        var packed = ordered.Reshape(shape) is not { } direct || direct.Strides[0] < 0 || direct.Strides[1] < 0 || direct.Strides[2] < 0;
        var layout = packed ? shape.Contiguous : ordered.Reshape(shape)!;
        return new() {
            Count = shape[0], Rows = shape[1], Columns = shape[2], Start = Math.Min(layout.Offset, layout.Extent),
            Stride = layout.Strides[0], RowStride = layout.Strides[1], ColumnStride = layout.Strides[2], ToPack = packed ? ordered : null,
        };
    }
}
