using FsCheck.Xunit;
using static Diff.Functions;

namespace Diff.Tests;

/// <summary>A random function of a vector: three bytes a step choose what is applied to which of the values so far. Shrinking the
/// bytes shrinks the program.</summary>
internal sealed class RandomProgram(byte[] code) {
    // 24 elements are a whole vector and a rest, which are computed one after the other.
    public const int Length = 24 + 24 + 16 + 1;

    readonly (int What, int A, int B)[] steps = [.. code.Append((byte)0).Append((byte)0).Chunk(3).Where(c => c.Length == 3).Take(12).Select(c => ((int)c[0], (int)c[1], (int)c[2]))];

    public int Steps => steps.Length;

    /// <summary>f[65] → a scalar that depends on every step.</summary>
    public Tensor Apply(Tensor p) {
        var values = new List<Tensor> { p[..24].Reshape(6, 4), p[24..48].Reshape(6, 4), p[48..64].Reshape(4, 4), p[64] };
        var used = new HashSet<Tensor>();
        foreach (var (what, a, b) in steps) {
            var (x, y) = (values[a % values.Count], values[b % values.Count]);
            used.UnionWith([x, y]);
            values.Add(Step(what, x, y));
        }
        // Only what no step has used is kept to the end: the others die where they are used, and a plan may write over them.
        var loss = values[^1].Sum();
        for (var i = 0; i < values.Count; i++)
            if (!used.Contains(values[i])) loss += values[i].Mean() * (0.1 * (i + 1));
        return loss;
    }

    // Everything stays of moderate size, or the differences would measure rounding.
    static Tensor Step(int what, Tensor a, Tensor b) {
        var other = b.Shape.Equals(a.Shape) || b.Rank == 0 ? b : b.Mean();
        return (what % 28) switch {
            0 => a + other,
            1 => a - other,
            2 => Tanh(a) * other,
            3 => a / (other.Square() + 1),
            4 => Sin(a),
            5 => Tanh(a),
            6 => Exp(Tanh(a)),
            7 => Log(a.Square() + 1),
            8 => Relu(a),
            9 => a.Abs(),
            10 => Max(a, other),
            11 => Where(a > other, a, other * 0.5),
            12 => Sqrt(a.Square() + 0.5),
            13 => Tanh(a).Pow(3),
            14 => Sigmoid(a),
            15 => a.Rank == 0 ? Cos(a) : a.Sum(0) * 0.3,
            16 => a.Rank == 0 ? -a : a.Mean(-1),
            17 => a.Rank == 0 ? a * 3 : a.Max(0),
            18 => a.Rank == 2 && b.Rank == 2 && a.Shape[1] == b.Shape[0] ? a.MatMul(b) * 0.3 : a.Rank == 2 ? a.T : a * 0.7,
            19 => a.Rank == 2 && b.Rank == 2 && a.Shape[0] == b.Shape[0] ? a.T.MatMul(b) * 0.3 : Gelu(a),
            20 => a.Rank == 0 ? a + 1 : Softmax(a),
            21 => a.Rank == 0 ? Softplus(a) : LogSumExp(a, -1),
            22 => a.Rank == 0 ? a * a : Tanh(a) is var t && t.Rank == 2 && t.Shape[0] == t.Shape[1] ? t - t.T * 0.5 + t.T : t + t.Flip(),
            23 => a.Rank == 0 ? a.Square() : Concat([a, Tanh(a)])[1..],
            24 => a.Rank == 0 ? Atan(a) : a[^1],
            25 => a.Rank == 0 ? a.Erf() : a.Take(Tensor.Ints(0, -1, 0)),
            26 => a.Norm(),
            _ => a.Rank == 0 ? a : a.Pad(0.5, (1, 0)),
        };
    }

    public static Tensor Point(int seed, DType type, bool special = false) {
        var random = new Random(seed);
        double[] odd = [0, -0.0, double.PositiveInfinity, double.NegativeInfinity, double.NaN, 1e-310, -1];
        return Values.Make(new(type, Shape.Of(Length)), [.. Enumerable.Range(0, Length).Select(_ => special && random.Next(3) == 0 ? odd[random.Next(odd.Length)] : random.NextDouble() * 3 - 1.5)]);
    }

    /// <summary>The value and the gradient as one closed program, and what to run it on.</summary>
    public (Program Program, View[] Arguments) Close(Tensor at) {
        using var scope = new Scope("law");
        var p = Graph.Alias(at, scope);
        var (value, gradient) = ValueAndGrad(Apply, p);
        var graph = ProgramBuilder.Close([value, gradient], scope, [p]);
        var program = graph.ToProgram();
        var leaves = graph.Leaves.Skip(1).Select(t => t.Value.Packed()).ToArray();
        graph.Return();
        return (program, [at.Value, .. leaves]);
    }
}

/// <summary>What holds of every program, tried on random ones.</summary>
[Properties(MaxTest = 200, EndSize = 60)]
public class ProgramLaws {
    [Property]
    public void Forward_is_reverse(byte[] code, int seed) {
        var (f, p, v) = (new RandomProgram(code), RandomProgram.Point(seed, DType.F64), RandomProgram.Point(seed + 1, DType.F64));
        var (gradient, tangent) = (Grad(f.Apply, p), Jvp(f.Apply, p, v).Tangent);
        var (sum, size) = Values.Inner([gradient], [v]);
        if (!(Math.Abs(sum - tangent.Item()) <= 1e-12 * (1 + size))) Assert.Fail($"reverse {sum:R}, forward {tangent.Item():R}");
    }

    [Property]
    public void Gradient_is_the_difference(byte[] code, int seed) {
        var (f, p, v) = (new RandomProgram(code), RandomProgram.Point(seed, DType.F64), RandomProgram.Point(seed + 1, DType.F64));
        const double h = 3e-6;
        var difference = (f.Apply(p + v * h).Item() - f.Apply(p - v * h).Item()) / (2 * h);
        var (sum, size) = Values.Inner([Grad(f.Apply, p)], [v]);
        if (!(Math.Abs(sum - difference) <= 1e-6 * (1 + size))) Assert.Fail($"gradient {sum:R}, difference {difference:R}");
    }

    [Property(MaxTest = 100)]
    public void Second_derivatives_agree_in_every_nesting(byte[] code, int seed) {
        var (f, p) = (new RandomProgram(code), RandomProgram.Point(seed, DType.F64));
        var (v, w) = (RandomProgram.Point(seed + 1, DType.F64), RandomProgram.Point(seed + 2, DType.F64));
        double[] all = [
            Jvp(x => Jvp(f.Apply, x, v).Tangent, p, w).Tangent.Item(),
            Jvp(x => (Grad(f.Apply, x) * v).Sum(), p, w).Tangent.Item(),
            (Grad(x => Jvp(f.Apply, x, v).Tangent, p) * w).Sum().Item(),
            (Grad(x => (Grad(f.Apply, x) * v).Sum(), p) * w).Sum().Item(),
            (Vjp(x => Vjp(f.Apply, x).Pullback(1), p).Pullback(v) * w).Sum().Item()];
        var size = 1 + Values.Inner([Grad(x => (Grad(f.Apply, x) * v).Sum(), p)], [w]).Size;
        Assert.All(all, d => Assert.True(Math.Abs(d - all[0]) <= 1e-11 * size, string.Join(" ", all)));
    }

    [Property]
    public void Eager_value_is_the_planned_one(byte[] code, int seed, bool single, bool special) {
        var (f, p) = (new RandomProgram(code), RandomProgram.Point(seed, single ? DType.F32 : DType.F64, special));
        var eager = f.Apply(p);
        for (var run = 0; run < 3; run++) Values.AssertSame(eager, ValueAndGrad(f.Apply, p).Value, $"run {run}");
    }

    [Property]
    public void Jit_changes_no_bit(byte[] code, int seed, bool single, bool special) {
        var (f, p) = (new RandomProgram(code), RandomProgram.Point(seed, single ? DType.F32 : DType.F64, special));
        var (jitted, gradient) = (Jit(f.Apply), Jit(Grad(f.Apply)));
        for (var run = 0; run < 3; run++) {
            Values.AssertSame(f.Apply(p), jitted(p), $"run {run}");
            Values.AssertSame(Grad(f.Apply, p), gradient(p), $"gradient, run {run}");
        }
    }

    [Property]
    public void Simplify_changes_no_bit(byte[] code, int seed, bool single, bool special) {
        var (program, arguments) = new RandomProgram(code).Close(RandomProgram.Point(seed, single ? DType.F32 : DType.F64, special));
        var simple = program.Simplify();
        Assert.True(simple.Equations.Length <= program.Equations.Length);
        AssertSame(Evaluation.Interpret(program, arguments), Evaluation.Interpret(simple, arguments));
        Assert.Equal(simple, simple.Simplify());
    }

    [Property]
    public void Plan_changes_no_bit_even_in_poisoned_memory(byte[] code, int seed, bool single, bool special) {
        var (program, arguments) = new RandomProgram(code).Close(RandomProgram.Point(seed, single ? DType.F32 : DType.F64, special));
        var expected = Evaluation.Interpret(program, arguments);
        var before = Array.ConvertAll(arguments, Values.Bits);
        var plan = new Plan(program);
        for (var run = 0; run < 3; run++) {
            AssertSame(expected, plan.Run(arguments));
            plan.Poison();
        }
        Assert.Equal(before, Array.ConvertAll(arguments, Values.Bits));
    }

    [Property(MaxTest = 40)]
    public void Eight_threads_give_the_bits_of_one(byte[] code, int seed, bool single) {
        var (f, p) = (new RandomProgram(code), RandomProgram.Point(seed, single ? DType.F32 : DType.F64));
        var expected = Grad(f.Apply, p);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ => Values.AssertSame(expected, Grad(f.Apply, p), "thread"));
    }

    [Property(MaxTest = 60)]
    public void Linearize_is_jvp_and_vjp_is_grad(byte[] code, int seed) {
        var (f, p, v) = (new RandomProgram(code), RandomProgram.Point(seed, DType.F64), RandomProgram.Point(seed + 1, DType.F64));
        var (value, tangent) = Linearize(f.Apply, p);
        var (pushedValue, pushed) = Jvp(f.Apply, p, v);
        Values.AssertSame(pushedValue, value, "value");
        Values.AssertClose(pushed, tangent(v), 1e-12, "tangent");
        Values.AssertClose(pushed * -2, tangent(v * -2), 1e-12, "again");
        var pull = Vjp(f.Apply, p).Pullback;
        var gradient = Grad(f.Apply, p);
        Values.AssertClose(gradient, pull(1), 1e-12, "pullback");
        Values.AssertClose(gradient * 3, pull(3), 1e-12, "another");
    }

    static void AssertSame(View[] expected, View[] actual) => Values.AssertSame(Array.ConvertAll(expected, v => new Tensor(v)), Array.ConvertAll(actual, v => new Tensor(v)), "plan");
}
