using System.Numerics;

namespace Diff;

/// <summary>Operands as rows in memory: in each row an operand lies one behind the other, or is one element again and again, and from row to row it moves on by a step.</summary>
internal sealed class Nest {
    // Shorter ones cost more to go over than to gather, and more so where they are no whole vectors.
    const int Least = 16, LeastBroken = 64;

    // What is written out has to stay in the first cache.
    const int Most = 4096;

    readonly int[] dims;
    readonly int[][] strides;
    bool[]? once;

    // The sizes around a row, and the strides along them and along the row.
    Nest(int length, int[] dims, int[][] strides) =>
        (Length, this.dims, this.strides) = dims.Length > 0 ? (length, dims, strides) : (length, [1], [.. strides.Select(s => (int[])[0, .. s])]);

    /// <summary>The longest rows of inputs of one shape, and packed outputs; null where all are contiguous anyway, or some have to be gathered.</summary>
    public static Nest? Of(ReadOnlySpan<Layout> inputs) {
        var shape = inputs[0].Shape;
        var (dims, strides) = Layout.Collapse([.. inputs, shape.Contiguous]);
        if (shape.Size <= Blocks.Length || dims.Length < 2 || !Array.TrueForAll(strides, s => s[^1] is 0 or 1)) return null;
        var nest = new Nest(dims[^1], dims[..^1], strides).Together();
        return nest.Length >= (nest.Length % Least == 0 ? Least : LeastBroken) ? nest : null;
    }

    /// <summary>Where rows are no whole vectors, but some of them together are, those as one row: what comes again in each such row is written out once.</summary>
    Nest Together() {
        if (Length % Least == 0) return this;
        foreach (var rows in new[] { Least / (int)BigInteger.GreatestCommonDivisor(Length, Least), Rows }) {
            if (Rows % rows != 0 || rows * Length % Least != 0 || rows * Length > Most) continue;
            var follows = Array.ConvertAll(strides, s => s[^1] == 1 && s[^2] == Length);
            var again = Array.ConvertAll(strides, s => (rows == Rows || s[^2] == 0) && Array.TrueForAll(s[..^2], outer => outer == 0));
            if (follows.Where((f, k) => !f && !again[k]).Any()) continue;
            var wider = strides.Select((s, k) => follows[k] ? (int[])[.. s[..^2], rows * Length, 1] : [.. new int[s.Length - 1], 1]);
            return new(rows * Length, [.. dims[..^1], Rows / rows], [.. wider]) { once = Array.ConvertAll(follows, f => !f) };
        }
        return this;
    }

    /// <summary>The rows along the last axis of inputs of one shape.</summary>
    public static Nest OfLastAxis(IReadOnlyList<Layout> inputs, Shape shape) {
        var last = shape.Rank - 1;
        var (dims, strides) = Layout.Collapse([.. inputs.Select(x => x.At(last, 0)), shape.Contiguous.At(last, 0)]);
        return new(shape[last], dims, [.. strides.Take(inputs.Count).Select((s, i) => (int[])[.. s, inputs[i].Strides[last]])]);
    }

    /// <summary>Elements of a row.</summary>
    public int Length { get; }

    /// <summary>Rows that follow each other at the same steps, then come the next so many.</summary>
    public int Rows => dims[^1];

    /// <summary>Whether an operand is one element for all of a row.</summary>
    public bool Repeats(int operand) => strides[operand][^1] == 0;

    /// <summary>Whether an operand is the same in every row, and lies in one only when it is written out.</summary>
    public bool IsOnce(int operand) => once is not null && once[operand];

    /// <summary>How far from row to row, in elements.</summary>
    public int Step(int operand) => strides[operand][^2];

    /// <summary>Where a row begins, in elements from the first.</summary>
    public int PlaceOf(int operand, int row) {
        var place = 0;
        for (var a = dims.Length - 1; a >= 0; a--) {
            (row, var i) = Math.DivRem(row, dims[a]);
            place += i * strides[operand][a];
        }
        return place;
    }
}
