namespace Diff;

/// <summary>Forward mode, and its transpose: the whole of differentiation.</summary>
/// <remarks>
/// Push walks a graph from its variables to its outputs and lets every op say what its outputs' tangents are. Pull walks the
/// tangents' graph, which is linear, backwards and lets every op say what its inputs' cotangents are. Reverse mode is Pull
/// after Push, so the two modes cannot disagree. A null is a zero: what does not depend on the variables costs nothing.
/// </remarks>
internal static class Linearization {
    /// <summary>The tangents of the outputs for given tangents of the variables, which own the scope.</summary>
    public static Tensor?[] Push(ReadOnlySpan<Tensor> outputs, Scope scope, ReadOnlySpan<Tensor> variables, ReadOnlySpan<Tensor?> tangents) {
        var walk = Walk.Within(outputs, scope);
        var known = new Tensor?[walk.Calls.Count][];
        for (var i = 0; i < variables.Length; i++)
            if (walk[variables[i].Call!] is var at && at >= 0) known[at] = [tangents[i]];
        for (var at = 0; at < known.Length; at++) {
            if (known[at] is not null) continue;
            var call = walk.Calls[at];
            var ins = new Tensor?[call.Inputs.Length];
            var any = false;
            for (var i = 0; i < ins.Length; i++) any |= (ins[i] = TangentOf(call.Inputs[i])) is not null;
            known[at] = any ? call.Op.Jvp(call.Inputs, ins, call.Results) : new Tensor?[call.Op.Outputs];
        }
        var result = new Tensor?[outputs.Length];
        for (var i = 0; i < result.Length; i++) result[i] = TangentOf(outputs[i]);
        walk.Return();
        return result;

        Tensor? TangentOf(Tensor t) => t.Call is { } c && walk[c] is var at && at >= 0 ? known[at][t.Output] : null;
    }

    /// <summary>The graph once more with values for its variables: what a recorded linear function does to a direction.</summary>
    public static Tensor[] Replay(ReadOnlySpan<Tensor> outputs, Scope scope, ReadOnlySpan<Tensor> variables, ReadOnlySpan<Tensor> values) {
        var walk = Walk.Within(outputs, scope);
        var known = new Tensor[walk.Calls.Count][];
        for (var i = 0; i < variables.Length; i++)
            if (walk[variables[i].Call!] is var at && at >= 0) known[at] = [values[i]];
        for (var at = 0; at < known.Length; at++)
            known[at] ??= Graph.ApplyAll(walk.Calls[at].Op, Array.ConvertAll(walk.Calls[at].Inputs, ValueOf));
        var results = new Tensor[outputs.Length];
        for (var i = 0; i < results.Length; i++) results[i] = ValueOf(outputs[i]);
        walk.Return();
        return results;

        Tensor ValueOf(Tensor t) => t.Call is { } c && walk[c] is var at && at >= 0 ? known[at][t.Output] : t;
    }

    /// <summary>The cotangents of the variables for given cotangents of outputs that are linear in them.</summary>
    public static Tensor?[] Pull(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor?> cotangents, Scope scope, ReadOnlySpan<Tensor> variables) {
        var walk = Walk.Within(outputs, scope);
        var known = new Tensor?[walk.Calls.Count][];
        for (var i = 0; i < outputs.Length; i++) Add(outputs[i], cotangents[i]);
        for (var at = known.Length - 1; at >= 0; at--) {
            // What is needed of a call is complete when its turn comes: all its users stand behind it.
            var call = walk.Calls[at];
            if (known[at] is not { } outs || call.Op is InputOp) continue;
            var linear = Array.ConvertAll(call.Inputs, x => x.Call is { } c && c.DependsOn(scope));
            var ins = call.Op.Transpose(outs, call.Inputs, linear);
            for (var i = 0; i < ins.Length; i++)
                if (linear[i]) Add(call.Inputs[i], ins[i]);
        }
        var result = new Tensor?[variables.Length];
        for (var i = 0; i < result.Length; i++)
            if (walk[variables[i].Call!] is var at && at >= 0) result[i] = known[at]?[0];
        walk.Return();
        foreach (var r in result)
            if (r?.Call?.DependsOn(scope) == true) throw new InvalidOperationException("A transpose rule read an input that it is linear in.");
        return result;

        void Add(Tensor t, Tensor? cotangent) {
            if (cotangent is null || t.Call is not { } c || walk[c] is not (>= 0 and var at)) return;
            if (!cotangent.Shape.Equals(t.Shape) || cotangent.DType != t.DType)
                throw new InvalidOperationException($"{c.Op.Name}: a cotangent of {t.Type} is {cotangent.Type}.");
            var sums = known[at] ??= new Tensor?[c.Op.Outputs];
            sums[t.Output] = AddOp.Sum(sums[t.Output], cotangent);
        }
    }
}
