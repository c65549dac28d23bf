namespace Diff;

// What depends on values in its very shape: how many elements a mask selects. It needs the values, so that it works eagerly and,
// since bools and integers have no derivative, under Grad, but not where a transform knows no values (Vmap, Jit).
public sealed partial class Tensor {
    // x[mask]: a mask covers as many axes as it has. As integers it is an index like any other.
    Tensor Masked(Slice[] slices, int at) {
        var mask = slices[at].Indices!;
        if (mask.Rank == 0) throw new ShapeException("Index: a mask has at least one axis; choose by a single bool with Where.");
        if (at > 0 && mask.Rank > 1) throw new ShapeException($"Index: a mask of several axes, {mask.Type}, has to be the first index.");
        var axis = slices[..at].Count(s => s.What != Slice.Kind.NewAxis);
        if (slices[..at].Any(s => s.What == Slice.Kind.Rest)) axis = Rank - slices[at..].Count(s => s.What != Slice.Kind.NewAxis);
        if (axis + mask.Rank > Rank || !Shape.Span.Slice(axis, mask.Rank).SequenceEqual(mask.Shape.Span))
            throw new ShapeException($"Index: mask {mask.Type} does not fit {Type} from axis {axis} on; their sizes have to be equal.");
        var places = Ints(mask.TruePlaces("x[mask]", "Where(mask, x, 0), or x.At(mask).Set(…)"));
        return Flatten(axis, axis + mask.Rank)[[.. slices[..at], places, .. slices[(at + 1)..]]];
    }

    // The row-major places where a bool tensor is true.
    int[] TruePlaces(string op, string instead) {
        var values = Known(this, op, instead).ToArray<bool>();
        return [.. Enumerable.Range(0, values.Length).Where(i => values[i])];
    }

    // The tensor, where its values are known.
    static Tensor Known(Tensor x, string op, string instead) {
        try {
            _ = x.Value;
            return x;
        } catch (UnknownValueException) {
            throw new UnknownValueException($"{op}: how many elements there are depends on values, which {x.Free.First(s => s.IsOpen).Transform} does not know. Write {instead}, whose shape does not.");
        }
    }

    /// <summary>Where the elements are not 0 (or true), row by row: i32 [how many, rank]. NumPy's <c>argwhere</c>, PyTorch's <c>nonzero</c>.</summary>
    /// <exception cref="UnknownValueException">Inside a transform that knows no values; Where has no such need.</exception>
    public Tensor Nonzero() {
        var places = To(DType.Bool).TruePlaces("Nonzero", "Where(mask, x, 0)");
        var indices = new int[places.Length * Rank];
        for (var i = 0; i < places.Length; i++) {
            var rest = places[i];
            for (var a = Rank - 1; a >= 0; a--) (indices[i * Rank + a], rest) = (rest % Shape[a], rest / Shape[a]);
        }
        return From<int>(indices, places.Length, Rank);
    }

    /// <summary>The different values in ascending order [k], for each element the place of its value (of the tensor's shape, i32), and how
    /// often each value occurs [k], i32. All NaN are one value. Derivatives go to the first of equals.</summary>
    /// <exception cref="UnknownValueException">Inside a transform that knows no values.</exception>
    public (Tensor Values, Tensor Inverse, Tensor Counts) Unique() {
        var flat = Functions.StopGradient(Known(this, "Unique", "Sort()")).Flatten(0);
        var order = flat.ArgSort();
        var sorted = flat.Take(order);
        var (before, after) = (sorted.SliceAxis(0, 0, Math.Max(0, Size - 1)), sorted.SliceAxis(0, Math.Min(1, Size), Math.Max(0, Size - 1)));
        var differs = before.Ne(after) & !(before.Ne(before) & after.Ne(after));
        int[] starts = Size == 0 ? [] : [0, .. differs.TruePlaces("Unique", "Sort()").Select(i => i + 1)];
        var places = order.ToArray<int>();
        var inverse = new int[Size];
        for (int i = 0, k = -1; i < places.Length; i++) {
            if (k + 1 < starts.Length && starts[k + 1] == i) k++;
            inverse[places[i]] = k;
        }
        var counts = starts.Select((s, i) => (i + 1 < starts.Length ? starts[i + 1] : Size) - s);
        return (Flatten(0).Take(Ints([.. starts.Select(s => places[s])])), From<int>(inverse, Shape.ToArray()), Ints([.. counts]));
    }
}
