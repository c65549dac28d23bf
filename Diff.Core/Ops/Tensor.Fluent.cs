namespace Diff;

// The functions of one tensor once more as methods, for those who read from left to right: x.Square().Sum().
public sealed partial class Tensor {
    /// <inheritdoc cref="Functions.Abs"/>
    public Tensor Abs() => Functions.Abs(this);

    /// <inheritdoc cref="Functions.Sign"/>
    public Tensor Sign() => Functions.Sign(this);

    /// <inheritdoc cref="Functions.Square"/>
    public Tensor Square() => Functions.Square(this);

    /// <inheritdoc cref="Functions.Exp"/>
    public Tensor Exp() => Functions.Exp(this);

    /// <inheritdoc cref="Functions.Expm1"/>
    public Tensor Expm1() => Functions.Expm1(this);

    /// <inheritdoc cref="Functions.Log"/>
    public Tensor Log() => Functions.Log(this);

    /// <inheritdoc cref="Functions.Log1p"/>
    public Tensor Log1p() => Functions.Log1p(this);

    /// <inheritdoc cref="Functions.Sqrt"/>
    public Tensor Sqrt() => Functions.Sqrt(this);

    /// <inheritdoc cref="Functions.Rsqrt"/>
    public Tensor Rsqrt() => Functions.Rsqrt(this);

    /// <inheritdoc cref="Functions.Sin"/>
    public Tensor Sin() => Functions.Sin(this);

    /// <inheritdoc cref="Functions.Cos"/>
    public Tensor Cos() => Functions.Cos(this);

    /// <inheritdoc cref="Functions.Tan"/>
    public Tensor Tan() => Functions.Tan(this);

    /// <inheritdoc cref="Functions.Tanh"/>
    public Tensor Tanh() => Functions.Tanh(this);

    /// <inheritdoc cref="Functions.Erf"/>
    public Tensor Erf() => Functions.Erf(this);

    /// <inheritdoc cref="Functions.Floor"/>
    public Tensor Floor() => Functions.Floor(this);

    /// <inheritdoc cref="Functions.Ceil"/>
    public Tensor Ceil() => Functions.Ceil(this);

    /// <inheritdoc cref="Functions.Round"/>
    public Tensor Round() => Functions.Round(this);

    /// <inheritdoc cref="Functions.Trunc"/>
    public Tensor Trunc() => Functions.Trunc(this);

    /// <inheritdoc cref="Functions.Relu"/>
    public Tensor Relu() => Functions.Relu(this);

    /// <inheritdoc cref="Functions.Sigmoid"/>
    public Tensor Sigmoid() => Functions.Sigmoid(this);

    /// <inheritdoc cref="Functions.Softplus"/>
    public Tensor Softplus() => Functions.Softplus(this);

    /// <inheritdoc cref="Functions.Silu"/>
    public Tensor Silu() => Functions.Silu(this);

    /// <inheritdoc cref="Functions.Gelu"/>
    public Tensor Gelu() => Functions.Gelu(this);

    /// <inheritdoc cref="Functions.Clamp"/>
    public Tensor Clamp(Tensor? low = null, Tensor? high = null) => Functions.Clamp(this, low, high);

    /// <inheritdoc cref="Functions.Pow(Tensor, double)"/>
    public Tensor Pow(double n) => Functions.Pow(this, n);

    /// <inheritdoc cref="Functions.Softmax(Tensor, int)"/>
    public Tensor Softmax(int axis = -1) => Functions.Softmax(this, axis);

    /// <inheritdoc cref="Functions.LogSoftmax(Tensor, int)"/>
    public Tensor LogSoftmax(int axis = -1) => Functions.LogSoftmax(this, axis);
}
