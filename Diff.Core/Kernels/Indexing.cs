using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Diff;

/// <summary>Reading and adding by index. An index counts from the end where it is negative; outside the axis it is an error.</summary>
internal static class Indexing {
    /// <summary>The indices as offsets from the front, each checked: themselves where none is negative.</summary>
    public static ReadOnlySpan<int> Checked(ReadOnlySpan<int> indices, int size, bool wrap) =>
        indices.Length == 0 || System.Numerics.Tensors.TensorPrimitives.Max(MemoryMarshal.Cast<int, uint>(indices)) < (uint)size
            ? indices : Wrapped(indices, size, wrap);

    /// <summary>The same of wider indices.</summary>
    public static ReadOnlySpan<int> Wrapped<T>(ReadOnlySpan<T> indices, int size, bool wrap) where T : unmanaged, System.Numerics.INumber<T> {
        var at = Scratch.Room<int>(Scratch.Slot.Third, indices.Length);
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

    // About how long an element takes, in nanoseconds: to be looked up, or to be copied or added in a row of others.
    const double Lookup = 1, Move = 0.25;

    /// <summary>y[o, j, :] = x[o, at[j], :] of x [outer, size, inner].</summary>
    public static void Take<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, int outer, int size, int inner, Span<T> y) where T : unmanaged =>
        ForkJoin.Over(outer * at.Length, Lookup * outer * at.Length + Move * y.Length, new Places<T>(x, at, outer, size, inner, y), static (in s, from, to) => {
            for (var k = from; k < to; k++) {
                var (o, j) = Math.DivRem(k, s.At.Length);
                var row = s.X.Slice((o * s.Size + s.At[j]) * s.Inner, s.Inner);
                if (row.Length == 1) s.Y[k] = row[0];
                else row.CopyTo(s.Y[(k * s.Inner)..]);
            }
        });

    /// <summary>y[o, at[j], :] = Σ x[o, j, :] over j, in their order.</summary>
    public static void Put<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, int outer, int size, int inner, Span<T> y) where T : unmanaged, System.Numerics.INumber<T> =>
        ForkJoin.Over(outer, Lookup * outer * at.Length + Move * (x.Length + y.Length), new Places<T>(x, at, outer, size, inner, y), static (in s, from, to) => {
            s.Y[(from * s.Size * s.Inner)..(to * s.Size * s.Inner)].Clear();
            for (var o = from; o < to; o++)
                for (var j = 0; j < s.At.Length; j++) {
                    var row = s.X.Slice((o * s.At.Length + j) * s.Inner, s.Inner);
                    var sum = s.Y.Slice((o * s.Size + s.At[j]) * s.Inner, s.Inner);
                    System.Numerics.Tensors.TensorPrimitives.Add(sum, row, sum);
                }
        });

    /// <summary>y[o, j, i] = x[o, at[o, j, i], i] of x [outer, size, inner].</summary>
    public static void TakeAlong<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, int outer, int size, int inner, Span<T> y) where T : unmanaged =>
        ForkJoin.Over(outer, Lookup * y.Length, new Places<T>(x, at, outer, size, inner, y), static (in s, from, to) => {
            var (plane, rows, inner) = (s.Size * s.Inner, s.Rows, s.Inner);
            var at = s.At;
            var y = s.Y;
            for (int o = from, e = from * rows * inner; o < to; o++) {
                var x = s.X.Slice(o * plane, plane);
                for (var j = 0; j < rows; j++)
                    for (var i = 0; i < inner; i++, e++) y[e] = x[at[e] * inner + i];
            }
        });

    /// <summary>y[o, at[o, j, i], i] = Σ x[o, j, i], in row-major order. Every index is less than size.</summary>
    public static void PutAlong<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, int outer, int size, int inner, Span<T> y) where T : unmanaged, System.Numerics.INumber<T> =>
        ForkJoin.Over(outer, Lookup * x.Length + Move * y.Length, new Places<T>(x, at, outer, size, inner, y), static (in s, from, to) => {
            var (plane, rows, inner) = (s.Size * s.Inner, s.Rows, s.Inner);
            var at = s.At;
            var x = s.X;
            for (int o = from, e = from * rows * inner; o < to; o++) {
                // A plane is cleared just before it is added to, while it is in the cache.
                var y = s.Y.Slice(o * plane, plane);
                y.Clear();
                if (inner == 1) {
                    Put(x.Slice(e, rows), at.Slice(e, rows), y);
                    e += rows;
                    continue;
                }
                for (var j = 0; j < rows; j++)
                    for (var i = 0; i < inner; i++, e++) y[at[e] * inner + i] += x[e];
            }
        });

    // The indices were checked when they came in.
    static void Put<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, Span<T> y) where T : unmanaged, System.Numerics.INumber<T> {
        ref var to = ref MemoryMarshal.GetReference(y);
        for (var j = 0; j < x.Length; j++) Unsafe.Add(ref to, (nint)(uint)at[j]) += x[j];
    }

    readonly ref struct Places<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, int outer, int size, int inner, Span<T> y) {
        public readonly ReadOnlySpan<T> X = x;
        public readonly ReadOnlySpan<int> At = at;
        public readonly int Size = size, Inner = inner;
        public readonly Span<T> Y = y;

        /// <summary>Indices along the axis, where each element has its own.</summary>
        public readonly int Rows = at.Length / Math.Max(1, outer * inner);
    }
}
