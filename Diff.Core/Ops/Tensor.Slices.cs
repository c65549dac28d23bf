using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>What selects along one axis between the brackets of a tensor: an integer, a range, a range with a step, integers in a
/// tensor, a mask of bools, a new axis, or all the axes that are left.</summary>
/// <remarks><c>m[0]</c>, <c>m[^1]</c>, <c>m[1.., ..^1]</c>, <c>m[.. % 2, 0]</c>, <c>m[indices]</c>, <c>m[.., NewAxis]</c>, <c>m[Slice.Rest, 0]</c>.</remarks>
public readonly struct Slice {
    internal enum Kind : byte { Range, Index, NewAxis, Rest, Take }

    internal Kind What { get; private init; }
    internal Range Range { get; private init; }
    internal Index At { get; private init; }
    internal int Step { get; private init; }
    internal Tensor? Indices { get; private init; }

    /// <summary>A new axis of size 1.</summary>
    public static Slice NewAxis => new() { What = Kind.NewAxis };

    /// <summary>All the axes that nothing else speaks of, at this place; else they are the last.</summary>
    public static Slice Rest => new() { What = Kind.Rest };

    /// <summary>One element along the axis, which disappears; negative counts from the end.</summary>
    public static implicit operator Slice(int index) => new() { What = Kind.Index, At = index < 0 ? new Index(-index, fromEnd: true) : index };

    /// <summary>One element along the axis, which disappears.</summary>
    public static implicit operator Slice(Index index) => new() { What = Kind.Index, At = index };

    /// <summary>A stretch of the axis.</summary>
    public static implicit operator Slice(Range range) => new() { Range = range, Step = 1 };

    /// <summary>The elements at these integers, in their order and shape; or those where a mask of bools is true.</summary>
    public static implicit operator Slice(Tensor indices) => new() { What = Kind.Take, Indices = indices.Given(function: "Index") };

    internal static Slice Every(Range range, int step) => new() { Range = range, Step = step };
}

public static partial class Functions {
    /// <summary>A new axis of size 1 between the brackets of a tensor: <c>x[.., NewAxis]</c>.</summary>
    public static Slice NewAxis => Slice.NewAxis;

    extension(Range) {
        /// <summary>Every step-th element of a range, backwards where the step is negative: <c>x[.. % 2]</c>, <c>x[.. % -1]</c>.</summary>
        public static Slice operator %(Range range, int step) => Slice.Every(range, step);
    }
}

public sealed partial class Tensor {
    /// <summary>The part that the slices select, one for each axis from the first.</summary>
    /// <exception cref="ShapeException">An index or a range leaves its axis, or there are more slices than axes.</exception>
    [IndexerName("Slices")]
    public Tensor this[params Slice[] slices] {
        get {
            if (Array.FindIndex(slices.Given(function: "Index"), s => s.Indices?.DType == DType.Bool) is var mask && mask >= 0) return Masked(slices, mask);
            var used = slices.Count(s => s.What is not (Slice.Kind.NewAxis or Slice.Kind.Rest));
            if (used > Rank) throw new ShapeException($"Index: {Type} has {Rank} axes, and {used} are indexed.");
            if (slices.Count(s => s.What == Slice.Kind.Rest) > 1) throw new ShapeException("Index: Rest can stand for the other axes once.");
            var (start, step, sizes, backwards) = (new int[Rank], new int[Rank], Shape.ToArray(), new List<int>());
            Array.Fill(step, 1);
            var shape = new List<int>();
            var takes = new List<(int Axis, Tensor Indices)>();
            var axis = 0;
            foreach (var slice in slices) {
                if (slice.What == Slice.Kind.NewAxis) {
                    shape.Add(1);
                    continue;
                }
                if (slice.What == Slice.Kind.Rest) {
                    for (var left = Rank - used; left > 0; left--) shape.Add(Shape[axis++]);
                    continue;
                }
                var size = Shape[axis];
                if (slice.What == Slice.Kind.Index) {
                    var at = slice.At.GetOffset(size);
                    if (at < 0 || at >= size) throw new ShapeException($"Index: {slice.At} is outside axis {axis} of {Type}, which has {size} elements.");
                    (start[axis], sizes[axis]) = (at, 1);
                } else if (slice.What == Slice.Kind.Take) {
                    takes.Add((shape.Count, slice.Indices!));
                    shape.Add(size);
                } else {
                    var (from, to) = (slice.Range.Start.GetOffset(size), slice.Range.End.GetOffset(size));
                    if (from < 0 || to > size || from > to) throw new ShapeException($"Index: {slice.Range} is outside axis {axis} of {Type}, which has {size} elements.");
                    if (slice.Step == 0) throw new ShapeException("Index: a step of 0 never ends.");
                    var stride = Math.Abs(slice.Step);
                    sizes[axis] = (to - from + stride - 1) / stride;
                    (start[axis], step[axis]) = (from, stride);
                    if (slice.Step < 0) {
                        // Backwards from the last: the first one kept is where the steps from the end arrive.
                        if (sizes[axis] > 0) start[axis] = to - 1 - (sizes[axis] - 1) * stride;
                        backwards.Add(axis);
                    }
                    shape.Add(sizes[axis]);
                }
                axis++;
            }
            for (; axis < Rank; axis++) shape.Add(Shape[axis]);
            var part = SliceBy(Axes.Of(start), Axes.Of(step), Shape.Of(sizes));
            if (backwards.Count > 0) part = Graph.Apply(new FlipOp(Axes.Of([.. backwards])), part);
            part = part.ReshapeTo(Shape.Of([.. shape]));
            // From the last, so that the axes before keep their places.
            foreach (var (at, indices) in Enumerable.Reverse(takes)) part = part.Take(indices, at);
            return part;
        }
    }

    /// <summary>Whole slices along an axis, by integers of any shape: [a, n, b] taken at [p, q] along axis 1 → [a, p, q, b].</summary>
    /// <exception cref="ShapeException">An index is outside the axis; negative ones count from its end.</exception>
    /// <exception cref="DTypeException">The indices are not integers.</exception>
    public Tensor Take(Tensor indices, int axis = 0) => Graph.Apply(new TakeOp(Shape.Axis(axis)), this, WholeNumber(indices.Given()));

    static Tensor WholeNumber(Tensor index) =>
        index.Given().IsWeak && index.Call is null && Numbers.Fits(index.Item(), DType.I32) ? index.To(DType.I32) : index;

    /// <summary>One element for each index: the shapes are equal but along the axis.</summary>
    /// <exception cref="ShapeException">An index is outside the axis, or the shapes do not fit.</exception>
    /// <param name="indices">Integers.</param>
    /// <param name="axis">Along which; the last unless told.</param>
    /// <param name="wrap">Whether negative indices count from the end; else they are errors, as a label of −1 is.</param>
    public Tensor TakeAlong(Tensor indices, int axis = -1, bool wrap = true) => Graph.Apply(new TakeAlongOp(Shape.Axis(axis), wrap), this, indices);

    /// <summary>This with the slices' values added at integers along the first axis; several at one index add up.</summary>
    /// <param name="indices">Integers [m].</param>
    /// <param name="values">[m, …].</param>
    public Tensor ScatterAdd(Tensor indices, Tensor values) =>
        Rank == 0 ? throw new ShapeException($"ScatterAdd: {Type} is a scalar, which has no first axis to add along.")
        : this + Graph.Apply(new PutOp(0, Shape[0]), values.Given().IsWeak ? Promotion.MatchTypes(this, values).Item2 : values, indices);
}
