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
    /// <param name="keep">Whether the axes stay, with size 1.</param>
    public Tensor Var(int[]? axes = null, int correction = 0, bool keep = false) => Fused.Of(this, (Over: Shape.AxesOf(axes ?? []), correction, keep), static (x, parameters) => {
        var (over, correction, keep) = parameters;
        var count = over.Span.ToArray().Aggregate(1L, (p, a) => p * x.Shape[a]);
        x = x.DType.IsFloat() ? x : x.To(DType.F32);
        var kept = Axes.Of([.. Enumerable.Range(0, x.Rank).Where(i => over.Span.IndexOf(i) < 0)]);
        // Distances first: E[x²] − E[x]² would lose the digits that the two have in common.
        var y = (x - (x.SumOver(over) / count).BroadcastBy(x.Shape, kept)).Square().SumOver(over) / Math.Max(0, count - correction);
        return keep ? x.Kept(y, over) : y;
    });

    /// <summary>The root of <see cref="Var"/>. Its derivative is 0 where all elements are equal.</summary>
    /// <inheritdoc cref="Var"/>
    public Tensor Std(int[]? axes = null, int correction = 0, bool keep = false) => Root(Var(axes, correction, keep));

    /// <summary>The Euclidean length over the axes, or all. Its derivative at 0 is 0.</summary>
    public Tensor Norm(params int[] axes) => Root(Square().SumOver(Shape.AxesOf(axes)));

    /// <summary>The length of another order over the axes, or all: (Σ |x|ᵖ)^(1/p) with p = 1, 2, ∞ or any other number. It takes elements
    /// one by one, so that of a matrix order 2 is Frobenius' norm. Its derivative at 0 is 0.</summary>
    /// <param name="axes">Which; all unless told.</param>
    /// <param name="order">p: 1 the sum of the absolute values, 2 the Euclidean length, ∞ the largest and −∞ the smallest absolute value, 0 how many are not 0.</param>
    /// <param name="keep">Whether the axes stay, with size 1.</param>
    public Tensor Norm(int[]? axes = null, double order = 2, bool keep = false) {
        var over = Shape.AxesOf(axes ?? []);
        var x = DType.IsFloat() ? this : To(DType.F32);
        var y = order switch {
            1 => x.Abs().SumOver(over),
            2 => Root(x.Square().SumOver(over)),
            double.PositiveInfinity => over.Count == 0 ? x.Abs() : Graph.Apply(new ExtremeOp(true, over), x.Abs()),
            double.NegativeInfinity => over.Count == 0 ? x.Abs() : Graph.Apply(new ExtremeOp(false, over), x.Abs()),
            0 => x.Ne(0).To(x.DType).SumOver(over),
            _ => Nonzero(x.Abs().Pow(order).SumOver(over), sum => sum.Pow(1 / order)),
        };
        return keep ? Kept(y, over) : y;
    }

    /// <summary>How many elements over the axes, or all, are not 0, i32.</summary>
    public Tensor CountNonzero(params int[] axes) => To(DType.Bool).Sum(axes);

    // The same with the axes kept, so that the result broadcasts against what it was made of: x / x.Sum([1], keep: true).

    /// <summary>The sum over the axes.</summary>
    /// <param name="axes">Which; null or none for all.</param>
    /// <param name="keep">Whether the axes stay, with size 1, so that the result broadcasts against this tensor.</param>
    public Tensor Sum(int[]? axes, bool keep) => Kept(Sum(axes ?? []), axes, keep);

    /// <summary>The product over the axes.</summary>
    /// <inheritdoc cref="Sum(int[], bool)"/>
    public Tensor Prod(int[]? axes, bool keep) => Kept(Prod(axes ?? []), axes, keep);

    /// <summary>The mean over the axes.</summary>
    /// <inheritdoc cref="Sum(int[], bool)"/>
    public Tensor Mean(int[]? axes, bool keep) => Kept(Mean(axes ?? []), axes, keep);

    /// <summary>The largest over the axes.</summary>
    /// <inheritdoc cref="Sum(int[], bool)"/>
    public Tensor Max(int[]? axes, bool keep) => Kept(Max(axes ?? []), axes, keep);

    /// <summary>The smallest over the axes.</summary>
    /// <inheritdoc cref="Sum(int[], bool)"/>
    public Tensor Min(int[]? axes, bool keep) => Kept(Min(axes ?? []), axes, keep);

    /// <summary>Whether any element over the axes is true.</summary>
    /// <inheritdoc cref="Sum(int[], bool)"/>
    public Tensor Any(int[]? axes, bool keep) => Kept(Any(axes ?? []), axes, keep);

    /// <summary>Whether all elements over the axes are true.</summary>
    /// <inheritdoc cref="Sum(int[], bool)"/>
    public Tensor All(int[]? axes, bool keep) => Kept(All(axes ?? []), axes, keep);

    Tensor Kept(Tensor reduced, int[]? axes, bool keep) => keep ? Kept(reduced, Shape.AxesOf(axes ?? [])) : reduced;

    /// <summary>A reduction of this tensor with the axes that it went over, of size 1.</summary>
    internal Tensor Kept(Tensor reduced, Axes over) => reduced.ReshapeTo(Shape.Of([.. Enumerable.Range(0, Rank).Select(a => over.Span.Contains(a) ? 1 : Shape[a])]));

    static Tensor Nonzero(Tensor sum, Func<Tensor, Tensor> f) {
        var zero = sum.Eq(0);
        return Functions.Where(zero, 0, f(Functions.Where(zero, 1, sum)));
    }

    // √ has slope ∞ at 0, which would turn the zero cotangents there into NaN: here it is 0.
    static Tensor Root(Tensor squares) => Nonzero(squares, Functions.Sqrt);

    /// <summary>Where along the axis the largest is, i32; the first of equals. Along the last axis unless told.</summary>
    /// <param name="axis">Along which.</param>
    /// <param name="keep">Whether the axis stays, with size 1.</param>
    public Tensor ArgMax(int axis = -1, bool keep = false) => Kept(Graph.Apply(new ArgExtremeOp(true, Shape.Axis(axis)), this), [axis], keep);

    /// <summary>Where along the axis the smallest is, i32; the first of equals. Along the last axis unless told.</summary>
    /// <param name="axis">Along which.</param>
    /// <param name="keep">Whether the axis stays, with size 1.</param>
    public Tensor ArgMin(int axis = -1, bool keep = false) => Kept(Graph.Apply(new ArgExtremeOp(false, Shape.Axis(axis)), this), [axis], keep);

    Tensor Reduce(Func<Axes, ReduceOp> op, int[] axes, string name) {
        var over = Shape.AxesOf(axes, name);
        return over.Count == 0 ? this : Graph.Apply(op(over), this);
    }
}
