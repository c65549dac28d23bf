using static Diff.Functions;

namespace Diff.Tests;

/// <summary>Functions of one and two numbers against figures made by mpmath with 40 digits, and by NumPy 1.24.</summary>
public class SpecialTests {
    const double NaN = double.NaN, Inf = double.PositiveInfinity;

    static readonly Dictionary<string, (double X, double Y)[]> figures = new() {
        ["Erfc"] = [(-7.0, 2.0), (-3.0, 1.9999779095030014), (-1.0, 1.8427007929497149), (-0.5, 1.5204998778130465), (-1e-09, 1.0000000011283792), (1e-300, 1.0), (0.1, 0.8875370839817151), (0.25, 0.72367360983176307), (0.5, 0.47950012218695346), (0.8, 0.25789903529233949), (0.9, 0.20309178757716786), (1.0, 0.15729920705028513), (1.2, 0.089686021770364632), (1.3, 0.065992055059347554), (2.0, 0.0046777349810472658), (2.8, 7.5013194665459103e-5), (2.9, 4.1097878099458858e-5), (4.0, 1.5417257900280019e-8), (6.5, 3.8421483271206475e-20), (10.0, 2.0884875837625448e-45), (20.0, 5.3958656116079009e-176), (26.5, 2.2109076642637343e-307), (30, 0)],
        ["Erf"] = [(1e-310, 1.1283791670955091e-310), (1e-20, 1.1283791670955125e-20), (0.3, 0.32862675945912742), (0.84, 0.76514271145499452), (0.85, 0.77066805760835252), (1.1, 0.88020506957408173), (1.24, 0.92050518429902967), (1.26, 0.92523594181012949), (2.0, 0.99532226501895273), (2.9, 0.99995890212190054), (4.0, 0.9999999845827421), (5.9, 0.99999999999999993), (-7, -1)],
        ["ErfInv"] = [(-0.9999999999, -4.5728249585449249), (-0.5, -0.47693627620446987), (1e-10, 8.8622692545275805e-11), (0.3, 0.27246271472675435), (0.9, 1.1630871536766742), (0.99, 1.8213863677184495), (0.999999, 3.4589107372754988)],
        ["Exp2"] = [(-1074.0, 4.9406564584124654e-324), (-3.0, 0.125), (0.5, 1.414213562373095), (10.25, 1217.7480857627864), (1023.0, 8.9884656743115795e+307)],
        ["Log2"] = [(5e-324, -1074.0), (0.125, -3.0), (3.0, 1.5849625007211562), (1e+300, 996.5784284662087)],
        ["Log10"] = [(1e-05, -5.0), (3.0, 0.47712125471966244), (1000.0, 3.0), (1e+300, 300.0)],
        ["Cbrt"] = [(-27.0, -3.0), (-1e-300, -1.0e-100), (0.001, 0.1), (2.0, 1.2599210498948732)],
        ["Asinh"] = [(-1e+200, -461.21016577936908), (-1e-09, -1.0000000000000001e-9), (0.5, 0.48121182505960345), (10000000000.0, 23.718998110500402)],
        ["Acosh"] = [(1.0, 0.0), (1.0000001, 0.00044721359190373473), (2.0, 1.3169578969248167), (1e+200, 461.21016577936908)],
        ["Atanh"] = [(-0.9999999, -8.4056213910223099), (1e-12, 9.9999999999999998e-13), (0.5, 0.54930614433405485)],
    };

    static readonly Dictionary<string, Func<Tensor, Tensor>> functions = new() {
        ["Erfc"] = Erfc, ["Erf"] = Erf, ["ErfInv"] = ErfInv, ["Exp2"] = Exp2, ["Log2"] = Log2, ["Log10"] = Log10, ["Cbrt"] = Cbrt, ["Asinh"] = Asinh, ["Acosh"] = Acosh, ["Atanh"] = Atanh,
    };

    public static IEnumerable<object[]> Names => functions.Keys.Select(k => new object[] { k });

    [Theory, MemberData(nameof(Names))]
    public void Special_functions_to_the_last_places(string name) {
        var x = figures[name].Select(p => p.X).ToArray();
        var y = Values.Doubles(functions[name](Tensor.Of(x)));
        for (var i = 0; i < x.Length; i++) {
            var expected = figures[name][i].Y;
            Assert.True(Math.Abs(y[i] - expected) <= 2e-15 * Math.Abs(expected), $"{name}({x[i]:R}) = {y[i]:R}, not {expected:R}");
        }
        // In f32, too, in the tail and far out; where the argument is an f32 itself.
        foreach (var (at, expected) in figures[name].Where(p => (float)p.X == p.X && Math.Abs(p.Y) is 0 or > 1e-37 and < 1e38)) {
            var single = functions[name]((Tensor)new[] { (float)at }).ToArray<float>()[0];
            Assert.True(Math.Abs(single - expected) <= 3e-7 * Math.Abs(expected), $"f32 {name}({at:R}) = {single:R}, not {expected:R}");
        }
    }

    [Fact]
    public void Erfc_keeps_its_digits_where_erf_has_rounded_to_1() {
        foreach (var x in Enumerable.Range(0, 2600).Select(i => i * 0.01)) {
            var (c, e) = (Erfc(x).Item(), Erf(x).Item());
            Assert.Equal(1, c + e, 15);
            // e^(x²) erfc x is smooth and between 1/(x√π) · 2x²/(2x² + 1) and 1/(x√π).
            if (x < 2) continue;
            var scaled = Math.Exp(x * x / 2) * c * Math.Exp(x * x / 2) * x * Math.Sqrt(Math.PI);
            Assert.InRange(scaled, 2 * x * x / (2 * x * x + 1) - 1e-12, 1);
        }
    }

    [Theory, InlineData(DType.F32), InlineData(DType.F64)]
    public void Special_points(DType type) {
        var cases = new (string Name, Func<Tensor, Tensor> F, double[] In, double[] Out)[] {
            ("Erfc", Erfc, [0, Inf, -Inf, NaN], [1, 0, 2, NaN]), ("ErfInv", ErfInv, [1, -1, 2, NaN, 0, -0.0], [Inf, -Inf, NaN, NaN, 0, -0.0]), ("Exp2", Exp2, [Inf, -Inf, NaN, 0], [Inf, 0, NaN, 1]),
            ("Log2", Log2, [0, -1, Inf, NaN, 1], [-Inf, NaN, Inf, NaN, 0]), ("Log10", Log10, [0, -1, Inf, NaN, 1], [-Inf, NaN, Inf, NaN, 0]), ("Cbrt", Cbrt, [-0.0, -Inf, NaN], [-0.0, -Inf, NaN]),
            ("Asinh", Asinh, [-0.0, -Inf, NaN], [-0.0, -Inf, NaN]), ("Acosh", Acosh, [1, Inf, 0.5, NaN], [0, Inf, NaN, NaN]), ("Atanh", Atanh, [-0.0, 1, -1, 2, NaN], [-0.0, Inf, -Inf, NaN, NaN]),
            ("Trunc", Trunc, [-0.5, 1.9, -1.9, Inf, NaN], [-0.0, 1, -1, Inf, NaN]), ("IsInf", x => IsInf(x).To(DType.F32), [Inf, -Inf, NaN, 0], [1, 1, 0, 0]) };
        foreach (var (name, f, x, expected) in cases)
            foreach (var copies in new[] { 1, 7, 40 }) {
                var many = Enumerable.Repeat(x, copies).SelectMany(v => v).ToArray();
                var y = Values.Doubles(f(Values.Make(new(type, Shape.Of(many.Length)), many)));
                for (var i = 0; i < y.Length; i++) {
                    var e = expected[i % expected.Length];
                    Assert.True(double.IsNaN(e) ? double.IsNaN(y[i]) : e == y[i] && double.IsNegative(e) == double.IsNegative(y[i]), $"{name}({x[i % x.Length]}) = {y[i]:R}, not {e:R}");
                }
            }
    }

    [Fact]
    public void Slopes_at_special_points() {
        Assert.Equal(Inf, Grad(Cbrt)(0).Item());
        Assert.Equal(Inf, Grad(Acosh)(1).Item());
        Assert.Equal(Inf, Grad(Atanh)(1).Item());
        Assert.Equal(1e-200, Grad(Asinh)(1e200).Item(), 1e-214);
        Assert.Equal(Math.Sqrt(Math.PI) / 2, Grad(ErfInv)(0).Item(), 15);
        Assert.Equal([0.0, 0], Values.Doubles(Grad(x => Hypot(x[0], x[1]))([0, 0])));
        Assert.Equal(5e300, Hypot(3e300, 4e300).Item(), 1e286);
        Assert.Equal([-1.0, -2], Values.Doubles(Grad(x => Mod(x[0], x[1]))([-7.5, 5]) * Tensor.Of(-1, -1)));
        Assert.Equal(0, Xlogy(0, 0).Item());
        Assert.Equal(NaN, Xlogy(0, NaN).Item());
        Assert.Equal([-Inf, 0], Values.Doubles(Grad(x => Xlogy(x[0], x[1]))([0, 0])));
        Assert.Equal([Math.Log(2), 0], Values.Doubles(Grad(x => Xlogy(x[0], x[1]))([0, 2])));
        // d²/dxdy of x ln y is 1/y at x = 0, too.
        Assert.Equal([0, 0.5], Values.Doubles(Grad(x => Grad(y => Xlogy(y[0], y[1]), x)[0])([0, 2])));
    }

    [Fact]
    public void Mod_and_FloorDiv_are_those_of_NumPy() {
        foreach (var (a, b, mod, div) in new[] {
            (7.5, 2.0, 1.5, 3.0), (7.5, -2.0, -0.5, -4.0), (7.5, 0.1, 0.09999999999999959, 74.0), (7.5, Inf, 7.5, 0.0), (7.5, -Inf, -Inf, -1.0), (7.5, 0.0, NaN, Inf), (7.5, NaN, NaN, NaN), (-7.5, 2.0, 0.5, -4.0), (-7.5, -2.0, -1.5, 3.0),
            (-7.5, 0.1, 4.163336342344337e-16, -75.0), (-7.5, Inf, Inf, -1.0), (-7.5, -Inf, -7.5, 0.0), (-7.5, 0.0, NaN, -Inf), (1.0, -2.0, -1.0, -1.0), (1.0, 0.1, 0.09999999999999995, 9.0), (-0.0, 2.0, 0.0, -0.0), (-0.0, -2.0, -0.0, 0.0),
            (-0.0, 0.0, NaN, NaN), (5.0, 0.1, 0.09999999999999973, 49.0), (-5.0, 0.1, 2.7755575615628914e-16, -50.0), (Inf, 2.0, NaN, NaN), (Inf, 0.0, NaN, Inf), (6.0, 2.0, 0.0, 3.0), (6.0, -2.0, -0.0, -3.0), (6.0, 0.1, 0.09999999999999967, 59.0) }) {
            var (m, d) = (((Tensor)a % b).Item(), FloorDiv(a, b).Item());
            Assert.True(m.Equals(mod) && double.IsNegative(m) == double.IsNegative(mod) || double.IsNaN(mod) && double.IsNaN(m), $"{a} mod {b} = {m:R}, not {mod:R}");
            Assert.True(d.Equals(div) && double.IsNegative(d) == double.IsNegative(div) || double.IsNaN(div) && double.IsNaN(d), $"{a} div {b} = {d:R}, not {div:R}");
        }
    }

    [Fact]
    public void Integers_divide_and_shift() {
        var (a, b) = (Tensor.Ints(7, -7, 7, -7, int.MinValue), Tensor.Ints(2, 2, -2, -2, -1));
        Assert.Equal([3, -4, -4, 3, int.MinValue], FloorDiv(a, b).ToArray<int>());
        Assert.Equal([1, 1, -1, -1, 0], (a % b).ToArray<int>());
        Assert.Equal([1.0, 1, 1, 1, 0], Values.Doubles(a % 2));
        Assert.Throws<DomainException>(() => a % Tensor.Ints(0));
        Assert.Throws<DomainException>(() => FloorDiv(a, 0));
        Assert.Throws<DTypeException>(() => Scalar(true) % Scalar(true));
        Assert.Equal([4, -4, 0, 1, 0], (Tensor.Ints(1, -1, 1, 4, 4) << Tensor.Ints(2, 2, 32, -2, -3)).ToArray<int>());
        Assert.Equal([1, -1, 0, -1, 8], (Tensor.Ints(4, -4, 4, -4, 4) >> Tensor.Ints(2, 2, 40, 40, -1)).ToArray<int>());
        Assert.Equal([~5, ~-1], (~Tensor.Ints(5, -1)).ToArray<int>());
        Assert.Equal([~5u], (~Tensor.From<uint>([5], 1)).ToArray<uint>());
        Assert.Equal([false], Not(Tensor.From<bool>([true], 1)).ToArray<bool>());
        Assert.Throws<DTypeException>(() => ~Tensor.Of(1));
        static Tensor Scalar(bool b) => Tensor.Scalar(b);
    }

    [Fact]
    public void Lerp_and_Fma() {
        Assert.Equal([1e16, 1], Values.Doubles(Lerp(1e16, 1.0, Tensor.Of(0, 1))));
        Assert.Equal([-1.0, 1], Values.Doubles(Grad(x => Lerp(x[0], x[1], 0.25) * 4 - 4 * x[0])([3, 5])));
        // 1 + 2⁻³⁰ squared: the product's last bit is lost unless it is fused.
        var x = 1 + Math.Pow(2, -30);
        Assert.Equal(Math.Pow(2, -60), Fma(x, x, -1 - Math.Pow(2, -29)).Item());
        Assert.Equal([7.0, 8], Values.Doubles(Fma(Tensor.Ints(2), 3, Tensor.Ints(1, 2))));
        Assert.Equal([2, 3], Fma(Tensor.Ones(2, 1), Tensor.Ones(3), 1).Shape.ToArray());
        Assert.Equal(DType.F32, Fma(Tensor.Ones(2), 3, 0.5).DType);
    }
}
