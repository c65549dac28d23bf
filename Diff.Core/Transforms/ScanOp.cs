namespace Diff;

/// <summary>A loop: (constants, carry, xs) → (carry after the last step, ys). The body is run once for each slice of xs along its first axis, and
/// makes the next carry and a slice of each y.</summary>
/// <remarks>
/// The derivative of a loop is a loop. The tangent loop needs values from inside of the first one: those are outputs that the same body
/// can give as further ys, and a plan runs two loops of one body over the same inputs as one (<see cref="Stem"/>). The transpose of
/// the tangent loop runs backwards and carries the cotangents of the constants along as sums.
/// </remarks>
/// <param name="Body">(constants, carry, slices of xs) → (carry, slices of ys).</param>
/// <param name="Length">How many steps.</param>
/// <param name="Constants">How many inputs are the same in every step.</param>
/// <param name="Carries">How many values go from step to step.</param>
/// <param name="Backwards">From the last slice to the first.</param>
internal sealed record ScanOp(Program Body, int Length, int Constants, int Carries, bool Backwards) : Op {
    public override int Outputs => Body.Outputs.Length;

    public override string Describe() => $"Scan[{Length}{(Backwards ? ", backwards" : "")}]";

    public override IReadOnlyList<(string, Program)> Bodies => [("body", Body)];

    public override double Flops(ReadOnlySpan<TensorType> inputs, ReadOnlySpan<TensorType> outputs) => Length * Body.Plan.Explain().Flops;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        if (inputs.Length != Body.Inputs.Length) throw new InvalidOperationException($"Scan: {inputs.Length} inputs for a body of {Body.Inputs.Length}.");
        for (var i = 0; i < inputs.Length; i++) {
            var type = i < Constants + Carries ? inputs[i]
                : inputs[i].Shape.Rank > 0 && inputs[i].Shape[0] == Length ? new(inputs[i].DType, Shape.Of(inputs[i].Shape.Span[1..]))
                : throw new ShapeException($"Scan: {inputs[i]} does not have {Length} slices along its first axis.");
            if (type != Body.Inputs[i].Type) throw new ShapeException($"Scan: input {i} is {inputs[i]}; the body takes {Body.Inputs[i].Type}.");
        }
        var types = Body.Types();
        return [.. Body.Outputs.Select((o, i) => i < Carries ? types[o] : new TensorType(types[o].DType, Shape.Of([Length, .. types[o].Shape.Span])))];
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => new ScanRun(this).Over(inputs, outputs);

    public override Prepared Prepare(Layout[] inputs, Layout[] outputs) => IRun.Kept(() => new ScanRun(this));

    /// <summary>The loop without ys: two of one stem run as one.</summary>
    public override Op Stem => Outputs == Carries ? this : this with { Body = Body with { Outputs = Body.Outputs[..Carries] } };

    public override (Op Joined, int[] Places) Join(Op other) {
        var outputs = Body.Outputs.ToList();
        var places = ((ScanOp)other).Body.Outputs.Select((o, i) => {
            if (i < Carries) return i;
            var at = outputs.IndexOf(o, Carries);
            if (at < 0) outputs.Add(o);
            return at < 0 ? outputs.Count - 1 : at;
        }).ToArray();
        return (this with { Body = Body with { Outputs = [.. outputs] } }, places);
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var along = Array.ConvertAll(tangents, t => t is not null);
        var loop = Body.Remember($"Tangent of Scan {Constants} {Carries} ", () => TangentLoop.Of(this, along), along);
        if (loop.Results.Length == 0) return new Tensor?[Outputs];
        // The same loop once more, giving the values that change from step to step as stacks.
        var extended = Graph.ApplyAll(this with { Body = Body with { Outputs = [.. Body.Outputs, .. loop.Stacked] } }, inputs);
        var op = new ScanOp(loop.Body, Length, loop.Constants.Length + loop.DConstants.Length, loop.DCarries.Length, Backwards);
        var results = Graph.ApplyAll(op, [
            .. loop.Constants.Select(v => inputs[v]), .. loop.DConstants.Select(i => tangents[i]!),
            .. loop.DCarries.Select(i => tangents[i] ?? Graph.Fill(0, inputs[i].Type)),
            .. loop.Slices.Select(v => Array.IndexOf(loop.Stacked, v) is >= 0 and var at ? extended[Outputs + at] : inputs[v]), .. loop.DSlices.Select(i => tangents[i]!)]);
        var all = new Tensor?[Outputs];
        for (var i = 0; i < results.Length; i++) all[loop.Results[i]] = results[i];
        return all;
    }

    /// <summary>The loop that carries tangents: (constants, their tangents, tangents of the carry, slices of values, their tangents).</summary>
    /// <param name="Body">Its body.</param>
    /// <param name="Constants">Values of the first loop's body that it reads and that are the same in every step.</param>
    /// <param name="Slices">Those that change.</param>
    /// <param name="Stacked">Those of them that are computed, and have to be kept.</param>
    /// <param name="DConstants">Constants with tangents.</param>
    /// <param name="DCarries">Carries with tangents.</param>
    /// <param name="DSlices">Slices with tangents.</param>
    /// <param name="Results">The outputs that have tangents.</param>
    sealed record TangentLoop(Program Body, int[] Constants, int[] Slices, int[] Stacked, int[] DConstants, int[] DCarries, int[] DSlices, int[] Results) {
        public static TangentLoop Of(ScanOp loop, bool[] along) {
            var (first, carries) = (loop.Constants, loop.Carries);
            // Which carries have a tangent in some step: those that start with one, and those that a step gives one to.
            along = [.. along];
            Programs.Spreading(along, first, carries, marks => loop.Body.Tangent(marks).Outputs);
            using var scope = new Scope("Jvp");
            var values = loop.Body.Values(Array.ConvertAll(loop.Body.Inputs, i => Graph.Input(i.Type, scope)));
            var marked = Enumerable.Range(0, along.Length).Where(i => along[i]).ToArray();
            var directions = Array.ConvertAll(marked, i => Graph.Input(values[i].Type, scope));
            var pushed = Linearization.Push(Array.ConvertAll(loop.Body.Outputs, o => values[o]), scope, Array.ConvertAll(marked, i => values[i]), directions);
            // A carry that has a tangent has it after every step, if only zero.
            for (var i = 0; i < carries; i++)
                if (along[first + i]) pushed[i] ??= Graph.Fill(0, values[first + i].Type);
            int[] results = [.. Enumerable.Range(0, loop.Outputs).Where(i => pushed[i] is not null)];
            // Everything the body computes may be read by the tangent body; what is not becomes no input.
            Tensor[] readable = [.. values.Where(v => v.Call?.Op is not FillOp)];
            var (program, kept) = ProgramTransforms.Close(Array.ConvertAll(results, i => pushed[i]!), scope, [.. readable, .. directions]).WithoutUnusedInputs(readable.Length);
            int[] numbers = [.. kept.Where(k => k < readable.Length).Select(k => Array.IndexOf(values, readable[k]))];

            // The inputs in the order that a loop needs: constants, carry, slices; values first in each, then tangents.
            int[] constants = [.. numbers.Where(v => v < first)], slices = [.. numbers.Where(v => v >= first)];
            int[] Marked(int from, int to) => [.. marked.Where(i => i >= from && i < to)];
            var (dConstants, dCarries, dSlices) = (Marked(0, first), Marked(first, first + carries), Marked(first + carries, along.Length));
            int Direction(int input) => numbers.Length + Array.IndexOf(marked, input);
            int[] order = [
                .. constants.Select(v => Array.IndexOf(numbers, v)), .. dConstants.Select(Direction), .. dCarries.Select(Direction),
                .. slices.Select(v => Array.IndexOf(numbers, v)), .. dSlices.Select(Direction)];
            int[] stacked = [.. slices.Where(v => v < first + carries || v >= loop.Body.Inputs.Length)];
            return new(program.Reordered(order), constants, slices, stacked, dConstants, dCarries, dSlices, results);
        }
    }

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) {
        // A carry that starts with zeros does not depend on what is linear, but what it becomes does.
        linear = [.. linear.Select((l, i) => l || i >= Constants && i < Constants + Carries)];
        var types = Infer(Array.ConvertAll(inputs, x => x.Type));
        Tensor CotangentOf(int output) => cotangents[output] ?? Graph.Fill(0, types[output]);
        int[] Of(int from, int to, bool isLinear) => [.. Enumerable.Range(from, to - from).Where(i => linear[i] == isLinear)];
        var slicesFrom = Constants + Carries;
        var (fixedConstants, summed) = (Of(0, Constants, false), Of(0, Constants, true));
        var (fixedSlices, pulledSlices) = (Of(slicesFrom, inputs.Length, false), Of(slicesFrom, inputs.Length, true));
        int[] pulledYs = [.. Enumerable.Range(Carries, Outputs - Carries).Where(o => cotangents[o] is not null)];
        var body = Body.Remember($"Transpose of Scan {Constants} {Carries} ", BodyBack, [.. linear, .. cotangents[Carries..].Select(c => c is not null)]);
        var op = new ScanOp(body, Length, fixedConstants.Length, Carries + summed.Length, !Backwards);
        var back = Graph.ApplyAll(op, [
            .. fixedConstants.Select(i => inputs[i]), .. Enumerable.Range(0, Carries).Select(CotangentOf), .. summed.Select(i => Graph.Fill(0, inputs[i].Type)),
            .. fixedSlices.Select(i => inputs[i]), .. pulledYs.Select(CotangentOf)]);
        var all = new Tensor?[inputs.Length];
        for (var i = 0; i < Carries; i++) all[Constants + i] = back[i];
        for (var i = 0; i < summed.Length; i++) all[summed[i]] = back[Carries + i];
        for (var i = 0; i < pulledSlices.Length; i++) all[pulledSlices[i]] = back[Carries + summed.Length + i];
        return all;

        // (constants, [cotangents of the carry, sums for the constants], [slices, cotangents of ys]) → ([…], cotangents of xs)
        Program BodyBack() {
            using var scope = new Scope("Vjp");
            using var inner = new Scope("Vjp");
            var arguments = Body.Inputs.Select((p, i) => Graph.Input(p.Type, linear[i] ? inner : scope)).ToArray();
            var outputs = Body.Inline(arguments);
            var given = outputs.Select((o, i) => i < Carries || cotangents[i] is not null ? Graph.Input(o.Type, scope) : null).ToArray();
            var sums = Array.ConvertAll(summed, i => Graph.Input(arguments[i].Type, scope));
            var unknown = arguments.Where((_, i) => linear[i]).ToArray();
            var pulled = Linearization.Pull(outputs, given, inner, unknown);
            Tensor PulledOf(int input) => pulled[Array.IndexOf(unknown, arguments[input])] ?? Graph.Fill(0, arguments[input].Type);
            Tensor[] results = [
                .. Enumerable.Range(Constants, Carries).Select(PulledOf),
                .. summed.Select((input, i) => sums[i] + PulledOf(input)),
                .. pulledSlices.Select(PulledOf)];
            return ProgramTransforms.Close(results, scope, [
                .. fixedConstants.Select(i => arguments[i]), .. given[..Carries]!, .. sums, .. fixedSlices.Select(i => arguments[i]), .. pulledYs.Select(i => given[i]!)]);
        }
    }

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) {
        // A carry is a stack if it starts so, or becomes so in a step.
        var (marked, first) = (batched.ToArray(), Constants);
        var reached = Programs.Spreading(marked, first, Carries, Body.Reached);
        var stacks = inputs.Select((x, i) => i < first ? x : i < first + Carries ? marked[i] && !batched[i] ? x.Stacked(size) : x : batched[i] ? x.MoveAxis(0, 1) : x).ToArray();
        var results = Graph.ApplyAll(this with { Body = Body.Batched(size, marked, reached) }, stacks);
        return [.. results.Select((r, i) => !reached[i] ? r.Stacked(size) : i < Carries ? r : r.MoveAxis(1, 0))];
    }

    public override IEnumerable<Sample> Samples() {
        // carry ← sin(c·carry) + x, y = carry²
        var t = new TensorType(DType.F64, Shape.Of(2));
        var body = new Program([new(t), new(t), new(t)],
            [new(MulOp.Op, [0, 1], 3, [t]), new(SinOp.Op, [3], 4, [t]), new(AddOp.Op, [4, 2], 5, [t]), new(SquareOp.Op, [5], 6, [t])], [5, 6]);
        TensorType[] inputs = [t, t, new(DType.F64, Shape.Of(4, 2))];
        return [new(new ScanOp(body, 4, 1, 1, false), inputs, -1, 1), new(new ScanOp(body, 4, 1, 1, true), inputs, -1, 1)];
    }
}
