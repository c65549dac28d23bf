namespace Diff;

/// <summary>What the slices of a value give back to its cotangent: each padded with zeros, and added up. Where they lie side by side and leave nothing out,
/// they are joined instead.</summary>
/// <remarks>A part meets nothing but zeros, so the sum is the part + 0, to the bit: that leaves of −0 a 0.</remarks>
internal static class SumsOfPads {
    public static void Find(Program program, Dictionary<int, Replacement> replacements) {
        var (parts, readers, types) = (new Parts?[program.Count], program.Readers(), program.Types());
        foreach (var e in program.Equations) {
            var sum = e.Op switch {
                PadOp pad => Parts.Of(pad, e.Inputs[0], types[e.Inputs[0]].Shape),
                AddOp when parts[e.Inputs[0]] is { } a && parts[e.Inputs[1]] is { } b && readers[e.Inputs[0]] == 1 && readers[e.Inputs[1]] == 1 => a.With(b),
                _ => null,
            };
            // What is all of it is no part of a longer sum.
            if (e.Op is AddOp && sum is not null && sum.Cover(types[e.First].Shape)) replacements[e.First] = Join(sum, types[e.First]);
            else parts[e.First] = sum;
        }
    }

    static Replacement Join(Parts sum, TensorType type) => (renamed, write) =>
        write(AddOp.Op, [write(new ConcatOp(sum.Axis), [.. sum.Pieces.Select(p => renamed(p.Value))], type), write(new FillOp(0, type), [], type)], type);

    /// <summary>Values beside each other along an axis: where each begins, and how long it is.</summary>
    sealed class Parts(int axis, int from, int length, int value) {
        int whole = length;

        public int Axis => axis;

        public List<(int From, int Length, int Value)> Pieces { get; } = [(from, length, value)];

        public static Parts? Of(PadOp pad, int value, Shape shape) {
            var axes = Enumerable.Range(0, shape.Rank).Where(a => pad.Low[a] != 0 || pad.High[a] != 0 || pad.Inner[a] != 0).ToArray();
            return axes is [var axis] && pad.Low[axis] >= 0 && pad.High[axis] >= 0 && pad.Inner[axis] == 0 ? new(axis, pad.Low[axis], shape[axis], value) : null;
        }

        /// <summary>Those of both, which nobody else reads: the fewer go to the others, so that a sum of thousands is found in no time.</summary>
        public Parts? With(Parts other) {
            if (Axis != other.Axis) return null;
            if (Pieces.Count < other.Pieces.Count) return other.With(this);
            Pieces.AddRange(other.Pieces);
            whole += other.whole;
            return this;
        }

        /// <summary>Whether they are all of it once; then they are in order.</summary>
        public bool Cover(Shape shape) {
            if (whole != shape[Axis]) return false;
            Pieces.Sort((a, b) => (a.From, a.Length).CompareTo((b.From, b.Length)));
            var end = 0;
            foreach (var (from, length, _) in Pieces) {
                if (from != end) return false;
                end += length;
            }
            return true;
        }
    }
}
