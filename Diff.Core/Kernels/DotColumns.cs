using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>A matrix that lies transposed, times a vector, in the order of <see cref="DotKernel"/>: the lanes are registers.</summary>
/// <remarks>Vectors run along the outputs here, and the sixteen lanes of each output are sixteen accumulators, four at a
/// time. The same chains and the same tree, so the same bits, without turning the matrix first.</remarks>
internal static unsafe class DotColumns {
    /// <summary>Lanes kept at once; the others walk the matrix again, over other rows of it.</summary>
    private const int Together = 4;

    internal static void Run<T, V, O>(GemmProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var widest = O.Accumulators >= 24 ? 4 : 2;
        var vectors = (p->M + O.Width - 1) / O.Width;
        var width = Math.Min(widest, vectors);
        var sums = Scratch.Rent<T>(Scratch.Slot.Lanes, (nint)(DotKernel.Lanes + 1) * width * O.Width);
        var b = p->B;
        if (p->BRow != 1) {
            b = Scratch.Rent<T>(Scratch.Slot.PackedB, p->K);
            GemmPacking.Columns(p->B, 1, p->BRow, 1, p->K, b, 1);
        }
        for (var done = 0; done < vectors; done += width) {
            width = Math.Min(width, vectors - done);
            var row = done * O.Width;
            var rows = Math.Min(width * O.Width, p->M - row);
            switch (width) {
                case 1: Strip<T, V, O, Row1<T, V, O>>(p, b, sums, row, rows); break;
                case 2: Strip<T, V, O, Row2<T, V, O>>(p, b, sums, row, rows); break;
                case 3: Strip<T, V, O, Row3<T, V, O>>(p, b, sums, row, rows); break;
                default: Strip<T, V, O, Row4<T, V, O>>(p, b, sums, row, rows); break;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Strip<T, V, O, TRow>(GemmProblem<T>* p, T* b, T* sums, int row, int rows)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> where TRow : unmanaged, IRow<TRow, T, V> {
        var pitch = (nint)TRow.Vectors * O.Width;
        var mask = O.Mask(rows - (TRow.Vectors - 1) * O.Width);
        for (var lane = 0; lane < DotKernel.Lanes; lane += Together)
            Kernel<T, V, O, TRow>(p->A + row, p->ACol, b, p->K, lane, mask, sums + lane * pitch, pitch);
        for (var half = DotKernel.Lanes / 2; half > 0; half /= 2)
            for (var l = 0; l < half; l++)
                TRow.Store(sums + l * pitch, TRow.Add(TRow.Load(sums + l * pitch), TRow.Load(sums + (l + half) * pitch)));
        for (nint i = 0; i < rows; i++) {
            var c = p->C + (row + i) * p->CRow;
            *c = p->Accumulate ? DotKernel.Add(*c, sums[i]) : sums[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Kernel<T, V, O, TRow>(T* a, nint aStep, T* b, int k, int lane, V mask, T* sums, nint pitch)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> where TRow : unmanaged, IRow<TRow, T, V> {
        TRow r0 = default, r1 = default, r2 = default, r3 = default;
        var group = 0;
        a += lane * aStep;
        b += lane;
        for (; group + DotKernel.Lanes <= k; group += DotKernel.Lanes) {
            r0 = TRow.Fma(O.Broadcast(b[0]), TRow.LoadMasked(a, mask), r0);
            r1 = TRow.Fma(O.Broadcast(b[1]), TRow.LoadMasked(a + aStep, mask), r1);
            r2 = TRow.Fma(O.Broadcast(b[2]), TRow.LoadMasked(a + 2 * aStep, mask), r2);
            r3 = TRow.Fma(O.Broadcast(b[3]), TRow.LoadMasked(a + 3 * aStep, mask), r3);
            a += DotKernel.Lanes * aStep;
            b += DotKernel.Lanes;
        }
        if (group < k) {
            // The tail as in DotKernel: lanes without an element add 0·0.
            var left = k - group - lane;
            TRow zero = default;
            r0 = left > 0 ? TRow.Fma(O.Broadcast(b[0]), TRow.LoadMasked(a, mask), r0) : TRow.Fma(O.Zero, zero, r0);
            r1 = left > 1 ? TRow.Fma(O.Broadcast(b[1]), TRow.LoadMasked(a + aStep, mask), r1) : TRow.Fma(O.Zero, zero, r1);
            r2 = left > 2 ? TRow.Fma(O.Broadcast(b[2]), TRow.LoadMasked(a + 2 * aStep, mask), r2) : TRow.Fma(O.Zero, zero, r2);
            r3 = left > 3 ? TRow.Fma(O.Broadcast(b[3]), TRow.LoadMasked(a + 3 * aStep, mask), r3) : TRow.Fma(O.Zero, zero, r3);
        }
        TRow.Store(sums, r0);
        TRow.Store(sums + pitch, r1);
        TRow.Store(sums + 2 * pitch, r2);
        TRow.Store(sums + 3 * pitch, r3);
    }
}
