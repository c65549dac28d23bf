namespace Diff;

/// <summary>The largest under each window: [N, C, rows, columns] → [N, C, …]. PyTorch's <c>MaxPool2d</c>.</summary>
/// <param name="Size">Of the window.</param>
/// <param name="Stride">Steps of the window, its size unless told.</param>
/// <param name="Padding">On both sides of each axis, 0 unless told; never the largest.</param>
/// <param name="Dilation">Distance of the window's elements, 1 unless told.</param>
public sealed record MaxPool2d(PerAxis Size, PerAxis Stride = default, PerAxis Padding = default, PerAxis Dilation = default) : Layer {
    /// <inheritdoc/>
    public override Tensor Apply(Tensor x) => x.Given(function: nameof(MaxPool2d)).Rank == 3 ? Apply(x.ExpandDims(0)).Squeeze(0) : Functions.MaxPool(x, Size, Stride, Padding, Dilation);

    /// <inheritdoc/>
    protected internal override string? Settings =>
        $"kernel_size={Size}, stride={(Stride.Count == 0 ? Size : Stride)}{(Padding.Count == 0 ? "" : $", padding={Padding}")}{(Dilation.Count == 0 ? "" : $", dilation={Dilation}")}";
}

public static partial class Layers {
    /// <summary>The largest under each window: <c>MaxPool2d(2)</c> is [N, C, 28, 28] → [N, C, 14, 14].</summary>
    public static MaxPool2d MaxPool2d(PerAxis size, PerAxis stride = default, PerAxis padding = default, PerAxis dilation = default) => new(size, stride, padding, dilation);
}
