using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Diff.Wide;

namespace Diff;

/// <summary>The natural logarithm and what is made of it.</summary>
/// <remarks>x = 2ᵏ(1 + f) with 1 + f in [√½, √2). f32: ln(1 + f) = f + f²·P(f). f64, as fdlibm's e_log.c (Sun Microsystems, 1993) does:
/// s = f/(2 + f), ln(1 + f) = f − (h − s(h + R(s²))) with h = f²/2. P and R are minimax polynomials (Remez).</remarks>
internal static class Logarithms {
    /// <summary>ln x: within 1 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Log<T>(Vector512<T> x) where T : unmanaged, INumber<T> =>
        typeof(T) == typeof(float) ? Edged(x, SingleLogarithm.Ln(x.AsSingle()).As<float, T>()) : Edged(x, LnOf(x.AsDouble()).As<double, T>());

    /// <summary>The logarithm to base 2: f32 to 0.51 ulp, f64 to 1; whole where x is a power of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Log2<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Edged(x, Map<T, Log2Of>(x));

    /// <summary>The logarithm to base 10: f32 to 0.51 ulp, f64 to 1.5; whole where x is a power of ten.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Log10<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Edged(x, Map<T, Log10Of>(x));

    /// <summary>ln(1 + x) with all its digits near 0: f32 to 0.51 ulp, f64 to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Log1p<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, Log1pOf>(x);

    /// <summary>The inverse of sinh: f32 to 0.51 ulp, f64 to 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Asinh<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, AsinhOf>(x);

    /// <summary>The inverse of cosh, from 1 on: f32 to 0.51 ulp, f64 to 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Acosh<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, AcoshOf>(x);

    /// <summary>The inverse of tanh, on [−1, 1]: f32 to 0.51 ulp, f64 to 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Atanh<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, AtanhOf>(x);

    internal const double Ln2 = 0.69314718055994530942, Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10;

    // The logarithms are what they are where 0 < x < ∞; −∞ at 0, NaN below.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<T> Edged<T>(Vector512<T> x, Vector512<T> y) where T : unmanaged {
        var zero = Vector512<T>.Zero;
        var edge = Select(Vector512.Equals(x, zero), Splat<T>(double.NegativeInfinity), Select(Vector512.LessThan(x, zero), Splat<T>(double.NaN), x));
        return Select(Vector512.GreaterThan(x, zero) & Vector512.LessThan(x, Splat<T>(double.PositiveInfinity)), y, edge);
    }

    // x of f32 is normal in f64.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector512<double> K, Vector512<double> F) SplitAny<T>(Vector512<double> x) where T : unmanaged {
        if (typeof(T) == typeof(float)) return Split(x);
        var subnormal = Vector512.LessThan(x, Splat(2.2250738585072014e-308));
        var (k, f) = Split(Select(subnormal, x * 18014398509481984, x));
        return (k - (subnormal & Splat(54)), f);
    }

    /// <summary>x = 2ᵏ(1 + f), 1 + f in [√½, √2), of normal positive x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (Vector512<double> K, Vector512<double> F) Split(Vector512<double> x) {
        const long root = 0x3FE6A09E667F3BCD, bias = 1024L << 52, mantissa = (1L << 52) - 1;
        // Exponents counted from √½, as a whole number of f64 without a conversion, which AVX2 lacks: the last digits of 1½·2⁵².
        var bits = x.AsInt64() + Vector512.Create(bias - root);
        var k = ((bits >>> 52) + Whole<double>().AsInt64()).AsDouble() - (Whole<double>() + Splat(1024));
        return (k, ((bits & Vector512.Create(mantissa)) + Vector512.Create(root)).AsDouble() - Vector512<double>.One);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> LnOf(Vector512<double> x) {
        var (k, f) = SplitAny<double>(x);
        return Ln<double>(k, f, Vector512<double>.Zero);
    }

    /// <summary>ln(1 + t), −1 &lt; t &lt; ∞, but for the sign of 0. What rounding took from 1 + t comes back: t itself is f where k is 0, and
    /// elsewhere it is a part of 1 + t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<double> Ln1p<T>(Vector512<double> t) where T : unmanaged {
        var one = Vector512<double>.One;
        var u = one + t;
        var (k, f) = Split(u);
        var unit = Vector512.Equals(k, Vector512<double>.Zero);
        f = Select(unit, t, f);
        if (typeof(T) == typeof(float)) return Ln<T>(k, f, Vector512<double>.Zero);
        var part = u - one;
        var lost = (one - (u - part)) + (t - part);
        return Ln<T>(k, f, Vector512.AndNot(lost / u, unit));
    }

    // k·ln 2 + ln(1 + f) + rest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> Ln<T>(Vector512<double> k, Vector512<double> f, Vector512<double> rest) where T : unmanaged {
        if (typeof(T) == typeof(float)) return Fma(k, Ln2, Fma(f * f, P(f), f));
        var (s, half) = (f / (f + Splat(2)), f * f * 0.5);
        return Fma(k, Ln2High, f - (half - Fma(s, half + R(s), Fma(k, Ln2Low, rest))));
    }

    // (ln(1 + f) − f)/f² to 1e-10.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> P(Vector512<double> f) =>
        Poly(f, -0.5000000028415159, 0.3333333198299335, -0.24999938117831608, 0.20000096443128274, -0.16670327555237202, 0.1428569819149185,
            -0.12412645232103191, 0.1102109321708503, -0.10870493871474121, 0.10726991912122356, -0.059941356337362244);

    // ln((1 + s)/(1 − s))/s − 2, the tail of the series of atanh.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<double> R(Vector512<double> s) {
        var z = s * s;
        return z * Poly(z, 0.6666666666666734, 0.399999999994147, 0.285714287423843, 0.22222198573431792, 0.1818356431679428, 0.15314050722883077, 0.147959485243717);
    }

    // ln(1 + f) = high + low, low far beyond the digits of high.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector512<double> High, Vector512<double> Low) Two(Vector512<double> f) {
        var (s, half) = (f / (f + Splat(2)), f * f * 0.5);
        var high = f - half;
        var lost = Fma(f * 0.5, f, -half);
        return (high, Fma(s, half + R(s), f - high - half - lost));
    }

    // k·log 2 + ln(1 + f)/ln b, the constants in two parts each.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> OfBase<T>(Vector512<double> x, double log2High, double log2Low, double inverse, double inverseLow) where T : unmanaged {
        var (k, f) = SplitAny<T>(x);
        if (typeof(T) == typeof(float)) return Fma(k, log2High + log2Low, Fma(f * f, P(f), f) * inverse);
        var (high, low) = Two(f);
        var y = high * inverse;
        var rest = Fma(k, log2Low, Fma(high, inverseLow, Fma(low, inverse, Fma(high, inverse, -y))));
        var whole = k * log2High;    // exact
        var sum = whole + y;
        return sum + (rest + (y - (sum - whole)));
    }

    readonly struct Log2Of : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged => OfBase<T>(x, 1, 0, 1.4426950408889634074, 2.0355273740931033e-17);
    }

    readonly struct Log10Of : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged =>
            OfBase<T>(x, 3.01029995663611771306e-01, 3.69423907715893078616e-13, 0.43429448190325182765, 1.098319650216765e-17);
    }

    readonly struct Log1pOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            var y = Vector512.CopySign(Ln1p<T>(x), x);
            var edge = Select(Vector512.Equals(x, Splat(-1)), Splat(double.NegativeInfinity), Select(Vector512.LessThan(x, Splat(-1)), Splat(double.NaN), x));
            return Select(Vector512.GreaterThan(x, Splat(-1)) & Vector512.LessThan(x, Splat(double.PositiveInfinity)), y, edge);
        }
    }

    // ln(1 + t) with t = a + a²/(1 + √(1 + a²)); of f64 above 10¹⁵⁰, where a² would overflow, ln 2a.
    readonly struct AsinhOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            var (a, one) = (Vector512.Abs(x), Vector512<double>.One);
            var square = a * a;
            var y = Huge<T>(a, a + square / (one + Vector512.Sqrt(one + square)));
            return Vector512.CopySign(Select(Vector512.LessThan(a, Splat(double.PositiveInfinity)), y, a), x);
        }
    }

    // ln(1 + t) with t = d + √(2d + d²), d = x − 1, which is exact near 1.
    readonly struct AcoshOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            var d = x - Vector512<double>.One;
            var y = Huge<T>(x, d + Vector512.Sqrt(Fma(d, d, d + d)));
            var edge = Select(Vector512.LessThan(x, Vector512<double>.One), Splat(double.NaN), x);
            return Select(Vector512.GreaterThanOrEqual(x, Vector512<double>.One) & Vector512.LessThan(x, Splat(double.PositiveInfinity)), y, edge);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> Huge<T>(Vector512<double> x, Vector512<double> t) where T : unmanaged {
        if (typeof(T) == typeof(float)) return Ln1p<T>(t);
        var huge = Vector512.GreaterThan(x, Splat(1e150));
        return Ln1p<T>(Select(huge, x, t)) + (huge & Splat(Ln2));
    }

    // ½ ln(1 + 2a/(1 − a)).
    readonly struct AtanhOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            var (a, one) = (Vector512.Abs(x), Vector512<double>.One);
            var y = Ln1p<T>((a + a) / (one - a)) * 0.5;
            var edge = Select(Vector512.Equals(a, one), Splat(double.PositiveInfinity), Splat(double.NaN));
            return Vector512.CopySign(Select(Vector512.LessThan(a, one), y, edge), x);
        }
    }
}
