using System.Runtime.Intrinsics.X86;

namespace Diff;

/// <summary>Cuts a product into tiles for <see cref="GemmMicroKernel"/> and copies operands only where that pays.</summary>
/// <remarks>
/// Three nested cuts: a stretch of k (so that a panel of B stays in the first-level cache), a block of rows (so that A's
/// stays in the second), and tiles. A later stretch of k goes on with the chains that C holds, which leaves the bits as if
/// there were no cut.
/// </remarks>
internal static unsafe class GemmDriver {
    /// <summary>Longest stretch of k once operands are packed.</summary>
    private const int KBlock = 512;

    /// <summary>Rows of A in one packed block: with <see cref="KBlock"/> a quarter of a 1 MB second-level cache.</summary>
    private const int MBlock = 120;

    private const int ShortK = 32, StripBytes = 64 * 1024;

    /// <summary>Bytes of B that are read where they lie when its rows are contiguous.</summary>
    private const int DirectBytes = 1_600_000;

    internal static void Run<T, V, O>(GemmProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var (m, n, k) = (p->M, p->N, p->K);

        // A row vector has no row stride and a column vector no column stride: whatever was given must not cause a copy.
        if (m == 1) p->ARow = 1;
        if (n == 1) p->BCol = 1;

        // A narrow C of a transposed A: as (BᵀAᵀ)ᵀ the vectors are full. a·b is b·a, so the chains are the same.
        if (4 * n <= O.Width && m >= O.Width && p->ARow == 1) Transposed<T, V, O>(p);
        else Blocks<T, V, O>(p);
    }

    private static void Transposed<T, V, O>(GemmProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var (m, n) = (p->M, p->N);
        var straight = n == 1 && p->CRow == 1;
        var c = straight ? p->C : Scratch.Rent<T>(Scratch.Slot.Output, (nint)m * n);
        var swapped = new GemmProblem<T> {
            M = n, N = m, K = p->K, A = p->B, ARow = p->BCol, ACol = p->BRow, B = p->A, BRow = p->ACol, BCol = p->ARow,
            C = c, CRow = m, Accumulate = p->Accumulate,
        };
        if (!straight && p->Accumulate)
            for (nint i = 0; i < m; i++)
                for (nint j = 0; j < n; j++) c[j * m + i] = p->C[i * p->CRow + j];
        Blocks<T, V, O>(&swapped);
        if (!straight)
            for (nint i = 0; i < m; i++)
                for (nint j = 0; j < n; j++) p->C[i * p->CRow + j] = c[j * m + i];
    }

    private static void Blocks<T, V, O>(GemmProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var (m, n, k) = (p->M, p->N, p->K);
        var tallest = GemmMicroKernel.TallestRows<T, V, O>();
        var tiles = (m + tallest - 1) / tallest;
        var widest = GemmMicroKernel.Widest<T, V, O>((m + tiles - 1) / tiles);
        var panel = widest * O.Width;

        // Strides that are a multiple of 1 KB put the rows of a panel in the same few cache sets.
        var large = (long)k * n * sizeof(T) > DirectBytes;
        var packB = p->BCol != 1 || m > 2 * tallest && (large || k > 32 && p->BRow * sizeof(T) % 1024 == 0);
        var packA = p->ARow == 1
            ? tiles > 1 && n > 4 * panel && ((long)m * k * sizeof(T) > DirectBytes || k > 32 && p->ACol * sizeof(T) % 1024 == 0)
            : n > 4 * panel && m > 1 || p->ACol != 1 && n > panel;

        // Evenly cut: 784 is 392 + 392, not 512 + 272.
        var kBlocks = !packB && !packA && !large ? 1 : Math.Max(1, (k + KBlock - 1) / KBlock);
        var kBlock = (k + kBlocks - 1) / kBlocks;
        // With a short k the traffic is C: each strip of rows is written through to its end before the next.
        var strips = k <= ShortK && (long)m * n * sizeof(T) > StripBytes && n > panel;
        var tilesPerBlock = strips ? 1 : packA ? Math.Max(1, MBlock / tallest) : tiles;
        var rowBlocks = (tiles + tilesPerBlock - 1) / tilesPerBlock;
        var nBlock = rowBlocks > 1 && packB ? Math.Min(n, 4096 / panel * panel) : n;

        var packedA = packA ? Scratch.Rent<T>(Scratch.Slot.PackedA, (nint)(tilesPerBlock * tallest) * kBlock) : null;
        // With one block of rows a panel of B is used at once and never again: one panel's room will do.
        var keepB = rowBlocks > 1;
        var packedB = packB ? Scratch.Rent<T>(Scratch.Slot.PackedB, (nint)(keepB ? nBlock + panel : panel) * kBlock) : null;

        // A tile begins by reading C, and no chain can start before: have it come while the tile before is computed.
        var fetch = (long)m * n * sizeof(T) > DirectBytes && k >= 64;
        Tile<T> tile;
        tile.Offsets = null;
        tile.CRow = p->CRow;
        for (var j0 = 0; j0 < n; j0 += nBlock) {
            var jEnd = Math.Min(n, j0 + nBlock);
            var k0 = 0;
            do {
                var kc = Math.Min(kBlock, k - k0);
                tile.K = kc;
                tile.Accumulate = p->Accumulate || k0 > 0;
                for (var t0 = 0; t0 < tiles; t0 += tilesPerBlock) {
                    var tEnd = Math.Min(tiles, t0 + tilesPerBlock);
                    if (packA) PackA(p, packedA, m, tiles, t0, tEnd, k0, kc);
                    for (var j = j0; j < jEnd; j += panel) {
                        var columns = Math.Min(panel, jEnd - j);
                        var vectors = (columns + O.Width - 1) / O.Width;
                        T* b;
                        nint bStep;
                        if (packB) {
                            b = packedB + (keepB ? (nint)(j - j0) * kc : 0);
                            bStep = vectors * O.Width;
                            if (t0 == 0) GemmPacking.Columns(p->B + k0 * p->BRow + j * p->BCol, p->BRow, p->BCol, kc, columns, b, bStep);
                        } else {
                            b = p->B + k0 * p->BRow + j;
                            bStep = p->BRow;
                        }
                        tile.BStep = bStep;
                        var done = 0;
                        while (done < vectors) {
                            var width = NextWidth(vectors - done, widest);
                            tile.B = b + done * O.Width;
                            done += width;
                            tile.Tail = done == vectors ? columns % O.Width : 0;
                            var start = j + (done - width) * O.Width;
                            var a = packedA;
                            for (var t = t0; t < tEnd; t++) {
                                var row = FirstRow(m, tiles, t);
                                var rows = FirstRow(m, tiles, t + 1) - row;
                                if (packA) {
                                    tile.A = a;
                                    tile.ARow = 1;
                                    tile.AStep = rows;
                                    a += rows * kc;
                                } else {
                                    tile.A = p->A + row * p->ARow + k0 * p->ACol;
                                    tile.ARow = p->ARow;
                                    tile.AStep = p->ACol;
                                }
                                tile.C = p->C + row * p->CRow + start;
                                if (fetch && t + 1 < tEnd) Prefetch(tile.C + rows * p->CRow, p->CRow, rows, width * O.Width);
                                GemmMicroKernel.Run<T, V, O>(&tile, rows, width);
                            }
                        }
                    }
                }
                k0 += kc;
            } while (k0 < k);
        }
    }

    private static void Prefetch<T>(T* c, nint pitch, int rows, int columns) where T : unmanaged {
        if (!Sse.IsSupported) return;
        const int line = 64;
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns * sizeof(T); j += line) Sse.Prefetch0((byte*)(c + i * pitch) + j);
    }

    /// <summary>Where tile t begins when m rows are shared out evenly: 64 is 11+11+11+11+10+10, never five times 12 and a 4.</summary>
    internal static int FirstRow(int m, int tiles, int t) => m / tiles * t + Math.Min(t, m % tiles);

    /// <summary>The next kernel's width, shared out evenly (nine are 3 + 3 + 3): kernels are 1, 2, 3, 4 or 8 vectors wide.</summary>
    internal static int NextWidth(int vectors, int widest) {
        if (vectors >= 2 * widest || vectors == widest) return widest;
        if (vectors <= 4 && vectors < widest) return vectors;
        if (widest > 4) return vectors > 8 ? 8 : vectors > 6 ? 4 : 3;
        return vectors > widest ? (vectors + 1) / 2 : vectors;
    }

    private static void PackA<T>(GemmProblem<T>* p, T* to, int m, int tiles, int t0, int tEnd, int k0, int kc) where T : unmanaged {
        for (var t = t0; t < tEnd; t++) {
            var row = FirstRow(m, tiles, t);
            var rows = FirstRow(m, tiles, t + 1) - row;
            GemmPacking.Columns(p->A + row * p->ARow + k0 * p->ACol, p->ACol, p->ARow, kc, rows, to, rows);
            to += rows * kc;
        }
    }
}
