using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Diff.Wide;

namespace Diff;

/// <summary>Powers and roots.</summary>
internal static class Powers {
    /// <summary>xʸ with the cases of C99: 1 where y is 0 or x is 1, negative x with whole y alone: f32 to 0.51 ulp, f64 as Math.Pow, one by one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Pow<T>(Vector512<T> x, Vector512<T> y) where T : unmanaged, INumber<T> => Map<T, PowOf>(x, y);

    /// <summary>The root of degree 3, of negative x as well: f32 to 0.51 ulp, f64 to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Cbrt<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, CbrtOf>(x);

    /// <summary>√(x² + y²), which does not overflow before its time: f32 to 0.51 ulp, f64 to 1; ∞ where one is infinite, the other NaN or not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Hypot<T>(Vector512<T> x, Vector512<T> y) where T : unmanaged, INumber<T> => Map<T, HypotOf>(x, y);

    /// <summary>1/√x: within 1.5 ulp.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Rsqrt<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Vector512<T>.One / Vector512.Sqrt(x);

    // log₂(1 + f) to 3e-14 of its value.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<double> Log2Near(Vector512<double> f) {
        var s = f / (f + Splat(2));
        var z = s * s;
        var r = Poly(z, 0.6666666667679968, 0.39999995622587703, 0.2857210904812066, 0.22176194437313915, 0.19584054199714343);
        return s * Fma(z, r, 2.0) * 1.4426950408889634074;
    }

    readonly struct PowOf : IBinary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x, Vector512<double> y) where T : unmanaged {
            if (typeof(T) == typeof(double)) return EachPow(x, y);
            var (zero, one, infinity) = (Vector512<double>.Zero, Vector512<double>.One, Splat(double.PositiveInfinity));
            var a = Vector512.Abs(x);
            var (k, f) = Logarithms.Split(a);
            var log = Log2Near(f) + k;
            // 0 and ∞ have no exponent of their own; NaN stays.
            log = Select(Vector512.LessThan(a, infinity), Select(Vector512.Equals(a, zero), -infinity, log), a);
            var power = Exponentials.Exp2<float>(AtLeast(AtMost(y * log, 300), -300));
            // Whole numbers are their own truncation, odd ones have a half that is not.
            var whole = Vector512.Equals(Vector512.Truncate(y), y);
            var half = y * 0.5;
            var odd = Vector512.AndNot(whole, Vector512.Equals(Vector512.Truncate(half), half));
            power = Select(Vector512.LessThan(x, zero) & Vector512.LessThan(a, infinity), Select(whole, power, Splat(double.NaN)), power);
            power ^= odd & x & Splat(-0.0);
            return Select(Vector512.Equals(y, zero) | Vector512.Equals(x, one) | (Vector512.Equals(a, one) & Vector512.Equals(Vector512.Abs(y), infinity)), one, power);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<double> EachPow(Vector512<double> x, Vector512<double> y) => Each(x, y, Math.Pow);

    readonly struct CbrtOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            var a = Vector512.Abs(x);
            var (third, zero) = (1 / 3.0, Vector512<double>.Zero);
            var subnormal = typeof(T) == typeof(double) ? Vector512.LessThan(a, Splat(2.2250738585072014e-308)) : zero;
            if (typeof(T) == typeof(double)) a = Select(subnormal, a * 18014398509481984, a);
            var (k, f) = Logarithms.Split(a);
            var y = Exponentials.Exp2<float>((Log2Near(f) + k) * third);
            if (typeof(T) == typeof(double)) {
                // One step of Newton's doubles the digits.
                var square = y * y;
                var error = Fma(square, y, -a) + Fma(y, y, -square) * y;
                y -= error / (square * 3);
                y = Select(subnormal, y * 3.814697265625e-06, y);
            }
            return Vector512.CopySign(Select(Vector512.GreaterThan(a, zero) & Vector512.LessThan(a, Splat(double.PositiveInfinity)), y, a), x);
        }
    }

    readonly struct HypotOf : IBinary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x, Vector512<double> y) where T : unmanaged {
            var (a, b, infinity) = (Vector512.Abs(x), Vector512.Abs(y), Splat(double.PositiveInfinity));
            var root = Vector512.Sqrt(Fma(a, a, b * b));
            if (typeof(T) == typeof(double)) {
                var (large, small) = (Vector512.GreaterThan(a, Splat(1e150)) | Vector512.GreaterThan(b, Splat(1e150)), Vector512.LessThan(a, Splat(1e-140)) & Vector512.LessThan(b, Splat(1e-140)));
                var scale = Select(large, Splat(2.409919865102884e-181), Select(small, Splat(4.149515568880993e+180), Vector512<double>.One));
                var (p, q) = (a * scale, b * scale);
                root = Vector512.Sqrt(Fma(p, p, q * q)) / scale;
            }
            return Select(Vector512.Equals(a, infinity) | Vector512.Equals(b, infinity), infinity, root);
        }
    }
}
