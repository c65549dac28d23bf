namespace Diff.Tests;

public sealed class LoopTests {
    static void Is<P>(P expected, P actual, double tolerance = 1e-12) => Assert.True(Check.Close(expected, actual, tolerance), $"{actual}, not {expected}");

    static readonly Tensor xs = new double[] { 1, -2, 3, 0.5 };

    static (Tensor, Tensor) Step(Tensor s, Tensor x) => (Sin(s) * x + s, s * x);

    static (Tensor Final, Tensor Ys) ByHand(Tensor start, Tensor xs, bool backwards = false) {
        var ys = new Tensor[xs.Shape[0]];
        for (var k = 0; k < ys.Length; k++) {
            var i = backwards ? ys.Length - 1 - k : k;
            (start, ys[i]) = Step(start, xs[i]);
        }
        return (start, Stack(ys));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void A_scan_is_its_loop(bool backwards) {
        Is(ByHand(0.3, xs, backwards), Scan(0.3, xs, Step, backwards));
        Tensor Sum((Tensor A, Tensor B) r) => r.A.Square() + r.B.Exp().Sum();
        Func<Tensor, Tensor> loop = x => Sum(ByHand(0.3, x, backwards)), scan = x => Sum(Scan(0.3, x, Step, backwards));
        Is(Grad(loop, xs), Grad(scan, xs));
        Is(Jvp(loop, xs, xs.Square()), Jvp(scan, xs, xs.Square()));
        Is(Hessian(loop, xs), Hessian(scan, xs));
        Is(Hessian(loop, xs), JacobianReverse(x => Grad(scan, x), xs));
        // By the start, and by what the body captures.
        Is(Grad(s => Sum(ByHand(s, xs, backwards)))(0.3), Grad(s => Sum(Scan(s, xs, Step, backwards)))(0.3));
        Tensor Captured(Tensor w, bool asLoop) {
            (Tensor, Tensor) Body(Tensor s, Tensor x) => (Tanh(s * w + x), s);
            if (!asLoop) return Scan(0.1, xs, Body, backwards).Ys.Sum();
            Tensor s = 0.1, sum = 0;
            for (var k = 0; k < 4; k++) {
                (s, var y) = Body(s, xs[backwards ? 3 - k : k]);
                sum += y;
            }
            return sum;
        }
        Is(Grad(w => Captured(w, true))(0.7), Grad(w => Captured(w, false))(0.7));
        Is(Grad(v => Grad(w => Captured(w, true))(v))(0.7), Grad(v => Grad(w => Captured(w, false))(v))(0.7));
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Checkpoints_change_no_derivative(bool backwards) {
        foreach (var n in new[] { 1, 2, 4, 5, 7, 9, 10, 30 }) {
            var xs = Key.Of(n).Normal(DType.F64, n);
            Tensor Sum((Tensor A, Tensor B) r) => r.A.Square() + r.B.Exp().Sum();
            Func<Tensor, Tensor> plain = x => Sum(Scan(0.3, x, Step, backwards)), segments = x => Sum(Scan(0.3, x, Step, backwards, checkpoint: true));
            Is(Scan(0.3, xs, Step, backwards), Scan(0.3, xs, Step, backwards, checkpoint: true));
            Is(Grad(plain, xs), Grad(segments, xs));
            Is(Jvp(plain, xs, xs.Square()), Jvp(segments, xs, xs.Square()));
            Is(Hessian(plain, xs), Hessian(segments, xs));
            Is(Grad(s => Sum(Scan(s, xs, Step, backwards)))(0.3), Grad(s => Sum(Scan(s, xs, Step, backwards, checkpoint: true)))(0.3));
        }
        Is(10 * Math.Pow(1.1, 9), Grad(x => ForI(10, 1, (_, y) => y * x, checkpoint: true))(1.1));
    }

    [Fact]
    public void A_scan_is_mapped() {
        Tensor many = new double[,] { { 1, 2, 3 }, { 4, 5, 6 } };
        Is(Stack([Scan(0.3, many[0], Step).Ys, Scan(0.3, many[1], Step).Ys]), Vmap(x => Scan(0.3, x, Step).Ys)(many));
        Is(Stack([Grad(x => Scan(0.3, x, Step).Ys.Sum(), many[0]), Grad(x => Scan(0.3, x, Step).Ys.Sum(), many[1])]), Vmap(x => Grad(z => Scan(0.3, z, Step).Ys.Sum(), x))(many));
        Is(Stack([Scan(1, xs, Step).Final, Scan(2, xs, Step).Final]), Vmap(s => Scan(s, xs, Step).Final)([1, 2]));
    }

    [Fact]
    public void States_and_slices_are_trees() {
        var (final, ys) = Scan((Sum: (Tensor)0, Count: Tensor.Scalar(0)), new { A = xs, B = xs * 2 }, (s, x) => ((s.Sum + x.A * x.B, s.Count + 1), (x.A, s.Count)));
        Is(2 * xs.Square().Sum(), final.Sum);
        Assert.Equal(4, final.Count.Item());
        Assert.Equal([0, 1, 2, 3], ys.Item2.ToArray<int>());
        Is(xs, ys.A);
    }

    [Fact]
    public void A_number_in_the_state_takes_the_dtype_of_the_step() => Assert.Equal(DType.F32, Scan(0, Tensor.Ones(3), (s, x) => (s + x, s)).Final.DType);

    [Fact]
    public void An_integer_in_the_state_counts_exactly() {
        Assert.Equal(16777217, Scan(0, Tensor.Ints(16777217, 0), (s, x) => (s + x, s)).Final.Item<int>());
        Assert.Equal(16777261, ForI(10, 16777216, (i, s) => s + i).Item<int>());
        Assert.Equal(16777218, While((Tensor)16777216, s => s < 16777218, s => s + Tensor.Scalar(1)).Item<int>());
        Assert.Equal(DType.I32, (Jit(static x => x)(3) * Tensor.Ints(1)).DType);
    }

    [Fact]
    public void A_step_may_not_change_the_state_and_lengths_have_to_agree() {
        Assert.Contains("it has to stay", Assert.Throws<ShapeException>(() => Scan(Tensor.Zeros(2), xs, (s, x) => (Concat([s, s]), x))).Message);
        Assert.Throws<ShapeException>(() => Scan((Tensor)0, (xs, Tensor.Zeros(3)), (s, x) => (s, s)));
        Assert.Throws<ShapeException>(() => Scan(0, 1, (s, x) => (s, x)));
        Assert.Contains("Scan", Assert.Throws<UnknownValueException>(() => Scan(0, xs, (s, x) => (x > 0 ? s : x, s))).Message);
    }

    [Fact]
    public void What_nothing_depends_on_has_no_derivative() {
        Is([0, 0], Grad(x => Scan(0, xs, (s, y) => (s + y, StopGradient(x * y).Sum())).Ys.Sum(), [1, 2]));
        Is([0, 0], Grad(x => Checkpoint(z => StopGradient(z) * 2)(x).Sum(), [1, 2]));
        Is(0, Grad(x => While(1.0, s => s < 9, s => s * 2 + StopGradient(x * s)))(3));
        Is(4, Grad(a => a * While((Tensor)1.0, s => s < a, s => s * 2))(3));
        Is(1, Grad(a => a + ForI(3, Tensor.Scalar(1.0), (i, s) => Where(s < a, s + 1, s)))(2.5));
        Is(0, Hessian(a => While(a, s => s < 10, s => s + a), 1.0));
        Is(14, Hessian(a => While(a, s => s < 10, s => s * 2 + a * a), 1.0));
    }

    [Fact]
    public void No_steps_leave_the_state() {
        var (final, ys) = Scan(7, Tensor.Zeros(DType.F64, 0), Step);
        Is(7, final);
        Assert.Equal(Shape.Of(0), ys.Shape);
    }

    [Fact]
    public void ForI_counts() {
        Is(Math.Pow(1.1, 10), ForI(10, 1, (_, y) => y * 1.1), 1e-14);
        Is(10 * Math.Pow(1.1, 9), Grad(x => ForI(10, 1, (_, y) => y * x))(1.1), 1e-12);
        Is(45, ForI(10, 0, (i, y) => y + i.To(DType.F64)));
    }

    [Fact]
    public void A_branch_is_its_if() {
        Tensor F(Tensor x) => Cond(x > 0, x, x => x.Pow(3), x => Sin(x));
        foreach (var x in new[] { 2.0, -2 }) {
            Tensor G(Tensor x) => x > 0 ? x.Pow(3) : Sin(x);
            Is(G(x), F(x));
            Is(Grad(G)(x), Grad(F)(x));
            Is(Grad(Grad(G))(x), Grad(Grad(F))(x));
            Is(Jvp(G, x, 3), Jvp(F, x, 3));
        }
        Is([8, Math.Sin(-2)], Vmap(F)([2, -2]));
        Is([12, Math.Cos(-2)], Vmap(Grad(F))([2, -2]));
        Is(6, Switch(Tensor.Scalar(1), (Tensor)3, x => x, x => x * 2, x => x * 3));
        Assert.Throws<ShapeException>(() => Switch(Tensor.Scalar(3), (Tensor)3, x => x, x => x * 2));
        Assert.Throws<ShapeException>(() => Cond(Tensor.Scalar(true), xs, x => x, x => x[0]));
        Assert.Throws<DTypeException>(() => Cond(1, xs, x => x, x => x));
    }

    [Fact]
    public void Branches_capture() => Is((3, 0), Grad(p => Cond(p.Item1 > 0, 3, x => x * p.Item1, x => x * p.Item2), ((Tensor)1, (Tensor)5)));

    [Fact]
    public void A_checkpoint_changes_no_derivative() {
        Tensor F(Tensor x) => (x.Sin() * x).Exp();
        var g = Checkpoint(F);
        Is(F(xs), g(xs));
        Is(Grad(x => F(x).Sum(), xs), Grad(x => g(x).Sum(), xs));
        Is(Hessian(x => F(x).Sum(), xs), Hessian(x => g(x).Sum(), xs));
        Is(Vmap(Grad(F))(xs), Vmap(Grad(g))(xs));
    }

    [Fact]
    public void A_map_is_a_loop() {
        Is(xs.Square(), Map(x => x.Square(), xs));
        Is(2 * xs, Grad(x => Map(z => z.Square(), x).Sum(), xs));
    }
}

/// <summary>What a long loop needs to be differentiated.</summary>
[Collection(nameof(Alone))]
public class LoopMemoryTests {
    [Fact]
    public void Checkpoints_take_a_tenth_of_the_memory() {
        // A driven pendulum of many bodies for 10,000 steps: each step's values take 1.6 kB.
        var (x, k) = (Key.Of(1).Normal(DType.F64, 200), Key.Of(2).Uniform(DType.F64, 200) + 0.5);
        Tensor Loss(Tensor k, bool checkpoint) => ForI(10_000, (X: x, V: 0 * x), (_, s) => {
            var v = s.V - 0.01 * (k * Sin(s.X) + 0.001 * s.V);
            return (s.X + 0.01 * v, v);
        }, checkpoint).X.Square().Sum();
        var (plain, plainPeak) = Peak(() => Grad(k => Loss(k, checkpoint: false), k));
        var (checkpointed, peak) = Peak(() => Grad(k => Loss(k, checkpoint: true), k));
        Assert.True(Check.Close(plain, checkpointed, 1e-10));
        Assert.True(plainPeak > 2 * 10_000 * 1600, $"{plainPeak:N0} bytes without checkpoints");
        Assert.True(peak < plainPeak / 10, $"{peak:N0} bytes with checkpoints, {plainPeak:N0} without");
    }

    // The most that is alive while f runs, as often as full collections can look.
    static (R Result, long Bytes) Peak<R>(Func<R> f) {
        var (before, most, running) = (Alone.LiveBytes(), 0L, true);
        var watch = new Thread(() => {
            while (Volatile.Read(ref running)) most = Math.Max(most, Alone.LiveBytes() - before);
        });
        watch.Start();
        var result = f();
        Volatile.Write(ref running, false);
        watch.Join();
        return (result, most);
    }

    [Fact]
    public void Errors_call_a_loop_by_its_name() {
        Assert.StartsWith("ForI: a step makes f32[2] of the state's f32[1]", Assert.Throws<ShapeException>(() => ForI(3, Tensor.Zeros(1), (_, _) => Tensor.Zeros(2))).Message);
        Assert.StartsWith("ForI: a step makes f64[1] of the state's f32[1]", Assert.Throws<DTypeException>(() => ForI(3, Tensor.Zeros(1), (_, s) => s.To(DType.F64))).Message);
        Assert.StartsWith("Scan: a step makes i32[1]", Assert.Throws<DTypeException>(() => Scan(Tensor.Zeros(1), Tensor.Zeros(4), (s, _) => (s.To(DType.I32), s))).Message);
        Assert.StartsWith("Map: f32[] is a scalar", Assert.Throws<ShapeException>(() => Map(x => x, Tensor.Zeros())).Message);
        Assert.Contains("-1", Assert.Throws<DomainException>(() => ForI(-1, Tensor.Zeros(1), (_, s) => s)).Message);
    }
}
