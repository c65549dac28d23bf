namespace Diff;

/// <summary>What a plan runs at once: one equation, elementwise equations of one shape that go over memory together, or a part of the program in strips.</summary>
/// <param name="Equations">In order.</param>
/// <param name="Inputs">Values read from memory.</param>
/// <param name="Outputs">Values written to memory; what only the step itself reads is not.</param>
/// <param name="Blocks">The elementwise chain, or null for any other op.</param>
/// <param name="Registers">How many blocks the chain needs for what stays inside.</param>
/// <param name="Strips">Where the step is a part of the program that runs in strips of rows: how.</param>
internal sealed record PlanStep(Equation[] Equations, int[] Inputs, int[] Outputs, BlockStep[]? Blocks, int Registers, StripPlan? Strips = null) {
    /// <summary>The last equation of the step that reads a value.</summary>
    public int LastRead(Func<int, bool> value) => Array.FindLastIndex(Equations, e => Array.Exists(e.Inputs, x => value(x)));

    /// <summary>The equation of the step that makes a value.</summary>
    public int Maker(int value) => Array.FindIndex(Equations, e => e.First == value);
}

/// <summary>Puts elementwise equations of one shape together, so that their intermediate values stay in the cache.</summary>
/// <remarks>An equation waits with its group until something outside the group needs one of its values; then the whole group runs.
/// An equation joins the groups that it reads from, which become one, or one that reads what it reads. Where a value is no more than a
/// block, to run at all costs more than to move memory, and any group of the shape will do. No arithmetic changes, so no bit does.</remarks>
internal static class Fusion {
    // More operands than this are more blocks than the first cache holds; small values all fit.
    const int Most = 40, MostSmall = 256;

    /// <param name="program">A simplified one.</param>
    /// <param name="strips">Which parts of it run in strips; null for none.</param>
    public static List<PlanStep> Steps(Program program, StripSizes? strips) {
        var types = program.Types();
        var maker = new Group?[types.Length];
        var users = new int[types.Length];
        foreach (var e in program.Equations)
            foreach (var x in e.Inputs.Distinct()) users[x]++;
        foreach (var o in program.Outputs) users[o] = int.MaxValue / 2;
        var open = new List<Group>();
        var steps = new List<PlanStep>();
        foreach (var part in strips is { } sizes ? Strips.Of(program, types, sizes) : program.Equations.Select(PlanPart.Of)) {
            if (part.Step is { } strip) {
                foreach (var x in strip.Inputs)
                    if (maker[x] is { } group && open.Remove(group)) steps.Add(Close(group, types, users));
                steps.Add(strip);
                continue;
            }
            var e = part.Equation;
            var joined = e.Op is ElementwiseOp ? Join(e) : null;
            foreach (var x in e.Inputs)
                if (maker[x] is { } group && group != joined && open.Remove(group)) steps.Add(Close(group, types, users));
            if (joined is null) steps.Add(new([e], e.Inputs, [.. Enumerable.Range(e.First, e.Types.Length)], null, 0));
        }
        foreach (var group in open) steps.Add(Close(group, types, users));
        return steps;

        Group Join(Equation e) {
            var small = e.Types[0].Shape.Size <= Blocks.Length;
            var most = small ? MostSmall : Most;
            bool Fits(Group g) => g.Shape.Equals(e.Types[0].Shape) && g.Equations.Count < most;
            var group = open.FindLast(g => Fits(g) && Array.Exists(e.Inputs, x => maker[x] == g))
                ?? open.FindLast(g => Fits(g) && (small || Array.Exists(e.Inputs, g.Reads.Contains)));
            if (group is null) open.Add(group = new(e.Types[0].Shape));
            foreach (var x in e.Inputs) {
                // Nobody outside has read of an open group, so two of them are independent and may run as one.
                if (maker[x] is not { } other || other == group || !open.Contains(other) || group.Equations.Count + other.Equations.Count >= most) continue;
                foreach (var moved in other.Equations) maker[moved.First] = group;
                group.Equations.AddRange(other.Equations);
                group.Reads.UnionWith(other.Reads);
                open.Remove(other);
            }
            group.Equations.Add(e);
            group.Reads.UnionWith(e.Inputs);
            return maker[e.First] = group;
        }
    }

    static PlanStep Close(Group group, TensorType[] types, int[] users) {
        Equation[] equations = [.. group.Equations.OrderBy(e => e.First)];
        var made = equations.Select(e => e.First).ToHashSet();
        int[] inputs = [.. equations.SelectMany(e => e.Inputs).Where(x => !made.Contains(x)).Distinct()];
        var inside = new Dictionary<int, int>();
        foreach (var e in equations)
            foreach (var x in e.Inputs.Distinct()) inside[x] = inside.GetValueOrDefault(x) + 1;
        int[] outputs = [.. made.Where(x => users[x] > inside.GetValueOrDefault(x))];

        // Operands: inputs, outputs, then registers, each free again after its last reader.
        var operand = new Dictionary<int, int>();
        foreach (var x in inputs) operand[x] = operand.Count;
        foreach (var x in outputs) operand[x] = operand.Count;
        var (first, registers, free) = (operand.Count, 0, new Stack<int>());
        var blocks = new BlockStep[equations.Length];
        for (var k = 0; k < blocks.Length; k++) {
            var e = equations[k];
            var (a, last) = (operand[e.Inputs[0]], e.Inputs[^1]);
            var b = e.Inputs.Length > 1 ? operand[e.Inputs[1]] : a;
            // A register is taken before those of the operands are given back: an op may read its inputs twice.
            if (!operand.TryGetValue(e.First, out var to)) operand[e.First] = to = free.TryPop(out var again) ? again : first + registers++;
            blocks[k] = new((ElementwiseOp)e.Op, types[last].DType, a, b, operand[last], to, types[e.First].DType);
            foreach (var x in e.Inputs.Append(e.First).Distinct())
                if (operand[x] >= first && !Array.Exists(equations[(k + 1)..], later => Array.IndexOf(later.Inputs, x) >= 0)) free.Push(operand[x]);
        }
        return new(equations, inputs, outputs, blocks, registers);
    }

    sealed class Group(Shape shape) {
        public Shape Shape { get; } = shape;
        public List<Equation> Equations { get; } = [];
        public HashSet<int> Reads { get; } = [];
    }
}
