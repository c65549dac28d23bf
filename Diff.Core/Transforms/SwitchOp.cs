namespace Diff;

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

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => new ProgramRun(Branches[Choice(inputs[0])]).Over(inputs[1..], outputs);

    public override Prepared Prepare(Layout[] inputs, Layout[] outputs) {
        var branches = Array.ConvertAll(Branches.Items, b => IRun.Kept(() => new ProgramRun(b)));
        return (inputs, outputs) => branches[Choice(inputs[0])](inputs[1..], outputs);
    }

    int Choice(View of) {
        var choice = of.Span<int>()[of.Layout.Offset];
        return (uint)choice < (uint)Branches.Count ? choice : throw new ShapeException($"Switch: there is no branch {choice}; there are 0 to {Branches.Count - 1}.");
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
