namespace Diff;

/// <summary>What every derivative transform does: name the arguments, call the function, walk its graph, run one plan.</summary>
internal static class Differentiation {
    /// <summary>How often a gradient was ever derived.</summary>
    public static long Derived;

    /// <summary>A function's value at a point, its derivative as a graph, and the way back to the caller's types.</summary>
    /// <typeparam name="P">Of the parameters, a tree.</typeparam>
    /// <typeparam name="X">Of what the function returns besides the differentiated value.</typeparam>
    public static (Tensor Value, X Aux, P Grad) ValueAndGrad<P, X>(string transform, Func<P, (Tensor, X)> f, P at) {
        using var scope = new Scope(transform);
        var point = new Point<P>(transform, at, scope);
        var (value, aux) = f(point.Argument);
        CheckScalar(transform, value);
        var extra = Tree.Leaves(aux);
        if (Known(scope, point.Variables, [value, .. Array.FindAll(extra, static x => x.AbsentFrom is null && x.Call is not null)]) is { } known) return (value, aux, point.Rebuild(known));
        var gradients = Gradients(transform, value, scope, point.Variables);
        for (var i = 0; i < gradients.Length; i++) gradients[i] = Graph.Weak(gradients[i], point.Variables[i]);
        scope.Dispose();
        Finish([value, .. gradients, .. extra]);
        return (value, aux, point.Rebuild(gradients));
    }

    /// <summary>The gradient of a scalar by variables that own the scope, as a graph.</summary>
    public static Tensor[] Gradients(string transform, Tensor value, Scope scope, Tensor[] variables) {
        Interlocked.Increment(ref Derived);
        using var linear = new Scope(transform);
        var tangents = Array.ConvertAll(variables, v => Graph.Input(v.Type, linear));
        var tangent = Linearization.Push([value], scope, variables, tangents)[0];
        var cotangents = tangent is null ? new Tensor?[tangents.Length] : Linearization.Pull([tangent], [Graph.Fill(1, value.Type)], linear, tangents);
        return [.. cotangents.Select((c, i) => c ?? Graph.Fill(0, variables[i].Type))];
    }

    // A graph of known structure has a plan that computes its gradient too, and nothing has to be derived. What an outer transform is to
    // look at stays a graph; what somebody has looked at is not computed again.
    static Tensor[]? Known(Scope scope, Tensor[] variables, Tensor[] results) {
        if (scope.IsNotAlone(results) || scope.IsNotAlone(variables)) return null;
        var graph = ProgramBuilder.CloseAt(results, scope, variables);
        var values = graph.IsPartlyKnown ? null : PlanCache.Find(graph, by: variables.Length)?.Run(graph.Values());
        graph.Return();
        if (values is null) return null;
        scope.Dispose();
        for (var i = 0; i < results.Length; i++) results[i].Remember(values[i]);
        var gradients = new Tensor[variables.Length];
        for (var i = 0; i < gradients.Length; i++) gradients[i] = new(values[results.Length + i], variables[i].IsWeak);
        return gradients;
    }

    static void CheckScalar(string transform, Tensor? value) {
        if (value is null) throw new GradientException($"{transform}: the function returns null.");
        if (!value.DType.IsFloat()) throw new GradientException($"{transform}: the function returns {value.Type}; only floats have derivatives. Convert what it computes, x.To(DType.F32), or differentiate an earlier value.");
        if (value.Rank != 0) throw new GradientException($"{transform}: the function returns {value.Type}, and a gradient is of a scalar. Reduce it, .Sum() or .Mean(), or pull back a cotangent of your choice with Vjp.");
    }

    /// <summary>A tangent or cotangent as the type that it goes with; a C# number takes its dtype and, where the tensor is no scalar, its shape.</summary>
    public static Tensor Fit(Tensor t, TensorType type, string what, string path = "") {
        if (t.IsWeak && t.Rank == 0) return t.To(type.DType).BroadcastTo(type.Shape);
        if (t.IsWeak || t.DType != type.DType && t.DType.IsFloat() && t.Shape.Equals(type.Shape)) t = t.To(type.DType);
        return t.DType == type.DType && t.Shape.Equals(type.Shape) ? t
            : throw new ShapeException($"{what}{(path == "" ? "" : $" at {path}")} is {t.Type}; it has to be {type}, like the value it goes with.");
    }

    /// <summary>Computes together what is no longer live; what an outer transform still depends on stays a graph, and what is absent absent.</summary>
    public static void Finish(ReadOnlySpan<Tensor> results) {
        var ready = new List<Tensor>(results.Length);
        foreach (var r in results)
            if (r.AbsentFrom is null && !r.IsLive && !(r.HasValue && r.Call is null)) ready.Add(r);
        if (ready.Count > 0) Evaluation.Compute([.. ready]);
    }
}
