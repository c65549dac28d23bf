using System.Numerics;

namespace Diff.Tests.Kernels;

public class ConvolutionTests {
    public static TheoryData<int> Seeds() => new(Enumerable.Range(0, 250));

    [Theory, MemberData(nameof(Seeds))]
    public void SinglesAreTheDefinitionOnEveryPathAndLayout(int seed) => Try<float>(RandomGeometry(seed), seed, 1e-5);

    [Theory, MemberData(nameof(Seeds))]
    public void DoublesAreTheDefinitionOnEveryPathAndLayout(int seed) => Try<double>(RandomGeometry(seed), seed, 1e-14);

    // The layers of the tutorial network and their gradients, at a small batch.
    public static TheoryData<string> Layers() => ["conv1", "conv2", "weights1", "weights2", "input2", "strided weights", "strided input", "sparse input"];

    [Theory, MemberData(nameof(Layers))]
    public void LayersOfNetworksAreRight(string name) => Try<float>(Layer(name, 3), 1, 1e-5);

    // Enough images to fill vectors, the last of them in part.
    [Theory, MemberData(nameof(Layers))]
    public void LayersOfNetworksAreRightForABatch(string name) {
        Try<float>(Layer(name, 21 + 16), 1, 1e-5);
        Try<double>(Layer(name, 16), 1, 1e-14);
    }

    public static TheoryData<int> BatchSeeds() => new(Enumerable.Range(0, 120));

    [Theory, MemberData(nameof(BatchSeeds))]
    public void BatchesOfSmallImagesAreTheDefinitionOnEveryPathAndLayout(int seed) {
        Try<float>(RandomBatch(seed), seed, 1e-5);
        Try<double>(RandomBatch(seed), seed, 1e-14);
    }

    [Fact]
    public void PaddingIsLeftOutOfABatch() {
        // An infinite weight meets the input in all outputs but the first two rows and columns: there it is left out, not 0·∞.
        var g = new ConvGeometry(16, 8, 1, [4, 4], [3, 3], [6, 6], padLow: [2, 2]);
        Assert.Equal(ConvOrder.Inside, g.Order);
        var w = Enumerable.Repeat(1f, 72).ToArray();
        w[0] = float.PositiveInfinity;
        foreach (var path in GemmTests.Paths) {
            var y = new float[16 * 36];
            Convolution.Run<float>(g, Enumerable.Repeat(1f, 16 * 128).ToArray(), 0, [128, 16, 4, 1], w, 0, [72, 9, 3, 1], y, path);
            Assert.All(y.Select((v, i) => (v, i % 36 / 6, i % 6)), e => Assert.Equal(e.Item2 > 1 && e.Item3 > 1, float.IsPositiveInfinity(e.v)));
            Assert.DoesNotContain(y, float.IsNaN);
        }
    }

    [Fact]
    public void EveryOrderIsTried() =>
        Assert.All(Enum.GetValues<ConvOrder>(), order => Assert.InRange(
            Enumerable.Range(0, 250).Count(seed => RandomGeometry(seed).Order == order) + Enumerable.Range(0, 120).Count(seed => RandomBatch(seed).Order == order), 8, 300));

    [Fact]
    public void LargeImagesAreDoneInBands() =>
        Try<float>(new ConvGeometry(1, 8, 5, [200, 120], [3, 3], [100, 61], [2, 2], [1, 2]), 1, 1e-5, fewer: true);

    [Fact]
    public void LongSequencesAreDoneInBands() => Try<float>(new ConvGeometry(2, 3, 4, [60000], [5], [30000], [2], [3]), 1, 1e-5, fewer: true);

    [Fact]
    public void TheGradientOfTheWeightsDoesNotSeeInfinitiesThatNoProductMeets() {
        // One infinity in the corner of the image meets the window's element 0 in output 0 only.
        var g = new ConvGeometry(1, 1, 1, [9, 9], [8, 8], [2, 2]);
        var x = Enumerable.Repeat(1f, 81).ToArray();
        x[0] = float.PositiveInfinity;
        foreach (var path in GemmTests.Paths) {
            var y = new float[4];
            Convolution.Run<float>(g, x, 0, [81, 81, 9, 1], Enumerable.Repeat(1f, 64).ToArray(), 0, [64, 64, 8, 1], y, path);
            Assert.Equal([float.PositiveInfinity, 64, 64, 64], y);
        }
    }

    [Fact]
    public void OneChainOverChannelsAndWindow() {
        var g = new ConvGeometry(1, 3, 2, [12, 12], [3, 3], [10, 10]);
        var (x, w) = (GemmTests.Random<float>(3 * 144, 1), GemmTests.Random<float>(2 * 27, 2));
        var y = new float[200];
        Convolution.Run<float>(g, x, 0, [432, 144, 12, 1], w, 0, [27, 9, 3, 1], y);
        for (var o = 0; o < 2; o++)
            for (var i = 0; i < 10; i++)
                for (var j = 0; j < 10; j++) {
                    var sum = 0f;
                    for (var k = 0; k < 27; k++) sum = MathF.FusedMultiplyAdd(w[o * 27 + k], x[k / 9 * 144 + (i + k / 3 % 3) * 12 + j + k % 3], sum);
                    Assert.Equal(sum, y[o * 100 + i * 10 + j]);
                }
    }

    [Fact]
    public void MistakesAreToldAtTheDoor() {
        var g = new ConvGeometry(1, 1, 1, [4], [2], [3]);
        var (x, w, y) = (new float[4], new float[2], new float[3]);
        Assert.Throws<ArgumentException>(() => Convolution.Run<float>(g, x, 1, [4, 4, 1], w, 0, [2, 2, 1], y));
        Assert.Throws<ArgumentException>(() => Convolution.Run<float>(g, x, 0, [4, 4, -1], w, 0, [2, 2, 1], y));
        Assert.Throws<ArgumentException>(() => Convolution.Run<float>(g, x, 0, [4, 4], w, 0, [2, 2, 1], y));
        Assert.Throws<ArgumentException>(() => Convolution.Run<float>(g, x, 0, [4, 4, 1], w, 0, [2, 2, 1], new float[4]));
        Assert.Throws<ArgumentException>(() => new ConvGeometry(1, 3, 2, [4], [2], [3], groups: 2));
        Assert.Throws<ArgumentException>(() => new ConvGeometry(1, 1, 1, [4], [2], [3], stride: [0]));
        Assert.Throws<ArgumentException>(() => new ConvGeometry(1, 1, 1, [4, 4, 4, 4], [2], [3]));
    }

    [Fact]
    public void NothingToSumIsZero() {
        var y = new float[] { 1, 2, 3 };
        Convolution.Run<float>(new ConvGeometry(1, 0, 1, [4], [2], [3]), [], 0, [4, 4, 1], [], 0, [2, 2, 1], y);
        Assert.Equal([0, 0, 0], y);
        y = [1, 2, 3];
        Convolution.Run<float>(new ConvGeometry(1, 1, 1, [0], [2], [3], padLow: [2]), [], 0, [4, 4, 1], [1, 1], 0, [2, 2, 1], y);
        Assert.Equal([0, 0, 0], y);
    }

    internal static ConvGeometry Layer(string name, int batch) => name switch {
        "conv1" => new(batch, 1, 6, [32, 32], [5, 5], [28, 28]),
        "conv2" => new(batch, 6, 16, [14, 14], [5, 5], [10, 10]),
        "weights1" => new(1, batch, 6, [32, 32], [28, 28], [5, 5]),
        "weights2" => new(6, batch, 16, [14, 14], [10, 10], [5, 5]),
        "input2" => new(batch, 16, 6, [10, 10], [5, 5], [14, 14], padLow: [4, 4]),
        "strided input" => new(batch, 8, 5, [7, 6], [3, 3], [14, 13], padLow: [1, 1], inputDilation: [2, 2]),
        "sparse input" => new(batch, 4, 3, [5], [2], [30], padLow: [3], inputDilation: [4], dilation: [2]),
        _ => new(3, batch, 4, [15, 15], [7, 7], [3, 3], padLow: [1, 1], dilation: [2, 2]),
    };

    private static ConvGeometry RandomGeometry(int seed) {
        var random = new Random(seed);
        var rank = random.Next(1, 4);
        int groups = random.Next(3) == 0 ? random.Next(2, 4) : 1;
        int[] input = new int[rank], kernel = new int[rank], output = new int[rank], pad = new int[rank];
        int[] stride = new int[rank], dilation = new int[rank], inputDilation = new int[rank];
        var full = seed % 4 == 1;
        var window = seed % 3 == 0 ? rank == 1 ? 60 : rank == 2 ? 9 : 5 : 4;
        for (var d = 0; d < rank; d++) {
            kernel[d] = random.Next(window / 2 + 1, window + 1);
            stride[d] = full ? 1 : random.Next(1, 4);
            dilation[d] = random.Next(1, 4);
            inputDilation[d] = full || random.Next(3) == 0 ? random.Next(1, 4) : 1;
            pad[d] = random.Next(-2, 4);
            output[d] = random.Next(1, rank == 1 ? 40 : rank == 2 ? 12 : 6);
            // Sometimes the image is far too small or too large for the outputs: then they see padding, or it is cropped.
            var needed = ((output[d] - 1) * stride[d] + (kernel[d] - 1) * dilation[d]) / inputDilation[d] + 1;
            input[d] = Math.Max(1, needed + random.Next(-4, 3));
        }
        return new ConvGeometry(random.Next(1, 4), groups * random.Next(1, full ? 12 : 4), groups * random.Next(1, 9),
            input, kernel, output, stride, pad, dilation, inputDilation, groups);
    }

    // Images of a batch are the first dimension of x, or, where its weights' gradient is computed, the second.
    private static ConvGeometry RandomBatch(int seed) {
        var random = new Random(seed);
        var (rank, batch, weights, full) = (random.Next(1, 4), random.Next(11, 50), seed % 3 == 0, seed % 3 == 1);
        int groups = random.Next(3) == 0 ? 2 : 1;
        int[] input = new int[rank], kernel = new int[rank], output = new int[rank], pad = new int[rank], stride = new int[rank], dilation = new int[rank];
        for (var d = 0; d < rank; d++) {
            var (small, large) = (random.Next(2, 4), rank == 1 ? random.Next(32, 60) : rank == 2 ? random.Next(7, 10) : random.Next(4, 6));
            (kernel[d], output[d]) = weights ? (large, small) : (small, random.Next(2, 8));
            (stride[d], dilation[d]) = (weights || !full && d < rank - 1 ? random.Next(1, 3) : 1, weights && d == rank - 1 ? 1 : random.Next(1, 3));
            pad[d] = random.Next(-1, 3);
            var needed = (output[d] - 1) * stride[d] + (kernel[d] - 1) * dilation[d] + 1;
            if (full) pad[d] = (kernel[d] - 1) * dilation[d];
            input[d] = full ? Math.Max(1, needed - 2 * pad[d]) : Math.Max(1, needed + random.Next(-3, 2));
        }
        var (n, c, o) = weights ? (random.Next(3, 7), batch, random.Next(8, 17)) : (batch, random.Next(1, full ? 12 : 5), random.Next(1, 9));
        return new ConvGeometry(n, groups * c, groups * o, input, kernel, output, stride, pad, dilation, groups: groups);
    }

    private static void Try<T>(ConvGeometry g, int seed, double epsilon, bool fewer = false) where T : unmanaged, INumber<T> {
        var rank = g.Rank;
        int[] xSizes = [g.N, g.C, .. g.Input[(3 - rank)..]], wSizes = [g.O, g.C / g.Groups, .. g.Kernel[(3 - rank)..]];
        var x = GemmTests.Random<T>(xSizes.Aggregate(1, (a, b) => a * b), 2 * seed + 1);
        var w = GemmTests.Random<T>(wSizes.Aggregate(1, (a, b) => a * b), 2 * seed + 2);
        var y = new T[g.N * g.O * g.Pixels];
        Convolution.Run<T>(g, x, 0, Contiguous(xSizes), w, 0, Contiguous(wSizes), y);

        var expected = Naive(g, x, w);
        var scale = Math.Sqrt(g.C / g.Groups * g.Taps);
        for (var i = 0; i < y.Length; i++)
            Assert.True(Math.Abs(double.CreateChecked(y[i]) - expected[i]) <= epsilon * scale, $"{Show(g)} at {i}: {y[i]} should be {expected[i]}");

        // The first two dimensions swapped, x spread out, the window flipped: as the gradients' views are.
        var (xs, xOffset, xStrides) = View(x, xSizes, swap: true, flip: false, spread: 2);
        var (ws, wOffset, wStrides) = View(w, wSizes, swap: true, flip: true, spread: 1);
        foreach (var path in fewer ? [SimdPaths.Best] : GemmTests.Paths)
            for (var layout = 0; layout < 2; layout++) {
                var z = new T[y.Length];
                if (layout == 0) Convolution.Run<T>(g, x, 0, Contiguous(xSizes), w, 0, Contiguous(wSizes), z, path);
                else Convolution.Run<T>(g, xs, xOffset, xStrides, ws, wOffset, wStrides, z, path);
                Assert.True(GemmTests.Bits(y).SequenceEqual(GemmTests.Bits(z)), $"{Show(g)} {path} layout {layout}");
            }
    }

    private static double[] Naive<T>(ConvGeometry g, T[] x, T[] w) where T : INumber<T> {
        var y = new double[g.N * g.O * g.Pixels];
        int cs = g.C / g.Groups, os = g.O / g.Groups, at = 0;
        for (var n = 0; n < g.N; n++)
            for (var o = 0; o < g.O; o++)
                for (var p0 = 0; p0 < g.Output[0]; p0++)
                    for (var p1 = 0; p1 < g.Output[1]; p1++)
                        for (var p2 = 0; p2 < g.Output[2]; p2++) {
                            var sum = 0.0;
                            for (var c = 0; c < cs; c++)
                                for (var q0 = 0; q0 < g.Kernel[0]; q0++)
                                    for (var q1 = 0; q1 < g.Kernel[1]; q1++)
                                        for (var q2 = 0; q2 < g.Kernel[2]; q2++) {
                                            if (Index(g, 0, p0, q0) is not { } i) continue;
                                            if (Index(g, 1, p1, q1) is not { } j || Index(g, 2, p2, q2) is not { } k) continue;
                                            var value = x[(((n * g.C + o / os * cs + c) * g.Input[0] + i) * g.Input[1] + j) * g.Input[2] + k];
                                            var weight = w[(((o * cs + c) * g.Kernel[0] + q0) * g.Kernel[1] + q1) * g.Kernel[2] + q2];
                                            sum += double.CreateChecked(value) * double.CreateChecked(weight);
                                        }
                            y[at++] = sum;
                        }
        return y;
    }

    private static int? Index(ConvGeometry g, int d, int p, int q) {
        var u = p * g.Stride[d] + q * g.Dilation[d] - g.PadLow[d];
        return u < 0 || u % g.InputDilation[d] != 0 || u / g.InputDilation[d] >= g.Input[d] ? null : u / g.InputDilation[d];
    }

    private static nint[] Contiguous(int[] sizes) {
        var strides = new nint[sizes.Length];
        nint step = 1;
        for (var i = sizes.Length - 1; i >= 0; i--) (strides[i], step) = (step, step * sizes[i]);
        return strides;
    }

    private static (T[] Data, int Offset, nint[] Strides) View<T>(T[] values, int[] sizes, bool swap, bool flip, int spread) where T : INumber<T> {
        var order = Enumerable.Range(0, sizes.Length).ToArray();
        if (swap) (order[0], order[1]) = (1, 0);
        var strides = new nint[sizes.Length];
        nint step = spread;
        var offset = 3;
        foreach (var d in order.Reverse()) {
            strides[d] = flip && d >= 2 ? -step : step;
            if (flip && d >= 2) offset += (int)step * (sizes[d] - 1);
            step *= sizes[d];
        }
        var data = Enumerable.Repeat(T.CreateChecked(77), (int)step + 6).ToArray();
        var logical = Contiguous(sizes);
        for (var i = 0; i < values.Length; i++) {
            nint at = offset;
            for (var d = 0; d < sizes.Length; d++) at += i / logical[d] % sizes[d] * strides[d];
            data[at] = values[i];
        }
        return (data, offset, strides);
    }

    private static string Show(ConvGeometry g) =>
        $"x [{g.N},{g.C},{string.Join(',', g.Input)}] w [{g.O},{g.C / g.Groups},{string.Join(',', g.Kernel)}] y [{string.Join(',', g.Output)}]"
        + $" stride {string.Join(',', g.Stride)} pad {string.Join(',', g.PadLow)} dilation {string.Join(',', g.Dilation)}"
        + $" input dilation {string.Join(',', g.InputDilation)} groups {g.Groups} {g.Order}";
}
