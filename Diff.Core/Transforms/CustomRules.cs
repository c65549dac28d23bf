namespace Diff;

/// <summary>What functions with a derivative of the user's own share.</summary>
internal static class CustomRules {
    /// <summary>Whether anybody is going to ask for the derivative.</summary>
    public static bool IsNeeded<P>(Flat<P> x) => Array.Exists(x.Leaves, t => t.AbsentFrom is null && t.IsLive);

    /// <summary>The function's result, cut off from what would differentiate its inside.</summary>
    /// <exception cref="TraceException">The function captures what a running transform differentiates.</exception>
    public static Flat<R> Call<P, R>(string transform, Func<P, R> f, Flat<P> x) {
        using var inside = new Scope(transform);
        // What the rule says is the whole derivative, so the function may read its argument.
        var variables = Array.ConvertAll(x.Leaves, t => Functions.StopGradient(Graph.Alias(t, inside)));
        var y = Tree.Flatten(f(x.Rebuild(variables)));
        RefuseCaptures(transform, y.Leaves, inside);
        return y;
    }

    /// <summary>A rule as a program of the argument, the result and further inputs without values, then what it captures.</summary>
    public static (Program Program, Tensor[] Captures) Record<P, R>(string name, Flat<P> x, Flat<R> y, Tensor[] like, Func<P, R, Tensor[], Tensor[]> rule) {
        using var scope = new Scope(name);
        var xs = Array.ConvertAll(x.Leaves, t => Graph.Alias(t, scope));
        var ys = Array.ConvertAll(y.Leaves, t => Graph.Alias(t, scope));
        var further = Array.ConvertAll(like, t => Graph.Input(t.Type, t.IsWeak, scope));
        var graph = ProgramBuilder.Close(rule(x.Rebuild(xs), y.Rebuild(ys), further), scope, [.. xs, .. ys, .. further]);
        var program = graph.ToProgram();
        var captures = graph.Leaves.Skip(xs.Length + ys.Length + further.Length).ToArray();
        graph.Return();
        return (program, captures);
    }

    // A capture would have a derivative that nobody gave.
    static void RefuseCaptures(string transform, Tensor[] results, Scope inside) {
        var walk = Walk.Within(results, inside);
        var captured = walk.Calls.Where(c => c.Op is not AliasOp).SelectMany(c => c.Inputs).Concat(results).FirstOrDefault(t => t.IsLive && !t.Call!.DependsOn(inside) && t.Call.Op is not StopGradientOp);
        walk.Return();
        if (captured is not null)
            throw new TraceException($"{transform}: the function uses a {captured.Type} from outside that {captured.Free.First(s => s.IsOpen).Transform} differentiates, and the rule says nothing about it. Pass it as an argument (a tuple or a record), or take StopGradient of it.");
    }
}
