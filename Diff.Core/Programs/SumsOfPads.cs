namespace Diff;

/// <summary>What the slices of a value give back to its cotangent: each padded with zeros, and added up. Where they lie side by side and leave nothing out,
/// they are joined instead.</summary>
/// <remarks>A part meets nothing but zeros, so the sum is the part + 0, to the bit: that leaves of −0 a 0.</remarks>
internal static class SumsOfPads {
    public static void Find(Program program, Dictionary<int, Replacement> replacements) {
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
        foreach (var (at, sum) in joins)
            replacements[at] = (renamed, write) => write(AddOp.Op, [write(new ConcatOp(sum.Axis), [.. sum.Pieces.Select(p => renamed(p.Value))], types[at]), write(new FillOp(0, types[at]), [], types[at])], types[at]);
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
