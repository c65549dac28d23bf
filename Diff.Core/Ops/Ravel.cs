using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Index tuples [.., r] into r axes as row-major places [..], i32. Each is checked; negative ones count from the end.</summary>
internal sealed record RavelOp(Shape Over) : Op {
    public override string Name => "Gather";

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var at = inputs[0];
        if (at.DType is not (DType.I32 or DType.I64 or DType.U32)) throw new DTypeException($"{Name}: the indices are {at}; they have to be integers.");
        if (at.Shape.Rank == 0 || at.Shape[^1] != Over.Rank) throw new ShapeException($"{Name}: the last axis of indices {at} has to hold one index for each of the {Over.Rank} axes of {Over}.");
        return [new(DType.I32, Shape.Of(at.Shape.Span[..^1]))];
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var at = inputs[0].Packed();
        var y = outputs[0].Span<int>();
        for (var j = 0; j < y.Length; j++) {
            var place = 0;
            for (var a = 0; a < Over.Rank; a++) {
                var index = at.DType switch {
                    DType.I32 => at.Span<int>()[j * Over.Rank + a],
                    DType.I64 => at.Span<long>()[j * Over.Rank + a],
                    _ => at.Span<uint>()[j * Over.Rank + a],
                };
                var n = Over[a];
                if (index < -n || index >= n) throw new ShapeException($"{Name}: index {index} (number {j}) is outside axis {a} of {Over}, which has {n} elements.");
                place = place * n + (int)(index < 0 ? index + n : index);
            }
            y[j] = place;
        }
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(this, inputs);

    public override IEnumerable<Sample> Samples() => [
        new(new RavelOp(Shape.Of(4, 5)), [new(DType.I32, Shape.Of(3, 2))], -3.9, 3.9), new(new RavelOp(Shape.Of(6)), [new(DType.I64, Shape.Of(2, 3, 1))], -5.9, 5.9)];
}

public sealed partial class Tensor {
    /// <summary>Elements, or slices, by index tuples: of x [a, b, c] by [.., 2] the slices x[i, j], [.., c]. TensorFlow's <c>gather_nd</c>,
    /// NumPy's and PyTorch's <c>x[i, j]</c> of two index arrays stacked along a last axis.</summary>
    /// <param name="indices">Integers [.., r] with r at most the rank; negative ones count from the end.</param>
    /// <exception cref="ShapeException">An index is outside its axis.</exception>
    public Tensor Gather(Tensor indices) => Leading(indices.Given(), out var places).Take(places);

    /// <summary>The places of index tuples, to put something there: <c>x.AtEach(indices).Add(values)</c>. See <see cref="Place"/>.</summary>
    /// <param name="indices">Integers [.., r] with r at most the rank; negative ones count from the end.</param>
    public Place AtEach(Tensor indices) {
        var rows = Leading(indices.Given(), out var places);
        return new(this, rows, places, Shape.Of([.. places.Shape.Span, .. rows.Shape.Span[1..]]));
    }

    Tensor Leading(Tensor indices, out Tensor places) {
        var r = indices.Rank == 0 ? 0 : indices.Shape[^1];
        if (r < 1 || r > Rank) throw new ShapeException($"Gather: the last axis of indices {indices.Type} has to hold one index for each of some axes of {Type}: 1 to {Rank}.");
        places = Graph.Apply(new RavelOp(Shape.Of(Shape.Span[..r])), indices);
        return Flatten(0, r);
    }
}

public static partial class Functions {
    /// <summary>Sums of the rows that have one number: [m, …] with segments [m] → [count, …]. A segment without rows is 0.</summary>
    /// <param name="values">[m, …].</param>
    /// <param name="segments">Integers [m] in 0 … count − 1, in any order.</param>
    /// <param name="count">How many segments there are.</param>
    /// <exception cref="ShapeException">A segment is outside, or the sizes differ.</exception>
    public static Tensor SegmentSum(Tensor values, Tensor segments, int count) => Graph.Apply(new PutOp(0, count), values.Given().DType == DType.Bool ? values.To(DType.I32) : values, segments);

    /// <summary>The largest of the rows that have one number, element by element: [m, …] with segments [m] → [count, …]. A segment without rows has the
    /// least value of the dtype, −∞ of floats. Of equals the first has the derivative.</summary>
    /// <remarks>JAX's <c>segment_max</c>. <example><code>
    /// var best = SegmentMax(scores, players, count: 3);        // f32[100], i32[100] → f32[3]
    /// </code></example></remarks>
    /// <exception cref="DTypeException">The values are bool.</exception>
    /// <inheritdoc cref="SegmentSum"/>
    public static Tensor SegmentMax(Tensor values, Tensor segments, int count) => Extremes(values.Given(), count, least: true).At(segments.Given()).Max(values);

    /// <summary>The smallest of the rows that have one number, element by element: [m, …] with segments [m] → [count, …]. A segment without rows has the
    /// greatest value of the dtype, ∞ of floats. Of equals the first has the derivative.</summary>
    /// <remarks>JAX's <c>segment_min</c>.</remarks>
    /// <exception cref="DTypeException">The values are bool.</exception>
    /// <inheritdoc cref="SegmentSum"/>
    public static Tensor SegmentMin(Tensor values, Tensor segments, int count) => Extremes(values.Given(), count, least: false).At(segments.Given()).Min(values);

    // Where every value is at least, or at most, what is there: [count, …] for values [m, …].
    static Tensor Extremes(Tensor values, int count, bool least, [CallerMemberName] string op = "") {
        if (values.Rank == 0) throw new ShapeException($"{op}: {values.Type} is a scalar, which has no rows.");
        var value = values.DType switch {
            DType.F32 or DType.F64 => Tensor.Scalar(least ? double.NegativeInfinity : double.PositiveInfinity).To(values.DType),
            DType.I32 => Tensor.Scalar(least ? int.MinValue : int.MaxValue),
            DType.I64 => Tensor.Scalar(least ? long.MinValue : long.MaxValue),
            DType.U32 => Tensor.Scalar(least ? uint.MinValue : uint.MaxValue),
            _ => throw new DTypeException($"{op} takes numbers, not bool; convert, x.To(DType.I32)."),
        };
        return value.BroadcastTo(Shape.Of([count, .. values.Shape.Span[1..]]));
    }

    /// <summary>How often each of 0 … length − 1 occurs, i32 [length]; or the sums of the weights of each.</summary>
    /// <param name="x">Integers of any shape.</param>
    /// <param name="length">Of the result.</param>
    /// <param name="weights">Of x's shape.</param>
    /// <exception cref="ShapeException">An element is outside 0 … length − 1, or there is not one weight for each.</exception>
    public static Tensor Bincount(Tensor x, int length, Tensor? weights = null) {
        // Counted from the end a negative one would be some other number.
        var flat = x.Given().DType == DType.U32 ? x.Flatten(0) : Where(x < 0, length, x).Flatten(0);
        return SegmentSum(weights?.Flatten(0) ?? Graph.Fill(1, new(DType.I32, flat.Shape)), flat, length);
    }
}
