namespace Diff;

// Activations are plain functions of tensors, so that they compose with layers by name: Dense(…) >> Relu.
public static partial class Functions {
    /// <summary>max(x, 0); its slope at 0 is 0.</summary>
    public static Tensor Relu(Tensor x) => Graph.Apply(ReluOp.Op, x);

    /// <summary>1/(1 + e⁻ˣ).</summary>
    public static Tensor Sigmoid(Tensor x) => Promotion.ApplyFloat(SigmoidOp.Op, x);

    /// <summary>ln(1 + eˣ), without overflow: max(x, 0) + ln(1 + e^(−|x|)), with all digits where eˣ is small.</summary>
    public static Tensor Softplus(Tensor x) => Promotion.ApplyFloat(SoftplusOp.Op, x);

    /// <summary>ln(eᵃ + eᵇ) without overflow.</summary>
    public static Tensor LogAddExp(Tensor a, Tensor b) => Fused.Of(a, b, static (a, b) => {
        (a, b) = Promotion.Match(nameof(LogAddExp), a, b);
        var first = a > b;
        var (high, low) = (Where(first, a, b), Where(first, b, a));
        // Where the larger is infinite, ∞ − ∞ would be NaN: measure from 0 there.
        var most = StopGradient(high);
        most = Where(IsFinite(most), most, 0);
        // ln(e^(high − most) + e^(low − most)): the first is 1, and ln(1 + …) keeps the digits of the second when it is small.
        return most + Log1p(Expm1(high - most) + Exp(low - most));
    });

    /// <summary>x · sigmoid(x), also called swish.</summary>
    public static Tensor Silu(Tensor x) => Fused.Of(x, static x => x * Sigmoid(x));

    /// <summary>x for x &gt; 0, else α(eˣ − 1), with α = 1.</summary>
    public static Tensor Elu(Tensor x) => Fused.Of(x, static x => Where(x > 0, x, Expm1(Where(x > 0, 0, x))));

    /// <summary>x for x &gt; 0, else α(eˣ − 1).</summary>
    public static Tensor Elu(Tensor x, double alpha) => Fused.Of(x, alpha, static (x, alpha) => Where(x > 0, x, Expm1(Where(x > 0, 0, x)) * alpha));

    /// <summary>x for x &gt; 0, else α(e^(x/α) − 1), with α = 1: smooth for every α (Barron 2017).</summary>
    public static Tensor Celu(Tensor x) => Elu(x);

    /// <summary>x for x &gt; 0, else α(e^(x/α) − 1).</summary>
    public static Tensor Celu(Tensor x, double alpha) => Fused.Of(x, alpha, static (x, alpha) => Where(x > 0, x, Expm1(Where(x > 0, 0, x) / alpha) * alpha));

    /// <summary>λ·Elu with α ≈ 1.6733 and λ ≈ 1.0507, which keep mean 0 and variance 1 (Klambauer et al. 2017).</summary>
    public static Tensor Selu(Tensor x) => Fused.Of(x, static x => Elu(x, 1.6732632423543772848170429916717) * 1.0507009873554804934193349852946);

    /// <summary>x for x &gt; 0, else x·slope.</summary>
    public static Tensor LeakyRelu(Tensor x, double slope) => Fused.Of(x, slope, static (x, slope) => Where(x > 0, x, x * slope));

    /// <summary>min(max(x, 0), 6); its slope at 0 and at 6 is 0.</summary>
    public static Tensor Relu6(Tensor x) => Fused.Of(x, static x => Where(x >= 6, 6, Relu(x)));

    /// <summary>x kept between −1 and 1.</summary>
    public static Tensor HardTanh(Tensor x) => Fused.Of(x, static x => Clamp(x, -1, 1));

    /// <summary>Relu6(x + 3)/6: straight lines in place of the sigmoid.</summary>
    public static Tensor HardSigmoid(Tensor x) => Fused.Of(x, static x => Relu6(x + 3) / 6);

    /// <summary>x · HardSigmoid(x) (Howard et al. 2019).</summary>
    public static Tensor HardSwish(Tensor x) => Fused.Of(x, static x => x * HardSigmoid(x));

    /// <summary>x · tanh(softplus x) (Misra 2019).</summary>
    public static Tensor Mish(Tensor x) => Fused.Of(x, static x => x * Tanh(Softplus(x)));

    /// <summary>x/(1 + |x|).</summary>
    public static Tensor Softsign(Tensor x) => Fused.Of(x, static x => x / (1 + Abs(x)));

    /// <summary>The first half times the sigmoid of the second, along the last axis: [.., 2n] → [.., n] (Dauphin et al. 2016).</summary>
    /// <exception cref="ShapeException">The axis has an odd number of elements.</exception>
    public static Tensor Glu(Tensor x) => Glu(x, -1);

    /// <summary>The first half times the sigmoid of the second, along an axis.</summary>
    /// <inheritdoc cref="Glu(Tensor)"/>
    public static Tensor Glu(Tensor x, int axis) => Fused.Of(x, axis, static (x, axis) => x.Given().Split(2, axis) is [var a, var b] ? a * Sigmoid(b) : x);

    /// <summary>x for x &gt; 0, else x/100.</summary>
    public static Tensor LeakyRelu(Tensor x) => LeakyRelu(x, 0.01);

    /// <summary>x · Φ(x), with the normal distribution's exact Φ (Hendrycks and Gimpel 2016).</summary>
    public static Tensor Gelu(Tensor x) => Fused.Of(x, static x => x * 0.5 * (Erf(x * Math.Sqrt(0.5)) + 1));

    /// <summary>½x(1 + tanh(√(2/π)(x + 0.044715x³))): <see cref="Gelu"/> as GPT-2 has it, to 3 digits.</summary>
    public static Tensor GeluTanh(Tensor x) => Fused.Of(x, static x => x * 0.5 * (Tanh((x + x.Pow(3) * 0.044715) * Math.Sqrt(2 / Math.PI)) + 1));

    /// <summary>eˣ over the sum of them along the axis: positive, adding up to 1. Shape kept.</summary>
    /// <param name="x">Floats; large ones do not overflow.</param>
    /// <param name="axis">Along which they add up to 1.</param>
    public static Tensor Softmax(Tensor x, int axis) => Fused.Of(x, axis, static (x, axis) => {
        var a = x.Given().Shape.Axis(axis);
        var e = Exp(x - StopGradient(x.Max(a).ExpandDims(a)));
        // One division a row: an element is an ulp further off for it, a quarter of the time.
        return e * (1 / e.Sum(a)).ExpandDims(a);
    });

    /// <summary>The logarithm of <see cref="Softmax(Tensor, int)"/>, with its digits where that rounds to 0 or 1. Shape kept.</summary>
    /// <param name="x">Floats.</param>
    /// <param name="axis">Along which the probabilities add up to 1.</param>
    public static Tensor LogSoftmax(Tensor x, int axis) => Fused.Of(x, axis, static (x, axis) => {
        var a = x.Given().Shape.Axis(axis);
        var shifted = x - StopGradient(x.Max(a).ExpandDims(a));
        return shifted - Log(Exp(shifted).Sum(a).ExpandDims(a));
    });

    // Without an optional argument, so that they are functions of one tensor by name: Dense(84, 10) >> Softmax.

    /// <summary><see cref="Softmax(Tensor, int)"/> along the last axis.</summary>
    public static Tensor Softmax(Tensor x) => Softmax(x, -1);

    /// <summary><see cref="LogSoftmax(Tensor, int)"/> along the last axis.</summary>
    public static Tensor LogSoftmax(Tensor x) => LogSoftmax(x, -1);

    /// <summary>ln Σ eˣ over the axes (all unless told), without overflow; of all −∞ it is −∞.</summary>
    public static Tensor LogSumExp(Tensor x, params int[] axes) => Fused.Of(x.Given(), x.Shape.AxesOf(axes), static (x, over) => {
        var most = StopGradient(Graph.Apply(new ExtremeOp(true, over), x));
        most = Where(IsFinite(most), most, 0);
        var kept = Axes.Of([.. Enumerable.Range(0, x.Rank).Where(i => over.Span.IndexOf(i) < 0)]);
        var sum = Exp(x - most.BroadcastBy(x.Shape, kept)).SumOver(over);
        // The sum is 0 of all −∞ alone. ln has slope ∞ there, and ∞ · e^(−∞) would be NaN: the gradient is 0.
        var none = sum.Eq(0);
        return Where(none, double.NegativeInfinity, Log(Where(none, 1, sum)) + most);
    });

    /// <summary>ln Σ eˣ over the axes.</summary>
    /// <param name="x">Floats.</param>
    /// <param name="axes">Which; null or none for all.</param>
    /// <param name="keep">Whether the axes stay, with size 1.</param>
    public static Tensor LogSumExp(Tensor x, int[]? axes, bool keep) {
        var y = LogSumExp(x.Given(), axes ?? []);
        return keep ? x.Kept(y, x.Shape.AxesOf(axes ?? [])) : y;
    }
}
