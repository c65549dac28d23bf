namespace Diff;

// Contractions by name, by count and by place.
public static partial class Functions {
    /// <summary>Einstein's sum: each axis of each operand has a letter; the output is summed over the letters that it does not name.</summary>
    /// <param name="subscripts">Letters for each operand, <c>"ij,jk->ik"</c>. Without <c>-></c> the output has what occurs once, in alphabetical order. A letter twice in one
    /// operand is a diagonal; <c>...</c> stands for further axes, which broadcast. Spaces do not count.</param>
    /// <param name="operands">Numbers; dtypes promote. More than two are contracted in pairs, the cheapest first.</param>
    /// <remarks>NumPy's <c>einsum</c>. <example><code>
    /// var y = Einsum("bik,bkj->bij", a, b);           // a stack of matrix products
    /// var t = Einsum("ii", m);                        // the trace
    /// var q = Einsum("i,ij,j->", x, m, x);            // xᵀ·m·x
    /// </code></example></remarks>
    /// <exception cref="ShapeException">The subscripts do not fit the operands: the message names the letter, the operands and their sizes.</exception>
    /// <exception cref="DTypeException">All operands are bool.</exception>
    public static Tensor Einsum(string subscripts, params Tensor[] operands) {
        subscripts.Given();
        if (operands.Given().Length == 0) throw new ShapeException($"Einsum \"{subscripts}\": there are no operands.");
        var same = SameTypes(operands);
        return same[0].DType == DType.Bool ? throw new DTypeException($"Einsum \"{subscripts}\" takes numbers, not bool; convert, x.To(DType.I32).") : Contraction.Run(subscripts, same);
    }

    /// <summary>Sums of products over the last axes of a and the first of b: [.., k₁, k₂], [k₁, k₂, ..] → [.., ..].</summary>
    /// <param name="a">Left.</param>
    /// <param name="b">Right; dtypes promote.</param>
    /// <param name="axes">How many: 1 is a matrix product, 0 an outer one.</param>
    /// <remarks>NumPy's <c>tensordot</c>.</remarks>
    /// <exception cref="ShapeException">There are not so many axes, or their sizes differ.</exception>
    public static Tensor Tensordot(Tensor a, Tensor b, int axes = 2) =>
        a.Given().Rank is var m && b.Given().Rank is var n && axes >= 0 && axes <= m && axes <= n
            ? Tensordot(a, b, [.. Enumerable.Range(a.Rank - axes, axes)], [.. Enumerable.Range(0, axes)])
            : throw new ShapeException($"Tensordot: {a.Type} and {b.Type} do not both have {axes} axes.");

    /// <summary>Sums of products over these axes of a and those of b: the result has a's others, then b's.</summary>
    /// <remarks>NumPy's <c>tensordot(a, b, axes=(left, right))</c>. <example><code>
    /// var y = Tensordot(a, b, [0, 2], [1, 0]);        // f64[3,4,5], f64[5,3,2] → f64[4,2]
    /// </code></example></remarks>
    /// <exception cref="ShapeException">The sizes differ, or an axis does not exist.</exception>
    public static Tensor Tensordot(Tensor a, Tensor b, int[] left, int[] right) {
        a.Given();
        b.Given();
        if (left.Given().Length != right.Given().Length) throw new ShapeException($"Tensordot: {left.Length} axes on the left and {right.Length} on the right; they go in pairs.");
        int[] l = [.. left.Select(x => a.Shape.Axis(x, "Tensordot"))], r = [.. right.Select(x => b.Shape.Axis(x, "Tensordot"))];
        if (l.Distinct().Count() < l.Length || r.Distinct().Count() < r.Length) throw new ShapeException($"Tensordot: [{string.Join(",", left)}] or [{string.Join(",", right)}] names one axis twice.");
        for (var i = 0; i < l.Length; i++)
            if (a.Shape[l[i]] != b.Shape[r[i]]) throw new ShapeException($"Tensordot: axis {left[i]} of left {a.Type} has size {a.Shape[l[i]]}, axis {right[i]} of right {b.Type} has {b.Shape[r[i]]}.");
        (a, b) = Promotion.MatchTypes(a, b);
        return Graph.Apply(new DotOp(Axes.None, Axes.None, Axes.Of(l), Axes.Of(r)), a, b);
    }

    /// <summary>The inner product of two vectors, [k], [k] → []; in general sums over the last axis of a and the last but one of b:
    /// [.., k], [.., k, n] → [.., .., n], a's other axes, then b's.</summary>
    /// <remarks>NumPy's <c>dot</c>. With a scalar it is the product. Of stacks <see cref="MatMul"/> pairs the matrices and <see cref="VecDot"/> the vectors; this
    /// is all with all.</remarks>
    /// <exception cref="ShapeException">The sizes differ.</exception>
    public static Tensor Dot(Tensor a, Tensor b) => a.Given().Rank == 0 || b.Given().Rank == 0 ? a * b : Tensordot(a, b, [-1], [b.Rank == 1 ? 0 : -2]);

    /// <summary>Sums of products over the last axes of both: [.., k], [.., k] → [.., ..], a's other axes, then b's.</summary>
    /// <remarks>NumPy's <c>inner</c>. With a scalar it is the product. For one result for each pair of vectors of two stacks: <see cref="VecDot"/>.</remarks>
    /// <exception cref="ShapeException">The last sizes differ.</exception>
    public static Tensor Inner(Tensor a, Tensor b) => a.Given().Rank == 0 || b.Given().Rank == 0 ? a * b : Tensordot(a, b, [-1], [-1]);

    /// <summary>The inner products of vectors along an axis, after broadcasting: [.., k], [.., k] → [..].</summary>
    /// <remarks>NumPy's <c>linalg.vecdot</c>.</remarks>
    /// <exception cref="ShapeException">The shapes do not broadcast, the sizes along the axis differ, or there is no such axis.</exception>
    public static Tensor VecDot(Tensor a, Tensor b, int axis = -1) {
        // From the end, where axes of tensors of different rank meet.
        var rank = Math.Max(a.Given().Rank, b.Given().Rank);
        if (axis >= 0) axis -= rank;
        var (m, n) = (a.Shape[a.Shape.Axis(axis)], b.Shape[b.Shape.Axis(axis)]);
        return m == n ? (a * b).Sum(axis) : throw new ShapeException($"VecDot: axis {axis} has size {m} in left {a.Type} and {n} in right {b.Type}.");
    }
}
