namespace Diff;

/// <summary>The optimizers by their names, and the parts that they are chains of. Formulas and defaults are PyTorch's.</summary>
/// <remarks>A rate is a number, or a function of the number of steps done (a tensor, i32), such as <c>t => 1e-3 * Pow(0.99, t)</c> or
/// <c>t => Where(t &lt; 100, 1e-2, 1e-3)</c>.</remarks>
public static partial class Optimizers {
    /// <summary>Stochastic gradient descent, p ← p − rate·g, with momentum and weight decay. PyTorch's <c>SGD</c>.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="momentum">What is kept of the running sum of gradients; see <see cref="Momentum"/>.</param>
    /// <param name="nesterov">Whether momentum looks a step ahead.</param>
    /// <param name="weightDecay">Adds weightDecay·p to the gradient.</param>
    /// <param name="dampening">What gradients after the first lack in the sum.</param>
    public static Optimizer Sgd(double rate, double momentum = 0, bool nesterov = false, double weightDecay = 0, double dampening = 0) =>
        Sgd(momentum, nesterov, weightDecay, dampening, ScaleByRate(rate));

    /// <inheritdoc cref="Sgd(double, double, bool, double, double)"/>
    public static Optimizer Sgd(Func<Tensor, Tensor> rate, double momentum = 0, bool nesterov = false, double weightDecay = 0, double dampening = 0) =>
        Sgd(momentum, nesterov, weightDecay, dampening, ScaleByRate(rate.Given()));

    static Optimizer Sgd(double momentum, bool nesterov, double weightDecay, double dampening, Optimizer byRate) =>
        Decayed(weightDecay, momentum == 0 ? byRate : Momentum(momentum, nesterov, dampening) >> byRate);

    /// <summary>Adam (Kingma and Ba 2015): steps by the mean gradient over the root of its mean square. PyTorch's <c>Adam</c>.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="b1">Decay of the mean gradient.</param>
    /// <param name="b2">Decay of the mean square.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="weightDecay">Adds weightDecay·p to the gradient; see <see cref="AdamW(double, double, double, double, double)"/> for the other way.</param>
    public static Optimizer Adam(double rate = 1e-3, double b1 = 0.9, double b2 = 0.999, double eps = 1e-8, double weightDecay = 0) =>
        Decayed(weightDecay, ScaleByAdam(b1, b2, eps) >> ScaleByRate(rate));

    /// <inheritdoc cref="Adam(double, double, double, double, double)"/>
    public static Optimizer Adam(Func<Tensor, Tensor> rate, double b1 = 0.9, double b2 = 0.999, double eps = 1e-8, double weightDecay = 0) =>
        Decayed(weightDecay, ScaleByAdam(b1, b2, eps) >> ScaleByRate(rate.Given()));

    /// <summary>Adam with weights that decay apart from the gradient, p ← p − rate·(direction + weightDecay·p) (Loshchilov and Hutter 2019). PyTorch's <c>AdamW</c>.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="weightDecay">How strongly parameters are drawn to 0.</param>
    /// <param name="b1">Decay of the mean gradient.</param>
    /// <param name="b2">Decay of the mean square.</param>
    /// <param name="eps">Added to the root.</param>
    public static Optimizer AdamW(double rate = 1e-3, double weightDecay = 0.01, double b1 = 0.9, double b2 = 0.999, double eps = 1e-8) =>
        ScaleByAdam(b1, b2, eps) >> AddDecayedWeights(weightDecay) >> ScaleByRate(rate);

    /// <inheritdoc cref="AdamW(double, double, double, double, double)"/>
    public static Optimizer AdamW(Func<Tensor, Tensor> rate, double weightDecay = 0.01, double b1 = 0.9, double b2 = 0.999, double eps = 1e-8) =>
        ScaleByAdam(b1, b2, eps) >> AddDecayedWeights(weightDecay) >> ScaleByRate(rate.Given());

    /// <summary>Adam by the largest mean square so far, whose steps cannot grow again (Reddi et al. 2018). PyTorch's <c>Adam(amsgrad=True)</c>.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="b1">Decay of the mean gradient.</param>
    /// <param name="b2">Decay of the mean square.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="weightDecay">Adds weightDecay·p to the gradient.</param>
    public static Optimizer Amsgrad(double rate = 1e-3, double b1 = 0.9, double b2 = 0.999, double eps = 1e-8, double weightDecay = 0) =>
        Decayed(weightDecay, ScaleByAmsgrad(b1, b2, eps) >> ScaleByRate(rate));

    /// <inheritdoc cref="Amsgrad(double, double, double, double, double)"/>
    public static Optimizer Amsgrad(Func<Tensor, Tensor> rate, double b1 = 0.9, double b2 = 0.999, double eps = 1e-8, double weightDecay = 0) =>
        Decayed(weightDecay, ScaleByAmsgrad(b1, b2, eps) >> ScaleByRate(rate.Given()));

    /// <summary>RMSprop (Hinton 2012): steps by the gradient over the root of its running mean square. PyTorch's <c>RMSprop</c>.</summary>
    /// <param name="rate">The learning rate.</param>
    /// <param name="decay">Of the mean square; PyTorch's <c>alpha</c>.</param>
    /// <param name="eps">Added to the root.</param>
    /// <param name="centered">Whether to divide by the deviation instead.</param>
    /// <param name="momentum">What is kept of the running sum of steps.</param>
    /// <param name="weightDecay">Adds weightDecay·p to the gradient.</param>
    public static Optimizer RmsProp(double rate = 0.01, double decay = 0.99, double eps = 1e-8, bool centered = false, double momentum = 0, double weightDecay = 0) =>
        RmsProp(decay, eps, centered, momentum, weightDecay, ScaleByRate(rate));

    /// <inheritdoc cref="RmsProp(double, double, double, bool, double, double)"/>
    public static Optimizer RmsProp(Func<Tensor, Tensor> rate, double decay = 0.99, double eps = 1e-8, bool centered = false, double momentum = 0, double weightDecay = 0) =>
        RmsProp(decay, eps, centered, momentum, weightDecay, ScaleByRate(rate.Given()));

    static Optimizer RmsProp(double decay, double eps, bool centered, double momentum, double weightDecay, Optimizer byRate) =>
        Decayed(weightDecay, ScaleByRms(decay, eps, centered) >> (momentum == 0 ? byRate : Momentum(momentum) >> byRate));

    static Optimizer Decayed(double weightDecay, Optimizer optimizer) => weightDecay == 0 ? optimizer : AddDecayedWeights(weightDecay) >> optimizer;

    /// <summary>Optimizers one after the other, as <c>&gt;&gt;</c>.</summary>
    public static Optimizer Chain(params Optimizer[] parts) => new Chain([.. parts.Given().SelectMany(global::Diff.Chain.PartsOf)]);
}
