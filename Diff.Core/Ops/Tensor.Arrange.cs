namespace Diff;

/// <summary>What stands around a tensor that is padded with its own elements, as NumPy's <c>pad</c> names it.</summary>
public enum PadMode : byte {
    /// <summary>The outermost element again: a a | a b c | c c.</summary>
    Edge,
    /// <summary>Mirrored at the outermost element, which is not repeated: c b | a b c | b a.</summary>
    Reflect,
    /// <summary>Mirrored behind the outermost element: b a | a b c | c b.</summary>
    Symmetric,
    /// <summary>From the other end: b c | a b c | a b.</summary>
    Wrap,
}

// Elements put into another order, repeated, or taken apart: slices, reshapes and broadcasts, so their derivatives come with them.
public sealed partial class Tensor {
    /// <summary>The parts along an axis, which disappears: [n, a] → n tensors [a].</summary>
    public Tensor[] Unstack(int axis = 0) {
        var a = Shape.Axis(axis);
        return [.. Enumerable.Range(0, Shape[a]).Select(i => SliceAxis(a, i, 1).ReshapeTo(Shape.Without(Axes.Of(a))))];
    }

    /// <summary>Cut into equal parts along an axis.</summary>
    /// <exception cref="ShapeException">The axis does not divide into so many.</exception>
    public Tensor[] Split(int parts, int axis = 0) {
        var a = Shape.Axis(axis);
        if (parts < 1 || Shape[a] % parts != 0) throw new ShapeException($"Split: axis {a} of {Type} does not divide into {parts} equal parts; say their sizes, Split([…], {axis}).");
        return Split([.. Enumerable.Repeat(Shape[a] / parts, parts)], a);
    }

    /// <summary>Moved on along an axis by so many places; what leaves at one end comes in at the other.</summary>
    /// <param name="by">Towards the end, or (negative) the front; any number.</param>
    /// <param name="axis">Along which.</param>
    public Tensor Roll(int by, int axis = -1) {
        var (a, n) = (Shape.Axis(axis), Shape[Shape.Axis(axis)]);
        var shift = n == 0 ? 0 : (by % n + n) % n;
        return shift == 0 ? this : Graph.Apply(new ConcatOp(a), SliceAxis(a, n - shift, shift), SliceAxis(a, 0, n - shift));
    }

    /// <summary>Each element n times in a row along an axis: a b → a a b b.</summary>
    public Tensor Repeat(int n, int axis = -1) {
        var a = Shape.Axis(axis);
        if (n < 0) throw new ShapeException($"Repeat: {n} times is fewer than none.");
        var spread = Shape.Of([.. Shape.Span[..(a + 1)], n, .. Shape.Span[(a + 1)..]]);
        return BroadcastBy(spread, Axes.Of([.. Enumerable.Range(0, Rank + 1).Where(i => i != a + 1)])).ReshapeTo(Shape.With(a, checked(Shape[a] * n)));
    }

    /// <summary>Each element its own number of times in a row along an axis.</summary>
    /// <exception cref="ShapeException">There is not one number for each element.</exception>
    public Tensor Repeat(int[] counts, int axis = -1) {
        var a = Shape.Axis(axis);
        if (counts.Given().Length != Shape[a] || counts.Any(c => c < 0)) throw new ShapeException($"Repeat: {counts.Length} counts for the {Shape[a]} elements of axis {a} of {Type}; none may be negative.");
        return Take(Ints([.. counts.SelectMany((c, i) => Enumerable.Repeat(i, c))]), a);
    }

    /// <summary>The whole several times along each axis, the last count for the last axis: a b → a b a b. More counts than axes make new ones.</summary>
    public Tensor Tile(params int[] counts) {
        if (counts.Given().Any(c => c < 0)) throw new ShapeException($"Tile: [{string.Join(", ", counts)}] times is fewer than none.");
        var rank = Math.Max(Rank, counts.Length);
        int[] sizes = [.. Enumerable.Repeat(1, rank - Rank), .. Shape.Span], times = [.. Enumerable.Repeat(1, rank - counts.Length), .. counts];
        // Each axis beside one of its repetitions, then both as one.
        var pairs = Shape.Of([.. Enumerable.Range(0, rank).SelectMany(a => new[] { times[a], sizes[a] })]);
        return ReshapeTo(Shape.Of(sizes)).BroadcastBy(pairs, Axes.Of([.. Enumerable.Range(0, rank).Select(a => 2 * a + 1)]))
            .ReshapeTo(Shape.Of([.. Enumerable.Range(0, rank).Select(a => checked(times[a] * sizes[a]))]));
    }

    /// <summary>Turned by quarters in the plane of two axes, from the first towards the second.</summary>
    /// <param name="turns">How many quarters; negative ones the other way.</param>
    /// <param name="from">The axis that is turned …</param>
    /// <param name="to">… towards this one.</param>
    public Tensor Rot90(int turns = 1, int from = 0, int to = 1) => ((turns % 4 + 4) % 4) switch {
        1 => Flip(to).SwapAxes(from, to),
        2 => Flip(from, to),
        3 => SwapAxes(from, to).Flip(to),
        _ => Shape.Axis(from) == Shape.Axis(to) ? throw new ShapeException("Rot90: a plane has two axes.") : this,
    };

    /// <summary>Padded with its own elements: one (before, after) an axis, or one for all. NumPy's and JAX's <c>pad(mode=…)</c>.</summary>
    /// <param name="mode">Which elements; see <see cref="PadMode"/>.</param>
    /// <param name="widths">How many before and after each axis; any number.</param>
    /// <exception cref="ShapeException">A width is negative, or an axis has nothing to pad with.</exception>
    public Tensor Pad(PadMode mode, params (int Before, int After)[] widths) {
        if (widths.Given().Length == 1 && Rank != 1) widths = [.. Enumerable.Repeat(widths[0], Rank)];
        if (widths.Length != Rank) throw new ShapeException($"Pad: widths for {widths.Length} axes, but {Type} has {Rank}.");
        if (widths.Any(w => w.Before < 0 || w.After < 0)) throw new ShapeException("Pad: widths are not negative; cut off with a slice, x[1..^1].");
        var x = this;
        for (var a = 0; a < widths.Length; a++) {
            var (n, (before, after)) = (Shape[a], widths[a]);
            if (before + after == 0) continue;
            if (n == 0) throw new ShapeException($"Pad: axis {a} of {Type} is empty, there is nothing to pad with.");
            x = x.Take(Ints([.. Enumerable.Range(-before, before + n + after).Select(i => Source(i, n))]), a);
        }
        return x;

        int Source(int i, int n) {
            // Mirrored twice, a row repeats itself.
            var period = mode == PadMode.Wrap ? n : mode == PadMode.Symmetric ? 2 * n : Math.Max(1, 2 * (n - 1));
            var at = (i % period + period) % period;
            return mode switch {
                PadMode.Edge => Math.Clamp(i, 0, n - 1),
                PadMode.Reflect => at < n ? at : period - at,
                PadMode.Symmetric => at < n ? at : period - 1 - at,
                _ => at,
            };
        }
    }

    /// <summary>The lower triangle of the last two axes, zeros above.</summary>
    /// <param name="offset">Of the last diagonal that is kept: 1 is the one above the main, −1 the one below.</param>
    public Tensor Tril(int offset = 0) => Functions.Where(Triangle(offset, DType.Bool), this, Zero);

    /// <summary>The upper triangle of the last two axes, zeros below.</summary>
    /// <param name="offset">Of the first diagonal that is kept: 1 is the one above the main, −1 the one below.</param>
    public Tensor Triu(int offset = 0) => Functions.Where(Triangle(offset - 1, DType.Bool), Zero, this);

    Tensor Zero => Graph.Fill(0, new(DType, Shape.Scalar));

    Tensor Triangle(int offset, DType type) =>
        Rank >= 2 ? Tri(Shape[^2], Shape[^1], offset, type) : throw new ShapeException($"Tril, Triu: {Type} has no two axes that are rows and columns.");

    /// <summary>Of a vector [n] the matrix with it on a diagonal; of matrices [.., n, m] their diagonals [.., k].</summary>
    /// <param name="offset">Which diagonal: 1 is the one above the main, −1 the one below.</param>
    public Tensor Diag(int offset = 0) {
        var (down, across) = (Math.Max(0, -offset), Math.Max(0, offset));
        if (Rank == 0) throw new ShapeException("Diag: a scalar has no diagonal.");
        if (Rank == 1) {
            // Laid out flat, the diagonal's elements are n + 1 apart.
            var n = Shape[0] + down + across;
            var size = (long)n * n;
            if (Shape[0] == 0) return Graph.Fill(0, new(DType, Shape.Of(n, n)));
            var first = down * n + across;
            var high = (int)(size - first - ((long)(Shape[0] - 1) * (n + 1) + 1));
            return Graph.Apply(new PadOp(Axes.Of(first), Axes.Of(high), Axes.Of(n)), this).Reshape(n, n);
        }
        var (rows, columns) = (Shape[^2], Shape[^1]);
        var length = Math.Max(0, Math.Min(rows - down, columns - across));
        var flat = Flatten(Rank - 2);
        if (length == 0) return flat.SliceAxis(Rank - 2, 0, 0);
        var (start, step) = (new int[Rank - 1], Enumerable.Repeat(1, Rank - 1).ToArray());
        (start[^1], step[^1]) = (down * columns + across, columns + 1);
        return flat.SliceBy(Axes.Of(start), Axes.Of(step), flat.Shape.With(Rank - 2, length));
    }

    /// <summary>Ones on and below a diagonal of [n, m], zeros above.</summary>
    /// <param name="n">Rows.</param>
    /// <param name="m">Columns, as many unless told.</param>
    /// <param name="offset">Of the last diagonal with ones: 1 is the one above the main, −1 the one below.</param>
    /// <param name="type">Bool makes a mask.</param>
    public static Tensor Tri(int n, int? m = null, int offset = 0, DType type = DType.F32) =>
        ((Arange(n).Reshape(n, 1) + offset) >= Arange(m ?? n)).To(type);

    /// <summary>One value everywhere, of the shape of another tensor and, unless told, its dtype.</summary>
    /// <exception cref="DTypeException">An integer type does not have the value.</exception>
    public static Tensor FullLike(Tensor x, double value, DType? type = null) => Full(value, x.Given().Shape, type ?? x.DType);

    /// <summary>The coordinates of a grid, each as one tensor of the grid's shape: of vectors [n], [m] two tensors [n, m].</summary>
    /// <remarks>The first vector runs along the first axis, as in PyTorch and with <c>indexing="ij"</c> in NumPy and JAX; swap the first two axes for "xy".</remarks>
    public static Tensor[] Meshgrid(params Tensor[] axes) {
        var shape = Shape.Of([.. axes.Given().Select((v, i) => v.Rank == 1 ? v.Shape[0] : throw new ShapeException($"Meshgrid: argument {i} is {v.Type}; it has to be a vector."))]);
        return [.. axes.Select((v, i) => v.BroadcastBy(shape, Axes.Of(i)))];
    }
}
