namespace Diff;

/// <summary>Turns recorded graphs into values.</summary>
internal static class Evaluation {
    /// <summary>Gives a tensor its value.</summary>
    public static void Force(Tensor tensor) {
        if (tensor.Call?.Op is FillOp fill) tensor.Remember(Graph.Execute(fill, [], [tensor.Type])[0]);
        else if (tensor.IsLive) Remembering(tensor);
        else Compute(tensor);
    }

    /// <summary>Computes several tensors as one plan. What no open transform depends on forgets how it came about.</summary>
    public static void Compute(params ReadOnlySpan<Tensor> outputs) {
        var graph = ProgramBuilder.Pending(outputs);
        var values = Run(graph, graph.Values());
        graph.Return();
        for (var i = 0; i < outputs.Length; i++) outputs[i].Remember(values[i]);
    }

    /// <summary>Runs a graph by its plan; a structure that is met for the first time is interpreted.</summary>
    public static View[] Run(ProgramBuilder graph, ReadOnlySpan<View> arguments) {
        if (PlanCache.Find(graph) is { } plan) return plan.Run(arguments);
        var program = graph.ToProgram();
        // To find what is equal takes longer than to compute it twice, but for loops: a tangent's and its function's are one.
        var loops = Array.Exists(program.Equations, e => !ReferenceEquals(e.Op.Stem, e.Op));
        return Interpret(loops ? program.Simplify() : program, arguments);
    }

    /// <summary>Runs a program an equation at a time, each value freed after its last use.</summary>
    public static View[] Interpret(Program program, ReadOnlySpan<View> arguments) {
        var slots = new View?[program.Count];
        for (var i = 0; i < arguments.Length; i++) slots[i] = arguments[i];
        var uses = new int[slots.Length];
        foreach (var e in program.Equations)
            foreach (var x in e.Inputs) uses[x]++;
        foreach (var o in program.Outputs) uses[o]++;
        foreach (var e in program.Equations) {
            var results = Graph.Execute(e.Op, Array.ConvertAll(e.Inputs, x => slots[x]!), e.Types);
            results.CopyTo(slots, e.First);
            foreach (var x in e.Inputs)
                if (--uses[x] == 0) slots[x] = null;
        }
        return Array.ConvertAll(program.Outputs, o => slots[o]!);
    }

    // A value that a running transform's function asks for. It keeps all that was computed on the way, so that a loop which
    // looks at its state each turn computes each turn once.
    static void Remembering(Tensor tensor) {
        var graph = ProgramBuilder.Pending([tensor]);
        var results = new Dictionary<Call, View[]>(ReferenceEqualityComparer.Instance);
        foreach (var call in graph.Calls)
            results[call] = Graph.Execute(call.Op, Array.ConvertAll(call.Inputs, ValueOf), call.Op.Infer(Array.ConvertAll(call.Inputs, x => x.Type)));
        graph.Return();
        ValueOf(tensor);

        View ValueOf(Tensor x) {
            // However many other names a tensor has, there is no recursion along them.
            var named = x;
            while (!named.HasValue && named.Call is { Op: AliasOp or StopGradientOp } name) named = name.Inputs[0];
            var value = named.HasValue || named.Call is not { } call || call.Op is FillOp ? named.Value : results[call][named.Output];
            if (!named.HasValue) named.Remember(value);
            if (!x.HasValue) x.Remember(value);
            return value;
        }
    }
}
