using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Diff.Wide;

namespace Diff;

/// <summary>The natural logarithm in f32 arithmetic: 16 at a time.</summary>
internal static class SingleLogarithm {
    /// <summary>ln x of finite x &gt; 0, within 1 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Ln(Vector512<float> x) {
        const int root = 0x3F3504F3, bias = 128 << 23, mantissa = (1 << 23) - 1;
        var subnormal = Vector512.LessThan(x, Splat<float>(1.17549435e-38));
        x = Select(subnormal, x * 8388608, x);
        // x = 2ᵏ(1 + f), 1 + f in [√½, √2).
        var bits = x.AsInt32() + Vector512.Create(bias - root);
        var k = ((bits >>> 23) + Whole<float>().AsInt32()).AsSingle() - (Whole<float>() + Splat<float>(128)) - (subnormal & Splat<float>(23));
        var f = ((bits & Vector512.Create(mantissa)) + Vector512.Create(root)).AsSingle() - Vector512<float>.One;
        // ln(1 + f) = f − f²/2 + f³P(f).
        var z = f * f;
        var p = Poly(f, 0.3333333170849381, -0.2500082101484328, 0.2000122676880562, -0.16623357796349975, 0.14201760238783093, -0.13160180848411576,
            0.12761564311407783, -0.07634486295317836);
        var low = Fma(k, -2.12194440e-4, Fma(z, -0.5, f * z * p));
        return Fma(k, 0.693359375, f + low);
    }
}
