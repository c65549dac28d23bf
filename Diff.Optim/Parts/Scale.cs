namespace Diff;

/// <summary>Multiplies by a number: what <c>Scale(-0.1)</c> makes of a gradient is plain descent. Optax's <c>scale</c>.</summary>
/// <param name="Factor">The number.</param>
public sealed record Scale(double Factor) : Optimizer {
    /// <inheritdoc/>
    public override OptState<P> Init<P>(P parameters) => new NoState<P>();

    /// <inheritdoc/>
    public override (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters) =>
        (Tree.Map((_, g) => g * Factor, parameters, gradients), state);
}

public static partial class Optimizers {
    /// <inheritdoc cref="Diff.Scale"/>
    public static Optimizer Scale(double factor) => new Scale(factor);
}
