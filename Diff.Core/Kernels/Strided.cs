using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Diff;

/// <summary>Where in a strided block of memory one is, along each of its axes.</summary>
/// <remarks>Axes of size 1 are not counted, and no array has 2³¹ elements.</remarks>
[InlineArray(30)]
internal struct StridedIndex {
    int first;
}

/// <summary>Reads a strided block of memory in logical (row-major) order, a piece at a time.</summary>
internal struct StridedReader {
    readonly int[] dims, strides;
    StridedIndex index;
    int position;

    /// <param name="dims">Sizes, outermost first.</param>
    /// <param name="strides">Of each size, in elements.</param>
    /// <param name="offset">Of the first element in the memory.</param>
    /// <param name="from">The element to begin with, in logical order.</param>
    public StridedReader(int[] dims, int[] strides, int offset, int from = 0) {
        (this.dims, this.strides, position) = (dims, strides, offset);
        for (var a = dims.Length - 1; from > 0; from /= dims[a--]) {
            index[a] = from % dims[a];
            position += index[a] * strides[a];
        }
    }

    /// <summary>Fills the destination with the next elements. Together the calls may ask for no more than there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Read<T>(ReadOnlySpan<T> source, Span<T> destination) where T : unmanaged {
        if (dims.Length == 0) {
            if (destination.Length > 0) destination.Fill(source[position]);
            return;
        }
        var last = dims.Length - 1;
        var (size, stride) = (dims[last], strides[last]);
        if (last == 1 && strides[0] == 0 && stride == 1 && index[1] == 0 && destination.Length >= 2 * size) {
            Repeat(source.Slice(position, size), destination);
            index[0] += destination.Length / size;
            index[1] = destination.Length % size;
            position += index[1];
            return;
        }
        var at = index[last];
        while (destination.Length > 0) {
            var run = Math.Min(size - at, destination.Length);
            if (stride == 1) source.Slice(position, run).CopyTo(destination);
            else if (stride == 0) destination[..run].Fill(source[position]);
            else Gather(source, position, stride, destination[..run]);
            destination = destination[run..];
            at += run;
            position += run * stride;
            if (at < size) break;
            at = 0;
            position -= size * stride;
            for (var a = last - 1; a >= 0; a--) {
                position += strides[a];
                if (++index[a] < dims[a]) break;
                position -= dims[a] * strides[a];
                index[a] = 0;
            }
        }
        index[last] = at;
    }

    // A row again and again: what is there already is doubled.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Repeat<T>(ReadOnlySpan<T> row, Span<T> to) where T : unmanaged {
        row.CopyTo(to);
        for (var done = row.Length; done < to.Length; done *= 2) to[..Math.Min(done, to.Length - done)].CopyTo(to[done..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Gather<T>(ReadOnlySpan<T> source, int from, int stride, Span<T> to) where T : unmanaged {
        _ = source[from];
        _ = source[from + (to.Length - 1) * stride];
        ref var s = ref Unsafe.Add(ref MemoryMarshal.GetReference(source), from);
        for (var i = 0; i < to.Length; i++) {
            to[i] = s;
            s = ref Unsafe.Add(ref s, stride);
        }
    }
}
