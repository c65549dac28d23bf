namespace Diff;

/// <summary>How a parameter starts: a tensor of this shape from a key.</summary>
/// <param name="key">For whatever is random.</param>
/// <param name="shape">Of the parameter.</param>
/// <param name="fanIn">How many inputs each output sums up.</param>
/// <param name="fanOut">How many outputs each input goes to.</param>
public delegate Tensor Initializer(Key key, Shape shape, int fanIn, int fanOut);

/// <summary>The field's ways to start a parameter, for the arguments of <c>Dense</c>, <c>Conv2d</c> …</summary>
/// <remarks>Each gives f32. What is random has mean 0 and a deviation that keeps the size of signals from layer to layer; uniform
/// numbers in ±b have deviation b/√3. A gain for the activation (√2 for Relu is in He's) can be given where PyTorch has one.</remarks>
public static class Initializers {
    /// <summary>One value everywhere.</summary>
    public static Initializer Constant(double value) => (_, shape, _, _) => Tensor.Full(value, shape);

    /// <summary>Zeros.</summary>
    public static Initializer Zeros() => Constant(0);

    /// <summary>Ones.</summary>
    public static Initializer Ones() => Constant(1);

    /// <summary>Normal of this deviation around a mean.</summary>
    public static Initializer Normal(double deviation = 0.01, double mean = 0) => (key, shape, _, _) => {
        var x = deviation * key.Normal(shape.ToArray());
        return mean == 0 ? x : x + mean;
    };

    /// <summary>Normal of this deviation, cut off at two of them.</summary>
    public static Initializer TruncatedNormal(double deviation = 0.01) => (key, shape, _, _) => deviation * key.TruncatedNormal(shape.ToArray());

    /// <summary>Uniform in [low, high).</summary>
    public static Initializer Uniform(double low, double high) => (key, shape, _, _) => key.Uniform(shape.ToArray(), low, high);

    /// <summary>Uniform in ±1/√fanIn: how PyTorch's <c>Linear</c> and <c>Conv</c> start, weights and biases.</summary>
    public static Initializer Torch() => (key, shape, fanIn, _) => Within(key, shape, fanIn > 0 ? 1 / Math.Sqrt(fanIn) : 0);

    /// <summary>Uniform of variance gain²·2/(fanIn + fanOut) (Glorot and Bengio 2010): PyTorch's <c>xavier_uniform_</c>.</summary>
    public static Initializer GlorotUniform(double gain = 1) => (key, shape, fanIn, fanOut) => Within(key, shape, gain * Math.Sqrt(6.0 / (fanIn + fanOut)));

    /// <summary>Normal of variance gain²·2/(fanIn + fanOut): PyTorch's <c>xavier_normal_</c>.</summary>
    public static Initializer GlorotNormal(double gain = 1) => (key, shape, fanIn, fanOut) => gain * Math.Sqrt(2.0 / (fanIn + fanOut)) * key.Normal(shape.ToArray());

    /// <summary>Uniform of variance 2/fanIn, for Relu (He et al. 2015): PyTorch's <c>kaiming_uniform_</c>.</summary>
    public static Initializer HeUniform() => (key, shape, fanIn, _) => Within(key, shape, Math.Sqrt(6.0 / fanIn));

    /// <summary>Normal of variance 2/fanIn, for Relu: PyTorch's <c>kaiming_normal_</c>.</summary>
    public static Initializer HeNormal() => (key, shape, fanIn, _) => Math.Sqrt(2.0 / fanIn) * key.Normal(shape.ToArray());

    /// <summary>Uniform of variance 1/fanIn (LeCun et al. 1998).</summary>
    public static Initializer LecunUniform() => (key, shape, fanIn, _) => Within(key, shape, Math.Sqrt(3.0 / fanIn));

    /// <summary>Normal of variance 1/fanIn.</summary>
    public static Initializer LecunNormal() => (key, shape, fanIn, _) => Math.Sqrt(1.0 / fanIn) * key.Normal(shape.ToArray());

    static Tensor Within(Key key, Shape shape, double bound) => key.Uniform(shape.ToArray(), -bound, bound);

    /// <summary>What the initializer gives, or PyTorch's default, checked.</summary>
    internal static Tensor Draw(Initializer? initializer, Key key, Shape shape, int fanIn, int fanOut) {
        var x = (initializer ?? Torch())(key, shape, fanIn, fanOut);
        return x.Shape.Equals(shape) ? x : throw new ShapeException($"An initializer was asked for a parameter of shape {shape} and gave {x.DType.Name()}{x.Shape}.");
    }
}
