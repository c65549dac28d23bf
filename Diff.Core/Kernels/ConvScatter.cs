using System.Runtime.InteropServices;

namespace Diff;

/// <summary>Convolution with more outputs than inputs: tap by tap, all inputs are added to the outputs they reach.</summary>
/// <remarks>
/// The gradient of an input pads the smaller image on all sides, or (where the convolution has a stride) puts zeros between
/// its elements; a chain over the window would mostly multiply those zeros. Here x is walked flat instead, and the table
/// says where a tap's products go in a staged image of outputs, which is split by the input dilation as
/// <see cref="ConvStage"/> splits an input by the stride. Taps come one after the other, so that an output's chain has
/// their order whatever the tiles; the gaps between x's rows add w·0 to elements that nobody reads or that padding would
/// have given the same.
/// </remarks>
internal static unsafe class ConvScatter {
    /// <summary>Flat lengths are rounded up to this on every path, so that all paths do the same additions of zero.</summary>
    private const int Round = 16;

    internal static void Run<T, V, O>(ConvGeometry g, ConvProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        int channels = g.C / g.Groups, rowsAll = g.O / g.Groups;
        var taps = checked((int)g.Taps);
        Span<int> shift = stackalloc int[3];
        for (var d = 0; d < 3; d++) shift[d] = (g.Kernel[d] - 1) * g.Dilation[d] - g.PadLow[d];

        // u = s·InputDilation + (Q − 1 − q)·Dilation is output u − shift: the window is walked backwards.
        var stage = ConvStage.Create(g.Input, g.InputDilation, g.Kernel, g.Dilation, shift, [1, 1, 1], g.Output, uses: 0);
        var offsets = Scratch.Rent<nint>(Scratch.Slot.Offsets, taps);
        stage.Offsets(offsets);
        var flat = (stage.FlatLength + Round - 1) / Round * Round;
        var sumSize = (stage.ChannelSize + 2 * Round - 1) / Round * Round;
        var inPlace = ConvChain.InPlace<T>(g, taps * channels);
        var weights = inPlace ? null : PackWeights<T, V, O>(g, p, taps);
        var x = Scratch.Rent<T>(Scratch.Slot.Input, flat * channels);
        var sums = Scratch.Rent<T>(Scratch.Slot.Output, sumSize * rowsAll);
        NativeMemory.Clear(x, (nuint)(flat * channels * sizeof(T)));
        var covered = stage.Covered(0) == g.Output[0] && stage.Covered(1) == g.Output[1] && stage.Covered(2) == g.Output[2];
        var pixels = (nint)g.Pixels;
        var plane = (nint)g.Output[1] * g.Output[2];
        if (!covered) NativeMemory.Clear(p->Y, (nuint)(g.N * g.O * pixels * sizeof(T)));

        var tiles = ConvChain.Tiles<T, V, O>(rowsAll);
        var widest = GemmMicroKernel.Widest<T, V, O>((rowsAll + tiles - 1) / tiles);
        var vectors = (int)(flat / O.Width);
        Tile<T> tile = default;
        tile.K = channels;
        tile.ARow = inPlace ? (nint)p->WStrides[0] : 1;
        tile.BStep = flat;
        tile.CRow = sumSize;
        tile.Accumulate = true;
        for (var n = 0; n < g.N; n++)
            for (var group = 0; group < g.Groups; group++) {
                for (var c = 0; c < channels; c++) {
                    var from = p->X + (nint)(n * p->XStrides[0] + (group * channels + c) * p->XStrides[1]);
                    for (nint i = 0; i < g.Input[0]; i++)
                        GemmPacking.Columns(from + i * (nint)p->XStrides[2], (nint)p->XStrides[3], (nint)p->XStrides[4], g.Input[1], g.Input[2],
                            x + c * flat + i * stage.Pitch0, stage.Pitch1);
                }
                NativeMemory.Clear(sums, (nuint)(sumSize * rowsAll * sizeof(T)));
                var a = weights + (nint)group * rowsAll * channels * taps;
                for (var t = 0; t < tiles; t++) {
                    var row = GemmDriver.FirstRow(rowsAll, tiles, t);
                    var rows = GemmDriver.FirstRow(rowsAll, tiles, t + 1) - row;
                    tile.AStep = inPlace ? (nint)p->WStrides[1] : rows;
                    for (var q = 0; q < taps; q++) {
                        tile.A = inPlace ? p->W + ((nint)group * rowsAll + row) * tile.ARow + Tap(g, p, q) : a;
                        a += rows * channels;
                        var target = sums + row * sumSize + offsets[taps - 1 - q];
                        var done = 0;
                        while (done < vectors) {
                            var width = GemmDriver.NextWidth(vectors - done, widest);
                            tile.B = x + (nint)done * O.Width;
                            tile.C = target + (nint)done * O.Width;
                            GemmMicroKernel.Run<T, V, O>(&tile, rows, width);
                            done += width;
                        }
                    }
                }
                for (var o = 0; o < rowsAll; o++) stage.CopyBack(sums + o * sumSize, p->Y + ((nint)n * g.O + group * rowsAll + o) * pixels, plane, g.Output[2]);
            }
    }

    // Where tap q lies from the first.
    private static nint Tap<T>(ConvGeometry g, ConvProblem<T>* p, int q) where T : unmanaged =>
        q / (g.Kernel[1] * g.Kernel[2]) * (nint)p->WStrides[2] + q / g.Kernel[2] % g.Kernel[1] * (nint)p->WStrides[3] + q % g.Kernel[2] * (nint)p->WStrides[4];

    /// <summary>Weights by group, tile of rows and tap: channel by channel with the tile's rows side by side.</summary>
    internal static T* PackWeights<T, V, O>(ConvGeometry g, ConvProblem<T>* p, int taps) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        int channels = g.C / g.Groups, rowsAll = g.O / g.Groups;
        var packed = Scratch.Rent<T>(Scratch.Slot.Weights, (nint)g.O * channels * taps);
        var tiles = ConvChain.Tiles<T, V, O>(rowsAll);
        var to = packed;
        for (var group = 0; group < g.Groups; group++)
            for (var t = 0; t < tiles; t++) {
                var row = GemmDriver.FirstRow(rowsAll, tiles, t);
                var rows = GemmDriver.FirstRow(rowsAll, tiles, t + 1) - row;
                var tile = p->W + (group * rowsAll + row) * (nint)p->WStrides[0];
                for (var q = 0; q < taps; q++) {
                    GemmPacking.Columns(tile + Tap(g, p, q), (nint)p->WStrides[1], (nint)p->WStrides[0], channels, rows, to, rows);
                    to += (nint)rows * channels;
                }
            }
        return packed;
    }
}
