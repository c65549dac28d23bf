using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>How two partial results of a reduction become one.</summary>
internal interface ICombine {
    /// <summary>What leaves every number what it is, to the bit.</summary>
    static abstract T Nothing<T>() where T : unmanaged, INumber<T>;
    static abstract T Two<T>(T a, T b) where T : unmanaged, INumber<T>;
    static abstract Vector512<T> Two<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T>;
}

internal readonly struct Adding : ICombine {
    public static T Nothing<T>() where T : unmanaged, INumber<T> => -T.Zero;
    public static T Two<T>(T a, T b) where T : unmanaged, INumber<T> => a + b;
    public static Vector512<T> Two<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => a + b;
}

internal readonly struct Multiplying : ICombine {
    public static T Nothing<T>() where T : unmanaged, INumber<T> => T.One;
    public static T Two<T>(T a, T b) where T : unmanaged, INumber<T> => a * b;
    public static Vector512<T> Two<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => a * b;
}

internal readonly struct Largest : ICombine {
    public static T Nothing<T>() where T : unmanaged, INumber<T> => T.CreateSaturating(double.NegativeInfinity);
    public static T Two<T>(T a, T b) where T : unmanaged, INumber<T> => T.Max(a, b);
    public static Vector512<T> Two<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Vector512.Max(a, b);
}

internal readonly struct Smallest : ICombine {
    public static T Nothing<T>() where T : unmanaged, INumber<T> => T.CreateSaturating(double.PositiveInfinity);
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
    const int ManyRows = 256;

    /// <summary>Longer rows are reduced in halves.</summary>
    public const int LongRow = 4096;

    /// <param name="x">outer·size·inner elements, size ≥ 1.</param>
    /// <param name="outer">How many reductions.</param>
    /// <param name="size">Of how many elements each.</param>
    /// <param name="inner">How many stand side by side.</param>
    /// <param name="y">outer·inner results.</param>
    public static void Run<T, F>(ReadOnlySpan<T> x, int outer, int size, int inner, Span<T> y) where T : unmanaged, INumber<T> where F : ICombine {
        if (x.Length != (long)outer * size * inner || y.Length != (long)outer * inner || size < 1) throw new ArgumentException("Reduction sizes.");
        const double nanoseconds = 0.15;
        if (inner > 1)
            // Columns are cut where vectors begin: with more of them to the left, each is computed in the same lane or tail.
            ForkJoin.Over(outer * ((inner + Line - 1) / Line), nanoseconds * x.Length, new FromTo<T, T, (int Size, int Inner)>(x, y, (size, inner)), static (in s, from, to) => {
                var (size, inner) = s.Parameters;
                var lines = (inner + Line - 1) / Line;
                for (int end; from < to; from = end) {
                    var o = from / lines;
                    end = Math.Min(to, (o + 1) * lines);
                    var (first, last) = ((from - o * lines) * Line, Math.Min(inner, (end - o * lines) * Line));
                    Columns<T, F>(s.From[(o * size * inner + first)..], size, inner, s.To[(o * inner + first)..(o * inner + last)]);
                }
            });
        else if (outer > 1)
            ForkJoin.Over(outer, nanoseconds * x.Length, new FromTo<T, T, int>(x, y, size), static (in s, from, to) => {
                for (var o = from; o < to; o++) s.To[o] = Row<T, F>(s.From.Slice(o * s.Parameters, s.Parameters));
            });
        else if (outer == 1) y[0] = Halves<T, F>(x);
    }

    /// <summary>Reduces rows that lie a step apart, in elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<T, F>(ref T x, nint step, int size, ref T y, int rows) where T : unmanaged, INumber<T> where F : ICombine {
        for (var row = 0; row < rows; row++) Unsafe.Add(ref y, row) = Row<T, F>(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref x, row * step), size));
    }

    /// <summary>Columns that are whole vectors of every type.</summary>
    const int Line = 64;

    // The tree over a long row: its upper part is cut here, where the pieces can be shared out, the lower part in Row.
    static T Halves<T, F>(ReadOnlySpan<T> x) where T : unmanaged, INumber<T> where F : ICombine {
        if (x.Length <= LongRow) return Row<T, F>(x);
        Span<int> ends = stackalloc int[Pieces];
        var count = 0;
        Cut(0, x.Length, Pieces, ends, ref count);
        Span<T> results = stackalloc T[Pieces];
        ForkJoin.Over(count, 0.15 * x.Length, new Tree<T>(x, ends, results), static (in s, from, to) => {
            for (var k = from; k < to; k++) s.Results[k] = Row<T, F>(s.X[(k == 0 ? 0 : s.Ends[k - 1])..s.Ends[k]]);
        });
        var next = 0;
        return Joined<T, F>(x.Length, Pieces, results, ref next);
    }

    readonly ref struct Tree<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> ends, Span<T> results) {
        public readonly ReadOnlySpan<T> X = x;
        public readonly ReadOnlySpan<int> Ends = ends;
        public readonly Span<T> Results = results;
    }

    const int Pieces = 16;

    static int Half(int length, int unit) => (length / 2 + unit - 1) / unit * unit;

    static void Cut(int from, int length, int pieces, Span<int> ends, ref int count) {
        if (pieces == 1 || length <= LongRow) {
            ends[count++] = from + length;
            return;
        }
        var half = Half(length, LongRow);
        Cut(from, half, pieces / 2, ends, ref count);
        Cut(from + half, length - half, pieces / 2, ends, ref count);
    }

    static T Joined<T, F>(int length, int pieces, ReadOnlySpan<T> results, ref int next) where T : unmanaged, INumber<T> where F : ICombine {
        if (pieces == 1 || length <= LongRow) return results[next++];
        var half = Half(length, LongRow);
        var first = Joined<T, F>(half, pieces / 2, results, ref next);
        return F.Two(first, Joined<T, F>(length - half, pieces / 2, results, ref next));
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
            var half = Half(x.Length, LongRow);
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
        if (i < x.Length) {
            if (Vector512.IsHardwareAccelerated && Unsafe.SizeOf<T>() is 4 or 8) {
                var (last, rest) = (Vector512.LoadUnsafe(ref p, (nuint)(x.Length - lanes)), x.Length - i);
                a = First(F.Two(a, Moved(last, lanes - rest)), a, rest);
            } else {
                a = WithRest<T, F>(a, x[i..]);
            }
        }
        return Joined<T, F>(a);
    }

    // Lane i + by in lane i.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<T> Moved<T>(Vector512<T> x, int by) where T : unmanaged =>
        Unsafe.SizeOf<T>() == 4
            ? Vector512.Shuffle(x.AsInt32(), Vector512<int>.Indices + Vector512.Create(by)).As<int, T>()
            : Vector512.Shuffle(x.AsInt64(), Vector512<long>.Indices + Vector512.Create((long)by)).As<long, T>();

    // The last few elements meet the first lanes. Memory on the stack would cost every row.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    static Vector512<T> WithRest<T, F>(Vector512<T> a, ReadOnlySpan<T> rest) where T : unmanaged, INumber<T> where F : ICombine {
        Span<T> joined = stackalloc T[Vector512<T>.Count];
        a.StoreUnsafe(ref joined[0]);
        for (var j = 0; j < rest.Length; j++) joined[j] = F.Two(joined[j], rest[j]);
        return Vector512.LoadUnsafe(ref joined[0]);
    }

    /// <summary>What a loop over a row keeps of it is what <see cref="Row"/> would: four vectors in turns, up to here, then one.</summary>
    public static nint Rounds<T>(int size) => size >= 8 * Vector512<T>.Count ? size / (4 * Vector512<T>.Count) * (4 * Vector512<T>.Count) : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Nothing<T, F>() where T : unmanaged, INumber<T> where F : ICombine => Vector512.Create(F.Nothing<T>());

    /// <summary>Takes in a vector of a row.</summary>
    /// <param name="a">The next of the four.</param>
    /// <param name="b">The one behind it, and so on.</param>
    /// <param name="v">The elements from i on, of which those behind the row do not count.</param>
    /// <param name="rounds">Where the turns end.</param>
    /// <param name="size">Elements of the row, a vector at least.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Take<T, F>(ref Vector512<T> a, ref Vector512<T> b, ref Vector512<T> c, ref Vector512<T> d, Vector512<T> v, nint i, nint rounds, int size) where T : unmanaged, INumber<T> where F : ICombine {
        var next = F.Two(a, v);
        if (i < rounds) {
            (a, b, c, d) = (b, c, d, next);
            if (i + Vector512<T>.Count == rounds) a = F.Two(F.Two(a, b), F.Two(c, d));
        } else {
            a = i + Vector512<T>.Count <= size ? next : First(next, a, (int)(size - i));
        }
    }

    // So many lanes of one, the others of the other.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<T> First<T>(Vector512<T> x, Vector512<T> y, int count) where T : unmanaged =>
        Unsafe.SizeOf<T>() == 4
            ? Vector512.ConditionalSelect(Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)), x.AsInt32(), y.AsInt32()).As<int, T>()
            : Vector512.ConditionalSelect(Vector512.LessThan(Vector512<long>.Indices, Vector512.Create((long)count)), x.AsInt64(), y.AsInt64()).As<long, T>();

    /// <summary>The result of the row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish<T, F>(Vector512<T> a, ref byte to) where T : unmanaged, INumber<T> where F : ICombine => Unsafe.As<byte, T>(ref to) = Joined<T, F>(a);

    // Lane i with lane i + half of them, by halves. What the upper half then holds is not looked at.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static T Joined<T, F>(Vector512<T> a) where T : unmanaged, INumber<T> where F : ICombine {
        a = F.Two(a, a.GetUpper().ToVector512Unsafe());
        a = F.Two(a, a.GetLower().GetUpper().ToVector256Unsafe().ToVector512Unsafe());
        a = F.Two(a, Low(Vector128.Shuffle(First(a).AsUInt64(), Vector128.Create(1ul, 1)).As<ulong, T>()));
        if (Unsafe.SizeOf<T>() <= 4) a = F.Two(a, Low(Vector128.Shuffle(First(a).AsUInt32(), Vector128.Create(1u, 1, 1, 1)).As<uint, T>()));
        if (Unsafe.SizeOf<T>() <= 2) a = F.Two(a, Low(Vector128.Shuffle(First(a).AsUInt16(), Vector128<ushort>.One).As<ushort, T>()));
        if (Unsafe.SizeOf<T>() == 1) a = F.Two(a, Low(Vector128.Shuffle(First(a).AsByte(), Vector128<byte>.One).As<byte, T>()));
        return a.ToScalar();

        static Vector128<T> First(Vector512<T> v) => v.GetLower().GetLower();

        static Vector512<T> Low(Vector128<T> v) => v.ToVector256Unsafe().ToVector512Unsafe();
    }

    // Rows are so many elements apart; y has a place for each column that is wanted.
    static void Columns<T, F>(ReadOnlySpan<T> x, int size, int pitch, Span<T> y) where T : unmanaged, INumber<T> where F : ICombine {
        if (size <= ManyRows) {
            Few<T, F>(x, size, pitch, y);
            return;
        }
        // A few lines at a time, of which the halves have room on the stack.
        for (var j = 0; j < y.Length; j += Band) Halved<T, F>(x[j..], size, pitch, y[j..Math.Min(j + Band, y.Length)]);
    }

    const int Band = 4 * Line;

    static void Halved<T, F>(ReadOnlySpan<T> x, int size, int pitch, Span<T> y) where T : unmanaged, INumber<T> where F : ICombine {
        var half = Half(size, ManyRows);
        Columns<T, F>(x, half, pitch, y);
        Span<T> part = stackalloc T[y.Length];
        Columns<T, F>(x[(half * pitch)..], size - half, pitch, part);
        Combine<T, F>(y, part);
    }

    // A few columns at a time go down in registers. The last of them are whole vectors too, as far as x reaches.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Few<T, F>(ReadOnlySpan<T> x, int size, int pitch, Span<T> y) where T : unmanaged, INumber<T> where F : ICombine {
        _ = x[(size - 1) * pitch + y.Length - 1];
        var lanes = Vector512<T>.Count;
        ref var px = ref MemoryMarshal.GetReference(x);
        ref var py = ref MemoryMarshal.GetReference(y);
        Span<T> some = stackalloc T[lanes];
        var j = 0;
        for (; j <= y.Length - 4 * lanes; j += 4 * lanes) {
            ref var p = ref Unsafe.Add(ref px, j);
            var (a, b, c, d) = (Vector512.LoadUnsafe(ref p), Vector512.LoadUnsafe(ref p, (nuint)lanes), Vector512.LoadUnsafe(ref p, (nuint)(2 * lanes)), Vector512.LoadUnsafe(ref p, (nuint)(3 * lanes)));
            for (var row = 1; row < size; row++) {
                p = ref Unsafe.Add(ref p, pitch);
                a = F.Two(a, Vector512.LoadUnsafe(ref p));
                b = F.Two(b, Vector512.LoadUnsafe(ref p, (nuint)lanes));
                c = F.Two(c, Vector512.LoadUnsafe(ref p, (nuint)(2 * lanes)));
                d = F.Two(d, Vector512.LoadUnsafe(ref p, (nuint)(3 * lanes)));
            }
            a.StoreUnsafe(ref py, (nuint)j);
            b.StoreUnsafe(ref py, (nuint)(j + lanes));
            c.StoreUnsafe(ref py, (nuint)(j + 2 * lanes));
            d.StoreUnsafe(ref py, (nuint)(j + 3 * lanes));
        }
        for (; j < y.Length; j += lanes) {
            var last = size;
            while (last > 0 && (last - 1) * pitch + j + lanes > x.Length) last--;
            var a = Vector512<T>.Zero;
            if (last > 0) {
                ref var p = ref Unsafe.Add(ref px, j);
                a = Vector512.LoadUnsafe(ref p);
                for (var row = 1; row < last; row++) {
                    p = ref Unsafe.Add(ref p, pitch);
                    a = F.Two(a, Vector512.LoadUnsafe(ref p));
                }
            }
            var here = Math.Min(lanes, y.Length - j);
            a.CopyTo(some);
            for (var row = last; row < size; row++)
                for (var k = 0; k < here; k++) some[k] = row == 0 ? x[j + k] : F.Two(some[k], x[row * pitch + j + k]);
            some[..here].CopyTo(y[j..]);
        }
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
    public static void Arg<T>(ReadOnlySpan<T> x, int size, bool largest, Span<int> y) where T : unmanaged, INumber<T> =>
        ForkJoin.Over(y.Length, 1.0 * x.Length, new FromTo<T, int, (int Size, bool Largest)>(x, y, (size, largest)), static (in s, from, to) => {
            var (size, largest) = s.Parameters;
            for (var o = from; o < to; o++) {
                var row = s.From.Slice(o * size, size);
                var best = 0;
                for (var i = 1; i < size && !T.IsNaN(row[best]); i++)
                    if (T.IsNaN(row[i]) || (largest ? row[i] > row[best] : row[i] < row[best])) best = i;
                s.To[o] = best;
            }
        });
}
