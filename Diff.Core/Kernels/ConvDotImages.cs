using System.Runtime.InteropServices;

namespace Diff;

/// <summary>Convolution with a large window over the channels of a batch (the gradient of the weights): a lane for each channel.</summary>
/// <remarks>
/// What is summed over are the images of a batch. They are turned so that one element of sixteen of them lies side by side: lane l
/// sums the channels that are l modulo sixteen, of each the window's elements in order, and the tree comes at the end. There are no
/// gaps between the rows to mask. Where the last sixteen channels are not all there, the missing are 0·0.
/// </remarks>
internal static unsafe class ConvDotImages {
    /// <summary>Bytes of a few rows of the window that stay in the first-level cache while all outputs meet them.</summary>
    private const int StripBytes = 24 * 1024;

    /// <summary>Outputs whose lanes stay in the second-level cache.</summary>
    private const int MostOutputs = 8192;

    /// <summary>Whether the window's neighbours see neighbours, and to turn the images is faster than to mask what is between their
    /// rows. Counted in cycles: two products of a vector each.</summary>
    internal static bool Fits(ConvGeometry g) {
        if (g.Dilation[2] != 1 || !ImageAxis.Fit(g, g.C / g.Groups, Elements(g))) return false;
        double outputs = (double)g.N * (g.O / g.Groups) * g.Pixels, pitch = g.Kernel[2] + (g.Output[2] - 1.0) * g.Stride[2];
        var masked = g.Kernel[0] * Math.Ceiling((g.Kernel[1] * pitch - pitch + g.Kernel[2]) / ImageAxis.Lanes);
        return outputs <= MostOutputs && outputs * g.Taps / ImageAxis.Lanes / 2 + ImageAxis.Turning(Elements(g)) < 0.9 * outputs * masked / 2;
    }

    private static double Elements(ConvGeometry g) => g.N * ImageAxis.Plane(g, padded: true) + g.O / g.Groups * (double)g.Taps;

    internal static void Run<T, V, O>(ConvGeometry g, ConvProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        const int lanes = DotKernel.Lanes;
        int channels = g.C / g.Groups, rowsAll = g.O / g.Groups, pixels = (int)g.Pixels, taps = (int)g.Taps;
        ImageAxis a0 = ImageAxis.Of(g, 0, true), a1 = ImageAxis.Of(g, 1, true), a2 = ImageAxis.Of(g, 2, true);
        ImageAxis w0 = ImageAxis.Whole(g.Kernel[0]), w1 = ImageAxis.Whole(g.Kernel[1]), w2 = ImageAxis.Whole(g.Kernel[2]);
        var plane = (nint)a0.Size * a1.Size * a2.Size * lanes;
        var offsets = Scratch.Rent<nint>(Scratch.Slot.Offsets, pixels);
        for (int p0 = 0, at = 0; p0 < g.Output[0]; p0++)
            for (var p1 = 0; p1 < g.Output[1]; p1++)
                for (var p2 = 0; p2 < g.Output[2]; p2++) offsets[at++] = (nint)lanes * ((p0 * a0.Stride * a1.Size + p1 * a1.Stride) * a2.Size + p2 * a2.Stride);

        var x = Scratch.Rent<T>(Scratch.Slot.Input, g.N * plane);
        var w = Scratch.Rent<T>(Scratch.Slot.Weights, (nint)rowsAll * taps * lanes);
        var sums = Scratch.Rent<T>(Scratch.Slot.Lanes, (nint)g.N * rowsAll * pixels * lanes);
        var tallest = DotKernel.MaxRows<T, V, O>();
        var tiles = (rowsAll + tallest - 1) / tallest;
        var panels = (pixels + DotKernel.MaxColumns - 1) / DotKernel.MaxColumns;
        var strip = Math.Max(1, StripBytes / (g.Kernel[2] * lanes * sizeof(T) * Math.Min(tallest, rowsAll)));
        var tile = new DotTile<T> {
            Groups = g.Kernel[2], ANext = g.Kernel[2] * lanes, BNext = (nint)a1.Dilation * a2.Size * lanes, ARow = (nint)taps * lanes, LanesRow = (nint)pixels * lanes,
        };
        for (var group = 0; group < g.Groups; group++) {
            Clear(sums, (nint)g.N * rowsAll * pixels * lanes);
            for (var c = 0; c < channels; c += lanes) {
                var images = Math.Min(lanes, channels - c);
                if (c == 0 || images < lanes) Clear(x, g.N * plane);
                if (images < lanes) Clear(w, (nint)rowsAll * taps * lanes);
                for (var n = 0; n < g.N; n++)
                    ImageAxis.Stage(p->X + (nint)(n * p->XStrides[0] + (group * channels + c) * p->XStrides[1]), (nint)p->XStrides[1], (nint)p->XStrides[2], (nint)p->XStrides[3], (nint)p->XStrides[4], images, x + n * plane, lanes, a0, a1, a2);
                for (var o = 0; o < rowsAll; o++)
                    ImageAxis.Stage(p->W + (nint)((group * rowsAll + o) * p->WStrides[0] + c * p->WStrides[1]), (nint)p->WStrides[1], (nint)p->WStrides[2], (nint)p->WStrides[3], (nint)p->WStrides[4], images, w + o * tile.ARow, lanes, w0, w1, w2);
                for (var q0 = 0; q0 < g.Kernel[0]; q0++)
                    for (var q1 = 0; q1 < g.Kernel[1]; q1 += strip) {
                        tile.Repeats = Math.Min(strip, g.Kernel[1] - q1);
                        var from = x + (q0 * a0.Dilation * a1.Size + q1 * a1.Dilation) * a2.Size * lanes;
                        var window = w + (q0 * g.Kernel[1] + q1) * tile.ANext;
                        for (var t = 0; t < tiles; t++) {
                            var row = GemmDriver.FirstRow(rowsAll, tiles, t);
                            var rows = GemmDriver.FirstRow(rowsAll, tiles, t + 1) - row;
                            tile.A = window + row * tile.ARow;
                            for (var n = 0; n < g.N; n++) {
                                tile.B = from + n * plane;
                                for (var panel = 0; panel < panels; panel++) {
                                    var column = GemmDriver.FirstRow(pixels, panels, panel);
                                    tile.Offsets = offsets + column;
                                    tile.Lanes = sums + (((nint)n * rowsAll + row) * pixels + column) * lanes;
                                    DotKernel.Run<T, V, O>(&tile, rows, GemmDriver.FirstRow(pixels, panels, panel + 1) - column);
                                }
                            }
                        }
                    }
            }
            for (nint n = 0; n < g.N; n++) {
                var y = p->Y + (n * g.O + (nint)group * rowsAll) * pixels;
                var from = sums + n * rowsAll * pixels * lanes;
                DotKernel.Sums(from, (nint)rowsAll * pixels, y);
            }
        }
    }

    private static void Clear<T>(T* p, nint count) where T : unmanaged => NativeMemory.Clear(p, (nuint)(count * sizeof(T)));
}
