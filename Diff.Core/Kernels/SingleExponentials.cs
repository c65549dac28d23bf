using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Diff.Wide;

namespace Diff;

/// <summary>The exponentials that networks are full of, in f32 arithmetic: 16 at a time.</summary>
internal static class SingleExponentials {
    const double Ln2 = 0.693147182464599609375, Ln2Rest = -1.904654299957768e-09;

    /// <summary>eˣ within 1 ulp, down to the last subnormal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x) {
        x = AtLeast(AtMost(x, 89), -104);
        var k = Fma(x, 1.44269504088896341, Whole<float>()) - Whole<float>();
        return Scale(Sum(Reduced(x, k)), k);
    }

    /// <summary>2ˣ within 1 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp2(Vector512<float> x) {
        x = AtLeast(AtMost(x, 129), -151);
        var k = x + Whole<float>() - Whole<float>();
        return Scale(Sum(NearOne((x - k) * (float)Ln2, Vector512<float>.Zero)), k);
    }

    /// <summary>tanh x: x + x³·P(x²) below 0.8, where a difference would lose digits, 1 − 2/(e²ˣ + 1) beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> x) {
        var (a, one) = (Vector512.Abs(x), Vector512<float>.One);
        var z = a * a;
        var near = Fma(a * z, Poly(z, -0.33333297171400694, 0.13332216323019117, -0.05385195281002245, 0.021301675415308256, -0.007407502841618239,
            0.0015835720067189714), a);
        // Beyond 10 it is 1. There are no subnormal powers to care for.
        var twice = AtMost(a, 10) * 2;
        var whole = Fma(twice, 1.44269504088896341, Whole<float>());
        var k = whole - Whole<float>();
        var power = (Sum(Reduced(twice, k)).AsInt32() + (whole.AsInt32() << 23)).AsSingle();
        var far = one - Splat<float>(2) / (power + one);
        return Vector512.CopySign(Select(Vector512.GreaterThan(a, Splat<float>(0.8)), far, near), x);
    }

    /// <summary>erf x within 1.3 ulp: x + x·P(x²) below 0.92, 1 − 2^(t·Q(t)) of t = |x| beyond.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Erf(Vector512<float> x) {
        var a = Vector512.Abs(x);
        var near = Fma(a, Poly(a * a, 0.12837916664987883, -0.37612633854357796, 0.11283697325702496, -0.026859500114554666, 0.005201286068813984,
            -0.0008145597149527043, 8.382388241402343e-05), a);
        // From 3.93 on it rounds to 1. There are no subnormal powers to care for.
        var t = AtMost(a, 4);
        var r = t * Poly(t, -1.6283008786320023, -0.916307426761723, -0.15330532157535776, 0.034315009977178235, -0.005271271378833484,
            0.00046981864731371104, -1.662327193908633e-05);
        var whole = r + Whole<float>();
        var power = Poly(r - (whole - Whole<float>()), 1, 0.6931472057376329, 0.24022646890429614, 0.055503287761291126, 0.009618488975890774,
            0.0013399931567400823, 0.000153458078456619);
        var far = Vector512<float>.One - (power.AsInt32() + (whole.AsInt32() << 23)).AsSingle();
        return Vector512.CopySign(Select(Vector512.GreaterThan(a, Splat<float>(0.92)), far, near), x);
    }

    /// <summary>ln(1 + eˣ) within 2 ulp: max(x, 0) + ln(1 + e) of e = e^−|x|.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Softplus(Vector512<float> x) {
        var e = Exp(-Vector512.Abs(x));
        var q = Poly(e, -0.4999998729125919, 0.33332689792625164, -0.24988579205213873, 0.19897933143851132, -0.16129339759800002, 0.12467131385295782,
            -0.08307419318120782, 0.041981464736049585, -0.013631528028627427, 0.0020729569347212222);
        return (Vector512.GreaterThan(x, Vector512<float>.Zero) & x) + Fma(e * e, q, e);
    }

    /// <summary>1/(1 + e⁻ˣ) within 1.2 ulp: e/(1 + e) of e = e^−|x| on the left, which has digits down to the subnormals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Sigmoid(Vector512<float> x) {
        var (zero, one) = (Vector512<float>.Zero, Vector512<float>.One);
        var a = AtLeast(-Vector512.Abs(x), -104);
        var k = Fma(a, 1.44269504088896341, Whole<float>()) - Whole<float>();
        var (high, low) = Reduced(a, k);
        var (y, left) = (high + low, Vector512.LessThan(x, zero));
        var (e, tail) = (Scale(y, k), Scale(low - (y - high), k));
        var d = one + e;
        var q = Select(left, e, one) / d;
        // What rounding took from e and from 1 + e comes back through the derivative: 1/d is 1 − q on the left, q on the right.
        var lost = e - (d - one) + tail;
        return Fma(Fma(-q, lost, left & tail), Select(left, one - q, q), q);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Sum((Vector512<float> High, Vector512<float> Low) x) => x.High + x.Low;

    // e^(x − k ln 2).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector512<float> High, Vector512<float> Low) Reduced(Vector512<float> x, Vector512<float> k) => NearOne(Fma(k, -Ln2, x), k * (float)-Ln2Rest);

    // e^(r + rest), |r| ≤ ½ ln 2, rest less than its last digit: 1 + r rounded, and all that it lacks.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static (Vector512<float> High, Vector512<float> Low) NearOne(Vector512<float> r, Vector512<float> rest) {
        var s = r + rest;
        var q = Poly(s, 0.4999999344793843, 0.1666652062871773, 0.041668387991006625, 0.008368717156978903, 0.001381460245509465);
        var high = Vector512<float>.One + r;
        return (high, Fma(s * s, q, rest) + (r - (high - Vector512<float>.One)));
    }
}
