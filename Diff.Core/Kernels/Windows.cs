using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Diff;

/// <summary>Windows that slide over planes.</summary>
internal static class Windows {
    /// <summary>For each window over a plane its largest element, and the row-major place of that in the plane: the first of equals; NaN wins.</summary>
    /// <param name="x">planes × the product of the plane's sizes.</param>
    /// <param name="plane">Sizes of a plane, outermost first.</param>
    /// <param name="window">Sizes of the window.</param>
    /// <param name="stride">From one window to the next.</param>
    /// <param name="low">Padding before, which is never chosen.</param>
    /// <param name="dilation">Between the elements of a window.</param>
    /// <param name="count">Windows along each axis.</param>
    /// <param name="y">The largest for each plane and window.</param>
    /// <param name="at">Where it is.</param>
    public static void Max<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> plane, ReadOnlySpan<int> window, ReadOnlySpan<int> stride, ReadOnlySpan<int> low, ReadOnlySpan<int> dilation, ReadOnlySpan<int> count, Span<T> y, Span<int> at)
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
        if (typeof(T) == typeof(float) && (d, wh, ww, sw, dh, dw) == (1, 2, 2, 2, 1, 1) && (wd, ld, lh, lw) == (1, 0, 0, 0)
            && (ch - 1) * sh + 1 < h && 2 * cw <= w && (Avx512F.IsSupported || Vector256.IsHardwareAccelerated && cw >= 4)) {
            Pairs(MemoryMarshal.Cast<T, float>(x), planes, h, w, sh, ch, cw, MemoryMarshal.Cast<T, float>(y), at);
            return;
        }
        var e = 0;
        for (var p = 0; p < planes; p++) {
            var values = x.Slice(p * d * h * w, d * h * w);
            for (var k = 0; k < cd; k++)
                for (var i = 0; i < ch; i++) {
                    var (top, front) = (i * sh - lh, k * sd - ld);
                    var plain = wd == 1 && front >= 0 && top >= 0 && top + (wh - 1) * dh < h;
                    for (var j = 0; j < cw; j++, e++) {
                        if (plain && j >= innerFirst && j < innerLast) {
                            var corner = (front * h + top) * w + j * sw - lw;
                            at[e] = Block(values[corner..], wh, dh * w, ww, dw) + corner;
                        } else {
                            at[e] = AtEdge(values, front, top, j * sw - lw);
                        }
                        y[e] = values[at[e]];
                    }
                }
        }

        int AtEdge(ReadOnlySpan<T> values, int front, int top, int left) {
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
            // Where there is padding only.
            return best < 0 ? values.Length - 1 : best;
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

    // Windows of 2×2 side by side, all inside of their plane.
    static unsafe void Pairs(ReadOnlySpan<float> x, int planes, int height, int width, int stride, int rows, int count, Span<float> y, Span<int> at) {
        if (planes * height * width > x.Length || planes * rows * count > Math.Min(y.Length, at.Length)) throw new ArgumentException("Window sizes.");
        fixed (float* px = x, py = y)
        fixed (int* pat = at)
            for (nint p = 0; p < planes; p++) {
                var (from, to) = (p * height * width, p * rows * count);
                if (Avx512F.IsSupported) Pairs512(px + from, width, stride, rows, count, py + to, pat + to);
                else Pairs256(px + from, width, stride, rows, count, py + to, pat + to);
            }
    }

    // Sixteen at a time: the even and the odd columns of each row become a vector.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static unsafe void Pairs512(float* x, int width, int stride, int rows, int count, float* y, int* at) {
        const int lanes = 16;
        var even = Vector512<int>.Indices * 2;
        var odd = even + Vector512<int>.One;
        var (below, diagonal) = (Vector512.Create(width), Vector512.Create(width + 1));
        for (var j = 0; j < count; j += lanes) {
            var left = Math.Min(lanes, count - j);
            var (low, high, all) = (Single512.Mask(2 * left), Single512.Mask(2 * left - lanes), Single512.Mask(left));
            for (var i = 0; i < rows; i++) {
                var corner = i * stride * width + 2 * j;
                var p = x + corner;
                var (a, b) = (Single512.LoadMasked(p, low), Single512.LoadMasked(p + lanes, high));
                var (c, d) = (Single512.LoadMasked(p + width, low), Single512.LoadMasked(p + width + lanes, high));
                var (most, best) = (Avx512F.PermuteVar16x32x2(a, even, b), Vector512.Create(corner) + even);
                var first = best;
                Keep(ref most, ref best, Avx512F.PermuteVar16x32x2(a, odd, b), first + Vector512<int>.One);
                Keep(ref most, ref best, Avx512F.PermuteVar16x32x2(c, even, d), first + below);
                Keep(ref most, ref best, Avx512F.PermuteVar16x32x2(c, odd, d), first + diagonal);
                Single512.StoreMasked(y + i * count + j, all, most);
                Single512.StoreMasked((float*)at + i * count + j, all, best.AsSingle());
            }
        }
    }

    // Four or more: a pair of neighbours is one 64-bit lane, the even one in its lower half, where all comparisons happen. A last
    // group that does not fill the vector is moved back over windows that are already done.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static unsafe void Pairs256(float* x, int width, int stride, int rows, int count, float* y, int* at) {
        var lanes = Vector256.Create(0L, 2, 4, 6);
        for (var i = 0; i < rows; i++, y += count, at += count)
            for (var next = 0; next < count; next += 4) {
                var j = Math.Min(next, count - 4);
                var corner = i * stride * width + 2 * j;
                var (top, bottom) = (Vector256.Load(x + corner), Vector256.Load(x + corner + width));
                var first = (Vector256.Create((long)corner) + lanes).AsInt32();
                var (most, best) = (top, first);
                Keep(ref most, ref best, (top.AsUInt64() >> 32).AsSingle(), first + Vector256.Create(1));
                Keep(ref most, ref best, bottom, first + Vector256.Create(width));
                Keep(ref most, ref best, (bottom.AsUInt64() >> 32).AsSingle(), first + Vector256.Create(width + 1));
                var both = Vector256.Narrow(most.AsUInt64(), best.AsUInt64());
                both.GetLower().AsSingle().Store(y + j);
                both.GetUpper().AsInt32().Store(at + j);
            }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Keep(ref Vector512<float> most, ref Vector512<int> best, Vector512<float> value, Vector512<int> at) {
        var better = ~Vector512.LessThanOrEqual(value, most) & Vector512.Equals(most, most);
        best = Vector512.ConditionalSelect(better.AsInt32(), at, best);
        most = Vector512.ConditionalSelect(better, value, most);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Keep(ref Vector256<float> most, ref Vector256<int> best, Vector256<float> value, Vector256<int> at) {
        var better = ~Vector256.LessThanOrEqual(value, most) & Vector256.Equals(most, most);
        best = Vector256.ConditionalSelect(better.AsInt32(), at, best);
        most = Vector256.ConditionalSelect(better, value, most);
    }
}
