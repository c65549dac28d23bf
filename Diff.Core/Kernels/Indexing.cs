using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Diff;

/// <summary>Reading and adding by index. An index counts from the end where it is negative; outside the axis it is an error.</summary>
internal static class Indexing {
    /// <summary>The indices as offsets from the front, each checked: themselves where none is negative.</summary>
    public static ReadOnlySpan<int> Checked(ReadOnlySpan<int> indices, int size, bool wrap) =>
        indices.Length == 0 || System.Numerics.Tensors.TensorPrimitives.Max(MemoryMarshal.Cast<int, uint>(indices)) < (uint)size
            ? indices : Wrapped<int>(indices, size, wrap);

    /// <summary>The same of wider indices.</summary>
    public static int[] Wrapped<T>(ReadOnlySpan<T> indices, int size, bool wrap) where T : unmanaged, System.Numerics.INumber<T> {
        var at = new int[indices.Length];
        for (var i = 0; i < at.Length; i++) {
            var index = long.CreateChecked(indices[i]);
            var first = wrap ? -size : 0;
            // Not the op's name: gradients add where the function read, and the reader is who has to hear of it.
            if (index < first || index >= size)
                throw new ShapeException($"Index {index} (number {i} of {at.Length}) is outside an axis of {size}{(size == 0 ? "" : $", which has {first} to {size - 1}")}.");
            at[i] = (int)(index < 0 ? index + size : index);
        }
        return at;
    }

    /// <summary>y[o, j, :] = x[o, at[j], :] of x [outer, size, inner].</summary>
    public static void Take<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, int outer, int size, int inner, Span<T> y) where T : unmanaged {
        for (var o = 0; o < outer; o++)
            for (var j = 0; j < at.Length; j++) {
                var from = x.Slice((o * size + at[j]) * inner, inner);
                if (inner == 1) y[o * at.Length + j] = from[0];
                else from.CopyTo(y.Slice((o * at.Length + j) * inner, inner));
            }
    }

    /// <summary>y[o, at[j], :] += x[o, j, :] in the order of j, on a y of zeros.</summary>
    public static void Put<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, int outer, int size, int inner, Span<T> y) where T : unmanaged, System.Numerics.INumber<T> {
        for (var o = 0; o < outer; o++)
            for (var j = 0; j < at.Length; j++) {
                var from = x.Slice((o * at.Length + j) * inner, inner);
                var to = y.Slice((o * size + at[j]) * inner, inner);
                System.Numerics.Tensors.TensorPrimitives.Add(to, from, to);
            }
    }

    /// <summary>y[o, j, i] = x[o, at[o, j, i], i] of x [outer, size, inner].</summary>
    public static void TakeAlong<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, int outer, int size, int inner, Span<T> y) where T : unmanaged {
        var rows = y.Length / Math.Max(1, outer * inner);
        for (int o = 0, e = 0; o < outer; o++) {
            var from = x.Slice(o * size * inner, size * inner);
            for (var j = 0; j < rows; j++)
                for (var i = 0; i < inner; i++, e++) y[e] = from[at[e] * inner + i];
        }
    }

    /// <summary>y[o, at[o, j, i], i] += x[o, j, i] in row-major order, of a y that is overwritten. Every index is less than size.</summary>
    public static void PutAlong<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, int outer, int size, int inner, Span<T> y) where T : unmanaged, System.Numerics.INumber<T> {
        var rows = x.Length / Math.Max(1, outer * inner);
        for (int o = 0, e = 0; o < outer; o++) {
            // A piece is cleared just before it is added to, while it is in the cache.
            var to = y.Slice(o * size * inner, size * inner);
            to.Clear();
            if (inner == 1) {
                Put(x.Slice(e, rows), at.Slice(e, rows), to);
                e += rows;
                continue;
            }
            for (var j = 0; j < rows; j++)
                for (var i = 0; i < inner; i++, e++) to[at[e] * inner + i] += x[e];
        }
    }

    // The indices were checked when they came in.
    static void Put<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, Span<T> y) where T : unmanaged, System.Numerics.INumber<T> {
        ref var to = ref MemoryMarshal.GetReference(y);
        for (var j = 0; j < x.Length; j++) Unsafe.Add(ref to, (nint)(uint)at[j]) += x[j];
    }
}
