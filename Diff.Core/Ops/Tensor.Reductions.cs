namespace Diff;

public sealed partial class Tensor {
    /// <summary>The sum over the axes, which disappear; over all unless told. Of nothing it is 0. Bools are counted, in i32.</summary>
    public Tensor Sum(params int[] axes) => (DType == DType.Bool ? To(DType.I32) : this).SumOver(Shape.AxesOf(axes));

    /// <summary>The product over the axes, or all; of nothing it is 1.</summary>
    public Tensor Prod(params int[] axes) => Reduce(a => new ProdOp(a), axes, nameof(Prod));

    /// <summary>The largest over the axes, or all; several of them share the derivative evenly. NaN wins. Of bools: whether any.</summary>
    /// <exception cref="ShapeException">There is nothing to choose from.</exception>
    public Tensor Max(params int[] axes) => Reduce(a => new ExtremeOp(true, a), axes, nameof(Max));

    /// <summary>The smallest over the axes, or all; several of them share the derivative evenly. NaN wins. Of bools: whether all.</summary>
    /// <exception cref="ShapeException">There is nothing to choose from.</exception>
    public Tensor Min(params int[] axes) => Reduce(a => new ExtremeOp(false, a), axes, nameof(Min));

    /// <summary>Whether any element along the axes, or all axes, is true.</summary>
    public Tensor Any(params int[] axes) => To(DType.Bool).Sum(axes) > 0;

    /// <summary>Whether all elements along the axes, or all axes, are true.</summary>
    public Tensor All(params int[] axes) => !(!To(DType.Bool)).Any(axes);

    /// <summary>The mean over the axes, or all; NaN of nothing. Bools and integers give f32: the accuracy is <c>y.Eq(t).Mean()</c>.</summary>
    public Tensor Mean(params int[] axes) {
        var over = Shape.AxesOf(axes);
        var count = over.Span.ToArray().Aggregate(1L, (p, a) => p * Shape[a]);
        var x = DType.IsFloat() ? this : To(DType.F32);
        return x.SumOver(over) / count;
    }

    /// <summary>The mean squared distance from the mean over the axes, or all; divided by n − correction.</summary>
    /// <param name="axes">Which; all unless told.</param>
    /// <param name="correction">0 for the population, 1 for an unbiased estimate from a sample.</param>
    public Tensor Var(int[]? axes = null, int correction = 0) {
        var over = Shape.AxesOf(axes ?? []);
        var count = over.Span.ToArray().Aggregate(1L, (p, a) => p * Shape[a]);
        var x = DType.IsFloat() ? this : To(DType.F32);
        var kept = Axes.Of([.. Enumerable.Range(0, Rank).Where(i => over.Span.IndexOf(i) < 0)]);
        // Distances first: E[x²] − E[x]² would lose the digits that the two have in common.
        return (x - (x.SumOver(over) / count).BroadcastBy(Shape, kept)).Square().SumOver(over) / Math.Max(0, count - correction);
    }

    /// <summary>The root of <see cref="Var"/>. Its derivative is 0 where all elements are equal.</summary>
    public Tensor Std(int[]? axes = null, int correction = 0) => Root(Var(axes, correction));

    /// <summary>The Euclidean length over the axes, or all. Its derivative at 0 is 0.</summary>
    public Tensor Norm(params int[] axes) => Root(Square().SumOver(Shape.AxesOf(axes)));

    // √ has slope ∞ at 0, which would turn the zero cotangents there into NaN: here it is 0.
    static Tensor Root(Tensor squares) {
        var zero = squares.Eq(0);
        return Functions.Where(zero, 0, Functions.Sqrt(Functions.Where(zero, 1, squares)));
    }

    /// <summary>Where along the axis the largest is, i32; the first of equals. Along the last axis unless told.</summary>
    public Tensor ArgMax(int axis = -1) => Graph.Apply(new ArgExtremeOp(true, Shape.Axis(axis)), this);

    /// <summary>Where along the axis the smallest is, i32; the first of equals. Along the last axis unless told.</summary>
    public Tensor ArgMin(int axis = -1) => Graph.Apply(new ArgExtremeOp(false, Shape.Axis(axis)), this);

    Tensor Reduce(Func<Axes, ReduceOp> op, int[] axes, string name) {
        var over = Shape.AxesOf(axes, name);
        return over.Count == 0 ? this : Graph.Apply(op(over), this);
    }
}
