using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Diff.Wide;

namespace Diff;

/// <summary>Sine, cosine and tangent, and their inverses.</summary>
/// <remarks>Arguments up to 2²⁰ (f32: 2⁴⁰) are reduced by multiples of ½π in three parts (Cody and Waite), larger ones one by one by <see cref="Math"/>'s functions.
/// All polynomials are minimax (Remez).</remarks>
internal static class Trigonometry {
    /// <summary>sin x: f32 to 0.51 ulp, f64 to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Sin<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, SinOf>(x) is var y && AreNear(x) ? y : FarSin(x, y);

    /// <summary>cos x: f32 to 0.51 ulp, f64 to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Cos<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, CosOf>(x) is var y && AreNear(x) ? y : FarCos(x, y);

    /// <summary>sin x/cos x: f32 to 0.51 ulp, f64 to 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Tan<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, TanOf>(x) is var y && AreNear(x) ? y : FarTan(x, y);

    /// <summary>The inverse of sin, in [−½π, ½π]: f32 to 0.51 ulp, f64 to 1.3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Asin<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, AsinOf>(x);

    /// <summary>The inverse of cos, in [0, π]: f32 to 0.51 ulp, f64 to 1.2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Acos<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, AcosOf>(x);

    /// <summary>The inverse of tan, in [−½π, ½π]: f32 to 0.51 ulp, f64 to 1.3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Atan<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, AtanOf>(x);

    /// <summary>The angle of (x, y), in [−π, π]: f32 to 0.51 ulp, f64 to 2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Atan2<T>(Vector512<T> y, Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, Atan2Of>(y, x);

    const double TwoOverPi = 0.63661977236758134308, HalfPi = 1.5707963267948966, HalfPiRest = 6.123233995736766e-17, HalfPiLast = -1.4973849048591833e-33;

    // Below it k·½π in two parts is exact to the digits of T: f32 has no number between that comes nearer to a multiple.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static double Limit<T>() => typeof(T) == typeof(float) ? 1L << 40 : 1 << 20;

    // x = k·½π + r + rest, |r| ≤ ¼π: r is exact where k·½π is near x, and rest what is left of the constant.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector512<long> K, Vector512<double> R, Vector512<double> Remainder) Reduce<T>(Vector512<double> x) where T : unmanaged {
        var whole = Fma(x, TwoOverPi, Whole<double>());
        var k = whole - Whole<double>();
        var near = Fma(k, -HalfPi, x);
        if (typeof(T) == typeof(float)) return (whole.AsInt64(), Fma(k, -HalfPiRest, near), Vector512<double>.Zero);
        var part = k * HalfPiRest;
        var r = near - part;
        // Two differences and two roundings: of near − part, and of part.
        var rest = (near - r - part) - Fma(k, HalfPiRest, -part) - k * HalfPiLast;
        return (whole.AsInt64(), r, rest);
    }

    // Of f32: x = k·π + r, |r| ≤ ½π, where sin x is ±sin r: one polynomial serves for all of it, and −0 stays.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> HalfTurn(Vector512<double> r, Vector512<double> whole) {
        var z = r * r;
        var p = Poly(z, -0.16666666626108037, 0.00833333110678605, -0.00019840867965232716, 2.7525371537880417e-06, -2.388867684055881e-08);
        return ((r * Fma(z, p, Vector512<double>.One)).AsInt64() ^ (whole.AsInt64() << 63)).AsDouble();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> SingleSin(Vector512<double> x) {
        var whole = Fma(x, 0.5 * TwoOverPi, Whole<double>());
        var k = whole - Whole<double>();
        return HalfTurn(Fma(k, -2 * HalfPiRest, Fma(k, -2 * HalfPi, x)), whole);
    }

    // cos x = ±sin(h·π − x) of halves h.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> SingleCos(Vector512<double> x) {
        var whole = Fma(x, 0.5 * TwoOverPi, -0.5) + Whole<double>();
        var h = whole - Whole<double>() + Splat(0.5);
        return HalfTurn(Fma(h, 2 * HalfPiRest, Fma(h, 2 * HalfPi, -x)), whole);
    }

    // sin(r + rest).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> SinNear<T>(Vector512<double> r, Vector512<double> rest) where T : unmanaged {
        var z = r * r;
        if (typeof(T) == typeof(float)) return Fma(r * z, Poly(z, -0.16666666640776256, 0.008333329302424882, -0.00019839311487856198, 2.7181141371685606e-06), r);
        var p = Poly(z, -0.1666666666666663, 0.008333333333322108, -0.00019841269829580329, 2.7557313618060165e-06, -2.5050747223405e-08, 1.5896197873538838e-10);
        return r + Fma(r * z, p, Fma(z * rest, -0.5, rest));
    }

    // cos(r + rest).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> CosNear<T>(Vector512<double> r, Vector512<double> rest) where T : unmanaged {
        var (z, one) = (r * r, Vector512<double>.One);
        if (typeof(T) == typeof(float)) return Fma(z, Poly(z, -0.5, 0.04166666662279166, -0.0013888883750235723, 2.479951916199119e-05, -2.7210167101096413e-07), one);
        var p = Poly(z, 0.0416666666666666, -0.0013888888888874125, 2.4801587289482254e-05, -2.755731435234916e-07, 2.0875723275319916e-09, -1.1359647902961221e-11);
        // 1 − z/2, and what its rounding takes.
        var high = Fma(z, -0.5, one);
        return high + (Fma(z, -0.5, one - high) + Fma(z * z, p, -(r * rest)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> IsOdd(Vector512<long> k) => Vector512.Equals(k & Vector512<long>.One, Vector512<long>.One).AsDouble();

    // The sign that bit 1 of k says.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> Flip(Vector512<double> y, Vector512<long> k) => (y.AsInt64() ^ ((k >>> 1) << 63)).AsDouble();

    // Larger arguments one by one: a branch, and a call, that the others do not see.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static bool AreNear<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Vector512.LessThanOrEqualAll(Vector512.Abs(x), Splat<T>(Limit<T>()));

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<T> FarSin<T>(in Vector512<T> x, in Vector512<T> y) where T : unmanaged, INumber<T> => Far(x, y, Math.Sin);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<T> FarCos<T>(in Vector512<T> x, in Vector512<T> y) where T : unmanaged, INumber<T> => Far(x, y, Math.Cos);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<T> FarTan<T>(in Vector512<T> x, in Vector512<T> y) where T : unmanaged, INumber<T> => Far(x, y, Math.Tan);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static Vector512<T> Far<T>(Vector512<T> x, Vector512<T> y, Func<double, double> f) where T : unmanaged, INumber<T> {
        for (var i = 0; i < Vector512<T>.Count; i++) {
            var angle = double.CreateTruncating(x[i]);
            if (!(Math.Abs(angle) <= Limit<T>())) y = y.WithElement(i, T.CreateTruncating(f(angle)));
        }
        return y;
    }

    readonly struct SinOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            if (typeof(T) == typeof(float)) return SingleSin(x);
            var (k, r, rest) = Reduce<T>(x);
            var y = Flip(Select(IsOdd(k), CosNear<T>(r, rest), SinNear<T>(r, rest)), k);
            return Select(Vector512.Equals(x, Vector512<double>.Zero), x, y);    // −0
        }
    }

    readonly struct CosOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            if (typeof(T) == typeof(float)) return SingleCos(x);
            var (k, r, rest) = Reduce<T>(x);
            return Flip(Select(IsOdd(k), SinNear<T>(r, rest), CosNear<T>(r, rest)), k + (k & Vector512<long>.One));
        }
    }

    readonly struct TanOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            var (k, r, rest) = Reduce<T>(x);
            var (s, c, odd) = (SinNear<T>(r, rest), CosNear<T>(r, rest), IsOdd(k));
            var y = Select(odd, -c, s) / Select(odd, s, c);
            return Select(Vector512.Equals(x, Vector512<double>.Zero), x, y);    // −0
        }
    }

    // (asin √z)/√z − 1 of z ≤ ¼.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> AsinNear<T>(Vector512<double> z) where T : unmanaged => z * (typeof(T) == typeof(float)
        ? Poly(z, 0.16666659986759916, 0.07500504478658213, 0.0445168940253596, 0.03180826580975299, 0.014436405269795491, 0.03751970839278972)
        : Poly(z, 0.16666666666665408, 0.07500000000337437, 0.04464285682796092, 0.030381959152804176, 0.02237175765667116, 0.0173597108843768,
            0.013885173409279177, 0.0121696285765379, 0.0065261340363061875, 0.019533402258965268, -0.016232461100480027, 0.03191799325388815));

    // Beyond ½: asin a = ½π − 2 asin √½(1 − a). (√z, what its rounding took, asin √z = √z + √z·p)
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector512<double> Root, Vector512<double> Remainder, Vector512<double> P) Halved<T>(Vector512<double> a) where T : unmanaged {
        var z = (Vector512<double>.One - a) * 0.5;
        var root = Vector512.Sqrt(z);
        var rest = typeof(T) == typeof(float) ? Vector512<double>.Zero : Fma(-root, root, z) / Select(Vector512.Equals(root, Vector512<double>.Zero), Vector512<double>.One, root + root);
        return (root, rest, AsinNear<T>(z));
    }

    readonly struct AsinOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            var a = Vector512.Abs(x);
            var (root, rest, p) = Halved<T>(a);
            var far = Splat(HalfPi) - (root + root - (Splat(HalfPiRest) - (rest + root * p) * 2));
            var near = Fma(a, AsinNear<T>(a * a), a);
            return Vector512.CopySign(Select(Vector512.GreaterThan(a, Splat(0.5)), far, near), x);
        }
    }

    readonly struct AcosOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            var a = Vector512.Abs(x);
            var (root, rest, p) = Halved<T>(a);
            var angle = (root + (rest + root * p)) * 2;
            var far = Select(Vector512.LessThan(x, Vector512<double>.Zero), Splat(2 * HalfPi) - (angle - Splat(2 * HalfPiRest)), angle);
            var near = Splat(HalfPi) - (x - (Splat(HalfPiRest) - x * AsinNear<T>(x * x)));
            return Select(Vector512.GreaterThan(a, Splat(0.5)), far, near);
        }
    }

    // (atan q)/q − 1 of 0 ≤ q ≤ 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> AtanNear<T>(Vector512<double> q) where T : unmanaged {
        var z = q * q;
        if (typeof(T) == typeof(float)) {
            return z * Poly(z, -0.3333332689993375, 0.1999967113031664, -0.14279833060414984, 0.11058223356211624, -0.08811089293369237, 0.06741591291059254,
                -0.044689851164169986, 0.022539786846728607, -0.007317918398906189, 0.0011137811899770346);
        }
        var high = Poly(z, -0.042191765713442755, 0.0366418658069309, -0.029903791713291203, 0.021984776386201017, -0.013900491841271404, 0.0071964575570703,
            -0.002884896219675298, 0.0008313143968650017, -0.00015215933090531657, 1.3224929159792481e-05);
        return z * Poly(z, -0.3333333333333307, 0.1999999999995145, -0.1428571428257461, 0.11111111007013584, -0.09090907002797749, 0.07692279837296882,
            -0.06666404043007679, 0.05880527736417978, -0.05253518236158781, 0.04722321231172721, high);
    }

    readonly struct AtanOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged => Vector512.CopySign(Angle<T>(Vector512.Abs(x), Vector512<double>.One), x);
    }

    // The angle of (x, y) in the first quadrant.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> Angle<T>(Vector512<double> y, Vector512<double> x) where T : unmanaged {
        var steep = Vector512.GreaterThan(y, x);
        var q = Select(steep, x, y) / Select(steep, y, x);
        var p = AtanNear<T>(q);
        return Select(steep, Splat(HalfPi) - (q - Fma(-q, p, Splat(HalfPiRest))), Fma(q, p, q));
    }

    readonly struct Atan2Of : IBinary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> y, Vector512<double> x) where T : unmanaged {
            var (up, right, zero) = (Vector512.Abs(y), Vector512.Abs(x), Vector512<double>.Zero);
            // 0/0 is 0, and ∞/∞ is 1: bounded where both are infinite.
            var angle = Angle<T>(up, right);
            var equal = Vector512.Equals(up, right);
            angle = Select(equal, Select(Vector512.Equals(up, zero), zero, Splat(HalfPi / 2)), angle);
            var left = Vector512.LessThan(Vector512.CopySign(Vector512<double>.One, x), zero);
            return Vector512.CopySign(Select(left, Splat(2 * HalfPi) - (angle - Splat(2 * HalfPiRest)), angle), y);
        }
    }
}
