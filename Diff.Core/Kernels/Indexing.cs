namespace Diff;

/// <summary>Reading and adding by index. An index counts from the end where it is negative; outside the axis it is an error.</summary>
internal static class Indexing {
    /// <summary>The indices as offsets from the front, each checked.</summary>
    public static int[] Checked(ReadOnlySpan<long> indices, int size, string op) {
        var at = new int[indices.Length];
        for (var i = 0; i < at.Length; i++) {
            var index = indices[i];
            if (index < -size || index >= size) throw new ShapeException($"{op}: index {index} (number {i}) is outside an axis of {size}{(size == 0 ? "" : $", which has −{size} to {size - 1}")}.");
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

    /// <summary>y[o, at[o, j, i], i] += x[o, j, i] in row-major order, on a y of zeros.</summary>
    public static void PutAlong<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> at, int outer, int size, int inner, Span<T> y) where T : unmanaged, System.Numerics.INumber<T> {
        var rows = x.Length / Math.Max(1, outer * inner);
        for (int o = 0, e = 0; o < outer; o++) {
            var to = y.Slice(o * size * inner, size * inner);
            for (var j = 0; j < rows; j++)
                for (var i = 0; i < inner; i++, e++) to[at[e] * inner + i] += x[e];
        }
    }

    /// <summary>For each window over a plane, the row-major place in the plane of its largest element: the first of equals; NaN wins.</summary>
    /// <param name="x">planes × the product of the plane's sizes.</param>
    /// <param name="plane">Sizes of a plane, outermost first.</param>
    /// <param name="window">Sizes of the window.</param>
    /// <param name="stride">From one window to the next.</param>
    /// <param name="low">Padding before, which is never chosen.</param>
    /// <param name="dilation">Between the elements of a window.</param>
    /// <param name="count">Windows along each axis.</param>
    /// <param name="y">A place for each plane and window.</param>
    public static void ArgMaxWindow<T>(ReadOnlySpan<T> x, ReadOnlySpan<int> plane, ReadOnlySpan<int> window, ReadOnlySpan<int> stride, ReadOnlySpan<int> low, ReadOnlySpan<int> dilation, ReadOnlySpan<int> count, Span<int> y)
        where T : unmanaged, System.Numerics.INumber<T> {
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
        var e = 0;
        for (var p = 0; p < planes; p++) {
            var values = x.Slice(p * d * h * w, d * h * w);
            for (var k = 0; k < cd; k++)
                for (var i = 0; i < ch; i++)
                    for (var j = 0; j < cw; j++) {
                        var best = -1;
                        var most = default(T);
                        for (var c = 0; c < wd; c++) {
                            var z = k * sd - ld + c * dd;
                            if ((uint)z >= (uint)d) continue;
                            for (var a = 0; a < wh; a++) {
                                var r = i * sh - lh + a * dh;
                                if ((uint)r >= (uint)h) continue;
                                var row = (z * h + r) * w;
                                for (var b = 0; b < ww; b++) {
                                    var q = j * sw - lw + b * dw;
                                    if ((uint)q >= (uint)w) continue;
                                    var v = values[row + q];
                                    if (best < 0 || v > most || T.IsNaN(v) && !T.IsNaN(most)) (best, most) = (row + q, v);
                                }
                            }
                        }
                        y[e++] = best;
                    }
        }
    }
}
