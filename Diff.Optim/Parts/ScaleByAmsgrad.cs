namespace Diff;

/// <summary>Of AMSGrad: Adam's running means, and the largest mean square so far.</summary>
/// <param name="Count">Steps done, i32.</param>
/// <param name="Mu">m, the first moment.</param>
/// <param name="Nu">v, the second.</param>
/// <param name="Top">The largest v so far, by element.</param>
public sealed record AmsgradState<P>(Tensor Count, P Mu, P Nu, P Top) : OptState<P>;

/// <summary>Adam's direction with the largest v so far in place of v (Reddi et al. 2018). Optax's <c>scale_by_amsgrad</c>, except that the
/// largest is chosen before the correction, as in PyTorch.</summary>
/// <param name="B1">β₁.</param>
/// <param name="B2">β₂.</param>
/// <param name="Eps">ε, outside the root.</param>
public sealed record ScaleByAmsgrad(double B1 = 0.9, double B2 = 0.999, double Eps = 1e-8) : Optimizer {
    /// <inheritdoc/>
    public override OptState<P> Init<P>(P parameters) {
        var zeros = Tree.Map(Tensor.ZerosLike, parameters);
        return new AmsgradState<P>(Tensor.Scalar(0), zeros, zeros, zeros);
    }

    /// <inheritdoc/>
    public override (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters) {
        var (count, mu, nu, top) = Own<AmsgradState<P>, P>(state);
        var (scale, eps) = ScaleByAdam.Correction(count + 1, B1, B2, Eps);
        var next = Tree.MapMany(4, leaf => {
            var (p, m, v, most, g) = (leaf[0], leaf[1], leaf[2], leaf[3], leaf[4]);
            m = B1 * m + (1 - B1) * g;
            v = B2 * v + (1 - B2) * g.Square();
            most = Functions.Max(most, v);
            return [scale(p.DType) * (m / (Leaves.Root(most) + eps(p.DType))), m, v, most];
        }, parameters, mu, nu, top, gradients);
        return (next[0], new AmsgradState<P>(count + 1, next[1], next[2], next[3]));
    }
}

public static partial class Optimizers {
    /// <inheritdoc cref="Diff.ScaleByAmsgrad"/>
    public static Optimizer ScaleByAmsgrad(double b1 = 0.9, double b2 = 0.999, double eps = 1e-8) => new ScaleByAmsgrad(b1.Decay(), b2.Decay(), eps.AtLeast(0));
}
