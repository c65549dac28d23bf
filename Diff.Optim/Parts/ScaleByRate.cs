namespace Diff;

/// <summary>Of a learning rate: the steps done, and the rate of the last, to be read.</summary>
/// <param name="Count">i32.</param>
/// <param name="Rate">A scalar; before the first step, that of the first.</param>
public sealed record RateState<P>(Tensor Count, Tensor Rate) : OptState<P>;

/// <summary>Multiplies by minus the learning rate, which may be a function of the number of steps done. Optax's <c>scale_by_learning_rate</c>.</summary>
/// <remarks>A schedule is an expression of the count and does not look at it: <c>Where(t &lt; 100, 1e-2, 1e-3)</c>, not <c>if</c>, since a step is one plan.</remarks>
/// <param name="Rate">From the count, i32 and 0 at the first step, to a scalar. It may depend on what a transform around the training differentiates by.</param>
public sealed record ScaleByRate(Func<Tensor, Tensor> Rate) : Optimizer {
    /// <inheritdoc/>
    public override OptState<P> Init<P>(P parameters) {
        var count = Tensor.Scalar(0);
        return new RateState<P>(count, At(count));
    }

    /// <inheritdoc/>
    public override (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters) {
        var (count, last) = Own<RateState<P>, P>(state);
        var rate = ReferenceEquals(Rate, OfState.Rate) ? last : At(count);
        // The rate takes the parameter's dtype: a number of C#, or of f64, must not widen f32 parameters.
        var factor = Leaves.As(-rate);
        return (Tree.Map((p, g) => factor(p.DType) * g, parameters, gradients), new RateState<P>(count + 1, rate));
    }

    /// <inheritdoc/>
    public override string ToString() => $"ScaleByRate {{ Rate = {(Rate.Target is Optimizers.Constant constant ? constant : Rate.Method.Name.Contains('<') ? "t => …" : Rate.Method.Name)} }}";

    /// <summary>The same where the rate of this step stands in the state already, so that no function of a user's is called.</summary>
    internal static readonly ScaleByRate OfState = new(static _ => throw new InvalidOperationException());

    internal Tensor At(Tensor count) => Rate(count) is { Rank: 0 } rate ? rate : throw new ShapeException($"A learning rate is a scalar; the schedule gives {Rate(count).DType.Name()}{Rate(count).Shape}.");
}

public static partial class Optimizers {
    /// <summary>Multiplies by minus a constant learning rate.</summary>
    /// <exception cref="DomainException">A number is outside its range.</exception>
    public static Optimizer ScaleByRate(double rate) => new ScaleByRate(new Constant(rate.AtLeast(0)).At);

    /// <inheritdoc cref="Diff.ScaleByRate"/>
    public static Optimizer ScaleByRate(Func<Tensor, Tensor> rate) => new ScaleByRate(rate.Given());

    // A constant as a schedule that knows its number, to print it.
    internal sealed class Constant(double value) {
        public Tensor At(Tensor count) => value;

        public override string ToString() => FormattableString.Invariant($"{value}");
    }
}
