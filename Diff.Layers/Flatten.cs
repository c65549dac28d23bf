namespace Diff;

/// <summary>All axes from one on as one: [64, 16, 5, 5] → [64, 400]. PyTorch's <c>Flatten</c>.</summary>
/// <param name="From">The first of them.</param>
public sealed record Flatten(int From = 1) : Layer {
    /// <inheritdoc/>
    public override Tensor Apply(Tensor x) => x.Given(function: nameof(Flatten)).Flatten(From);

    /// <inheritdoc/>
    protected internal override string? Settings => From == 1 ? "" : $"from={From}";
}

public static partial class Layers {
    /// <summary>All axes from one on as one: [64, 16, 5, 5] → [64, 400].</summary>
    public static Flatten Flatten(int from = 1) => new(from);
}
