namespace Diff;

/// <summary>Values made of tensors: records, classes, structs, tuples, anonymous types, arrays, lists, dictionaries, LanguageExt's and F#'s
/// collections, nested in any way. Parameters, gradients, optimizer states and batches are such values.</summary>
/// <remarks>
/// A type need not say that it is a tree. The children of an object are its instance fields, the base type's first, under their properties' names;
/// those of a dictionary are in the order of its keys. Numbers, strings, enums, delegates and the framework's other types are part
/// of the structure: they are kept, compared by equality, and never differentiated. A tensor reached twice is two leaves.
/// <para>Differentiable leaves, or parameters, are floats that are not inside a <see cref="State{T}"/>.</para>
/// <example><code>
/// record Mlp(Dense[] Layers, Tensor Scale);
/// Tree.Paths(mlp);                                          // Layers[0].Weight, Layers[0].Bias, …, Scale
/// var next = Tree.Map((p, d) => p - 0.1 * d, mlp, Grad(Loss, mlp));
/// </code></example>
/// </remarks>
public static class Tree {
    /// <summary>Every tensor in a tree, state and integers too, in the order of fields and elements.</summary>
    /// <exception cref="TreeException">Something inside would hide tensors (a Lazy, a Task, an iterator), or it contains itself.</exception>
    public static Tensor[] Leaves<T>(T tree) => Flatten(tree).Leaves;

    /// <summary>The path of every tensor in a tree, as <see cref="Leaves{T}(T)"/> has them: <c>Conv1.Weight</c>, <c>Layers[0].Bias</c>,
    /// <c>["encoder"].W</c>, <c>Item1</c>; the empty string for a bare tensor.</summary>
    /// <exception cref="TreeException">Something inside would hide tensors, or it contains itself.</exception>
    public static string[] Paths<T>(T tree) => Flatten(tree).Paths;

    /// <summary>The differentiable tensors in a tree: what a gradient is by, and what a norm over all parameters is of.</summary>
    /// <exception cref="TreeException">Something inside would hide tensors, or it contains itself.</exception>
    public static Tensor[] Parameters<T>(T tree) {
        var flat = Flatten(tree);
        var parameters = new List<Tensor>(flat.Leaves.Length);
        for (var i = 0; i < flat.Leaves.Length; i++)
            if (flat.IsParameter(i)) parameters.Add(flat.Leaves[i]);
        return [.. parameters];
    }

    /// <summary>The same tree with these tensors in the places of its own, as <see cref="Leaves{T}(T)"/> has them. No constructor runs.</summary>
    /// <exception cref="TreeException">There are too few or too many.</exception>
    public static T Rebuild<T>(T like, params Tensor[] leaves) => Flatten(like).Rebuild(leaves.Given());

    /// <summary>A function applied to every differentiable leaf; the rest of the tree is kept.</summary>
    /// <exception cref="TreeException">Something inside would hide tensors, or it contains itself.</exception>
    public static T Map<T>(Func<Tensor, Tensor> f, T p) => MapWithPath((_, x) => f.Given()(x), p, paths: false);

    /// <summary>A function of the leaves of two trees, applied where the first has a differentiable one; the rest is the first tree's.</summary>
    /// <remarks><c>Tree.Map((p, d) => p - rate * d, model, gradient)</c> is a step of gradient descent that leaves statistics and integers alone.</remarks>
    /// <exception cref="TreeException">The trees differ in more than their tensors; the message has the path.</exception>
    public static T Map<T>(Func<Tensor, Tensor, Tensor> f, T p, T q) => MapAll(x => f.Given()(x[0], x[1]), p, q);

    /// <inheritdoc cref="Map{T}(Func{Tensor, Tensor, Tensor}, T, T)"/>
    public static T Map<T>(Func<Tensor, Tensor, Tensor, Tensor> f, T p, T q, T r) => MapAll(x => f.Given()(x[0], x[1], x[2]), p, q, r);

    /// <inheritdoc cref="Map{T}(Func{Tensor, Tensor, Tensor}, T, T)"/>
    public static T Map<T>(Func<Tensor, Tensor, Tensor, Tensor, Tensor> f, T p, T q, T r, T s) => MapAll(x => f.Given()(x[0], x[1], x[2], x[3]), p, q, r, s);

    /// <summary>A function of a path and a tensor, applied to every differentiable leaf: to treat biases otherwise than weights.</summary>
    /// <exception cref="TreeException">Something inside would hide tensors, or it contains itself.</exception>
    public static T MapWithPath<T>(Func<string, Tensor, Tensor> f, T p) => MapWithPath(f.Given(), p, paths: true);

    /// <summary>A function of the leaves of several trees that gives several results, applied where the first tree has a differentiable leaf:
    /// an optimizer's update and its new moments, all from one look at each parameter.</summary>
    /// <param name="outputs">How many results f gives.</param>
    /// <param name="f">From the trees' leaves at one place to the results' leaves there.</param>
    /// <param name="trees">Of one structure. What is not differentiable in the first is copied: the k-th result has the k-th tree's (the first
    /// tree's where there are fewer), so moments keep what they held.</param>
    /// <example><code>
    /// var next = Tree.MapMany(2, x => { var v = 0.9 * x[1] + x[0]; return [-rate * v, v]; }, gradient, velocity);   // [updates, velocity]
    /// </code></example>
    /// <exception cref="TreeException">The trees differ in more than their tensors; the message has the path.</exception>
    public static T[] MapMany<T>(int outputs, Func<Tensor[], Tensor[]> f, params T[] trees) {
        if (trees.Given().Length == 0) throw new TreeException("Tree.MapMany: there are no trees.");
        f.Given();
        outputs.AtLeast(0);
        var flats = FlattenAll(trees);
        var leaves = new Tensor[outputs][];
        for (var k = 0; k < outputs; k++) leaves[k] = [.. flats[k < flats.Length ? k : 0].Leaves];
        for (var i = 0; i < flats[0].Leaves.Length; i++) {
            if (!flats[0].IsParameter(i)) continue;
            var results = f(Array.ConvertAll(flats, t => t.Leaves[i]));
            if (results.Length != outputs) throw new TreeException($"Tree.MapMany: the function gives {results.Length} tensors where {outputs} are asked for.");
            for (var k = 0; k < outputs; k++) leaves[k][i] = results[k];
        }
        return Array.ConvertAll(leaves, l => flats[0].Rebuild(l));
    }

    /// <summary>The differentiable leaves end to end in one vector, and the way back: what linear algebra and solvers need of a model.</summary>
    /// <returns>A vector of the leaves' promoted dtype, and a function from such vectors to the tree with other parameters, each leaf of its own dtype.</returns>
    /// <remarks>JAX's <c>ravel_pytree</c>. <example><code>
    /// var (p, unravel) = Tree.Ravel(net);
    /// var h = Hessian(p => Loss(unravel(p)), p);                    // [n, n]
    /// </code></example></remarks>
    /// <exception cref="GradientException">The tree has no differentiable leaf.</exception>
    public static (Tensor Vector, Func<Tensor, T> Unravel) Ravel<T>(T tree) {
        var flat = Flatten(tree);
        int[] places = [.. Enumerable.Range(0, flat.Leaves.Length).Where(flat.IsParameter)];
        if (places.Length == 0) throw new GradientException($"Tree.Ravel: {flat.Describe()} has no differentiable leaf.");
        TensorType[] types = [.. places.Select(i => flat.Leaves[i].Type)];
        return (Functions.Concat([.. places.Select(i => flat.Leaves[i].Reshape(-1))]), vector => {
            if (vector.Given().Rank != 1 || vector.Size != types.Sum(t => t.Shape.Size)) throw new ShapeException($"Tree.Ravel: {vector.Type} does not hold the {types.Sum(t => t.Shape.Size)} numbers of {flat.Describe()}.");
            var (leaves, at) = (flat.Leaves.ToArray(), 0);
            for (var i = 0; i < places.Length; at += types[i++].Shape.Size) leaves[places[i]] = vector.SliceAxis(0, at, types[i].Shape.Size).ReshapeTo(types[i].Shape).To(types[i].DType);
            return flat.Rebuild(leaves);
        }
        );
    }

    /// <summary>Takes a tree apart.</summary>
    internal static Flat<P> Flatten<P>(P tree) {
        if (tree is Tensor leaf) return new(tree, [leaf], null);
        var collector = Collector.Rent();
        Codec<P>.Instance.Collect(tree, collector);
        if (collector.Failed) throw TreeWalk.Fault(tree);
        var (leaves, state) = collector.Finish();
        return new(tree, leaves, state);
    }

    static T MapWithPath<T>(Func<string, Tensor, Tensor> f, T p, bool paths) {
        var flat = Flatten(p);
        var leaves = new Tensor[flat.Leaves.Length];
        for (var i = 0; i < leaves.Length; i++)
            leaves[i] = flat.IsParameter(i) ? f(paths ? flat.Paths[i] : "", flat.Leaves[i]) : flat.Leaves[i];
        return flat.Rebuild(leaves);
    }

    static T MapAll<T>(Func<Tensor[], Tensor> f, params T[] trees) {
        var flats = FlattenAll(trees);
        var leaves = new Tensor[flats[0].Leaves.Length];
        for (var i = 0; i < leaves.Length; i++)
            leaves[i] = flats[0].IsParameter(i) ? f(Array.ConvertAll(flats, t => t.Leaves[i])) : flats[0].Leaves[i];
        return flats[0].Rebuild(leaves);
    }

    static readonly string[] Ordinals = ["first", "second", "third", "fourth"];

    static Flat<T>[] FlattenAll<T>(T[] trees) {
        var flats = Array.ConvertAll(trees, Flatten);
        for (var i = 1; i < flats.Length; i++) flats[0].CheckSame(flats[i], $"Tree.Map: the {(i < 4 ? Ordinals[i] : $"{i + 1}th")} tree");
        return flats;
    }
}
