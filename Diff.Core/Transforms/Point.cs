namespace Diff;

/// <summary>The arguments of a transform as it sees them: fresh variables for the differentiable leaves of a tree, everything else as it was.</summary>
internal sealed class Point<P> {
    readonly Flat<P> flat;
    readonly int[] parameters;

    public Point(string transform, P at, Scope scope) {
        flat = Tree.Flatten(at);
        var leaves = flat.Leaves.AsSpan().ToArray();
        var (found, count) = (new int[leaves.Length], 0);
        for (var i = 0; i < leaves.Length; i++)
            if (flat.IsParameter(i)) found[count++] = i;
        if (count == 0) throw new GradientException($"{transform}: {flat.Describe()} has no differentiable leaf; a derivative is by f32 or f64 tensors.");
        parameters = count == found.Length ? found : found[..count];
        Variables = new Tensor[count];
        for (var i = 0; i < count; i++) leaves[parameters[i]] = Variables[i] = Graph.Alias(leaves[parameters[i]], scope);
        Argument = flat.Rebuild(leaves);
    }

    /// <summary>A variable for each differentiable leaf.</summary>
    public Tensor[] Variables { get; }

    /// <summary>The caller's type with the variables in their places.</summary>
    public P Argument { get; }

    /// <summary>Derivatives in the caller's type; where a leaf has none, a tensor that says so when it is used.</summary>
    public P Rebuild(ReadOnlySpan<Tensor> derivatives) {
        var leaves = new Tensor[flat.Leaves.Length];
        for (var i = 0; i < leaves.Length; i++)
            if (!flat.IsParameter(i)) leaves[i] = Tensor.Absent(flat.Leaves[i], flat.Paths[i]);
        for (var i = 0; i < parameters.Length; i++) leaves[parameters[i]] = derivatives[i];
        return flat.Rebuild(leaves);
    }

    /// <summary>The differentiable leaves of a tree of the caller's type, such as a direction or a cotangent, checked against the variables.</summary>
    public Tensor[] LeavesOf(P tree, string what) {
        var other = Tree.Flatten(tree);
        flat.CheckSame(other, what);
        return Array.ConvertAll(parameters, i => Differentiation.Fit(other.Leaves[i], flat.Leaves[i].Type, what, flat.Paths[i]));
    }
}
