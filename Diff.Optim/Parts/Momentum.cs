namespace Diff;

/// <summary>Of a momentum: the running sum of gradients.</summary>
/// <param name="Count">Steps done, i32.</param>
/// <param name="Sum">Of the parameters' type.</param>
public sealed record MomentumState<P>(Tensor Count, P Sum) : OptState<P>;

/// <summary>Momentum (Polyak 1964): m ← decay·m + (1 − dampening)·g, starting as g; gives m, or with Nesterov g + decay·m.
/// PyTorch's SGD; Optax's <c>trace</c>.</summary>
/// <param name="Decay">What is kept of the sum each step.</param>
/// <param name="Nesterov">Whether to look a step ahead (Sutskever et al. 2013).</param>
/// <param name="Dampening">What later gradients lack.</param>
public sealed record Momentum(double Decay, bool Nesterov = false, double Dampening = 0) : Optimizer {
    /// <inheritdoc/>
    public override OptState<P> Init<P>(P parameters) => new MomentumState<P>(Tensor.Scalar(0), Tree.Map(Tensor.ZerosLike, parameters));

    /// <inheritdoc/>
    public override (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters) {
        var (count, before) = Own<MomentumState<P>, P>(state);
        // The first gradient is not dampened, as in PyTorch.
        var share = Dampening == 0 ? null : Leaves.As(Functions.Where(count.Eq(0), 1, 1 - Dampening));
        var next = Tree.MapMany(2, leaf => {
            var (m, g) = (leaf[1], leaf[2]);
            m = Decay * m + (share is null ? g : share(g.DType) * g);
            return [Nesterov ? g + Decay * m : m, m];
        }, parameters, before, gradients);
        return (next[0], new MomentumState<P>(count + 1, next[1]));
    }
}

public static partial class Optimizers {
    /// <inheritdoc cref="Diff.Momentum"/>
    public static Optimizer Momentum(double decay, bool nesterov = false, double dampening = 0) => new Momentum(decay.AtLeast(0), nesterov, dampening.Between(0, 1));
}
