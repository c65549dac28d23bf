namespace Diff;

/// <summary>Convolution with a small window: each output is one chain over (c, q…), weights times shifted rows.</summary>
/// <remarks>The micro-kernel of <see cref="Gemm"/>, with rows of B found by a table of offsets into the staged image.</remarks>
internal static unsafe class ConvChain {
    /// <summary>Staged elements that stay in the second-level cache; larger images are done in bands of rows.</summary>
    private const int BandBytes = 400_000;

    internal static void Run<T, V, O>(ConvGeometry g, ConvProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        int channels = g.C / g.Groups, rowsAll = g.O / g.Groups;
        var k = checked((int)(channels * g.Taps));

        // Bands cut the outermost dimension there is: a band is the same convolution with fewer outputs and another padding.
        var axis = g.Output[0] > 1 ? 0 : g.Output[1] > 1 ? 1 : 2;
        Span<int> output = [g.Output[0], g.Output[1], g.Output[2]];
        Span<int> pad = [g.PadLow[0], g.PadLow[1], g.PadLow[2]];
        var whole = ConvStage.Create(g, flatIsOutput: true, output, pad);
        var bands = (int)Math.Min(g.Output[axis], (long)whole.ChannelSize * channels * sizeof(T) / BandBytes + 1);
        var weights = Flat(g, p) && InPlace<T>(g, k) ? null : PackWeights<T, V, O>(g, p, k);
        var offsets = Scratch.Rent<nint>(Scratch.Slot.Offsets, k);
        for (var band = 0; band < bands; band++) {
            var start = GemmDriver.FirstRow(g.Output[axis], bands, band);
            output[axis] = GemmDriver.FirstRow(g.Output[axis], bands, band + 1) - start;
            pad[axis] = g.PadLow[axis] - start * g.Stride[axis];
            var stage = bands == 1 ? whole : ConvStage.Create(g, flatIsOutput: true, output, pad);
            stage.Offsets(offsets);
            var taps = (nint)g.Taps;
            for (nint c = 1; c < channels; c++)
                for (nint q = 0; q < taps; q++) offsets[c * taps + q] = offsets[q] + c * stage.ChannelSize;
            var first = start * (axis == 0 ? (nint)g.Output[1] * g.Output[2] : axis == 1 ? g.Output[2] : 1);
            for (var n = 0; n < g.N; n++)
                for (var group = 0; group < g.Groups; group++)
                    Image<T, V, O>(g, p, &stage, weights, offsets, k, n, group, first);
        }
    }

    private static void Image<T, V, O>(ConvGeometry g, ConvProblem<T>* p, ConvStage* stage, T* weights, nint* offsets, int k, int n, int group, nint first)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        int channels = g.C / g.Groups, rowsAll = g.O / g.Groups;
        // Vectors may read, and never use, what lies behind the last element.
        var x = Scratch.Rent<T>(Scratch.Slot.Input, stage->ChannelSize * channels + GemmPacking.Spill);
        for (var c = 0; c < channels; c++)
            stage->Copy(p->X + (nint)(n * p->XStrides[0] + (group * channels + c) * p->XStrides[1]),
                (nint)p->XStrides[2], (nint)p->XStrides[3], (nint)p->XStrides[4], x + c * stage->ChannelSize);

        var pixels = (nint)g.Pixels;
        var y = p->Y + ((nint)n * g.O + (nint)group * rowsAll) * pixels + first;
        var flat = stage->FlatLength;
        var dense = flat == (nint)stage->Flat[0] * stage->Flat[1] * stage->Flat[2];
        var pitch = (flat + O.Width - 1) / O.Width * O.Width;
        var product = dense ? y : Scratch.Rent<T>(Scratch.Slot.Output, rowsAll * pitch);

        var tiles = Tiles<T, V, O>(rowsAll);
        var widest = GemmMicroKernel.Widest<T, V, O>((rowsAll + tiles - 1) / tiles);
        var vectors = (int)((flat + O.Width - 1) / O.Width);
        Tile<T> tile = default;
        tile.K = k;
        tile.Offsets = offsets;
        tile.ARow = weights == null ? (nint)p->WStrides[0] : 1;
        tile.AStep = 1;
        tile.CRow = dense ? pixels : pitch;
        var done = 0;
        while (done < vectors) {
            var width = GemmDriver.NextWidth(vectors - done, widest);
            var start = (nint)done * O.Width;
            done += width;
            tile.Tail = dense && done == vectors ? (int)(flat % O.Width) : 0;
            tile.B = x + start;
            for (var t = 0; t < tiles; t++) {
                var row = GemmDriver.FirstRow(rowsAll, tiles, t);
                var rows = GemmDriver.FirstRow(rowsAll, tiles, t + 1) - row;
                var output = (nint)group * rowsAll + row;
                tile.A = weights == null ? p->W + output * tile.ARow : weights + output * k;
                if (weights != null) tile.AStep = rows;
                tile.C = product + row * tile.CRow + start;
                GemmMicroKernel.Run<T, V, O>(&tile, rows, width);
            }
        }
        if (dense) return;
        // Drop what was computed between the end of one row and the start of the next.
        for (var row = 0; row < rowsAll; row++)
            for (var i = 0; i < stage->Flat[0]; i++)
                GemmPacking.Rows(product + row * pitch + i * stage->Pitch0, stage->Pitch1, stage->Flat[1], stage->Flat[2],
                    y + row * pixels + i * (nint)stage->Flat[1] * stage->Flat[2], stage->Flat[2]);
    }

    /// <summary>Whether weights are read where they lie: a copy would be nearer, but these are in the first-level cache.</summary>
    internal static bool InPlace<T>(ConvGeometry g, int k) where T : unmanaged => (long)g.O * k * sizeof(T) <= 16 << 10;

    // Whether the weights of an output are one run of memory.
    private static bool Flat<T>(ConvGeometry g, ConvProblem<T>* p) where T : unmanaged =>
        p->WStrides[4] == 1 && p->WStrides[3] == g.Kernel[2] && (g.Kernel[0] == 1 || p->WStrides[2] == g.Kernel[1] * p->WStrides[3])
        && (g.C == g.Groups || p->WStrides[1] == g.Taps);

    internal static int Tiles<T, V, O>(int rows) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var tallest = GemmMicroKernel.TallestRows<T, V, O>();
        return (rows + tallest - 1) / tallest;
    }

    /// <summary>Weights by group and tile of rows, k by k with the tile's rows side by side.</summary>
    internal static T* PackWeights<T, V, O>(ConvGeometry g, ConvProblem<T>* p, int k) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var packed = Scratch.Rent<T>(Scratch.Slot.Weights, (nint)g.O * k);
        int channels = g.C / g.Groups, rowsAll = g.O / g.Groups;
        var tiles = Tiles<T, V, O>(rowsAll);
        var to = packed;
        var together = Flat(g, p);
        for (var group = 0; group < g.Groups; group++)
            for (var t = 0; t < tiles; t++) {
                var row = GemmDriver.FirstRow(rowsAll, tiles, t);
                var rows = GemmDriver.FirstRow(rowsAll, tiles, t + 1) - row;
                var tile = p->W + (group * rowsAll + row) * (nint)p->WStrides[0];
                if (together) {
                    GemmPacking.Columns(tile, 1, (nint)p->WStrides[0], k, rows, to, rows);
                    to += (nint)rows * k;
                    continue;
                }
                for (nint c = 0; c < channels; c++)
                    for (nint i = 0; i < g.Kernel[0]; i++)
                        for (nint j = 0; j < g.Kernel[1]; j++)
                            for (nint l = 0; l < g.Kernel[2]; l++) {
                                var from = tile + c * (nint)p->WStrides[1] + i * (nint)p->WStrides[2] + j * (nint)p->WStrides[3] + l * (nint)p->WStrides[4];
                                for (nint r = 0; r < rows; r++) *to++ = from[r * (nint)p->WStrides[0]];
                            }
            }
        return packed;
    }
}
