using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>The order of the elements of rows: stable, and NaN counts as larger than every number.</summary>
internal static class Sorting {
    /// <summary>For each row of x the places of its first count elements in order.</summary>
    /// <param name="x">rows × size elements.</param>
    /// <param name="size">Of a row.</param>
    /// <param name="descending">The largest first; of equals still the first.</param>
    /// <param name="count">How many of each row.</param>
    /// <param name="y">rows × count places.</param>
    public static void Order<T>(ReadOnlySpan<T> x, int size, bool descending, int count, Span<int> y) where T : unmanaged {
        if (count == 0) return;
        var rows = y.Length / count;
        var (keys, places) = (new ulong[size], new int[size]);
        var flip = descending ? ulong.MaxValue : 0;
        for (var r = 0; r < rows; r++) {
            var row = x.Slice(r * size, size);
            for (var i = 0; i < size; i++) keys[i] = Key(row[i]) ^ flip;
            var to = y.Slice(r * count, count);
            if (count <= Few && count < size) First(keys, to);
            else All(keys, places, to);
        }
    }

    // So few that moving them up costs less than sorting everything.
    const int Few = 128;

    static void First(ReadOnlySpan<ulong> keys, Span<int> to) {
        var found = 0;
        for (var i = 0; i < keys.Length; i++) {
            var key = keys[i];
            if (found == to.Length && key >= keys[to[^1]]) continue;
            // Behind the equals, which came before.
            var at = found < to.Length ? found++ : found - 1;
            for (; at > 0 && keys[to[at - 1]] > key; at--) to[at] = to[at - 1];
            to[at] = i;
        }
    }

    static void All(ulong[] keys, int[] places, Span<int> to) {
        for (var i = 0; i < places.Length; i++) places[i] = i;
        keys.AsSpan().Sort(places.AsSpan());
        // The sort is not stable: among equals, by place.
        for (var i = 0; i < keys.Length;) {
            var end = i + 1;
            while (end < keys.Length && keys[end] == keys[i]) end++;
            if (end - i > 1) places.AsSpan(i, end - i).Sort();
            i = end;
        }
        places.AsSpan(0, to.Length).CopyTo(to);
    }

    // A number as an unsigned one of the same order. −0 is 0, and all NaN are one.
    static ulong Key<T>(T x) where T : unmanaged {
        if (typeof(T) == typeof(double)) return OfFloat(Unsafe.BitCast<T, double>(x));
        if (typeof(T) == typeof(float)) return OfFloat(Unsafe.BitCast<T, float>(x));
        if (typeof(T) == typeof(long)) return (ulong)Unsafe.BitCast<T, long>(x) ^ 1UL << 63;
        if (typeof(T) == typeof(int)) return (ulong)Unsafe.BitCast<T, int>(x) ^ 1UL << 63;
        if (typeof(T) == typeof(uint)) return Unsafe.BitCast<T, uint>(x);
        return Unsafe.BitCast<T, byte>(x);
    }

    static ulong OfFloat(double x) {
        if (double.IsNaN(x)) return ulong.MaxValue;
        var bits = BitConverter.DoubleToUInt64Bits(x + 0.0);
        return (bits >> 63) != 0 ? ~bits : bits | 1UL << 63;
    }

    /// <summary>How many elements of a sorted row are smaller than each value (or at most it, if right); NaN is larger than all numbers.</summary>
    public static void Search<T>(ReadOnlySpan<T> sorted, ReadOnlySpan<T> values, bool right, Span<int> y) where T : unmanaged {
        for (var i = 0; i < values.Length; i++) {
            var key = Key(values[i]);
            var (low, high) = (0, sorted.Length);
            while (low < high) {
                var middle = (low + high) >>> 1;
                var at = Key(sorted[middle]);
                if (right ? at <= key : at < key) low = middle + 1;
                else high = middle;
            }
            y[i] = low;
        }
    }
}
