using System.Numerics;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>An odd function with another formula where |x| is small.</summary>
internal interface INearZero {
    /// <summary>Below this the function is x·Factor(x²). There it stays below <see cref="NearZero.Elsewhere"/>.</summary>
    static abstract double Below { get; }

    static abstract Vector512<T> Factor<T>(Vector512<T> square) where T : unmanaged, INumberBase<T>;

    static abstract void Else<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>tanh and sinh as <c>TensorPrimitives</c> has them subtract exponentials, which near 0 leaves no digits: tanh 0 would be 6e-8 in f32.</summary>
internal static class NearZero {
    internal const double Elsewhere = 2;

    /// <summary>Blocks are multiples of 16 elements; y may lie exactly over x, so what is computed first waits aside.</summary>
    public static void Run<T, F>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> where F : INearZero {
        Span<T> small = stackalloc T[x.Length];
        var (below, elsewhere) = (Constant<T>(F.Below), Constant<T>(Elsewhere));
        for (var i = 0; i < x.Length; i += Vector512<T>.Count) {
            var v = Vector512.Create(x[i..]);
            Vector512.ConditionalSelect(Vector512.LessThan(Vector512.Abs(v), below), v * F.Factor(v * v), elsewhere).CopyTo(small[i..]);
        }
        F.Else(x, y);
        for (var i = 0; i < x.Length; i += Vector512<T>.Count) {
            var s = Vector512.Create<T>(small[i..]);
            Vector512.ConditionalSelect(Vector512.Equals(s, elsewhere), Vector512.Create<T>(y[i..]), s).CopyTo(y[i..]);
        }
    }

    public static Vector512<T> Constant<T>(double c) where T : unmanaged, INumberBase<T> => Vector512.Create(T.CreateTruncating(c));
}

/// <summary>Cephes' rational function (Moshier, tanh.c): 1 + z·P(z)/Q(z), right to the last places below 5/8.</summary>
internal readonly struct TanhNearZero : INearZero {
    public static double Below => 0.625;

    public static Vector512<T> Factor<T>(Vector512<T> z) where T : unmanaged, INumberBase<T> {
        var p = (C<T>(-9.64399179425052238628e-1) * z + C<T>(-9.92877231001918586564e1)) * z + C<T>(-1.61468768441708447952e3);
        var q = ((z + C<T>(1.12811678491632931402e2)) * z + C<T>(2.23548839060100448583e3)) * z + C<T>(4.84406305325125486048e3);
        return Vector512<T>.One + z * (p / q);
    }

    public static void Else<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedTanh>(x, y);

    static Vector512<T> C<T>(double c) where T : unmanaged, INumberBase<T> => NearZero.Constant<T>(c);
}

/// <summary>The series 1 + z/3! + z²/5! + … to z⁸/17!, what is left out of which is below 1e-17 at 1.</summary>
internal readonly struct SinhNearZero : INearZero {
    public static double Below => 1;

    public static Vector512<T> Factor<T>(Vector512<T> z) where T : unmanaged, INumberBase<T> {
        // By Horner from the back: 1 + z/(2·3)·(1 + z/(4·5)·(1 + …)).
        var sum = Vector512<T>.One;
        for (var k = 16; k >= 2; k -= 2) sum = Vector512<T>.One + z * NearZero.Constant<T>(1.0 / (k * (k + 1))) * sum;
        return sum;
    }

    public static void Else<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedSinh>(x, y);
}
