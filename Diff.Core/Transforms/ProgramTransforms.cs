namespace Diff;

/// <summary>Transforms from closed programs to closed programs: what ops that hold programs (loops, branches, checkpoints) are
/// differentiated and mapped by.</summary>
internal static class ProgramTransforms {
    /// <summary>The tangent program: all inputs, then tangents of the inputs marked, to tangents of the outputs marked in the result.</summary>
    public static (Program Program, bool[] Outputs) Tangent(this Program program, bool[] along) => program.Remember("Tangent", () => MakeTangent(program, along), along);

    static (Program, bool[]) MakeTangent(Program program, bool[] along) {
        using var scope = new Scope("Jvp");
        var variables = InputsOf(program, scope);
        var outputs = program.Inline(variables);
        var tangents = variables.Where((_, i) => along[i]).Select(v => Graph.Input(v.Type, scope)).ToArray();
        var pushed = Linearization.Push(outputs, scope, [.. variables.Where((_, i) => along[i])], tangents);
        return (Close([.. pushed.Where(t => t is not null)!], scope, [.. variables, .. tangents]), Array.ConvertAll(pushed, t => t is not null));
    }

    /// <summary>The transpose in the inputs marked linear: the other inputs, then cotangents of all outputs, to cotangents of those inputs.</summary>
    public static Program Transposed(this Program program, bool[] linear) => program.Remember("Transposed", () => Transpose(program, linear), linear);

    static Program Transpose(Program program, bool[] linear) {
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

    /// <summary>The outputs, then the gradients of the first, a scalar, by so many first inputs.</summary>
    public static Program WithGradients(this Program program, int by) {
        using var scope = new Scope("Grad");
        var variables = InputsOf(program, scope);
        var outputs = program.Inline(variables);
        var closed = Close([.. outputs, .. Differentiation.Gradients("Grad", outputs[0], scope, variables[..by])], scope, variables);
        return new(program.Inputs, closed.Equations, closed.Outputs);
    }

    /// <summary>The program on stacks: its inputs have a first axis of that size, and so have all outputs.</summary>
    public static Program Batched(this Program program, int size) => program.Batched(size, Array.ConvertAll(program.Inputs, _ => true));

    /// <summary>The program where only the inputs marked are stacks; all outputs are.</summary>
    public static Program Batched(this Program program, int size, bool[] marked) => program.Batched(size, marked, Array.ConvertAll(program.Outputs, _ => true));

    /// <summary>The same where only the outputs marked have to be stacks; no other may depend on one.</summary>
    public static Program Batched(this Program program, int size, bool[] marked, bool[] stacked) =>
        program.Remember($"Batched {size} ", () => Batch(program, size, marked, stacked), [.. marked, .. stacked]);

    /// <summary>Which outputs depend on the inputs marked.</summary>
    public static bool[] Reached(this Program program, bool[] marked) {
        var reached = new bool[program.Count];
        marked.CopyTo(reached, 0);
        foreach (var e in program.Equations) Array.Fill(reached, Array.Exists(e.Inputs, i => reached[i]), e.First, e.Types.Length);
        return Array.ConvertAll(program.Outputs, o => reached[o]);
    }

    static Program Batch(Program program, int size, bool[] marked, bool[] wanted) {
        using var scope = new Scope("Vmap");
        var arguments = program.Inputs.Select((p, i) => Graph.Input(marked[i] ? Stack(p.Type) : p.Type, scope)).ToArray();
        var (values, stacked) = (new Tensor[program.Count], new bool[program.Count]);
        arguments.CopyTo(values, 0);
        marked.CopyTo(stacked, 0);
        foreach (var e in program.Equations) {
            var batched = Array.ConvertAll(e.Inputs, i => stacked[i]);
            var any = Array.IndexOf(batched, true) >= 0;
            var inputs = Array.ConvertAll(e.Inputs, i => values[i]);
            if (e.Op is FillOp fill) values[e.First] = Graph.Fill(fill.Value, fill.Type);
            else (any ? e.Op.Batch(inputs, batched, size) : Graph.ApplyAll(e.Op, inputs)).CopyTo(values, e.First);
            Array.Fill(stacked, any, e.First, e.Types.Length);
        }
        return Close([.. program.Outputs.Select((o, i) => stacked[o] || !wanted[i] ? values[o] : values[o].Stacked(size))], scope, arguments);

        TensorType Stack(TensorType type) => new(type.DType, Shape.Of([size, .. type.Shape.Span]));
    }

    /// <summary>Itself again and again along a new first axis.</summary>
    public static Tensor Stacked(this Tensor x, int size) => x.BroadcastBy(Shape.Of([size, .. x.Shape.Span]), Axes.Range(1, x.Rank));

    /// <summary>A function of tensors that captures nothing as a program.</summary>
    public static Program Record(string transform, TensorType[] inputs, Func<Tensor[], Tensor[]> f) {
        using var scope = new Scope(transform);
        var variables = Array.ConvertAll(inputs, t => Graph.Input(t, scope));
        return Close(f(variables), scope, variables);
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
