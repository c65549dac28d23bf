using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static Diff.Wide;

namespace Diff;

/// <summary>The error function, its complement and its inverse.</summary>
/// <remarks>f32 by approximations of our own (near-minimax), erf in f32 arithmetic, the others in f64; erf and erfc of f64 one by one, by <see cref="Special"/>.</remarks>
internal static class ErrorFunctions {
    /// <summary>2/√π ∫₀ˣ e^(−t²) dt: f32 to 1.3 ulp, f64 to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Erf<T>(Vector512<T> x) where T : unmanaged, INumber<T> =>
        typeof(T) == typeof(float) ? SingleExponentials.Erf(x.AsSingle()).As<float, T>() : EachErf(x.AsDouble()).As<double, T>();

    /// <summary>1 − erf x with its own digits: f32 to 0.52 ulp, f64 to 2.5.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Erfc<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, ErfcOf>(x);

    /// <summary>The inverse of erf, on [−1, 1]: f32 to 0.6 ulp, f64 to 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> ErfInv<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Map<T, ErfInvOf>(x);

    // e^(−a²)·G(q)/(1 + 2a) of a = |x| with q = (a − 2)/(a + 2): 1 + 2a takes away what G varies at both ends.
    readonly struct ErfcOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            if (typeof(T) == typeof(double)) return EachErfc(x);
            var a = AtMost(Vector512.Abs(x), 10.3);
            var (one, two) = (Vector512<double>.One, Splat(2));
            // One division for both quotients.
            var (near, slope) = (a + two, a + a + one);
            var inverse = one / (near * slope);
            var q = (a - two) * slope * inverse;
            var g = Poly(q, 1.2769783826919718, -0.09276382038636632, -0.1660305225468323, 0.16405103147397984, -0.05421782120300469, -0.008030797690146075,
                0.008709113248378052, 0.0012524923018764967, -0.0014209833881192377, -0.00040058624945275324, 0.0001696827744462374, 7.953307901469564e-05);
            var y = Exponentials.Exp<float>(-(a * a)) * g * near * inverse;
            return Select(Vector512.LessThan(x, Vector512<double>.Zero), two - y, y);
        }
    }

    // x·p(w), w = −ln(1 − x²), the form of M. Giles, "Approximating the erfinv function" (GPU Computing Gems, 2011).
    readonly struct ErfInvOf : IUnary {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged {
            var one = Vector512<double>.One;
            var a = Vector512.Abs(x);
            Vector512<double> y;
            if (typeof(T) == typeof(double)) {
                y = EachErfInv(a);
            } else {
                // Where 1 − x² is 1 in f64, ½√π is the limit. x² of f32 is exact.
                var w = -Logarithms.Ln1p<float>(-(a * a));
                var p = Poly(w - Splat(2.5), 1.5014093535156012, 0.24664028763138277, -0.004177339387235389, -0.001252744652268176, 0.0002182826059696913,
                    -4.961916871547978e-06, -3.4346013370632698e-06, 4.65892929268797e-07, 1.8035522243536842e-08, -8.77285826968152e-09, 3.3563562060773086e-10);
                var tail = Poly(Vector512.Sqrt(w) - Splat(3), 2.832976800199123, 1.0016752342865465, 0.009445391276096483, -0.007642648417496842,
                    0.005686748976348946, -0.0035680332922176277, 0.0014786966386761146, -0.00011763609982547648, -0.0002831689961040555, 0.00015865270590840664,
                    -2.6234912114768595e-05);
                y = a * Select(Vector512.GreaterThan(w, Splat(5)), tail, p);
            }
            var edge = Select(Vector512.Equals(a, one), Splat(double.PositiveInfinity), Splat(double.NaN));
            return Vector512.CopySign(Select(Vector512.LessThan(a, one), y, edge), x);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    static Vector512<double> EachErfInv(Vector512<double> x) {
        Span<double> y = stackalloc double[Vector512<double>.Count];
        x.CopyTo(y);
        for (var i = 0; i < y.Length; i += Vector<double>.Count) InverseErf.Of(new Vector<double>(y[i..])).CopyTo(y[i..]);
        return Vector512.Create<double>(y);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<double> EachErf(Vector512<double> x) => Each(x, Special.Erf);

    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<double> EachErfc(Vector512<double> x) => Each(x, Special.Erfc);
}
