namespace Diff;

/// <summary>A function as a layer. Tensors that it captures are constants: what is to be trained belongs into a record.</summary>
/// <param name="Function">Any function of one tensor.</param>
public sealed record Lambda(Func<Tensor, Tensor> Function) : Layer {
    /// <inheritdoc/>
    public override Tensor Apply(Tensor x) => Function(x.Given(function: nameof(Lambda)));

    /// <summary>The function's name where it has one: <c>Relu</c>.</summary>
    internal string Name => Function.Method.Name is var name && name.Contains('<') ? nameof(Lambda) : name;

    /// <inheritdoc/>
    protected internal override string? Settings => "";
}

public static partial class Layers {
    /// <summary>A function as a layer, where one is needed: <c>Lambda(x => x / 255) >> Dense(784, 10)</c>.</summary>
    public static Lambda Lambda(Func<Tensor, Tensor> function) => new(function.Given());
}
