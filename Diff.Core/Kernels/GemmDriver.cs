using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Diff;

/// <summary>Carries out a <see cref="GemmPlan{T, V, O}"/> by <see cref="GemmMicroKernel"/>.</summary>
/// <remarks>
/// Three nested cuts: a stretch of k (so that a panel of B stays in the first-level cache), a block of rows (so that A's
/// stays in the second), and tiles. A later stretch of k goes on with the chains that C holds, which leaves the bits as if
/// there were no cut.
/// </remarks>
internal static unsafe class GemmDriver {
    internal static void Run<T, V, O>(GemmProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        if (GemmPlan<T, V, O>.NarrowTail(p->M, p->N, p->K, p->ARow) is var tail && tail > 0) Split<T, V, O>(p, tail);
        var plan = new GemmPlan<T, V, O>(p->M, p->N, p->K, p->ARow, p->ACol, p->BRow, p->BCol);
        var one = *p;
        for (var i = 0; i < p->Count; i++) {
            p->At(i, out one.A, out one.B, out one.C);
            if (plan.Swapped) Swapped<T, V, O>(&one, plan);
            else if (p->K == 1 && p->BCol == 1) Outer<T, V, O>(&one);
            else {
                T* nextA = null, nextB = null;
                if (plan.Small && i + 1 < p->Count) p->At(i + 1, out nextA, out nextB, out _);
                Blocks<T, V, O>(&one, plan, plan.Small && i > 0, nextA, nextB);
            }
        }
    }

    /// <summary>Computes the last columns and leaves the others.</summary>
    private static void Split<T, V, O>(GemmProblem<T>* p, int tail) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var last = *p;
        p->N -= tail;
        last.N = tail;
        last.B += p->N * p->BCol;
        last.C += p->N;
        Run<T, V, O>(&last);
    }

    /// <summary>A column times a row: nothing is worth being kept in registers but the one factor of a row of C.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Outer<T, V, O>(GemmProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var b = p->B;
        nint n = p->N;
        var full = n / O.Width * O.Width;
        var mask = O.Mask((int)(n - full));
        var accumulate = p->Accumulate;
        for (nint i = 0; i < p->M; i++) {
            var x = O.Broadcast(p->A[i * p->ARow]);
            var c = p->C + i * p->CRow;
            for (nint j = 0; j < full; j += O.Width) O.Store(c + j, O.Fma(x, O.Load(b + j), accumulate ? O.Load(c + j) : O.Zero));
            if (full < n) O.StoreMasked(c + full, mask, O.Fma(x, O.LoadMasked(b + full, mask), accumulate ? O.LoadMasked(c + full, mask) : O.Zero));
        }
    }

    private static void Swapped<T, V, O>(GemmProblem<T>* p, in GemmPlan<T, V, O> plan) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var (m, n) = (p->M, p->N);
        var straight = n == 1 && p->CRow == 1;
        var c = straight ? p->C : Scratch.Rent<T>(Scratch.Slot.Output, (nint)m * n);
        var swapped = new GemmProblem<T>(n, m, p->K, p->B, p->BCol, p->BRow, p->A, p->ACol, p->ARow, c, m, p->Accumulate);
        if (!straight && p->Accumulate)
            for (nint i = 0; i < m; i++)
                for (nint j = 0; j < n; j++) c[j * m + i] = p->C[i * p->CRow + j];
        Blocks<T, V, O>(&swapped, plan, sentFor: false, null, null);
        if (!straight)
            for (nint i = 0; i < m; i++)
                for (nint j = 0; j < n; j++) p->C[i * p->CRow + j] = c[j * m + i];
    }

    /// <param name="p">The product.</param>
    /// <param name="plan">How it is computed.</param>
    /// <param name="sentFor">Whether the product before it has sent for its operands.</param>
    /// <param name="nextA">The A of the next product, to be sent for, or null.</param>
    /// <param name="nextB">The B of the next product, or null.</param>
    private static void Blocks<T, V, O>(GemmProblem<T>* p, in GemmPlan<T, V, O> plan, bool sentFor, T* nextA, T* nextB) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        if (plan.Turned && !p->Accumulate) {
            var rest = *p;
            var done = GemmTransposed.Run(p);
            rest.K -= done;
            rest.A += done * rest.ACol;
            rest.B += done;
            rest.Accumulate = true;
            if (rest.K > 0) Blocks(&rest, plan, sentFor, nextA, nextB);
            return;
        }
        var (m, n, k) = (p->M, p->N, p->K);
        var (tiles, widest, packA, packB, keepB) = (plan.Tiles, plan.Widest, plan.PackA, plan.PackB, plan.KeepB);
        // The first `taller` tiles have one row more than the others.
        var (height, taller) = tiles == 1 ? (m, 0) : (m / tiles, m % tiles);
        var panel = widest * O.Width;
        var packedA = packA ? Scratch.Rent<T>(Scratch.Slot.PackedA, (nint)plan.TilesPerBlock * (height + 1) * plan.KBlock) : null;
        var packedB = packB ? Scratch.Rent<T>(Scratch.Slot.PackedB, (nint)(keepB ? plan.NBlock + panel : panel) * plan.KBlock) : null;

        GemmAhead<T> panelAhead = default, blockAhead = default, aAhead = default, bAhead = default;
        if (nextA != p->A && nextA != null) aAhead.Aim(nextA, p->ARow, p->ACol, m, k, plan.KBlock);
        if (nextB != p->B && nextB != null) bAhead.Aim(nextB, p->BRow, p->BCol, k, n, plan.KBlock);
        Tile<T> tile;
        tile.Offsets = null;
        tile.CRow = p->CRow;
        for (var j0 = 0; j0 < n; j0 += plan.NBlock) {
            var jEnd = Math.Min(n, j0 + plan.NBlock);
            var k0 = 0;
            do {
                var kc = Math.Min(plan.KBlock, k - k0);
                tile.K = kc;
                tile.Accumulate = p->Accumulate || k0 > 0;
                for (var t0 = 0; t0 < tiles; t0 += plan.TilesPerBlock) {
                    var tEnd = Math.Min(tiles, t0 + plan.TilesPerBlock);
                    var firstRow = t0 * height + Math.Min(t0, taller);
                    if (packA) GemmPacking.Tiles(p->A + firstRow * p->ARow + k0 * p->ACol, p->ARow, p->ACol, kc, height, tEnd - t0, Math.Clamp(taller - t0, 0, tEnd - t0), packedA);
                    var nextRow = FirstRow(m, tiles, tEnd);
                    if (tEnd < tiles && (!packA || p->ACol == 1))
                        blockAhead.Aim(p->A + nextRow * p->ARow + k0 * p->ACol, p->ARow, p->ACol, FirstRow(m, tiles, Math.Min(tiles, tEnd + plan.TilesPerBlock)) - nextRow, kc, kc);
                    for (var j = j0; j < jEnd; j += panel) {
                        var columns = Math.Min(panel, jEnd - j);
                        var vectors = (columns + O.Width - 1) / O.Width;
                        T* b;
                        if (packB) {
                            b = packedB + (keepB ? (nint)(j - j0) * kc : 0);
                            tile.BStep = vectors * O.Width;
                            if (t0 == 0) GemmPacking.Columns(p->B + k0 * p->BRow + j * p->BCol, p->BRow, p->BCol, kc, columns, b, tile.BStep);
                        } else {
                            b = p->B + k0 * p->BRow + j;
                            tile.BStep = p->BRow;
                        }
                        if (sentFor || j + panel >= jEnd) panelAhead.Clear();
                        else if (packB && t0 > 0) panelAhead.Aim(b + panel * kc, panel, 1, kc, panel, kc);
                        else panelAhead.Aim(p->B + k0 * p->BRow + (j + panel) * p->BCol, p->BRow, p->BCol, kc, Math.Min(panel, jEnd - j - panel), kc);
                        for (var done = 0; done < vectors;) {
                            var width = NextWidth(vectors - done, widest);
                            tile.B = b + done * O.Width;
                            tile.C = p->C + firstRow * p->CRow + j + done * O.Width;
                            done += width;
                            tile.Tail = done == vectors ? columns % O.Width : 0;
                            tile.A = packA ? packedA : p->A + firstRow * p->ARow + k0 * p->ACol;
                            tile.ARow = packA ? 1 : p->ARow;
                            tile.AStep = p->ACol;
                            for (var t = t0; t < tEnd; t++) {
                                var rows = t < taller ? height + 1 : height;
                                if (packA) tile.AStep = rows;
                                // What is read soonest comes first; A is read with the first panel of B.
                                var below = !packA && !sentFor && t0 == 0 && j == j0 && done == width && t + 1 < tEnd && GemmAhead<T>.SendBelow(&tile, rows);
                                if (!below && !panelAhead.Send(&tile) && !blockAhead.Send(&tile) && !aAhead.Send(&tile) && !bAhead.Send(&tile)) tile.Ahead = null;
                                if (plan.Fetch && t + 1 < tEnd) Prefetch(tile.C + rows * p->CRow, p->CRow, rows, width * O.Width);
                                GemmMicroKernel.Run<T, V, O>(&tile, rows, width);
                                tile.A += packA ? rows * kc : rows * p->ARow;
                                tile.C += rows * p->CRow;
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

    /// <summary>Where tile t begins when m rows are shared out evenly.</summary>
    internal static int FirstRow(int m, int tiles, int t) => m / tiles * t + Math.Min(t, m % tiles);

    /// <summary>The next kernel's width, shared out evenly (nine are 3 + 3 + 3): kernels are 1, 2, 3, 4 or 8 vectors wide.</summary>
    internal static int NextWidth(int vectors, int widest) {
        if (vectors >= 2 * widest || vectors == widest) return widest;
        if (vectors <= 4 && vectors < widest) return vectors;
        if (widest > 4) return vectors > 8 ? 8 : vectors > 6 ? 4 : 3;
        return vectors > widest ? (vectors + 1) / 2 : vectors;
    }
}
