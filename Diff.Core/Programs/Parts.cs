namespace Diff;

/// <summary>An equation in its place, or several that are one step.</summary>
internal readonly record struct PlanPart(Equation Equation, ProgramPart? Part) {
    public static PlanPart Of(Equation equation) => new(equation, null);
}

/// <summary>Equations that run as one step.</summary>
internal abstract class ProgramPart {
    /// <summary>The equations, by their places in the program.</summary>
    public List<int> Members { get; } = [];

    /// <summary>Whether the step stands somewhere already.</summary>
    public bool IsDone { get; set; }

    /// <summary>The shape of values that it may compute again rather than read, if there are any.</summary>
    public abstract Shape? Again { get; }

    /// <param name="equations">What it computes, in order.</param>
    /// <param name="outputs">Values that something outside reads.</param>
    /// <param name="types">Of all values of the program.</param>
    public abstract PlanStep Step(Equation[] equations, int[] outputs, TensorType[] types);
}

/// <summary>How a part runs.</summary>
internal abstract class PartPlan {
    /// <summary>Plans it for inputs that lie so.</summary>
    public abstract void Arrange(Layout[] inputs);

    public abstract void Run(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs);

    /// <summary>Has its chains compiled.</summary>
    public abstract void Compile();

    /// <summary>Fills what the next run borrows with NaN, for tests.</summary>
    public abstract void Poison();

    /// <summary>Bytes that one thread's run borrows.</summary>
    public abstract long ArenaBytes { get; }

    /// <summary>Whether an output may be computed in the memory of these inputs, which then hold nothing else.</summary>
    public abstract bool MayLieOver(int output, int[] inputs);

    /// <summary>In the words of <c>Explain</c>.</summary>
    public abstract override string ToString();
}

/// <summary>A program cut into equations and parts. A part closes when something outside reads a value of it, so open ones never depend on one another, and a part can
/// stand where its first reader stands.</summary>
internal static class Parts {
    /// <param name="program">What is cut.</param>
    /// <param name="types">Of its values.</param>
    /// <param name="sizes">When which parts are worth it.</param>
    public static IEnumerable<PlanPart> Of(Program program, TensorType[] types, PartSizes sizes) {
        var parts = RowParts.Of(program, types, sizes, Strips.Of(program, types, sizes));
        if (!Array.Exists(parts, g => g is not null)) return program.Equations.Select(PlanPart.Of);
        return Ordered();

        IEnumerable<PlanPart> Ordered() {
            var maker = Makers(program, types);
            for (var k = 0; k < parts.Length; k++) {
                var e = program.Equations[k];
                foreach (var x in e.Inputs)
                    if (maker[x] is >= 0 and var m && parts[m] is { IsDone: false } needed && needed != parts[k])
                        foreach (var part in Done(needed)) yield return part;
                if (parts[k] is null) yield return PlanPart.Of(e);
            }
            foreach (var group in parts)
                if (group is { IsDone: false })
                    foreach (var part in Done(group)) yield return part;
        }

        // What is read outside is a result of the step, but for layouts: those are made once more, of results.
        IEnumerable<PlanPart> Done(ProgramPart part) {
            part.IsDone = true;
            part.Members.Sort();
            yield return new(default, part);
            foreach (var k in part.Members)
                if (IsLayout(program.Equations[k], types)) yield return PlanPart.Of(program.Equations[k]);
        }
    }

    /// <summary>The equation that makes each value, or −1.</summary>
    public static int[] Makers(Program program, TensorType[] types) {
        var makers = new int[types.Length];
        Array.Fill(makers, -1, 0, program.Inputs.Length);
        for (var k = 0; k < program.Equations.Length; k++) Array.Fill(makers, k, program.Equations[k].First, program.Equations[k].Types.Length);
        return makers;
    }

    public static bool IsLayout(Equation e, TensorType[] types) => e.Inputs.Length == 1 && e.Op.Relayout(types[e.Inputs[0]].Shape.Contiguous) is not null;
}

/// <summary>When parts are worth it.</summary>
/// <param name="Strip">Bytes of a strip's widest value: a few of them fit the second cache, and are much to do beside what it takes to begin.</param>
/// <param name="Least">Bytes that a part in strips has to make: fewer stay in some cache by themselves.</param>
/// <param name="Row">Elements of the shortest rows that a part goes over; shorter ones cost more to go over than to pass over memory again.</param>
/// <param name="Wide">A value of more elements has rows.</param>
internal readonly record struct PartSizes(long Strip, long Least, int Row, int Wide) {
    public static readonly PartSizes Usual = new(256 << 10, 16 << 20, 16, Blocks.Length);
}
