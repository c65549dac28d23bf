namespace Diff;

// Windows that slide over the spatial axes of [batch, channels, …], one to three of them.
public static partial class Functions {
    /// <summary>Convolution (cross-correlation, as in every neural-network library): x [N, C, …], w [O, C/groups, …] → [N, O, …].</summary>
    /// <remarks>Each spatial size becomes ⌊(n + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1. PyTorch's <c>conv1d</c>, <c>conv2d</c>, <c>conv3d</c> in one.
    /// <example><code>
    /// var y = Conv(x, w, stride: 2, padding: (1, 0));        // f32[64,3,32,32], f32[8,3,3,1] → f32[64,8,16,16]
    /// </code></example></remarks>
    /// <param name="x">f32 or f64; the number of its axes decides over how many the window slides.</param>
    /// <param name="w">The windows; dtypes promote.</param>
    /// <param name="stride">Steps of the window, 1 unless told.</param>
    /// <param name="padding">Zeros on both sides of each axis, 0 unless told.</param>
    /// <param name="dilation">Distance of the window's elements, 1 unless told.</param>
    /// <param name="groups">Channels are split into so many groups that do not see each other.</param>
    /// <exception cref="ShapeException">The channels or the number of axes do not fit, or the window is larger than the padded input.</exception>
    /// <exception cref="DomainException">A stride, a dilation or groups are less than 1, or padding less than 0.</exception>
    public static Tensor Conv(Tensor x, Tensor w, PerAxis stride = default, PerAxis padding = default, PerAxis dilation = default, int groups = 1) {
        (x, w) = Promotion.MatchTypes(x.Given(), w.Given());
        var axes = SpatialAxes("Conv", x);
        var around = Axes.Of(padding.For(axes, 0, "Conv: padding"));
        if (around.Span.ToArray().Any(p => p < 0)) throw new DomainException($"Conv: padding {around} is negative; cut the input off with a slice, x[.., .., 1..^1].");
        var op = new ConvOp(Axes.Of(stride.For(axes, 1, "Conv: stride")), around, around, Axes.Of(dilation.For(axes, 1, "Conv: dilation")), Axes.Of(PlainSteps(axes)), groups.AtLeast(1));
        return Graph.Apply(op, x, w);
    }

    /// <summary>Transposed convolution: x [N, C, …], w [C, O/groups, …] → [N, O, …]. Each element of the input puts a copy of the window, times itself, into the output.</summary>
    /// <remarks>The pullback of the <see cref="Conv"/> that has this stride, padding and dilation. Each spatial size becomes
    /// (n − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1. PyTorch's <c>conv_transpose1d</c>, <c>conv_transpose2d</c>, <c>conv_transpose3d</c> in one.
    /// <example><code>
    /// var y = ConvTranspose(x, w, stride: 2, padding: 1);        // f32[64,8,16,16], f32[8,3,4,4] → f32[64,3,32,32]
    /// </code></example></remarks>
    /// <param name="x">f32 or f64; the number of its axes decides over how many the window slides.</param>
    /// <param name="w">The windows; dtypes promote.</param>
    /// <param name="stride">Distance of neighbours' windows in the output, 1 unless told.</param>
    /// <param name="padding">What is cut off the output on both sides of each axis, 0 unless told.</param>
    /// <param name="dilation">Distance of the window's elements, 1 unless told.</param>
    /// <param name="outputPadding">What the output has more at the end of each axis, 0 unless told: with a stride, convolutions of several sizes give one size.</param>
    /// <param name="groups">Channels are split into so many groups that do not see each other.</param>
    /// <exception cref="ShapeException">The channels or the number of axes do not fit, the output padding is not smaller than the stride or the dilation, or nothing would be left.</exception>
    public static Tensor ConvTranspose(Tensor x, Tensor w, PerAxis stride = default, PerAxis padding = default, PerAxis dilation = default, PerAxis outputPadding = default, int groups = 1) {
        (x, w) = Promotion.MatchTypes(x.Given(), w.Given());
        var axes = SpatialAxes("ConvTranspose", x);
        if (w.Rank != x.Rank || groups < 1 || w.Shape[0] != x.Shape[1] || w.Shape[0] % groups != 0)
            throw new ShapeException($"ConvTranspose: input {x.Type} has {x.Shape[1]} channels, in {groups} group(s); weights {w.Type} have to be [{x.Shape[1]}, out/groups, …] of {x.Rank} axes.");
        int[] steps = stride.For(axes, 1, "ConvTranspose: stride"), cut = padding.For(axes, 0, "ConvTranspose: padding"), spread = dilation.For(axes, 1, "ConvTranspose: dilation"), more = outputPadding.For(axes, 0, "ConvTranspose: outputPadding");
        var (low, high) = (new int[axes], new int[axes]);
        for (var a = 0; a < axes; a++) {
            if (cut[a] < 0) throw new ShapeException($"ConvTranspose: padding {cut[a]} is negative; add zeros with y.Pad.");
            if (more[a] < 0 || more[a] >= Math.Max(steps[a], spread[a])) throw new ShapeException($"ConvTranspose: output padding {more[a]} has to be smaller than the stride {steps[a]} or the dilation {spread[a]}.");
            low[a] = spread[a] * (w.Shape[a + 2] - 1) - cut[a];
            high[a] = low[a] + more[a];
        }
        return Graph.Apply(new ConvOp(Axes.Of(PlainSteps(axes)), Axes.Of(low), Axes.Of(high), Axes.Of(spread), Axes.Of(steps), groups), x, ConvOp.Turned(w, groups));
    }

    /// <summary>The largest under each window: [N, C, …] → [N, C, …]. Of equals the first has the whole derivative, as in PyTorch; NaN wins.</summary>
    /// <remarks>Each spatial size becomes ⌊(n + 2·padding − dilation·(size − 1) − 1)/stride⌋ + 1; padding is never the largest. PyTorch's <c>max_pool2d</c>.
    /// <example><code>
    /// var y = MaxPool(Relu(x), 2);        // f32[64,6,28,28] → f32[64,6,14,14]
    /// </code></example></remarks>
    /// <param name="x">Numbers; the count of its axes decides over how many the window slides.</param>
    /// <param name="size">Of the window.</param>
    /// <param name="stride">Steps of the window, its size unless told.</param>
    /// <param name="padding">On both sides of each axis, 0 unless told.</param>
    /// <param name="dilation">Distance of the window's elements, 1 unless told.</param>
    /// <exception cref="ShapeException">The window is larger than the padded input.</exception>
    /// <exception cref="DomainException">A size, a stride or a dilation is less than 1, or the padding not smaller than the window.</exception>
    public static Tensor MaxPool(Tensor x, PerAxis size, PerAxis stride = default, PerAxis padding = default, PerAxis dilation = default) {
        var axes = SpatialAxes("MaxPool", x.Given());
        var (window, around) = (Axes.Of(size.For(axes, 1, "MaxPool: size")), Axes.Of(padding.For(axes, 0, "MaxPool: padding")));
        var steps = stride.Count == 0 ? window : Axes.Of(stride.For(axes, 1, "MaxPool: stride"));
        var op = new MaxPoolOp(window, steps, around, around, Axes.Of(dilation.For(axes, 1, "MaxPool: dilation")));
        return Graph.ApplyAll(op, [x])[0];
    }

    /// <summary>The mean under each window: [N, C, …] → [N, C, …].</summary>
    /// <remarks>Each spatial size becomes ⌊(n + 2·padding − size)/stride⌋ + 1. PyTorch's <c>avg_pool2d</c>.</remarks>
    /// <param name="x">f32 or f64; the number of its axes decides over how many the window slides.</param>
    /// <param name="size">Of the window.</param>
    /// <param name="stride">Steps of the window, its size unless told.</param>
    /// <param name="padding">Zeros on both sides of each axis, 0 unless told.</param>
    /// <param name="countPadding">Whether the zeros of the padding take part in the mean; PyTorch's <c>count_include_pad</c>.</param>
    /// <exception cref="ShapeException">The window is larger than the padded input.</exception>
    /// <exception cref="DomainException">A size or a stride is less than 1, or more than half of the window is padding.</exception>
    public static Tensor AvgPool(Tensor x, PerAxis size, PerAxis stride = default, PerAxis padding = default, bool countPadding = true) {
        var axes = SpatialAxes("AvgPool", x.Given());
        var (window, around) = (size.For(axes, 1, "AvgPool: size"), padding.For(axes, 0, "AvgPool: padding"));
        var steps = stride.Count == 0 ? window : stride.For(axes, 1, "AvgPool: stride");
        for (var a = 0; a < axes; a++) {
            var room = x.Shape[a + 2] + 2L * around[a];
            if (window[a] < 1 || steps[a] < 1) throw new DomainException($"AvgPool: windows and strides are at least 1, not {size} and {stride}.");
            if (around[a] < 0 || 2L * around[a] > window[a]) throw new DomainException($"AvgPool: padding {around[a]} has to be at most half of the window, {window[a]}.");
            if (room < window[a]) throw new ShapeException($"AvgPool: the window reaches over {window[a]} elements of axis {a + 2}, {x.Type} with padding has {room}.");
        }
        if (!x.DType.IsFloat()) x = x.To(DType.F32);
        var sums = WindowSums(x, window, steps, around);
        return countPadding || around.All(p => p == 0) ? sums / window.Aggregate(1.0, (p, n) => p * n) : sums / Covered(x.Shape, sums.Shape, window, steps, around).To(x.DType);
    }

    // A convolution with ones, each channel on its own: faster than sums over reshaped blocks even where windows do not overlap.
    static Tensor WindowSums(Tensor x, int[] window, int[] steps, int[] around) {
        var planes = x.Reshape([x.Shape[0] * x.Shape[1], 1, .. x.Shape.Span[2..]]);
        var ones = Graph.Fill(1, new(x.DType, Shape.Of([1, 1, .. window])));
        var plain = Axes.Of(PlainSteps(window.Length));
        var sums = Graph.Apply(new ConvOp(Axes.Of(steps), Axes.Of(around), Axes.Of(around), plain, plain, 1), planes, ones);
        return sums.Reshape([x.Shape[0], x.Shape[1], .. sums.Shape.Span[2..]]);
    }

    // How many elements of the input itself are under each window: the product of what is there along each axis.
    static Tensor Covered(Shape x, Shape y, int[] window, int[] steps, int[] around) {
        Tensor counts = Tensor.Ones(DType.F64, 1);
        for (var a = 0; a < window.Length; a++) {
            var (axis, n) = (a, x[a + 2]);
            var along = Enumerable.Range(0, y[a + 2]).Select(i => i * steps[axis] - around[axis])
                .Select(from => (double)(Math.Min(from + window[axis], n) - Math.Max(from, 0)));
            counts = counts.ExpandDims(-1) * Tensor.Of([.. along]);
        }
        return counts.Squeeze(0);
    }

    static int SpatialAxes(string op, Tensor x) =>
        x.Rank is >= 3 and <= 5 ? x.Rank - 2 : throw new ShapeException($"{op}: {x.Type} has to be [batch, channels, …] with one to three axes more{(x.Rank == 2 ? "; add those of batch and channels: x[NewAxis, NewAxis]" : "")}.");

    static int[] PlainSteps(int axes) => [.. Enumerable.Repeat(1, axes)];
}
