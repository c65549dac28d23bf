namespace Diff;

/// <summary>A part of fixed size that begins where an integer vector says, one for each axis. Negative counts from the end; a part
/// that leaves the input is an error, never moved.</summary>
internal sealed record DynamicSliceOp(Shape Sizes) : Op {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        DynamicPart.Check(Name, inputs[0], inputs[1], Sizes);
        return [new(inputs[0].DType, Sizes)];
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) =>
        Strided.Copy(DynamicPart.Of(Name, inputs[0], inputs[1], Sizes), outputs[0]);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [tangents[0] is { } t ? Graph.Apply(this, t, inputs[1]) : null];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) =>
        linear is [true, false] ? [Graph.Apply(DynamicUpdateOp.Op, Graph.Fill(0, inputs[0].Type), cotangents[0]!, inputs[1]), null] : throw NotLinear();

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => batched[1] ? base.Batch(inputs, batched, size)
        : [Graph.Apply(new DynamicSliceOp(Shape.Of([size, .. Sizes.Span])), inputs[0], DynamicPart.WithZero(inputs[1]))];

    public override IEnumerable<Sample> Samples() => [
        new(new DynamicSliceOp(Shape.Of(2, 3)), [new(DType.F64, Shape.Of(4, 5)), new(DType.I32, Shape.Of(2))], 0, 2.9),
        new(new DynamicSliceOp(Shape.Of(1)), [new(DType.F64, Shape.Of(6)), new(DType.I64, Shape.Of(1))], -6, 5.9)];
}

/// <summary>The first input with the second where an integer vector says that it begins; linear in both together.</summary>
internal sealed record DynamicUpdateOp : Op {
    public static readonly DynamicUpdateOp Op = new();

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        DynamicPart.Check(Name, inputs[0], inputs[2], inputs[1].Shape);
        if (inputs[0].DType != inputs[1].DType) throw new DTypeException($"{Name}: {inputs[1]} does not go into {inputs[0]}: the dtypes differ.");
        return [inputs[0]];
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var (x, v, y) = (inputs[0], inputs[1], outputs[0]);
        Strided.Copy(x, y);
        var part = DynamicPart.Of(Name, y, inputs[2], v.Shape);
        new Scatter(v.Layout, part.Layout).Run(v, part);
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        [Graph.Apply(this, tangents[0] ?? Graph.Fill(0, inputs[0].Type), tangents[1] ?? Graph.Fill(0, inputs[1].Type), inputs[2])];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) {
        if (linear[2]) throw NotLinear();
        return [
            linear[0] ? Graph.Apply(this, cotangents[0]!, Graph.Fill(0, inputs[1].Type), inputs[2]) : null,
            linear[1] ? Graph.Apply(new DynamicSliceOp(inputs[1].Shape), cotangents[0]!, inputs[2]) : null,
            null];
    }

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => batched[2] ? base.Batch(inputs, batched, size)
        : Repeated(inputs, [batched[0], batched[1], true], size) is var all ? [Graph.Apply(this, all[0], all[1], DynamicPart.WithZero(inputs[2]))] : [];

    public override IEnumerable<Sample> Samples() => [
        new(this, [new(DType.F64, Shape.Of(4, 5)), new(DType.F64, Shape.Of(2, 3)), new(DType.I32, Shape.Of(2))], 0, 2.9),
        new(this, [new(DType.F64, Shape.Of(6)), new(DType.F64, Shape.Of(1)), new(DType.I64, Shape.Of(1))], -6, 5.9)];
}

/// <summary>What the two have in common.</summary>
internal static class DynamicPart {
    public static void Check(string op, TensorType x, TensorType starts, Shape sizes) {
        if (starts.DType is not (DType.I32 or DType.I64 or DType.U32)) throw new DTypeException($"{op}: the starts are {starts}; they have to be integers.");
        if (starts.Shape.Rank != 1 || starts.Shape[0] != x.Shape.Rank || sizes.Rank != x.Shape.Rank) throw new ShapeException($"{op}: {x} needs one start and one size for each of its {x.Shape.Rank} axes, not {starts} and {sizes}.");
        for (var a = 0; a < sizes.Rank; a++)
            if (sizes[a] > x.Shape[a]) throw new ShapeException($"{op}: {sizes[a]} elements are more than axis {a} of {x} has.");
    }

    public static View Of(string op, View x, View starts, Shape sizes) {
        var (from, packed) = (new int[sizes.Rank], starts.Packed());
        for (var a = 0; a < from.Length; a++) {
            var start = (long)Numbers.Read(packed, a);
            var at = start < 0 ? start + x.Shape[a] : start;
            if (at < 0 || at + sizes[a] > x.Shape[a]) throw new ShapeException($"{op}: {sizes[a]} elements from {start} leave axis {a} of {x.Type}, which has {x.Shape[a]}.");
            from[a] = (int)at;
        }
        return x.As(x.Layout.Slice(Axes.Of(from), Axes.Of([.. from.Select(_ => 1)]), sizes));
    }

    public static Tensor WithZero(Tensor starts) => Graph.Apply(new ConcatOp(0), Graph.Fill(0, new(starts.DType, Shape.Of(1))), starts);
}

public sealed partial class Tensor {
    /// <summary>A part of fixed size whose place is computed: x[i .. i + size] with i a tensor, in every transform and without a new program for each i.</summary>
    /// <param name="starts">Integers [rank], where the part begins on each axis; negative counts from the end.</param>
    /// <param name="sizes">Of the part, one for each axis.</param>
    /// <remarks>JAX's <c>dynamic_slice</c> moves a part that would leave the tensor back inside; here it is an error.</remarks>
    /// <exception cref="ShapeException">The part leaves the tensor.</exception>
    public Tensor DynamicSlice(Tensor starts, params int[] sizes) => Graph.Apply(new DynamicSliceOp(Shape.Of(sizes)), this, starts);

    /// <summary>This with a part replaced whose place is computed; the derivative goes to both.</summary>
    /// <param name="part">What is put there; of as many axes.</param>
    /// <param name="starts">Integers [rank], where the part begins on each axis; negative counts from the end.</param>
    /// <exception cref="ShapeException">The part leaves the tensor.</exception>
    public Tensor DynamicUpdate(Tensor part, Tensor starts) => Graph.Apply(DynamicUpdateOp.Op, this, part.Given().To(DType), starts);
}
