namespace Diff;

/// <summary>Of a chain of elementwise ops of which nothing is read but a few elements along an axis, only those are computed: the elements are taken first.
/// So a cross-entropy never writes out the logarithms of all probabilities.</summary>
internal static class EarlyGathers {
    // What is taken early was a chain once; a longer one may as well begin in the middle.
    const int Most = 16;

    public static void Find(Program program, Dictionary<int, Replacement> replacements) {
        var (makers, readers, types) = (new Equation[program.Count], program.Readers(), program.Types());
        foreach (var e in program.Equations) {
            makers[e.First] = e;
            if (e.Op is not TakeAlongOp take || 2 * e.Types[0].Shape.Size > types[e.Inputs[0]].Shape.Size) continue;
            var (ops, gathers, at) = (0, 0, e.Types[0].Shape);
            var early = Early(e.Inputs[0]);
            if (ops > 0 && gathers is 1 or 2) replacements[e.First] = early;

            Replacement Early(int x) {
                TensorType type = new(types[x].DType, at);
                switch (makers[x]) {
                    case { Op: ElementwiseOp op, Inputs: var inputs } when (readers[x] == 1 || op.IsCheap) && ops < Most:
                        ops++;
                        var before = Array.ConvertAll(inputs, Early);
                        return (renamed, write) => write(op, Array.ConvertAll(before, x => x(renamed, write)), type);
                    case { Op: StopGradientOp or AliasOp, Inputs: [var same] }:
                        return Early(same);
                    case { Op: BroadcastOp op, Inputs: [var one] } when op.Map.Span.IndexOf(take.Axis) is var i && (i < 0 || types[one].Shape[i] == 1):
                        return (renamed, write) => write(new BroadcastOp(at, op.Map), [renamed(one)], type);
                    case { Op: FillOp fill }:
                        return (_, write) => write(new FillOp(fill.Value, type), [], type);
                    default:
                        gathers++;
                        return (renamed, write) => write(take, [renamed(x), renamed(e.Inputs[1])], type);
                }
            }
        }
    }
}
