using System.Collections.Concurrent;

namespace Diff.Tests.Inside;

/// <summary>The miniature of docs/inside.md, in the order of the text and to the letter: DocsTests compares the two.</summary>
public static class Miniature {
    public enum Op { Input, Alias, Stop, Neg, Add, Mul, Sin, Cos }

    public static double Run(Op op, double[] x) => op switch {
        Op.Neg => -x[0],
        Op.Add => x[0] + x[1],
        Op.Mul => x[0] * x[1],
        Op.Sin => Math.Sin(x[0]),
        Op.Cos => Math.Cos(x[0]),
        Op.Alias or Op.Stop => x[0],
        _ => throw new InvalidOperationException("This variable has no value."),
    };

    public static Num Sin(Num x) => Apply(Op.Sin, x);
    public static Num Cos(Num x) => Apply(Op.Cos, x);

    public sealed class Scope : IDisposable {
        public bool IsOpen { get; private set; } = true;
        public void Dispose() => IsOpen = false;
    }

    public sealed record Call(Op Op, Num[] Inputs, Scope[] Free);

    public sealed partial class Num {
        double? value;
        public Num(double value) => this.value = value;
        public Num(Call call) => Call = call;

        public Call? Call { get; private set; }
        public bool HasValue => value is not null;
        public double Value => value ??= Compute(this);
        public bool IsLive => Call is { } c && c.Free.Any(s => s.IsOpen);
        public bool DependsOn(Scope scope) => Call is { } c && c.Free.Contains(scope);

        public Num Settled() {
            if (!IsLive) (_, Call) = (Value, null);
            return this;
        }

        public static implicit operator Num(double value) => new(value);
        public static Num operator -(Num a) => Apply(Op.Neg, a);
        public static Num operator -(Num a, Num b) => a + -b;
        public static Num operator +(Num a, Num b) => Apply(Op.Add, a, b);
        public static Num operator *(Num a, Num b) => Apply(Op.Mul, a, b);
    }

    static Num Apply(Op op, params Num[] x) {
        x = [.. x.Select(n => n.Settled())];
        Scope[] free = [.. x.SelectMany(n => n.Call?.Free ?? []).Where(s => s.IsOpen).Distinct()];
        return free.Length > 0 ? new(new Call(op, x, free)) : new(Run(op, [.. x.Select(n => n.Value)]));
    }

    static Num Variable(Num at, Scope scope) => new(new Call(Op.Alias, [at.Settled()], [.. at.Call?.Free ?? [], scope]));

    static Num Unknown(Scope scope) => new(new Call(Op.Input, [], [scope]));

    static Num? Jvp(Op op, Num[] x, Num?[] t) => op switch {
        Op.Alias => t[0],
        Op.Neg => -t[0]!,
        Op.Add => Sum(t[0], t[1]),
        Op.Mul => Sum(Times(t[0], x[1]), Times(t[1], x[0])),
        Op.Sin => t[0]! * Cos(x[0]),
        Op.Cos => t[0]! * -Sin(x[0]),
        _ => null,
    };

    static Num? Sum(Num? a, Num? b) => a is null ? b : b is null ? a : a + b;
    static Num? Times(Num? tangent, Num by) => tangent is null ? null : tangent * by;

    static List<Num> Walk(Num output, Func<Num, bool> enter) {
        var (order, seen) = (new List<Num>(), new HashSet<Num>());
        Visit(output);
        return order;

        void Visit(Num n) {
            if (!enter(n) || !seen.Add(n)) return;
            foreach (var x in n.Call!.Inputs) Visit(x);
            order.Add(n);
        }
    }

    static Num? Push(Num y, Scope scope, Num variable, Num tangent) {
        var known = new Dictionary<Num, Num?> { [variable] = tangent };
        foreach (var n in Walk(y, n => n != variable && n.DependsOn(scope))) {
            Num?[] t = [.. n.Call!.Inputs.Select(x => known.GetValueOrDefault(x))];
            known[n] = t.All(x => x is null) ? null : Jvp(n.Call.Op, n.Call.Inputs, t);
        }
        return known.GetValueOrDefault(y);
    }

    public static (Num Value, Num Tangent) Jvp(Func<Num, Num> f, Num at, Num along) {
        using var scope = new Scope();
        var x = Variable(at, scope);
        var y = f(x);
        var t = Push(y, scope, x, along) ?? 0;
        scope.Dispose();
        return (y.Settled(), t.Settled());
    }

    static Num?[] Transpose(Op op, Num cotangent, Num[] x, bool[] linear) => (op, linear) switch {
        (Op.Neg, _) => [-cotangent],
        (Op.Add, _) => [cotangent, cotangent],
        (Op.Mul, [true, false]) => [cotangent * x[1], null],
        (Op.Mul, [false, true]) => [null, cotangent * x[0]],
        _ => throw new InvalidOperationException($"{op} is not linear here."),
    };

    static Num Pull(Num y, Num cotangent, Scope scope, Num variable) {
        var known = new Dictionary<Num, Num> { [y] = cotangent };
        foreach (var n in Enumerable.Reverse(Walk(y, n => n != variable && n.DependsOn(scope)))) {
            var inputs = n.Call!.Inputs;
            bool[] linear = [.. inputs.Select(x => x.DependsOn(scope))];
            var cotangents = Transpose(n.Call.Op, known[n], inputs, linear);
            for (var i = 0; i < inputs.Length; i++)
                if (linear[i]) known[inputs[i]] = Sum(known.GetValueOrDefault(inputs[i]), cotangents[i])!;
        }
        return known[variable];
    }

    public static Func<Num, Num> Grad(Func<Num, Num> f) => at => {
        using Scope scope = new(), linear = new();
        var (x, t) = (Variable(at, scope), Unknown(linear));
        var dy = Push(f(x), scope, x, t);
        var gradient = dy is null ? 0 : Pull(dy, 1, linear, t);
        scope.Dispose();
        linear.Dispose();
        return gradient.Settled();
    };

    public static Num StopGradient(Num x) => Apply(Op.Stop, x);

    public sealed partial class Num {
        public static bool operator >(Num a, Num b) => a.Value > b.Value;
        public static bool operator <(Num a, Num b) => a.Value < b.Value;
        public static explicit operator double(Num x) => !x.IsLive || x.Call!.Op == Op.Stop ? x.Value
            : throw new InvalidOperationException("A float was read that would lose its derivative. If that is meant: StopGradient(x).");
    }

    public sealed record Program(int Inputs, (Op Op, int[] From)[] Lines, int Result) {
        public double Run(IEnumerable<double> inputs) {
            List<double> values = [.. inputs];
            foreach (var (op, from) in Lines) values.Add(Miniature.Run(op, [.. from.Select(i => values[i])]));
            return values[Result];
        }

        public override string ToString() =>
            $"fun{Name(Enumerable.Range(0, Inputs))} ->{string.Concat(Lines.Select((l, i) => $"{Name(Inputs + i)} = {l.Op}{Name(l.From)};"))}{Name(Result)}";

        static string Name(params IEnumerable<int> values) => string.Concat(values.Select(v => $" {(char)('a' + v)}"));
    }

    static (Program, Num[]) Close(Num y, Func<Num, bool> inside, params Num[] variables) {
        var calls = Walk(y, inside);
        Num[] leaves = [.. variables.Concat(calls.SelectMany(n => n.Call!.Inputs).Append(y).Where(n => !inside(n))).Distinct()];
        var slots = Enumerable.Range(0, leaves.Length).ToDictionary(i => leaves[i]);
        var lines = new List<(Op Op, int[] From)>();
        foreach (var n in calls) {
            int[] from = [.. n.Call!.Inputs.Select(x => slots[x])];
            var same = lines.FindIndex(l => l.Op == n.Call.Op && l.From.SequenceEqual(from));
            slots[n] = n.Call.Op == Op.Alias ? from[0] : leaves.Length + (same >= 0 ? same : lines.Count);
            if (slots[n] == leaves.Length + lines.Count) lines.Add((n.Call.Op, from));
        }
        return (new(leaves.Length, [.. lines], slots[y]), leaves);
    }

    public static Program Show(Func<Num, Num> f) {
        using var scope = new Scope();
        var x = Unknown(scope);
        return Close(f(x), n => n != x && n.DependsOn(scope), x).Item1;
    }

    public static readonly ConcurrentDictionary<string, Program> Plans = new();

    static double Compute(Num y) {
        var (program, leaves) = Close(y, n => !n.HasValue);
        return Plans.GetOrAdd(program.ToString(), program).Run(leaves.Select(n => n.Value));
    }
}
