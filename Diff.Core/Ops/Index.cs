using System.Numerics;

namespace Diff;

/// <summary>An op that reads or adds rows of its first input by the integers of its second.</summary>
internal abstract record IndexOp(int Axis) : Op {
    protected static DType Integer(TensorType indices, string op) =>
        indices.DType is DType.I32 or DType.I64 or DType.U32 ? indices.DType : throw new DTypeException($"{op}: the indices are {indices}; they have to be integers.");

    protected sealed override void Evaluate<T>(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) =>
        Run(inputs[0].Values<T>(Scratch.Slot.Left), inputs[0].Shape, Places(inputs[1], SizeOf(inputs[0].Shape), CountsFromEnd), outputs[0].Span<T>(), outputs[0].Shape);

    /// <summary>Integers as places among so many.</summary>
    /// <exception cref="ShapeException">One is outside.</exception>
    public static ReadOnlySpan<int> Places(View indices, int size, bool countsFromEnd) => indices.DType switch {
        DType.I32 => Indexing.Checked(indices.Values<int>(Scratch.Slot.Right), size, countsFromEnd),
        DType.I64 => Indexing.Wrapped(indices.Values<long>(Scratch.Slot.Right), size, countsFromEnd),
        _ => Indexing.Wrapped(indices.Values<uint>(Scratch.Slot.Right), size, countsFromEnd),
    };

    /// <summary>Whether a negative index counts from the end, or is an error.</summary>
    protected virtual bool CountsFromEnd => true;

    /// <summary>How many places the indices choose from.</summary>
    protected virtual int SizeOf(Shape input) => input[Axis];

    protected abstract void Run<T>(ReadOnlySpan<T> x, Shape from, ReadOnlySpan<int> at, Span<T> y, Shape to) where T : unmanaged, INumber<T>;

    protected (int Outer, int Inner) Around(Shape shape, int skip) {
        var (outer, inner) = (1, 1);
        for (var a = 0; a < Axis; a++) outer *= shape[a];
        for (var a = Axis + skip; a < shape.Rank; a++) inner *= shape[a];
        return (outer, inner);
    }

    /// <summary>The op that undoes the index, on cotangents of this one's output.</summary>
    protected abstract Op Inverse(TensorType input);

    public sealed override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [tangents[0] is { } t ? Graph.Apply(this, t, inputs[1]) : null];

    public sealed override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) =>
        linear is [true, false] ? [Graph.Apply(Inverse(inputs[0].Type), cotangents[0]!, inputs[1]), null] : throw NotLinear();
}

/// <summary>Whole slices of the first input along the axis, in the order and shape of the indices.</summary>
internal sealed record TakeOp(int Axis) : IndexOp(Axis) {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (x, at) = (inputs[0], inputs[1]);
        Integer(at, Name);
        if (Axis < 0 || Axis >= x.Shape.Rank) throw new ShapeException($"Take: {x} has no axis {Axis}.");
        return [new(x.DType, Shape.Of([.. x.Shape.Span[..Axis], .. at.Shape.Span, .. x.Shape.Span[(Axis + 1)..]]))];
    }

    protected override void Run<T>(ReadOnlySpan<T> x, Shape from, ReadOnlySpan<int> at, Span<T> y, Shape to) {
        var (outer, inner) = Around(from, 1);
        Indexing.Take(x, at, outer, from[Axis], inner, y);
    }

    protected override Op Inverse(TensorType input) => new PutOp(Axis, input.Shape[Axis]);

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) {
        if (batched is [true, false]) return Graph.ApplyAll(new TakeOp(Axis + 1), inputs);
        if (batched is [false, true]) return [Graph.Apply(this, inputs).MoveAxis(Axis, 0)];
        var (x, at) = (inputs[0], inputs[1]);
        var rows = x.Flatten(1, Axis + 1);
        rows = rows.Flatten(3, rows.Rank);
        var y = Graph.Apply(new TakeAlongOp(2), rows, EachElement(at, rows.Shape));
        return [y.ReshapeTo(Shape.Of([.. x.Shape.Span[..(Axis + 1)], .. at.Shape.Span[1..], .. x.Shape.Span[(Axis + 2)..]]))];
    }

    /// <summary>Indices [size, …] of slices as indices of elements, for [size, outer, …, inner].</summary>
    public static Tensor EachElement(Tensor at, Shape rows) {
        var flat = at.Flatten(1, at.Rank);
        return flat.BroadcastBy(Shape.Of(rows[0], rows[1], flat.Shape[1], rows[3]), Axes.Of(0, 2));
    }

    public override IEnumerable<Sample> Samples() => [
        new(new TakeOp(0), [new(DType.F64, Shape.Of(4, 3)), new(DType.I32, Shape.Of(6))], -3.9, 3.9), new(new TakeOp(1), [new(DType.F64, Shape.Of(2, 5)), new(DType.I64, Shape.Of(2, 2))], -3, 3),
        new(new TakeOp(0), [new(DType.F64, Shape.Of(4)), new(DType.I32, Shape.Scalar)], -3, 3)];
}

/// <summary>Zeros of Size along the axis, to which the slices of the first input are added at the indices.</summary>
internal sealed record PutOp(int Axis, int Size) : IndexOp(Axis) {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (x, at) = (inputs[0], inputs[1]);
        Integer(at, Name);
        var n = at.Shape.Rank;
        if (x.Shape.Rank < Axis + n || !x.Shape.Span.Slice(Axis, n).SequenceEqual(at.Shape.Span)) throw new ShapeException($"ScatterAdd: {x} does not hold a slice for each index of {at} at axis {Axis}.");
        return [new(x.DType, Shape.Of([.. x.Shape.Span[..Axis], Size, .. x.Shape.Span[(Axis + n)..]]))];
    }

    public override string Name => "ScatterAdd";

    protected override void Run<T>(ReadOnlySpan<T> x, Shape from, ReadOnlySpan<int> at, Span<T> y, Shape to) {
        var (outer, inner) = Around(to, 1);
        Indexing.Put(x, at, outer, Size, inner, y);
    }

    protected override int SizeOf(Shape input) => Size;

    protected override Op Inverse(TensorType input) => new TakeOp(Axis);

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) {
        if (batched is [true, false]) return Graph.ApplyAll(new PutOp(Axis + 1, Size), inputs);
        var (x, at) = (Repeated(inputs, batched, size)[0], inputs[1]);
        var inner = x.Shape.Span[(Axis + at.Rank)..].ToArray();
        var rows = x.ReshapeTo(Shape.Of(size, Product(x.Shape.Span[1..(Axis + 1)]), Product(at.Shape.Span[1..]), Product(inner)));
        var y = Graph.Apply(new PutAlongOp(2, Size), rows, TakeOp.EachElement(at, rows.Shape));
        return [y.ReshapeTo(Shape.Of([.. x.Shape.Span[..(Axis + 1)], Size, .. inner]))];

        static int Product(ReadOnlySpan<int> sizes) {
            var product = 1;
            foreach (var s in sizes) product *= s;
            return product;
        }
    }

    public override IEnumerable<Sample> Samples() => [
        new(new PutOp(0, 4), [new(DType.F64, Shape.Of(6, 3)), new(DType.I32, Shape.Of(6))], -3.9, 3.9), new(new PutOp(1, 5), [new(DType.F64, Shape.Of(2, 2, 3)), new(DType.I64, Shape.Of(2, 3))], -3, 3)];
}

/// <summary>Element by element along the axis: y[…, j, …] = x[…, at[…, j, …], …].</summary>
internal sealed record TakeAlongOp(int Axis, bool Wrap = true) : IndexOp(Axis) {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (x, at) = (inputs[0], inputs[1]);
        Integer(at, Name);
        if (Axis < 0 || Axis >= x.Shape.Rank || at.Shape.Rank != x.Shape.Rank || !at.Shape.With(Axis, 0).Equals(x.Shape.With(Axis, 0)))
            throw new ShapeException($"TakeAlong: {x} and indices {at} may differ along axis {Axis} alone.");
        return [new(x.DType, at.Shape)];
    }

    protected override void Run<T>(ReadOnlySpan<T> x, Shape from, ReadOnlySpan<int> at, Span<T> y, Shape to) {
        var (outer, inner) = Around(from, 1);
        Indexing.TakeAlong(x, at, outer, from[Axis], inner, y);
    }

    protected override Op Inverse(TensorType input) => new PutAlongOp(Axis, input.Shape[Axis], Wrap);

    protected override bool CountsFromEnd => Wrap;

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => Axis > 0 ? this : null;

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(new TakeAlongOp(Axis + 1, Wrap), Repeated(inputs, batched, size));

    public override IEnumerable<Sample> Samples() => [
        new(new TakeAlongOp(1), [new(DType.F64, Shape.Of(2, 4)), new(DType.I32, Shape.Of(2, 6))], -3.9, 3.9), new(new TakeAlongOp(0), [new(DType.F64, Shape.Of(4, 3)), new(DType.I64, Shape.Of(2, 3))], -3, 3)];
}

/// <summary>Zeros of Size along the axis, to which the elements of the first input are added, each at its index.</summary>
internal sealed record PutAlongOp(int Axis, int Size, bool Wrap = true) : IndexOp(Axis) {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (x, at) = (inputs[0], inputs[1]);
        Integer(at, Name);
        if (!x.Shape.Equals(at.Shape) || Axis < 0 || Axis >= x.Shape.Rank) throw new ShapeException($"ScatterAddAlong: {x} and indices {at} have one shape, with an axis {Axis}.");
        return [new(x.DType, x.Shape.With(Axis, Size))];
    }

    public override string Name => "ScatterAddAlong";

    protected override void Run<T>(ReadOnlySpan<T> x, Shape from, ReadOnlySpan<int> at, Span<T> y, Shape to) {
        var (outer, inner) = Around(to, 1);
        Indexing.PutAlong(x, at, outer, Size, inner, y);
    }

    protected override int SizeOf(Shape input) => Size;

    protected override Op Inverse(TensorType input) => new TakeAlongOp(Axis, Wrap);

    protected override bool CountsFromEnd => Wrap;

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => Axis > 0 ? this : null;

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(new PutAlongOp(Axis + 1, Size, Wrap), Repeated(inputs, batched, size));

    public override IEnumerable<Sample> Samples() => [
        new(new PutAlongOp(1, 4), [new(DType.F64, Shape.Of(2, 6)), new(DType.I32, Shape.Of(2, 6))], -3.9, 3.9), new(new PutAlongOp(0, 5), [new(DType.F64, Shape.Of(2, 3)), new(DType.I64, Shape.Of(2, 3))], -3, 3)];
}
