namespace Diff;

public static partial class Functions {
    /// <summary>Each with mean 0 and deviation 1 along the axes: (x − mean)/√(variance + ε), what layer, group and batch norms have in common. Shape kept.</summary>
    /// <param name="x">f32 or f64.</param>
    /// <param name="axes">Which; the last unless told.</param>
    /// <param name="epsilon">Added to the variance, which is divided by n.</param>
    public static Tensor Standardize(Tensor x, int[]? axes = null, double epsilon = 1e-5) => Fused.Of(x, (Axes: axes is null ? last : Axes.Of(axes), epsilon), static (x, parameters) => {
        var (axes, epsilon) = (parameters.Axes.ToArray(), parameters.epsilon);
        if (!x.Given().DType.IsFloat()) x = x.To(DType.F32);
        var centered = x - x.Mean(axes, keep: true);
        return centered * Rsqrt(centered.Square().Mean(axes, keep: true) + epsilon);
    });

    static readonly Axes last = Axes.Of(-1);

    /// <summary>Softmax(q·kᵀ·scale)·v: q [.., m, d], k [.., n, d], v [.., n, e] → [.., m, e]. Batch axes (and heads) broadcast.</summary>
    /// <param name="q">Queries.</param>
    /// <param name="k">Keys.</param>
    /// <param name="v">Values.</param>
    /// <param name="mask">Broadcasts to [.., m, n]. Bool: true where a query may look; a query that may look nowhere gets zeros. Float: added to the products.</param>
    /// <param name="causal">Query i looks at keys 0 … i alone.</param>
    /// <param name="scale">1/√d unless told.</param>
    /// <remarks>PyTorch's <c>scaled_dot_product_attention</c> (Vaswani et al. 2017). JAX's has the heads behind the positions.</remarks>
    /// <exception cref="ShapeException">The sizes do not fit.</exception>
    public static Tensor DotProductAttention(Tensor q, Tensor k, Tensor v, Tensor? mask = null, bool causal = false, double? scale = null) {
        q.Given();
        k.Given();
        v.Given();
        if (q.Rank < 2 || k.Rank < 2 || v.Rank < 2 || q.Shape[^1] != k.Shape[^1] || k.Shape[^2] != v.Shape[^2])
            throw new ShapeException($"DotProductAttention: queries {q.Type}, keys {k.Type} and values {v.Type} have to be [.., m, d], [.., n, d] and [.., n, e].");
        // The queries are fewer numbers than the products.
        var scores = (q * (scale ?? 1 / Math.Sqrt(q.Shape[^1]))).MatMul(k.SwapAxes(-1, -2));
        if (mask is { DType: not DType.Bool }) scores += mask;
        var past = causal ? Tensor.Tri(scores.Shape[^2], scores.Shape[^1], type: DType.Bool) : null;
        if (mask is not { DType: DType.Bool }) return Softmax(past is null ? scores : Where(past, scores, double.NegativeInfinity)).MatMul(v);
        var allowed = past is null ? mask : mask & past;
        // Of a row of −∞ alone the softmax is NaN: such a row is computed of zeros, and then is zeros. Past alone leaves each query its first key.
        var some = allowed.Rank == 0 ? allowed : allowed.Any([-1], keep: true);
        var open = Where(some, Where(allowed, scores, double.NegativeInfinity), 0);
        return Where(some, Softmax(open), 0).MatMul(v);
    }
}
