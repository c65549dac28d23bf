using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>What matrix factorizations are made of: rows added to rows, rotated, and multiplied together.</summary>
/// <remarks>Eight virtual lanes and a fixed tree, multiply then add: the same bits on every machine. Factorizations run in f64 whatever the
/// tensors hold; f32 is rounded once, at the end.</remarks>
internal static class Vectors {
    /// <summary>Doubles in a vector.</summary>
    public const int Lanes = 8;

    /// <summary>Eight doubles from element i on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> At(ref double x, int i) => Vector512.LoadUnsafe(ref x, (nuint)i);

    /// <summary>y += a·x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddScaled(Span<double> y, double a, ReadOnlySpan<double> x) {
        ref var to = ref MemoryMarshal.GetReference(y);
        ref var from = ref MemoryMarshal.GetReference(x[..y.Length]);
        var (i, factor) = (0, Vector512.Create(a));
        for (; i <= y.Length - Lanes; i += Lanes) (At(ref to, i) + factor * At(ref from, i)).StoreUnsafe(ref to, (nuint)i);
        for (; i < y.Length; i++) Unsafe.Add(ref to, i) += a * Unsafe.Add(ref from, i);
    }

    /// <summary>y *= a.</summary>
    public static void Scale(Span<double> y, double a) {
        for (var i = 0; i < y.Length; i++) y[i] *= a;
    }

    /// <summary>Σ xᵢyᵢ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Dot(ReadOnlySpan<double> x, ReadOnlySpan<double> y) {
        ref var a = ref MemoryMarshal.GetReference(x);
        ref var b = ref MemoryMarshal.GetReference(y[..x.Length]);
        var (i, sum) = (0, Vector512<double>.Zero);
        for (; i <= x.Length - Lanes; i += Lanes) sum += At(ref a, i) * At(ref b, i);
        var tail = 0.0;
        for (; i < x.Length; i++) tail += Unsafe.Add(ref a, i) * Unsafe.Add(ref b, i);
        return Total(sum) + tail;
    }

    /// <summary>The lanes added up, halves to halves.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Total(Vector512<double> lanes) {
        var four = lanes.GetLower() + lanes.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    /// <summary>The plane rotation (x, y) ← (c·x − s·y, s·x + c·y).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(Span<double> x, Span<double> y, double c, double s) {
        ref var p = ref MemoryMarshal.GetReference(x);
        ref var q = ref MemoryMarshal.GetReference(y[..x.Length]);
        var (i, cosine, sine) = (0, Vector512.Create(c), Vector512.Create(s));
        for (; i <= x.Length - Lanes; i += Lanes) {
            var (a, b) = (At(ref p, i), At(ref q, i));
            (cosine * a - sine * b).StoreUnsafe(ref p, (nuint)i);
            (sine * a + cosine * b).StoreUnsafe(ref q, (nuint)i);
        }
        for (; i < x.Length; i++) {
            var (a, b) = (Unsafe.Add(ref p, i), Unsafe.Add(ref q, i));
            (Unsafe.Add(ref p, i), Unsafe.Add(ref q, i)) = (c * a - s * b, s * a + c * b);
        }
    }

    /// <summary>The columns of a [rows, columns] as rows.</summary>
    public static void Transpose(ReadOnlySpan<double> a, int rows, int columns, Span<double> to) {
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++) to[j * rows + i] = a[i * columns + j];
    }

    /// <summary>The identity matrix [n, n].</summary>
    public static void Identity(Span<double> to, int n) {
        to[..(n * n)].Clear();
        for (var i = 0; i < n; i++) to[i * n + i] = 1;
    }

    /// <summary>The largest magnitude; NaN where there is one.</summary>
    public static double Largest(ReadOnlySpan<double> x) {
        var largest = 0.0;
        foreach (var v in x) largest = Math.Max(largest, Math.Abs(v));
        return largest;
    }

    /// <summary>The sign of the component of largest magnitude, the first of equals.</summary>
    public static double SignOf(ReadOnlySpan<double> x) {
        var largest = 0.0;
        foreach (var v in x)
            if (Math.Abs(v) > Math.Abs(largest)) largest = v;
        return largest < 0 ? -1 : 1;
    }
}
