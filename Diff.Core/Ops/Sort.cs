namespace Diff;

/// <summary>The places of the first Count elements along the axis in their order, as i32: stable, and NaN is larger than every number.</summary>
internal sealed record ArgSortOp(int Axis, bool Descending, int Count) : AlongOp(Axis) {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var x = inputs[0];
        CheckAxis(x);
        if (Count < 0 || Count > x.Shape[Axis]) throw new ShapeException($"TopK: {Count} of axis {Axis} of {x}, which has {x.Shape[Axis]} elements.");
        return [new(DType.I32, x.Shape.With(Axis, Count))];
    }

    protected override void Evaluate<T>(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var (x, y) = (inputs[0], outputs[0]);
        var rank = x.Shape.Rank;
        var toLast = Axes.Of([.. Enumerable.Range(0, rank).Where(a => a != Axis), Axis]);
        var rows = x.As(x.Layout.Transpose(toLast)).Packed();
        var sorted = Axis == rank - 1 ? y : View.Allocate(DType.I32, Shape.Of([.. toLast.Span.ToArray().Select(a => y.Shape[a])]).Contiguous);
        Sorting.Order<T>(rows.Span<T>(), x.Shape[Axis], Descending, Count, sorted.Span<int>());
        if (sorted != y) Strided.Copy(sorted.As(sorted.Layout.Transpose(toLast.Inverse())), y);
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override IEnumerable<Sample> Samples() => [
        new(new ArgSortOp(1, false, 7), [new(DType.F64, Shape.Of(3, 7))], Distinct: true), new(new ArgSortOp(0, true, 5), [new(DType.I32, Shape.Of(5, 3))], 0, 4),
        new(new ArgSortOp(1, true, 2), [new(DType.F64, Shape.Of(2, 6, 3))], Distinct: true)];
}

/// <summary>For each value the place in a sorted vector where it belongs, as i32.</summary>
internal sealed record SearchSortedOp(bool Right) : Op {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (sorted, values) = (inputs[0], inputs[1]);
        if (sorted.DType != values.DType) throw new DTypeException($"SearchSorted: {sorted} and {values} have different dtypes.");
        if (sorted.Shape.Rank != 1) throw new ShapeException($"SearchSorted: {sorted} has to be a vector.");
        return [new(DType.I32, values.Shape)];
    }

    protected override void Evaluate<T>(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) =>
        Sorting.Search<T>(inputs[0].Values<T>(Scratch.Slot.Left), inputs[1].Values<T>(Scratch.Slot.Right), Right, outputs[0].Span<int>());

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => batched[0] ? base.Batch(inputs, batched, size) : Graph.ApplyAll(this, inputs);

    public override IEnumerable<Sample> Samples() => [
        new(new SearchSortedOp(false), [new(DType.F64, Shape.Of(6)), new(DType.F64, Shape.Of(3, 4))], Distinct: true),
        new(new SearchSortedOp(true), [new(DType.I32, Shape.Of(6)), new(DType.I32, Shape.Scalar)], 0, 9)];
}

public sealed partial class Tensor {
    /// <summary>The elements along the axis in ascending order; NaN is larger than every number. Derivatives follow the elements.</summary>
    /// <param name="axis">Along which, the last unless told.</param>
    /// <param name="descending">The largest (and so NaN) first.</param>
    public Tensor Sort(int axis = -1, bool descending = false) => TakeAlong(ArgSort(axis, descending), axis);

    /// <summary>The places of the elements along the axis in ascending order, i32; equals stay in their order, NaN is larger than every number.</summary>
    /// <inheritdoc cref="Sort"/>
    public Tensor ArgSort(int axis = -1, bool descending = false) => Graph.Apply(new ArgSortOp(Shape.Axis(axis), descending, Shape[Shape.Axis(axis)]), this);

    /// <summary>The k largest along the axis, the largest first, and their places, i32; of equals the first, and NaN counts as the largest.</summary>
    /// <param name="k">How many.</param>
    /// <param name="axis">Along which, the last unless told.</param>
    /// <param name="largest">False for the k smallest, the smallest first.</param>
    /// <exception cref="ShapeException">The axis has fewer than k elements.</exception>
    public (Tensor Values, Tensor Indices) TopK(int k, int axis = -1, bool largest = true) {
        var indices = Graph.Apply(new ArgSortOp(Shape.Axis(axis), largest, k), this);
        return (TakeAlong(indices, axis), indices);
    }
}

public static partial class Functions {
    /// <summary>For each value its place in a sorted vector, i32: how many elements are smaller (right: smaller or equal).</summary>
    /// <param name="sorted">[n], ascending; NaN last.</param>
    /// <param name="values">Of any shape; dtypes promote.</param>
    /// <param name="right">Behind its equals instead of before them.</param>
    public static Tensor SearchSorted(Tensor sorted, Tensor values, bool right = false) {
        (sorted, values) = Promotion.MatchTypes(sorted.Given(), values.Given());
        return Graph.Apply(new SearchSortedOp(right), sorted, values);
    }
}
