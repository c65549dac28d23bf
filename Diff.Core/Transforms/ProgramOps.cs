namespace Diff;

/// <summary>A program as one op: run by a plan of its own, and differentiated as a whole, so that nothing of its inside is kept.</summary>
/// <remarks>What Checkpoint makes: both derivatives run the program again from its inputs.</remarks>
internal sealed record ProgramOp(Program Body) : Op {
    public override string Name => "Checkpoint";

    public override int Outputs => Body.Outputs.Length;

    public override IReadOnlyList<(string, Program)> Bodies => [("body", Body)];

    public override double Flops(ReadOnlySpan<TensorType> inputs, ReadOnlySpan<TensorType> outputs) => Body.Plan.Explain().Flops;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => Programs.Infer(Body, inputs, Name);

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => Programs.Run(Body, inputs, outputs);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (tangent, some) = Body.Tangent(Array.ConvertAll(tangents, t => t is not null));
        if (!some.Contains(true)) return new Tensor?[Outputs];
        if (!Array.Exists(some, s => s)) return new Tensor?[Outputs];
        return Programs.Spread(Graph.ApplyAll(new ProgramOp(tangent), [.. inputs, .. tangents.Where(t => t is not null)!]), some);
    }

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) {
        var types = Infer(Array.ConvertAll(inputs, x => x.Type));
        return Programs.Spread(Graph.ApplyAll(new ProgramOp(Body.Transposed(linear)), [.. inputs.Where((_, i) => !linear[i]), .. cotangents.Select((c, i) => c ?? Graph.Fill(0, types[i]))]), linear);
    }

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(new ProgramOp(Body.Batched(size, batched)), inputs);

    public override IEnumerable<Sample> Samples() {
        // x·sin x
        var type = new TensorType(DType.F64, Shape.Of(3));
        return [new(new ProgramOp(new Program([new(type)], [new(SinOp.Op, [0], 1, [type]), new(MulOp.Op, [0, 1], 2, [type])], [2])), [type])];
    }
}

/// <summary>One of several programs of one signature, chosen by the first input, an i32 scalar; the others are their arguments.</summary>
internal sealed record SwitchOp(ProgramList Branches) : Op {
    public override string Name => "Switch";

    public override int Outputs => Branches[0].Outputs.Length;

    public override IReadOnlyList<(string, Program)> Bodies => [.. Branches.Items.Select((b, i) => ($"branch {i}", b))];

    public override double Flops(ReadOnlySpan<TensorType> inputs, ReadOnlySpan<TensorType> outputs) => Branches.Items.Max(b => b.Plan.Explain().Flops);

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        if (inputs[0] != new TensorType(DType.I32, Shape.Scalar)) throw new DTypeException($"Switch: the choice is {inputs[0]}; it has to be an i32 scalar.");
        return Programs.Infer(Branches[0], inputs[1..], Name);
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var choice = inputs[0].Span<int>()[inputs[0].Layout.Offset];
        if ((uint)choice >= (uint)Branches.Count) throw new ShapeException($"Switch: there is no branch {choice}; there are 0 to {Branches.Count - 1}.");
        Programs.Run(Branches[choice], inputs[1..], outputs);
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var along = tangents[1..].Select(t => t is not null).ToArray();
        var parts = Branches.Select(b => b.Tangent(along));
        // A branch whose output does not depend on what has a tangent gives zeros where another's does.
        var some = Enumerable.Range(0, Outputs).Select(o => parts.Any(p => p.Outputs[o])).ToArray();
        if (!some.Contains(true)) return new Tensor?[Outputs];
        var whole = parts.Select(p => Programs.WithZeros(p.Program, p.Outputs, some, Array.ConvertAll(outputs, o => o.Type)));
        return Programs.Spread(Graph.ApplyAll(new SwitchOp(new ProgramList(whole)), [.. inputs, .. tangents[1..].Where(t => t is not null)!]), some);
    }

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) {
        var types = Infer(Array.ConvertAll(inputs, x => x.Type));
        var transposed = new ProgramList(Branches.Select(b => b.Transposed(linear[1..])));
        return [null, .. Programs.Spread(Graph.ApplyAll(new SwitchOp(transposed),
            [inputs[0], .. inputs[1..].Where((_, i) => !linear[i + 1]), .. cotangents.Select((c, i) => c ?? Graph.Fill(0, types[i]))]), linear[1..])];
    }

    // A choice for all is a choice. With a choice for each, every branch that anybody chose runs, and each takes from it what is its own.
    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) {
        var along = batched[1..];
        if (!batched[0]) return Graph.ApplyAll(new SwitchOp(new ProgramList(Branches.Select(b => b.Batched(size, along)))), inputs);
        if (size == 0) return base.Batch(inputs, batched, size);
        // Reading a table as long as the branches refuses a choice that is none.
        var table = Graph.Fill(0, new(DType.I32, Shape.Of(Branches.Count)));
        var choices = inputs[0] + Graph.Apply(new TakeAlongOp(0, Wrap: false), table, inputs[0]);
        Tensor[]? results = null;
        for (var k = 0; k < Branches.Count; k++) {
            var here = choices.Eq(k);
            var branch = new SwitchOp(new ProgramList([Programs.Zeros(Branches[k].Batched(size, along)), Branches[k].Batched(size, along)]));
            var values = Graph.ApplyAll(branch, [here.Any().To(DType.I32), .. Programs.Lanes(here, inputs[1..], along)]);
            results = results is null ? values : [.. results.Select((r, i) => Programs.Select(here, values[i], r))];
        }
        return results!;
    }

    public override IEnumerable<Sample> Samples() {
        var type = new TensorType(DType.F64, Shape.Of(3));
        Program Of(Op op) => new([new(type)], [new(op, [0], 1, [type])], [1]);
        return [new(new SwitchOp(new ProgramList([Of(SinOp.Op), Of(SquareOp.Op)])), [new(DType.I32, Shape.Scalar), type], 0.1, 1.9)];
    }
}

/// <summary>Programs compared by value.</summary>
internal sealed class ProgramList(IEnumerable<Program> programs) : IEquatable<ProgramList> {
    readonly Program[] items = [.. programs];

    public int Count => items.Length;

    public Program this[int i] => items[i];

    public Program[] Items => items;

    public IEnumerable<R> Select<R>(Func<Program, R> f) => Enumerable.Select(items, f).ToArray();

    public bool Equals(ProgramList? other) => other is not null && items.AsSpan().SequenceEqual(other.items);

    public override bool Equals(object? obj) => Equals(obj as ProgramList);

    public override int GetHashCode() => items.Aggregate(items.Length, HashCode.Combine);
}

/// <summary>What ops that hold programs share.</summary>
internal static class Programs {
    public static TensorType[] Infer(Program body, ReadOnlySpan<TensorType> inputs, string op) {
        if (inputs.Length != body.Inputs.Length) throw new InvalidOperationException($"{op}: {inputs.Length} inputs for a program of {body.Inputs.Length}.");
        for (var i = 0; i < inputs.Length; i++)
            if (inputs[i] != body.Inputs[i].Type) throw new ShapeException($"{op}: input {i} is {inputs[i]}; the program takes {body.Inputs[i].Type}.");
        var types = body.Types();
        return Array.ConvertAll(body.Outputs, o => types[o]);
    }

    public static void Run(Program body, ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var arguments = new View[inputs.Length];
        for (var i = 0; i < arguments.Length; i++) arguments[i] = inputs[i].Packed();
        body.Plan.RunInto(arguments, outputs);
    }

    /// <summary>Results at the places that are marked, symbolic zeros elsewhere.</summary>
    public static Tensor?[] Spread(Tensor[] results, bool[] places) {
        var next = 0;
        return Array.ConvertAll(places, p => p ? results[next++] : null);
    }

    /// <summary>Marks what the state of a loop's body spreads: an input of the state that is marked after some step. Returns the outputs
    /// that are marked in the end.</summary>
    public static bool[] Spreading(bool[] marks, int first, int carries, Func<bool[], bool[]> outputs) {
        while (true) {
            var (reached, more) = (outputs(marks), false);
            for (var i = 0; i < carries; i++) {
                // What comes in as one stays one.
                reached = reached[i] || !marks[first + i] ? reached : [.. reached[..i], true, .. reached[(i + 1)..]];
                if (reached[i] && !marks[first + i]) more = marks[first + i] = true;
            }
            if (!more) return reached;
        }
    }

    /// <summary>Inputs of a batch of which some lanes alone count: the others get what the first of those has, so that whatever is done to
    /// them is as right, and as finite, as there.</summary>
    public static Tensor[] Lanes(Tensor counts, Tensor[] inputs, bool[] batched) {
        var lane = counts.To(DType.I32).ArgMax();
        return [.. inputs.Select((x, i) => batched[i] ? Select(counts, x, x.Take(lane).Stacked(counts.Size)) : x)];
    }

    /// <summary>In each lane of a batch one or the other.</summary>
    public static Tensor Select(Tensor lanes, Tensor a, Tensor b) => Functions.Where(lanes.BroadcastBy(a.Shape, Axes.Of(0)), a, b);

    /// <summary>A program of the same signature that gives zeros.</summary>
    public static Program Zeros(Program like) {
        var (types, first) = (like.Types(), like.Inputs.Length);
        return new(like.Inputs, [.. like.Outputs.Select((o, i) => new Equation(new FillOp(0, types[o]), [], first + i, [types[o]]))], [.. like.Outputs.Select((_, i) => first + i)]);
    }

    /// <summary>A program whose outputs are those marked in some, with zeros where it has none.</summary>
    public static Program WithZeros(Program program, bool[] has, bool[] some, TensorType[] types) {
        var (equations, outputs, next, count) = (program.Equations.ToList(), new List<int>(), 0, program.Count);
        for (var i = 0; i < some.Length; i++) {
            if (has[i]) outputs.Add(program.Outputs[next++]);
            else if (some[i]) {
                equations.Add(new(new FillOp(0, types[i]), [], count, [types[i]]));
                outputs.Add(count++);
            }
        }
        return new(program.Inputs, [.. equations], [.. outputs]);
    }
}
