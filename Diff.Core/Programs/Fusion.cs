namespace Diff;

/// <summary>What a plan runs at once: one equation, elementwise equations of one shape that go over memory together, or a part of the program.</summary>
/// <param name="Equations">In order.</param>
/// <param name="Inputs">Values read from memory.</param>
/// <param name="Outputs">Values written to memory; what only the step itself reads is not.</param>
/// <param name="Blocks">The elementwise chain, or null for any other op.</param>
/// <param name="Registers">How many blocks the chain needs for what stays inside.</param>
/// <param name="Part">Where the step is a part of the program with a plan of its own: that.</param>
internal sealed record PlanStep(Equation[] Equations, int[] Inputs, int[] Outputs, BlockStep[]? Blocks, int Registers, PartPlan? Part = null) {
    /// <summary>Whether an output may be computed in memory of which these inputs are, and nothing else: each element is written when nobody reads it any more.</summary>
    public bool MayLieOver(int output, Func<int, bool> inputs) {
        if (Part is not null) return Part.MayLieOver(Array.IndexOf(Outputs, output), [.. Enumerable.Range(0, Inputs.Length).Where(i => inputs(Inputs[i]))]);
        // Blocks are read before they are written.
        return Blocks is not null && Array.FindLastIndex(Equations, e => Array.Exists(e.Inputs, x => inputs(x))) <= Array.FindIndex(Equations, e => e.First == output);
    }
}

/// <summary>Puts elementwise equations of one shape together, so that their intermediate values stay in the cache.</summary>
/// <remarks>An equation waits with its group until something outside the group needs one of its values; then the whole group runs.
/// An equation joins the groups that it reads from, which become one, or one that reads what it reads. Where a value is no more than a
/// block, to run at all costs more than to move memory, and any group of the shape will do. No arithmetic changes, so no bit does.</remarks>
internal static class Fusion {
    // More operands than this are more blocks than the first cache holds; small values all fit.
    const int Most = 40, MostSmall = 256;

    // One after the other: more are no longer cheap.
    const int MostAgain = 2;

    /// <param name="program">A simplified one.</param>
    /// <param name="parts">Which parts of it run by plans of their own; null where it is such a part, of rows, itself.</param>
    public static List<PlanStep> Steps(Program program, PartSizes? parts) {
        var types = program.Types();
        var maker = new Group?[types.Length];
        var users = new int[types.Length];
        foreach (var e in program.Equations)
            foreach (var x in e.Inputs.Distinct()) users[x]++;
        foreach (var o in program.Outputs) users[o] = int.MaxValue / 2;
        // Bytes that lie in memory, where a row or a number that repeats is there once.
        var stored = Array.ConvertAll(types, t => t.Bytes);
        foreach (var e in program.Equations) {
            if (e.Op is MovingOp) stored[e.First] = stored[e.Inputs[0]];
            if (e.Op is FillOp) stored[e.First] = types[e.First].DType.Size();
        }
        var open = new List<Group>();
        var steps = new List<(Group? Group, PlanStep? Step)>();
        foreach (var part in parts is { } sizes ? Parts.Of(program, types, sizes) : program.Equations.Select(PlanPart.Of)) {
            if (part.Part is { } whole) {
                Group one = new(whole.Again ?? Shape.Scalar) { Part = whole };
                one.Equations.AddRange(whole.Members.Select(k => program.Equations[k]));
                one.Reads.UnionWith(one.Equations.SelectMany(e => e.Inputs).Except(one.Equations.SelectMany(e => Enumerable.Range(e.First, e.Types.Length))));
                foreach (var x in one.Reads)
                    if (maker[x] is { } group && open.Remove(group)) steps.Add((group, null));
                foreach (var equation in one.Equations) maker[equation.First] = one;
                steps.Add((one, null));
                continue;
            }
            var e = part.Equation;
            var joined = e.Op is ElementwiseOp ? Join(e) : parts is null && e.Op is ReduceOp ? Closed(e) : null;
            foreach (var x in e.Inputs)
                if (maker[x] is { } group && group != joined && open.Remove(group)) steps.Add((group, null));
            if (joined is null) steps.Add((null, new([e], e.Inputs, [.. Enumerable.Range(e.First, e.Types.Length)], null, 0)));
        }
        foreach (var group in open) steps.Add((group, null));
        foreach (var (group, _) in steps)
            if (group is { Shape.Size: > Blocks.Length }) ComputeAgain(group);
        // From the last on, so that what nobody reads any more is known.
        var (closed, read) = (new Stack<PlanStep>(), program.Outputs.ToHashSet());
        for (var k = steps.Count - 1; k >= 0; k--) {
            if ((steps[k].Step ?? Close(steps[k].Group!, types, read)) is not { } step || step.Equations is [{ Op: MovingOp } layout] && !read.Contains(layout.First)) continue;
            closed.Push(step);
            read.UnionWith(step.Inputs);
        }
        return [.. closed];

        Group Join(Equation e) {
            var small = e.Types[0].Shape.Size <= Blocks.Length;
            var most = small ? MostSmall : Most;
            bool Fits(Group g) => g.Shape.Equals(e.Types[0].Shape) && g.Equations.Count < most;
            var group = open.FindLast(g => Fits(g) && Array.Exists(e.Inputs, x => maker[x] == g))
                ?? open.FindLast(g => Fits(g) && (small || Array.Exists(e.Inputs, g.Reads.Contains)));
            if (group is null) open.Add(group = new(e.Types[0].Shape));
            foreach (var x in e.Inputs) {
                // Nobody outside has read of an open group, so two of them are independent and may run as one.
                if (maker[x] is not { } other || other == group || !open.Contains(other) || !other.Shape.Equals(group.Shape) || group.Equations.Count + other.Equations.Count >= most) continue;
                foreach (var moved in other.Equations) maker[moved.First] = group;
                group.Equations.AddRange(other.Equations);
                group.Reads.UnionWith(other.Reads);
                open.Remove(other);
            }
            group.Equations.Add(e);
            group.Reads.UnionWith(e.Inputs);
            return maker[e.First] = group;
        }

        // Rows are reduced as they are made.
        Group? Closed(Equation e) {
            if (maker[e.Inputs[0]] is not { } group || !open.Contains(group)) return null;
            group.Equations.Add(e);
            return maker[e.First] = group;
        }

        // What follows by cheap ops from what is read anyway is computed again instead of kept and read; so is what follows from a value that can be kept in
        // its place, which is there already or then stands for two.
        void ComputeAgain(Group here) {
            var ways = from x in here.Reads
                       let again = Again(here, x, MostAgain)
                       where again is not null
                       let missing = again.SelectMany(e => e.Inputs).Except(again.Select(e => e.First)).Where(z => IsMissing(here, z, x)).ToArray()
                       where missing.Length == 0 || missing.Length == 1 && stored[missing[0]] <= stored[x]
                       group (X: x, Equations: again) by missing.Length == 0 ? -1 : missing[0];
            foreach (var way in ways.ToArray()) {
                if (way.Key >= 0 && way.Count(w => !IsKept(w.X, Readers(here, w.X))) <= (IsKept(way.Key, 0) ? 0 : 1)) continue;
                foreach (var (x, equations) in way) {
                    users[x] -= Readers(here, x);
                    foreach (var e in equations.Except(here.Again)) {
                        here.Again.Add(e);
                        foreach (var z in e.Inputs.Distinct()) users[z]++;
                    }
                }
            }
        }

        // The equations of another group by which a value follows, from what that group does not keep on.
        List<Equation>? Again(Group here, int x, int most) {
            if (maker[x] is not { } other || other == here || other.Equations.Find(e => e.First == x) is not { Op: ElementwiseOp { IsCheap: true } } e || !e.Types[0].Shape.Equals(here.Shape)) return null;
            var before = e.Inputs.Where(z => most > 1 && IsMissing(here, z, x) && !IsKept(z, 0)).Distinct().SelectMany(z => Again(here, z, most - 1) ?? []);
            return [.. before.Distinct(), e];
        }

        bool IsMissing(Group here, int z, int x) => !here.Reads.Contains(z) && stored[z] > stored[x] / 16;

        // Whether somebody outside of its own group reads it, beside so many.
        bool IsKept(int x, int beside) => maker[x] is not { } group || users[x] - beside > Readers(group, x);

        static int Readers(Group group, int x) => group.Equations.Count(e => e.Inputs.Contains(x));
    }

    /// <summary>The step of a group, or null where nobody reads what it makes.</summary>
    /// <param name="read">What the steps behind it read, and the program's outputs.</param>
    static PlanStep? Close(Group group, TensorType[] types, HashSet<int> read) {
        var (own, inside, live) = (group.Equations.SelectMany(e => Enumerable.Range(e.First, e.Types.Length)).Where(read.Contains).ToHashSet(), new HashSet<int>(), new Stack<Equation>());
        foreach (var e in group.Equations.Concat(group.Again).OrderByDescending(e => e.First)) {
            if (!Enumerable.Range(e.First, e.Types.Length).Any(y => own.Contains(y) || inside.Contains(y))) continue;
            live.Push(e);
            inside.UnionWith(e.Inputs);
        }
        if (live.Count == 0) return null;
        Equation[] equations = [.. live];
        if (group.Part is { } part) return part.Step(equations, [.. equations.Where(e => !Parts.IsLayout(e, types)).SelectMany(e => Enumerable.Range(e.First, e.Types.Length)).Where(own.Contains)], types);
        var made = equations.Select(e => e.First).ToHashSet();
        int[] inputs = [.. equations.SelectMany(e => e.Inputs).Where(x => !made.Contains(x)).Distinct()];
        int[] outputs = [.. equations.Select(e => e.First).Where(own.Contains)];

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
            blocks[k] = new(e.Op as ElementwiseOp, e.Op as ReduceOp, types[last].DType, a, b, operand[last], to, types[e.First].DType);
            foreach (var x in e.Inputs.Append(e.First).Distinct())
                if (operand[x] >= first && !Array.Exists(equations[(k + 1)..], later => Array.IndexOf(later.Inputs, x) >= 0)) free.Push(operand[x]);
        }
        return new(equations, inputs, outputs, blocks, registers);
    }

    sealed class Group(Shape shape) {
        public Shape Shape { get; } = shape;
        public List<Equation> Equations { get; } = [];
        public HashSet<int> Reads { get; } = [];

        /// <summary>The part of the program that it is, if it is one with a plan of its own.</summary>
        public ProgramPart? Part { get; init; }

        /// <summary>Equations of other groups that this one computes for itself.</summary>
        public List<Equation> Again { get; } = [];
    }
}
