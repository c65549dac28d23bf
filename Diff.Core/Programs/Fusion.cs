namespace Diff;

/// <summary>What a plan runs at once: one equation, or elementwise equations of one shape that go over memory together.</summary>
/// <param name="Equations">In order.</param>
/// <param name="Inputs">Values read from memory.</param>
/// <param name="Outputs">Values written to memory; what only the step itself reads is not.</param>
/// <param name="Blocks">The elementwise chain, or null for any other op.</param>
/// <param name="Registers">How many blocks the chain needs for what stays inside.</param>
internal sealed record PlanStep(Equation[] Equations, int[] Inputs, int[] Outputs, BlockStep[]? Blocks, int Registers) {
    /// <summary>The last equation of the step that reads a value.</summary>
    public int LastRead(Func<int, bool> value) => Array.FindLastIndex(Equations, e => Array.Exists(e.Inputs, x => value(x)));

    /// <summary>The equation of the step that makes a value.</summary>
    public int Maker(int value) => Array.FindIndex(Equations, e => e.First == value);
}

/// <summary>Puts elementwise equations of one shape together, so that their intermediate values stay in the cache.</summary>
/// <remarks>An equation waits with its group until something outside the group needs one of its values; then the whole group runs.
/// An equation joins a group that it reads from, or that reads what it reads. No arithmetic changes, so no bit does.</remarks>
internal static class Fusion {
    const int MostEquations = 40;

    public static List<PlanStep> Steps(Program program) {
        var types = program.Types();
        var maker = new Group?[types.Length];
        var users = new int[types.Length];
        foreach (var e in program.Equations)
            foreach (var x in e.Inputs.Distinct()) users[x]++;
        foreach (var o in program.Outputs) users[o] = int.MaxValue / 2;
        var open = new List<Group>();
        var steps = new List<PlanStep>();
        foreach (var e in program.Equations) {
            var joins = e.Op is ElementwiseOp ? open.FindLast(g => g.Shape.Equals(e.Types[0].Shape) && g.Equations.Count < MostEquations && Array.Exists(e.Inputs, x => maker[x] == g || g.Reads.Contains(x))) : null;
            foreach (var x in e.Inputs)
                if (maker[x] is { } group && group != joins && open.Remove(group)) steps.Add(Close(group, types, users));
            if (e.Op is not ElementwiseOp) {
                steps.Add(new([e], e.Inputs, [.. Enumerable.Range(e.First, e.Types.Length)], null, 0));
                continue;
            }
            if (joins is null) open.Add(joins = new(e.Types[0].Shape));
            joins.Equations.Add(e);
            joins.Reads.UnionWith(e.Inputs);
            maker[e.First] = joins;
        }
        foreach (var group in open) steps.Add(Close(group, types, users));
        return steps;
    }

    static PlanStep Close(Group group, TensorType[] types, int[] users) {
        var equations = group.Equations.ToArray();
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
            blocks[k] = new((ElementwiseOp)e.Op, types[last].DType, a, b, operand[last], to);
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
