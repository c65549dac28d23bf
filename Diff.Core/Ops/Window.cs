namespace Diff;

/// <summary>Sums of products of a window that slides over the spatial axes: x [N, C, …] with weights [O, C/groups, …] is [N, O, …].</summary>
/// <remarks>Cross-correlation, as every neural-network library has it. Both transposes are the same op again: strides and
/// input dilation change places, and so do batch and channels.</remarks>
/// <param name="Stride">Steps of the window, by spatial axis.</param>
/// <param name="Low">Zeros before; negative cuts off.</param>
/// <param name="High">Zeros after; negative cuts off.</param>
/// <param name="Dilation">Distance of the window's elements.</param>
/// <param name="InputDilation">Distance that the input's elements are pulled apart to, with zeros between.</param>
/// <param name="Groups">Channels are split into so many groups that do not see each other.</param>
internal sealed record ConvOp(Axes Stride, Axes Low, Axes High, Axes Dilation, Axes InputDilation, int Groups) : Op {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (x, w) = (inputs[0], inputs[1]);
        var rank = Stride.Count;
        if (x.DType != w.DType) throw new DTypeException($"Conv: input {x} and weights {w} have different dtypes.");
        if (!x.DType.IsFloat()) throw new DTypeException($"Conv takes f32 or f64, not {x}.");
        if (x.Shape.Rank != rank + 2 || w.Shape.Rank != rank + 2)
            throw new ShapeException($"Conv{rank}d: input {x} and weights {w} have to have {rank + 2} axes: [batch, channels, …] and [out, in, …].");
        if (Groups < 1 || x.Shape[1] % Groups != 0 || w.Shape[0] % Groups != 0 || x.Shape[1] / Groups != w.Shape[1])
            throw new ShapeException($"Conv{rank}d: input {x} has {x.Shape[1]} channels, weights {w} take {w.Shape[1]} in each of {Groups} group(s).");
        var dims = new int[rank + 2];
        (dims[0], dims[1]) = (x.Shape[0], w.Shape[0]);
        for (var a = 0; a < rank; a++) {
            if (Stride[a] < 1 || Dilation[a] < 1 || InputDilation[a] < 1) throw new DomainException($"Conv{rank}d: strides and dilations are at least 1, not {Stride} and {Dilation}.");
            if (w.Shape[a + 2] == 0) throw new ShapeException($"Conv{rank}d: the window of weights {w} is empty along axis {a + 2}.");
            var reach = Spread(w.Shape[a + 2], Dilation[a]);
            var room = Spread(x.Shape[a + 2], InputDilation[a]) + Low[a] + High[a];
            if (room < reach) throw new ShapeException($"Conv{rank}d: the window of weights {w} reaches over {reach} elements of axis {a + 2}, input {x} with padding has {room}.");
            dims[a + 2] = (int)((room - reach) / Stride[a] + 1);
        }
        return [new(x.DType, Shape.Of(dims))];
    }

    static long Spread(int size, int dilation) => size == 0 ? 0 : (size - 1L) * dilation + 1;

    public override double Flops(ReadOnlySpan<TensorType> inputs, ReadOnlySpan<TensorType> outputs) =>
        2.0 * outputs[0].Shape.Size * inputs[1].Shape.Size / Math.Max(1, inputs[1].Shape[0]);

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var (x, w, y) = (inputs[0], inputs[1], outputs[0]);
        if (y.Shape.Size > 0) Run(Geometry(x.Shape, w.Shape, y.Shape), x, w, y);
    }

    public override Prepared Prepare(Layout[] inputs, Layout[] outputs) {
        if (outputs[0].Shape.Size == 0) return Evaluate;
        var geometry = Geometry(inputs[0].Shape, inputs[1].Shape, outputs[0].Shape);
        return (inputs, outputs) => Run(geometry, inputs[0], inputs[1], outputs[0]);
    }

    ConvGeometry Geometry(Shape x, Shape w, Shape y) =>
        new(x[0], x[1], w[0], x.Span[2..], w.Span[2..], y.Span[2..], Stride.Span, Low.Span, Dilation.Span, InputDilation.Span, Groups);

    static void Run(ConvGeometry geometry, View x, View w, View y) {
        if (y.DType == DType.F32) Run<float>(geometry, x, w, y);
        else Run<double>(geometry, x, w, y);
    }

    static void Run<T>(ConvGeometry geometry, View x, View w, View y) where T : unmanaged {
        Span<nint> xs = stackalloc nint[x.Shape.Rank], ws = stackalloc nint[w.Shape.Rank];
        for (var a = 0; a < xs.Length; a++) (xs[a], ws[a]) = (x.Layout.Strides[a], w.Layout.Strides[a]);
        Convolution.Run<T>(geometry, x.Span<T>(), x.Layout.Offset, xs, w.Span<T>(), w.Layout.Offset, ws, y.Span<T>());
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [AddOp.Sum(
        tangents[0] is { } x ? Graph.Apply(this, x, inputs[1]) : null,
        tangents[1] is { } w ? Graph.Apply(this, inputs[0], w) : null)];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => linear switch {
        [true, false] => [ByInput(cotangents[0]!, inputs[0].Shape, inputs[1]), null],
        [false, true] => [null, ByWeights(cotangents[0]!, inputs[0], inputs[1].Shape)],
        _ => throw NotLinear(),
    };

    // Every output went to the inputs under its window: slide the flipped window back over the outputs, pulled apart by the stride.
    Tensor ByInput(Tensor g, Shape x, Tensor w) {
        if (x.Size == 0) return Graph.Fill(0, new(g.DType, x));
        var rank = Stride.Count;
        var (low, high) = (new int[rank], new int[rank]);
        for (var a = 0; a < rank; a++) {
            var reach = (int)Spread(w.Shape[a + 2], Dilation[a]) - 1;
            low[a] = reach - Low[a];
            high[a] = (int)(Spread(x[a + 2], InputDilation[a]) + reach - Spread(g.Shape[a + 2], Stride[a]) - low[a]);
        }
        return Graph.Apply(new ConvOp(InputDilation, Axes.Of(low), Axes.Of(high), Dilation, Stride, Groups), g, Turned(w, Groups));
    }

    // Every weight met the inputs at its distance: the outputs' cotangents are the window, and batch is what is summed over.
    Tensor ByWeights(Tensor g, Tensor x, Shape w) {
        if (x.Size == 0) return Graph.Fill(0, new(g.DType, w));
        var rank = Stride.Count;
        var high = new int[rank];
        for (var a = 0; a < rank; a++)
            high[a] = (int)(Spread(w[a + 2], Dilation[a]) + Spread(g.Shape[a + 2], Stride[a]) - 1 - Spread(x.Shape[a + 2], InputDilation[a]) - Low[a]);
        var swap = Axes.Of([1, 0, .. Enumerable.Range(2, rank)]);
        var product = Graph.Apply(new ConvOp(Dilation, Low, Axes.Of(high), Stride, InputDilation, Groups), GroupsToBatch(x), g.TransposeBy(swap));
        return product.TransposeBy(swap);
    }

    /// <summary>The weights for the way back: flipped, and from [O, C/groups, …] to [C, O/groups, …].</summary>
    public static Tensor Turned(Tensor w, int groups) => Graph.Apply(new FlipOp(Axes.Of([.. Enumerable.Range(2, w.Rank - 2)])), SwapChannels(w, groups));

    // The batch joins the images where only they have it, the output channels where only the weights have it, else it is groups.
    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) {
        var (x, w) = (inputs[0], inputs[1]);
        if (batched is [true, false]) {
            var y = Graph.Apply(this, x.Flatten(0, 2), w);
            return [y.ReshapeTo(Shape.Of([size, x.Shape[1], .. y.Shape.Span[1..]]))];
        }
        // [size, G·O, C, …] to groups of groups: the channels that belong together stand together.
        var groups = Groups * (batched[0] ? size : 1);
        var (o, inner) = (w.Shape[1] / Groups, w.Shape.Span[2..].ToArray());
        var weights = w.ReshapeTo(Shape.Of([size, Groups, o, .. inner]));
        if (!batched[0]) weights = weights.SwapAxes(0, 1);
        weights = weights.ReshapeTo(Shape.Of([size * Groups * o, .. inner]));
        var images = batched[0] ? x.MoveAxis(0, 1).Flatten(1, 3) : x;
        var out_ = Graph.Apply(this with { Groups = groups }, images, weights);
        var (n, space) = (out_.Shape[0], out_.Shape.Span[2..].ToArray());
        if (batched[0]) return [out_.ReshapeTo(Shape.Of([n, size, Groups * o, .. space])).MoveAxis(1, 0)];
        return [out_.ReshapeTo(Shape.Of([n, Groups, size, o, .. space])).MoveAxis(2, 0).Flatten(2, 4)];
    }

    /// <summary>[G·O, I, …] to [G·I, O, …].</summary>
    static Tensor SwapChannels(Tensor w, int groups) {
        var (o, i, space) = (w.Shape[0] / groups, w.Shape[1], w.Shape.Span[2..].ToArray());
        return w.ReshapeTo(Shape.Of([groups, o, i, .. space]))
            .TransposeBy(Axes.Of([0, 2, 1, .. Enumerable.Range(3, space.Length)]))
            .ReshapeTo(Shape.Of([groups * i, o, .. space]));
    }

    /// <summary>[N, G·C, …] to [C, G·N, …].</summary>
    Tensor GroupsToBatch(Tensor x) {
        var (n, c, space) = (x.Shape[0], x.Shape[1] / Groups, x.Shape.Span[2..].ToArray());
        return x.ReshapeTo(Shape.Of([n, Groups, c, .. space]))
            .TransposeBy(Axes.Of([2, 1, 0, .. Enumerable.Range(3, space.Length)]))
            .ReshapeTo(Shape.Of([c, Groups * n, .. space]));
    }

    public override IEnumerable<Sample> Samples() {
        return [
            Of([1], [0], [0], [1], [1], 1, [2, 3, 8], [4, 3, 3]), Of([2], [1], [2], [2], [1], 1, [2, 2, 9], [3, 2, 3]),
            Of([1, 1], [0, 0], [0, 0], [1, 1], [1, 1], 1, [2, 2, 5, 6], [3, 2, 3, 2]), Of([2, 1], [1, 0], [1, 2], [1, 2], [1, 1], 2, [2, 4, 5, 6], [6, 2, 2, 3]),
            Of([1, 2], [0, 1], [0, -1], [1, 1], [2, 3], 1, [1, 2, 3, 3], [2, 2, 2, 2]), Of([3, 2], [0, 0], [0, 0], [1, 1], [1, 1], 4, [1, 4, 7, 5], [4, 1, 2, 2]),
            Of([1, 1, 2], [0, 1, 0], [1, 0, 0], [1, 1, 1], [1, 1, 1], 1, [1, 2, 3, 4, 5], [2, 2, 2, 3, 2])];

        static Sample Of(int[] stride, int[] low, int[] high, int[] dilation, int[] inputDilation, int groups, int[] x, int[] w) =>
            new(new ConvOp(Axes.Of(stride), Axes.Of(low), Axes.Of(high), Axes.Of(dilation), Axes.Of(inputDilation), groups), [new(DType.F64, Shape.Of(x)), new(DType.F64, Shape.Of(w))]);
    }
}

/// <summary>For each window over the spatial axes of x [N, C, …] its largest element; and where in the plane (row-major) that is, as i32.</summary>
internal sealed record MaxPoolOp(Axes Window, Axes Stride, Axes Low, Axes High, Axes Dilation) : Op {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var x = inputs[0];
        var rank = Window.Count;
        if (x.DType == DType.Bool) throw new DTypeException("MaxPool takes numbers, not bool.");
        if (x.Shape.Rank != rank + 2) throw new ShapeException($"MaxPool: {x} has to have {rank + 2} axes: [batch, channels, …].");
        var dims = x.Shape.ToArray();
        for (var a = 0; a < rank; a++) {
            var (reach, room) = ((Window[a] - 1L) * Dilation[a] + 1, (long)dims[a + 2] + Low[a] + High[a]);
            if (Window[a] < 1 || Stride[a] < 1 || Dilation[a] < 1) throw new DomainException($"MaxPool: windows, strides and dilations are at least 1, not {Window}, {Stride} and {Dilation}.");
            if (Low[a] < 0 || High[a] < 0 || Low[a] >= reach || High[a] >= reach) throw new DomainException($"MaxPool: padding {Low[a]}, {High[a]} has to be smaller than the window, which reaches over {reach}.");
            if (room < reach) throw new ShapeException($"MaxPool: the window reaches over {reach} elements of axis {a + 2}, {x} with padding has {room}.");
            dims[a + 2] = (int)((room - reach) / Stride[a] + 1);
        }
        var y = Shape.Of(dims);
        return [new(x.DType, y), new(DType.I32, y)];
    }

    public override int Outputs => 2;

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => this;

    // A plane is a channel of an image.
    protected override void Evaluate<T>(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        const double nanoseconds = 0.3;
        var y = outputs[0];
        var reads = nanoseconds * y.Shape.Size * Shape.Of(Window.Span).Size;
        ForkJoin.Over(y.Shape[0] * y.Shape[1], reads, new Planes<T>(this, inputs[0].Shape, inputs[0].Values<T>(Scratch.Slot.Left), y, outputs[1]), static (in s, from, to) => Windows.Max(s.X[(from * s.Plane)..(to * s.Plane)], s.From.Span[2..],
            s.Op.Window.Span, s.Op.Stride.Span, s.Op.Low.Span, s.Op.Dilation.Span, s.To.Span[2..], s.Y[(from * s.Count)..(to * s.Count)], s.At[(from * s.Count)..(to * s.Count)]));
    }

    readonly ref struct Planes<T>(MaxPoolOp op, Shape from, ReadOnlySpan<T> x, View y, View at) where T : unmanaged {
        public readonly MaxPoolOp Op = op;
        public readonly Shape From = from, To = y.Shape;
        public readonly ReadOnlySpan<T> X = x;
        public readonly Span<T> Y = y.Span<T>();
        public readonly Span<int> At = at.Span<int>();
        public readonly int Plane = x.Length / Math.Max(1, y.Shape[0] * y.Shape[1]), Count = y.Shape.Size / Math.Max(1, y.Shape[0] * y.Shape[1]);
    }

    // Where the largest are has no derivative; taking what is there has.
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        [tangents[0]!.Flatten(2).TakeAlong(outputs[1].Flatten(2)).ReshapeTo(outputs[1].Shape), null];

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) =>
        Array.ConvertAll(Graph.ApplyAll(this, [inputs[0].Flatten(0, 2)]), y => y.ReshapeTo(Shape.Of([size, y.Shape[0] / Math.Max(1, size), .. y.Shape.Span[1..]])));

    public override IEnumerable<Sample> Samples() => [
        new(new MaxPoolOp(Axes.Of(2, 2), Axes.Of(2, 2), Axes.Of(0, 0), Axes.Of(0, 0), Axes.Of(1, 1)), [new(DType.F64, Shape.Of(2, 3, 4, 6))], Distinct: true),
        new(new MaxPoolOp(Axes.Of(3), Axes.Of(1), Axes.Of(1), Axes.Of(1), Axes.Of(2)), [new(DType.F64, Shape.Of(2, 3, 8))], Distinct: true)];
}
