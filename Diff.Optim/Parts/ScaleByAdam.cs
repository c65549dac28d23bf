namespace Diff;

/// <summary>Of Adam: running means of the gradient and of its square.</summary>
/// <param name="Count">Steps done, i32.</param>
/// <param name="Mu">m, the first moment.</param>
/// <param name="Nu">v, the second.</param>
public sealed record AdamState<P>(Tensor Count, P Mu, P Nu) : OptState<P>;

/// <summary>Adam's direction (Kingma and Ba 2015): m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², then
/// m/(1 − β₁ᵗ) over √(v/(1 − β₂ᵗ)) + ε. Optax's <c>scale_by_adam</c>.</summary>
/// <param name="B1">β₁.</param>
/// <param name="B2">β₂.</param>
/// <param name="Eps">ε, outside the root.</param>
public sealed record ScaleByAdam(double B1 = 0.9, double B2 = 0.999, double Eps = 1e-8) : Optimizer {
    /// <inheritdoc/>
    public override OptState<P> Init<P>(P parameters) =>
        new AdamState<P>(Tensor.Scalar(0), Tree.Map(Tensor.ZerosLike, parameters), Tree.Map(Tensor.ZerosLike, parameters));

    /// <inheritdoc/>
    public override (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters) {
        var (count, mu, nu) = Own<AdamState<P>, P>(state);
        var (scale, eps) = Correction(count + 1, B1, B2, Eps);
        var next = Tree.MapMany(3, leaf => {
            var (p, m, v, g) = (leaf[0], leaf[1], leaf[2], leaf[3]);
            m = B1 * m + (1 - B1) * g;
            v = B2 * v + (1 - B2) * g.Square();
            return [scale(p.DType) * (m / (Leaves.Root(v) + eps(p.DType))), m, v];
        }, parameters, mu, nu, gradients);
        return (next[0], new AdamState<P>(count + 1, next[1], next[2]));
    }

    // With c = √(1 − β₂ᵗ) the direction is c/(1 − β₁ᵗ) · m/(√v + c·ε): two passes less than by the letter. In f64, for 1 − β₂ᵗ
    // of the first steps would have three digits less than f32 has.
    internal static (Func<DType, Tensor> Scale, Func<DType, Tensor> Eps) Correction(Tensor t, double b1, double b2, double eps) {
        var steps = t.To(DType.F64);
        var c = Functions.Sqrt(1 - Functions.Pow(b2, steps));
        return (Leaves.As(c / (1 - Functions.Pow(b1, steps))), Leaves.As(c * eps));
    }
}

public static partial class Optimizers {
    /// <inheritdoc cref="Diff.ScaleByAdam"/>
    public static Optimizer ScaleByAdam(double b1 = 0.9, double b2 = 0.999, double eps = 1e-8) => new ScaleByAdam(b1.Decay(), b2.Decay(), eps.AtLeast(0));
}
