using System.Globalization;

namespace Diff.Tests.Docs;

/// <summary>docs/special-values.md is what the library computes, in both float types and however it runs; what it computes is what others have worked out.</summary>
public class SpecialValuesTests {
    const double Inf = double.PositiveInfinity, NaN = double.NaN, Tiny = double.Epsilon;

    static readonly double[] points = [-Inf, -1, -Tiny, -0.0, 0, Tiny, 1, Inf, NaN];

    static readonly double[][] pairs = [
        [0, 0], [-0.0, 0], [0, -0.0], [-0.0, -0.0], [Tiny, Tiny], [Tiny, -Tiny], [1, 1], [-1, -1], [-1, 1], [1, 0], [-1, 0], [1, -0.0], [0, 1], [0, -1],
        [Inf, 1], [-Inf, 1], [1, Inf], [1, -Inf], [-1, Inf], [Inf, 0], [0, Inf], [0, -Inf], [Inf, Inf], [Inf, -Inf], [-Inf, -Inf], [NaN, 1], [1, NaN], [NaN, 0], [0, NaN]];

    static readonly double[][] triples = [[0, 0, 0], [-0.0, 0, -0.0], [0, Inf, 1], [Inf, 0, NaN], [1, Inf, -Inf], [Inf, 1, Inf], [NaN, 0, 1], [1, 0, NaN], [1, NaN, 0], [0, NaN, 1]];

    // Every elementwise op there is that takes floats, with each of its parameters.
    static readonly Op[] ops = [.. OpTable.Types.Where(t => t.IsSubclassOf(typeof(ElementwiseOp))).SelectMany(OpTable.SamplesOf)
        .Where(s => s.Inputs.All(t => t.DType is DType.F64 or DType.Bool) && s.Inputs[^1].DType == DType.F64).Select(s => s.Op).Distinct()];

    static Op[] Of(int arity) => [.. ops.Where(o => ((ElementwiseOp)o).Arity == arity)];

    public static IEnumerable<object[]> Names => ops.Select((o, i) => new object[] { i, o.ToString() });

    [Fact]
    public void The_page_says_what_is() {
        var page = File.ReadLines(Path.Combine(DataFolder.Repository()!, "docs", "special-values.md")).Where(l => l.StartsWith('|')).ToArray();
        var is_ = Tables().ToArray();
        if (!is_.SequenceEqual(page)) Assert.Fail($"The tables of docs/special-values.md are not those of the library, which are:\n{string.Join("\n", is_)}");
    }

    static IEnumerable<string> Tables() {
        yield return Row("", points.Select(Text));
        yield return Row("---", points.Select(_ => "---"));
        foreach (var op in Of(1)) yield return Row($"`{op}`", points.Select(x => Cell(op, [x])));
        foreach (var group in Of(2).GroupBy(o => o is PlainElementwiseOp).SelectMany(g => g.Chunk(g.Key ? 6 : 4))) {
            yield return Row("", group.Select(o => $"`{o}`"));
            yield return Row("---", group.Select(_ => "---"));
            foreach (var pair in pairs) yield return Row(string.Join(", ", pair.Select(Text)), group.Select(o => Cell(o, pair)));
        }
        yield return Row("", Of(3).Select(o => $"`{o}`"));
        yield return Row("---", Of(3).Select(_ => "---"));
        foreach (var triple in triples) yield return Row(string.Join(", ", triple.Select(Text)), Of(3).Select(o => Cell(o, triple)));

        static string Row(string head, IEnumerable<string> cells) => $"| {head} | {string.Join(" | ", cells)} |";
    }

    // The value; then the slopes, where floats come out.
    static string Cell(Op op, double[] x) {
        var (value, slopes) = At(op, x, DType.F64);
        return string.Join("; ", slopes.Prepend(value).Select(Text));
    }

    static string Text(double v) => v switch {
        Tiny => "ε",
        -Tiny => "−ε",
        Inf => "∞",
        -Inf => "−∞",
        0 when double.IsNegative(v) => "−0",
        _ when double.IsNaN(v) => "nan",
        _ => v.ToString(Math.Abs(v) is > 1e-4 and < 1e5 ? "0.####" : v == 0 ? "0" : "0.###e0", CultureInfo.InvariantCulture).Replace('-', '−'),
    };

    static TensorType[] Types(Op op, DType type) => op is SelectOp ? [new(DType.Bool, Shape.Scalar), new(type, Shape.Scalar), new(type, Shape.Scalar)] : [.. Enumerable.Repeat(new TensorType(type, Shape.Scalar), ((ElementwiseOp)op).Arity)];

    // A number for Where's bool: what is not 0 is true.
    static Tensor[] Inputs(Op op, double[] x, DType type) => [.. Types(op, type).Select((t, i) => t.DType == DType.Bool ? Tensor.Scalar(x[i] != 0) : Values.Make(t, [x[i]]))];

    static (double Value, double[] Slopes) At(Op op, double[] x, DType type) {
        var inputs = Inputs(op, x, type);
        var value = Graph.Apply(op, inputs);
        var slopes = new List<double>();
        for (var i = 0; i < inputs.Length; i++) {
            if (!inputs[i].DType.IsFloat() || !value.DType.IsFloat()) continue;
            Tensor F(Tensor t) => Graph.Apply(op, [.. inputs.Select((other, j) => i == j ? t : other)]).To(type);
            var reverse = Grad(F)(inputs[i]).Item();
            Assert.True(Same(reverse, Jvp(F, inputs[i], Tensor.OnesLike(inputs[i])).Tangent.Item()), $"{op} at {string.Join(", ", x)}: the modes differ");
            slopes.Add(reverse);
        }
        return (value.Item(), [.. slopes]);
    }

    static bool Same(double a, double b) => a.Equals(b) && double.IsNegative(a) == double.IsNegative(b) || double.IsNaN(a) && double.IsNaN(b);

    static double[][] PointsOf(Op op) => ((ElementwiseOp)op).Arity switch {
        1 => [.. points.Select(p => new[] { p })],
        2 => pairs,
        _ => triples,
    };

    [Theory, MemberData(nameof(Names))]
    public void However_it_runs(int index, string name) {
        var op = ops[index];
        Assert.Equal(name, op.ToString());
        foreach (var type in new[] { DType.F64, DType.F32 }) {
            // Alone, and beside each other in whole vectors and their rests.
            var all = PointsOf(op).Select(p => Array.ConvertAll(p, v => Math.Abs(v) == Tiny && type == DType.F32 ? Math.CopySign(float.Epsilon, v) : v)).ToArray();
            var alone = all.Select(p => At(op, p, type)).ToArray();
            foreach (var copies in new[] { 1, 5 }) {
                var inputs = Types(op, type).Select((t, i) => Values.Make(new(t.DType, Shape.Of(all.Length * copies)),
                    [.. Enumerable.Repeat(all, copies).SelectMany(p => p).Select(p => t.DType == DType.Bool ? p[i] != 0 ? 0.5 : 0 : p[i])])).ToArray();
                Laws.OneResult(x => Graph.ApplyAll(op, x), inputs);
                Laws.OneGradient(x => Graph.ApplyAll(op, x), inputs);
                var together = Values.Doubles(Graph.Apply(op, inputs));
                for (var i = 0; i < together.Length; i++) Assert.True(Same(alone[i % all.Length].Value, together[i]), $"{op} at {string.Join(", ", all[i % all.Length])}");
            }
            if (type == DType.F64) continue;
            // In f32 what f64 has at the same point, rounded.
            for (var i = 0; i < all.Length; i++) {
                var (value, slopes) = At(op, all[i], DType.F64);
                // Of two subnormals f32 has no digits: the slopes are quotients of what is left of them.
                if (all[i].Length == 2 && Array.TrueForAll(all[i], v => Math.Abs(v) == float.Epsilon)) continue;
                foreach (var (wide, narrow) in slopes.Prepend(value).Zip(alone[i].Slopes.Prepend(alone[i].Value))) {
                    var rounded = op is ConvertOp ? wide : (float)wide;
                    Assert.True(Same(rounded, narrow) || double.IsFinite(rounded) && Math.Abs(rounded - narrow) <= 3e-6 * Math.Abs(rounded) + 2 * float.Epsilon, $"{op} at {string.Join(", ", all[i])}: f64 has {wide:R}, f32 {narrow:R}");
                }
            }
        }
    }

    static double Sign(double x) => double.IsNaN(x) ? x : x > 0 ? 1 : x < 0 ? -1 : 0;

    // The values of System.Math, which are those of C99's Annex F, and derivatives as the books have them, computed in f64 by themselves. Functions that
    // System.Math does not have are given by their values at the points, from C99's erf and erfc, and by definition.
    static readonly Dictionary<string, (Func<double, double> F, Func<double, double> Slope)> unary = new() {
        ["Abs"] = (Math.Abs, Sign),
        ["Acos"] = (Math.Acos, x => -1 / Math.Sqrt(1 - x * x)),
        ["Acosh"] = (Math.Acosh, x => x < 1 ? NaN : 1 / Math.Sqrt(x * x - 1)),
        ["Asin"] = (Math.Asin, x => 1 / Math.Sqrt(1 - x * x)),
        ["Asinh"] = (Math.Asinh, x => 1 / Math.Sqrt(x * x + 1)),
        ["Atan"] = (Math.Atan, x => 1 / (1 + x * x)),
        ["Atanh"] = (Math.Atanh, x => 1 / (1 - x * x)),
        ["Cbrt"] = (Math.Cbrt, x => 1 / (3 * Math.Pow(Math.Cbrt(x), 2))),
        ["Ceil"] = (Math.Ceiling, _ => 0),
        ["Cos"] = (Math.Cos, x => -Math.Sin(x)),
        ["Cosh"] = (Math.Cosh, Math.Sinh),
        ["Erf"] = (x => At([-1, -0.8427007929497149, -5e-324, -0.0, 0, 5e-324, 0.8427007929497149, 1, NaN], x), x => 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x)),
        ["Erfc"] = (x => At([2, 1.8427007929497148, 1, 1, 1, 1, 0.15729920705028513, 0, NaN], x), x => -2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x)),
        ["ErfInv"] = (x => At([NaN, -Inf, -5e-324, -0.0, 0, 5e-324, Inf, NaN, NaN], x), x => At([NaN, Inf, 0.886226925452758, 0.886226925452758, 0.886226925452758, 0.886226925452758, Inf, NaN, NaN], x)),
        ["Exp"] = (Math.Exp, Math.Exp),
        ["Exp2"] = (x => Math.Pow(2, x), x => Math.Pow(2, x) * Math.Log(2)),
        ["Expm1"] = (x => Math.Abs(x) == Tiny || x == 0 ? x : Math.Exp(x) - 1, Math.Exp),
        ["Floor"] = (Math.Floor, _ => 0),
        ["IntegerPow(0)"] = (x => Math.Pow(x, 0), _ => 0),
        ["IntegerPow(1)"] = (x => x, _ => 1),
        ["IntegerPow(2)"] = (x => Math.Pow(x, 2), x => 2 * x),
        ["IntegerPow(3)"] = (x => Math.Pow(x, 3), x => 3 * Math.Pow(x, 2)),
        ["IntegerPow(7)"] = (x => Math.Pow(x, 7), x => 7 * Math.Pow(x, 6)),
        ["IntegerPow(-1)"] = (x => Math.Pow(x, -1), x => -Math.Pow(x, -2)),
        ["IntegerPow(-2)"] = (x => Math.Pow(x, -2), x => -2 * Math.Pow(x, -3)),
        ["Log"] = (Math.Log, x => 1 / x),
        ["Log10"] = (Math.Log10, x => 1 / (x * Math.Log(10))),
        ["Log1p"] = (x => Math.Abs(x) == Tiny || x == 0 ? x : Math.Log(1 + x), x => 1 / (1 + x)),
        ["Log2"] = (Math.Log2, x => 1 / (x * Math.Log(2))),
        ["Neg"] = (x => -x, _ => -1),
        ["Relu"] = (x => x > 0 || double.IsNaN(x) ? x : 0, x => x > 0 || double.IsNaN(x) ? 1 : 0),
        ["Round"] = (Math.Round, _ => 0),
        ["Rsqrt"] = (x => 1 / Math.Sqrt(x), x => -0.5 / (x * Math.Sqrt(x))),
        ["Sigmoid"] = (x => 1 / (1 + Math.Exp(-x)), x => Math.Exp(-Math.Abs(x)) / Math.Pow(1 + Math.Exp(-Math.Abs(x)), 2)),
        ["Sign"] = (Sign, _ => 0),
        ["Sin"] = (Math.Sin, Math.Cos),
        ["Sinh"] = (Math.Sinh, Math.Cosh),
        ["Softplus"] = (x => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x))), x => 1 / (1 + Math.Exp(-x))),
        ["Sqrt"] = (Math.Sqrt, x => 0.5 / Math.Sqrt(x)),
        ["Square"] = (x => x * x, x => 2 * x),
        ["Tan"] = (Math.Tan, x => 1 / Math.Pow(Math.Cos(x), 2)),
        ["Tanh"] = (Math.Tanh, x => 1 / Math.Pow(Math.Cosh(x), 2)),
        ["Trunc"] = (Math.Truncate, _ => 0),
        ["ToF64"] = (x => x, _ => 1),
        ["ToF32"] = (x => (float)x, _ => 1),
        ["ToBool"] = (x => x != 0 ? 1 : 0, _ => NaN),
        ["ToI32"] = (x => double.IsNaN(x) ? 0 : Math.Clamp(Math.Truncate(x), int.MinValue, int.MaxValue) + 0.0, _ => NaN),
        ["ToI64"] = (x => double.IsNaN(x) ? 0 : Math.Clamp(Math.Truncate(x), long.MinValue, long.MaxValue) + 0.0, _ => NaN),
        ["ToU32"] = (x => double.IsNaN(x) ? 0 : Math.Clamp(Math.Truncate(x), uint.MinValue, uint.MaxValue) + 0.0, _ => NaN),
    };

    static double At(double[] values, double x) => values[Array.FindIndex(points, p => Same(p, x))];

    [Fact]
    public void Functions_of_one_number_are_those_of_C99_and_of_the_books() {
        Assert.Equal(Of(1).Select(o => o.ToString()).Order(), unary.Keys.Order());
        foreach (var op in Of(1))
            foreach (var x in points) {
                var ((value, slopes), (f, slope)) = (At(op, [x], DType.F64), unary[op.ToString()]);
                Assert.True(Near(f(x), value, signs: true), $"{op} at {x}: {value:R}, not {f(x):R}");
                // The sign of a slope that is zero is nobody's convention.
                if (slopes is [var s]) Assert.True(Near(slope(x), s, signs: false), $"the slope of {op} at {x}: {s:R}, not {slope(x):R}");
            }
    }

    static readonly Dictionary<string, Func<double, double, double>> binary = new() {
        ["Add"] = (a, b) => a + b, ["Sub"] = (a, b) => a - b, ["Mul"] = (a, b) => a * b, ["Div"] = (a, b) => a / b, ["Atan2"] = Math.Atan2, ["Pow"] = Math.Pow, ["Max"] = Math.Max, ["Min"] = Math.Min,
        ["Hypot"] = double.Hypot,
        // As Python has them, which is to say by fmod; NumPy says the same of infinities.
        ["Mod"] = (a, b) => a % b is var r && r == 0 ? Math.CopySign(r, b) : r < 0 != b < 0 ? r + b : r,
        ["FloorDiv"] = (a, b) => b == 0 ? a / b : double.IsInfinity(a) || double.IsNaN(a) ? NaN : double.IsInfinity(b) && a != 0 ? a < 0 == b < 0 ? Math.CopySign(0, a / b) : -1 : Math.Floor(a / b),
        ["Xlogy"] = (a, b) => a == 0 && !double.IsNaN(b) ? 0 : a * Math.Log(b),
        ["Equal"] = (a, b) => a == b ? 1 : 0, ["NotEqual"] = (a, b) => a != b ? 1 : 0, ["Less"] = (a, b) => a < b ? 1 : 0, ["LessOrEqual"] = (a, b) => a <= b ? 1 : 0,
        ["Greater"] = (a, b) => a > b ? 1 : 0, ["GreaterOrEqual"] = (a, b) => a >= b ? 1 : 0,
    };

    [Fact]
    public void Functions_of_two_numbers_are_those_of_IEEE_754_C99_and_Python() {
        Assert.Equal(Of(2).Select(o => o.ToString()).Order(), binary.Keys.Order());
        foreach (var op in Of(2))
            foreach (var p in pairs)
                Assert.True(Near(binary[op.ToString()](p[0], p[1]), At(op, p, DType.F64).Value, signs: true), $"{op} of {p[0]}, {p[1]}: {At(op, p, DType.F64).Value:R}, not {binary[op.ToString()](p[0], p[1]):R}");
        foreach (var p in triples) Assert.True(Same(Math.FusedMultiplyAdd(p[0], p[1], p[2]), At(FmaOp.Op, p, DType.F64).Value));
    }

    static bool Near(double expected, double actual, bool signs) =>
        double.IsNaN(expected) ? double.IsNaN(actual) : expected == actual ? !signs || double.IsNegative(expected) == double.IsNegative(actual)
        : double.IsFinite(expected) && Math.Abs(expected - actual) <= 1e-14 * Math.Abs(expected);
}
