using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>How two partial results of a reduction become one.</summary>
internal interface ICombine {
    static abstract T Two<T>(T a, T b) where T : unmanaged, INumber<T>;
    static abstract Vector512<T> Two<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T>;
}

internal readonly struct Adding : ICombine {
    public static T Two<T>(T a, T b) where T : unmanaged, INumber<T> => a + b;
    public static Vector512<T> Two<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => a + b;
}

internal readonly struct Multiplying : ICombine {
    public static T Two<T>(T a, T b) where T : unmanaged, INumber<T> => a * b;
    public static Vector512<T> Two<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => a * b;
}

internal readonly struct Largest : ICombine {
    public static T Two<T>(T a, T b) where T : unmanaged, INumber<T> => T.Max(a, b);
    public static Vector512<T> Two<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Vector512.Max(a, b);
}

internal readonly struct Smallest : ICombine {
    public static T Two<T>(T a, T b) where T : unmanaged, INumber<T> => T.Min(a, b);
    public static Vector512<T> Two<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Vector512.Min(a, b);
}

/// <summary>Reductions of a packed [outer, size, inner] over its middle axis, in an order that the sizes alone decide.</summary>
/// <remarks>
/// Along a contiguous row the elements go round the lanes of a 512-bit vector (of four, in long rows), whatever the machine's
/// vectors are, and the lanes are joined by halves; rows over 4096 elements are cut in two. Down columns rows are combined in
/// turn, and more than 256 of them are cut in two. So sums of a million f32 keep their digits, and every machine computes the same bits.
/// </remarks>
internal static class Reductions {
    const int LongRow = 4096, ManyRows = 256;

    /// <param name="x">outer·size·inner elements, size ≥ 1.</param>
    /// <param name="outer">How many reductions.</param>
    /// <param name="size">Of how many elements each.</param>
    /// <param name="inner">How many stand side by side.</param>
    /// <param name="y">outer·inner results.</param>
    public static void Run<T, F>(ReadOnlySpan<T> x, int outer, int size, int inner, Span<T> y) where T : unmanaged, INumber<T> where F : ICombine {
        if (x.Length != (long)outer * size * inner || y.Length != (long)outer * inner || size < 1) throw new ArgumentException("Reduction sizes.");
        if (inner == 1)
            for (var o = 0; o < outer; o++) y[o] = Row<T, F>(x.Slice(o * size, size));
        else
            for (var o = 0; o < outer; o++) Columns<T, F>(x.Slice(o * size * inner, size * inner), size, y.Slice(o * inner, inner));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static T Row<T, F>(ReadOnlySpan<T> x) where T : unmanaged, INumber<T> where F : ICombine {
        var lanes = Vector512<T>.Count;
        if (x.Length < lanes) {
            var s = x[0];
            for (var j = 1; j < x.Length; j++) s = F.Two(s, x[j]);
            return s;
        }
        if (x.Length > LongRow) {
            var half = (x.Length / 2 + LongRow - 1) / LongRow * LongRow;
            return F.Two(Row<T, F>(x[..half]), Row<T, F>(x[half..]));
        }
        ref var p = ref MemoryMarshal.GetReference(x);
        var a = Vector512.LoadUnsafe(ref p);
        var i = lanes;
        if (x.Length >= 8 * lanes) {
            var (b, c, d) = (Vector512.LoadUnsafe(ref p, (nuint)lanes), Vector512.LoadUnsafe(ref p, (nuint)(2 * lanes)), Vector512.LoadUnsafe(ref p, (nuint)(3 * lanes)));
            for (i = 4 * lanes; i <= x.Length - 4 * lanes; i += 4 * lanes) {
                a = F.Two(a, Vector512.LoadUnsafe(ref p, (nuint)i));
                b = F.Two(b, Vector512.LoadUnsafe(ref p, (nuint)(i + lanes)));
                c = F.Two(c, Vector512.LoadUnsafe(ref p, (nuint)(i + 2 * lanes)));
                d = F.Two(d, Vector512.LoadUnsafe(ref p, (nuint)(i + 3 * lanes)));
            }
            a = F.Two(F.Two(a, b), F.Two(c, d));
        }
        for (; i <= x.Length - lanes; i += lanes) a = F.Two(a, Vector512.LoadUnsafe(ref p, (nuint)i));
        Span<T> joined = stackalloc T[lanes];
        a.CopyTo(joined);
        for (var j = 0; i < x.Length; i++, j++) joined[j] = F.Two(joined[j], x[i]);
        for (var width = lanes / 2; width > 0; width /= 2)
            for (var j = 0; j < width; j++) joined[j] = F.Two(joined[j], joined[j + width]);
        return joined[0];
    }

    static void Columns<T, F>(ReadOnlySpan<T> x, int size, Span<T> y) where T : unmanaged, INumber<T> where F : ICombine {
        if (size <= ManyRows) {
            Down<T, F>(x, y);
            return;
        }
        var half = (size / 2 + ManyRows - 1) / ManyRows * ManyRows;
        Columns<T, F>(x[..(half * y.Length)], half, y);
        var part = new T[y.Length];
        Columns<T, F>(x[(half * y.Length)..], size - half, part);
        Combine<T, F>(y, part);
    }

    static void Down<T, F>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> where F : ICombine {
        x[..y.Length].CopyTo(y);
        for (var from = y.Length; from < x.Length; from += y.Length) Combine<T, F>(y, x.Slice(from, y.Length));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Combine<T, F>(Span<T> y, ReadOnlySpan<T> x) where T : unmanaged, INumber<T> where F : ICombine {
        ref var py = ref MemoryMarshal.GetReference(y);
        ref var px = ref MemoryMarshal.GetReference(x);
        var i = 0;
        for (; i <= x.Length - Vector512<T>.Count; i += Vector512<T>.Count)
            F.Two(Vector512.LoadUnsafe(ref py, (nuint)i), Vector512.LoadUnsafe(ref px, (nuint)i)).StoreUnsafe(ref py, (nuint)i);
        for (; i < x.Length; i++) y[i] = F.Two(y[i], x[i]);
    }

    /// <summary>Where the largest (or smallest) of each row of size elements is: the first of equals; NaN wins.</summary>
    public static void Arg<T>(ReadOnlySpan<T> x, int size, bool largest, Span<int> y) where T : unmanaged, INumber<T> {
        for (var o = 0; o < y.Length; o++) {
            var row = x.Slice(o * size, size);
            var best = 0;
            for (var i = 1; i < size && !T.IsNaN(row[best]); i++)
                if (T.IsNaN(row[i]) || (largest ? row[i] > row[best] : row[i] < row[best])) best = i;
            y[o] = best;
        }
    }
}
