namespace Diff;

/// <summary>Products with few outputs and a long k, by <see cref="DotKernel"/>.</summary>
internal static unsafe class DotDriver {
    /// <summary>Elements of k that are copied, or walked through once for each part of the lanes, at a time: a tile of them fits the first-level cache.</summary>
    private const int Chunk = 512;

    internal static void Run<T, V, O>(GemmProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var (m, n, k) = (p->M, p->N, p->K);
        if (n == 1 && p->ARow == 1 && p->ACol != 1 && m > 1) {
            DotColumns.Run<T, V, O>(p);
            return;
        }
        const int lanes = DotKernel.Lanes, columns = DotKernel.MaxColumns;

        // Bᵀ needs contiguous rows; it is small (n ≤ 8), so it is copied whole and once.
        var b = p->B;
        var bRow = p->BCol;
        if (p->BRow != 1) {
            b = Scratch.Rent<T>(Scratch.Slot.PackedB, (nint)n * k);
            bRow = k;
            GemmPacking.Columns(p->B, p->BCol, p->BRow, n, k, b, bRow);
        }

        var tallest = DotKernel.MaxRows<T, V, O>();
        var tiles = (m + tallest - 1) / tallest;
        var copyA = p->ACol != 1;
        var chunk = copyA || O.Width < lanes ? Chunk : (k + lanes - 1) / lanes * lanes;
        var packedA = copyA ? Scratch.Rent<T>(Scratch.Slot.PackedA, (nint)tallest * Chunk) : null;
        var sums = Scratch.Rent<T>(Scratch.Slot.Lanes, tallest * columns * lanes);
        var offsets = stackalloc nint[columns];

        for (var t = 0; t < tiles; t++) {
            var row = GemmDriver.FirstRow(m, tiles, t);
            var rows = GemmDriver.FirstRow(m, tiles, t + 1) - row;
            for (var j0 = 0; j0 < n; j0 += columns) {
                var width = Math.Min(columns, n - j0);
                for (nint j = 0; j < width; j++) offsets[j] = (j0 + j) * bRow;
                new Span<T>(sums, rows * width * lanes).Clear();
                var tile = new DotTile<T> { Lanes = sums, LanesRow = width * lanes, Repeats = 1 };
                for (var k0 = 0; k0 < k; k0 += chunk) {
                    var kc = Math.Min(chunk, k - k0);
                    var a = p->A + row * p->ARow + k0;
                    var aRow = p->ARow;
                    if (copyA) {
                        GemmPacking.Columns(p->A + row * p->ARow + k0 * p->ACol, p->ARow, p->ACol, rows, kc, packedA, Chunk);
                        a = packedA;
                        aRow = Chunk;
                    }
                    tile.Groups = kc / lanes;
                    // One walk; the pointers go on to the tail.
                    tile.ANext = tile.BNext = tile.Groups * lanes;
                    tile.A = a;
                    tile.ARow = aRow;
                    tile.B = b + k0;
                    tile.Offsets = offsets;
                    tile.Tail = kc % lanes;
                    DotKernel.Run<T, V, O>(&tile, rows, width);
                }
                for (var i = 0; i < rows; i++) DotKernel.Sums(sums + i * width * lanes, width, p->C + (row + i) * p->CRow + j0, p->Accumulate);
            }
        }
    }
}
