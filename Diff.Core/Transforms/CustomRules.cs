namespace Diff;

/// <summary>The results of a function whose derivative its user gave: inputs are the results y, then the arguments x, then what the rule
/// captures; outputs are y again.</summary>
/// <param name="Rule">(x, y, what it is linear in, captures) → what the user's rule gives.</param>
/// <param name="Results">How many y there are.</param>
/// <param name="Arguments">How many x there are.</param>
internal abstract record CustomResultsOp(Program Rule, int Results, int Arguments) : Op {
    public sealed override int Outputs => Results;

    public sealed override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => inputs[..Results].ToArray();

    public sealed override Layout? Relayout(Layout input) => Results == 1 ? input : null;

    public sealed override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        for (var i = 0; i < outputs.Length; i++) Strided.Copy(inputs[i], outputs[i]);
    }

    /// <summary>The tangents of y along a direction of x.</summary>
    protected abstract Tensor[] Along(Tensor[] direction, Tensor[] x, Tensor[] y, Tensor[] captures);

    public sealed override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (y, x) = (inputs[..Results], inputs[Results..(Results + Arguments)]);
        var along = tangents[Results..(Results + Arguments)];
        if (along.All(t => t is null)) return new Tensor?[Results];
        return Along([.. along.Select((t, i) => t ?? Graph.Fill(0, x[i].Type))], x, y, inputs[(Results + Arguments)..]);
    }

    public sealed override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(this with { Rule = Rule.Batched(size) }, Repeated(inputs, batched, size));
}

/// <summary>What functions with a derivative of the user's own share.</summary>
internal static class CustomRules {
    /// <summary>Whether anybody is going to ask for the derivative.</summary>
    public static bool IsNeeded<P>(Flat<P> x) => Array.Exists(x.Leaves, t => t.AbsentFrom is null && t.IsLive);

    /// <summary>The function's result, cut off from what would differentiate its inside.</summary>
    /// <exception cref="CustomRuleException">The function captures what a running transform differentiates.</exception>
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
        var further = Array.ConvertAll(like, t => Graph.InputLike(t, scope));
        var graph = ProgramBuilder.Close(rule(x.Rebuild(xs), y.Rebuild(ys), further), scope, [.. xs, .. ys, .. further]);
        var program = graph.ToProgram();
        var captures = graph.Leaves.Skip(xs.Length + ys.Length + further.Length).ToArray();
        graph.Return();
        return (program, captures);
    }

    // What a loop or a map records may be differentiated later; what Jit records is only run.
    static bool MayDifferentiate(Scope scope) => scope.IsOpen && scope.Transform != "Jit";

    // A capture would have a derivative that nobody gave.
    static void RefuseCaptures(string transform, Tensor[] results, Scope inside) {
        var walk = Walk.Within(results, inside);
        var captured = walk.Calls.Where(c => c.Op is not AliasOp).SelectMany(c => c.Inputs).Concat(results).FirstOrDefault(t => Array.Exists(t.Free, MayDifferentiate) && !t.Call!.DependsOn(inside) && t.Call.Op is not StopGradientOp);
        walk.Return();
        if (captured is not null)
            throw new CustomRuleException($"{transform}: the function uses a {captured.Type} from outside that {captured.Free.First(MayDifferentiate).Transform} may differentiate, and the rule says nothing about it. Pass it as an argument (a tuple or a record), or take StopGradient of it.");
    }
}
