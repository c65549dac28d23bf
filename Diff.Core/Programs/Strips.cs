namespace Diff;

/// <summary>An equation in its place, or a step that stands for several.</summary>
internal readonly record struct PlanPart(Equation Equation, PlanStep? Step) {
    public static PlanPart Of(Equation equation) => new(equation, null);
}

/// <summary>Finds the parts of a program that can run in strips: some rows (indices of the first axis) through all of the part's equations, then the next.
/// What such a part makes for itself stays in the cache: a softmax, a layer norm, attention over one sequence is one pass over memory.</summary>
/// <remarks>An equation joins the groups of the values that it reads row by row; a group closes when something outside reads a value of it. So open groups
/// never depend on one another, and a group can stand where its first reader stands. Ops say themselves whether their rows are independent
/// to the bit, see <see cref="Op.OnRows"/>.</remarks>
internal static class Strips {
    public static IEnumerable<PlanPart> Of(Program program, TensorType[] types, StripSizes sizes) {
        var groups = Grouped(program, types, sizes);
        if (!Array.Exists(groups, g => g is not null)) return program.Equations.Select(PlanPart.Of);
        var users = new List<int>[types.Length];
        for (var k = 0; k < groups.Length; k++)
            foreach (var x in program.Equations[k].Inputs) (users[x] ??= []).Add(k);
        return Ordered();

        IEnumerable<PlanPart> Ordered() {
            var maker = Makers(program, types);
            for (var k = 0; k < groups.Length; k++) {
                var e = program.Equations[k];
                foreach (var x in e.Inputs)
                    if (maker[x] is >= 0 and var m && groups[m] is { IsDone: false } needed && needed != groups[k])
                        foreach (var part in Done(needed)) yield return part;
                if (groups[k] is null) yield return PlanPart.Of(e);
            }
            foreach (var group in groups)
                if (group is { IsDone: false })
                    foreach (var part in Done(group)) yield return part;
        }

        // What is read outside is a result of the step, but for layouts: those are made once more, of results.
        IEnumerable<PlanPart> Done(Group group) {
            group.IsDone = true;
            var members = group.Members.Order().Select(k => program.Equations[k]).ToArray();
            var read = new HashSet<int>(program.Outputs);
            foreach (var e in members)
                for (var i = 0; i < e.Types.Length; i++)
                    if (users[e.First + i] is { } list && list.Exists(k => groups[k] != group)) read.Add(e.First + i);
            foreach (var e in members.Reverse())
                if (IsLayout(e, types) && read.Contains(e.First)) read.Add(e.Inputs[0]);
            int[] outputs = [.. members.Where(e => !IsLayout(e, types)).SelectMany(e => Enumerable.Range(e.First, e.Types.Length)).Where(read.Contains)];
            yield return new(default, Step(members, outputs, group, types));
            foreach (var e in members)
                if (IsLayout(e, types) && read.Contains(e.First)) yield return PlanPart.Of(e);
        }
    }

    /// <summary>The group that each equation belongs to, if that is worth running in strips.</summary>
    static Group?[] Grouped(Program program, TensorType[] types, StripSizes sizes) {
        var groups = new Group?[program.Equations.Length];
        var maker = Makers(program, types);
        var open = new HashSet<Group>();
        for (var k = 0; k < groups.Length; k++) {
            var e = program.Equations[k];
            var (rows, whole) = (RowsOf(e), new bool[e.Inputs.Length]);
            var fits = rows > 1 && e.Op.OnRows(1, Array.ConvertAll(e.Inputs, x => types[x]), whole) is not null;
            Group? OpenOf(int x) => maker[x] is >= 0 and var m && groups[m] is { } group && open.Contains(group) ? group : null;
            var broken = e.Inputs.Where((_, i) => whole[i]).Select(OpenOf).ToHashSet();
            var from = fits ? e.Inputs.Where((_, i) => !whole[i]).Select(OpenOf).OfType<Group>().Where(g => g.Rows == rows && !broken.Contains(g)).Distinct().ToArray() : [];
            Group? joined = null;
            if (from.Length > 0 || fits && e.Inputs.Length > 0 && !IsLayout(e, types)) {
                joined = from.Length > 0 ? from[0] : new(rows);
                open.Add(joined);
                joined.Members.Add(k);
                foreach (var other in from[Math.Min(1, from.Length)..]) {
                    open.Remove(other);
                    joined.Members.AddRange(other.Members);
                    foreach (var member in other.Members) groups[member] = joined;
                }
                groups[k] = joined;
            }
            foreach (var x in e.Inputs)
                if (OpenOf(x) is { } read && read != joined) open.Remove(read);
        }
        foreach (var group in groups.OfType<Group>().Distinct()) group.Choose(program, types, sizes);
        return Array.ConvertAll(groups, g => g is { Strip: > 0 } ? g : null);
    }

    static PlanStep Step(Equation[] members, int[] outputs, Group group, TensorType[] types) {
        var made = members.SelectMany(e => Enumerable.Range(e.First, e.Types.Length)).ToHashSet();
        var inputs = new List<(int Value, bool Whole)>();
        var wholes = Array.ConvertAll(members, e => new bool[e.Inputs.Length]);
        for (var k = 0; k < members.Length; k++) members[k].Op.OnRows(group.Strip, TypesOf(members[k]), wholes[k]);
        for (var k = 0; k < members.Length; k++)
            for (var i = 0; i < wholes[k].Length; i++)
                if ((members[k].Inputs[i], wholes[k][i]) is var input && !made.Contains(input.Item1) && !inputs.Contains(input)) inputs.Add(input);
        return new(members, [.. inputs.Select(x => x.Value)], outputs, null, 0, new(Body, group.Strip, group.Rows, [.. inputs.Select(x => x.Whole)]));

        TensorType[] TypesOf(Equation e) => Array.ConvertAll(e.Inputs, x => types[x]);

        // The part for so many rows.
        Program Body(int rows) {
            var values = inputs.ConvertAll(x => x.Whole ? types[x.Value] : types[x.Value].WithRows(rows));
            var parameters = values.Select(t => new ProgramInput(t)).ToArray();
            var numbers = new Dictionary<int, int>();
            var equations = members.Select((e, k) => {
                var op = e.Op.OnRows(rows, TypesOf(e), new bool[e.Inputs.Length])!;
                int[] operands = [.. e.Inputs.Select((x, i) => numbers.TryGetValue(x, out var at) ? at : inputs.IndexOf((x, wholes[k][i])))];
                var results = op.Infer([.. operands.Select(x => values[x])]);
                var first = values.Count;
                for (var i = 0; i < results.Length; i++) numbers[e.First + i] = first + i;
                values.AddRange(results);
                return new Equation(op, operands, first, results);
            }).ToArray();
            return new(parameters, equations, Array.ConvertAll(outputs, o => numbers[o]));
        }
    }

    static int[] Makers(Program program, TensorType[] types) {
        var makers = new int[types.Length];
        Array.Fill(makers, -1, 0, program.Inputs.Length);
        for (var k = 0; k < program.Equations.Length; k++) Array.Fill(makers, k, program.Equations[k].First, program.Equations[k].Types.Length);
        return makers;
    }

    static int RowsOf(Equation e) => e.Types[0].Shape is { Rank: > 0 } first && Array.TrueForAll(e.Types, t => t.Shape.Rank > 0 && t.Shape[0] == first[0]) ? first[0] : 0;

    static bool IsLayout(Equation e, TensorType[] types) => e.Inputs.Length == 1 && e.Op.Relayout(types[e.Inputs[0]].Shape.Contiguous) is not null;

    /// <summary>Equations whose rows depend on one another's same rows.</summary>
    sealed class Group(int rows) {
        public int Rows { get; } = rows;

        public List<int> Members { get; } = [];

        /// <summary>The rows of a strip; 0 if it is not worth it.</summary>
        public int Strip { get; private set; }

        public bool IsDone { get; set; }

        public void Choose(Program program, TensorType[] types, StripSizes sizes) {
            var computed = Members.Select(k => program.Equations[k]).Where(e => !IsLayout(e, types)).ToArray();
            // A chain alone is one pass anyway.
            if (computed.Length < 2 || Array.TrueForAll(computed, e => e.Op is ElementwiseOp)) return;
            var bytes = computed.SelectMany(e => e.Types).Sum(t => t.Bytes);
            var row = computed.SelectMany(e => e.Types.Concat(e.Inputs.Select(x => types[x]).Where(t => t.Shape.Rank > 0 && t.Shape[0] == Rows))).Max(t => t.Bytes) / Rows;
            var strip = (int)Math.Clamp(sizes.Strip / Math.Max(1, row), 1, Rows);
            if (strip >= 16) strip &= ~15;
            if (bytes >= sizes.Least && row <= sizes.Strip && strip < Rows) Strip = strip;
        }
    }
}

/// <summary>When strips are worth it.</summary>
/// <param name="Strip">Bytes of a strip's widest value: a few of them fit the second cache, and are much to do beside what it takes to begin.</param>
/// <param name="Least">Bytes that a part has to make: fewer stay in some cache by themselves.</param>
internal readonly record struct StripSizes(long Strip, long Least) {
    public static readonly StripSizes Usual = new(256 << 10, 16 << 20);
}
