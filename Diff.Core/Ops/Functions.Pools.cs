namespace Diff;

/// <summary>What becomes of the elements under a window.</summary>
public enum WindowReduction : byte {
    /// <summary>Their sum; padding counts as 0.</summary>
    Sum,
    /// <summary>Their sum over the size of the window; padding counts as 0.</summary>
    Mean,
    /// <summary>The largest; padding never is. Of equals the first has the derivative.</summary>
    Max,
    /// <summary>The smallest; padding never is. Of equals the first has the derivative.</summary>
    Min,
}

// Windows whose elements are taken apart, or whose sizes are chosen to fit.
public static partial class Functions {
    /// <summary>The mean under windows that divide the spatial axes into so many parts: [N, C, …] → [N, C, size …]. PyTorch's <c>adaptive_avg_pool</c>.</summary>
    /// <remarks>Part i of n elements in s parts goes from ⌊i·n/s⌋ to ⌈(i + 1)·n/s⌉, so that neighbours may share an element.</remarks>
    /// <param name="x">f32 or f64; the number of its axes decides over how many the window slides.</param>
    /// <param name="size">Of the result: one number, or one for each axis.</param>
    /// <exception cref="ShapeException">A size is smaller than 1, or an axis is empty.</exception>
    public static Tensor AdaptiveAvgPool(Tensor x, PerAxis size) {
        var (axes, to) = Adaptive("AdaptiveAvgPool", x.Given(), size);
        if (!x.DType.IsFloat()) x = x.To(DType.F32);
        if (Divides(x, to) is { } window) return AvgPool(x, PerAxis.Of(window));
        // Axis by axis a product with the weights of its parts: the mean of a block is the mean of means.
        for (var a = 0; a < axes; a++) {
            var n = x.Shape[a + 2];
            var weights = new double[n * to[a]];
            for (var i = 0; i < to[a]; i++) {
                var (from, end) = PartOf(i, n, to[a]);
                for (var j = from; j < end; j++) weights[j * to[a] + i] = 1.0 / (end - from);
            }
            x = x.MoveAxis(a + 2, -1).MatMul(Tensor.From<double>(weights, n, to[a]).To(x.DType)).MoveAxis(-1, a + 2);
        }
        return x;
    }

    /// <summary>The largest under windows that divide the spatial axes into so many parts: [N, C, …] → [N, C, size …]. PyTorch's <c>adaptive_max_pool</c>.</summary>
    /// <remarks>The parts are those of <see cref="AdaptiveAvgPool"/>. Of equals the first has the derivative; NaN wins.</remarks>
    /// <inheritdoc cref="AdaptiveAvgPool"/>
    public static Tensor AdaptiveMaxPool(Tensor x, PerAxis size) {
        var (axes, to) = Adaptive("AdaptiveMaxPool", x.Given(), size);
        if (Divides(x, to) is { } window) return MaxPool(x, PerAxis.Of(window));
        // The places of each part in the plane; a part that is shorter than the longest names its last place again, which changes nothing.
        Tensor places = Tensor.Ints(0).Reshape(1, 1);
        for (var a = 0; a < axes; a++) {
            var n = x.Shape[a + 2];
            var parts = Enumerable.Range(0, to[a]).Select(i => PartOf(i, n, to[a])).ToArray();
            var longest = parts.Max(p => p.End - p.From);
            var along = Tensor.Ints([.. parts.SelectMany(p => Enumerable.Range(0, longest).Select(k => Math.Min(p.From + k, p.End - 1)))]);
            // [before, elements] with [parts, longest] → [before · parts, elements · longest].
            var (outer, inner) = (places.Shape[0], places.Shape[1]);
            places = (places.Reshape(outer, 1, inner, 1) * n + along.Reshape(1, to[a], 1, longest)).Reshape(outer * to[a], inner * longest);
        }
        var under = x.Flatten(2).Take(places, 2);
        return under.TakeAlong(under.ArgMax(-1, keep: true)).Reshape([x.Shape[0], x.Shape[1], .. to]);
    }

    static (int Axes, int[] To) Adaptive(string name, Tensor x, PerAxis size) {
        var axes = SpatialAxes(name, x);
        var to = size.For(axes, 1, $"{name}: size");
        for (var a = 0; a < axes; a++)
            if (to[a] < 1 || x.Shape[a + 2] == 0) throw new ShapeException($"{name}: axis {a + 2} of {x.Type} does not divide into {to[a]} parts.");
        return (axes, to);
    }

    static int[]? Divides(Tensor x, int[] to) {
        var window = to.Select((s, a) => x.Shape[a + 2] % s == 0 ? x.Shape[a + 2] / s : 0).ToArray();
        return window.All(w => w > 0) ? window : null;
    }

    static (int From, int End) PartOf(int i, int n, int parts) => ((int)((long)i * n / parts), (int)(((i + 1L) * n + parts - 1) / parts));

    /// <summary>The elements under each window as channels: [N, C, …] → [N, C · window, …], the window's elements row-major beside each
    /// other. PyTorch's <c>unfold</c>, JAX's <c>conv_general_dilated_patches</c>; a convolution is a product with them.</summary>
    /// <inheritdoc cref="MaxPool"/>
    /// <param name="x">Any dtype; the count of its axes decides over how many the window slides. Padding is zeros.</param>
    /// <param name="stride">Steps of the window, 1 unless told.</param>
    public static Tensor Patches(Tensor x, PerAxis size, PerAxis stride = default, PerAxis padding = default, PerAxis dilation = default) {
        var axes = SpatialAxes("Patches", x.Given());
        var (window, steps, around, apart) = (size.For(axes, 1, "Patches: size"), stride.For(axes, 1, "Patches: stride"), padding.For(axes, 0, "Patches: padding"), dilation.For(axes, 1, "Patches: dilation"));
        var (under, counts) = Under("Patches", x, window, steps, around, apart);
        // [N, C, windows, elements] → [N, C · elements, windows …].
        return under.SwapAxes(2, 3).Reshape([x.Shape[0], x.Shape[1] * under.Shape[3], .. counts]);
    }

    // [N, C, windows, elements], and how many windows there are along each axis. Gathered: each element is read once for each window.
    static (Tensor, int[]) Under(string name, Tensor x, int[] window, int[] steps, int[] around, int[] apart) {
        var axes = window.Length;
        if (around.Any(p => p < 0)) throw new DomainException($"{name}: padding is not negative.");
        var padded = around.All(p => p == 0) ? x : x.Pad(0, [(0, 0), (0, 0), .. around.Select(p => (p, p))]);
        var counts = new int[axes];
        Tensor places = Tensor.Ints(0).Reshape(1, 1);
        for (var a = 0; a < axes; a++) {
            if (window[a] < 1 || steps[a] < 1 || apart[a] < 1) throw new DomainException($"{name}: windows, strides and dilations are at least 1.");
            var (n, reach) = (padded.Shape[a + 2], (window[a] - 1L) * apart[a] + 1);
            if (n < reach) throw new ShapeException($"{name}: the window reaches over {reach} elements of axis {a + 2}, {x.Type} with padding has {n}.");
            counts[a] = (int)((n - reach) / steps[a] + 1);
            var along = (Tensor.Arange(counts[a]) * steps[a]).Reshape(counts[a], 1) + Tensor.Arange(window[a]) * apart[a];
            var (outer, inner) = (places.Shape[0], places.Shape[1]);
            places = (places.Reshape(outer, 1, inner, 1) * n + along.Reshape(1, counts[a], 1, window[a])).Reshape(outer * counts[a], inner * window[a]);
        }
        return (padded.Flatten(2).Take(places, 2), counts);
    }

    /// <summary>A reduction of each window over the last axes of a tensor of any rank: JAX's and XLA's <c>reduce_window</c>.</summary>
    /// <param name="x">Numbers; the window slides over as many of its last axes as it has, one to three.</param>
    /// <param name="how">What becomes of the elements under a window.</param>
    /// <param name="size">Of the window, one number for each axis.</param>
    /// <param name="stride">Steps of the window, 1 each unless told.</param>
    /// <param name="padding">On both sides of each axis, 0 unless told.</param>
    /// <exception cref="ShapeException">The window is larger than the padded input, or has more axes.</exception>
    public static Tensor ReduceWindow(Tensor x, WindowReduction how, int[] size, int[]? stride = null, int[]? padding = null) {
        x.Given();
        var axes = size.Given().Length;
        if (axes is < 1 or > 3 || axes > x.Rank || (stride ?? size).Length != axes || (padding ?? size).Length != axes)
            throw new ShapeException($"ReduceWindow: a window over the last one to three axes of {x.Type}, with a size, a stride and a padding for each, not {axes}, {stride?.Length ?? axes}, {padding?.Length ?? axes}.");
        var (steps, around) = (stride ?? PlainSteps(axes), padding ?? new int[axes]);
        var leading = x.Shape.Span[..^axes].ToArray();
        var planes = x.ReshapeTo(Shape.Of([1, leading.Aggregate(1, (p, n) => p * n), .. x.Shape.Span[^axes..]]));
        var y = how switch {
            WindowReduction.Max => MaxPool(planes, PerAxis.Of(size), PerAxis.Of(steps), PerAxis.Of(around)),
            // Of integers the complement turns the order round without overflow; of floats the sign does.
            WindowReduction.Min => x.DType.IsFloat() ? -MaxPool(-planes, PerAxis.Of(size), PerAxis.Of(steps), PerAxis.Of(around)) : ~MaxPool(~planes, PerAxis.Of(size), PerAxis.Of(steps), PerAxis.Of(around)),
            WindowReduction.Mean => Sums(planes.DType.IsFloat() ? planes : planes.To(DType.F32)) / size.Aggregate(1.0, (p, n) => p * n),
            _ => Sums(planes),
        };
        return y.ReshapeTo(Shape.Of([.. leading, .. y.Shape.Span[2..]]));

        Tensor Sums(Tensor p) {
            if (!p.DType.IsFloat()) {
                var (under, counts) = Under("ReduceWindow", p, size, steps, around, PlainSteps(axes));
                return under.Sum(-1).Reshape([1, p.Shape[1], .. counts]);
            }
            return WindowSums(p, size, steps, around);
        }
    }
}
