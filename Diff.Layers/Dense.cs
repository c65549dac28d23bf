namespace Diff;

/// <summary>x·W + b: [.., in] → [.., out]. PyTorch's <c>Linear</c>, whose weight is this one transposed.</summary>
/// <param name="Weight">[in, out].</param>
/// <param name="Bias">[out], or null for none.</param>
public sealed record Dense(Tensor Weight, Tensor? Bias) : Layer {
    /// <inheritdoc/>
    /// <exception cref="ShapeException">The last axis of x is not as long as the weight's first.</exception>
    public override Tensor Apply(Tensor x) {
        if (x.Given(function: nameof(Dense)).Rank == 0 || x.Shape[^1] != Weight.Given(function: nameof(Dense)).Shape[0])
            throw new ShapeException($"{this}: input {x.DType.Name()}{x.Shape} {(x.Rank == 0 ? "is a scalar" : $"has {x.Shape[^1]} in its last axis")}, not {Weight.Shape[0]}.{(x.Rank > 2 ? " Flatten() makes one axis of several." : "")}");
        var y = x.MatMul(Weight);
        return Bias is null ? y : y + Bias;
    }

    /// <inheritdoc/>
    protected internal override string? Settings => $"in={Weight.Shape[0]}, out={Weight.Shape[^1]}{(Bias is null ? ", bias=false" : "")}";
}

public static partial class Layers {
    /// <summary>The recipe of x·W + b: [.., inputs] → [.., outputs]. Uniform in ±1/√inputs unless told, as PyTorch's <c>Linear</c> starts.</summary>
    /// <remarks><example><code>
    /// var layer = Dense(784, 128, weight: Initializers.HeNormal()).Run(Key.Of(0));
    /// </code></example></remarks>
    /// <param name="inputs">Size of the last axis of the input.</param>
    /// <param name="outputs">Size of the last axis of the output.</param>
    /// <param name="bias">Whether b is added.</param>
    /// <param name="weight">How W [inputs, outputs] starts.</param>
    /// <param name="offset">How b [outputs] starts.</param>
    /// <exception cref="ShapeException">A size is negative.</exception>
    public static Init<Dense> Dense(int inputs, int outputs, bool bias = true, Initializer? weight = null, Initializer? offset = null) {
        var shape = Shape.Of(inputs, outputs);
        return Init.From(key => {
            var (forWeight, forBias) = key.Split();
            return new Dense(
                Initializers.Draw(weight, forWeight, shape, inputs, outputs),
                bias ? Initializers.Draw(offset, forBias, Shape.Of(outputs), inputs, outputs) : null);
        });
    }
}
