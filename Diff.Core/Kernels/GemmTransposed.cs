using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Diff;

/// <summary>A row times a matrix that lies transposed: small squares of it are turned in registers and used at once.</summary>
/// <remarks>Each element of the matrix is used once: to write a packed copy and read it again costs more than the product.</remarks>
internal static unsafe class GemmTransposed {
    /// <summary>Whether there are vectors with the shuffles for it.</summary>
    internal static bool Has<V, T>() where T : unmanaged where V : unmanaged => typeof(V) == typeof(Vector512<T>) && Avx512F.IsSupported;

    /// <summary>Elements of k that are turned together.</summary>
    internal static int Square<T>() where T : unmanaged => 32 / sizeof(T);

    /// <summary>C = A·B over the squares of k that are full, for two vectors of columns at least; says how many k that are.</summary>
    internal static int Run<T>(GemmProblem<T>* p) where T : unmanaged =>
        typeof(T) == typeof(float) ? Run<float, Single512>((GemmProblem<float>*)p) : Run<double, Double512>((GemmProblem<double>*)p);

    // Two vectors of columns at a time, to hide the latency of their chains.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Run<T, O>(GemmProblem<T>* p) where T : unmanaged where O : struct, ILanes512<T> {
        var square = Square<T>();
        var (k, step, pitch) = (p->K / square, p->ACol, p->BCol);
        for (var j = 0; j < p->N; j += 2 * O.Width) {
            // The last columns are some of those before once more.
            var column = Math.Min(j, p->N - 2 * O.Width);
            var (x, y) = (O.Zero, O.Zero);
            var a = p->A;
            var b = p->B + column * pitch;
            var c = b + O.Width * pitch;
            for (var i = k; i > 0; i--) {
                Continue<T, O>(a, step, b, pitch, ref x);
                Continue<T, O>(a, step, c, pitch, ref y);
                a += square * step;
                b += square;
                c += square;
            }
            O.Store(p->C + column, x);
            O.Store(p->C + column + O.Width, y);
        }
        return k * square;
    }

    // A vector of columns, 32 bytes of each: a column's elements come into one lane of as many vectors, in their order.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Continue<T, O>(T* a, nint step, T* b, nint pitch, ref Vector512<T> sum) where T : unmanaged where O : struct, ILanes512<T> {
        if (typeof(T) == typeof(float)) {
            var (low0, high0, low1, high1) = Fours((float*)b, (float*)(b + 4 * pitch), pitch);
            var (low2, high2, low3, high3) = Fours((float*)(b + 8 * pitch), (float*)(b + 12 * pitch), pitch);
            sum = O.Fma(O.Broadcast(a[0]), Even(low0, low2).As<double, T>(), sum);
            sum = O.Fma(O.Broadcast(a[step]), Even(high0, high2).As<double, T>(), sum);
            sum = O.Fma(O.Broadcast(a[2 * step]), Even(low1, low3).As<double, T>(), sum);
            sum = O.Fma(O.Broadcast(a[3 * step]), Even(high1, high3).As<double, T>(), sum);
            a += 4 * step;
            sum = O.Fma(O.Broadcast(a[0]), Odd(low0, low2).As<double, T>(), sum);
            sum = O.Fma(O.Broadcast(a[step]), Odd(high0, high2).As<double, T>(), sum);
            sum = O.Fma(O.Broadcast(a[2 * step]), Odd(low1, low3).As<double, T>(), sum);
            sum = O.Fma(O.Broadcast(a[3 * step]), Odd(high1, high3).As<double, T>(), sum);
        } else {
            var p = (double*)b;
            var q = p + 4 * pitch;
            var (low0, high0) = Unpack(Pair(p, p + 2 * pitch), Pair(p + pitch, p + 3 * pitch));
            var (low1, high1) = Unpack(Pair(q, q + 2 * pitch), Pair(q + pitch, q + 3 * pitch));
            sum = O.Fma(O.Broadcast(a[0]), Even(low0, low1).As<double, T>(), sum);
            sum = O.Fma(O.Broadcast(a[step]), Even(high0, high1).As<double, T>(), sum);
            sum = O.Fma(O.Broadcast(a[2 * step]), Odd(low0, low1).As<double, T>(), sum);
            sum = O.Fma(O.Broadcast(a[3 * step]), Odd(high0, high1).As<double, T>(), sum);
        }
    }

    // Of four columns and four more elements k and k + 4 in neighbouring quarters, for k = 0, 1, 2, 3.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<double>, Vector512<double>, Vector512<double>, Vector512<double>) Fours(float* p, float* q, nint pitch) {
        var (x0, x1) = (Pair(p, q), Pair(p + pitch, q + pitch));
        var (x2, x3) = (Pair(p + 2 * pitch, q + 2 * pitch), Pair(p + 3 * pitch, q + 3 * pitch));
        var (a, b) = (Avx512F.UnpackLow(x0, x1).AsDouble(), Avx512F.UnpackLow(x2, x3).AsDouble());
        var (c, d) = (Avx512F.UnpackHigh(x0, x1).AsDouble(), Avx512F.UnpackHigh(x2, x3).AsDouble());
        return (Avx512F.UnpackLow(a, b), Avx512F.UnpackHigh(a, b), Avx512F.UnpackLow(c, d), Avx512F.UnpackHigh(c, d));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<double>, Vector512<double>) Unpack(Vector512<double> a, Vector512<double> b) => (Avx512F.UnpackLow(a, b), Avx512F.UnpackHigh(a, b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Pair<T>(T* p, T* q) where T : unmanaged => Avx512F.InsertVector256(Vector256.Load((double*)p).ToVector512Unsafe(), Vector256.Load((double*)q), 1).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Even(Vector512<double> a, Vector512<double> b) => Avx512F.Shuffle4x128(a, b, 0b10_00_10_00);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Odd(Vector512<double> a, Vector512<double> b) => Avx512F.Shuffle4x128(a, b, 0b11_01_11_01);
}
