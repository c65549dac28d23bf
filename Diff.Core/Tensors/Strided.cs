using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Copies between layouts. Only sizes matter here, not what the bytes mean.</summary>
internal static class Strided {
    /// <summary>Packs a view of any layout into a contiguous one of as many elements.</summary>
    public static void Copy(View from, View to) {
        switch (from.DType.Size()) {
            case 1: Copy<byte>(from, to); break;
            case 4: Copy<uint>(from, to); break;
            default: Copy<ulong>(from, to); break;
        }
    }

    /// <summary>Writes a view's elements into places of another layout, such as a slice of a larger tensor.</summary>
    public static void Scatter(View from, View to) {
        switch (from.DType.Size()) {
            case 1: Scatter<byte>(from, to); break;
            case 4: Scatter<uint>(from, to); break;
            default: Scatter<ulong>(from, to); break;
        }
    }

    static void Copy<T>(View from, View to) where T : unmanaged {
        // Nanoseconds: of a byte in a row of others, of an element by itself.
        const double streamed = 0.1, gathered = 0.6;
        var n = from.Shape.Size;
        if (n == 0) return;
        if (from.Layout.IsContiguous)
            ForkJoin.Over(n, streamed * from.DType.Size() * n, new FromTo<T, T, bool>(from.Span<T>(), to.Span<T>(), true),
                static (in s, start, end) => s.From[start..end].CopyTo(s.To[start..end]), Page);
        else
            ForkJoin.Over(n, gathered * n, new FromTo<T, T, Layout>(from.Span<T>(), to.Span<T>(), from.Layout),
                static (in s, start, end) => s.Parameters.Reader(start).Read(s.From, s.To[start..end]), Page);
    }

    /// <summary>Elements that one thread copies at least.</summary>
    const int Page = 4096;

    // Both are walked together, a run along the last axis at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Scatter<T>(View from, View to) where T : unmanaged {
        var (dims, strides) = Layout.Collapse([from.Layout, to.Layout]);
        var source = from.Span<T>();
        var target = to.Span<T>();
        var (s, t) = (from.Layout.Offset, to.Layout.Offset);
        if (dims.Length == 0) {
            target[t] = source[s];
            return;
        }
        var last = dims.Length - 1;
        var index = new int[dims.Length];
        var (run, sourceStep, targetStep) = (dims[last], strides[0][last], strides[1][last]);
        while (true) {
            if (sourceStep == 1 && targetStep == 1) source.Slice(s, run).CopyTo(target.Slice(t, run));
            else for (var i = 0; i < run; i++) target[t + i * targetStep] = source[s + i * sourceStep];
            var a = last - 1;
            for (; a >= 0; a--) {
                (s, t) = (s + strides[0][a], t + strides[1][a]);
                if (++index[a] < dims[a]) break;
                (s, t) = (s - dims[a] * strides[0][a], t - dims[a] * strides[1][a]);
                index[a] = 0;
            }
            if (a < 0) return;
        }
    }
}
