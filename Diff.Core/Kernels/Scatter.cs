using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Writes what one layout reads to where another says, such as a slice of a larger tensor. Only sizes matter here, not what the bytes mean.</summary>
internal sealed class Scatter {
    readonly int[] dims, from, to;
    readonly int first, start;

    /// <param name="from">How the elements lie.</param>
    /// <param name="to">Where as many elements go.</param>
    public Scatter(Layout from, Layout to) {
        (dims, var strides) = Layout.Collapse([from, to]);
        (this.from, this.to, first, start) = (strides[0], strides[1], from.Offset, to.Offset);
        IsEmpty = from.Shape.Size == 0;
    }

    bool IsEmpty { get; }

    /// <summary>Between values of these layouts, or larger ones that these are parts of.</summary>
    public void Run(View source, View target) {
        if (IsEmpty) return;
        switch (source.DType.Size()) {
            case 1: Run(source.Span<byte>(), target.Span<byte>()); break;
            case 4: Run(source.Span<uint>(), target.Span<uint>()); break;
            default: Run(source.Span<ulong>(), target.Span<ulong>()); break;
        }
    }

    // Both are walked together, a run along the last axis at a time.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Run<T>(ReadOnlySpan<T> source, Span<T> target) where T : unmanaged {
        var (s, t) = (first, start);
        if (dims.Length == 0) {
            target[t] = source[s];
            return;
        }
        var last = dims.Length - 1;
        var index = default(StridedIndex);
        var (run, sourceStep, targetStep) = (dims[last], from[last], to[last]);
        while (true) {
            if (sourceStep == 1 && targetStep == 1) source.Slice(s, run).CopyTo(target.Slice(t, run));
            else for (var i = 0; i < run; i++) target[t + i * targetStep] = source[s + i * sourceStep];
            var a = last - 1;
            for (; a >= 0; a--) {
                (s, t) = (s + from[a], t + to[a]);
                if (++index[a] < dims[a]) break;
                (s, t) = (s - dims[a] * from[a], t - dims[a] * to[a]);
                index[a] = 0;
            }
            if (a < 0) return;
        }
    }
}
