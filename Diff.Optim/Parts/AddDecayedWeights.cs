namespace Diff;

/// <summary>Adds decay·p to each gradient: the derivative of decay/2·Σp². PyTorch's <c>weight_decay</c>, Optax's <c>add_decayed_weights</c>.</summary>
/// <param name="Decay">How strongly parameters are drawn to 0.</param>
public sealed record AddDecayedWeights(double Decay) : Optimizer {
    /// <inheritdoc/>
    public override OptState<P> Init<P>(P parameters) => new NoState<P>();

    /// <inheritdoc/>
    public override (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters) =>
        (Tree.Map((p, g) => g + Decay * p, parameters, gradients), state);
}

public static partial class Optimizers {
    /// <inheritdoc cref="Diff.AddDecayedWeights"/>
    public static Optimizer AddDecayedWeights(double decay) => new AddDecayedWeights(decay.AtLeast(0));
}
