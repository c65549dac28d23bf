using static Diff.Functions;

namespace Diff.Tests;

/// <summary>What holds of every program, tried on random ones of all ops: see <see cref="Laws"/> for what each law says.</summary>
public class ProgramLaws {
    [Fact]
    public void All_ways_to_run_have_the_same_bits() => Trial.All(Laws.OneResult, smooth: false);

    [Fact]
    public void All_ways_to_run_a_derivative_have_the_same_bits() => Trial.All(Laws.OneGradient, smooth: false);

    [Fact]
    public void Simplify_changes_no_bit() => Trial.All(Laws.Simplified, smooth: false);

    [Fact]
    public void Jvp_is_the_central_difference() => Trial.All(Laws.JvpIsTheDifference, smooth: true);

    [Fact]
    public void Forward_is_reverse() => Trial.All(Laws.ForwardIsReverse, smooth: true);

    [Fact]
    public void A_map_is_a_loop() => Trial.All(Laws.MapIsLoop, smooth: true);

    [Fact]
    public void A_map_of_a_gradient_is_a_loop_of_gradients() => Trial.All(Laws.MapOfGradientIsLoop, smooth: true);

    [Fact]
    public void Second_derivatives_agree_in_every_nesting() => Trial.All(Laws.SecondDerivatives, smooth: true);

    [Fact]
    public void Eight_threads_give_the_bits_of_one() => Trial.All(Laws.ThreadsAgree, smooth: false);
}

/// <summary>Laws of functions of tensors. Every one can be called in a test of its own, as a failure prints it.</summary>
internal static class Laws {
    /// <summary>Eager, once and again (by then a plan of it may be known), interpreted, planned (fused, in memory that starts as NaN), compiled and jitted: one
    /// result to the bit, and the arguments stay what they are.</summary>
    public static void OneResult(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        var before = Array.ConvertAll(at, Values.Bits);
        var eager = Outcome(() => f(at));
        for (var run = 1; run < 4; run++) Same(eager, Outcome(() => f(at)), $"eager, run {run}");
        var (program, arguments) = Closed(f, at);
        Same(eager, Outcome(() => Tensors(Evaluation.Interpret(program, arguments))), "interpreted");
        foreach (var (sizes, how) in new[] { (PartSizes.Usual, ""), (new(150, 0, 2, 0), " in strips"), (new(0, long.MaxValue, 2, 0), " in rows") }) {
            var plan = new Plan(program, sizes);
            for (var run = 0; run < 4; run++) {
                if (run == 2) plan.Compile();
                Same(eager, Outcome(() => Tensors(plan.Run(arguments))), $"{(run < 2 ? "planned" : "compiled")}{how}, run {run}");
                plan.Poison();
            }
        }
        var jitted = Jit<Tensor[], Tensor[]>(f);
        for (var run = 0; run < 3; run++) Same(eager, Outcome(() => jitted(at)), $"jitted, run {run}");
        Assert.Equal(before, Array.ConvertAll(at, Values.Bits));
    }

    /// <summary>The same of the value and the gradient together.</summary>
    public static void OneGradient(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Outcome(() => f(at)).Error is not null) return;
        if (Scalar(f, at) is not var (loss, x)) return;
        OneResult(p => [.. ValueAndGrad(loss, p) is var (value, gradient) ? [value, .. gradient] : new Tensor[0]], x);
    }

    /// <summary>A simplified program is no longer, can be simplified no more, and gives the same bits.</summary>
    public static void Simplified(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        var (program, arguments) = Closed(f, at);
        var simple = program.Simplify();
        Assert.True(simple.Equations.Length <= program.Equations.Length);
        Assert.Equal(simple, simple.Simplify());
        Same(Outcome(() => Tensors(Evaluation.Interpret(program, arguments))), Outcome(() => Tensors(Evaluation.Interpret(simple, arguments))), "simplified");
    }

    /// <summary>Forward mode against differences of two steps: what they disagree by is how far they can be trusted.</summary>
    public static void JvpIsTheDifference(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Floats(f, at) is not var (g, x)) return;
        var v = Directions(x, 1);
        var tangents = Jvp(g, x, v).Tangent;
        var (fine, coarse) = (Difference(2e-6), Difference(6e-6));
        for (var i = 0; i < tangents.Length; i++) {
            var t = Values.Doubles(tangents[i]);
            var scale = 1 + t.Concat(fine[i]).Max(Math.Abs);
            for (var j = 0; j < t.Length; j++)
                if (!(Math.Abs(t[j] - fine[i][j]) <= 3e-6 * scale + 3 * Math.Abs(fine[i][j] - coarse[i][j]))) Assert.Fail($"result {i}, element {j}: tangent {t[j]:R}, differences {fine[i][j]:R} and {coarse[i][j]:R}");
        }

        double[][] Difference(double h) {
            var (up, down) = (g(Moved(h)), g(Moved(-h)));
            return [.. up.Zip(down, (a, b) => Values.Doubles(a).Zip(Values.Doubles(b), (p, q) => (p - q) / (2 * h)).ToArray())];
        }

        Tensor[] Moved(double h) => [.. x.Zip(v, (p, d) => p + d * h)];
    }

    /// <summary>⟨Jv, u⟩ = ⟨v, Jᵀu⟩, and Linearize is Jvp.</summary>
    public static void ForwardIsReverse(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Floats(f, at) is not var (g, x)) return;
        var v = Directions(x, 1);
        var (y, pushed) = Jvp(g, x, v);
        var u = Directions(y, 2);
        var (value, pull) = Vjp(g, x);
        Values.AssertSame(y, value, "value");
        AssertInner(Values.Inner(pushed, u), Values.Inner(v, pull(u)), "⟨Jv, u⟩ and ⟨v, Jᵀu⟩");
        var linear = Linearize(g, x).Tangent;
        Close(pushed, linear(v), 1e-11, "Linearize");
        Close([.. pushed.Select(p => p * -2)], linear([.. v.Select(d => d * -2)]), 1e-11, "Linearize, again");
    }

    /// <summary>Vmap over a random choice of inputs and axes against a loop.</summary>
    public static void MapIsLoop(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        const int size = 3;
        var random = new Random(at.Length);
        var mapped = at.Select((_, i) => i == 0 || random.Next(3) > 0).ToArray();
        var axes = at.Select(x => random.Next(-1 - x.Rank, x.Rank + 1)).ToArray();
        // Beside the point: far enough to tell the rows apart, near enough to stay in every domain.
        var rows = Enumerable.Range(0, size).Select(r => at.Zip(Directions(at, r), (x, d) => x.DType.IsFloat() ? x + d * (1e-3 * r) : x).ToArray()).ToArray();
        var stacks = at.Select((x, i) => mapped[i] ? Functions.Stack([.. rows.Select(r => r[i])], axes[i]) : x).ToArray();
        var together = Batching.Run(f, stacks, path => int.Parse(path.Trim('[', ']')) is var i && mapped[i] ? axes[i] : null, 0);
        for (var r = 0; r < size; r++)
            Close(f([.. at.Select((x, i) => mapped[i] ? rows[r][i] : x)]), [.. together.Select(t => t[r])], 1e-8, $"row {r}");
    }

    /// <summary>Vmap(Grad(f)) against a loop of gradients.</summary>
    public static void MapOfGradientIsLoop(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Scalar(f, at) is not var (loss, x)) return;
        MapIsLoop(p => Grad(loss, p), x);
    }

    /// <summary>Forward over reverse, reverse over reverse and the others: one Hessian, and it is symmetric.</summary>
    public static void SecondDerivatives(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Scalar(f, at) is not var (loss, x)) return;
        // Along three directions of all inputs together, so that the matrix stays small.
        var along = Enumerable.Range(0, 3).Select(k => Directions(x, k)).ToArray();
        Tensor G(Tensor t) => loss([.. x.Select((p, i) => p + along.Select((a, k) => a[i] * t[k]).Aggregate((a, b) => a + b))]);
        Tensor zero = new double[3];
        var h = Hessian(G, zero);
        Close([h], [h.T], 1e-9, "symmetric");
        Close([h], [JacobianReverse(t => Grad(G, t), zero)], 1e-9, "reverse over reverse");
        Close([h], [JacobianForward(t => JacobianForward(G, t), zero)], 1e-9, "forward over forward");
        Close([h], [JacobianReverse(t => JacobianForward(G, t), zero)], 1e-9, "reverse over forward");
    }

    /// <summary>One gradient, eight threads at once.</summary>
    public static void ThreadsAgree(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Scalar(f, at) is not var (loss, x)) return;
        var expected = Outcome(() => Grad(loss, x));
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => Same(expected, Outcome(() => Grad(loss, x)), $"thread {i}"));
    }

    /// <summary>Values and gradients by one thread, and cut for several.</summary>
    public static void Parted(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        var one = Outcome(() => ForkJoin.Using(1, () => Forced(f(at))));
        foreach (var threads in new[] { 2, 3, 5 }) Same(one, Outcome(() => ForkJoin.Using(threads, () => Forced(f(at)), always: true)), $"{threads} threads");
        if (one.Error is not null || Scalar(f, at) is not var (loss, x)) return;
        var gradient = Outcome(() => ForkJoin.Using(1, () => Grad(loss, x)));
        foreach (var threads in new[] { 2, 3, 5 }) Same(gradient, Outcome(() => ForkJoin.Using(threads, () => Grad(loss, x), always: true)), $"gradient, {threads} threads");
    }

    static Tensor[] Forced(Tensor[] results) {
        foreach (var r in results) _ = r.Value;
        return results;
    }

    /// <summary>The function of its floats alone and its float results: what is differentiated. Null where there are none.</summary>
    public static (Func<Tensor[], Tensor[]> G, Tensor[] At)? Floats(Func<Tensor[], Tensor[]> f, Tensor[] at) {
        var floats = Array.FindAll(at, x => x.DType.IsFloat() && x.Size > 0);
        if (floats.Length == 0 || !Array.Exists(f(at), y => y.DType.IsFloat() && y.Size > 0)) return null;
        return (x => {
            var next = 0;
            return Array.FindAll(f([.. at.Select(a => a.DType.IsFloat() && a.Size > 0 ? x[next++] : a)]), y => y.DType.IsFloat() && y.Size > 0);
        }, floats);
    }

    /// <summary>The same as one number, in which every result has another weight.</summary>
    public static (Func<Tensor[], Tensor> Loss, Tensor[] At)? Scalar(Func<Tensor[], Tensor[]> f, Tensor[] at) =>
        Floats(f, at) is var (g, x) ? (p => g(p) is var y ? y.Zip(Directions(y, 7), (r, w) => (r * w).Sum().To(DType.F64)).Aggregate((a, b) => a + b) : 0, x) : null;

    /// <summary>Normal numbers for floats, the thing itself for the rest.</summary>
    public static Tensor[] Directions(Tensor[] like, int number) => [.. like.Select((x, i) => x.DType.IsFloat() ? Key.Of(number).FoldIn(i).Normal(x.DType, x.Shape.ToArray()) : x)];

    /// <summary>A function as a closed program, and what to run it on.</summary>
    static (Program Program, View[] Arguments) Closed(Func<Tensor[], Tensor[]> f, Tensor[] at) {
        using var scope = new Scope("law");
        var x = Array.ConvertAll(at, a => Graph.Alias(a, scope));
        var graph = ProgramBuilder.Close(f(x), scope, x);
        var program = graph.ToProgram();
        View[] arguments = [.. at.Select(a => a.Value.Packed()), .. graph.Leaves.Skip(at.Length).Select(t => t.Plain)];
        graph.Return();
        return (program, arguments);
    }

    static Tensor[] Tensors(View[] views) => Array.ConvertAll(views, v => new Tensor(v));

    // A matrix that has no inverse has none in any of the ways to run.
    static (Tensor[]? Results, string? Error) Outcome(Func<Tensor[]> run) {
        try {
            return (Forced(run()), null);
        } catch (DiffException e) {
            return (null, e.GetType().Name);
        } catch (DivideByZeroException e) {
            return (null, e.GetType().Name);
        }
    }

    static void Same((Tensor[]? Results, string? Error) expected, (Tensor[]? Results, string? Error) actual, string what) {
        Assert.Equal(expected.Error, actual.Error);
        if (expected.Results is not null) Values.AssertSame(expected.Results, actual.Results!, what);
    }

    public static void Close(Tensor[] expected, Tensor[] actual, double tolerance, string what) {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) {
            Assert.Equal(expected[i].DType, actual[i].DType);
            Values.AssertClose(expected[i], actual[i], tolerance, $"{what}, result {i}");
        }
    }

    public static void AssertInner((double Sum, double Size) a, (double Sum, double Size) b, string what) {
        if (!(Math.Abs(a.Sum - b.Sum) <= 1e-11 * (1 + a.Size + b.Size))) Assert.Fail($"{what}: {a.Sum:R}, {b.Sum:R}");
    }
}
