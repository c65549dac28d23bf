using System.Numerics;

namespace Diff;

/// <summary>The first input [n, …] with the rows of the second [m, …] in the places of the third [m]; of several in one place the last stays.</summary>
/// <remarks>Linear in the first two together.</remarks>
internal sealed record SetRowsOp : Op {
    public static readonly SetRowsOp Op = new();

    public override string Name => "Set";

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (x, v, at) = (inputs[0], inputs[1], inputs[2]);
        if (at.DType is not (DType.I32 or DType.I64 or DType.U32)) throw new DTypeException($"Set: the indices are {at}; they have to be integers.");
        if (x.DType != v.DType) throw new DTypeException($"Set: {v} does not go into {x}: the dtypes differ.");
        if (at.Shape.Rank != 1 || x.Shape.Rank == 0 || !v.Shape.Equals(x.Shape.With(0, at.Shape[0]))) throw new ShapeException($"Set: {v} are not the rows of {x} at {at}.");
        return [x];
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var (x, y) = (inputs[0], outputs[0]);
        var v = inputs[1].Packed();
        var at = IndexOp.Places(inputs[2], x.Shape[0], countsFromEnd: true);
        Strided.Copy(x, y);
        if (at.Length == 0) return;
        var row = y.Shape.Size / Math.Max(1, y.Shape[0]) * y.DType.Size();
        var from = v.Bytes;
        var to = y.Bytes;
        for (var j = 0; j < at.Length; j++) from.Slice(j * row, row).CopyTo(to.Slice(at[j] * row, row));
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        [Graph.Apply(this, tangents[0] ?? Graph.Fill(0, inputs[0].Type), tangents[1] ?? Graph.Fill(0, inputs[1].Type), inputs[2])];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) {
        if (linear[2]) throw NotLinear();
        var (g, at) = (cotangents[0]!, inputs[2]);
        return [
            linear[0] ? Graph.Apply(this, g, Graph.Fill(0, inputs[1].Type), at) : null,
            linear[1] ? Stayed(g.Take(at), at, inputs[0].Shape[0]) : null,
            null];
    }

    // A row that another took the place of has no part in the result.
    static Tensor Stayed(Tensor rows, Tensor at, int size) {
        var order = Tensor.Arange(at.Size);
        var last = Graph.Apply(Op, Graph.Fill(0, new(DType.I32, Shape.Of(size))), order, at).Take(at);
        var stayed = last.Eq(order).BroadcastBy(rows.Shape, Axes.Of(0));
        return Graph.Apply(SelectOp.Op, stayed, rows, Graph.Fill(0, rows.Type));
    }

    // A stack of tables is one long table, and its places are counted on. Counted from the end they would be another table's.
    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) {
        var all = Repeated(inputs, batched, size);
        var (x, v, at) = (all[0], all[1], all[2]);
        var (n, m) = (x.Shape[1], at.Shape[1]);
        if (size == 0 || m == 0) return [x];
        var front = at.DType == DType.U32 ? at : Functions.Where(at < 0, at + n, at);
        // An index that is outside its own table must be so in the long one, too.
        var inside = at.DType == DType.U32 ? at < n : (front >= 0) & (front < n);
        var place = Functions.Where(inside, front + (Tensor.Arange(size) * n).To(at.DType).Reshape(size, 1), int.MaxValue);
        return [Graph.Apply(this, x.Flatten(0, 2), v.Flatten(0, 2), place.Flatten(0)).ReshapeTo(x.Shape)];
    }

    public override IEnumerable<Sample> Samples() => [
        new(this, [new(DType.F64, Shape.Of(4, 3)), new(DType.F64, Shape.Of(5, 3)), new(DType.I32, Shape.Of(5))], -3.9, 3.9),
        new(this, [new(DType.F64, Shape.Of(6)), new(DType.F64, Shape.Of(2)), new(DType.I64, Shape.Of(2))], -5.9, 5.9)];
}

/// <summary>For each place of [n] which of [n + m] elements is the largest (or smallest) there: its own, or one of the m that the
/// indices put there, numbered from n on. Of equals the first; NaN wins.</summary>
internal sealed record WinnerOp(bool Largest) : Op {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (x, v, at) = (inputs[0], inputs[1], inputs[2]);
        if (at.DType is not (DType.I32 or DType.I64 or DType.U32)) throw new DTypeException($"{Name}: the indices are {at}; they have to be integers.");
        if (x.DType != v.DType) throw new DTypeException($"{Name}: {x} and {v} have different dtypes.");
        if (x.Shape.Rank != 1 || at.Shape.Rank != 1 || !v.Shape.Equals(at.Shape)) throw new ShapeException($"{Name}: {x}, {v} and {at} have to be vectors, the last two of one length.");
        return [new(DType.I32, x.Shape)];
    }

    protected override void Evaluate<T>(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var x = inputs[0].Values<T>(Scratch.Slot.Left);
        ReadOnlySpan<T> v = inputs[1].Packed().Span<T>();
        var at = IndexOp.Places(inputs[2], inputs[0].Shape[0], countsFromEnd: true);
        var y = outputs[0].Span<int>();
        for (var i = 0; i < y.Length; i++) y[i] = i;
        for (var j = 0; j < at.Length; j++) {
            var best = y[at[j]];
            var most = best < x.Length ? x[best] : v[best - x.Length];
            if (!T.IsNaN(most) && (T.IsNaN(v[j]) || (Largest ? v[j] > most : v[j] < most))) y[at[j]] = x.Length + j;
        }
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override IEnumerable<Sample> Samples() => [
        new(new WinnerOp(true), [new(DType.F64, Shape.Of(4)), new(DType.F64, Shape.Of(6)), new(DType.I32, Shape.Of(6))], -3.9, 3.9),
        new(new WinnerOp(false), [new(DType.I32, Shape.Of(4)), new(DType.I32, Shape.Of(6)), new(DType.I64, Shape.Of(6))], -3.9, 3.9)];
}
