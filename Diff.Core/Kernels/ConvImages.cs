using System.Runtime.InteropServices;

namespace Diff;

/// <summary>Convolution of a batch of small images, a vector of which is done at once: each lane is an image.</summary>
/// <remarks>
/// Images are turned so that one element of all of them lies side by side. Then a row of outputs is a row of vectors without
/// gaps, whatever the width of the image, and a tap that meets only padding is left out of a vector as of a number. The
/// products are those of <see cref="GemmMicroKernel"/>, over the stretches of weights whose taps are inside of the image.
/// </remarks>
internal static unsafe class ConvImages {
    /// <summary>Whether neighbours among the outputs see neighbours, of enough images that are small enough.</summary>
    internal static bool Fits(ConvGeometry g, bool padded) => g.Stride[2] == 1 && ImageAxis.Fit(g, g.N, Elements(g, padded));

    private static double Elements(ConvGeometry g, bool padded) => g.C * ImageAxis.Plane(g, padded) + g.O * (double)g.Pixels;

    /// <summary>Whether that is faster than an image at a time. Counted in cycles: two products of a vector each, or a fifth of a vector turned.</summary>
    internal static bool Pays(ConvGeometry g) {
        if (!Fits(g, padded: true)) return false;
        double rows = (double)g.Output[0] * g.Output[1], pitch = g.Output[2] + (g.Kernel[2] - 1.0) * g.Dilation[2], k = g.C / g.Groups * g.Taps;
        var gapped = g.O * (g.Output[0] * Math.Ceiling((g.Output[1] * pitch - pitch + g.Output[2]) / ImageAxis.Lanes) * k / 2 + 6 * rows);
        var unrolled = g.O * Math.Ceiling(g.Pixels / (double)ImageAxis.Lanes) * k / 2 + 4 * g.C * g.Kernel[2] * rows;
        return g.O * g.Pixels * k / 2 / ImageAxis.Lanes + ImageAxis.Turning(Elements(g, padded: true)) < Math.Min(gapped, unrolled);
    }

    internal static void Run<T, V, O>(ConvGeometry g, ConvProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        int channels = g.C / g.Groups, rowsAll = g.O / g.Groups;
        var chain = g.Order == ConvOrder.Chain;
        ImageAxis a0 = ImageAxis.Of(g, 0, chain), a1 = ImageAxis.Of(g, 1, chain), a2 = ImageAxis.Of(g, 2, chain);
        var plane = a0.Size * a1.Size * a2.Size;
        var (pixels, taps) = ((int)g.Pixels, (int)g.Taps);
        var k = channels * taps;
        var weights = chain ? ConvChain.PackWeights<T, V, O>(g, p, k) : ConvScatter.PackWeights<T, V, O>(g, p, taps);
        var offsets = Scratch.Rent<nint>(Scratch.Slot.Offsets, k);
        for (int q0 = 0, q = 0; q0 < a0.Taps; q0++)
            for (var q1 = 0; q1 < a1.Taps; q1++)
                for (var q2 = 0; q2 < a2.Taps; q2++, q++)
                    for (var c = 0; c < channels; c++)
                        offsets[chain ? c * taps + q : q * channels + c] = (nint)O.Width * (c * plane + (q0 * a0.Dilation * a1.Size + q1 * a1.Dilation) * a2.Size + q2 * a2.Dilation);

        var x = Scratch.Rent<T>(Scratch.Slot.Input, (nint)channels * plane * O.Width);
        var product = Scratch.Rent<T>(Scratch.Slot.Output, (nint)rowsAll * pixels * O.Width);
        var tiles = ConvChain.Tiles<T, V, O>(rowsAll);
        var widest = GemmMicroKernel.Widest<T, V, O>((rowsAll + tiles - 1) / tiles);
        for (var n = 0; n < g.N; n += O.Width)
            for (var group = 0; group < g.Groups; group++) {
                var images = Math.Min(O.Width, g.N - n);
                // Lanes without an image compute what nobody reads, but not on whatever was there: denormals are slow.
                if (images < O.Width || chain) NativeMemory.Clear(x, (nuint)((nint)channels * plane * O.Width * sizeof(T)));
                for (var c = 0; c < channels; c++)
                    ImageAxis.Stage(p->X + (nint)(n * p->XStrides[0] + (group * channels + c) * p->XStrides[1]), (nint)p->XStrides[0], (nint)p->XStrides[2], (nint)p->XStrides[3], (nint)p->XStrides[4], images, x + (nint)c * plane * O.Width, O.Width, a0, a1, a2);
                for (var t = 0; t < tiles; t++) {
                    var row = GemmDriver.FirstRow(rowsAll, tiles, t);
                    var rows = GemmDriver.FirstRow(rowsAll, tiles, t + 1) - row;
                    var job = new Job<T> { A = weights + ((nint)group * rowsAll + row) * k, X = x, Offsets = offsets, Rows = rows, Widest = widest, Channels = channels, Whole = chain ? k : 0 };
                    job.Tile.CRow = (nint)pixels * O.Width;
                    var c = product + (nint)row * job.Tile.CRow;
                    for (var p0 = 0; p0 < g.Output[0]; p0++)
                        for (var p1 = 0; p1 < g.Output[1]; p1++, c += (nint)g.Output[2] * O.Width)
                            Row<T, V, O>(&job, a0, a1, a2, p0, p1, g.Output[2], c);
                }
                GemmPacking.Columns(product, 1, O.Width, images, rowsAll * pixels, p->Y + ((nint)n * g.O + (nint)group * rowsAll) * pixels, (nint)g.O * pixels);
            }
    }

    /// <summary>What the rows of outputs of one tile of channels have in common.</summary>
    private struct Job<T> where T : unmanaged {
        internal T* A, X;
        internal nint* Offsets;
        internal int Rows, Widest, Channels;

        /// <summary>All of k where no tap is left out, else 0.</summary>
        internal int Whole;
        internal Tile<T> Tile;
    }

    /// <summary>A row of outputs: runs of those that see the same taps.</summary>
    private static void Row<T, V, O>(Job<T>* job, in ImageAxis a0, in ImageAxis a1, in ImageAxis a2, int p0, int p1, int count, T* c)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var (outer, middle) = (a0.Inside(p0), a1.Inside(p1));
        var start = ((p0 * a0.Stride - a0.Low) * a1.Size + p1 * a1.Stride - a1.Low) * a2.Size - a2.Low;
        for (var p2 = 0; p2 < count;) {
            var inner = a2.Inside(p2);
            var end = p2 + 1;
            while (end < count && a2.Inside(end) == inner) end++;
            while (p2 < end) {
                var width = GemmDriver.NextWidth(end - p2, job->Widest);
                job->Tile.B = job->X + (nint)(start + p2) * O.Width;
                job->Tile.C = c + (nint)p2 * O.Width;
                job->Tile.Accumulate = false;
                if (job->Whole > 0) Stretch<T, V, O>(job, 0, job->Whole, width);
                else
                    for (var q0 = outer.First; q0 < outer.End; q0++)
                        if (inner.End - inner.First == a2.Taps) Stretch<T, V, O>(job, (q0 * a1.Taps + middle.First) * a2.Taps, (middle.End - middle.First) * a2.Taps, width);
                        else
                            for (var q1 = middle.First; q1 < middle.End; q1++)
                                Stretch<T, V, O>(job, (q0 * a1.Taps + q1) * a2.Taps + inner.First, inner.End - inner.First, width);
                if (!job->Tile.Accumulate)
                    for (var r = 0; r < job->Rows; r++) NativeMemory.Clear(job->Tile.C + r * job->Tile.CRow, (nuint)(width * O.Width * sizeof(T)));
                p2 += width;
            }
        }
    }

    /// <summary>Goes on with the chains of a tile over neighbouring taps.</summary>
    private static void Stretch<T, V, O>(Job<T>* job, int tap, int taps, int width) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        if (taps == 0) return;
        var first = job->Whole > 0 ? tap : tap * job->Channels;
        job->Tile.K = job->Whole > 0 ? taps : taps * job->Channels;
        job->Tile.A = job->A + (nint)first * job->Rows;
        job->Tile.ARow = 1;
        job->Tile.AStep = job->Rows;
        job->Tile.Offsets = job->Offsets + first;
        GemmMicroKernel.Run<T, V, O>(&job->Tile, job->Rows, width);
        job->Tile.Accumulate = true;
    }
}
