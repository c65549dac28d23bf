using static Diff.Functions;

namespace Diff.Tests;

public class JitTests {
    static void Is(double expected, Tensor actual) => Assert.Equal(expected, actual.Item(), 12);

    [Fact]
    public void Jit_is_the_function() {
        var f = Jit(x => x * x + 1);
        for (var i = 0; i < 5; i++) Is(i * i + 1, f(i));
        Is(6, Grad(f)(3));
        Is(2, Grad(Grad(f))(3));
        Is(6, Jit(Grad(x => x * x))(3));
        Is(6, Jvp(f, 3, 1).Tangent);
        Is(5, Jit(x => Tensor.Of(5)[0])(3));
        Is(3, Jit(x => x)(3));
    }

    [Fact]
    public void What_it_captures_is_read_each_time() {
        Tensor scale = 2;
        var f = Jit(x => x * scale);
        Is(6, f(3));
        scale = 5;
        Is(15, f(3));
        Is(15, f(3));
    }

    [Fact]
    public void An_outer_variable_captured_by_it_keeps_its_derivative() {
        Is(3, Grad(x => Jit(y => x * y)(3))(2));
        Is(2 * 2, Grad(x => Jit(y => x * y)(x))(2));
        Is(1, Grad(x => Jit(y => x)(3))(2));
        Is(3, Jvp(x => Jit(y => x * y)(3), 2, 1).Tangent);
        Is(2, Grad(x => x * Jit(z => Grad(y => x * y)(z))(2))(1));
    }

    [Fact]
    public void A_function_that_looks_at_values_is_simply_called() {
        Is(3, Jit(x => x > 0 ? x : -x)(3));
        Is(3, Jit(x => x > 0 ? x : -x)(-3));
        Is(9, Jit(x => x * x.Item())(3));
        // What another transform refuses is refused.
        Assert.Contains("Vmap", Assert.Throws<UnknownValueException>(() => Jit(x => Vmap(z => z > 0 ? z : -z)(x))(Tensor.Of(1, 2))).Message);
        Tensor? leaked = null;
        Is(6, Jit(x => {
            leaked = x * 3;
            return x * 2;
        })(3));
        Assert.Contains("Jit", Assert.Throws<EscapedTensorException>(() => leaked!.Item()).Message);
        Assert.Throws<EscapedTensorException>(() => leaked! + 1);
    }

    static int runs;

    [Fact]
    public void It_is_recorded_once_for_each_signature() {
        runs = 0;
        var f = Jit(static (Tensor x) => {
            runs++;
            return x.Square().Sum();
        });
        for (var i = 0; i < 10; i++) Is(2 * i * i, f([i, i]));
        Assert.Equal(1, runs);
        Is(3, f([1, 1, 1]));
        Is(5, f([1, 2]));
        Is(4, f(Tensor.Of(1, 1, 1, 1).To(DType.F32)));
        Assert.Equal(3, runs);
        var history = Explain(f);
        Assert.Equal((13, 3), (history.Calls, history.Recorded));
        Assert.Equal(["the first call", "an argument of other types, or other static parts", "an argument of other types, or other static parts"], history.Compilations.Select(c => c.Why));
        Assert.Equal([10, 0, 0], history.Compilations.Select(c => c.Replays));
        Assert.StartsWith("13 calls, recorded 3 times", history.ToString());
    }

    [Fact]
    public void Static_arguments_are_part_of_the_signature() {
        runs = 0;
        var power = Jit(static (Tensor x, int n) => {
            runs++;
            var y = x;
            for (var i = 1; i < n; i++) y *= x;
            return y;
        });
        for (var i = 0; i < 3; i++) {
            Is(8, power(2, 3));
            Is(32, power(2, 5));
        }
        Assert.Equal(2, runs);
        Is(12, Grad(x => power(x, 3))(2));
    }

    [Fact]
    public void Captures_that_change_are_seen_and_named() {
        runs = 0;
        var rate = 0.5;
        var weights = new double[] { 1, 2 };
        Tensor scale = 3;
        Func<Tensor, Tensor> inner = x => x * scale;
        var f = Jit((Tensor x) => {
            runs++;
            return inner(x) * rate + weights[1];
        });
        for (var i = 0; i < 3; i++) Is(2 * 3 * 0.5 + 2, f(2));
        Assert.Equal(1, runs);
        rate = 2;
        Is(2 * 3 * 2 + 2, f(2));
        weights[1] = 7;
        Is(2 * 3 * 2 + 7, f(2));
        scale = 5;
        Is(2 * 5 * 2 + 7, f(2));
        Is(2 * 5 * 2 + 7, f(2));
        Assert.Equal(4, runs);
        string[] why = [.. Explain(f).Compilations.Select(c => c.Why)];
        Assert.Equal("rate was 0.5, is 2", why[1]);
        Assert.Contains("weights", why[2]);
        Assert.Contains("scale", why[3]);
        // A closure shared with others: what they change is seen too.
        var count = 0;
        var g = Jit((Tensor x) => x + count);
        Is(1, g(1));
        count++;
        Is(2, g(1));
        var box = new Box { Factor = 3 };
        var h = Jit((Tensor x) => x * box.Factor);
        Is(6, h(2));
        box.Factor = 4;
        Is(8, h(2));
        var k = Jit<Tensor, Tensor>(box.Times);
        Is(8, k(2));
        box.Factor = 5;
        Is(10, k(2));
    }

    sealed class Box {
        public double Factor { get; set; }
        public Tensor Times(Tensor x) => x * Factor;
    }

    [Fact]
    public void Arrays_of_several_axes_that_change_are_seen() {
        var numbers = new double[,] { { 1, 2, 3 }, { 4, 5, 6 } };
        var tensors = new Tensor[,] { { 1, 2 } };
        var f = Jit((Tensor x) => x * numbers[1, 1] + tensors[0, 1] + numbers.GetLength(0));
        for (var i = 0; i < 3; i++) Is(3 * 5 + 2 + 2, f(3));
        Assert.Equal(1, Explain(f).Recorded);
        numbers[1, 1] = 7;
        Is(3 * 7 + 2 + 2, f(3));
        tensors[0, 1] = 5;
        Is(3 * 7 + 5 + 2, f(3));
        // The same numbers in other rows.
        numbers = new double[,] { { 1, 2 }, { 3, 4 }, { 7, 6 } };
        Is(3 * 4 + 5 + 3, f(3));
        numbers = new double[,] { { 1, 2, 3 }, { 4, 7, 6 } };
        Is(3 * 7 + 5 + 2, f(3));
    }

    [Fact]
    public void What_only_another_function_of_the_scope_uses_does_not_count() {
        // C# keeps all of these in one object.
        var (random, count, rate, deep) = (new Random(1), 0, 2.0, 3.0);
        var other = Jit((Tensor x) => x + random.NextDouble() + count);
        Func<Tensor, Tensor> square = x => x * x;
        Tensor Scaled(Tensor x) => square(x) * rate;
        IEnumerable<Tensor> Twice(Tensor x) {
            yield return Scaled(x);
            yield return Scaled(x) * deep;
        }
        {
            var inner = 1.0;
            var f = Jit((Tensor x) => new[] { 0 }.Select(_ => Twice(x).Aggregate((a, b) => a + b)).Single() + inner);
            for (var i = 0; i < 3; i++, count++) {
                Is(9 * 2 * 4 + 1, f(3));
                other(1);
            }
            Assert.Equal(1, Explain(f).Recorded);
            inner = 2;
            Is(9 * 2 * 4 + 2, f(3));
            rate = 1;
            Is(9 * 1 * 4 + 2, f(3));
            deep = 4;
            Is(9 * 1 * 5 + 2, f(3));
            square = x => x * x * x;
            Is(27 * 1 * 5 + 2, f(3));
            Assert.Equal(5, Explain(f).Recorded);
            Assert.Contains("deep was 3, is 4", Explain(f).ToString());
        }
        // A function that calls another one under Jit uses what that one uses.
        var outer = Jit((Tensor x) => 2 * other(x));
        Assert.NotEqual(outer(1).Item(), outer(1).Item());
    }

    [Fact]
    public void What_cannot_be_compared_is_never_trusted() {
        var random = new Random(1);
        var noise = Jit((Tensor x) => x + random.NextDouble());
        Assert.NotEqual(noise(0).Item(), noise(0).Item());
        Assert.Contains("random, a Random", Assert.Single(Explain(noise).Compilations).ToString());
        var calls = 0;
        var counter = Jit((Tensor x) => x + calls++);
        Is(0, counter(0));
        Is(1, counter(0));
        Is(2, counter(0));
        var pull = Jit((Tensor x) => (x * x, new Func<double>(() => 1)));
        Is(9, pull(3).Item1);
        Is(16, pull(4).Item1);
        Assert.Equal(2, Explain(pull).Recorded);
        // What a call hands out is its caller's.
        var list = Jit((Tensor x) => (x * 2, new List<int> { 1 }));
        list(1).Item2.Add(5);
        Assert.Single(list(2).Item2);
        // What comes in with the argument may go out again.
        var layers = Jit(static (Layer net) => Tree.Map(p => p * 2, net));
        var net = (Dense(2, 3) >> Relu >> new Lambda(x => x + 1) >> Dense(3, 1)).Run(Key.Of(1));
        for (var i = 0; i < 3; i++) net = layers(net);
        Assert.Equal(1, Explain(layers).Recorded);
        // A custom rule may use what Jit records: nobody differentiates that.
        Is(4, Jit(s => CustomVjp(x => s * x, (x, y, g) => s * g)(s))(2));
        var looks = Jit((Tensor x) => x > 0 ? x : -x);
        Is(1, looks(-1));
        Is(2, looks(2));
        Assert.Contains("looks at a value", Explain(looks).ToString());
        Assert.Throws<DomainException>(() => Explain((Tensor x) => x));
    }

    [Fact]
    public void Absent_leaves_numbers_and_trees_go_through() {
        var f = Jit(static ((Tensor X, int[] N, string Name) p) => (p.X * p.N.Length, p.Name, p.X.DType));
        var (y, name, type) = f((2, [1, 2, 3], "a"));
        Assert.Equal((6, "a", DType.F64), (y.Item(), name, type));
        Assert.Equal("b", f((2, [1, 2, 3], "b")).Item2);
        Is(8, f((2, [1, 2, 3, 4], "b")).Item1);
        // A C# number stays one: it takes the dtype that it meets.
        var half = Jit(static x => x / 2);
        Assert.Equal(DType.F32, (half(3) * Tensor.Ones(2)).DType);
        Assert.Equal(DType.F32, (half(3) * Tensor.Ones(2)).DType);
        var g = Jit(static ((Tensor X, Tensor N) p) => Grad(q => q.X * q.X * q.N.To(DType.F64), p));
        for (var i = 0; i < 2; i++) {
            var d = g((3, Tensor.Scalar(2)));
            Is(12, d.X);
            Assert.Throws<GradientException>(() => d.N + 1);
        }
    }

    [Fact]
    public void A_jit_keeps_no_argument_alive() {
        var f = Jit(static (Tensor x) => x.Square());
        var weak = Run();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(weak.TryGetTarget(out _));
        Is(4, f(2));

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        WeakReference<Tensor> Run() {
            var x = Tensor.Of(1, 2, 3);
            f(x);
            return new(x);
        }
    }

    [Fact]
    public void A_plan_is_explained() {
        var (x, w) = (Tensor.Ones(4, 8), Tensor.Ones(8, 3));
        var plan = Explain(p => Tanh(p.x.MatMul(p.w) + 1).Sum(), (x, w));
        Assert.Equal(2 * 4 * 8 * 3, Assert.Single(plan.Steps, s => s.Operations.Contains("Dot 4x8·8x3 [direct]")).Flops);
        Assert.Contains(plan.Steps, s => s.Operations.Count == 2 && s.Operations.Contains("Tanh"));
        Assert.True(plan.Flops > 192 && plan.BytesMoved > 4 * (32 + 24 + 12) && plan.ArenaBytes > 0 && plan.ResultBytes == 4, plan.ToString());
        Assert.True(plan.Microseconds is null && plan.Steps.All(s => s.Microseconds is null));
        Assert.Contains("Scan[5]", Show(x => ForI(5, x, (_, y) => y * y), 2).ToString());
        Assert.Contains("body, program 1: fun", Show(x => ForI(5, x, (_, y) => y * y), 2).ToString());
        Assert.Equal(5, Explain(x => ForI(5, x, (_, y) => y * y), 2).Flops);
    }

    [Fact]
    public void A_plan_says_where_the_time_goes() {
        var (x, w, b) = (Tensor.Ones(64, 500), Tensor.Ones(500, 30), Tensor.Ones(30));
        var plan = Explain(p => Grad(w => (p.x.MatMul(w) + b).Square().Sum(), p.w), (x, w), runs: 5);
        Assert.All(plan.Steps, s => Assert.True(s.Microseconds > 0, s.ToString()));
        Is(plan.Steps.Sum(s => s.Microseconds!.Value), plan.Microseconds!.Value);
        Assert.Contains(" µs, ", plan.ToString());
    }
}

/// <summary>What Jit shares with everybody: plans.</summary>
[Collection(nameof(Alone))]
public class JitPlanTests {
    [Fact]
    public void A_changed_number_makes_no_new_plan() {
        var (rate, x) = (0.1, Tensor.Linspace(0, 1, 50));
        var f = Jit((Tensor x) => x - rate * Grad(z => z.Square().Sum() * 1.25, x));
        f(x);
        var made = PlanCache.Made;
        for (var i = 0; i < 20; i++) {
            rate *= 0.9;
            Assert.True(Check.Close(x - rate * 2.5 * x, f(x), 1e-6));
        }
        Assert.Equal(21, Explain(f).Recorded);
        // The one is of the eager loss above.
        Assert.InRange(PlanCache.Made - made, 0, 1);
    }
}
