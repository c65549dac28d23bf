namespace Diff;

/// <summary>Shrinks all gradients alike where the length of them all together exceeds a maximum (Pascanu et al. 2013).
/// Optax's <c>clip_by_global_norm</c>, PyTorch's <c>clip_grad_norm_</c>.</summary>
/// <param name="Max">The largest length that is left alone.</param>
public sealed record ClipByGlobalNorm(double Max) : Optimizer {
    /// <inheritdoc/>
    public override OptState<P> Init<P>(P parameters) => new NoState<P>();

    /// <inheritdoc/>
    public override (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters) {
        var squares = Tree.Parameters(gradients).Select(g => g.Square().Sum()).ToArray();
        if (squares.Length == 0) return (gradients, state);
        var square = squares.Aggregate((a, b) => a + b);
        var exceeds = square > Max * Max;
        // The inner choice keeps 1/√0 out of derivatives through the training.
        var factor = Leaves.As(Functions.Where(exceeds, Max * Functions.Rsqrt(Functions.Where(exceeds, square, 1)), 1));
        return (Tree.Map((_, g) => g * factor(g.DType), parameters, gradients), state);
    }
}

public static partial class Optimizers {
    /// <inheritdoc cref="Diff.ClipByGlobalNorm"/>
    public static Optimizer ClipByGlobalNorm(double max) => new ClipByGlobalNorm(max.AtLeast(0));
}
