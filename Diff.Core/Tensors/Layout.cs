namespace Diff;

/// <summary>How a logical index finds its element: element = Offset + Σ index·stride.</summary>
/// <remarks>Transposes, broadcasts, slices, flips and most reshapes are new layouts over the same memory, so they cost
/// nothing, eagerly and in plans alike. A broadcast axis has stride 0, a flipped one a negative stride.</remarks>
internal sealed class Layout {
    readonly int[] strides;

    Layout(Shape shape, int[] strides, int offset) {
        // What has no elements lies one way, however it came about.
        if (shape.Size == 0) (strides, offset) = (RowMajorStrides(shape), 0);
        (Shape, this.strides, Offset) = (shape, strides, offset);
        var expected = 1;
        var packed = offset == 0;
        var (low, high) = (offset, offset);
        for (var i = shape.Rank - 1; i >= 0; i--) {
            if (strides[i] == 0 && shape[i] > 1) Repeats |= 1u << i;
            else {
                packed &= strides[i] == expected || shape[i] == 1;
                expected *= shape[i];
            }
            var reach = (shape[i] - 1) * strides[i];
            if (reach < 0) low += reach; else high += reach;
        }
        if (shape.Size == 0) (packed, Repeats) = (true, 0);
        (IsPlain, IsContiguous) = (packed, packed && Repeats == 0);
        (Low, Extent) = shape.Size == 0 ? (0, 0) : (low, high + 1);
        IsSplat = shape.Size > 0 && low == high;
    }

    public Shape Shape { get; }

    /// <summary>Where the element of index 0, 0, … lies, counted in elements.</summary>
    public int Offset { get; }

    public ReadOnlySpan<int> Strides => strides;

    /// <summary>Row-major from element 0 without gaps.</summary>
    public bool IsContiguous { get; }

    /// <summary>The axes along which one element is read again and again, as bits.</summary>
    public uint Repeats { get; }

    /// <summary>Contiguous but for axes that repeat: what a plan takes in, so that a number that meets a matrix stays a number.</summary>
    public bool IsPlain { get; }

    /// <summary>Every index finds the same element.</summary>
    public bool IsSplat { get; }

    /// <summary>The first element that is ever read.</summary>
    public int Low { get; }

    /// <summary>One past the last element that is ever read.</summary>
    public int Extent { get; }

    public static Layout RowMajor(Shape shape) => new(shape, RowMajorStrides(shape), 0);

    static int[] RowMajorStrides(Shape shape) {
        var strides = new int[shape.Rank];
        var next = 1;
        for (var i = shape.Rank - 1; i >= 0; i--) {
            strides[i] = next;
            next *= shape[i];
        }
        return strides;
    }

    /// <summary>One element read at every index.</summary>
    public static Layout Splat(Shape shape) => new(shape, new int[shape.Rank], 0);

    /// <summary>Packed, but for the axes that repeat.</summary>
    public static Layout Plain(Shape shape, uint repeats) {
        if (repeats == 0) return shape.Contiguous;
        var strides = new int[shape.Rank];
        var next = 1;
        for (var i = shape.Rank - 1; i >= 0; i--) {
            if ((repeats >> i & 1) != 0) continue;
            strides[i] = next;
            next *= shape[i];
        }
        return new(shape, strides, 0);
    }

    public Layout Transpose(Axes order) {
        var (dims, to) = (new int[order.Count], new int[order.Count]);
        for (var i = 0; i < order.Count; i++) (dims[i], to[i]) = (Shape[order[i]], strides[order[i]]);
        return new(Shape.Of(dims), to, Offset);
    }

    /// <summary>Axis i of this becomes axis axes[i] of the shape; axes of size 1 and new ones repeat.</summary>
    public Layout Broadcast(Shape shape, Axes axes) {
        var to = new int[shape.Rank];
        for (var i = 0; i < axes.Count; i++) to[axes[i]] = Shape[i] == shape[axes[i]] ? strides[i] : 0;
        return new(shape, to, Offset);
    }

    /// <summary>From start, by step (which may be negative), as many as the shape says, on every axis.</summary>
    public Layout Slice(Axes start, Axes step, Shape shape) {
        var (to, offset) = (new int[shape.Rank], Offset);
        for (var i = 0; i < shape.Rank; i++) {
            to[i] = strides[i] * step[i];
            offset += shape[i] == 0 ? 0 : strides[i] * start[i];
        }
        return new(shape, to, offset);
    }

    /// <summary>The first so many indices of the first axis.</summary>
    public Layout Rows(int rows) => new(Shape.With(0, rows), strides, Offset);

    /// <summary>Whether it reads rows of the other as the other does, and later ones lie behind them.</summary>
    public bool IsStripOf(Layout whole) {
        if (Shape.Rank != whole.Shape.Rank || Offset != whole.Offset || Shape[0] > whole.Shape[0] || whole.strides[0] < 0) return false;
        for (var a = 0; a < strides.Length; a++)
            if (a > 0 && Shape[a] != whole.Shape[a] || Shape[a] > 1 && strides[a] != whole.strides[a]) return false;
        return true;
    }

    /// <summary>Whether it is a row of what is packed, and packed itself.</summary>
    public bool IsRowOf(Layout whole) => whole.IsContiguous && IsContiguous && whole.Shape.Rank == Shape.Rank + 1 && whole.Shape.Span[1..].SequenceEqual(Shape.Span);

    /// <summary>What is left at one index of an axis.</summary>
    public Layout At(int axis, int index) {
        var to = new int[strides.Length - 1];
        for (var i = 0; i < to.Length; i++) to[i] = strides[i < axis ? i : i + 1];
        return new(Shape.Without(Axes.Of(axis)), to, Offset + index * strides[axis]);
    }

    public Layout Flip(Axes axes) {
        var (to, offset) = ((int[])strides.Clone(), Offset);
        foreach (var a in axes.Span) {
            offset += Math.Max(0, Shape[a] - 1) * strides[a];
            to[a] = -to[a];
        }
        return new(Shape, to, offset);
    }

    /// <summary>The same elements in another shape, or null where that takes a copy.</summary>
    public Layout? Reshape(Shape shape) {
        if (shape.Size == 0 || IsContiguous) return shape.Contiguous;
        if (IsSplat) return new(shape, new int[shape.Rank], Offset);
        // Walk both shapes from the front in groups of equal size; a group of old axes must be one run of memory.
        var to = new int[shape.Rank];
        int i = 0, j = 0;
        while (i < Shape.Rank || j < shape.Rank) {
            int firstOld = i, firstNew = j, old = 1, @new = 1;
            if (i < Shape.Rank) old = Shape[i++];
            if (j < shape.Rank) @new = shape[j++];
            while (old != @new) {
                if (old < @new) old *= Shape[i++]; else @new *= shape[j++];
            }
            while (i < Shape.Rank && Shape[i] == 1) i++;
            while (j < shape.Rank && shape[j] == 1) j++;
            // Fold the old axes of the group into one stride.
            var (run, stride) = (0, 0);
            for (var a = firstOld; a < i; a++) {
                if (Shape[a] == 1) continue;
                if (run != 0 && stride != strides[a] * Shape[a]) return null;
                (run, stride) = (1, strides[a]);
            }
            for (var b = j - 1; b >= firstNew; b--) {
                to[b] = stride;
                stride *= shape[b];
            }
        }
        return new(shape, to, Offset);
    }

    /// <summary>This layout's walk with the fewest axes, see <see cref="Collapse"/>.</summary>
    public (int[] Dims, int[] Strides) Runs {
        get {
            if (runs is null) {
                var (dims, all) = Collapse([this]);
                runs = [dims, all[0]];
            }
            return (runs[0], runs[1]);
        }
    }

    int[][]? runs;

    /// <summary>Reads the elements in logical order, beginning with any of them, or those that lie so far behind them.</summary>
    public StridedReader Reader(int from = 0, int at = 0) => new(Runs.Dims, Runs.Strides, Offset + at, from);

    /// <summary>The same walk over memory with the fewest axes: size-1 axes dropped, and neighbours that are one run merged
    /// in every one of the layouts at once. Returns sizes and, for each layout, its strides.</summary>
    public static (int[] Dims, int[][] Strides) Collapse(ReadOnlySpan<Layout> layouts) {
        var rank = layouts[0].Shape.Rank;
        var dims = new List<int>(rank);
        var strides = new List<int>[layouts.Length];
        for (var l = 0; l < strides.Length; l++) strides[l] = new(rank);
        for (var a = 0; a < rank; a++) {
            var size = layouts[0].Shape[a];
            if (size == 1) continue;
            var merge = dims.Count > 0;
            for (var l = 0; merge && l < strides.Length; l++) merge = strides[l][^1] == layouts[l].strides[a] * size;
            if (merge) {
                dims[^1] *= size;
                for (var l = 0; l < strides.Length; l++) strides[l][^1] = layouts[l].strides[a];
            } else {
                dims.Add(size);
                for (var l = 0; l < strides.Length; l++) strides[l].Add(layouts[l].strides[a]);
            }
        }
        return ([.. dims], [.. strides.Select(s => s.ToArray())]);
    }
}
