using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>A function of one example as a function of many: its graph is recorded once, for one, and every op applied to the stack.</summary>
internal static class Batching {
    public static R Run<A, R>(Func<A, R> f, A arguments, Func<string, int?> axisOf, int outAxis) {
        var flat = Tree.Flatten(arguments);
        using var scope = new Scope("Vmap");
        using var running = new Scope("Vmap");
        var (size, whose) = (-1, "");
        var leaves = flat.Leaves.ToArray();
        var (variables, stacks) = (new List<Tensor>(), new List<Tensor>());
        for (var i = 0; i < leaves.Length; i++) {
            if (leaves[i].AbsentFrom is not null || axisOf(flat.Paths[i]) is not { } axis) continue;
            var x = leaves[i];
            if (x.Rank == 0) throw new ShapeException($"Vmap: {Place(flat.Paths[i])} is {x.Type}, a scalar, which has no axis to map over; leave it out with axis null.");
            var at = x.Shape.Axis(axis, "Vmap");
            if (size >= 0 && x.Shape[at] != size)
                throw new ShapeException($"Vmap: {Place(flat.Paths[i])} is {x.Type} with {x.Shape[at]} along axis {at}, {whose} has {size}; all have to be mapped over one length.");
            (size, whose) = (x.Shape[at], Place(flat.Paths[i]));
            stacks.Add(Graph.Alias(x, running).MoveAxis(at, 0));
            leaves[i] = Graph.Input(new(x.DType, x.Shape.Without(Axes.Of(at))), scope);
            variables.Add(leaves[i]);
        }
        if (size < 0) throw new ShapeException("Vmap: no argument is mapped over.");
        var result = Tree.Flatten(f(flat.Rebuild(leaves)));
        var mapped = Apply(result.Leaves, scope, variables, stacks, size);
        for (var i = 0; i < mapped.Length; i++)
            if (mapped[i].AbsentFrom is null) mapped[i] = mapped[i].MoveAxis(0, outAxis);
        scope.Dispose();
        running.Dispose();
        Differentiation.Finish(Array.FindAll(mapped, t => t.AbsentFrom is null));
        return result.Rebuild(mapped);
    }

    static string Place(string path) => path == "" ? "the argument" : path;

    // The walk of forward mode, with stacks for tangents.
    static Tensor[] Apply(Tensor[] outputs, Scope scope, List<Tensor> variables, List<Tensor> stacks, int size) {
        var usable = Array.FindAll(outputs, t => t.AbsentFrom is null);
        var walk = Walk.Within(usable, scope);
        var known = new Tensor[walk.Calls.Count][];
        for (var i = 0; i < variables.Count; i++)
            if (walk[variables[i].Call!] is var at && at >= 0) known[at] = [stacks[i]];
        for (var at = 0; at < known.Length; at++) {
            if (known[at] is not null) continue;
            var call = walk.Calls[at];
            var batched = Array.ConvertAll(call.Inputs, x => StackOf(x) is not null);
            known[at] = call.Op.Batch(Array.ConvertAll(call.Inputs, x => StackOf(x) ?? x), batched, size);
        }
        var results = Array.ConvertAll(outputs, o => o.AbsentFrom is not null ? o : StackOf(o) ?? o.BroadcastBy(Shape.Of([size, .. o.Shape.Span]), Axes.Range(1, o.Rank)));
        walk.Return();
        return results;

        Tensor? StackOf(Tensor t) => t.Call is { } c && walk[c] is var at && at >= 0 ? known[at][t.Output] : null;
    }
}

public static partial class Functions {
    /// <summary>A function of one example as a function of a stack of them: every tensor of the argument gets a new axis in front, and so
    /// has every result. One program runs for all.</summary>
    /// <param name="f">A function that does not look at values: no <c>if</c> on a tensor, no <c>Item()</c>; choose with <c>Where</c>.</param>
    /// <param name="inAxis">The axis of the arguments' tensors that is mapped over.</param>
    /// <param name="outAxis">Where the results have it.</param>
    /// <remarks>Works around and inside of every other transform.
    /// <example><code>
    /// var perExample = Vmap((Tensor x, Tensor y) => Grad(n => Loss(n, x, y), net))(xs, ys);       // gradients with a first axis of examples
    /// </code></example></remarks>
    /// <exception cref="ShapeException">The lengths differ, or a tensor has no such axis.</exception>
    /// <exception cref="UnknownValueException">The function reads a value.</exception>
    [OverloadResolutionPriority(1)]
    public static Func<Tensor, Tensor> Vmap(Func<Tensor, Tensor> f, int inAxis = 0, int outAxis = 0) => Vmap<Tensor, Tensor>(f, inAxis, outAxis);

    /// <inheritdoc cref="Vmap(Func{Tensor, Tensor}, int, int)"/>
    public static Func<A, R> Vmap<A, R>(Func<A, R> f, int inAxis = 0, int outAxis = 0) => a => Batching.Run(f.Given(), a, _ => inAxis, outAxis);

    /// <inheritdoc cref="Vmap(Func{Tensor, Tensor}, int, int)"/>
    /// <param name="axes">For each argument the axis that is mapped over, or null for one that is the same for all: <c>[null, 0]</c>.</param>
    [OverloadResolutionPriority(1)]
    public static Func<Tensor, Tensor, Tensor> Vmap(Func<Tensor, Tensor, Tensor> f, int?[]? axes = null, int outAxis = 0) => Vmap<Tensor, Tensor, Tensor>(f, axes, outAxis);

    /// <inheritdoc cref="Vmap(Func{Tensor, Tensor, Tensor}, int?[], int)"/>
    public static Func<A, B, R> Vmap<A, B, R>(Func<A, B, R> f, int?[]? axes = null, int outAxis = 0) {
        f.Given();
        var of = AxisOfArgument(axes, 2);
        return (a, b) => Batching.Run(p => f(p.Item1, p.Item2), (a, b), of, outAxis);
    }

    /// <inheritdoc cref="Vmap(Func{Tensor, Tensor, Tensor}, int?[], int)"/>
    [OverloadResolutionPriority(1)]
    public static Func<Tensor, Tensor, Tensor, Tensor> Vmap(Func<Tensor, Tensor, Tensor, Tensor> f, int?[]? axes = null, int outAxis = 0) => Vmap<Tensor, Tensor, Tensor, Tensor>(f, axes, outAxis);

    /// <inheritdoc cref="Vmap(Func{Tensor, Tensor, Tensor}, int?[], int)"/>
    public static Func<A, B, C, R> Vmap<A, B, C, R>(Func<A, B, C, R> f, int?[]? axes = null, int outAxis = 0) {
        f.Given();
        var of = AxisOfArgument(axes, 3);
        return (a, b, c) => Batching.Run(p => f(p.Item1, p.Item2, p.Item3), (a, b, c), of, outAxis);
    }

    // The arguments travel as a tuple: a leaf's path begins with the item that it belongs to.
    static Func<string, int?> AxisOfArgument(int?[]? axes, int count) =>
        axes is null ? _ => 0
        : axes.Length == count ? path => axes[path["Item".Length] - '1']
        : throw new ShapeException($"Vmap: {axes.Length} axes for a function of {count} arguments.");
}
