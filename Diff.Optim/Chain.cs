namespace Diff;

/// <summary>Optimizers one after the other: what <c>&gt;&gt;</c> makes. Optax's <c>chain</c>.</summary>
/// <param name="Parts">In the order in which gradients go through them.</param>
public sealed record Chain(Optimizer[] Parts) : Optimizer {
    /// <inheritdoc/>
    public override OptState<P> Init<P>(P parameters) => new ChainState<P>([.. Parts.Select(part => part.Init(parameters))]);

    /// <inheritdoc/>
    public override (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters) {
        var own = Own<ChainState<P>, P>(state);
        if (own.Parts.Length != Parts.Length) throw new TreeException($"Chain: the state is of {own.Parts.Length} parts, the chain has {Parts.Length}.");
        var (updates, next) = (gradients, new OptState<P>[Parts.Length]);
        for (var i = 0; i < Parts.Length; i++) (updates, next[i]) = Parts[i].Update(updates, own.Parts[i], parameters);
        return (updates, new ChainState<P>(next));
    }

    /// <summary>A chain's links, so that chains of chains are one chain whatever their brackets.</summary>
    internal static Optimizer[] PartsOf(Optimizer optimizer) => optimizer is Chain chain ? chain.Parts : [optimizer];

    /// <inheritdoc/>
    public override string ToString() => string.Join(" >> ", (object[])Parts);
}
