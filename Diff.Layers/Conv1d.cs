namespace Diff;

/// <summary>A convolution over one axis: [N, in, n] → [N, out, n]. PyTorch's <c>Conv1d</c>.</summary>
/// <inheritdoc/>
public sealed record Conv1d(Tensor Weight, Tensor? Bias, PerAxis Stride = default, PerAxis Padding = default, PerAxis Dilation = default, int Groups = 1)
    : ConvLayer(Weight, Bias, Stride, Padding, Dilation, Groups) {
    internal static Init<Conv1d> Recipe(int inputs, int outputs, PerAxis kernel, PerAxis stride, PerAxis padding, PerAxis dilation, int groups, bool bias, Initializer? weight, Initializer? offset) =>
        Recipe((w, b) => new Conv1d(w, b, stride, padding, dilation, groups), 1, inputs, outputs, kernel, groups, bias, weight, offset);
}

public static partial class Layers {
    /// <summary>The recipe of a convolution: [N, in, n] → [N, out, n]. Starts as PyTorch's does unless told.</summary>
    /// <remarks><example><code>
    /// var layer = Conv1d(4, 8, 3, padding: 1).Run(Key.Of(0));
    /// </code></example></remarks>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output.</param>
    /// <param name="kernel">Size of the window.</param>
    /// <param name="stride">Steps of the window, 1 unless told.</param>
    /// <param name="padding">Zeros on both sides of each axis, 0 unless told.</param>
    /// <param name="dilation">Distance of the window's elements, 1 unless told.</param>
    /// <param name="groups">Channels are split into so many groups that do not see each other.</param>
    /// <param name="bias">Whether a bias is added to each channel.</param>
    /// <param name="weight">How the weights start.</param>
    /// <param name="offset">How the bias starts.</param>
    /// <exception cref="ShapeException">Channels are not multiples of groups, or a size is for another number of axes.</exception>
    /// <exception cref="DomainException">The kernel has no elements.</exception>
    public static Init<Conv1d> Conv1d(int inputs, int outputs, PerAxis kernel, PerAxis stride = default, PerAxis padding = default, PerAxis dilation = default, int groups = 1,
        bool bias = true, Initializer? weight = null, Initializer? offset = null) =>
        global::Diff.Conv1d.Recipe(inputs, outputs, kernel, stride, padding, dilation, groups, bias, weight, offset);
}
