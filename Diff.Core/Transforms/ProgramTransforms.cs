namespace Diff;

/// <summary>Transforms from closed programs to closed programs: what ops that hold programs (loops, branches, checkpoints) are
/// differentiated and mapped by.</summary>
internal static class ProgramTransforms {
    /// <summary>The tangent program: all inputs, then tangents of the inputs marked, to tangents of the outputs marked in the result.</summary>
    public static (Program Program, bool[] Outputs) Tangent(this Program program, bool[] along) {
        using var scope = new Scope("Jvp");
        var variables = InputsOf(program, scope);
        var outputs = program.Inline(variables);
        var tangents = variables.Where((_, i) => along[i]).Select(v => Graph.Input(v.Type, scope)).ToArray();
        var pushed = Linearization.Push(outputs, scope, [.. variables.Where((_, i) => along[i])], tangents);
        return (Close([.. pushed.Where(t => t is not null)!], scope, [.. variables, .. tangents]), Array.ConvertAll(pushed, t => t is not null));
    }

    /// <summary>The transpose in the inputs marked linear: the other inputs, then cotangents of all outputs, to cotangents of those inputs.</summary>
    public static Program Transposed(this Program program, bool[] linear) {
        using var scope = new Scope("Vjp");
        var variables = InputsOf(program, scope);
        using var inner = new Scope("Vjp");
        var arguments = variables.Select((v, i) => linear[i] ? Graph.Input(v.Type, inner) : v).ToArray();
        var outputs = program.Inline(arguments);
        var cotangents = Array.ConvertAll(outputs, o => Graph.Input(o.Type, scope));
        var unknown = arguments.Where((_, i) => linear[i]).ToArray();
        var pulled = Linearization.Pull(outputs, cotangents, inner, unknown);
        var results = pulled.Select((p, i) => p ?? Graph.Fill(0, unknown[i].Type)).ToArray();
        return Close(results, scope, [.. variables.Where((_, i) => !linear[i]), .. cotangents]);
    }

    /// <summary>The program on stacks: inputs marked have a first axis of that size, and so have all outputs.</summary>
    public static Program Batched(this Program program, int size, bool[]? marked = null) {
        using var scope = new Scope("Vmap");
        var arguments = program.Inputs.Select((p, i) => Graph.Input(marked is null || marked[i] ? Stack(p.Type) : p.Type, scope)).ToArray();
        var (values, stacked) = (new Tensor[program.Count], new bool[program.Count]);
        arguments.CopyTo(values, 0);
        for (var i = 0; i < arguments.Length; i++) stacked[i] = marked is null || marked[i];
        foreach (var e in program.Equations) {
            var batched = Array.ConvertAll(e.Inputs, i => stacked[i]);
            var any = Array.IndexOf(batched, true) >= 0;
            var inputs = Array.ConvertAll(e.Inputs, i => values[i]);
            if (e.Op is FillOp fill) values[e.First] = Graph.Fill(fill.Value, fill.Type);
            else (any ? e.Op.Batch(inputs, batched, size) : Graph.ApplyAll(e.Op, inputs)).CopyTo(values, e.First);
            Array.Fill(stacked, any, e.First, e.Types.Length);
        }
        return Close(Array.ConvertAll(program.Outputs, o => stacked[o] ? values[o] : values[o].BroadcastBy(Stack(values[o].Type).Shape, Axes.Range(1, values[o].Rank))), scope, arguments);

        TensorType Stack(TensorType type) => new(type.DType, Shape.Of([size, .. type.Shape.Span]));
    }

    /// <summary>What a graph does with its variables, as a program without captures: numbers of derivative rules become a part of it.</summary>
    public static Program Close(Tensor[] outputs, Scope scope, Tensor[] variables) {
        var graph = ProgramBuilder.Close(outputs, scope, variables);
        var numbers = graph.Leaves.Skip(variables.Length).ToArray();
        var program = graph.ToProgram();
        graph.Return();
        if (numbers.Length == 0) return program.Simplify();
        // Inputs and equations lie next to each other in the numbering, so nothing moves.
        var constants = numbers.Select((t, i) => new Equation(ConstantOf(t), [], variables.Length + i, [t.Type]));
        return new Program(program.Inputs[..variables.Length], [.. constants, .. program.Equations], program.Outputs).Simplify();

        static Op ConstantOf(Tensor t) => t.Value.Layout.IsSplat ? new FillOp(Numbers.Read(t.Value, t.Value.Layout.Offset), t.Type) : new LiteralOp(new Literal(t.Value));
    }

    static Tensor[] InputsOf(Program program, Scope scope) => Array.ConvertAll(program.Inputs, i => Graph.Input(i.Type, scope));
}
