using System.Runtime.InteropServices;

namespace Diff;

/// <summary>Convolution with a large window and few outputs (the gradient of the weights): long dot products.</summary>
/// <remarks>
/// Lane l of an output sums the window's elements whose flat index, along the rows of the staged image, is l modulo
/// sixteen: channel after channel, lanes restarting with each; the tree comes once at the end. What lies between the rows
/// is masked, not multiplied by zero: an infinity at the edge of an image must not reach outputs that do not see it.
/// </remarks>
internal static unsafe class ConvDot {
    /// <summary>Room for running lanes; with more outputs than that the images are walked through again.</summary>
    private const int LaneBytes = 1 << 20;

    /// <summary>Elements of the window that one call of the kernel should see, so that its lanes pay for being loaded.</summary>
    private const int LongEnough = 1024;

    /// <summary>Bytes of lanes that are still in the first-level cache when they are added up.</summary>
    private const int TileBytes = 16 << 10;

    internal static void Run<T, V, O>(ConvGeometry g, ConvProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        int channels = g.C / g.Groups, rowsAll = g.O / g.Groups;
        var pixels = (int)g.Pixels;
        const int lanes = DotKernel.Lanes;
        var stage = ConvStage.Create(g, flatIsOutput: false, g.Output, g.PadLow);
        var groups = (stage.FlatLength + lanes - 1) / lanes;
        var flat = groups * lanes;
        var together = (int)Math.Clamp(LongEnough / flat, 1, channels);
        // Where all channels are seen at once a tile's lanes need not be kept.
        var atOnce = together == channels;
        var images = atOnce ? g.N : (int)Math.Clamp(LaneBytes / ((long)rowsAll * pixels * lanes * sizeof(T)), 1, g.N);

        var offsets = Scratch.Rent<nint>(Scratch.Slot.Offsets, pixels);
        stage.Offsets(offsets);
        var masks = Masks<T>(&stage, flat);
        var x = Scratch.Rent<T>(Scratch.Slot.Input, stage.ChannelSize * together + GemmPacking.Spill);
        var w = Scratch.Rent<T>(Scratch.Slot.Weights, flat * together * rowsAll);
        // What lies between the rows is zero once and for all: no window writes there.
        NativeMemory.Clear(w, (nuint)(flat * together * rowsAll * sizeof(T)));
        var tallest = DotKernel.MaxRows<T, V, O>();
        // The lanes of a few rows of outputs are added up together.
        var width = atOnce ? Math.Min(pixels, Math.Max(DotKernel.MaxColumns, TileBytes / (tallest * lanes * sizeof(T)))) : pixels;
        var sums = Scratch.Rent<T>(Scratch.Slot.Lanes, (nint)lanes * (atOnce ? tallest * width : (nint)images * rowsAll * pixels));
        var tiles = (rowsAll + tallest - 1) / tallest;
        var panels = (pixels + DotKernel.MaxColumns - 1) / DotKernel.MaxColumns;
        var (few, more) = (pixels / panels, pixels % panels);

        DotTile<T> tile = default;
        tile.Groups = groups;
        tile.ANext = flat;
        tile.BNext = stage.ChannelSize;
        tile.ARow = flat * together;
        tile.B = x;
        tile.Masks = masks;
        tile.LanesRow = (nint)width * lanes;
        tile.Begins = atOnce;
        for (var group = 0; group < g.Groups; group++)
            for (var n0 = 0; n0 < g.N; n0 += images) {
                var nEnd = Math.Min(g.N, n0 + images);
                var room = (nint)(nEnd - n0) * rowsAll * pixels;
                if (!atOnce) NativeMemory.Clear(sums, (nuint)(room * lanes * sizeof(T)));
                for (var c0 = 0; c0 < channels; c0 += together) {
                    tile.Repeats = Math.Min(together, channels - c0);
                    for (var o = 0; o < rowsAll; o++)
                        for (var c = 0; c < tile.Repeats; c++)
                            Flatten(g, &stage, p->W + (nint)((group * rowsAll + o) * p->WStrides[0] + (c0 + c) * p->WStrides[1]), p->WStrides,
                                w + o * tile.ARow + c * flat);
                    for (var n = n0; n < nEnd; n++) {
                        for (var c = 0; c < tile.Repeats; c++)
                            stage.Copy(p->X + (nint)(n * p->XStrides[0] + (group * channels + c0 + c) * p->XStrides[1]),
                                (nint)p->XStrides[2], (nint)p->XStrides[3], (nint)p->XStrides[4], x + c * stage.ChannelSize);
                        for (var t = 0; t < tiles; t++) {
                            var row = GemmDriver.FirstRow(rowsAll, tiles, t);
                            var rows = GemmDriver.FirstRow(rowsAll, tiles, t + 1) - row;
                            tile.A = w + row * tile.ARow;
                            for (int panel = 0, first = 0, column = 0, end; panel < panels; panel++, column = end) {
                                end = column + (panel < more ? few + 1 : few);
                                tile.Offsets = offsets + column;
                                tile.Lanes = sums + (atOnce ? column - first : ((nint)(n - n0) * rowsAll + row) * pixels + column) * lanes;
                                DotKernel.Run<T, V, O>(&tile, rows, end - column);
                                if (!atOnce || end < pixels && (width == pixels || end + DotKernel.MaxColumns - first <= width)) continue;
                                var y = p->Y + ((nint)n * g.O + group * rowsAll + row) * pixels + first;
                                // All of the rows' pixels, one behind the other.
                                if (width == pixels) DotKernel.Sums(sums, (nint)rows * pixels, y);
                                else
                                    for (var i = 0; i < rows; i++) DotKernel.Sums(sums + i * tile.LanesRow, end - first, y + (nint)i * pixels);
                                first = end;
                            }
                        }
                    }
                }
                for (nint n = n0; n < nEnd && !atOnce; n++) {
                    var y = p->Y + (n * g.O + (nint)group * rowsAll) * pixels;
                    var from = sums + (n - n0) * rowsAll * pixels * lanes;
                    DotKernel.Sums(from, (nint)rowsAll * pixels, y);
                }
            }
    }

    /// <summary>All bits where a flat index is an element of the window, none between its rows and behind its end.</summary>
    private static T* Masks<T>(ConvStage* stage, nint flat) where T : unmanaged {
        var masks = (byte*)Scratch.Rent<T>(Scratch.Slot.Masks, flat);
        new Span<byte>(masks, checked((int)flat * sizeof(T))).Clear();
        for (var i = 0; i < stage->Flat[0]; i++)
            for (var j = 0; j < stage->Flat[1]; j++)
                new Span<byte>(masks + (i * stage->Pitch0 + j * stage->Pitch1) * sizeof(T), stage->Flat[2] * sizeof(T)).Fill(255);
        return (T*)masks;
    }

    /// <summary>One channel of the window along the staged image's rows, leaving the zeros between them.</summary>
    private static void Flatten<T>(ConvGeometry g, ConvStage* stage, T* w, long* strides, T* to) where T : unmanaged {
        if (strides[4] == 1 && strides[3] == g.Kernel[2] && stage->Pitch1 == g.Kernel[2] && g.Kernel[0] == 1) {
            GemmPacking.Rows(w, 0, 1, g.Kernel[1] * g.Kernel[2], to, 0);
            return;
        }
        for (nint i = 0; i < g.Kernel[0]; i++)
            GemmPacking.Columns(w + i * (nint)strides[2], (nint)strides[3], (nint)strides[4], g.Kernel[1], g.Kernel[2], to + i * stage->Pitch0, stage->Pitch1);
    }
}
