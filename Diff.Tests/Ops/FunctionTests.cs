using static Diff.Functions;

namespace Diff.Tests;

/// <summary>Values against System.Math: a few units in the last place in f64, rounding in f32.</summary>
public class FunctionTests {
    static readonly Dictionary<string, (Func<Tensor, Tensor> Ours, Func<double, double> Theirs, double Low, double High)> unary = new() {
        ["Exp"] = (Exp, Math.Exp, -700, 700), ["Expm1"] = (Expm1, x => Math.Abs(x) < 1e-5 ? x + x * x / 2 + x * x * x / 6 : Math.Exp(x) - 1, -3, 3),
        ["Log"] = (Log, Math.Log, 1e-300, 100), ["Log1p"] = (Log1p, x => Math.Abs(x) < 1e-5 ? x - x * x / 2 + x * x * x / 3 : Math.Log(1 + x), -0.9, 9),
        ["Sqrt"] = (Sqrt, Math.Sqrt, 0, 1e10), ["Rsqrt"] = (Rsqrt, x => 1 / Math.Sqrt(x), 1e-10, 1e10),
        ["Sin"] = (Sin, Math.Sin, -100, 100), ["Cos"] = (Cos, Math.Cos, -100, 100), ["Tan"] = (Tan, Math.Tan, -1.5, 1.5),
        ["Asin"] = (Asin, Math.Asin, -1, 1), ["Acos"] = (Acos, Math.Acos, -1, 1), ["Atan"] = (Atan, Math.Atan, -50, 50),
        ["Sinh"] = (Sinh, Math.Sinh, -20, 20), ["Cosh"] = (Cosh, Math.Cosh, -20, 20), ["Tanh"] = (Tanh, Math.Tanh, -20, 20),
        ["Sigmoid"] = (Sigmoid, x => 1 / (1 + Math.Exp(-x)), -40, 40), ["Abs"] = (Abs, Math.Abs, -5, 5), ["Floor"] = (Floor, Math.Floor, -5, 5),
        ["Ceil"] = (Ceil, Math.Ceiling, -5, 5), ["Round"] = (Round, x => Math.Round(x), -5, 5), ["Square"] = (Square, x => x * x, -5, 5),
        ["Relu"] = (Relu, x => Math.Max(x, 0), -5, 5), ["Sign"] = (Sign, x => Math.Sign(x), -5, 5), ["Pow 3"] = (x => x.Pow(3), x => x * x * x, -5, 5), ["Pow -2"] = (x => x.Pow(-2), x => 1 / (x * x), 0.1, 5),
        ["Softplus"] = (Softplus, x => x > 0 ? x + Math.Log(1 + Math.Exp(-x)) : Math.Log(1 + Math.Exp(x)), -10, 30), ["Silu"] = (Silu, x => x / (1 + Math.Exp(-x)), -30, 30), ["Elu"] = (Elu, x => x > 0 ? x : Math.Exp(x) - 1, -3, 3),
    };

    public static IEnumerable<object[]> Unary => unary.Keys.Select(k => new object[] { k });

    [Theory, MemberData(nameof(Unary))]
    public void Unary_functions_have_the_values_of_Math(string name) {
        var (ours, theirs, low, high) = unary[name];
        var random = new Random(1);
        var x = Enumerable.Range(0, 5000).Select(_ => low + (high - low) * random.NextDouble()).Concat([low, high, (low + high) / 2]).ToArray();
        var y = Values.Doubles(ours(Tensor.Of(x)));
        for (var i = 0; i < x.Length; i++) Near(theirs(x[i]), y[i], 1e-15, $"{name}({x[i]:R})");
        var single = x.Where(v => Math.Abs(v) < 80 && (v == 0 || Math.Abs(v) > 1e-30)).Select(v => (float)v).Where(v => v >= low && v <= high).ToArray();
        var z = ours((Tensor)single).ToArray<float>();
        for (var i = 0; i < single.Length; i++) Near(theirs(single[i]), z[i], 5e-7, $"f32 {name}({single[i]:R})");

        void Near(double expected, double actual, double tolerance, string what) {
            // Near 0, where two large halves of a sum may cancel, the last place of 1e-2 counts.
            var scale = Math.Max(Math.Abs(expected), name is "Expm1" or "Log1p" or "Elu" or "Softplus" ? 0.5 : 1e-2);
            Assert.True(expected == actual || Math.Abs(expected - actual) <= 8 * tolerance * (name is "Exp" or "Sinh" or "Cosh" ? 4 : 1) * scale, $"{what} = {actual:R}, not {expected:R}");
        }
    }

    [Theory, InlineData(DType.F32), InlineData(DType.F64)]
    public void Special_values(DType type) {
        const double inf = double.PositiveInfinity, nan = double.NaN;
        var cases = new (string Name, Func<Tensor, Tensor> F, double[] In, double[] Out)[] {
            ("Exp", Exp, [0, -inf, inf, nan], [1, 0, inf, nan]), ("Log", Log, [1, 0, -1, inf, nan], [0, -inf, nan, inf, nan]), ("Sqrt", Sqrt, [0, -0.0, -1, inf, nan], [0, -0.0, nan, inf, nan]),
            ("Rsqrt", Rsqrt, [0, inf, -1], [inf, 0, nan]), ("Sin", Sin, [0, -0.0, inf, nan], [0, -0.0, nan, nan]), ("Cos", Cos, [0, inf, nan], [1, nan, nan]), ("Tanh", Tanh, [-0.0, inf, -inf, nan], [-0.0, 1, -1, nan]),
            ("Sigmoid", Sigmoid, [0, inf, -inf, nan], [0.5, 1, 0, nan]), ("Relu", Relu, [-1, -inf, inf, nan], [0, 0, inf, nan]), ("Abs", Abs, [-0.0, -inf, nan], [0, inf, nan]), ("Sign", Sign, [-0.0, -inf, nan, 5], [0, -1, nan, 1]),
            ("Floor", Floor, [-0.5, inf, nan, 2.5], [-1, inf, nan, 2]), ("Round", Round, [0.5, 1.5, 2.5, -0.5, nan], [0, 2, 2, -0.0, nan]), ("Erf", Erf, [0, inf, -inf, nan], [0, 1, -1, nan]), ("Atan", Atan, [inf, -inf, nan], [Math.PI / 2, -Math.PI / 2, nan]),
            ("Asin", Asin, [2, nan], [nan, nan]), ("Expm1", Expm1, [-0.0, inf, -inf, nan], [-0.0, inf, -1, nan]), ("Log1p", Log1p, [-0.0, -1, -2, inf], [-0.0, -inf, nan, inf]), ("Neg", Neg, [0, -0.0, inf, nan], [-0.0, 0, -inf, nan]),
            ("Square", Square, [-inf, nan, -0.0], [inf, nan, 0]), ("Reciprocal", Reciprocal, [0, -0.0, inf, nan], [inf, -inf, 0, nan]) };
        foreach (var (name, f, x, expected) in cases) {
            // Alone, and where whole vectors are computed.
            foreach (var copies in new[] { 1, 7, 40 }) {
                var many = Enumerable.Repeat(x, copies).SelectMany(v => v).ToArray();
                var y = Values.Doubles(f(Values.Make(new(type, Shape.Of(many.Length)), many)));
                for (var i = 0; i < y.Length; i++) {
                    var e = expected[i % expected.Length];
                    Assert.True(double.IsNaN(e) ? double.IsNaN(y[i]) : e == y[i] && double.IsNegative(e) == double.IsNegative(y[i]) || e != 0 && Math.Abs(e - y[i]) < 1e-6, $"{name}({x[i % x.Length]}) = {y[i]:R}, not {e:R}");
                }
            }
        }
    }

    [Fact]
    public void Odd_functions_keep_their_digits_near_zero() {
        var functions = new Dictionary<string, Func<Tensor, Tensor>> { ["Sin"] = Sin, ["Tan"] = Tan, ["Asin"] = Asin, ["Atan"] = Atan, ["Sinh"] = Sinh, ["Tanh"] = Tanh, ["Erf"] = x => Erf(x) * (Math.Sqrt(Math.PI) / 2), ["Expm1"] = Expm1, ["Log1p"] = Log1p };
        foreach (var (name, f) in functions)
            foreach (var type in new[] { DType.F32, DType.F64 })
                foreach (var x in new[] { 1e-30, 1e-12, -1e-9, 1e-4 }) {
                    if (x == 1e-4 && name is "Expm1" or "Log1p") continue;
                    var y = Values.Doubles(f(Values.Make(new(type, Shape.Of(20)), [.. Enumerable.Repeat(x, 20)])));
                    Assert.All(y, v => Assert.True(Math.Abs(v / x - 1) < (x == 1e-4 ? 1e-7 : 0) + (type == DType.F32 ? 1e-6 : 3e-9), $"{type} {name}({x}) = {v:R}"));
                }
    }

    [Fact]
    public void Subnormals_are_not_flushed() {
        Assert.Equal(5e-324, (Tensor.Of(5e-324) * 1.0)[0].Item());
        Assert.Equal(1e-310 + 1e-310, (Tensor.Of(1e-310) + Tensor.Of(1e-310))[0].Item());
        Assert.Equal(1e-40f, ((Tensor)new[] { 1e-40f } * 1f).ToArray<float>()[0]);
        Assert.Equal(2e-310, Tensor.Of([.. Enumerable.Repeat(1e-310, 2)]).Sum().Item(), 0.0);
    }

    [Fact]
    public void Erf_to_the_last_places() {
        foreach (var (x, y) in new[] { (0.1, 0.1124629160182849), (0.5, 0.5204998778130465), (1.0, 0.8427007929497149), (2.0, 0.9953222650189527), (2.4, 0.9993114861033549), (2.6, 0.9997639655834707), (3.5, 0.9999992569016276), (1e-10, 1.1283791670955126e-10) }) {
            Assert.Equal(1, Erf(x).Item() / y, 14);
            Assert.Equal(-1, Erf(-x).Item() / y, 14);
        }
    }

    [Fact]
    public void Binary_functions_have_the_values_of_Math() {
        var random = new Random(2);
        var (a, b) = (Enumerable.Range(0, 999).Select(_ => random.NextDouble() * 5 + 0.01).ToArray(), Enumerable.Range(0, 999).Select(_ => random.NextDouble() * 10 - 5).ToArray());
        var cases = new (Func<Tensor, Tensor, Tensor> Ours, Func<double, double, double> Theirs)[] {
            ((x, y) => x + y, (x, y) => x + y), ((x, y) => x - y, (x, y) => x - y), ((x, y) => x * y, (x, y) => x * y), ((x, y) => x / y, (x, y) => x / y),
            (Max, Math.Max), (Min, Math.Min), (Pow, Math.Pow), (Atan2, Math.Atan2) };
        foreach (var (ours, theirs) in cases) {
            var y = Values.Doubles(ours(Tensor.Of(a), Tensor.Of(b)));
            for (var i = 0; i < y.Length; i++) Assert.True(Math.Abs(y[i] - theirs(a[i], b[i])) <= 2e-14 * Math.Abs(theirs(a[i], b[i])), $"{a[i]:R} {b[i]:R}: {y[i]:R}");
        }
    }

    [Fact]
    public void Reductions_against_loops() {
        var random = new Random(3);
        foreach (var shape in new[] { Shape.Of(3, 4, 5), Shape.Of(1, 9000, 1), Shape.Of(2, 2500, 3), Shape.Of(17), Shape.Of(2, 1, 70) }) {
            var values = Enumerable.Range(0, shape.Size).Select(_ => random.NextDouble() + 0.5).ToArray();
            var x = Tensor.From<double>(values, shape.ToArray());
            for (var axes = 0; axes < 1 << shape.Rank; axes++) {
                var over = Enumerable.Range(0, shape.Rank).Where(a => (axes >> a & 1) != 0).ToArray();
                if (over.Length == 0) continue;
                var (sum, most) = (new Dictionary<string, double>(), new Dictionary<string, double>());
                for (var i = 0; i < values.Length; i++) {
                    var (rest, key) = (i, "");
                    for (var a = shape.Rank - 1; a >= 0; a--) {
                        if (!over.Contains(a)) key = $"{rest % shape[a]:D6},{key}";
                        rest /= shape[a];
                    }
                    sum[key] = sum.GetValueOrDefault(key) + values[i];
                    most[key] = Math.Max(most.GetValueOrDefault(key), values[i]);
                }
                var order = sum.Keys.Order(StringComparer.Ordinal).ToArray();
                Values.AssertClose([.. order.Select(k => sum[k])], Values.Doubles(x.Sum(over)), 1e-12, "Sum");
                Values.AssertClose([.. order.Select(k => most[k])], Values.Doubles(x.Max(over)), 0, "Max");
                Values.AssertClose([.. order.Select(k => sum[k] * order.Length / values.Length)], Values.Doubles(x.Mean(over)), 1e-14, "Mean");
            }
        }
        // A million tenths in f32: added one after another they would be off in the third digit.
        Assert.Equal(1, Tensor.Full(0.1, Shape.Of(1_000_000)).Sum().Item() / 1e5, 5);
        Assert.Equal(1, (Tensor.Full(0.1, Shape.Of(1_000_000, 2)) * Tensor.Ones(2)).Sum(0)[1].Item() / 1e5, 5);
    }

    [Fact]
    public void Variance_keeps_its_digits() {
        Assert.Equal(1.25, (Tensor.Of(1, 2, 3, 4) + 1e9).Var().Item(), 9);
        Assert.Equal(5.0 / 3, Tensor.Of(1, 2, 3, 4).Var(correction: 1).Item(), 12);
        Assert.Equal(Math.Sqrt(1.25), Tensor.Of(1, 2, 3, 4).Std().Item(), 12);
    }

    [Theory]
    [InlineData(new[] { 3 }, new[] { 3 }, new int[0]), InlineData(new[] { 2, 3 }, new[] { 3 }, new[] { 2 }), InlineData(new[] { 3 }, new[] { 3, 2 }, new[] { 2 }), InlineData(new[] { 2, 3 }, new[] { 3, 4 }, new[] { 2, 4 })]
    [InlineData(new[] { 5, 2, 3 }, new[] { 3, 4 }, new[] { 5, 2, 4 }), InlineData(new[] { 2, 3 }, new[] { 5, 3, 4 }, new[] { 5, 2, 4 }), InlineData(new[] { 5, 1, 2, 3 }, new[] { 6, 3, 4 }, new[] { 5, 6, 2, 4 }), InlineData(new[] { 5, 2, 3 }, new[] { 3 }, new[] { 5, 2 }), InlineData(new[] { 3 }, new[] { 5, 3, 2 }, new[] { 5, 2 })]
    public void MatMul_in_every_rank(int[] left, int[] right, int[] result) {
        var random = new Random(4);
        Tensor Draw(int[] shape) => Values.Make(new(DType.F64, Shape.Of(shape)), [.. Enumerable.Range(0, Shape.Of(shape).Size).Select(_ => (double)random.Next(-4, 5))]);
        var (a, b) = (Draw(left), Draw(right));
        var c = a.MatMul(b);
        Assert.Equal(result, c.Shape.ToArray());
        // The same by multiplying and adding; small integers make it exact.
        var wide = a.Rank == 1 ? a.ExpandDims(0) : a;
        var tall = b.Rank == 1 ? b.ExpandDims(1) : b;
        var products = (wide.ExpandDims(-1) * tall.ExpandDims(-3)).Sum(-2);
        Assert.Equal(Values.Doubles(products), Values.Doubles(c));
        foreach (var type in new[] { DType.F32, DType.I32, DType.I64 }) Assert.Equal(Values.Doubles(c), Values.Doubles(a.To(type).MatMul(b.To(type))));
    }

    [Fact]
    public void Taking_and_scattering() {
        var x = Tensor.Of(10, 20, 30, 40).Reshape(2, 2);
        Assert.Equal([30.0, 40, 10, 20, 30, 40], Values.Doubles(x.Take(Tensor.Ints(1, 0, -1))));
        Assert.Equal([20.0, 40], Values.Doubles(x.Take(Tensor.Ints(1), 1)));
        Assert.Equal([20.0, 30], Values.Doubles(x.TakeAlong(Tensor.Ints(1, 0).Reshape(2, 1))));
        Assert.Equal([13.0, 20, 30, 44], Values.Doubles(x.Reshape(4).ScatterAdd(Tensor.Ints(0, -1, 0), Tensor.Of(1, 4, 2))));
        // The derivative of taking one twice is to add twice.
        Assert.Equal([2.0, 0, 1, 0], Values.Doubles(Grad(v => v.Take(Tensor.Ints(0, 2, 0)).Sum(), Tensor.Of(1, 2, 3, 4))));
        Assert.Equal([1.0, 5, 0], Values.Doubles(Grad(v => (Tensor.Zeros(DType.F64, 3).ScatterAdd(Tensor.Ints(1, 2, 1), v) * Tensor.Of(9, 1, 5)).Sum(), Tensor.Of(0, 0, 0)) * Tensor.Of(1, 1, 0)));
    }
}
