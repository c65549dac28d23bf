namespace Diff;

public sealed partial class Tensor {
    /// <summary>The axes reversed: the transpose of a matrix.</summary>
    public Tensor T => TransposeBy(Axes.Of([.. Enumerable.Range(0, Rank).Reverse()]));

    /// <summary>The axes in another order, or reversed where none is given: axis i of the result is axis order[i] of this.</summary>
    public Tensor Transpose(params int[] order) => order.Given().Length == 0 ? T : TransposeBy(Axes.Of([.. order.Select(a => Shape.Axis(a))]));

    /// <summary>One axis moved to another place, the others in their order.</summary>
    public Tensor MoveAxis(int from, int to) {
        var (source, target) = (Shape.Axis(from), Shape.Axis(to));
        var order = Enumerable.Range(0, Rank).Where(a => a != source).ToList();
        order.Insert(target, source);
        return TransposeBy(Axes.Of([.. order]));
    }

    /// <summary>Two axes exchanged.</summary>
    public Tensor SwapAxes(int a, int b) {
        var order = Enumerable.Range(0, Rank).ToArray();
        (a, b) = (Shape.Axis(a), Shape.Axis(b));
        (order[a], order[b]) = (b, a);
        return TransposeBy(Axes.Of(order));
    }

    /// <summary>The same elements in row-major order under another shape; one size may be −1: what is left.</summary>
    /// <exception cref="ShapeException">The numbers of elements differ.</exception>
    public Tensor Reshape(params int[] shape) {
        var unknown = Array.IndexOf(shape.Given(), -1);
        if (unknown < 0) return ReshapeTo(Shape.Of(shape));
        var known = shape.Where((_, i) => i != unknown).Aggregate(1L, (p, d) => p * d);
        if (shape.Count(d => d == -1) > 1 || known == 0 || Size % known != 0)
            throw new ShapeException($"Reshape: {Type} has {Size} elements, which [{string.Join(",", shape)}] does not divide{(shape.Count(d => d == -1) > 1 ? "; one −1 at most" : "")}.");
        return ReshapeTo(Shape.Of([.. shape.Select((d, i) => i == unknown ? (int)(Size / known) : d)]));
    }

    /// <summary>All axes from one on as one: [64, 16, 5, 5] is [64, 400] from axis 1 on, 25600 from axis 0 on.</summary>
    public Tensor Flatten(int from = 1) => Rank == 0 ? Reshape(1) : Flatten(Shape.Axis(from), Rank);

    /// <summary>The axes from one up to but without another as one.</summary>
    internal Tensor Flatten(int from, int to) => ReshapeTo(Shape.Of([.. Shape.Span[..from], Shape.Span[from..to].ToArray().Aggregate(1, (p, d) => p * d), .. Shape.Span[to..]]));

    /// <summary>A new axis of size 1 there; −1 is behind the last.</summary>
    public Tensor ExpandDims(int axis) {
        if (axis < -Rank - 1 || axis > Rank) throw new ShapeException($"ExpandDims: {Type} has no place {axis} for a new axis, only {-Rank - 1} to {Rank}.");
        var at = axis < 0 ? axis + Rank + 1 : axis;
        return Reshape([.. Shape.Span[..at], 1, .. Shape.Span[at..]]);
    }

    /// <summary>Without these axes of size 1, or without all of them where none is given.</summary>
    /// <exception cref="ShapeException">An axis has another size.</exception>
    public Tensor Squeeze(params int[] axes) {
        var drop = axes.Given().Length == 0 ? Axes.Of([.. Enumerable.Range(0, Rank).Where(a => Shape[a] == 1)]) : Shape.AxesOf(axes);
        foreach (var a in drop.Span)
            if (Shape[a] != 1) throw new ShapeException($"Squeeze: axis {a} of {Type} has size {Shape[a]}, not 1.");
        return ReshapeTo(Shape.Without(drop));
    }

    /// <summary>Repeated to a shape that this one broadcasts to: axes are matched from the last.</summary>
    /// <exception cref="ShapeException">It does not.</exception>
    public Tensor BroadcastTo(params int[] shape) => BroadcastTo(Shape.Of(shape));

    internal Tensor BroadcastTo(Shape shape) {
        if (Rank > shape.Rank) throw new ShapeException($"BroadcastTo: {Type} has more axes than {shape}.");
        return BroadcastBy(shape, Axes.Range(shape.Rank - Rank, Rank));
    }

    /// <summary>The order reversed along these axes, or all.</summary>
    public Tensor Flip(params int[] axes) => Rank == 0 ? this : Graph.Apply(new FlipOp(Shape.AxesOf(axes)), this);

    /// <summary>A constant put before and after each axis: one (before, after) an axis, or one for all.</summary>
    // A literal 0 is also of every enum type, PadMode among them.
    [System.Runtime.CompilerServices.OverloadResolutionPriority(1)]
    public Tensor Pad(double value, params (int Before, int After)[] widths) {
        if (widths.Given().Length == 1 && Rank != 1) widths = [.. Enumerable.Repeat(widths[0], Rank)];
        if (widths.Any(w => w.Before < 0 || w.After < 0)) throw new ShapeException("Pad: widths are not negative; cut off with a slice, x[1..^1].");
        var op = new PadOp(Axes.Of([.. widths.Select(w => w.Before)]), Axes.Of([.. widths.Select(w => w.After)]), Axes.Of(new int[widths.Length]));
        var padded = Graph.Apply(op, this);
        if (value == 0) return padded;
        var inside = Graph.Apply(op, Full(1, Shape, DType.I32));
        return Functions.Where(inside.Eq(1), padded, value);
    }

    /// <summary>Cut into parts of these sizes along an axis.</summary>
    /// <exception cref="ShapeException">The sizes do not add up to the axis.</exception>
    public Tensor[] Split(int[] sizes, int axis = 0) {
        var a = Shape.Axis(axis);
        if (sizes.Given().Any(s => s < 0) || sizes.Sum() != Shape[a]) throw new ShapeException($"Split: the sizes {string.Join(" + ", sizes)} are not axis {a} of {Type}.");
        var at = 0;
        return [.. sizes.Select(s => SliceAxis(a, (at += s) - s, s))];
    }

    internal Tensor SliceAxis(int axis, int from, int count, int step = 1) {
        var (start, steps) = (new int[Rank], Enumerable.Repeat(1, Rank).ToArray());
        (start[axis], steps[axis]) = (from, step);
        return SliceBy(Axes.Of(start), Axes.Of(steps), Shape.With(axis, count));
    }

    // What the functions above and the rules of ops are spelled with. A constant stays one, and what changes nothing is nothing.

    internal Tensor ReshapeTo(Shape shape) =>
        shape.Equals(Shape) ? this
        : IsFill(out var c) && shape.Size == Size ? Graph.Fill(c, new(DType, shape))
        : Graph.Apply(new ReshapeOp(shape), this);

    internal Tensor TransposeBy(Axes order) {
        for (var i = 0; i < order.Count; i++)
            if (order[i] != i) return IsFill(out var c) && order.Count == Rank ? Graph.Fill(c, new(DType, Shape.Of([.. order.Span.ToArray().Select(a => Shape[a])]))) : Graph.Apply(new TransposeOp(order), this);
        return order.Count == Rank ? this : Graph.Apply(new TransposeOp(order), this);
    }

    internal Tensor BroadcastBy(Shape shape, Axes map) =>
        shape.Equals(Shape) ? this
        : IsFill(out var c) && IsWeak == false ? Graph.Fill(c, new(DType, shape))
        : Graph.Apply(new BroadcastOp(shape, map), this);

    internal Tensor SumOver(Axes axes) => axes.Count == 0 ? this : Graph.Apply(new SumOp(axes), this);

    internal Tensor SliceBy(Axes start, Axes step, Shape sizes) => sizes.Equals(Shape) ? this : Graph.Apply(new SliceOp(start, step, sizes), this);
}

public static partial class Functions {
    /// <summary>Tensors one after another along an axis that they already have.</summary>
    /// <exception cref="ShapeException">They differ along another axis, or there is none.</exception>
    public static Tensor Concat(Tensor[] parts, int axis = 0) {
        if (parts.Given().Length == 0) throw new ShapeException("Concat: there are no parts.");
        var same = SameTypes(parts);
        return parts.Length == 1 ? same[0] : Graph.Apply(new ConcatOp(same[0].Shape.Axis(axis)), same);
    }

    /// <summary>Tensors of one shape along a new axis.</summary>
    /// <exception cref="ShapeException">Their shapes differ, or there is none.</exception>
    public static Tensor Stack(Tensor[] parts, int axis = 0) {
        if (parts.Given().Length == 0) throw new ShapeException("Stack: there are no parts.");
        for (var i = 1; i < parts.Length; i++)
            if (!parts[i].Shape.Equals(parts[0].Shape)) throw new ShapeException($"Stack: part {i} is {parts[i].Type}, part 0 is {parts[0].Type}; all have to have one shape.");
        return Concat([.. SameTypes(parts).Select(p => p.ExpandDims(axis))], axis < 0 ? axis + parts[0].Rank + 1 : axis);
    }

    static Tensor[] SameTypes(Tensor[] parts) {
        var firm = parts.Where(p => !p.IsWeak).Select(p => p.DType).ToArray();
        var type = firm.Length > 0 ? firm.Aggregate(DTypes.Promote) : DType.F64;
        return [.. parts.Select(p => p.To(type))];
    }
}
