using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Diff;

/// <summary>One tile of C: a few rows by a few vectors, over a stretch of k.</summary>
/// <remarks>Passed by address: a kernel has more arguments than the calling convention has registers.</remarks>
internal unsafe struct Tile<T> where T : unmanaged {
    internal nint K;

    /// <summary>Element (i, k) of A is at A[i·ARow + k·AStep].</summary>
    internal T* A;
    internal nint ARow, AStep;

    /// <summary>Row k of B starts at B + k·BStep, or at B + Offsets[k] where there is a table.</summary>
    internal T* B;
    internal nint BStep;
    internal nint* Offsets;
    internal T* C;
    internal nint CRow;

    /// <summary>Null, or what a later tile will read: with each k the line at Ahead + k·AheadStep is sent for.</summary>
    internal T* Ahead;
    internal nint AheadStep;

    /// <summary>Continue the chains that C holds instead of starting from zero.</summary>
    internal bool Accumulate;

    /// <summary>Columns of the last vector when it is not full, else 0.</summary>
    internal int Tail;
}

/// <summary>The inner loop of every contraction: C[i, j] is one chain of fused multiply-adds over ascending k.</summary>
/// <remarks>All accumulators stay in registers, so a k costs one row of B, one broadcast per row of A, and nothing else.
/// Which tile an element falls into never changes its chain; tiles are free to have any size.</remarks>
internal static unsafe class GemmMicroKernel {
    /// <summary>The most vectors a tile of this many rows may be wide.</summary>
    internal static int Widest<T, V, O>(int rows) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        if (rows == 1) return 8;
        for (var vectors = 4; vectors > 1; vectors--)
            if (vectors * rows <= O.Accumulators) return vectors;
        return 1;
    }

    /// <summary>The most rows of a tile: two vectors wide, the best balance of loads and arithmetic.</summary>
    internal static int TallestRows<T, V, O>() where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> => O.Accumulators / 2;

    internal static void Run<T, V, O>(Tile<T>* t, int rows, int vectors)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        switch (vectors) {
            case 1: Rows<T, V, O, Row1<T, V, O>>(t, rows); break;
            case 2: Rows<T, V, O, Row2<T, V, O>>(t, rows); break;
            case 3: Rows<T, V, O, Row3<T, V, O>>(t, rows); break;
            case 4: Rows<T, V, O, Row4<T, V, O>>(t, rows); break;
            default: SingleRow<T, V, O>(t); break;
        }
    }

    private static void Rows<T, V, O, TRow>(Tile<T>* t, int rows)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> where TRow : unmanaged, IRow<TRow, T, V> {
        if (t->Offsets == null) {
            if (t->Tail == 0) Rows<T, V, O, TRow, No, No>(t, rows);
            else Rows<T, V, O, TRow, No, Yes>(t, rows);
        } else if (t->Tail == 0) Rows<T, V, O, TRow, Yes, No>(t, rows);
        else Rows<T, V, O, TRow, Yes, Yes>(t, rows);
    }

    // Each case is compiled when it is first called: a program pays for the few row counts its shapes have.
    private static void Rows<T, V, O, TRow, TTable, TTail>(Tile<T>* t, int rows)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> where TRow : unmanaged, IRow<TRow, T, V>
        where TTable : struct, IFlag where TTail : struct, IFlag {
        switch (rows) {
            case 1: Kernel<T, V, O, TRow, N1, TTable, TTail>(t); break;
            case 2: Kernel<T, V, O, TRow, N2, TTable, TTail>(t); break;
            case 3: Kernel<T, V, O, TRow, N3, TTable, TTail>(t); break;
            case 4: Kernel<T, V, O, TRow, N4, TTable, TTail>(t); break;
            case 5: Kernel<T, V, O, TRow, N5, TTable, TTail>(t); break;
            case 6: Kernel<T, V, O, TRow, N6, TTable, TTail>(t); break;
            case 7: Kernel<T, V, O, TRow, N7, TTable, TTail>(t); break;
            case 8: Kernel<T, V, O, TRow, N8, TTable, TTail>(t); break;
            case 9: Kernel<T, V, O, TRow, N9, TTable, TTail>(t); break;
            case 10: Kernel<T, V, O, TRow, N10, TTable, TTail>(t); break;
            case 11: Kernel<T, V, O, TRow, N11, TTable, TTail>(t); break;
            case 12: Kernel<T, V, O, TRow, N12, TTable, TTail>(t); break;
        }
    }

    // R: rows of the tile; the code of the others is not generated. TTable: whether the rows of B are found by a table of offsets
    // (convolution). TTail: whether the last vector is masked. What gains nothing by a kernel of its own, such as rows of A that
    // are neighbours, has none: each takes milliseconds to compile.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Kernel<T, V, O, TRow, R, TTable, TTail>(Tile<T>* t)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> where TRow : unmanaged, IRow<TRow, T, V>
        where R : unmanaged, ICount where TTable : struct, IFlag where TTail : struct, IFlag {
        var mask = typeof(TTail) == typeof(Yes) ? O.Mask(t->Tail) : O.Zero;
        TRow r0 = default;
        TRow r1 = default;
        TRow r2 = default;
        TRow r3 = default;
        TRow r4 = default;
        TRow r5 = default;
        TRow r6 = default;
        TRow r7 = default;
        TRow r8 = default;
        TRow r9 = default;
        TRow r10 = default;
        TRow r11 = default;
        var c = t->C;
        var cRow = t->CRow;
        if (t->Accumulate) {
            r0 = Read<T, V, TRow, TTail>(c, mask);
            if (sizeof(R) > 1) r1 = Read<T, V, TRow, TTail>(c + 1 * cRow, mask);
            if (sizeof(R) > 2) r2 = Read<T, V, TRow, TTail>(c + 2 * cRow, mask);
            if (sizeof(R) > 3) r3 = Read<T, V, TRow, TTail>(c + 3 * cRow, mask);
            if (sizeof(R) > 4) r4 = Read<T, V, TRow, TTail>(c + 4 * cRow, mask);
            if (sizeof(R) > 5) r5 = Read<T, V, TRow, TTail>(c + 5 * cRow, mask);
            if (sizeof(R) > 6) r6 = Read<T, V, TRow, TTail>(c + 6 * cRow, mask);
            if (sizeof(R) > 7) r7 = Read<T, V, TRow, TTail>(c + 7 * cRow, mask);
            if (sizeof(R) > 8) r8 = Read<T, V, TRow, TTail>(c + 8 * cRow, mask);
            if (sizeof(R) > 9) r9 = Read<T, V, TRow, TTail>(c + 9 * cRow, mask);
            if (sizeof(R) > 10) r10 = Read<T, V, TRow, TTail>(c + 10 * cRow, mask);
            if (sizeof(R) > 11) r11 = Read<T, V, TRow, TTail>(c + 11 * cRow, mask);
        }

        // Rows are reached in threes from four pointers, [p], [p + s] and [p + 2s]: twelve pointers would not fit.
        var s = t->ARow * sizeof(T);
        var step = t->AStep;
        var a0 = t->A;
        var a3 = a0 + 3 * t->ARow;
        var a6 = a0 + 6 * t->ARow;
        var a9 = a0 + 9 * t->ARow;
        var b = t->B;
        var bStep = t->BStep;
        var offsets = t->Offsets;
        var ahead = t->Ahead == null ? t->B : t->Ahead;
        var aheadStep = t->Ahead == null ? 0 : t->AheadStep;
        for (var k = t->K; k > 0; k--) {
            if (Sse.IsSupported) Sse.Prefetch1(ahead);
            ahead += aheadStep;
            TRow row;
            if (typeof(TTable) == typeof(Yes)) {
                row = Read<T, V, TRow, TTail>(b + *offsets, mask);
                offsets++;
            } else {
                row = Read<T, V, TRow, TTail>(b, mask);
                b += bStep;
            }
            r0 = TRow.Fma(O.Broadcast(*a0), row, r0);
            if (sizeof(R) > 1) r1 = TRow.Fma(O.Broadcast(*(T*)((byte*)a0 + s)), row, r1);
            if (sizeof(R) > 2) r2 = TRow.Fma(O.Broadcast(*(T*)((byte*)a0 + 2 * s)), row, r2);
            if (sizeof(R) > 3) r3 = TRow.Fma(O.Broadcast(*a3), row, r3);
            if (sizeof(R) > 4) r4 = TRow.Fma(O.Broadcast(*(T*)((byte*)a3 + s)), row, r4);
            if (sizeof(R) > 5) r5 = TRow.Fma(O.Broadcast(*(T*)((byte*)a3 + 2 * s)), row, r5);
            if (sizeof(R) > 6) r6 = TRow.Fma(O.Broadcast(*a6), row, r6);
            if (sizeof(R) > 7) r7 = TRow.Fma(O.Broadcast(*(T*)((byte*)a6 + s)), row, r7);
            if (sizeof(R) > 8) r8 = TRow.Fma(O.Broadcast(*(T*)((byte*)a6 + 2 * s)), row, r8);
            if (sizeof(R) > 9) r9 = TRow.Fma(O.Broadcast(*a9), row, r9);
            if (sizeof(R) > 10) r10 = TRow.Fma(O.Broadcast(*(T*)((byte*)a9 + s)), row, r10);
            if (sizeof(R) > 11) r11 = TRow.Fma(O.Broadcast(*(T*)((byte*)a9 + 2 * s)), row, r11);
            a0 += step;
            if (sizeof(R) > 3) a3 += step;
            if (sizeof(R) > 6) a6 += step;
            if (sizeof(R) > 9) a9 += step;
        }

        Write<T, V, TRow, TTail>(c, mask, r0);
        if (sizeof(R) > 1) Write<T, V, TRow, TTail>(c + 1 * cRow, mask, r1);
        if (sizeof(R) > 2) Write<T, V, TRow, TTail>(c + 2 * cRow, mask, r2);
        if (sizeof(R) > 3) Write<T, V, TRow, TTail>(c + 3 * cRow, mask, r3);
        if (sizeof(R) > 4) Write<T, V, TRow, TTail>(c + 4 * cRow, mask, r4);
        if (sizeof(R) > 5) Write<T, V, TRow, TTail>(c + 5 * cRow, mask, r5);
        if (sizeof(R) > 6) Write<T, V, TRow, TTail>(c + 6 * cRow, mask, r6);
        if (sizeof(R) > 7) Write<T, V, TRow, TTail>(c + 7 * cRow, mask, r7);
        if (sizeof(R) > 8) Write<T, V, TRow, TTail>(c + 8 * cRow, mask, r8);
        if (sizeof(R) > 9) Write<T, V, TRow, TTail>(c + 9 * cRow, mask, r9);
        if (sizeof(R) > 10) Write<T, V, TRow, TTail>(c + 10 * cRow, mask, r10);
        if (sizeof(R) > 11) Write<T, V, TRow, TTail>(c + 11 * cRow, mask, r11);
    }

    // One row, eight vectors: with fewer chains the latency of the multiplier, not its rate, would set the pace.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SingleRow<T, V, O>(Tile<T>* t) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var tail = t->Tail;
        var mask = O.Mask(tail == 0 ? O.Width : tail);
        var c = t->C;
        var r0 = O.Zero;
        var r1 = O.Zero;
        var r2 = O.Zero;
        var r3 = O.Zero;
        var r4 = O.Zero;
        var r5 = O.Zero;
        var r6 = O.Zero;
        var r7 = O.Zero;
        if (t->Accumulate) {
            r0 = O.Load(c);
            r1 = O.Load(c + O.Width);
            r2 = O.Load(c + 2 * O.Width);
            r3 = O.Load(c + 3 * O.Width);
            r4 = O.Load(c + 4 * O.Width);
            r5 = O.Load(c + 5 * O.Width);
            r6 = O.Load(c + 6 * O.Width);
            r7 = O.LoadMasked(c + 7 * O.Width, mask);
        }
        var a = t->A;
        var step = t->AStep;
        var b = t->B;
        var bStep = t->BStep;
        var offsets = t->Offsets;
        for (var k = t->K; k > 0; k--) {
            var p = b;
            if (offsets != null) p += *offsets++;
            else b += bStep;
            var x = O.Broadcast(*a);
            a += step;
            r0 = O.Fma(x, O.Load(p), r0);
            r1 = O.Fma(x, O.Load(p + O.Width), r1);
            r2 = O.Fma(x, O.Load(p + 2 * O.Width), r2);
            r3 = O.Fma(x, O.Load(p + 3 * O.Width), r3);
            r4 = O.Fma(x, O.Load(p + 4 * O.Width), r4);
            r5 = O.Fma(x, O.Load(p + 5 * O.Width), r5);
            r6 = O.Fma(x, O.Load(p + 6 * O.Width), r6);
            r7 = O.Fma(x, O.LoadMasked(p + 7 * O.Width, mask), r7);
        }
        O.Store(c, r0);
        O.Store(c + O.Width, r1);
        O.Store(c + 2 * O.Width, r2);
        O.Store(c + 3 * O.Width, r3);
        O.Store(c + 4 * O.Width, r4);
        O.Store(c + 5 * O.Width, r5);
        O.Store(c + 6 * O.Width, r6);
        O.StoreMasked(c + 7 * O.Width, mask, r7);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TRow Read<T, V, TRow, TTail>(T* p, V mask)
        where T : unmanaged where V : unmanaged where TRow : unmanaged, IRow<TRow, T, V> where TTail : struct, IFlag =>
        typeof(TTail) == typeof(Yes) ? TRow.LoadMasked(p, mask) : TRow.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write<T, V, TRow, TTail>(T* p, V mask, TRow r)
        where T : unmanaged where V : unmanaged where TRow : unmanaged, IRow<TRow, T, V> where TTail : struct, IFlag {
        if (typeof(TTail) == typeof(Yes)) TRow.StoreMasked(p, mask, r);
        else TRow.Store(p, r);
    }
}
