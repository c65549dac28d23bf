namespace Diff;

/// <summary>What the slices of a value give back to its cotangent: each padded with zeros, and added up. Where they lie side by side and leave nothing out,
/// they are joined instead.</summary>
/// <remarks>A part meets nothing but zeros, so the sum is the part + 0, to the bit: that leaves of −0 a 0.</remarks>
internal static class SumsOfPads {
    /// <summary>The program with such sums as joins.</summary>
    /// <param name="program">A simplified one.</param>
    public static Program Joined(Program program) {
        var readers = new int[program.Count];
        foreach (var e in program.Equations)
            foreach (var x in e.Inputs) readers[x]++;
        foreach (var o in program.Outputs) readers[o]++;
        var (parts, types, joins) = (new Parts?[program.Count], program.Types(), new Dictionary<int, Parts>());
        foreach (var e in program.Equations) {
            var sum = e.Op switch {
                PadOp pad => Parts.Of(pad, e.Inputs[0], types[e.Inputs[0]].Shape),
                AddOp when parts[e.Inputs[0]] is { } a && parts[e.Inputs[1]] is { } b && readers[e.Inputs[0]] == 1 && readers[e.Inputs[1]] == 1 => a.With(b),
                _ => null,
            };
            parts[e.First] = sum;
            if (e.Op is not AddOp || sum is null) continue;
            // A longer sum takes the place of a shorter one in it.
            foreach (var x in e.Inputs) joins.Remove(x);
            if (sum.Cover(types[e.First].Shape)) joins[e.First] = sum;
        }
        if (joins.Count == 0) return program;
        var (written, renamed, next) = (new List<Equation>(), new int[program.Count], program.Inputs.Length);
        for (var i = 0; i < next; i++) renamed[i] = i;
        foreach (var e in program.Equations) {
            var first = joins.TryGetValue(e.First, out var sum)
                ? Write(AddOp.Op, [Write(new ConcatOp(sum.Axis), [.. sum.Pieces.Select(p => renamed[p.Value])], e.Types), Write(new FillOp(0, e.Types[0]), [], e.Types)], e.Types)
                : Write(e.Op, Array.ConvertAll(e.Inputs, x => renamed[x]), e.Types);
            for (var i = 0; i < e.Types.Length; i++) renamed[e.First + i] = first + i;
        }
        return new Program(program.Inputs, [.. written], Array.ConvertAll(program.Outputs, o => renamed[o])).Simplify();

        int Write(Op op, int[] inputs, TensorType[] types) {
            written.Add(new(op, inputs, next, types));
            return (next += types.Length) - types.Length;
        }
    }

    /// <summary>Values beside each other along an axis, in order: where each begins, and how long it is.</summary>
    sealed record Parts(int Axis, (int From, int Length, int Value)[] Pieces) {
        public static Parts? Of(PadOp pad, int value, Shape shape) {
            var axes = Enumerable.Range(0, shape.Rank).Where(a => pad.Low[a] != 0 || pad.High[a] != 0 || pad.Inner[a] != 0).ToArray();
            return axes is [var axis] && pad.Low[axis] >= 0 && pad.High[axis] >= 0 && pad.Inner[axis] == 0 ? new(axis, [(pad.Low[axis], shape[axis], value)]) : null;
        }

        public Parts? With(Parts other) => Axis == other.Axis ? new(Axis, [.. Pieces.Concat(other.Pieces).OrderBy(p => p.From)]) : null;

        public bool Cover(Shape shape) {
            var end = 0;
            foreach (var (from, length, _) in Pieces) {
                if (from != end) return false;
                end += length;
            }
            return end == shape[Axis];
        }
    }
}
