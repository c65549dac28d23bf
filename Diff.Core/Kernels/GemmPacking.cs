namespace Diff;

/// <summary>Copies a view of a matrix into rows that the micro-kernel can stream.</summary>
internal static unsafe class GemmPacking {
    /// <summary>to[i·toRow + j] = from[i·fromRow + j·fromCol].</summary>
    internal static void Columns<T>(T* from, nint fromRow, nint fromCol, int rows, int columns, T* to, nint toRow) where T : unmanaged {
        if (fromCol == 1) {
            for (nint i = 0; i < rows; i++) {
                var source = from + i * fromRow;
                var target = to + i * toRow;
                for (nint j = 0; j < columns; j++) target[j] = source[j];
            }
            return;
        }
        for (nint i = 0; i < rows; i++) {
            var source = from + i * fromRow;
            var target = to + i * toRow;
            for (nint j = 0; j < columns; j++) target[j] = source[j * fromCol];
        }
    }
}
