using System.Diagnostics;
using static Diff.Functions;

namespace Diff.Tests;

/// <summary>What is symbolic and for how long, and what may be looked at meanwhile.</summary>
public class ScopeTests {
    static void Is(double expected, Tensor actual) => Assert.Equal(expected, actual.Item(), 12);

    [Fact]
    public void Reading_a_float_would_lose_its_derivative() {
        foreach (var read in new Func<Tensor, object>[] { x => x.Item(), x => (double)x, x => (float)(x * 2), x => x.ToArray<double>(), x => (int)x, x => x.Item<double>() }) {
            var e = Assert.Throws<LostDerivativeException>(() => Grad(x => x * read(x).GetHashCode())(3));
            Assert.Contains("StopGradient(x).Item()", e.Message);
            Assert.Contains("Grad", e.Message);
        }
        Assert.Contains("Jvp", Assert.Throws<LostDerivativeException>(() => Jvp(x => x * x.Item(), 3, 1)).Message);
        Assert.Throws<LostDerivativeException>(() => Vjp(x => x * x.Item(), 3));
        Assert.Throws<LostDerivativeException>(() => Linearize(x => x * x.Item(), 3));
        // The way that the message names.
        Is(3, Grad(x => x * StopGradient(x).Item())(3));
        Is(9, Grad(x => x * StopGradient(x * x).Item())(3));
    }

    [Fact]
    public void Integers_and_bools_are_read_freely() {
        Is(2, Grad(x => {
            Assert.Equal(3, x.To(DType.I32).Item());
            Assert.True((x > 2).Item() == 1);
            Assert.Equal(1, (x > 2).To(DType.F64).Item());
            Assert.Equal([true], (x > 2).ToArray<bool>());
            return x > 2 && !(x > 4) ? x * 2 : x;
        })(3));
        Assert.Throws<DTypeException>(() => Grad(x => x ? x : x)(3));
        Assert.Throws<ShapeException>(() => Grad(x => x > 0 ? x.Sum() : -x.Sum(), Tensor.Of(1, 2)));
    }

    [Fact]
    public void A_float_of_an_outer_transform_is_not_read_either() {
        Assert.Throws<LostDerivativeException>(() => Grad(x => Grad(y => y * x.Item())(1))(2));
        Is(4, Grad(x => x * Grad(y => y * StopGradient(x).Item() * 2)(1))(2));
    }

    [Fact]
    public void What_leaks_is_a_value_afterwards() {
        Tensor? argument = null, leaked = null, later = null;
        Is(4, Grad(x => {
            (argument, leaked, later) = (x, x * 3, x.Exp());
            return x * x;
        })(2));
        Is(2, argument!);
        Is(6, leaked!);
        Is(Math.Exp(2), later! * 1);
        Is(12, leaked! * 2);
        // It is a constant to every later transform.
        Is(6, Grad(y => y * leaked!)(5));
        Is(0, Grad(y => leaked! * leaked!)(5));
    }

    [Fact]
    public void A_leak_of_a_failed_transform_is_a_value_too() {
        Tensor? leaked = null;
        Assert.Throws<InvalidTimeZoneException>(() => Grad(x => {
            leaked = x * 3;
            throw new InvalidTimeZoneException();
        })(2));
        Is(6, leaked!);
    }

    [Fact]
    public void Scopes_close_in_any_order() {
        // A sequence is lazy: its inner gradient is taken when the outer transform has long closed.
        IEnumerable<Tensor>? lazy = null;
        Grad(x => {
            lazy = Enumerable.Range(1, 3).Select(n => Grad(y => x * y * y)(n));
            return x;
        })(5);
        Assert.Equal([10, 20, 30], lazy!.Select(t => t.Item()));
    }

    [Fact]
    public void Printing_does_not_compute() {
        Grad(x => {
            var y = x.Exp() + 1;
            Assert.Contains("inside Grad", y.ToString());
            Assert.Contains("f64[]", $"{y:F4}");
            Assert.False(y.HasValue);
            Assert.Contains("inside Grad", (x > 0).ToString());
            return y;
        })(2);
    }

    [Fact]
    public void Looking_at_a_value_twice_computes_it_once() {
        var watch = Stopwatch.StartNew();
        // Each turn looks at a value that stands on all turns before: quadratic, this would be 200 million ops.
        Is(1, Grad(x => {
            var y = x;
            for (var i = 0; i < 20_000; i++) y = y > 0 ? y + 1 : y;
            return y;
        })(1));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), watch.Elapsed.ToString());
    }

    [Fact]
    public void A_million_nodes_do_not_overflow_the_stack() {
        const int n = 200_000;
        Is(n + 1, Grad(x => {
            var y = x;
            for (var i = 0; i < n; i++) y += x;
            return y;
        })(2));
        // Deep as well as long, and in both orders of looking.
        Is(1, Grad(x => {
            var y = x;
            for (var i = 0; i < n; i++) y += 1;
            Assert.True(y > n ? true : false);
            return y;
        })(2));
        var tangent = Jvp(x => {
            var y = x;
            for (var i = 0; i < n; i++) y *= 1.00001;
            return y;
        }, 2, 1).Tangent;
        Assert.Equal(1, tangent.Item() / Math.Pow(1.00001, n), 9);
    }

    [Fact]
    public void A_chain_of_other_names_does_not_overflow_the_stack() {
        Is(1, Grad(x => {
            var y = x;
            for (var i = 0; i < 200_000; i++) y = StopGradient(y);
            return y > 1 ? x : -x;
        })(2));
        var z = (Tensor)2;
        Is(0, Grad(x => {
            for (var i = 0; i < 200_000; i++) x = StopGradient(x);
            return x;
        })(z));
    }

    [Fact]
    public void Deep_nesting_of_transforms() {
        // Every level's variable is another name of the last one's.
        Func<Tensor, Tensor> f = x => x * x;
        for (var i = 0; i < 60; i++) {
            var g = f;
            f = x => g(x) + 0 * Grad(y => y * x)(x);
        }
        Is(4, Grad(f)(2));
        Tensor Inside(Tensor x, int depth) => depth == 0 ? x * x : Grad(y => Inside(x, depth - 1) * y)(x);
        Is(4, Grad(x => Inside(x, 60))(2));
    }

    [Fact]
    public void Sixty_four_threads_transform_at_once() {
        static double[] Work(int seed) {
            var random = new Random(seed);
            var x = Values.Make(new(DType.F64, Shape.Of(5)), [.. Enumerable.Range(0, 5).Select(_ => random.NextDouble())]);
            var results = new List<double>();
            for (var i = 0; i < 20; i++) {
                Func<Tensor, Tensor> f = (seed % 4) switch {
                    0 => y => (Tanh(y) * y).Sum(),
                    1 => y => LogSumExp(y * Grad(z => (z * y).Square().Sum())(y)),
                    2 => y => Jvp(z => z.Exp().Sum() * y.Sum(), y, y).Tangent,
                    _ => y => y.Max() > 0.5 ? y.Prod() : y.Norm(),
                };
                results.AddRange(Values.Doubles(Grad(f)(x)));
                results.AddRange(Values.Doubles(Jvp(Grad(f), x, x).Tangent));
                results.AddRange(Values.Doubles(Vjp(Grad(f), x).Pullback(x)));
                x *= 0.9;
            }
            return [.. results];
        }
        var expected = Enumerable.Range(0, 64).Select(Work).ToArray();
        var actual = new double[64][];
        var threads = Enumerable.Range(0, 64).Select(i => new Thread(() => actual[i] = Work(i))).ToArray();
        foreach (var t in threads) t.Start();
        foreach (var t in threads) t.Join();
        for (var i = 0; i < 64; i++) Assert.Equal(expected[i].Select(BitConverter.DoubleToInt64Bits), actual[i].Select(BitConverter.DoubleToInt64Bits));
    }

    [Fact]
    public void Threads_share_what_is_not_computed_yet() {
        for (var round = 0; round < 200; round++) {
            Tensor? leaked = null, middle = null;
            Grad(x => {
                middle = x * 2 + 1;
                leaked = middle.Exp() * middle + x;
                return x;
            })(0.5);
            var (a, b) = (leaked!, middle!);
            var expected = Math.Exp(2) * 2 + 0.5;
            var wrong = 0;
            Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => {
                var value = i % 2 == 0 ? a.Item() : (b * 1).Item() == 2 ? (a + 0).Item() : 0;
                if (Math.Abs(value - expected) > 1e-12) Interlocked.Increment(ref wrong);
            });
            Assert.Equal(0, wrong);
        }
    }

    [Fact]
    public void Threads_compute_parts_of_one_leaked_graph() {
        for (var round = 0; round < 100; round++) {
            var nodes = new List<Tensor>();
            Grad(x => {
                for (var i = 0; i < 300; i++) nodes.Add(i == 0 ? x : nodes[^1] + nodes[i / 2] * 0.5);
                return x;
            })(1);
            var expected = new List<double>();
            for (var i = 0; i < 300; i++) expected.Add(i == 0 ? 1 : expected[^1] + expected[i / 2] * 0.5);
            using var start = new Barrier(4);
            var failures = new System.Collections.Concurrent.ConcurrentBag<Exception>();
            var threads = Enumerable.Range(0, 4).Select(t => new Thread(() => {
                start.SignalAndWait();
                try {
                    for (var i = 299 - t; i >= 0; i -= 13) Assert.Equal(expected[i], nodes[i].Item());
                } catch (Exception e) {
                    failures.Add(e);
                }
            })).ToArray();
            foreach (var t in threads) t.Start();
            foreach (var t in threads) t.Join();
            Assert.Empty(failures);
        }
    }

    [Fact]
    public void Threads_look_at_one_open_transform() {
        for (var round = 0; round < 50; round++)
            Is(8, Grad(x => {
                var all = new Tensor[8];
                var shared = x.Exp() * 2 + x;
                Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => all[i] = shared + i > 0 ? x * (i + 1) : -x);
                return all.Aggregate((a, b) => a + b) - x * 28;
            })(1));
    }
}

/// <summary>What transforms leave behind: nothing.</summary>
[Collection(nameof(Alone))]
public class RetentionTests {
    [Fact]
    public void Twenty_thousand_gradients_retain_nothing() {
        var w = Tensor.Of(1, 2, 3);
        void Steps(int n) {
            for (var i = 0; i < n; i++) w -= Grad(x => x.Square().Sum() * 1e-4)(w);
        }
        Steps(1000);
        var before = Alone.LiveBytes();
        Steps(20_000);
        Assert.InRange(Alone.LiveBytes() - before, long.MinValue, 200_000);
    }

    [Fact]
    public void Training_ends_with_the_memory_it_began_with() {
        // Example 7; a leak of one node a step would be megabytes.
        var x = Tensor.Linspace(-1, 1, 100)[.., NewAxis];
        var y = x.Square();
        var before = 0L;
        Train.Fit((Dense(1, 10) >> Relu >> Dense(10, 1)).Run(Key.Of(1)), 21_000, Sgd(0.2), n => SquaredError(n.Apply(x), y).Mean(), o => {
            if (o.Step == 1000) before = Alone.LiveBytes();
        });
        Assert.InRange(Alone.LiveBytes() - before, long.MinValue, 200_000);
    }

    [Fact]
    public void A_gradient_does_not_hold_its_graph() {
        var (gradient, big) = Make();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(big.IsAlive);
        Assert.Equal(2, gradient.Item());

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static (Tensor, WeakReference) Make() {
            var data = Tensor.Of(new double[1000]);
            return (Grad(x => (data * x).Sum() + 2 * x)(3), new(data));
        }
    }

    [Fact]
    public void Nested_gradients_over_a_growing_history_are_linear() {
        static TimeSpan Of(int n) {
            var watch = Stopwatch.StartNew();
            var g = Grad(x => {
                Tensor state = 0.5;
                for (var i = 0; i < n; i++) state -= 0.01 * Grad(y => y * y * x)(state);
                return state;
            })(1);
            Assert.True(double.IsFinite(g.Item()));
            return watch.Elapsed;
        }
        Of(800);
        var (one, four) = (Enumerable.Range(0, 3).Min(_ => Of(800)), Enumerable.Range(0, 3).Min(_ => Of(3200)));
        Assert.True(four < one * 10 + TimeSpan.FromMilliseconds(100), $"800: {one}, 3200: {four}");
    }
}
