namespace Diff;

/// <summary>The operands of a chain as rows in memory: in each row an operand lies one behind the other, or is one element again and again, and from row to row it moves on by a step.</summary>
internal sealed class Nest {
    // Shorter ones cost more to go over than to gather, and more so where they are no whole vectors.
    const int Least = 16, LeastBroken = 64;

    readonly int[] dims;
    readonly int[][] strides;

    Nest(int[] dims, int[][] strides) => (this.dims, this.strides) = (dims, strides);

    /// <summary>How to go over inputs of these layouts, of one shape, and packed outputs; null where all are contiguous anyway, or some have to be gathered.</summary>
    public static Nest? Of(ReadOnlySpan<Layout> inputs) {
        var shape = inputs[0].Shape;
        var (dims, strides) = Layout.Collapse([.. inputs, shape.Contiguous]);
        return shape.Size > Blocks.Length && dims.Length > 1 && dims[^1] >= (dims[^1] % Least == 0 ? Least : LeastBroken) && Array.TrueForAll(strides, s => s[^1] is 0 or 1) ? new(dims, strides) : null;
    }

    /// <summary>Elements of a row.</summary>
    public int Length => dims[^1];

    /// <summary>Rows that follow each other at the same steps, then come the next so many.</summary>
    public int Rows => dims[^2];

    /// <summary>Whether an operand is one element for all of a row. Behind the inputs comes what an output is.</summary>
    public bool Repeats(int operand) => strides[operand][^1] == 0;

    /// <summary>How far from row to row, in elements.</summary>
    public int Step(int operand) => strides[operand][^2];

    /// <summary>Where a row begins, in elements from the first.</summary>
    public int PlaceOf(int operand, int row) {
        var place = 0;
        for (var a = dims.Length - 2; a >= 0; a--) {
            (row, var i) = Math.DivRem(row, dims[a]);
            place += i * strides[operand][a];
        }
        return place;
    }
}
