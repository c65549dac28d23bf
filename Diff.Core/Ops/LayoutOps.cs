namespace Diff;

/// <summary>An op that moves elements without looking at them: wherever it can, the same memory read another way.</summary>
internal abstract record MovingOp : UnaryLinearOp {
    protected abstract Shape ShapeOf(Shape input);

    public sealed override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [new(inputs[0].DType, ShapeOf(inputs[0].Shape))];

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => throw new InvalidOperationException($"{Name} is a layout.");

    /// <summary>The same op behind a new first axis.</summary>
    protected abstract Op Behind(int size, Shape input);

    public sealed override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(Behind(size, Shape.Of(inputs[0].Shape.Span[1..])), inputs);

    protected static Axes Shift(Axes axes) => Axes.Of([.. axes.Span.ToArray().Select(a => a + 1)]);

    protected Sample On(DType type, params int[] dims) => new(this, [new(type, Shape.Of(dims))]);
}

/// <summary>The same elements in row-major order under another shape.</summary>
internal sealed record ReshapeOp(Shape To) : MovingOp {
    protected override Shape ShapeOf(Shape input) =>
        input.Size == To.Size ? To : throw new ShapeException($"Reshape: {input} has {input.Size} elements, {To} would have {To.Size}.");

    public override Layout? Relayout(Layout input) => input.Reshape(To);

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => Strided.Copy(inputs[0], outputs[0]);

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => inputs[0].Shape is var from && from.Rank > 0 && from[0] == To[0] ? new ReshapeOp(To.With(0, rows)) : null;

    protected override Tensor Transpose(Tensor cotangent, TensorType input) => cotangent.ReshapeTo(input.Shape);

    protected override Op Behind(int size, Shape input) => new ReshapeOp(Shape.Of([size, .. To.Span]));

    public override IEnumerable<Sample> Samples() => [
        new ReshapeOp(Shape.Of(7, 3)).On(DType.F64, 3, 7), new ReshapeOp(Shape.Of(2, 6)).On(DType.F64, 2, 3, 2),
        new ReshapeOp(Shape.Scalar).On(DType.F64, 1, 1), new ReshapeOp(Shape.Of(0, 5)).On(DType.I32, 3, 0)];
}

/// <summary>The axes in another order: axis i of the result is axis Order[i] of the input.</summary>
internal sealed record TransposeOp(Axes Order) : MovingOp {
    public override string Describe() => Name + Order;

    protected override Shape ShapeOf(Shape input) =>
        Order.Count == input.Rank && Order.Span.ToArray().Order().SequenceEqual(Enumerable.Range(0, input.Rank))
            ? Shape.Of([.. Order.Span.ToArray().Select(a => input[a])])
            : throw new ShapeException($"Transpose: {Order} is not an order of the {input.Rank} axes of {input}.");

    public override Layout? Relayout(Layout input) => input.Transpose(Order);

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => Order[0] == 0 ? this : null;

    protected override Tensor Transpose(Tensor cotangent, TensorType input) => cotangent.TransposeBy(Order.Inverse());

    protected override Op Behind(int size, Shape input) => new TransposeOp(Axes.Of([0, .. Shift(Order).Span]));

    public override IEnumerable<Sample> Samples() => [
        new TransposeOp(Axes.Of(1, 0)).On(DType.F64, 3, 7), new TransposeOp(Axes.Of(2, 0, 1)).On(DType.F64, 2, 3, 4), new TransposeOp(Axes.None).On(DType.F64)];
}

/// <summary>Axis i of the input becomes axis Map[i] of the shape; new axes, and axes of size 1, repeat.</summary>
internal sealed record BroadcastOp(Shape To, Axes Map) : MovingOp {
    public override bool KeepsWeakness => true;

    public override bool KeepsWholeNumbers => true;

    protected override Shape ShapeOf(Shape input) {
        if (Map.Count != input.Rank) throw new ShapeException($"Broadcast: {Map} does not name a place for each axis of {input}.");
        for (var i = 0; i < Map.Count; i++)
            if (Map[i] < 0 || Map[i] >= To.Rank || i > 0 && Map[i] <= Map[i - 1] || input[i] != 1 && input[i] != To[Map[i]])
                throw new ShapeException($"Broadcast: {input} does not repeat to {To} along {Map}.");
        return To;
    }

    public override Layout? Relayout(Layout input) => input.Broadcast(To, Map);

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) {
        whole[0] = Map.Count == 0 || Map[0] != 0 || inputs[0].Shape[0] != To[0];
        return new BroadcastOp(To.With(0, rows), Map);
    }

    protected override Tensor Transpose(Tensor cotangent, TensorType input) {
        var repeated = Enumerable.Range(0, To.Rank).Where(a => Map.Span.IndexOf(a) is var i && (i < 0 || input.Shape[i] != To[a])).ToArray();
        return cotangent.SumOver(Axes.Of(repeated)).ReshapeTo(input.Shape);
    }

    protected override Op Behind(int size, Shape input) => new BroadcastOp(Shape.Of([size, .. To.Span]), Axes.Of([0, .. Shift(Map).Span]));

    public override IEnumerable<Sample> Samples() => [
        new BroadcastOp(Shape.Of(3, 7), Axes.Of(1)).On(DType.F64, 7), new BroadcastOp(Shape.Of(3, 7), Axes.Of(0, 1)).On(DType.F64, 3, 1),
        new BroadcastOp(Shape.Of(2, 3), Axes.None).On(DType.F64), new BroadcastOp(Shape.Of(0, 7), Axes.Of(1)).On(DType.F64, 7)];
}

/// <summary>Elements Start, Start + Step, … along each axis, as many as Sizes says. Steps are positive.</summary>
internal sealed record SliceOp(Axes Start, Axes Step, Shape Sizes) : MovingOp {
    protected override Shape ShapeOf(Shape input) {
        if (input.Rank != Sizes.Rank || input.Rank != Start.Count || input.Rank != Step.Count) throw new ShapeException($"Slice: {input} has {input.Rank} axes, not {Sizes.Rank}.");
        for (var a = 0; a < input.Rank; a++)
            if (Step[a] < 1 || Start[a] < 0 || Sizes[a] > 0 && Start[a] + (Sizes[a] - 1L) * Step[a] >= input[a])
                throw new ShapeException($"Slice: {Sizes[a]} elements from {Start[a]} by {Step[a]} leave axis {a} of {input}.");
        return Sizes;
    }

    public override Layout? Relayout(Layout input) => input.Slice(Start, Step, Sizes);

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => Sizes[0] == inputs[0].Shape[0] ? new SliceOp(Start, Step, Sizes.With(0, rows)) : null;

    protected override Tensor Transpose(Tensor cotangent, TensorType input) {
        var (low, high, inner) = (Start.ToArray(), new int[Start.Count], new int[Start.Count]);
        for (var a = 0; a < low.Length; a++) {
            inner[a] = Step[a] - 1;
            var covered = Sizes[a] == 0 ? 0 : (Sizes[a] - 1) * Step[a] + 1;
            (low[a], high[a]) = Sizes[a] == 0 ? (0, input.Shape[a]) : (low[a], input.Shape[a] - Start[a] - covered);
        }
        return Graph.Apply(new PadOp(Axes.Of(low), Axes.Of(high), Axes.Of(inner)), cotangent);
    }

    protected override Op Behind(int size, Shape input) => new SliceOp(Axes.Of([0, .. Start.Span]), Axes.Of([1, .. Step.Span]), Shape.Of([size, .. Sizes.Span]));

    public override IEnumerable<Sample> Samples() => [
        new SliceOp(Axes.Of(1, 2), Axes.Of(1, 1), Shape.Of(2, 4)).On(DType.F64, 3, 7), new SliceOp(Axes.Of(0, 1), Axes.Of(2, 3), Shape.Of(2, 2)).On(DType.F64, 3, 7),
        new SliceOp(Axes.Of(1), Axes.Of(1), Shape.Of(0)).On(DType.F64, 3)];
}

/// <summary>The order reversed along some axes.</summary>
internal sealed record FlipOp(Axes Along) : MovingOp {
    protected override Shape ShapeOf(Shape input) => Along.Span.ToArray().All(a => a >= 0 && a < input.Rank) ? input : throw new ShapeException($"Flip: {Along} are not axes of {input}.");

    public override Layout? Relayout(Layout input) => input.Flip(Along);

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => Along.Span.IndexOf(0) < 0 ? this : null;

    protected override Tensor Transpose(Tensor cotangent, TensorType input) => Graph.Apply(this, cotangent);

    protected override Op Behind(int size, Shape input) => new FlipOp(Shift(Along));

    public override IEnumerable<Sample> Samples() => [new FlipOp(Axes.Of(0, 1)).On(DType.F64, 3, 7), new FlipOp(Axes.Of(1)).On(DType.F64, 3, 7)];
}

/// <summary>Zeros put around (Low, High) and between (Inner) the elements; negative Low and High cut off.</summary>
internal sealed record PadOp(Axes Low, Axes High, Axes Inner) : MovingOp {
    protected override Shape ShapeOf(Shape input) {
        if (Low.Count != input.Rank || High.Count != input.Rank || Inner.Count != input.Rank) throw new ShapeException($"Pad: widths for {Low.Count} axes, but {input} has {input.Rank}.");
        var dims = new int[input.Rank];
        for (var a = 0; a < dims.Length; a++) {
            dims[a] = Low[a] + High[a] + (input[a] == 0 ? 0 : (input[a] - 1) * (Inner[a] + 1) + 1);
            if (Inner[a] < 0 || dims[a] < 0) throw new ShapeException($"Pad: axis {a} of {input} has {input[a]} elements; widths {Low[a]}, {High[a]}, between {Inner[a]} leave fewer than none.");
        }
        return Shape.Of(dims);
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => Unprepared(inputs, outputs);

    public override Prepared Prepare(Layout[] inputs, Layout[] outputs) {
        var (x, y) = (inputs[0], outputs[0]);
        // The part of the input that lands inside, and where: both are slices.
        var rank = Low.Count;
        var (first, count, to, step) = (new int[rank], new int[rank], new int[rank], new int[rank]);
        for (var a = 0; a < rank; a++) {
            step[a] = Inner[a] + 1;
            first[a] = Low[a] >= 0 ? 0 : (-Low[a] + step[a] - 1) / step[a];
            to[a] = Low[a] + first[a] * step[a];
            count[a] = Math.Max(0, Math.Min(x.Shape[a] - first[a], (y.Shape[a] - to[a] + step[a] - 1) / step[a]));
        }
        var sizes = Shape.Of(count);
        var part = new Scatter(x.Slice(Axes.Of(first), Axes.Of([.. step.Select(_ => 1)]), sizes), y.Slice(Axes.Of(to), Axes.Of(step), sizes));
        return (inputs, outputs) => {
            outputs[0].Bytes.Clear();
            part.Run(inputs[0], outputs[0]);
        };
    }

    protected override Op Behind(int size, Shape input) => new PadOp(Axes.Of([0, .. Low.Span]), Axes.Of([0, .. High.Span]), Axes.Of([0, .. Inner.Span]));

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => (Low[0], High[0], Inner[0]) == (0, 0, 0) ? this : null;

    protected override Tensor Transpose(Tensor cotangent, TensorType input) {
        var rank = Low.Count;
        var (low, high) = (Low.Span.ToArray(), High.Span.ToArray());
        // Undo the widths by the opposite widths, then take the elements that were inputs.
        var around = cotangent;
        if (low.Any(w => w != 0) || high.Any(w => w != 0))
            around = Graph.Apply(new PadOp(Axes.Of([.. low.Select(w => -w)]), Axes.Of([.. high.Select(w => -w)]), Axes.Of(new int[rank])), cotangent);
        return Inner.Span.ToArray().All(w => w == 0) ? around : Graph.Apply(new SliceOp(Axes.Of(new int[rank]), Axes.Of([.. Inner.Span.ToArray().Select(w => w + 1)]), input.Shape), around);
    }

    public override IEnumerable<Sample> Samples() => [
        new PadOp(Axes.Of(1, 0), Axes.Of(0, 2), Axes.Of(0, 0)).On(DType.F64, 3, 4), new PadOp(Axes.Of(1, 2), Axes.Of(1, 0), Axes.Of(1, 2)).On(DType.F64, 3, 4),
        new PadOp(Axes.Of(-1, 1), Axes.Of(0, -2), Axes.Of(0, 1)).On(DType.F64, 3, 4), new PadOp(Axes.Of(2), Axes.Of(1), Axes.Of(0)).On(DType.F64, 0)];
}

/// <summary>Several tensors one after another along an axis.</summary>
internal sealed record ConcatOp(int Axis) : LinearOp {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (first, total) = (inputs[0], 0);
        for (var i = 0; i < inputs.Length; i++) {
            var x = inputs[i];
            if (x.DType != first.DType) throw new DTypeException($"Concat: part {i} is {x}, part 0 is {first}; the dtypes differ.");
            if (x.Shape.Rank != first.Shape.Rank || Axis >= x.Shape.Rank || !x.Shape.With(Axis, 0).Equals(first.Shape.With(Axis, 0)))
                throw new ShapeException($"Concat: part {i} is {x}, part 0 is {first}; they may differ along axis {Axis} alone.");
            total += x.Shape[Axis];
        }
        return [new(first.DType, first.Shape.With(Axis, total))];
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => Unprepared(inputs, outputs);

    public override Prepared Prepare(Layout[] inputs, Layout[] outputs) {
        var (y, at) = (outputs[0], 0);
        var parts = Array.ConvertAll(inputs, x => {
            var part = new Scatter(x, y.Slice(Start(at, y.Shape.Rank), Ones(y.Shape.Rank), x.Shape));
            at += x.Shape[Axis];
            return part;
        });
        return (inputs, outputs) => {
            for (var i = 0; i < parts.Length; i++) parts[i].Run(inputs[i], outputs[0]);
        };
    }

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => Axis > 0 ? this : null;

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) {
        var at = 0;
        return [.. inputs.Select((x, i) => {
            var from = at;
            at += x.Shape[Axis];
            return linear[i] ? Graph.Apply(new SliceOp(Start(from, x.Rank), Ones(x.Rank), x.Shape), cotangents[0]!) : null;
        })];
    }

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(new ConcatOp(Axis + 1), Repeated(inputs, batched, size));

    Axes Start(int at, int rank) {
        var start = new int[rank];
        start[Axis] = at;
        return Axes.Of(start);
    }

    static Axes Ones(int rank) => Axes.Of([.. Enumerable.Repeat(1, rank)]);

    public override IEnumerable<Sample> Samples() => [
        new(new ConcatOp(0), [new(DType.F64, Shape.Of(2, 3)), new(DType.F64, Shape.Of(1, 3)), new(DType.F64, Shape.Of(0, 3))]),
        new(new ConcatOp(1), [new(DType.F64, Shape.Of(2, 3)), new(DType.F64, Shape.Of(2, 2))])];
}
