namespace Diff;

/// <summary>A function of tensors with parameters: a record whose tensors, and those of its layers, are what training changes.</summary>
/// <remarks>A layer never changes: training makes new ones. Any record can be one, and no record has to be:
/// <example><code>
/// sealed record Mlp(Dense Hidden, Dense Output) : Layer {
///     public override Tensor Apply(Tensor x) => Output.Apply(Relu(Hidden.Apply(x)));
/// }
/// </code></example></remarks>
public abstract record Layer {
    /// <summary>The layer's output, at inference.</summary>
    public abstract Tensor Apply(Tensor x);

    /// <summary>The output in training, and the layer for the next step: for layers that draw random numbers or keep statistics.
    /// Call <c>Train</c>, which gives back the layer's own type; override this.</summary>
    public virtual (Tensor Y, Layer Next) Forward(Tensor x, Key key) => (Apply(x), this);

    /// <summary>What stands between the brackets when a layer without layers is printed, <c>in=400, out=120</c>; null lists its fields.</summary>
    protected internal virtual string? Settings => null;

    /// <summary>Printed as PyTorch prints a module: its layers by name, one to a line.</summary>
    public sealed override string ToString() => ModelText.Of(this);

    /// <summary>Two layers one after the other.</summary>
    public static Layer operator >>(Layer first, Layer second) => first.Given(function: ">>").Then(second.Given(function: ">>"));

    /// <summary>A layer, then a function: <c>Flatten() >> Relu</c>.</summary>
    public static Layer operator >>(Layer first, Func<Tensor, Tensor> second) => first.Given(function: ">>").Then(second.Given(function: ">>"));

    /// <summary>A layer that is there already, then one to be made: <c>Flatten() >> Dense(784, 10)</c>.</summary>
    public static Init<Layer> operator >>(Layer first, Init<Layer> second) => second.Given(function: ">>").Select(first.Given(function: ">>").Then);

    /// <summary>The operator <c>&gt;&gt;</c> as a method, for F#.</summary>
    public Layer Then(Layer next) => new Sequential([.. Sequential.Parts(this), .. Sequential.Parts(next.Given())]);

    /// <summary>The operator <c>&gt;&gt;</c> as a method, for F#.</summary>
    public Layer Then(Func<Tensor, Tensor> next) => Then(new Lambda(next.Given()));
}

/// <summary>What all layers can do in their own type.</summary>
public static class LayerTraining {
    extension<L>(L layer) where L : Layer {
        /// <summary>The output in training and the layer for the next step, in the layer's own type: <c>var (h, bn) = Bn.Train(x, key);</c></summary>
        /// <param name="x">The input.</param>
        /// <param name="key">For layers that draw random numbers; a fresh one each step.</param>
        /// <exception cref="TreeException">The layer's <c>Forward</c> returns a layer of another type.</exception>
        public (Tensor Y, L Next) Train(Tensor x, Key key = default) {
            var (y, next) = layer.Forward(x.Given(), key);
            return (y, next as L ?? throw new TreeException($"{layer.GetType().Name}.Forward returns a {next?.GetType().Name ?? "null"} for the next step; it has to be a {typeof(L).Name}: this with {{ … }}."));
        }
    }
}
