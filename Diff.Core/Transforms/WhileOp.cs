namespace Diff;

/// <summary>A loop of as many steps as it takes: (constants, state) → (the state at which the condition no longer holds).</summary>
/// <remarks>
/// A derivative needs the states on the way, and nobody knows how many there will be. So it is that of the same loop in blocks of
/// 4², 16², 64² … steps, each entered only where the condition still holds: a block of n² steps keeps the states at the beginnings of n
/// segments, and those within the segment that it is in. For N steps that is memory for about 2√N states, and each step runs twice more.
/// </remarks>
/// <param name="Condition">(constants, state) → a bool scalar.</param>
/// <param name="Body">(constants, state) → state.</param>
/// <param name="Constants">How many inputs are the same in every step.</param>
internal sealed record WhileOp(Program Condition, Program Body, int Constants) : Op {
    public override string Name => "While";

    public override int Outputs => Body.Outputs.Length;

    public override IReadOnlyList<(string, Program)> Bodies => [("condition", Condition), ("body", Body)];

    // Of one step: how many there will be, nobody knows.
    public override double Flops(ReadOnlySpan<TensorType> inputs, ReadOnlySpan<TensorType> outputs) => Condition.Plan.Explain().Flops + Body.Plan.Explain().Flops;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        Programs.Infer(Condition, inputs, Name);
        return Programs.Infer(Body, inputs, Name);
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => new Run(this).Over(inputs, outputs);

    public override Prepared Prepare(Layout[] inputs, Layout[] outputs) => IRun.Kept(() => new Run(this));

    sealed class Run(WhileOp loop) : IRun {
        readonly PackedInputs arguments = new(loop.Body.Inputs.Length);
        readonly View[] holds = [View.Allocate(new(DType.Bool, Shape.Scalar))];
        readonly View[][] states = [new View[loop.Outputs], new View[loop.Outputs]];
        readonly Room room = new(2 * loop.Outputs);

        public void Over(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
            var state = arguments.Of(inputs).AsSpan(loop.Constants);
            for (var i = 0; i < 2 * state.Length; i++) states[i / state.Length][i % state.Length] = room.Of(i, state[i % state.Length].Type);
            for (var turn = 0; ; turn ^= 1) {
                loop.Condition.Plan.RunInto(arguments.Views, holds);
                if (holds[0].Bytes[0] == 0) break;
                loop.Body.Plan.RunInto(arguments.Views, states[turn]);
                states[turn].CopyTo(state);
            }
            for (var i = 0; i < state.Length; i++) Strided.Copy(state[i], outputs[i]);
            arguments.Clear();
            Array.ForEach(states, Array.Clear);
            room.Return();
        }
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        new ProgramOp(Body.Remember($"Blocks {Constants}", Blocks, with: Condition)).Jvp(inputs, tangents, outputs);

    Program Blocks() => ProgramTransforms.Record(Name, Array.ConvertAll(Body.Inputs, i => i.Type), inputs => {
        var constants = inputs[..Constants];
        Tensor[] WhileHolds(Func<Tensor[], Tensor[]> step, Tensor[] state) => Functions.Cond(Condition.Inline([.. constants, .. state])[0], state, step, s => s);
        Tensor[] Step(Tensor[] state) => WhileHolds(s => Body.Inline([.. constants, .. s]), state);
        var state = inputs[Constants..];
        // Together more than 2³¹ steps.
        for (var n = 4; n <= 1 << 16; n *= 4) {
            var length = n;
            var segment = Functions.Checkpoint<Tensor[], Tensor[]>(s => Functions.Repeat(length, s, Step));
            state = WhileHolds(s => Functions.Repeat(length, s, s => WhileHolds(segment, s)), state);
        }
        return state;
    });

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) {
        if (size == 0) return base.Batch(inputs, batched, size);
        var marked = batched.ToArray();
        var reached = Programs.Spreading(marked, Constants, Outputs, Body.Reached);
        var together = !Condition.Reached(marked)[0];
        if (!together) {
            // Lanes end at different steps.
            Array.Fill(marked, true, Constants, Outputs);
            Array.Fill(reached, true);
        }
        var condition = Condition.Batched(size, marked, [!together]);
        var body = Body.Batched(size, marked, reached);
        if (!together) (condition, body) = Body.Remember($"Lanes {size} {Constants} ", () => (Any(condition), InLanes(condition, body, marked)), marked, Condition);
        var results = Graph.ApplyAll(new WhileOp(condition, body, Constants), [.. inputs.Select((x, i) => marked[i] && !batched[i] ? x.Stacked(size) : x)]);
        return [.. results.Select((r, i) => reached[i] ? r : r.Stacked(size))];
    }

    static Program Any(Program condition) => ProgramTransforms.Record("Vmap", Array.ConvertAll(condition.Inputs, i => i.Type), x => [condition.Inline(x)[0].Any()]);

    // Lanes that have ended stay as they are, and whatever the body does to them it does to what a running lane has.
    Program InLanes(Program condition, Program body, bool[] batched) => ProgramTransforms.Record("Vmap", Array.ConvertAll(body.Inputs, i => i.Type), x => {
        var runs = condition.Inline(x)[0];
        return [.. body.Inline(Programs.Lanes(runs, x, batched)).Select((y, i) => Programs.Select(runs, y, x[Constants + i]))];
    });

    public override IEnumerable<Sample> Samples() {
        // s ← s·c + 1 while s < 9, at most 20 times: it ends whatever it is given.
        var (t, b, i) = (new TensorType(DType.F64, Shape.Scalar), new TensorType(DType.Bool, Shape.Scalar), new TensorType(DType.I32, Shape.Scalar));
        ProgramInput[] inputs = [new(t), new(t), new(i)];
        var condition = new Program(inputs, [new(new FillOp(9, t), [], 3, [t]), new(new CompareOp(Comparison.Less), [1, 3], 4, [b]),
            new(new FillOp(20, i), [], 5, [i]), new(new CompareOp(Comparison.Less), [2, 5], 6, [b]), new(new BitwiseOp(Bitwise.And), [4, 6], 7, [b])], [7]);
        var body = new Program(inputs, [new(MulOp.Op, [0, 1], 3, [t]), new(new FillOp(1, t), [], 4, [t]), new(AddOp.Op, [3, 4], 5, [t]),
            new(new FillOp(1, i), [], 6, [i]), new(AddOp.Op, [2, 6], 7, [i])], [5, 7]);
        return [new(new WhileOp(condition, body, 1), [t, t, i], 1.1, 1.6)];
    }
}
