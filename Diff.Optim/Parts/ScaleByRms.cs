namespace Diff;

/// <summary>Of RMSprop: the running mean of the squared gradient.</summary>
/// <param name="Nu">v, of the parameters' type.</param>
public sealed record RmsState<P>(P Nu) : OptState<P>;

/// <summary>Of centered RMSprop: running means of the gradient and of its square.</summary>
/// <param name="Nu">v, of the square.</param>
/// <param name="Mu">m, of the gradient.</param>
public sealed record CenteredRmsState<P>(P Nu, P Mu) : OptState<P>;

/// <summary>RMSprop's direction (Hinton 2012): v ← α·v + (1 − α)g², then g/(√v + ε); centered, v less the square of the mean
/// gradient. Optax's <c>scale_by_rms</c> and <c>scale_by_stddev</c>, with PyTorch's place for ε.</summary>
/// <param name="Decay">α.</param>
/// <param name="Eps">ε, outside the root.</param>
/// <param name="Centered">Whether to divide by the deviation instead of the root mean square.</param>
public sealed record ScaleByRms(double Decay = 0.99, double Eps = 1e-8, bool Centered = false) : Optimizer {
    /// <inheritdoc/>
    public override OptState<P> Init<P>(P parameters) {
        var zeros = Tree.Map(Tensor.ZerosLike, parameters);
        return Centered ? new CenteredRmsState<P>(zeros, zeros) : new RmsState<P>(zeros);
    }

    /// <inheritdoc/>
    public override (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters) {
        if (Centered) {
            var (nu, mu) = Own<CenteredRmsState<P>, P>(state);
            var next = Tree.MapMany(3, leaf => {
                var (v, m, g) = (leaf[1], leaf[2], leaf[3]);
                v = Decay * v + (1 - Decay) * g.Square();
                m = Decay * m + (1 - Decay) * g;
                return [g / (Leaves.Root(v - m.Square()) + Eps), v, m];
            }, parameters, nu, mu, gradients);
            return (next[0], new CenteredRmsState<P>(next[1], next[2]));
        } else {
            var next = Tree.MapMany(2, leaf => {
                var (v, g) = (leaf[1], leaf[2]);
                v = Decay * v + (1 - Decay) * g.Square();
                return [g / (Leaves.Root(v) + Eps), v];
            }, parameters, Own<RmsState<P>, P>(state).Nu, gradients);
            return (next[0], new RmsState<P>(next[1]));
        }
    }
}

public static partial class Optimizers {
    /// <inheritdoc cref="Diff.ScaleByRms"/>
    public static Optimizer ScaleByRms(double decay = 0.99, double eps = 1e-8, bool centered = false) => new ScaleByRms(decay.Decay(), eps.AtLeast(0), centered);
}
