namespace Diff.Tests;

/// <summary>Makes a program that breaks a law as small as it still breaks it.</summary>
internal static class Shrinking {
    /// <summary>The first smaller trial that fails in the same way, again and again.</summary>
    public static (Trial Trial, Exception Failure) Smallest(Trial trial, Law law, Exception failure) {
        for (var tried = 0; tried < 5000;) {
            var smaller = Candidates(trial).Where(c => tried++ < 5000 && Runs(c)).Select(c => (c, Trial.Failure(c, law))).FirstOrDefault(c => c.Item2?.GetType() == failure.GetType());
            if (smaller.Item2 is not { } again) break;
            (trial, failure) = (smaller.c, again);
        }
        return (trial, failure);
    }

    // A program that cannot even run says nothing about the law.
    static bool Runs(Trial t) {
        try {
            t.Program.Values(t.At);
            return true;
        } catch (Exception) {
            return false;
        }
    }

    static IEnumerable<Trial> Candidates(Trial t) {
        var (p, at) = (t.Program, t.At);
        if (p.Outputs.Length > 1)
            foreach (var o in p.Outputs) yield return Live(t, p with { Outputs = [o] }, at);
        // An equation's results become inputs: all that only it has needed drops out.
        var values = p.Values(at);
        for (var e = p.Equations.Length - 1; e >= 0; e--) yield return Cut(t, e, values);
        // The program ends before an equation, or goes on without it.
        var types = p.Types();
        for (var e = p.Equations.Length - 1; e >= 0; e--) {
            var equation = p.Equations[e];
            foreach (var x in equation.Inputs.Distinct()) {
                if (p.Outputs.Contains(equation.First)) yield return Live(t, p with { Outputs = [.. p.Outputs.Select(o => o == equation.First ? x : o)] }, at);
                if (types[x] == equation.Types[0]) yield return Live(t, Renamed(p, equation.First, x), at);
            }
        }
        foreach (var size in p.Inputs.SelectMany(i => i.Type.Shape.ToArray()).Where(d => d > 1).Distinct().OrderDescending())
            foreach (var less in new[] { 1, 2, size / 2, size - 1 }.Where(n => n < size).Distinct())
                if (Resized(t, size, less) is { } smaller) yield return smaller;
        for (var i = 0; i < at.Length; i++)
            if (Resized(t, i) is { } flat) yield return flat;
        if (t.Smooth) yield break;      // a simpler point may be one without a derivative
        for (var i = 0; i < at.Length; i++)
            foreach (var simple in Simpler(at[i])) yield return t with { At = [.. at.Select((x, j) => j == i ? simple : x)] };
    }

    static Program Renamed(Program p, int from, int to) => p with {
        Equations = [.. p.Equations.Select(e => e with { Inputs = [.. e.Inputs.Select(x => x == from ? to : x)] })],
        Outputs = [.. p.Outputs.Select(o => o == from ? to : o)],
    };

    static Trial Cut(Trial t, int at, Tensor[] values) {
        var p = t.Program;
        var (cut, count) = (p.Equations[at], p.Inputs.Length);
        // New inputs come after the old ones, and everything behind them moves up.
        int Place(int v) => v < count ? v : v >= cut.First && v < cut.First + cut.Types.Length ? count + v - cut.First : v < cut.First ? v + cut.Types.Length : v;
        var moved = new Program([.. p.Inputs, .. cut.Types.Select(x => new ProgramInput(x))],
            [.. p.Equations.Where((_, i) => i != at).Select(e => e with { Inputs = [.. e.Inputs.Select(Place)], First = Place(e.First) })], [.. p.Outputs.Select(Place)]);
        return Live(t, moved, [.. t.At, .. values[cut.First..(cut.First + cut.Types.Length)]]);
    }

    /// <summary>Without equations and inputs that no output needs.</summary>
    static Trial Live(Trial t, Program p, Tensor[] at) {
        var used = p.Outputs.ToHashSet();
        var kept = new List<Equation>();
        foreach (var e in p.Equations.Reverse()) {
            if (!Enumerable.Range(e.First, e.Types.Length).Any(used.Contains)) continue;
            used.UnionWith(e.Inputs);
            kept.Insert(0, e);
        }
        var (place, next) = (new int[p.Count], 0);
        var inputs = Enumerable.Range(0, p.Inputs.Length).Where(used.Contains).ToArray();
        foreach (var i in inputs) place[i] = next++;
        foreach (var e in kept)
            for (var i = 0; i < e.Types.Length; i++) place[e.First + i] = next++;
        return t with {
            Program = new([.. inputs.Select(i => p.Inputs[i])], [.. kept.Select(e => e with { Inputs = [.. e.Inputs.Select(x => place[x])], First = place[e.First] })], [.. p.Outputs.Select(o => place[o])]),
            At = [.. inputs.Select(i => at[i])],
        };
    }

    /// <summary>Every axis of one size gets another, if the ops allow it.</summary>
    static Trial? Resized(Trial t, int size, int less) => Retyped(t, x => Part(x, [.. x.Shape.ToArray().Select(d => d == size ? less : d)]));

    /// <summary>All inputs of one shape become scalars.</summary>
    static Trial? Resized(Trial t, int input) => t.At[input].Rank == 0 || t.At[input].Size == 0 ? null
        : Retyped(t, x => x.Shape.Equals(t.At[input].Shape) ? Values.Make(new(x.DType, Shape.Scalar), Values.Doubles(x)[..1]) : x);

    static Trial? Retyped(Trial t, Func<Tensor, Tensor> change) {
        var at = Array.ConvertAll(t.At, x => change(x));
        var types = at.Select(x => x.Type).ToList();
        var equations = new List<Equation>();
        try {
            foreach (var e in t.Program.Equations) {
                // A constant goes with what it is used with.
                var op = e.Op is FillOp f && change(Values.Make(f.Type, new double[f.Type.Shape.Size])).Type is var type ? f with { Type = type } : e.Op;
                var outputs = op.Infer([.. e.Inputs.Select(x => types[x])]);
                equations.Add(e with { Op = op, Types = outputs });
                types.AddRange(outputs);
            }
            return t with { Program = new([.. at.Select(x => new ProgramInput(x.Type))], [.. equations], t.Program.Outputs), At = at };
        } catch (Exception) {
            return null;
        }
    }

    static Tensor Part(Tensor x, int[] dims) => x.Size == 0 ? x : Graph.Apply(new SliceOp(Axes.Of(new int[dims.Length]), Axes.Of([.. dims.Select(_ => 1)]), Shape.Of(dims)), x) is var part ? new(part.Value.Packed()) : x;

    static IEnumerable<Tensor> Simpler(Tensor x) {
        var v = Values.Doubles(x);
        foreach (var whole in new[] { v.Select(_ => 0.0).ToArray(), [.. v.Select(_ => 1.0)], [.. v.Select(n => Digits(n, 1))], [.. v.Select(n => Digits(n, 2))] })
            if (Cost(whole) < Cost(v)) yield return Values.Make(x.Type, whole);
        for (var i = 0; i < Math.Min(v.Length, 64); i++)
            foreach (var one in new[] { 0, 1, Digits(v[i], 1) }) {
                var changed = v.ToArray();
                changed[i] = one;
                if (Cost(changed) < Cost(v)) yield return Values.Make(x.Type, changed);
            }
    }

    static double Digits(double x, int digits) => double.IsFinite(x) && double.TryParse(x.ToString("G" + digits), out var rounded) ? rounded : x;

    // 0 is simplest, then 1, then what has few digits.
    static int Cost(double[] values) => values.Sum(v => v == 0 && !double.IsNegative(v) ? 0 : v == 1 ? 1 : 1 + v.ToString("R").Length);
}
