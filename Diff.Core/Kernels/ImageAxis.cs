namespace Diff;

/// <summary>One dimension of images of which one element of all lies side by side, with the padding that taps meet or without.</summary>
/// <param name="Size">Its elements.</param>
/// <param name="Low">Output p and tap q meet at p·Stride + q·Dilation − Low.</param>
/// <param name="Source">The place of the input's first element.</param>
/// <param name="Input">How many the input has.</param>
/// <param name="Stride">From output to output.</param>
/// <param name="Dilation">From tap to tap.</param>
/// <param name="Taps">Of the window.</param>
internal readonly record struct ImageAxis(int Size, int Low, int Source, int Input, int Stride, int Dilation, int Taps) {
    /// <summary>The images of a vector of f32 where vectors are widest.</summary>
    internal const int Lanes = 16;

    /// <summary>Elements of an image and its result, so that a vector of them stays in the second-level cache.</summary>
    private const int MostElements = 12288;

    internal static ImageAxis Of(ConvGeometry g, int d, bool padded) => padded
        ? new((int)Math.Min((g.Output[d] - 1L) * g.Stride[d] + (g.Kernel[d] - 1L) * g.Dilation[d] + 1, MostElements + 1), 0, g.PadLow[d], g.Input[d], g.Stride[d], g.Dilation[d], g.Kernel[d])
        : new(g.Input[d], g.PadLow[d], 0, g.Input[d], g.Stride[d], g.Dilation[d], g.Kernel[d]);

    /// <summary>A dimension of which all is taken.</summary>
    internal static ImageAxis Whole(int size) => new(size, 0, 0, size, 1, 1, 1);

    /// <summary>Whether so many images fill vectors well enough, and one of them with what it meets is small enough.</summary>
    internal static bool Fit(ConvGeometry g, int images, double elements) =>
        (images + Lanes - 1) / Lanes * Lanes <= 1.5 * images && g.InputDilation is [1, 1, 1] && elements <= MostElements;

    /// <summary>Elements of a channel as it is staged.</summary>
    internal static double Plane(ConvGeometry g, bool padded) => (double)Of(g, 0, padded).Size * Of(g, 1, padded).Size * Of(g, 2, padded).Size;

    /// <summary>Cycles that it takes to turn so many elements of each image: five a vector.</summary>
    internal static double Turning(double elements) => 5 * elements / Lanes;

    /// <summary>The taps from First to before End meet output p inside.</summary>
    internal (int First, int End) Inside(int p) {
        var u = p * Stride - Low;
        var first = u >= 0 ? 0 : (-u + Dilation - 1) / Dilation;
        var end = u >= Size ? 0 : Math.Min(Taps, (Size - 1 - u) / Dilation + 1);
        return (first, Math.Max(first, end));
    }

    /// <summary>Turns a channel of some images: element after element, <paramref name="width"/> lanes for the images. What is padding has been cleared.</summary>
    internal static unsafe void Stage<T>(T* x, nint image, nint s0, nint s1, nint s2, int images, T* to, int width, in ImageAxis a0, in ImageAxis a1, in ImageAxis a2) where T : unmanaged {
        var (from0, to0) = a0.Present();
        var (from1, to1) = a1.Present();
        var (from2, to2) = a2.Present();
        var (rows, row) = (to1 - from1, to2 - from2);
        if (rows <= 0 || row <= 0) return;
        // Rows that touch are one.
        if (row == a2.Size && s1 == row * s2) (rows, row) = (1, rows * row);
        for (nint i = from0; i < to0; i++)
            for (nint j = from1; j < from1 + rows; j++)
                GemmPacking.Columns(x + (i - a0.Source) * s0 + (j - a1.Source) * s1 + (from2 - a2.Source) * s2, s2, image, row, images, to + ((i * a1.Size + j) * a2.Size + from2) * width, width);
    }

    /// <summary>The places that the input has.</summary>
    private (int From, int To) Present() => (Math.Max(0, Source), Math.Min(Size, Source + Input));
}
