namespace Diff;

/// <summary>A part of an operand that is read soon: its lines of the cache, of which a tile sends for one with each k.</summary>
/// <remarks>What a step's products read was often written long before, and comes from memory. A walk through the rows of a matrix, a few elements in each, is no
/// order that the processor foresees: computing would wait for every line. It is never copied: reading at once, as a whole, what was written field by
/// field waits for all stores before, and those of C take long when C comes from memory too.</remarks>
internal unsafe struct GemmAhead<T> where T : unmanaged {
    private const int LineBytes = 64;

    // Columns of lines, `rows` below each other; `row` is the next.
    private T* at;
    private nint step, rows, row, columns;

    /// <summary>Nothing is left to send for.</summary>
    internal void Clear() => columns = 0;

    /// <summary>The lines of a view: all in a row where its rows follow one another, else column by column. A column of lines that is shorter than the k of a
    /// tile is left to the processor.</summary>
    internal void Aim(T* to, nint rowStride, nint columnStride, nint height, nint width, nint k) {
        if (rowStride == 1) (rowStride, columnStride, height, width) = (columnStride, rowStride, width, height);
        at = to;
        row = 0;
        if (columnStride == 1 && rowStride == width) (step, rows, columns) = (Line, Lines(to, height * width), 1);
        else if (columnStride == 1 && height >= k) (step, rows, columns) = (rowStride, height, rowStride % Line == 0 ? Lines(to, width) : (width + Line - 2) / Line + 1);
        else columns = 0;
    }

    /// <summary>Has a tile send for as many lines as it has k, unless there are none left.</summary>
    internal bool Send(Tile<T>* tile) {
        if (columns == 0) return false;
        tile->Ahead = at + Math.Min(row, Math.Max(0, rows - tile->K)) * step;
        tile->AheadStep = step;
        row += tile->K;
        if (row < rows) return true;
        at += Line;
        row = 0;
        columns--;
        return true;
    }

    /// <summary>Has a tile send for the rows of A below it, which the next one reads; not where they lie in the lines of its own.</summary>
    internal static bool SendBelow(Tile<T>* tile, nint rows) {
        if (tile->ARow == 1 && Lines(tile->A, 2 * rows) > Lines(tile->A, rows)) {
            tile->Ahead = tile->A + 2 * rows - 1;
            tile->AheadStep = tile->AStep;
            return true;
        }
        if (tile->AStep != 1 || tile->ARow != tile->K) return false;
        tile->Ahead = tile->A + rows * tile->ARow;
        tile->AheadStep = Line;
        return true;
    }

    private static nint Line => LineBytes / sizeof(T);

    private static nint Lines(T* at, nint count) => ((nint)(at + count) - 1) / LineBytes - (nint)at / LineBytes + 1;
}
