namespace Diff;

/// <summary>A convolution with weights and a bias: what <see cref="Conv1d"/>, <see cref="Conv2d"/> and <see cref="Conv3d"/> have in common.</summary>
/// <param name="Weight">[out, in/groups, …].</param>
/// <param name="Bias">[out], or null for none.</param>
/// <param name="Stride">Steps of the window, 1 unless told.</param>
/// <param name="Padding">Zeros on both sides of each axis, 0 unless told.</param>
/// <param name="Dilation">Distance of the window's elements, 1 unless told.</param>
/// <param name="Groups">Channels are split into so many groups that do not see each other.</param>
public abstract record ConvLayer(Tensor Weight, Tensor? Bias, PerAxis Stride, PerAxis Padding, PerAxis Dilation, int Groups) : Layer {
    /// <summary>[N, in, …] → [N, out, …]; without the axis of the batch, it is left out of the result too.</summary>
    /// <exception cref="ShapeException">Axes or channels do not fit, or the window is larger than the padded input.</exception>
    public override Tensor Apply(Tensor x) {
        var axes = Weight.Given(function: GetType().Name).Rank - 2;
        if (x.Given(function: GetType().Name).Rank == axes + 1) return Apply(x.ExpandDims(0)).Squeeze(0);
        if (x.Rank != axes + 2 || x.Shape[1] != Weight.Shape[1] * Groups)
            throw new ShapeException($"{this}: input {x.DType.Name()}{x.Shape} is not [batch, {Weight.Shape[1] * Groups}, {string.Join(", ", "depth rows columns".Split()[(3 - axes)..])}].");
        var y = Functions.Conv(x, Weight, Stride, Padding, Dilation, Groups);
        return Bias is null ? y : y + Bias.Reshape([-1, .. Enumerable.Repeat(1, axes)]);
    }

    /// <inheritdoc/>
    protected internal override string? Settings {
        get {
            var axes = Weight.Rank - 2;
            return $"{Weight.Shape[1] * Groups}, {Weight.Shape[0]}, kernel_size={Each(Weight.Shape.ToArray()[2..])}, stride={Each(Stride.For(axes, 1))}"
                + Unless("padding", Padding.For(axes), 0) + Unless("dilation", Dilation.For(axes, 1), 1)
                + (Groups == 1 ? "" : $", groups={Groups}") + (Bias is null ? ", bias=false" : "");
        }
    }

    static string Unless(string name, int[] each, int usual) => each.All(n => n == usual) ? "" : $", {name}={Each(each)}";

    // As PyTorch prints a tuple, which Python sets a comma after where it has one element.
    static string Each(int[] each) => each.Length == 1 ? $"({each[0]},)" : $"({string.Join(", ", each)})";

    /// <summary>Draws weights and bias: PyTorch's default, uniform in ±1/√(in/groups · elements of the window), unless told.</summary>
    private protected static Init<C> Recipe<C>(Func<Tensor, Tensor?, C> make, int axes, int inputs, int outputs, PerAxis kernel, int groups, bool bias, Initializer? weight, Initializer? offset) {
        var what = typeof(C).Name;
        if (inputs < 1 || outputs < 1 || groups < 1 || inputs % groups != 0 || outputs % groups != 0)
            throw new ShapeException($"{what}: {inputs} and {outputs} channels have to be positive multiples of groups, {groups}.");
        var window = kernel.For(axes, 1, $"{what}: kernel");
        if (window.Any(n => n < 1)) throw new DomainException($"{what}: a kernel of {kernel} has no elements.");
        var size = window.Aggregate(1, (p, n) => p * n);
        var (fanIn, fanOut) = (inputs / groups * size, outputs / groups * size);
        var shape = Shape.Of([outputs, inputs / groups, .. window]);
        return Init.From(key => {
            var (forWeight, forBias) = key.Split();
            return make(
                Initializers.Draw(weight, forWeight, shape, fanIn, fanOut),
                bias ? Initializers.Draw(offset, forBias, Shape.Of(outputs), fanIn, fanOut) : null);
        });
    }
}
