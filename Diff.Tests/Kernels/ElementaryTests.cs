using System.Runtime.Intrinsics;

namespace Diff.Tests;

/// <summary>Every elementary function against a reference: f32 against f64, over all of its range; f64 against <see cref="Exact"/>.</summary>
public class ElementaryTests {
    /// <summary>One function: its vectors, the references, the domain in which f64 is tried, and the bounds in units of the last place.</summary>
    internal sealed record Row(string Name, Func<Vector512<float>, Vector512<float>> Single, Func<Vector512<double>, Vector512<double>> Double,
        Func<double, double> Near, Func<Exact, Exact>? Exactly, double Low, double High, double SingleBound, double DoubleBound);

    internal static readonly Row[] Rows = [
        new("exp", Exponentials.Exp, Exponentials.Exp, Math.Exp, Exact.Exp, -745, 709.78, 0.8, 1),
        new("exp2", Exponentials.Exp2, Exponentials.Exp2, x => Math.Pow(2, x), x => Exact.Exp(x * Exact.Ln2), -1070, 1023.9, 0.9, 1),
        new("expm1", Exponentials.Expm1, Exponentials.Expm1, Expm1, x => Exact.Exp(x) - Exact.One, -60, 709, 0.52, 1.2),
        new("sinh", Exponentials.Sinh, Exponentials.Sinh, Math.Sinh, Exact.Sinh, -710, 710, 0.51, 2),
        new("cosh", Exponentials.Cosh, Exponentials.Cosh, Math.Cosh, Exact.Cosh, -710, 710, 0.51, 1.2),
        new("tanh", Exponentials.Tanh, Exponentials.Tanh, Math.Tanh, Exact.Tanh, -30, 30, 1, 2),
        new("sigmoid", Exponentials.Sigmoid, Exponentials.Sigmoid, Sigmoid, x => Exact.One / (Exact.One + Exact.Exp(-x)), -740, 40, 1.2, 2),
        new("softplus", Exponentials.Softplus, Exponentials.Softplus, Softplus, x => Exact.Log(Exact.One + Exact.Exp(x)), -700, 700, 2, 2),
        new("log", Logarithms.Log, Logarithms.Log, Math.Log, Exact.Log, 0, 1e300, 0.9, 0.9),
        new("log2", Logarithms.Log2, Logarithms.Log2, Math.Log2, x => Exact.Log(x) / Exact.Ln2, 0, 1e300, 0.51, 0.8),
        new("log10", Logarithms.Log10, Logarithms.Log10, Math.Log10, x => Exact.Log(x) / Exact.Log(Exact.Of(10)), 0, 1e300, 0.51, 0.8),
        new("log1p", Logarithms.Log1p, Logarithms.Log1p, Log1p, x => Exact.Log(Exact.One + x), -0.999, 1e300, 0.51, 1),
        new("asinh", Logarithms.Asinh, Logarithms.Asinh, Asinh, Exact.Asinh, -1e300, 1e300, 0.51, 1.6),
        new("acosh", Logarithms.Acosh, Logarithms.Acosh, Acosh, Exact.Acosh, 1, 1e300, 0.51, 1.6),
        new("atanh", Logarithms.Atanh, Logarithms.Atanh, Atanh, Exact.Atanh, -0.99999, 0.99999, 0.51, 1.6),
        new("sin", Trigonometry.Sin, Trigonometry.Sin, Math.Sin, Exact.Sin, -1e7, 1e7, 0.51, 0.9),
        new("cos", Trigonometry.Cos, Trigonometry.Cos, Math.Cos, Exact.Cos, -1e7, 1e7, 0.51, 0.9),
        new("tan", Trigonometry.Tan, Trigonometry.Tan, Math.Tan, x => Exact.Sin(x) / Exact.Cos(x), -1e7, 1e7, 0.51, 2),
        new("asin", Trigonometry.Asin, Trigonometry.Asin, Math.Asin, Exact.Asin, -1, 1, 0.51, 1.3),
        new("acos", Trigonometry.Acos, Trigonometry.Acos, Math.Acos, Exact.Acos, -0.999, 1, 0.51, 1.2),
        new("atan", Trigonometry.Atan, Trigonometry.Atan, Math.Atan, Exact.Atan, -1e300, 1e300, 0.51, 1.3),
        new("erf", ErrorFunctions.Erf, ErrorFunctions.Erf, Special.Erf, Exact.Erf, -6, 6, 1.3, 1),
        new("erfc", ErrorFunctions.Erfc, ErrorFunctions.Erfc, Special.Erfc, x => Exact.One - Exact.Erf(x), -6, 10, 0.52, 2.5),
        new("erfinv", ErrorFunctions.ErfInv, ErrorFunctions.ErfInv, ErfInv, null, -1, 1, 0.6, 0),
        new("cbrt", Powers.Cbrt, Powers.Cbrt, Math.Cbrt, x => x < Exact.Zero ? -Cbrt(-x) : Cbrt(x), -1e300, 1e300, 0.51, 0.6),
        new("rsqrt", Powers.Rsqrt, Powers.Rsqrt, x => 1 / Math.Sqrt(x), x => Exact.One / Exact.Sqrt(x), 0, 1e300, 1.5, 1.5),
    ];

    public static TheoryData<string> Names => new(Rows.Select(r => r.Name));

    static Row Named(string name) => Rows.Single(r => r.Name == name);

    static int Cases => int.TryParse(Environment.GetEnvironmentVariable("DIFF_MAXTEST"), out var n) && n > 0 ? n : 0;

    [Theory, MemberData(nameof(Names))]
    public void SingleIsWithinItsBound(string name) {
        var row = Named(name);
        var step = Cases > 0 ? 1 : 1499;
        var (x, y) = (new float[16], new float[16]);
        for (var bits = 0L; bits < 1L << 32; bits += 16 * step) {
            for (var i = 0; i < 16; i++) x[i] = BitConverter.Int32BitsToSingle((int)(bits + i * step));
            row.Single(Vector512.Create(x)).CopyTo(y);
            for (var i = 0; i < 16; i++) CheckSingle(row, x[i], y[i]);
        }
        float[] special = [0f, -0f, 1f, -1f, 0.5f, 2f, 10f, 1000f, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.NaN];
        foreach (var v in special) CheckSingle(row, v, row.Single(Vector512.Create(v))[5]);
    }

    static void CheckSingle(Row row, float x, float got) {
        var want = row.Near(x);
        Assert.True(Ulps(got, want) <= row.SingleBound, $"{row.Name}({x:R}) = {got:R}, should be {want:R}: {Ulps(got, want)} ulp off");
    }

    // Zeros have signs, NaN is NaN, and half a place above the largest number begins infinity.
    static double Ulps(float got, double want) {
        var rounded = (float)want;
        if (float.IsNaN(got) || float.IsNaN(rounded)) return float.IsNaN(got) == float.IsNaN(rounded) ? 0 : double.PositiveInfinity;
        if (got == 0 && rounded == 0) return float.IsNegative(got) == double.IsNegative(want) ? 0 : double.PositiveInfinity;
        if (got == rounded) return 0;
        return Math.Abs(got - want) / Math.ScaleB(1, Math.Max(want == 0 ? -149 : Math.ILogB(want) - 23, -149));
    }

    [Theory, MemberData(nameof(Names))]
    public void DoubleIsWithinItsBound(string name) {
        var row = Named(name);
        if (row.Exactly is not { } exactly) return;
        var points = Points(row).ToArray();
        foreach (var x in points) {
            var got = row.Double(Vector512.Create(x))[3];
            var ulps = exactly(Exact.Of(x)).Ulps(got);
            Assert.True(ulps <= row.DoubleBound, $"{row.Name}({x:R}) = {got:R} is {ulps} ulp off");
        }
    }

    // Even ones, small ones, ones near 1, and neighbours of multiples of ½π and of ln 2.
    static IEnumerable<double> Points(Row row) {
        var random = new Random(17);
        for (var i = 0; i < Math.Max(40, Cases); i++) {
            double[] some = [row.Low + (row.High - row.Low) * random.NextDouble(), (random.NextDouble() - 0.5) * 6,
                Math.ScaleB(random.NextDouble() - 0.5, -random.Next(60)), 1 + Math.ScaleB(random.NextDouble() - 0.5, -random.Next(50)),
                Math.ScaleB(random.NextDouble() - 0.5, random.Next(40)), Math.PI / 2 * random.Next(-1000, 1000), Math.Log(2) / 2 * random.Next(-100, 100)];
            foreach (var x in some) if (x >= row.Low && x <= row.High && x != 0) yield return x;
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void ALaneDoesNotSeeItsNeighbours(string name) {
        var row = Named(name);
        var random = new Random(3);
        var (x, y) = (new float[16], new double[8]);
        for (var n = 0; n < 3000; n++) {
            for (var i = 0; i < 16; i++) x[i] = random.Next(3) == 0 ? BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)) : (random.NextSingle() - 0.5f) * 8;
            for (var i = 0; i < 8; i++) y[i] = random.Next(3) == 0 ? BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)) : (random.NextDouble() - 0.5) * 8;
            var (at, single, full) = (random.Next(8), row.Single(Vector512.Create(x)), row.Double(Vector512.Create(y)));
            Assert.Equal(BitConverter.SingleToInt32Bits(row.Single(Vector512.Create(x[at]))[0]), BitConverter.SingleToInt32Bits(single[at]));
            Assert.Equal(BitConverter.DoubleToInt64Bits(row.Double(Vector512.Create(y[at]))[0]), BitConverter.DoubleToInt64Bits(full[at]));
        }
    }

    // Not those of f64 that are the C library's, nor angles beyond the reduction. The number is what AVX-512, AVX2, SSE and no vectors at all give.
    [Fact]
    public void BitsAreThoseOfEveryMachine() {
        var random = new Random(5);
        var hash = 14695981039346656037UL;
        foreach (var row in Rows) {
            for (var n = 0; n < 500; n++) {
                var x = Enumerable.Range(0, 16).Select(i => Math.ScaleB(random.NextDouble() - 0.5, random.Next(-40, 20))).ToArray();
                var single = row.Single(Vector512.Create<float>(x.Select(v => (float)v).ToArray()));
                for (var i = 0; i < 16; i++) Add(float.IsNaN(single[i]) ? 0 : BitConverter.SingleToUInt32Bits(single[i]));
                if (row.Name is "erf" or "erfc") continue;
                var full = row.Double(Vector512.Create<double>(x));
                for (var i = 0; i < 8; i++) Add(double.IsNaN(full[i]) ? 0 : BitConverter.DoubleToUInt64Bits(full[i]));
            }
        }
        Assert.Equal(10164191405025680271UL, hash);

        void Add(ulong bits) => hash = unchecked((hash ^ bits) * 1099511628211UL);
    }

    static readonly double[] awkward = [0.0, -0.0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 16777215, -16777215, 33554432, double.Epsilon, 1e-40, 1e38, -1e38, 1e308,
        double.PositiveInfinity, double.NegativeInfinity, double.NaN];

    public static TheoryData<string> Pairs => new("pow", "atan2", "hypot");

    [Theory, MemberData(nameof(Pairs))]
    public void FunctionsOfTwo(string name) {
        var (single, full, want, bound) = name switch {
            "pow" => ((Func<Vector512<float>, Vector512<float>, Vector512<float>>)Powers.Pow, (Func<Vector512<double>, Vector512<double>, Vector512<double>>)Powers.Pow,
                (Func<double, double, double>)Math.Pow, 1.0),
            "atan2" => (Trigonometry.Atan2, Trigonometry.Atan2, Math.Atan2, 2),
            _ => (Powers.Hypot, Powers.Hypot, double.Hypot, 2),
        };
        foreach (var x in awkward)
            foreach (var y in awkward) Check(x, y);
        var random = new Random(11);
        for (var i = 0; i < 400_000; i++) {
            double[] a = [Math.Exp((random.NextDouble() - 0.5) * 40), (random.NextDouble() - 0.5) * 8, random.Next(-30, 30), BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))];
            Check(a[random.Next(4)], a[random.Next(4)] * (random.NextDouble() < 0.5 ? 1 : random.NextDouble()));
        }

        void Check(double x, double y) {
            var (p, q) = ((float)x, (float)y);
            var got = single(Vector512.Create(p), Vector512.Create(q))[2];
            Assert.True(Ulps(got, want(p, q)) <= 0.51, $"{name}({p:R}, {q:R}) = {got:R}, should be {want(p, q):R}");
            var (g, w) = (full(Vector512.Create(x), Vector512.Create(y))[2], want(x, y));
            Assert.True(g.Equals(w) && double.IsNegative(g) == double.IsNegative(w) || double.IsNaN(g) && double.IsNaN(w)
                || Math.Abs(g - w) <= bound * (Math.BitIncrement(Math.Abs(w)) - Math.Abs(w)), $"{name}({x:R}, {y:R}) = {g:R}, should be {w:R}");
        }
    }

    // References in f64 for what Math lacks, right to 2⁻⁵⁰.
    static double Expm1(double x) => x == 0 ? x : Math.Abs(x) < 1e-8 ? x + x * x / 2 : Math.Abs(x) < 0.5 ? 2 * Math.Sinh(x / 2) * Math.Exp(x / 2) : Math.Exp(x) - 1;
    static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
    static double Softplus(double x) => Math.Max(x, 0) + Log1p(Math.Exp(-Math.Abs(x)));

    static double Log1p(double x) {
        if (x == 0 || double.IsPositiveInfinity(x)) return x;
        var u = 1 + x;
        return u == 1 ? x : Math.Log(u) * (x / (u - 1));
    }

    static double Asinh(double x) => double.IsInfinity(x) ? x : Math.CopySign(Log1p(Math.Abs(x) + x * x / (1 + Math.Sqrt(1 + x * x))), x);
    static double Acosh(double x) => x < 1 ? double.NaN : double.IsInfinity(x) ? x : Log1p(x - 1 + Math.Sqrt((x - 1) * (x + 1)));
    static double Atanh(double x) => Math.Abs(x) == 1 ? x / 0.0 : Math.CopySign(0.5 * Log1p(2 * Math.Abs(x) / (1 - Math.Abs(x))), x);
    static double ErfInv(double x) => Math.Abs(x) == 1 ? x / 0.0 : Math.Abs(x) > 1 ? double.NaN : InverseErf.Of(System.Numerics.Vector.Create(x))[0];
    static Exact Cbrt(Exact x) => Exact.Exp(Exact.Log(x) / 3);
}
