namespace Diff;

/// <summary>Finds the parts of a program that can run row by row: elementwise ops, reductions along the last axes, what is computed of their results, and how those meet
/// the rows again. A softmax, a layer norm, a cross-entropy is one pass over memory each.</summary>
/// <remarks>A value of such a part is wide, with an element for each place of each row, or narrow, with one for each row. An equation joins the groups whose values
/// it reads, or a group that reads what it reads; the first reduction says where rows begin.</remarks>
internal static class RowParts {
    // More equations have more operands than the first cache holds.
    const int Most = 40;

    // Of longer rows even one does not fit it, and they are reduced in halves.
    const int Longest = Reductions.LongRow;

    /// <param name="program">A simplified one.</param>
    /// <param name="types">Of its values.</param>
    /// <param name="sizes">When rows are worth it.</param>
    /// <param name="taken">Equations that have a part already.</param>
    public static ProgramPart?[] Of(Program program, TensorType[] types, PartSizes sizes, ProgramPart?[] taken) {
        var groups = new Group?[taken.Length];
        var maker = Parts.Makers(program, types);
        var open = new HashSet<Group>();
        var readers = new Dictionary<int, Group>();
        for (var k = 0; k < groups.Length; k++) {
            var e = program.Equations[k];
            var from = e.Inputs.Select(OpenOf).OfType<Group>().Distinct().ToArray();
            var joined = taken[k] is not null ? null : e.Op switch {
                ElementwiseOp => Elementwise(e, from),
                ReduceOp { Over.Count: > 0 } op when types[e.Inputs[0]] is { DType: not DType.Bool } => Reduction(e, op, from),
                MovingOp => from is [var only] && only.Takes(e, types) ? only : null,
                _ => null,
            };
            if (joined is not null) {
                joined.Add(k, e);
                groups[k] = joined;
                foreach (var x in e.Inputs) readers[x] = joined;
                foreach (var other in from) {
                    if (!joined.CanTake(other)) continue;
                    open.Remove(other);
                    joined.Take(other);
                    foreach (var member in other.Members) groups[member] = joined;
                }
            }
            foreach (var read in from)
                if (read != joined) open.Remove(read);
        }
        foreach (var group in groups.OfType<Group>().Distinct()) group.Choose(program, sizes);
        return [.. groups.Select((g, k) => g is { IsWorthIt: true } ? g : taken[k])];

        Group? OpenOf(int x) => maker[x] is >= 0 and var m && groups[m] is { } group && open.Contains(group) ? group : null;

        Group? Elementwise(Equation e, Group[] from) {
            var shape = e.Types[0].Shape;
            if (Array.Find(from, g => g.Fits && (g.Shape.Equals(shape) || Array.Exists(e.Inputs, g.Narrow.Contains))) is { } group) return group;
            return shape.Size > sizes.Wide ? Begun(shape) : null;
        }

        Group? Reduction(Equation e, ReduceOp op, Group[] from) {
            var (x, shape) = (e.Inputs[0], types[e.Inputs[0]].Shape);
            var first = shape.Rank - op.Over.Count;
            if (op.Over[0] != first || shape.Size <= sizes.Wide || shape.Size / e.Types[0].Shape.Size is var length && (length < sizes.Row || length > Longest)) return null;
            bool Fits(Group g) => g.Fits && g.Shape.Equals(shape) && (g.Length == 0 || g.Length == length);
            // What repeats along a row is not summed along it.
            if (from is [var own] && own.Moved.Contains(x)) return null;
            var group = Array.Find(from, Fits) ?? (readers.TryGetValue(x, out var reader) && open.Contains(reader) && Fits(reader) ? reader : Begun(shape));
            group.Length = length;
            group.Narrow.Add(e.First);
            return group;
        }

        Group Begun(Shape shape) {
            var group = new Group(shape);
            open.Add(group);
            return group;
        }
    }

    /// <summary>Equations over the same rows.</summary>
    sealed class Group(Shape shape) : ProgramPart {
        /// <summary>That of wide values.</summary>
        public Shape Shape { get; } = shape;

        /// <summary>Elements of a row; 0 as long as nobody asked.</summary>
        public int Length { get; set; }

        /// <summary>Values with one element for each row.</summary>
        public HashSet<int> Narrow { get; } = [];

        /// <summary>Narrow values that meet the rows.</summary>
        public HashSet<int> Moved { get; } = [];

        public bool IsWorthIt { get; private set; }

        public bool Fits => Members.Count < Most;

        public void Add(int k, Equation e) {
            Members.Add(k);
            if (e.Op is BroadcastOp) Moved.Add(e.First);
            else if (Array.Exists(e.Inputs, Narrow.Contains)) Narrow.Add(e.First);
        }

        public bool CanTake(Group other) =>
            other != this && Shape.Equals(other.Shape) && (Length == 0 || other.Length == 0 || Length == other.Length) && Members.Count + other.Members.Count <= Most;

        public void Take(Group other) {
            Members.AddRange(other.Members);
            Length = Math.Max(Length, other.Length);
            Narrow.UnionWith(other.Narrow);
            Moved.UnionWith(other.Moved);
        }

        /// <summary>Whether a layout is one of a narrow value as such, or one that spreads it over the rows.</summary>
        public bool Takes(Equation e, TensorType[] types) {
            if (!Fits || !Narrow.Contains(e.Inputs[0])) return false;
            if (e.Op is ReshapeOp) return true;
            if (e.Op is not BroadcastOp op || !op.To.Equals(Shape)) return false;
            var rows = Shape.Of(Shape.Size / Length, Length);
            return types[e.Inputs[0]].Shape.Contiguous.Broadcast(op.To, op.Map).Reshape(rows) is { } layout && layout.Strides[1] == 0 && (rows[0] == 1 || layout.Strides[0] == 1);
        }

        /// <summary>A part is one for a chain that ends in a reduction, or goes on with its result.</summary>
        public void Choose(Program program, PartSizes sizes) {
            var equations = Members.Select(k => program.Equations[k]).ToArray();
            var made = equations.Select(e => e.First).ToHashSet();
            IsWorthIt = Length > 0 && equations.Any(e => e.Op is ReduceOp && made.Contains(e.Inputs[0]) || e.Op is ElementwiseOp && Array.Exists(e.Inputs, Moved.Contains));
        }

        public override Shape? Again => Shape;

        public override PlanStep Step(Equation[] members, int[] outputs, TensorType[] types) {
            var made = members.Select(e => e.First).ToHashSet();
            int[] inputs = [.. members.SelectMany(e => e.Inputs).Where(x => !made.Contains(x)).Distinct()];
            var rows = Shape.Size / Length;
            return new(members, inputs, outputs, null, 0, new RowPlan(Body, rows, Length));

            // The part for so many rows.
            Program Body(int rows) {
                TensorType Of(int x) => new(types[x].DType, types[x].Shape.Equals(Shape) ? Shape.Of(rows, Length) : Shape.Of(rows));
                var values = inputs.Select(Of).ToList();
                var parameters = values.Select(t => new ProgramInput(t)).ToArray();
                var numbers = inputs.Select((x, i) => (x, i)).ToDictionary(p => p.x, p => p.i);
                var equations = new List<Equation>();
                foreach (var e in members) {
                    if (e.Op is ReshapeOp) {
                        numbers[e.First] = numbers[e.Inputs[0]];
                        continue;
                    }
                    var op = e.Op switch { ReduceOp r => r with { Over = Axes.Of(1) }, BroadcastOp => new BroadcastOp(Shape.Of(rows, Length), Axes.Of(0)), var same => same };
                    equations.Add(new(op, Array.ConvertAll(e.Inputs, x => numbers[x]), values.Count, [Of(e.First)]));
                    numbers[e.First] = values.Count;
                    values.Add(Of(e.First));
                }
                return new(parameters, [.. equations], Array.ConvertAll(outputs, o => numbers[o]));
            }
        }
    }
}
