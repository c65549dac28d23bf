namespace Diff;

/// <summary>Sums of products over the contracted axes, for each index of the batch axes:
/// the result's axes are batch, left's others, right's others.</summary>
/// <remarks>MatMul, Outer, Einsum and their derivatives are all this one op: it is closed under its own transpose.</remarks>
internal sealed record DotOp(Axes LeftBatch, Axes RightBatch, Axes LeftSum, Axes RightSum) : Op {
    /// <summary>The product of matrices [m,k]·[k,n], or of a stack of them.</summary>
    public static DotOp MatMul(int batch) => new(Axes.Range(batch), Axes.Range(batch), Axes.Of(batch + 1), Axes.Of(batch));

    static int[] Rest(int rank, Axes batch, Axes sum) {
        var rest = new int[rank - batch.Count - sum.Count];
        for (int a = 0, i = 0; a < rank && i < rest.Length; a++)
            if (batch.Span.IndexOf(a) < 0 && sum.Span.IndexOf(a) < 0) rest[i++] = a;
        return rest;
    }

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (a, b) = (inputs[0], inputs[1]);
        if (a.DType != b.DType) throw new DTypeException($"Dot: {a} and {b} have different dtypes.");
        if (a.DType == DType.Bool) throw new DTypeException("Dot takes numbers, not bool.");
        if (!Match(a.Shape, LeftBatch, b.Shape, RightBatch) || !Match(a.Shape, LeftSum, b.Shape, RightSum))
            throw new ShapeException($"Dot: axes {LeftBatch}{LeftSum} of {a} do not match axes {RightBatch}{RightSum} of {b}.");
        Span<int> dims = stackalloc int[a.Shape.Rank + b.Shape.Rank];
        var rank = 0;
        foreach (var i in LeftBatch.Span) dims[rank++] = a.Shape[i];
        foreach (var i in Rest(a.Shape.Rank, LeftBatch, LeftSum)) dims[rank++] = a.Shape[i];
        foreach (var i in Rest(b.Shape.Rank, RightBatch, RightSum)) dims[rank++] = b.Shape[i];
        return [new(a.DType, Shape.Of(dims[..rank]))];
    }

    static bool Match(Shape a, Axes left, Shape b, Axes right) {
        if (left.Count != right.Count) return false;
        for (var i = 0; i < left.Count; i++)
            if (left[i] < 0 || right[i] < 0 || left[i] >= a.Rank || right[i] >= b.Rank || a[left[i]] != b[right[i]]) return false;
        return true;
    }

    /// <summary>The product of the right by the left, (a·b)ᵀ = bᵀ·aᵀ, and the order in which it has the axes of this one. Each element is the same sum in the same
    /// order; null where the sizes say that other kernels compute it.</summary>
    public (DotOp Op, Axes Order)? Turned(Shape left, Shape right) {
        int[] rows = Rest(left.Rank, LeftBatch, LeftSum), columns = Rest(right.Rank, RightBatch, RightSum);
        int m = rows.Aggregate(1, (p, a) => p * left[a]), n = columns.Aggregate(1, (p, a) => p * right[a]), k = LeftSum.Span.ToArray().Aggregate(1, (p, a) => p * left[a]), batch = LeftBatch.Count;
        if (Gemm.IsDot(m, n, k) != Gemm.IsDot(n, m, k)) return null;
        return (new(RightBatch, LeftBatch, RightSum, LeftSum), Axes.Of([.. Enumerable.Range(0, batch), .. Enumerable.Range(batch + rows.Length, columns.Length), .. Enumerable.Range(batch, rows.Length)]));
    }

    public override double Flops(ReadOnlySpan<TensorType> inputs, ReadOnlySpan<TensorType> outputs) {
        var flops = 2.0 * outputs[0].Shape.Size;
        foreach (var a in LeftSum.Span) flops *= inputs[0].Shape[a];
        return flops;
    }

    public override string Kernel(ReadOnlySpan<TensorType> types, ReadOnlySpan<Layout> inputs) {
        var (a, b) = (Left(inputs[0]), Right(inputs[1]));
        var (m, n, k) = (a.Rows, b.Columns, a.Columns);
        var kernel = types[0].DType switch {
            DType.F32 => Gemm.Kernel<float>(m, n, k, a.RowStride, a.ColumnStride, b.RowStride, b.ColumnStride),
            DType.F64 => Gemm.Kernel<double>(m, n, k, a.RowStride, a.ColumnStride, b.RowStride, b.ColumnStride),
            _ => "integers",
        };
        return $"{(a.Count == 1 ? "" : $"{a.Count} times ")}{m}x{k}·{k}x{n} [{kernel}]";
    }

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => LeftBatch.Count > 0 && (LeftBatch[0], RightBatch[0]) == (0, 0) ? this : null;

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => Of(inputs[0].Layout, inputs[1].Layout, outputs[0].Shape.Size).Run(inputs[0], inputs[1], outputs[0]);

    public override Prepared Prepare(Layout[] inputs, Layout[] outputs) {
        var product = Of(inputs[0], inputs[1], outputs[0].Shape.Size);
        return (inputs, outputs) => product.Run(inputs[0], inputs[1], outputs[0]);
    }

    Product Of(Layout left, Layout right, int count) {
        var (a, b) = (Left(left), Right(right));
        // Where the batch is no single run of memory, heads within sequences say, its first axis is a loop around the others.
        if (!(a.Packs || b.Packs) || LeftBatch.Count <= 1 || count == 0) return new(a, b, count);
        var (i, j, times) = (LeftBatch[0], RightBatch[0], left.Shape[LeftBatch[0]]);
        var each = new DotOp(Less(LeftBatch, i, 1), Less(RightBatch, j, 1), Less(LeftSum, i), Less(RightSum, j)).Of(left.At(i, 0), right.At(j, 0), count / times);
        return new(a, b, count) { Times = times, LeftStep = left.Strides[i], RightStep = right.Strides[j], Each = each };
    }

    // The axes of a tensor that has lost one, from the given place on.
    static Axes Less(Axes axes, int lost, int first = 0) => Axes.Of([.. axes.Span[first..].ToArray().Select(a => a > lost ? a - 1 : a)]);

    Matrices Left(Layout x) => IsMatrix(x, LeftSum) ? Matrices.Of(x, 1 - LeftSum[0], LeftSum[0]) : Matrices.Of(x, LeftBatch, Rest(x.Shape.Rank, LeftBatch, LeftSum), LeftSum.Span);

    Matrices Right(Layout x) => IsMatrix(x, RightSum) ? Matrices.Of(x, RightSum[0], 1 - RightSum[0]) : Matrices.Of(x, RightBatch, RightSum.Span, Rest(x.Shape.Rank, RightBatch, RightSum));

    // A plain matrix, either way round, is what nearly every product has.
    bool IsMatrix(Layout x, Axes sum) => LeftBatch.Count == 0 && sum.Count == 1 && x.Strides is [>= 0, >= 0];

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [AddOp.Sum(
        tangents[0] is { } a ? Graph.Apply(this, a, inputs[1]) : null,
        tangents[1] is { } b ? Graph.Apply(this, inputs[0], b) : null)];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => linear switch {
        [true, false] => [ByLeft(cotangents[0]!, inputs[0].Shape, inputs[1]), null],
        [false, true] => [null, ByRight(cotangents[0]!, inputs[0], inputs[1].Shape)],
        _ => throw NotLinear(),
    };

    // The cotangent has axes batch, left rest, right rest. Contract what came from the other side, with the operands in the
    // order that gives the axes of the result where they belong: for matrices g·bᵀ and aᵀ·g need no transpose afterwards.
    Tensor ByLeft(Tensor g, Shape left, Tensor b) {
        var (batch, rest, others) = (LeftBatch.Count, Rest(left.Rank, LeftBatch, LeftSum), Rest(b.Rank, RightBatch, RightSum));
        var product = Graph.Apply(new DotOp(Axes.Range(batch), RightBatch, Axes.Of([.. Enumerable.Range(batch + rest.Length, others.Length)]), Axes.Of(others)), g, b);
        // Its axes: batch, left rest, then the summed ones in the order in which they stand in b.
        var sums = RightSum.Span.ToArray().Select((axis, i) => (axis, to: LeftSum[i])).OrderBy(s => s.axis).Select(s => s.to);
        return product.TransposeBy(Axes.Of([.. LeftBatch.Span, .. rest, .. sums]).Inverse());
    }

    Tensor ByRight(Tensor g, Tensor a, Shape right) {
        var (batch, rest, others) = (RightBatch.Count, Rest(right.Rank, RightBatch, RightSum), Rest(a.Rank, LeftBatch, LeftSum));
        var product = Graph.Apply(new DotOp(LeftBatch, Axes.Range(batch), Axes.Of(others), Axes.Of([.. Enumerable.Range(batch, others.Length)])), a, g);
        var sums = LeftSum.Span.ToArray().Select((axis, i) => (axis, to: RightSum[i])).OrderBy(s => s.axis).Select(s => s.to);
        return product.TransposeBy(Axes.Of([.. RightBatch.Span, .. sums, .. rest]).Inverse());
    }

    // Both: one more batch axis. One: its first axis is one more of its free ones, and moves to the front afterwards.
    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) {
        static Axes Shift(Axes axes) => Axes.Of([.. axes.Span.ToArray().Select(a => a + 1)]);
        static Axes Front(Axes axes) => Axes.Of([0, .. Shift(axes).Span]);
        if (batched is [true, true]) return Graph.ApplyAll(new DotOp(Front(LeftBatch), Front(RightBatch), Shift(LeftSum), Shift(RightSum)), inputs);
        if (batched[0]) return [Graph.Apply(new DotOp(Shift(LeftBatch), RightBatch, Shift(LeftSum), RightSum), inputs).MoveAxis(LeftBatch.Count, 0)];
        return [Graph.Apply(new DotOp(LeftBatch, Shift(RightBatch), LeftSum, Shift(RightSum)), inputs).MoveAxis(inputs[0].Rank - LeftSum.Count, 0)];
    }

    public override IEnumerable<Sample> Samples() {
        return [
            Of(MatMul(0), [3, 4], [4, 5]), Of(MatMul(1), [2, 3, 4], [2, 4, 5]),
            Of(new(Axes.None, Axes.None, Axes.Of(0), Axes.Of(0)), [4, 3], [4, 5]), Of(new(Axes.None, Axes.None, Axes.Of(1), Axes.Of(1)), [3, 4], [5, 4]),
            Of(new(Axes.None, Axes.None, Axes.None, Axes.None), [3], [2]), Of(new(Axes.None, Axes.None, Axes.Of(0), Axes.Of(0)), [6], [6]),
            Of(new(Axes.Of(2), Axes.Of(0), Axes.Of(0, 3), Axes.Of(2, 1)), [3, 2, 4, 5], [4, 5, 3, 2]),
            Of(MatMul(0), [3, 0], [0, 5]), Of(MatMul(0), [3, 4], [4, 5], DType.I32)];

        static Sample Of(DotOp op, int[] a, int[] b, DType type = DType.F64) => new(op, [new(type, Shape.Of(a)), new(type, Shape.Of(b))], -3, 3);
    }
}
