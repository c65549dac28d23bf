using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>A function's tangent program at a point, kept: what Vjp transposes and Linearize runs.</summary>
internal sealed class Tangent<P, R> {
    readonly Point<P> point;
    readonly Flat<R> result;
    readonly Tensor?[] tangents;
    readonly Tensor[] inputs;
    readonly Scope linear;
    readonly string transform;

    /// <summary>Calls the function once. Its value and what the tangent program needs of it are computed in one plan and cut off
    /// from their history, unless an outer transform is still to look at it.</summary>
    public Tangent(string transform, Func<P, R> f, P at) {
        this.transform = transform;
        using var scope = new Scope(transform);
        linear = new Scope(transform);
        point = new(transform, at, scope);
        result = Tree.Flatten(f(point.Argument));
        inputs = Array.ConvertAll(point.Variables, v => Graph.Input(v.Type, linear));
        tangents = Linearization.Push(result.Leaves, scope, point.Variables, inputs);
        var residuals = Residuals();
        scope.Dispose();
        linear.Dispose();
        Differentiation.Finish([.. result.Leaves, .. residuals]);
        Value = result.Rebuild(result.Leaves);
    }

    public R Value { get; }

    // Primal tensors that tangent nodes read: the border of the linear part.
    List<Tensor> Residuals() {
        var walk = Walk.Within([.. tangents.Where(t => t is not null)!], linear);
        var residuals = new List<Tensor>();
        foreach (var call in walk.Calls)
            foreach (var x in call.Inputs)
                if (x.Call is { Op: not FillOp } c && !c.DependsOn(linear)) residuals.Add(x);
        walk.Return();
        return residuals;
    }

    /// <summary>The cotangent of the argument for one of the result, as one plan. It may be called any number of times.</summary>
    public P Pull(R cotangent) {
        var other = Tree.Flatten(cotangent);
        result.CheckSame(other, $"{transform}: the cotangent");
        using var scope = new Scope(transform);
        var seeds = new Tensor?[tangents.Length];
        for (var i = 0; i < seeds.Length; i++)
            if (tangents[i] is { } t) seeds[i] = Graph.Alias(Differentiation.Fit(other.Leaves[i], t.Type, $"{transform}: the cotangent", result.Paths[i]), scope);
        var pulled = Linearization.Pull([.. tangents.Where(t => t is not null)!], [.. seeds.Where(s => s is not null)], linear, inputs);
        scope.Dispose();
        var cotangents = Enumerable.Range(0, pulled.Length).Select(i => Graph.Weak(pulled[i] ?? Graph.Fill(0, inputs[i].Type), point.Variables[i])).ToArray();
        Differentiation.Finish(cotangents);
        return point.Rebuild(cotangents);
    }

    /// <summary>The tangent of the result along a direction, as one plan: the tangent program run again.</summary>
    public R Push(P direction) {
        var along = point.LeavesOf(direction, $"{transform}: the direction");
        using var scope = new Scope(transform);
        var variables = Array.ConvertAll(along, a => Graph.Alias(a, scope));
        var known = Array.FindAll(tangents, t => t is not null);
        var replayed = Linearization.Replay(known!, linear, inputs, variables);
        var next = 0;
        var pushed = Array.ConvertAll(tangents, t => t is null ? null : replayed[next++]);
        scope.Dispose();
        var leaves = new Tensor[pushed.Length];
        for (var i = 0; i < leaves.Length; i++)
            leaves[i] = !result.IsParameter(i) ? Tensor.Absent(result.Leaves[i].Type, result.Paths[i]) : pushed[i] ?? Graph.Fill(0, result.Leaves[i].Type);
        Differentiation.Finish([.. leaves.Where(t => t.AbsentFrom is null)]);
        return result.Rebuild(leaves);
    }
}

public static partial class Functions {
    /// <summary>Reverse mode: the value of f at a point, and the pullback that turns a cotangent of the result into the cotangent of the
    /// argument.</summary>
    /// <typeparam name="P">The argument: a tensor or a tree of them.</typeparam>
    /// <typeparam name="R">The result: a tensor or a tree of them, of any shapes.</typeparam>
    /// <remarks>The pullback can be called again and again, and differentiated; nothing is used up.
    /// <example><code>
    /// var (y, pull) = Vjp(x => x.Square(), [1, 2, 3]);
    /// var gx = pull([1, 0, 1]);                            // [2, 0, 6]
    /// </code></example></remarks>
    /// <exception cref="GradientException">The argument has no float.</exception>
    /// <exception cref="ShapeException">By the pullback: the cotangent's shapes are not the result's.</exception>
    public static (R Value, Func<R, P> Pullback) Vjp<P, R>(Func<P, R> f, P at) {
        var tangent = new Tangent<P, R>("Vjp", f.Given(), at.Given());
        return (tangent.Value, tangent.Pull);
    }

    /// <inheritdoc cref="Vjp{P, R}(Func{P, R}, P)"/>
    [OverloadResolutionPriority(1)]
    public static (Tensor Value, Func<Tensor, Tensor> Pullback) Vjp(Func<Tensor, Tensor> f, Tensor at) => Vjp<Tensor, Tensor>(f, at);

    /// <summary>The value of f at a point, and its derivative there as a linear function: <see cref="Jvp{P, R}(Func{P, R}, P, P)"/> with
    /// the work that does not depend on the direction done once.</summary>
    /// <typeparam name="P">The argument: a tensor or a tree of them.</typeparam>
    /// <typeparam name="R">The result: a tensor or a tree of them, of any shapes.</typeparam>
    /// <exception cref="GradientException">The argument has no float.</exception>
    /// <exception cref="ShapeException">By the function: the direction's shapes are not the argument's.</exception>
    public static (R Value, Func<P, R> Tangent) Linearize<P, R>(Func<P, R> f, P at) {
        var tangent = new Tangent<P, R>("Linearize", f.Given(), at.Given());
        return (tangent.Value, tangent.Push);
    }

    /// <inheritdoc cref="Linearize{P, R}(Func{P, R}, P)"/>
    [OverloadResolutionPriority(1)]
    public static (Tensor Value, Func<Tensor, Tensor> Tangent) Linearize(Func<Tensor, Tensor> f, Tensor at) => Linearize<Tensor, Tensor>(f, at);
}
