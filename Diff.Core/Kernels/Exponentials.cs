using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Diff.Wide;

namespace Diff;

/// <summary>The exponential function and what is made of it.</summary>
/// <remarks>x = k·ln 2 + r with |r| ≤ ½ ln 2; e^r by the even and the odd part of its series, cosh r = 1 + r²·C(r²) and
/// sinh r = r + r³·S(r²), which serve all of the family. C and S are minimax polynomials (Remez).</remarks>
internal static class Exponentials {
    /// <summary>eˣ: within 1 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Exp<T>(Vector512<T> x) where T : unmanaged, INumber<T> =>
        typeof(T) == typeof(float) ? SingleExponentials.Exp(x.AsSingle()).As<float, T>() : Exp<T>(x.AsDouble()).As<double, T>();

    /// <summary>2ˣ: within 1 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Exp2<T>(Vector512<T> x) where T : unmanaged, INumber<T> =>
        typeof(T) == typeof(float) ? SingleExponentials.Exp2(x.AsSingle()).As<float, T>() : Exp2<T>(AtLeast(AtMost(x.AsDouble(), 1025), -1080)).As<double, T>();

    /// <summary>eˣ − 1 with all its digits near 0: f32 to 0.51 ulp, f64 to 1.2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Expm1<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, Expm1Of>(x);

    /// <summary>(eˣ − e⁻ˣ)/2: f32 to 0.51 ulp, f64 to 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Sinh<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, SinhOf>(x);

    /// <summary>(eˣ + e⁻ˣ)/2: f32 to 0.51 ulp, f64 to 1.2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Cosh<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, CoshOf>(x);

    /// <summary>sinh x/cosh x: f32 to 1 ulp, f64 to 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Tanh<T>(Vector512<T> x) where T : unmanaged, INumber<T> =>
        typeof(T) == typeof(float) ? SingleExponentials.Tanh(x.AsSingle()).As<float, T>() : Tanh(x.AsDouble()).As<double, T>();

    /// <summary>1/(1 + e⁻ˣ), on the left down to the subnormals: f32 to 1.2 ulp, f64 to 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Sigmoid<T>(Vector512<T> x) where T : unmanaged, INumber<T> {
        if (typeof(T) == typeof(float)) return SingleExponentials.Sigmoid(x.AsSingle()).As<float, T>();
        var (e, one) = (Exp(-Vector512.Abs(x)), Vector512<T>.One);
        return Select(Vector512.LessThan(x, Vector512<T>.Zero), e, one) / (e + one);
    }

    /// <summary>ln(1 + eˣ): to 2 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Softplus<T>(Vector512<T> x) where T : unmanaged, INumber<T> =>
        typeof(T) == typeof(float) ? SingleExponentials.Softplus(x.AsSingle()).As<float, T>()
        : (Vector512.GreaterThan(x, Vector512<T>.Zero) & x) + Logarithms.Log1p(Exp(-Vector512.Abs(x)));

    const double Ln2 = 0.69314718055994530942, Ln2Rest = 2.3190468138462995584e-17;

    /// <summary>eˣ in f64: for T = f32 to 2⁻³³, and from e⁻²⁰⁰ to e²⁰⁰.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<double> Exp<T>(Vector512<double> x) where T : unmanaged {
        var (whole, r, rest) = Reduce<T>(typeof(T) == typeof(float) ? AtLeast(AtMost(x, 200), -200) : AtLeast(AtMost(x, 710), -746));
        return Scaled<T>(r + Curve<T>(r, rest), whole);
    }

    /// <summary>2ˣ in f64, |x| ≤ 1000 where T is f32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<double> Exp2<T>(Vector512<double> x) where T : unmanaged {
        var whole = x + Whole<double>();
        var r = (x - (whole - Whole<double>())) * Ln2;
        return Scaled<T>(r + Curve<T>(r, Vector512<double>.Zero), whole);
    }

    // e^r − 1 → e^r·2ᵏ.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> Scaled<T>(Vector512<double> r, Vector512<double> whole) where T : unmanaged {
        var y = r + Vector512<double>.One;
        return typeof(T) == typeof(float) ? (y.AsInt64() + (whole.AsInt64() << 52)).AsDouble() : Scale(y, whole - Whole<double>());
    }

    // x = k·ln 2 + r + rest: r is exact, rest what the rounding of ln 2 leaves, of which f32 sees nothing.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector512<double> Whole, Vector512<double> R, Vector512<double> Remainder) Reduce<T>(Vector512<double> x) where T : unmanaged {
        var whole = Fma(x, 1.4426950408889634074, Whole<double>());
        var k = whole - Whole<double>();
        return (whole, Fma(k, -Ln2, x), typeof(T) == typeof(float) ? Vector512<double>.Zero : k * -Ln2Rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> C<T>(Vector512<double> z) where T : unmanaged => typeof(T) == typeof(float)
        ? Poly(z, 0.5000000079136755, 0.04166626707430715, 0.0013946230158105232)
        : Poly(z, 0.5000000000000013, 0.041666666666514286, 0.0013888888947261385, 2.480148972266182e-05, 2.7631349854137026e-07);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> S<T>(Vector512<double> z) where T : unmanaged => typeof(T) == typeof(float)
        ? Poly(z, 0.1666666675454969, 0.008333288954640722, 0.0001990496070125232)
        : Poly(z, 0.16666666666666677, 0.008333333333321615, 0.00019841269886160365, 2.7557244180058746e-06, 2.5109045539184257e-08);

    // e^(r + rest) − 1 − r.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> Curve<T>(Vector512<double> r, Vector512<double> rest) where T : unmanaged {
        if (typeof(T) == typeof(double)) r += rest;
        var z = r * r;
        var q = Fma(r, S<T>(z), C<T>(z));
        return typeof(T) == typeof(float) ? z * q : Fma(z, q, rest);
    }

    // ½·eˣ − ½: from ½·2ᵏ on, which does not overflow before the result does. Below −50 the result is −½.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> HalfExpm1<T>(Vector512<double> x) where T : unmanaged {
        var (whole, r, rest) = Reduce<T>(x);
        var scale = PowerOfTwo(whole - Vector512<double>.One);
        return Fma(scale, Curve<T>(r, rest), Fma(scale, r, scale - Splat(0.5)));
    }

    // t/(t + 2) with t = e^2|x| − 1, which has all digits near 0. Beyond 25 it is 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> Tanh(Vector512<double> x) {
        var half = HalfExpm1<double>(AtMost(Vector512.Abs(x), 25) * 2);
        return Vector512.CopySign(half / (half + Vector512<double>.One), x);
    }

    // (¼·2ᵏ, ¼·2⁻ᵏ, cosh r − 1, sinh r) of |x|. Beyond 2¹⁰⁰ the smaller power no longer counts.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector512<double> Up, Vector512<double> Down, Vector512<double> Coshm1, Vector512<double> Sinh) Hyperbolic<T>(Vector512<double> x) where T : unmanaged {
        var (whole, exact, rest) = Reduce<T>(AtMost(Vector512.Abs(x), typeof(T) == typeof(float) ? 200 : 710.6));
        var r = exact + rest;
        var (z, two) = (r * r, Splat(2));
        var k = whole - Whole<double>();
        var minus = Whole<double>() - two - (typeof(T) == typeof(float) ? k : AtMost(k, 100));
        return (PowerOfTwo(whole - two), PowerOfTwo(minus), z * C<T>(z), Fma(r * z, S<T>(z), r));
    }

    readonly struct Expm1Of : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            if (typeof(T) == typeof(float)) {
                // Nothing overflows here, and CopySign is enough for −0.
                var (whole, r, rest) = Reduce<T>(AtLeast(AtMost(x, 200), -50));
                var scale = PowerOfTwo(whole);
                return Vector512.CopySign(Fma(scale, Curve<T>(r, rest), Fma(scale, r, scale - Vector512<double>.One)), x);
            }
            var half = HalfExpm1<T>(AtLeast(AtMost(x, 710), -50));
            // Half of the least subnormal is nothing.
            return Vector512.ConditionalSelect(Vector512.LessThan(Vector512.Abs(x), Vector512.Create(1e-150)), x, Vector512.CopySign(half + half, x));    // −0
        }
    }

    readonly struct SinhOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            var (up, down, c, s) = Hyperbolic<T>(x);
            var half = up - down + Fma(up - down, c, (up + down) * s);
            // Half of the least subnormal is nothing.
            return Vector512.ConditionalSelect(Vector512.LessThan(Vector512.Abs(x), Vector512.Create(1e-150)), x, Vector512.CopySign(half + half, x));
        }
    }

    readonly struct CoshOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            var (up, down, c, s) = Hyperbolic<T>(x);
            var half = up + down + Fma(up + down, c, (up - down) * s);
            return half + half;
        }
    }
}
