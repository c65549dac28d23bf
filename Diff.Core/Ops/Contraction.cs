namespace Diff;

/// <summary>An einsum being computed: operands whose axes have names, contracted two at a time.</summary>
/// <remarks>A name is a letter, or for the axes of an ellipsis a negative number, counted from the last. Dot does the work; diagonals, sums and
/// transposes are layouts and reductions around it.</remarks>
internal sealed class Contraction {
    /// <summary>A tensor and the names of its axes, each once.</summary>
    readonly record struct Term(Tensor Value, int[] Names);

    readonly string spec;
    readonly Dictionary<int, int> sizes = [];

    Contraction(string spec) => this.spec = spec;

    /// <summary>The operands have one dtype.</summary>
    public static Tensor Run(string spec, Tensor[] operands) => new Contraction(spec).Compute(operands);

    Tensor Compute(Tensor[] operands) {
        var text = string.Concat(spec.Where(c => !char.IsWhiteSpace(c)));
        var arrow = text.IndexOf("->", StringComparison.Ordinal);
        var inputs = (arrow < 0 ? text : text[..arrow]).Split(',');
        if (inputs.Length != operands.Length) throw Wrong($"it has subscripts for {inputs.Length} operand(s), and {operands.Length} are given.");
        var names = inputs.Select((s, i) => NamesOf(s, operands[i], i)).ToArray();
        Measure(operands, names);
        var output = arrow < 0 ? Implicit(names) : Explicit(text[(arrow + 2)..], names);
        var terms = operands.Select((x, i) => Once(x, names[i])).ToList();
        while (terms.Count > 1) {
            var (i, j) = Cheapest(terms, output);
            var pair = (Left: terms[i], Right: terms[j]);
            terms.RemoveAt(j);
            terms.RemoveAt(i);
            HashSet<int> wanted = [.. output, .. terms.SelectMany(t => t.Names)];
            terms.Add(Pair(Only(pair.Left, [.. wanted, .. pair.Right.Names]), Only(pair.Right, [.. wanted, .. pair.Left.Names]), wanted));
        }
        var last = Only(terms[0], [.. output]);
        return last.Value.TransposeBy(Axes.Of([.. output.Select(n => Array.IndexOf(last.Names, n))]));
    }

    ShapeException Wrong(string what) => new($"Einsum \"{spec}\": {what}");

    static string Shown(int name) => name >= 0 ? $"'{(char)name}'" : $"axis {name} of the ellipsis";

    int[] NamesOf(string subscripts, Tensor x, int operand) {
        var dots = subscripts.IndexOf("...", StringComparison.Ordinal);
        var letters = Letters(subscripts, dots, $"the subscripts of operand {operand}");
        var more = x.Rank - letters.Length;
        if (dots < 0 ? more != 0 : more < 0)
            throw Wrong($"operand {operand} is {x.Type}, with {x.Rank} axes, and \"{subscripts}\" names {letters.Length}{(dots < 0 ? "" : " beside the ellipsis")}.");
        return dots < 0 ? letters : [.. letters[..dots], .. Enumerable.Range(-more, more), .. letters[dots..]];
    }

    int[] Letters(string subscripts, int dots, string where) =>
        [.. (dots < 0 ? subscripts : subscripts.Remove(dots, 3)).Select(c => char.IsLetter(c) ? c : throw Wrong($"'{c}' in {where} is no letter; an ellipsis is \"...\", once."))];

    // One size for each name. An axis of size 1 behind an ellipsis repeats, as everywhere; behind a letter it would hide a mistake.
    void Measure(Tensor[] operands, int[][] names) {
        var first = new Dictionary<int, int>();
        for (var i = 0; i < operands.Length; i++)
            for (var a = 0; a < names[i].Length; a++) {
                var (name, size) = (names[i][a], operands[i].Shape[a]);
                if (sizes.TryAdd(name, size)) first[name] = i;
                else if (name < 0 && sizes[name] == 1) (sizes[name], first[name]) = (size, i);
                else if (sizes[name] != size && !(name < 0 && size == 1))
                    throw Wrong($"{Shown(name)} has size {size} in operand {i}, {operands[i].Type}, and {sizes[name]} in operand {first[name]}, {operands[first[name]].Type}.");
            }
    }

    // NumPy's rule: the ellipsis, then what is named once, in alphabetical order.
    static int[] Implicit(int[][] names) =>
        [.. names.SelectMany(n => n).Where(n => n < 0).Distinct().Order(), .. names.SelectMany(n => n).Where(n => n >= 0).GroupBy(n => n).Where(g => g.Count() == 1).Select(g => g.Key).Order()];

    int[] Explicit(string subscripts, int[][] names) {
        var dots = subscripts.IndexOf("...", StringComparison.Ordinal);
        var letters = Letters(subscripts, dots, "the output");
        foreach (var group in letters.GroupBy(n => n)) {
            if (!sizes.ContainsKey(group.Key)) throw Wrong($"the output names {Shown(group.Key)}, and no operand does.");
            if (group.Count() > 1) throw Wrong($"the output names {Shown(group.Key)} twice.");
        }
        return dots < 0 ? letters : [.. letters[..dots], .. names.SelectMany(n => n).Where(n => n < 0).Distinct().Order(), .. letters[dots..]];
    }

    // A name twice is a diagonal; an axis that repeats for others is left out until it is asked for.
    Term Once(Tensor x, int[] names) {
        for (var a = names.Length - 1; a >= 0; a--)
            if (names[a] < 0 && x.Shape[a] == 1 && sizes[names[a]] != 1) {
                x = x.Squeeze(a);
                names = [.. names.Where((_, i) => i != a)];
            }
        for (var a = 0; a < names.Length; a++)
            while (Array.IndexOf(names, names[a], a + 1) is var again && again > 0) {
                // Diagonal puts its axis behind the others.
                x = Functions.Diagonal(x, 0, a, again).MoveAxis(-1, a);
                names = [.. names.Where((_, i) => i != again)];
            }
        return new(x, names);
    }

    /// <summary>The term summed over what nobody wants.</summary>
    static Term Only(Term term, HashSet<int> wanted) {
        int[] gone = [.. Enumerable.Range(0, term.Names.Length).Where(a => !wanted.Contains(term.Names[a]))];
        return gone.Length == 0 ? term : new(term.Value.SumOver(Axes.Of(gone)), [.. term.Names.Where(wanted.Contains)]);
    }

    static Term Pair(Term a, Term b, HashSet<int> wanted) {
        int[] shared = [.. a.Names.Intersect(b.Names)], batch = [.. shared.Where(wanted.Contains)], sum = [.. shared.Where(n => !wanted.Contains(n))];
        int[] left = [.. a.Names.Except(shared)], right = [.. b.Names.Except(shared)], all = [.. batch, .. left, .. right];
        // Products without sums, and short sums for each of many: one pass over memory, where Dot would start once for each.
        if (sum.Length == 0 || batch.Length > 0 && left.Length == 0 && right.Length == 0)
            return new((Spread(a, [.. all, .. sum]) * Spread(b, [.. all, .. sum])).SumOver(Axes.Range(all.Length, sum.Length)), all);
        var op = new DotOp(Places(a, batch), Places(b, batch), Places(a, sum), Places(b, sum));
        return new(Graph.Apply(op, a.Value, b.Value), all);

        static Axes Places(Term term, int[] names) => Axes.Of([.. names.Select(n => Array.IndexOf(term.Names, n))]);
    }

    // The term's axes in this order, with axes of size 1 for those that it does not have.
    static Tensor Spread(Term term, int[] order) {
        int[] own = [.. order.Where(term.Names.Contains)];
        var x = term.Value.TransposeBy(Axes.Of([.. own.Select(n => Array.IndexOf(term.Names, n))]));
        return x.ReshapeTo(Shape.Of([.. order.Select(n => Array.IndexOf(own, n) is var at && at >= 0 ? x.Shape[at] : 1)]));
    }

    // Greedy, as opt_einsum: the pair that adds least to what is in memory; of several, the one with the least work.
    (int, int) Cheapest(List<Term> terms, int[] output) {
        var (best, memory, work) = ((0, 1), double.PositiveInfinity, double.PositiveInfinity);
        for (var i = 0; i < terms.Count && terms.Count > 2; i++)
            for (var j = i + 1; j < terms.Count; j++) {
                HashSet<int> wanted = [.. output, .. terms.Where((_, k) => k != i && k != j).SelectMany(t => t.Names)], all = [.. terms[i].Names, .. terms[j].Names];
                var (grows, costs) = (Product(all.Where(wanted.Contains)) - Product(terms[i].Names) - Product(terms[j].Names), Product(all));
                if (grows < memory || grows == memory && costs < work) (best, memory, work) = ((i, j), grows, costs);
            }
        return best;
    }

    double Product(IEnumerable<int> names) => names.Aggregate(1.0, (p, n) => p * sizes[n]);
}
