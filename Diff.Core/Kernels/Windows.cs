using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>Windows that slide over planes.</summary>
internal static class Windows {
    /// <summary>For each window over a plane, the row-major place in the plane of its largest element: the first of equals; NaN wins.</summary>
    /// <param name="x">planes × the product of the plane's sizes.</param>
    /// <param name="plane">Sizes of a plane, outermost first.</param>
    /// <param name="window">Sizes of the window.</param>
    /// <param name="stride">From one window to the next.</param>
    /// <param name="low">Padding before, which is never chosen.</param>
    /// <param name="dilation">Between the elements of a window.</param>
    /// <param name="count">Windows along each axis.</param>
    /// <param name="y">A place for each plane and window.</param>
    public static void ArgMax<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> plane, ReadOnlySpan<int> window, ReadOnlySpan<int> stride, ReadOnlySpan<int> low, ReadOnlySpan<int> dilation, ReadOnlySpan<int> count, Span<int> y)
        where T : unmanaged, INumber<T> {
        // Planes of fewer axes are planes of height 1; of three, the first axis is walked outside.
        var rank = plane.Length;
        var (h, w) = (rank > 1 ? plane[^2] : 1, plane[^1]);
        var (ch, cw) = (rank > 1 ? count[^2] : 1, count[^1]);
        var (d, cd) = rank > 2 ? (plane[0], count[0]) : (1, 1);
        int At(ReadOnlySpan<int> of, int fromEnd, int none) => rank >= fromEnd ? of[^fromEnd] : none;
        var (wd, wh, ww) = (At(window, 3, 1), At(window, 2, 1), window[^1]);
        var (sd, sh, sw) = (At(stride, 3, 1), At(stride, 2, 1), stride[^1]);
        var (ld, lh, lw) = (At(low, 3, 0), At(low, 2, 0), low[^1]);
        var (dd, dh, dw) = (At(dilation, 3, 1), At(dilation, 2, 1), dilation[^1]);
        var planes = x.Length / Math.Max(1, d * h * w);
        // Along a row the windows from inner to outer need no look at the edges: there every window is one plain block.
        var innerFirst = Math.Min(cw, (lw + sw - 1) / sw);
        var innerLast = Math.Max(innerFirst, Math.Min(cw, (w - (ww - 1) * dw - 1 + lw + sw) / sw));
        var pairs = typeof(T) == typeof(float) && Vector256.IsHardwareAccelerated && (ww, wh, sw, dw, dh, lw) == (2, 2, 2, 1, 1, 0) && cw >= 4;
        var e = 0;
        for (var p = 0; p < planes; p++) {
            var values = x.Slice(p * d * h * w, d * h * w);
            for (var k = 0; k < cd; k++)
                for (var i = 0; i < ch; i++) {
                    var (top, front) = (i * sh - lh, k * sd - ld);
                    var plain = wd == 1 && front >= 0 && top >= 0 && top + (wh - 1) * dh < h;
                    if (pairs && plain) {
                        var corner = (front * h + top) * w;
                        Pairs(values[corner..], w, corner, y.Slice(e, cw));
                        e += cw;
                        continue;
                    }
                    for (var j = 0; j < cw; j++) {
                        if (plain && j >= innerFirst && j < innerLast) {
                            var corner = (front * h + top) * w + j * sw - lw;
                            y[e++] = Block(values[corner..], wh, dh * w, ww, dw) + corner;
                        } else {
                            y[e++] = ArgMaxAtEdge(values, front, top, j * sw - lw);
                        }
                    }
                }
        }

        int ArgMaxAtEdge(ReadOnlySpan<T> values, int front, int top, int left) {
            var (best, most) = (-1, default(T));
            for (var c = 0; c < wd; c++) {
                var z = front + c * dd;
                if ((uint)z >= (uint)d) continue;
                for (var a = 0; a < wh; a++) {
                    var r = top + a * dh;
                    if ((uint)r >= (uint)h) continue;
                    for (var b = 0; b < ww; b++) {
                        var q = left + b * dw;
                        if ((uint)q >= (uint)w) continue;
                        var at = (z * h + r) * w + q;
                        if (best < 0 || values[at] > most || T.IsNaN(values[at]) && !T.IsNaN(most)) (best, most) = (at, values[at]);
                    }
                }
            }
            return best;
        }
    }

    // Selections, not branches: which element of a window is largest is a coin toss that no processor predicts.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Block<T>(ReadOnlySpan<T> from, int rows, int rowStep, int columns, int columnStep) where T : unmanaged, INumber<T> {
        _ = from[(rows - 1) * rowStep + (columns - 1) * columnStep];
        ref var start = ref MemoryMarshal.GetReference(from);
        var (best, most) = (0, start);
        for (var a = 0; a < rows; a++)
            for (var b = 0; b < columns; b++) {
                var at = a * rowStep + b * columnStep;
                var v = Unsafe.Add(ref start, at);
                // !(v <= most) is also true of NaN; a NaN that leads is never replaced.
                var better = !(v <= most) & !T.IsNaN(most);
                best = better ? at : best;
                most = better ? v : most;
            }
        return best;
    }

    // Windows of 2×2 side by side: a pair of neighbours is one 64-bit lane, the even one in its lower half. All comparisons happen
    // in the lower halves. A last group that does not fill the vector is moved back over windows that are already done.
    static void Pairs<T>(ReadOnlySpan<T> from, int width, int corner, Span<int> y) where T : unmanaged {
        var count = y.Length;
        _ = from[width + 2 * count - 1];
        ref var start = ref Unsafe.As<T, float>(ref MemoryMarshal.GetReference(from));
        ref var to = ref Unsafe.As<int, uint>(ref MemoryMarshal.GetReference(y));
        if (Vector512.IsHardwareAccelerated && count >= 8) {
            var lanes = Vector512.Create(0L, 2, 4, 6, 8, 10, 12, 14);
            for (var j = 0; j < count; j += 8) {
                j = Math.Min(j, count - 8);
                var top = Vector512.LoadUnsafe(ref start, (nuint)(2 * j));
                var bottom = Vector512.LoadUnsafe(ref start, (nuint)(width + 2 * j));
                var at = (Vector512.Create((long)(corner + 2 * j)) + lanes).AsInt32();
                var (most, best) = (top, at);
                Keep(ref most, ref best, (top.AsUInt64() >> 32).AsSingle(), at + Vector512.Create(1));
                Keep(ref most, ref best, bottom, at + Vector512.Create(width));
                Keep(ref most, ref best, (bottom.AsUInt64() >> 32).AsSingle(), at + Vector512.Create(width + 1));
                Vector512.Narrow(best.AsUInt64(), Vector512<ulong>.Zero).GetLower().StoreUnsafe(ref to, (nuint)j);
            }
        } else {
            var lanes = Vector256.Create(0L, 2, 4, 6);
            for (var j = 0; j < count; j += 4) {
                j = Math.Min(j, count - 4);
                var top = Vector256.LoadUnsafe(ref start, (nuint)(2 * j));
                var bottom = Vector256.LoadUnsafe(ref start, (nuint)(width + 2 * j));
                var at = (Vector256.Create((long)(corner + 2 * j)) + lanes).AsInt32();
                var (most, best) = (top, at);
                Keep(ref most, ref best, (top.AsUInt64() >> 32).AsSingle(), at + Vector256.Create(1));
                Keep(ref most, ref best, bottom, at + Vector256.Create(width));
                Keep(ref most, ref best, (bottom.AsUInt64() >> 32).AsSingle(), at + Vector256.Create(width + 1));
                Vector256.Narrow(best.AsUInt64(), Vector256<ulong>.Zero).GetLower().StoreUnsafe(ref to, (nuint)j);
            }
        }
    }

    static void Keep(ref Vector512<float> most, ref Vector512<int> best, Vector512<float> value, Vector512<int> at) {
        var better = ~Vector512.LessThanOrEqual(value, most) & Vector512.Equals(most, most);
        best = Vector512.ConditionalSelect(better.AsInt32(), at, best);
        most = Vector512.ConditionalSelect(better, value, most);
    }

    static void Keep(ref Vector256<float> most, ref Vector256<int> best, Vector256<float> value, Vector256<int> at) {
        var better = ~Vector256.LessThanOrEqual(value, most) & Vector256.Equals(most, most);
        best = Vector256.ConditionalSelect(better.AsInt32(), at, best);
        most = Vector256.ConditionalSelect(better, value, most);
    }
}
