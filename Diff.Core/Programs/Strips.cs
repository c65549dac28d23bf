namespace Diff;

/// <summary>Finds the parts of a program that can run in strips: some rows (indices of the first axis) through all of the part's equations, then the next.
/// What such a part makes for itself stays in the cache: a softmax, a layer norm, attention over one sequence is one pass over memory.</summary>
/// <remarks>An equation joins the groups of the values that it reads row by row; a group closes when something outside reads a value of it. Ops say themselves whether
/// their rows are independent to the bit, see <see cref="Op.OnRows"/>.</remarks>
internal static class Strips {
    /// <summary>The group that each equation belongs to, if that is worth running in strips.</summary>
    public static ProgramPart?[] Of(Program program, TensorType[] types, PartSizes sizes) {
        var groups = new Group?[program.Equations.Length];
        var maker = Parts.Makers(program, types);
        var open = new HashSet<Group>();
        for (var k = 0; k < groups.Length; k++) {
            var e = program.Equations[k];
            var (rows, whole) = (RowsOf(e), new bool[e.Inputs.Length]);
            var fits = rows > 1 && e.Op.OnRows(1, Array.ConvertAll(e.Inputs, x => types[x]), whole) is not null;
            Group? OpenOf(int x) => maker[x] is >= 0 and var m && groups[m] is { } group && open.Contains(group) ? group : null;
            var broken = e.Inputs.Where((_, i) => whole[i]).Select(OpenOf).ToHashSet();
            var from = fits ? e.Inputs.Where((_, i) => !whole[i]).Select(OpenOf).OfType<Group>().Where(g => g.Rows == rows && !broken.Contains(g)).Distinct().ToArray() : [];
            Group? joined = null;
            if (from.Length > 0 || fits && e.Inputs.Length > 0 && !Parts.IsLayout(e, types)) {
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
        return Array.ConvertAll<Group?, ProgramPart?>(groups, g => g is { Strip: > 0 } ? g : null);
    }

    static int RowsOf(Equation e) => e.Types[0].Shape is { Rank: > 0 } first && Array.TrueForAll(e.Types, t => t.Shape.Rank > 0 && t.Shape[0] == first[0]) ? first[0] : 0;

    /// <summary>Equations whose rows depend on one another's same rows.</summary>
    sealed class Group(int rows) : ProgramPart {
        public int Rows { get; } = rows;

        /// <summary>The rows of a strip; 0 if it is not worth it.</summary>
        public int Strip { get; private set; }

        public void Choose(Program program, TensorType[] types, PartSizes sizes) {
            var computed = Members.Select(k => program.Equations[k]).Where(e => !Parts.IsLayout(e, types)).ToArray();
            // A chain alone is one pass anyway.
            if (computed.Length < 2 || Array.TrueForAll(computed, e => e.Op is ElementwiseOp)) return;
            var bytes = computed.SelectMany(e => e.Types).Sum(t => t.Bytes);
            var row = computed.SelectMany(e => e.Types.Concat(e.Inputs.Select(x => types[x]).Where(t => t.Shape.Rank > 0 && t.Shape[0] == Rows))).Max(t => t.Bytes) / Rows;
            var strip = (int)Math.Clamp(sizes.Strip / Math.Max(1, row), 1, Rows);
            if (strip >= 16) strip &= ~15;
            if (bytes >= sizes.Least && row <= sizes.Strip && strip < Rows) Strip = strip;
        }

        public override Shape? Again => null;

        public override PlanStep Step(Equation[] members, int[] outputs, TensorType[] types) {
            var made = members.SelectMany(e => Enumerable.Range(e.First, e.Types.Length)).ToHashSet();
            var inputs = new List<(int Value, bool Whole)>();
            var wholes = Array.ConvertAll(members, e => new bool[e.Inputs.Length]);
            for (var k = 0; k < members.Length; k++) members[k].Op.OnRows(Strip, TypesOf(members[k]), wholes[k]);
            for (var k = 0; k < members.Length; k++)
                for (var i = 0; i < wholes[k].Length; i++)
                    if ((members[k].Inputs[i], wholes[k][i]) is var input && !made.Contains(input.Item1) && !inputs.Contains(input)) inputs.Add(input);
            return new(members, [.. inputs.Select(x => x.Value)], outputs, null, 0, new StripPlan(Body, Strip, Rows, [.. inputs.Select(x => x.Whole)]));

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
    }
}
