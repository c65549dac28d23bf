namespace Diff;

/// <summary>A tree taken apart: its leaves in order, and the way back.</summary>
internal sealed class Flat<P> {
    readonly P tree;
    readonly bool[]? state;
    string[]? paths;

    public Flat(P tree, Tensor[] leaves, bool[]? state) => (this.tree, Leaves, this.state) = (tree, leaves, state);

    /// <summary>All tensors, in the order of fields and elements.</summary>
    public Tensor[] Leaves { get; }

    /// <summary>Where each is: <c>Layers[0].Weight</c>; empty for a bare tensor. Found when they are asked for.</summary>
    public string[] Paths => paths ??= TreeWalk.Paths(tree);

    /// <summary>Whether a leaf has a derivative: a float that is no state.</summary>
    public bool IsParameter(int i) => Leaves[i] is { AbsentFrom: null } leaf && leaf.DType.IsFloat() && (state is null || !state[i]);

    /// <summary>The same tree with other leaves.</summary>
    public P Rebuild(ReadOnlySpan<Tensor> leaves) {
        if (leaves.Length != Leaves.Length)
            throw new TreeException($"Tree: {Describe()} has {Leaves.Length} leaves, and there are {leaves.Length} to put into it.");
        var from = new LeafReader(leaves);
        return Codec<P>.Instance.Rebuild(tree, ref from);
    }

    /// <summary>What it is, for a message: <c>(double, double)</c>, <c>Mlp</c>, <c>i32[3]</c>.</summary>
    public string Describe() => TreeNames.Describe(tree, typeof(P));

    /// <summary>The same tree with nothing but the types of its tensors: what may be kept without keeping anybody's values.</summary>
    public Flat<P> Hollow() => Tree.Flatten(Rebuild(Array.ConvertAll(Leaves, t => Tensor.Absent(t, ""))));

    /// <summary>Whether another tree differs in nothing but its tensors.</summary>
    public bool IsSame(Flat<P> other) => Leaves.Length == other.Leaves.Length && Codec<P>.Instance.Same(tree, other.tree);

    /// <summary>The objects in the tree that are part of its structure, compared by reference, and may change inside.</summary>
    public object[] Statics => TreeWalk.Statics(tree);

    /// <summary>Checks that another tree differs in nothing but its tensors.</summary>
    /// <param name="what">What the other one is: the beginning of the message.</param>
    /// <exception cref="TreeException">It does; the message has the path.</exception>
    public void CheckSame(Flat<P> other, string what) {
        if (IsSame(other)) return;
        throw new TreeException($"{what} {TreeWalk.Difference(other.tree, tree, "") ?? "is another structure"}.");
    }
}
