namespace Diff;

/// <summary>Layers one after the other: what <c>&gt;&gt;</c> makes. PyTorch's <c>Sequential</c>.</summary>
/// <param name="Layers">In the order in which they are applied; their paths are <c>Layers[0]</c>, <c>Layers[1]</c> …</param>
public sealed record Sequential(Layer[] Layers) : Layer {
    /// <inheritdoc/>
    public override Tensor Apply(Tensor x) {
        foreach (var layer in Layers) x = layer.Apply(x);
        return x;
    }

    /// <inheritdoc/>
    public override (Tensor Y, Layer Next) Forward(Tensor x, Key key) {
        var next = new Layer[Layers.Length];
        for (var i = 0; i < next.Length; i++) (x, next[i]) = Layers[i].Forward(x, key.FoldIn(i));
        return (x, next.AsSpan().SequenceEqual(Layers, ReferenceEqualityComparer.Instance) ? this : new Sequential(next));
    }

    /// <summary>A chain's links, so that chains of chains are one chain whatever their brackets.</summary>
    internal static Layer[] Parts(Layer layer) => layer is Sequential chain ? chain.Layers : [layer];
}
