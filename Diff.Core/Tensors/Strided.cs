using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Copies between layouts. Only sizes matter here, not what the bytes mean.</summary>
internal static class Strided {
    /// <summary>Packs a view of any layout into a contiguous one of as many elements.</summary>
    public static void Copy(View from, View to) {
        switch (from.DType.Size()) {
            case 1: Copy(from.Layout, from.Span<byte>(), to.Span<byte>()); break;
            case 4: Copy(from.Layout, from.Span<uint>(), to.Span<uint>()); break;
            default: Copy(from.Layout, from.Span<ulong>(), to.Span<ulong>()); break;
        }
    }

    /// <summary>Packs what a layout reads.</summary>
    /// <param name="at">How far behind the layout's elements those lie that are meant.</param>
    public static void Copy<T>(Layout layout, ReadOnlySpan<T> from, Span<T> to, int at = 0) where T : unmanaged {
        // Nanoseconds: of a byte in a row of others, of an element by itself.
        const double streamed = 0.1, gathered = 0.6;
        var n = layout.Shape.Size;
        if (n == 0) return;
        if (layout.IsContiguous)
            ForkJoin.Over(n, streamed * Unsafe.SizeOf<T>() * n, new FromTo<T, T, int>(from, to, at), static (in s, start, end) => s.From[(s.Parameters + start)..(s.Parameters + end)].CopyTo(s.To[start..end]), Page);
        else
            ForkJoin.Over(n, gathered * n, new FromTo<T, T, (Layout Layout, int At)>(from, to, (layout, at)), static (in s, start, end) => {
                var (layout, at) = s.Parameters;
                layout.Reader(start, at).Read(s.From, s.To[start..end]);
            }, Page);
    }

    /// <summary>Elements that one thread copies at least.</summary>
    const int Page = 4096;
}
