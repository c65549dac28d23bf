namespace Diff;

/// <summary>What an optimizer remembers from step to step: opaque in its kind, typed in the parameters. A tree of tensors like any
/// other: it prints, matches and is saved by path.</summary>
/// <typeparam name="P">The parameters.</typeparam>
public abstract record OptState<P>;

/// <summary>Of a part that remembers nothing.</summary>
public sealed record NoState<P> : OptState<P>;

/// <summary>Of parts in a chain, each its own.</summary>
/// <param name="Parts">In the order of the chain.</param>
public sealed record ChainState<P>(OptState<P>[] Parts) : OptState<P>;
