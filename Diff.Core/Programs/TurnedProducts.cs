namespace Diff;

/// <summary>A product that is read transposed alone is computed the other way round, so that what is read lies one behind the other.</summary>
internal static class TurnedProducts {
    public static void Find(Program program, Dictionary<int, Replacement> replacements) {
        var (makers, readers, types) = (new Equation[program.Count], program.Readers(), program.Types());
        foreach (var e in program.Equations) {
            makers[e.First] = e;
            if (e.Op is not TransposeOp transpose || makers[e.Inputs[0]] is not { Op: DotOp dot, Inputs: [var a, var b] } || readers[e.Inputs[0]] > 1) continue;
            if (dot.Turned(types[a].Shape, types[b].Shape) is var (turned, order) && order.Equals(transpose.Order)) replacements[e.First] = (renamed, write) => write(turned, [renamed(b), renamed(a)], e.Types[0]);
        }
    }
}
