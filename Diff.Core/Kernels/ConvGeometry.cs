namespace Diff;

/// <summary>The orders of summation of a convolution; the sizes, N among them, alone choose.</summary>
internal enum ConvOrder {
    /// <summary>Each output is one chain over the channels and, inside, the taps of the window, padding included.</summary>
    Chain,

    /// <summary>One chain over the taps and, inside, the channels; taps that meet only padding are left out. For more
    /// outputs than inputs, as in the gradient of the input.</summary>
    Scatter,

    /// <summary>As Scatter, but every tap that meets padding is left out: for a batch of small images.</summary>
    Inside,

    /// <summary>Sixteen chains and a tree: for a large window, as in the gradient of the weights.</summary>
    Dot,

    /// <summary>Sixteen chains, each over every sixteenth channel, and a tree: for the gradient of the weights by a batch of small images.</summary>
    DotImages,
}

/// <summary>The sizes of a convolution: everything that its order of summation depends on.</summary>
/// <remarks>
/// y[n, o, p…] = Σ over the c of o's group and q… of x[n, c, p·Stride + q·Dilation − PadLow] · w[o, c, q…], where x first gets
/// InputDilation − 1 zeros between its elements and is zero outside. PadLow may be negative (it crops); what is cut or
/// padded at the other end follows from the output's sizes. One to three spatial dimensions; inside there are always
/// three, the missing ones of size 1 in front.
/// </remarks>
internal sealed class ConvGeometry {
    internal const int MaxRank = 3;

    /// <summary>Positions and paddings are smaller, so that their sums fit an int.</summary>
    private const int Farthest = 1 << 30;

    internal int Rank { get; }
    internal int N { get; private set; }

    /// <summary>Channels of x: Groups times those of w.</summary>
    internal int C { get; private set; }

    /// <summary>Channels of y.</summary>
    internal int O { get; private set; }
    internal int Groups { get; private set; }

    /// <summary>Channels of y that meet one of x, of the whole where this is a part of it: what they decide, bits depend on.</summary>
    internal int Meeting { get; }
    internal int[] Input { get; }
    internal int[] Kernel { get; }
    internal int[] Output { get; }
    internal int[] Stride { get; }
    internal int[] Dilation { get; }
    internal int[] InputDilation { get; }
    internal int[] PadLow { get; }

    internal ConvGeometry(int n, int c, int o, ReadOnlySpan<int> input, ReadOnlySpan<int> kernel, ReadOnlySpan<int> output,
        ReadOnlySpan<int> stride = default, ReadOnlySpan<int> padLow = default, ReadOnlySpan<int> dilation = default,
        ReadOnlySpan<int> inputDilation = default, int groups = 1) {
        Rank = input.Length;
        if (Rank is < 1 or > MaxRank) throw new ArgumentException($"Convolution: {Rank} spatial dimensions, it takes 1 to {MaxRank}.");
        (N, C, O, Groups) = (n, c, o, groups);
        if (n < 0 || c < 0 || o < 0) throw new ArgumentException($"Convolution: a size is negative: n {n}, c {c}, o {o}.");
        if (groups < 1 || c % groups != 0 || o % groups != 0) throw new ArgumentException($"Convolution: {groups} groups do not divide {c} and {o} channels.");
        Input = Widen("input", input, 1, 0);
        Kernel = Widen("kernel", kernel, 1, 0);
        Output = Widen("output", output, 1, 0);
        Stride = Widen("stride", stride, 1, 1);
        Dilation = Widen("dilation", dilation, 1, 1);
        InputDilation = Widen("input dilation", inputDilation, 1, 1);
        PadLow = Widen("padding", padLow, 0, -Farthest);
        for (var d = 0; d < MaxRank; d++) {
            var reach = Math.Max((Output[d] - 1L) * Stride[d] + (Kernel[d] - 1L) * Dilation[d], (Input[d] - 1L) * InputDilation[d]);
            if (reach > Farthest || PadLow[d] > Farthest)
                throw new ArgumentException($"Convolution: the positions of the window reach to {reach}, more than 2³⁰.");
        }
        Meeting = O / Groups;
        Order = Choose();
    }

    /// <summary>The same convolution of so many of its images.</summary>
    internal ConvGeometry Images(int count) {
        if (count == N) return this;
        var part = (ConvGeometry)MemberwiseClone();
        part.N = count;
        return part;
    }

    /// <summary>The same convolution of so many of its output channels: whole groups where there are several.</summary>
    internal ConvGeometry Channels(int count) {
        if (count == O) return this;
        var part = (ConvGeometry)MemberwiseClone();
        part.O = count;
        if (Groups > 1) (part.Groups, part.C) = (count * Groups / O, count * Groups / O * (C / Groups));
        return part;
    }

    /// <summary>The first channel of x that an output channel sees.</summary>
    internal int FirstInput(int output) => output / (O / Groups) * (C / Groups);

    internal long Pixels => (long)Output[0] * Output[1] * Output[2];
    internal long Taps => (long)Kernel[0] * Kernel[1] * Kernel[2];

    internal ConvOrder Order { get; }

    private ConvOrder Choose() {
        if (Taps >= 32 && Taps > Pixels) return ConvDotImages.Fits(this) ? ConvOrder.DotImages : ConvOrder.Dot;
        if (Stride[0] * Stride[1] * Stride[2] != 1 || Input[0] * Input[1] * Input[2] == 0) return ConvOrder.Chain;
        double channels = C / Groups, chain = 0, scatter = 0;
        for (var d = 0; d < MaxRank; d++) {
            var reach = (Kernel[d] - 1) * Dilation[d];
            chain = chain * (Output[d] + reach) + Output[d];
            scatter = scatter * (Input[d] + reach / InputDilation[d]) + Input[d];
        }
        // A tap loads and stores the running sums once for all channels.
        return 1.1 * (channels + 2) * scatter >= channels * chain ? ConvOrder.Chain : ConvImages.Fits(this, padded: false) ? ConvOrder.Inside : ConvOrder.Scatter;
    }

    private int[] Widen(string name, ReadOnlySpan<int> values, int filler, int least) {
        if (!values.IsEmpty && values.Length != Rank) throw new ArgumentException($"Convolution: {Rank} spatial dimensions but {values.Length} of {name}.");
        int[] wide = [filler, filler, filler];
        for (var i = 0; i < values.Length; i++) {
            if (values[i] < least) throw new ArgumentException($"Convolution: {name} {values[i]} is less than {least}.");
            wide[MaxRank - Rank + i] = values[i];
        }
        return wide;
    }
}
