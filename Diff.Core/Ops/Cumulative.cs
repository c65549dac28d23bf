using System.Numerics;

namespace Diff;

/// <summary>An op along one axis whose result has the shape of its input: each element with all before it, or with all behind it.</summary>
internal abstract record AlongOp(int Axis) : Op {
    protected void CheckAxis(TensorType x) {
        if (Axis < 0 || Axis >= x.Shape.Rank) throw new ShapeException($"{Name}: {x} has no axis {Axis}.");
    }

    protected (int Outer, int Size, int Inner) Around(Shape shape) {
        var (outer, inner) = (1, 1);
        for (var a = 0; a < Axis; a++) outer *= shape[a];
        for (var a = Axis + 1; a < shape.Rank; a++) inner *= shape[a];
        return (outer, shape[Axis], inner);
    }

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => Axis > 0 ? this : null;

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(this with { Axis = Axis + 1 }, Repeated(inputs, batched, size));

    /// <summary>Each element's neighbour on the side that the result comes from; a constant for the first.</summary>
    protected Tensor Before(Tensor x, bool reverse, double first) {
        var n = x.Shape[Axis];
        if (n == 0) return x;
        var end = Graph.Fill(first, new(x.DType, x.Shape.With(Axis, 1)));
        var rest = x.SliceAxis(Axis, reverse ? 1 : 0, n - 1);
        return Graph.Apply(new ConcatOp(Axis), reverse ? [rest, end] : [end, rest]);
    }
}

/// <summary>What running results there are.</summary>
internal enum Cumulation : byte { Sum, Prod, LogSumExp }

/// <summary>Running sums, products and logarithms of sums of exponentials.</summary>
internal sealed record CumulativeOp(Cumulation How, int Axis, bool Reverse) : AlongOp(Axis) {
    public override string Name => "Cum" + How;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var x = inputs[0];
        CheckAxis(x);
        if (x.DType == DType.Bool || How == Cumulation.LogSumExp && !x.DType.IsFloat()) throw new DTypeException($"{Name} takes {(How == Cumulation.LogSumExp ? "f32 or f64" : "numbers")}, not {x.DType.Name()}.");
        return [x];
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var (x, y) = (inputs[0], outputs[0]);
        switch (x.DType) {
            case DType.F32: Run<float, double>(x, y); break;
            case DType.F64: Run<double, double>(x, y); break;
            case DType.I32: Run<int, int>(x, y); break;
            case DType.I64: Run<long, long>(x, y); break;
            default: Run<uint, uint>(x, y); break;
        }
    }

    void Run<T, A>(View x, View y) where T : unmanaged, INumber<T> where A : unmanaged, INumber<A> {
        var (outer, size, inner) = Around(x.Shape);
        var values = x.Values<T>(Scratch.Slot.Left);
        switch (How) {
            case Cumulation.Sum: Running.Run<T, A, Running.Plus>(values, outer, size, inner, Reverse, y.Span<T>()); break;
            case Cumulation.Prod: Running.Run<T, A, Running.Times>(values, outer, size, inner, Reverse, y.Span<T>()); break;
            default: Running.LogSums(values, outer, size, inner, Reverse, y.Span<T>()); break;
        }
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (x, y, t) = (inputs[0], outputs[0], tangents[0]!);
        switch (How) {
            case Cumulation.Sum: return [Graph.Apply(this, t)];
            // pⱼ = xⱼ·pⱼ₋₁, so ṗⱼ = xⱼ·ṗⱼ₋₁ + pⱼ₋₁·ẋⱼ: no division, and right where elements are zero.
            case Cumulation.Prod: return [Graph.Apply(new RecurrenceOp(Axis, Reverse), x, Before(y, Reverse, 1) * t)];
            default:
                // ẏⱼ = e^(yⱼ₋₁ − yⱼ)·ẏⱼ₋₁ + e^(xⱼ − yⱼ)·ẋⱼ: weights at most 1. Nothing has a share while the sum is 0.
                var none = y.Eq(double.NegativeInfinity);
                var level = Functions.Where(none, 0, y);
                var earlier = Functions.Exp(Before(y, Reverse, double.NegativeInfinity) - level);
                return [Graph.Apply(new RecurrenceOp(Axis, Reverse), earlier, Functions.Exp(x - level) * t)];
        }
    }

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) =>
        How == Cumulation.Sum ? [Graph.Apply(this with { Reverse = !Reverse }, cotangents[0]!)] : throw NotLinear();

    public override IEnumerable<Sample> Samples() =>
        from how in Enum.GetValues<Cumulation>()
        from s in new Sample[] {
            new(new CumulativeOp(how, 1, false), [new(DType.F64, Shape.Of(3, 7))]), new(new CumulativeOp(how, 0, true), [new(DType.F64, Shape.Of(4, 3))]),
            new(new CumulativeOp(how, 1, true), [new(DType.F64, Shape.Of(2, 3, 2))]) }
        select s;
}

/// <summary>h with hⱼ = aⱼ·hⱼ₋₁ + bⱼ along the axis and 0 before the first: what the derivatives of running results are, closed
/// under its own derivative and transpose.</summary>
internal sealed record RecurrenceOp(int Axis, bool Reverse) : AlongOp(Axis) {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (a, b) = (inputs[0], inputs[1]);
        if (!a.Shape.Equals(b.Shape)) throw new ShapeException($"Recurrence: {a} and {b} have to have one shape.");
        if (a.DType != b.DType || !a.DType.IsFloat()) throw new DTypeException($"Recurrence takes f32 or f64, not {a.DType.Name()} and {b.DType.Name()}.");
        CheckAxis(a);
        return [a];
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        if (outputs[0].DType == DType.F32) Run<float>(inputs[0], inputs[1], outputs[0]);
        else Run<double>(inputs[0], inputs[1], outputs[0]);
    }

    void Run<T>(View a, View b, View y) where T : unmanaged, IFloatingPointIeee754<T> {
        var (outer, size, inner) = Around(a.Shape);
        Running.Recur(a.Values<T>(Scratch.Slot.Left), b.Values<T>(Scratch.Slot.Right), outer, size, inner, Reverse, y.Span<T>());
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        [Graph.Apply(this, inputs[0], AddOp.Sum(tangents[0] is { } a ? a * Before(outputs[0], Reverse, 0) : null, tangents[1])!)];

    // cⱼ = gⱼ + aⱼ₊₁·cⱼ₊₁: the recurrence from the other end, each factor moved by one.
    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => linear is [false, true]
        ? [null, Graph.Apply(this with { Reverse = !Reverse }, Before(inputs[0], !Reverse, 0), cotangents[0]!)]
        : throw NotLinear();

    public override IEnumerable<Sample> Samples() => [
        new(new RecurrenceOp(1, false), [new(DType.F64, Shape.Of(3, 5)), new(DType.F64, Shape.Of(3, 5))]),
        new(new RecurrenceOp(0, true), [new(DType.F64, Shape.Of(4, 3)), new(DType.F64, Shape.Of(4, 3))])];
}

/// <summary>Where along the axis the largest (or smallest) element so far is, as i32: the first met of equals; NaN wins.</summary>
internal sealed record CumulativeArgOp(bool Largest, int Axis, bool Reverse) : AlongOp(Axis) {
    public override string Name => Largest ? "CumArgMax" : "CumArgMin";

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        CheckAxis(inputs[0]);
        return [new(DType.I32, inputs[0].Shape)];
    }

    protected override void Evaluate<T>(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var (outer, size, inner) = Around(inputs[0].Shape);
        Running.Arg<T>(inputs[0].Values<T>(Scratch.Slot.Left), outer, size, inner, Largest, Reverse, outputs[0].Span<int>());
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override IEnumerable<Sample> Samples() => [
        new(new CumulativeArgOp(true, 1, false), [new(DType.F64, Shape.Of(3, 7))], Distinct: true), new(new CumulativeArgOp(false, 0, true), [new(DType.I32, Shape.Of(5, 3))], 0, 4)];
}
