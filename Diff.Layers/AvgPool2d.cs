namespace Diff;

/// <summary>The mean under each window: [N, C, rows, columns] → [N, C, …]. PyTorch's <c>AvgPool2d</c>.</summary>
/// <param name="Size">Of the window.</param>
/// <param name="Stride">Steps of the window, its size unless told.</param>
/// <param name="Padding">Zeros on both sides of each axis, 0 unless told.</param>
/// <param name="CountPadding">Whether the zeros of the padding take part in the mean.</param>
public sealed record AvgPool2d(PerAxis Size, PerAxis Stride = default, PerAxis Padding = default, bool CountPadding = true) : Layer {
    /// <inheritdoc/>
    public override Tensor Apply(Tensor x) => x.Given(function: nameof(AvgPool2d)).Rank == 3 ? Apply(x.ExpandDims(0)).Squeeze(0) : Functions.AvgPool(x, Size, Stride, Padding, CountPadding);

    /// <inheritdoc/>
    protected internal override string? Settings => $"kernel_size={Size}, stride={(Stride.Count == 0 ? Size : Stride)}{(Padding.Count == 0 ? "" : $", padding={Padding}")}";
}

public static partial class Layers {
    /// <summary>The mean under each window: <c>AvgPool2d(2)</c> is [N, C, 28, 28] → [N, C, 14, 14].</summary>
    public static AvgPool2d AvgPool2d(PerAxis size, PerAxis stride = default, PerAxis padding = default, bool countPadding = true) => new(size, stride, padding, countPadding);
}
