namespace Diff;

/// <summary>Some places of a tensor, to make another tensor in which something else is there: <c>x.At(1.., 0).Set(5)</c>. The tensor
/// itself never changes.</summary>
/// <remarks>Values broadcast to the shape of the part, x[…]. Where integers in a tensor name one place several times, Add adds all, Mul
/// multiplies by all, Max and Min choose among all (the first of equals), and of Set the last stays. Derivatives go to both, the
/// tensor and the values. JAX's <c>x.at[…]</c>.
/// <example><code>
/// var y = x.At(0).Set(1);              // the first row
/// var z = x.At(.., indices).Add(v);    // columns, some of them perhaps twice
/// var w = x.At(x &lt; 0).Mul(0.1);       // where a mask is true
/// </code></example></remarks>
public readonly struct Place {
    readonly Tensor x;
    readonly Tensor? mask, rows, places;
    readonly Axes? starts;
    readonly Shape part, sizes;
    readonly bool repeats;

    /// <summary>Where a mask is true.</summary>
    internal Place(Tensor x, Tensor mask) => (this.x, this.mask, part, sizes) = (x, mask, x.Shape, x.Shape);

    /// <summary>A block of the tensor.</summary>
    internal Place(Tensor x, Axes starts, Shape sizes, Shape part) => (this.x, this.starts, this.sizes, this.part) = (x, starts, sizes, part);

    /// <summary>Rows of the tensor, seen as [n, …], at integers that may repeat.</summary>
    internal Place(Tensor x, Tensor rows, Tensor places, Shape part, bool repeats = true) =>
        (this.x, this.rows, this.places, this.part, sizes, this.repeats) = (x, rows, places.Flatten(0), part, part, repeats);

    /// <summary>With these values there.</summary>
    /// <exception cref="DTypeException">The tensor's dtype cannot hold the values.</exception>
    /// <exception cref="ShapeException">The values do not broadcast to the part.</exception>
    public Tensor Set(Tensor values) => mask is not null ? Chosen(Fit(values)) : Put(Spread(values));

    /// <summary>With these values added to what is there.</summary>
    /// <inheritdoc cref="Set"/>
    public Tensor Add(Tensor values) {
        if (mask is not null) return Chosen(x + Fit(values));
        var v = Spread(values);
        return repeats ? (rows! + Graph.Apply(new PutOp(0, rows!.Shape[0]), v, places!)).ReshapeTo(x.Shape) : Put(Part() + v);
    }

    /// <summary>With what is there multiplied by these values.</summary>
    /// <inheritdoc cref="Set"/>
    public Tensor Mul(Tensor values) {
        if (mask is not null) return Chosen(x * Fit(values));
        var v = Spread(values);
        return repeats ? MulAll(v).ReshapeTo(x.Shape) : Put(Part() * v);
    }

    /// <summary>With the larger of what is there and these values.</summary>
    /// <inheritdoc cref="Set"/>
    public Tensor Max(Tensor values) => Choose(values, true);

    /// <summary>With the smaller of what is there and these values.</summary>
    /// <inheritdoc cref="Set"/>
    public Tensor Min(Tensor values) => Choose(values, false);

    Tensor Choose(Tensor values, bool largest) {
        if (mask is not null) return Chosen(largest ? Functions.Max(x, Fit(values)) : Functions.Min(x, Fit(values)));
        var v = Spread(values);
        if (!repeats) return Put(largest ? Functions.Max(Part(), v) : Functions.Min(Part(), v));
        // Element by element: which of all candidates is there in the end, then that one.
        var (flat, candidates) = (x.Flatten(0), v.Flatten(0));
        var row = rows!.Size / Math.Max(1, rows.Shape[0]);
        var front = places!.DType == DType.U32 ? places : Functions.Where(places < 0, places + rows.Shape[0], places);
        var elements = row == 1 ? front : (front.ExpandDims(1) * row + Tensor.Arange(row).To(front.DType)).Flatten(0);
        var winner = Graph.Apply(new WinnerOp(largest), Functions.StopGradient(flat), Functions.StopGradient(candidates), elements);
        return Functions.Concat([flat, candidates]).Take(winner).ReshapeTo(x.Shape);
    }

    // The factors of one place side by side, multiplied up by a recurrence that begins anew with each place: no division.
    Tensor MulAll(Tensor v) {
        if (!x.DType.IsFloat()) throw new DTypeException($"At(…).Mul at integers in a tensor takes f32 or f64, not {x.DType.Name()}.");
        var n = rows!.Shape[0];
        var front = places!.DType == DType.U32 ? places : Functions.Where(places < 0, places + n, places);
        var order = front.ArgSort();
        var (sorted, factors) = (front.Take(order), v.Take(order));
        if (sorted.Size == 0) return rows;
        var first = Functions.Concat([Tensor.From<bool>([true], 1), sorted[1..].Ne(sorted[..^1])]).BroadcastBy(factors.Shape, Axes.Of(0));
        var products = Graph.Apply(new RecurrenceOp(0, false), Functions.Where(first, 0, factors), Functions.Where(first, rows.Take(sorted) * factors, 0));
        return Graph.Apply(SetRowsOp.Op, rows, products, sorted);
    }

    Tensor Chosen(Tensor values) {
        var (m, to) = (mask!, x);
        if (m.Rank > to.Rank || !to.Shape.Span[..m.Rank].SequenceEqual(m.Shape.Span)) throw new ShapeException($"At: mask {m.Type} does not fit the first axes of {to.Type}; their sizes have to be equal.");
        var shape = Promotion.Broadcast("At", to.Type, values.Type);
        if (!shape.Equals(to.Shape)) throw new ShapeException($"At: values {values.Type} do not broadcast to {to.Type}.");
        return Functions.Where(m.BroadcastBy(to.Shape, Axes.Range(m.Rank)), values.BroadcastTo(to.Shape), to);
    }

    Tensor Part() => starts is not null ? x.SliceBy(starts, Ones(starts), sizes) : rows!.Take(places!);

    Tensor Put(Tensor values) => starts is not null
        ? Graph.Apply(DynamicUpdateOp.Op, x, values, Tensor.Ints(starts.ToArray()))
        : Graph.Apply(SetRowsOp.Op, rows!, values, places!).ReshapeTo(x.Shape);

    static Axes Ones(Axes like) => Axes.Of([.. Enumerable.Repeat(1, like.Count)]);

    // In the tensor's dtype and of the part's shape, as a block or as rows.
    Tensor Spread(Tensor values) {
        var v = Fit(values);
        if (v.Rank > part.Rank || !Promotion.Broadcast("At", new(x.DType, part), v.Type).Equals(part)) throw new ShapeException($"At: values {v.Type} do not broadcast to the part, {new TensorType(x.DType, part)}.");
        v = v.BroadcastTo(part);
        return v.ReshapeTo(starts is not null ? sizes : Shape.Of([places!.Shape[0], .. rows!.Shape.Span[1..]]));
    }

    // What would be rounded or wrapped on the way in is refused, as everywhere.
    Tensor Fit(Tensor v) {
        var fits = v.Given("values", "At").IsWeak
            ? x.DType.IsFloat() || v.Call is null && v.Rank == 0 && Numbers.Fits(v.Item(), x.DType)
            : DTypes.Promote(v.DType, x.DType) == x.DType;
        return fits ? v.To(x.DType) : throw new DTypeException($"At: {v.Type} does not go into {x.Type} without loss. Convert one of them: values.To(DType.{x.DType}).");
    }
}

public sealed partial class Tensor {
    /// <summary>The places that slices select (as between brackets), to put something there: <c>x.At(1.., 0).Set(5)</c>.</summary>
    /// <remarks>A mask of bools stands alone and covers the first axes; it works in every transform, since the shape stays.</remarks>
    /// <exception cref="ShapeException">An index or a range leaves its axis, or there are more slices than axes.</exception>
    public Place At(params Slice[] slices) {
        if (slices.Given().Any(s => s.Indices?.DType == DType.Bool))
            return slices.Length == 1 ? new(this, slices[0].Indices!) : throw new ShapeException("At: a mask stands alone; give it the shape of the first axes.");
        var takes = slices.Any(s => s.What == Slice.Kind.Take);
        // Trailing slices that select all say nothing; without a Rest before them the leading axes are all that is looked at.
        var end = slices.Length;
        while (end > 0 && (slices[end - 1].What == Slice.Kind.Rest || slices[end - 1] is { What: Slice.Kind.Range, Step: 1 } s && s.Range.Equals(Range.All))) end--;
        slices = slices[..end];
        var leading = slices.Any(s => s.What == Slice.Kind.Rest) ? Rank : slices.Count(s => s.What != Slice.Kind.NewAxis);
        if (leading > Rank) throw new ShapeException($"At: {Type} has {Rank} axes, and {leading} are indexed.");
        var head = Shape.Of(Shape.Span[..leading]);
        var ids = Arange(head.Size).ReshapeTo(head)[slices];
        var part = Shape.Of([.. ids.Shape.Span, .. Shape.Span[leading..]]);
        if (!takes && slices.All(s => s.What is Slice.Kind.Index or Slice.Kind.Range && s.Step is 0 or 1) && ids.Size > 0) {
            // A block: where it begins is where its first element is, and its sizes are those of the ranges.
            var (first, start, block) = ((int)ids.Flatten(0)[0].Item(), new int[Rank], Shape.ToArray());
            for (var a = leading - 1; a >= 0; a--) (start[a], first) = (first % Shape[a], first / Shape[a]);
            for (int a = 0, axis = 0; a < leading; a++) block[a] = slices[a].What == Slice.Kind.Index ? 1 : ids.Shape[axis++];
            return new(this, Axes.Of(start), Shape.Of(block), part);
        }
        return new(this, ReshapeTo(Shape.Of([head.Size, .. Shape.Span[leading..]])), ids, part, takes);
    }
}
