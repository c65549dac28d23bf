using System.Numerics;
using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>An op that combines the elements along some axes, which disappear.</summary>
internal abstract record ReduceOp(Axes Over) : Op {
    public override string Describe() => Name + Over;

    /// <summary>What a reduction of nothing gives, or null where that is an error.</summary>
    protected abstract double? Empty { get; }

    protected abstract void Run<T>(ReadOnlySpan<T> x, int outer, int size, int inner, Span<T> y) where T : unmanaged, INumber<T>;

    protected abstract void Rows<T>(ref T x, nint step, int size, ref T y, int rows) where T : unmanaged, INumber<T>;

    /// <summary>How two results become one, an <see cref="ICombine"/>.</summary>
    public abstract Type Combine { get; }

    /// <summary>Reduces rows as they are reduced among all others.</summary>
    /// <param name="type">Of numbers.</param>
    /// <param name="x">The first row.</param>
    /// <param name="step">Bytes from row to row.</param>
    /// <param name="size">Elements of a row, at least 1.</param>
    /// <param name="y">Where the results go, one behind the other.</param>
    /// <param name="rows">How many rows there are.</param>
    public void Rows(DType type, ref byte x, nint step, int size, ref byte y, int rows) {
        switch (type) {
            case DType.F32: Rows<float>(ref x, step, size, ref y, rows); break;
            case DType.F64: Rows<double>(ref x, step, size, ref y, rows); break;
            case DType.I32: Rows<int>(ref x, step, size, ref y, rows); break;
            case DType.I64: Rows<long>(ref x, step, size, ref y, rows); break;
            default: Rows<uint>(ref x, step, size, ref y, rows); break;
        }
    }

    void Rows<T>(ref byte x, nint step, int size, ref byte y, int rows) where T : unmanaged, INumber<T> =>
        Rows(ref Unsafe.As<byte, T>(ref x), step / Unsafe.SizeOf<T>(), size, ref Unsafe.As<byte, T>(ref y), rows);

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var shape = inputs[0].Shape;
        foreach (var a in Over.Span) {
            if (a < 0 || a >= shape.Rank) throw new ShapeException($"{Name}: {shape} has no axis {a}.");
            if (shape[a] == 0 && Empty is null && shape.Without(Over).Size > 0) throw new ShapeException($"{Name}: axis {a} of {inputs[0]} is empty, and {Name} of nothing does not exist.");
        }
        return [new(Check(inputs[0].DType), shape.Without(Over))];
    }

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => Over.Span.IndexOf(0) < 0 ? this : null;

    protected virtual DType Check(DType type) => type != DType.Bool ? type : throw new DTypeException($"{Name} takes numbers, not bool. Count with x.To(DType.I32).Sum().");

    // Neighbouring axes are reduced as one; groups of them from the last to the first.
    protected sealed override void Evaluate<T>(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var (x, y) = (inputs[0], outputs[0]);
        if (x.Shape.Size == 0) {
            if (y.Shape.Size > 0) Numbers.Write(Empty!.Value, y);
            return;
        }
        if (Over.Count == 0) {
            Strided.Copy(x, y);
            return;
        }
        ReadOnlySpan<T> values = x.Values<T>(Scratch.Slot.Left);
        // What is reduced is of size 1 from then on.
        Span<int> dims = stackalloc int[x.Shape.Rank];
        x.Shape.Span.CopyTo(dims);
        var room = Scratch.Slot.Third;
        for (var last = Over.Count - 1; last >= 0;) {
            var first = last;
            while (first > 0 && Over[first - 1] == Over[first] - 1) first--;
            var (outer, size, inner) = (Product(dims[..Over[first]]), Product(dims[Over[first]..(Over[last] + 1)]), Product(dims[(Over[last] + 1)..]));
            // What comes of one group is read by the next, and lies in turns here and there.
            room = room == Scratch.Slot.Right ? Scratch.Slot.Third : Scratch.Slot.Right;
            var to = first == 0 ? y.Span<T>() : Scratch.Room<T>(room, outer * inner);
            Run(values, outer, size, inner, to);
            values = to;
            dims[Over[first]..(Over[last] + 1)].Fill(1);
            last = first - 1;
        }
    }

    static int Product(ReadOnlySpan<int> sizes) {
        var product = 1;
        foreach (var size in sizes) product *= size;
        return product;
    }

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(this with { Over = Axes.Of([.. Over.Span.ToArray().Select(a => a + 1)]) }, inputs);

    /// <summary>A result spread out again over the axes that it was reduced along.</summary>
    protected Tensor Spread(Tensor reduced, Shape shape) =>
        reduced.BroadcastBy(shape, Axes.Of([.. Enumerable.Range(0, shape.Rank).Where(a => Over.Span.IndexOf(a) < 0)]));

    protected IEnumerable<Sample> SamplesOf(Func<Axes, ReduceOp> op, bool distinct = false) => [
        new(op(Axes.Of(1)), [new(DType.F64, Shape.Of(3, 7))], Distinct: distinct), new(op(Axes.Of(0)), [new(DType.F64, Shape.Of(3, 20))], Distinct: distinct),
        new(op(Axes.Of(0, 2)), [new(DType.F64, Shape.Of(2, 3, 4))], Distinct: distinct), new(op(Axes.Of(0, 1)), [new(DType.F64, Shape.Of(9, 30))], Distinct: distinct),
        new(op(Axes.None), [new(DType.F64, Shape.Of(4))], Distinct: distinct), new(op(Axes.Of(0)), [new(DType.I32, Shape.Of(5, 2))], 0, 9)];
}

/// <summary>The sum; of nothing 0.</summary>
internal sealed record SumOp(Axes Over) : ReduceOp(Over) {
    protected override double? Empty => 0;

    public override Type Combine => typeof(Adding);

    protected override void Run<T>(ReadOnlySpan<T> x, int outer, int size, int inner, Span<T> y) => Reductions.Run<T, Adding>(x, outer, size, inner, y);

    protected override void Rows<T>(ref T x, nint step, int size, ref T y, int rows) => Reductions.Rows<T, Adding>(ref x, step, size, ref y, rows);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [Graph.Apply(this, tangents[0]!)];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => [Spread(cotangents[0]!, inputs[0].Shape)];

    public override IEnumerable<Sample> Samples() => [.. SamplesOf(a => new SumOp(a)), new(new SumOp(Axes.Of(1)), [new(DType.F64, Shape.Of(3, 0))])];
}

/// <summary>The largest (or smallest) element; where several are, they share the derivative evenly.</summary>
internal sealed record ExtremeOp(bool Largest, Axes Over) : ReduceOp(Over) {
    public override string Name => Largest ? "Max" : "Min";

    protected override double? Empty => null;

    public override Type Combine => Largest ? typeof(Largest) : typeof(Smallest);

    protected override DType Check(DType type) => type;

    protected override void Run<T>(ReadOnlySpan<T> x, int outer, int size, int inner, Span<T> y) {
        if (Largest) Reductions.Run<T, Largest>(x, outer, size, inner, y);
        else Reductions.Run<T, Smallest>(x, outer, size, inner, y);
    }

    protected override void Rows<T>(ref T x, nint step, int size, ref T y, int rows) {
        if (Largest) Reductions.Rows<T, Largest>(ref x, step, size, ref y, rows);
        else Reductions.Rows<T, Smallest>(ref x, step, size, ref y, rows);
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (x, t) = (inputs[0], tangents[0]!);
        var chosen = x.Eq(Spread(outputs[0], x.Shape)).To(x.DType);
        return [(t * (chosen / Spread(chosen.SumOver(Over), x.Shape))).SumOver(Over)];
    }

    public override IEnumerable<Sample> Samples() => [.. SamplesOf(a => new ExtremeOp(true, a), distinct: true), .. SamplesOf(a => new ExtremeOp(false, a), distinct: true),
        new(new ExtremeOp(true, Axes.Of(0)), [new(DType.Bool, Shape.Of(4, 2))])];
}

/// <summary>The product; of nothing 1.</summary>
internal sealed record ProdOp(Axes Over) : ReduceOp(Over) {
    protected override double? Empty => 1;

    public override Type Combine => typeof(Multiplying);

    protected override void Run<T>(ReadOnlySpan<T> x, int outer, int size, int inner, Span<T> y) => Reductions.Run<T, Multiplying>(x, outer, size, inner, y);

    protected override void Rows<T>(ref T x, nint step, int size, ref T y, int rows) => Reductions.Rows<T, Multiplying>(ref x, step, size, ref y, rows);

    // The product of all the others, from both ends by slices: right where elements are zero, too.
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (x, t) = (inputs[0], tangents[0]!);
        foreach (var axis in Over.Span.ToArray().Reverse()) (x, t) = (Graph.Apply(new ProdOp(Axes.Of(axis)), x), Along(axis, x, t));
        return [t];
    }

    // d(ab) = a·db + b·da on halves, and so on down: depth log n.
    static Tensor Along(int axis, Tensor x, Tensor t) {
        var n = x.Shape[axis];
        if (n == 0) return Graph.Fill(0, new(x.DType, x.Shape.Without(Axes.Of(axis))));
        while (n > 1) {
            var half = n / 2;
            var (a, b, ta, tb) = (Part(x, 0, half), Part(x, half, half), Part(t, 0, half), Part(t, half, half));
            var (y, ty) = (a * b, a * tb + ta * b);
            (x, t) = n % 2 == 0 ? (y, ty) : (Graph.Apply(new ConcatOp(axis), y, Part(x, n - 1, 1)), Graph.Apply(new ConcatOp(axis), ty, Part(t, n - 1, 1)));
            n = half + n % 2;
        }
        return t.ReshapeTo(x.Shape.Without(Axes.Of(axis)));

        Tensor Part(Tensor of, int from, int count) => of.SliceAxis(axis, from, count);
    }

    public override IEnumerable<Sample> Samples() => SamplesOf(a => new ProdOp(a));
}

/// <summary>Where along the axis the largest (or smallest) element is, as i32: the first of equals; NaN counts as extreme.</summary>
internal sealed record ArgExtremeOp(bool Largest, int Axis) : Op {
    public override string Name => Largest ? "ArgMax" : "ArgMin";

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var shape = inputs[0].Shape;
        if (Axis < 0 || Axis >= shape.Rank) throw new ShapeException($"{Name}: {inputs[0]} has no axis {Axis}.");
        if (shape[Axis] == 0) throw new ShapeException($"{Name}: axis {Axis} of {inputs[0]} is empty.");
        return [new(DType.I32, shape.Without(Axes.Of(Axis)))];
    }

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => Axis > 0 ? this : null;

    protected override void Evaluate<T>(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var x = inputs[0];
        var rank = x.Shape.Rank;
        var rows = x.As(x.Layout.Transpose(Axes.Of([.. Enumerable.Range(0, rank).Where(a => a != Axis), Axis]))).Packed();
        Reductions.Arg<T>(rows.Span<T>(), x.Shape[Axis], Largest, outputs[0].Span<int>());
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(new ArgExtremeOp(Largest, Axis + 1), inputs);

    public override IEnumerable<Sample> Samples() => [
        new(new ArgExtremeOp(true, 1), [new(DType.F64, Shape.Of(3, 7))], Distinct: true), new(new ArgExtremeOp(false, 0), [new(DType.I32, Shape.Of(3, 7))], 0, 3)];
}
