using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Diff;

/// <summary>A few rows of A against a few of Bᵀ, both contiguous in k: every product keeps sixteen running lanes.</summary>
internal unsafe struct DotTile<T> where T : unmanaged {
    /// <summary>How many groups of sixteen k there are.</summary>
    internal nint Groups;

    /// <summary>How often the groups are walked through, A and B moving on by ANext and BNext each time.</summary>
    internal nint Repeats, ANext, BNext;

    /// <summary>Elements of a last group that is not full; its missing ones count as 0·0.</summary>
    internal int Tail;

    /// <summary>Row i of A starts at A + i·ARow.</summary>
    internal T* A;
    internal nint ARow;

    /// <summary>Row j of Bᵀ starts at B + Offsets[j].</summary>
    internal T* B;
    internal nint* Offsets;

    /// <summary>Null, or Groups·16 masks that B is cut with before it is multiplied.</summary>
    internal T* Masks;

    /// <summary>The lanes of (i, j) are the sixteen elements at Lanes + i·LanesRow + j·16; they are continued, or begun.</summary>
    internal T* Lanes;
    internal nint LanesRow;
    internal bool Begins;
}

/// <summary>Long dot products: lane l sums the k that are l modulo sixteen, and a fixed tree adds the lanes.</summary>
/// <remarks>Sixteen is the number of lanes whatever the width of the vectors: narrower ones walk k several times.</remarks>
internal static unsafe class DotKernel {
    internal const int Lanes = 16;

    /// <summary>Columns of a tile; its rows are as many as the registers then hold.</summary>
    internal const int MaxColumns = 4;

    internal static int MaxRows<T, V, O>() where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> => O.Accumulators / MaxColumns;

    internal static void Run<T, V, O>(DotTile<T>* t, int rows, int columns)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        switch (columns) {
            case 1: Rows<T, V, O, Row1<T, V, O>>(t, rows); break;
            case 2: Rows<T, V, O, Row2<T, V, O>>(t, rows); break;
            case 3: Rows<T, V, O, Row3<T, V, O>>(t, rows); break;
            default: Rows<T, V, O, Row4<T, V, O>>(t, rows); break;
        }
    }

    private static void Rows<T, V, O, TRow>(DotTile<T>* t, int rows)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> where TRow : unmanaged, IRow<TRow, T, V> {
        if (t->Masks == null) Rows<T, V, O, TRow, No>(t, rows);
        else Rows<T, V, O, TRow, Yes>(t, rows);
    }

    private static void Rows<T, V, O, TRow, TMasked>(DotTile<T>* t, int rows)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> where TRow : unmanaged, IRow<TRow, T, V> where TMasked : struct, IFlag {
        switch (rows) {
            case 1: Kernel<T, V, O, TRow, N1, TMasked>(t); break;
            case 2: Kernel<T, V, O, TRow, N2, TMasked>(t); break;
            case 3: Kernel<T, V, O, TRow, N3, TMasked>(t); break;
            case 4: Kernel<T, V, O, TRow, N4, TMasked>(t); break;
            case 5: Kernel<T, V, O, TRow, N5, TMasked>(t); break;
            case 6: Kernel<T, V, O, TRow, N6, TMasked>(t); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Kernel<T, V, O, TRow, R, TMasked>(DotTile<T>* t)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> where TRow : unmanaged, IRow<TRow, T, V>
        where R : unmanaged, ICount where TMasked : struct, IFlag {
        var o0 = t->Offsets[0];
        var o1 = TRow.Vectors > 1 ? t->Offsets[1] : 0;
        var o2 = TRow.Vectors > 2 ? t->Offsets[2] : 0;
        var o3 = TRow.Vectors > 3 ? t->Offsets[3] : 0;
        var s = t->ARow * sizeof(T);
        for (nint lane = 0; lane < Lanes; lane += O.Width) {
            var lanes = t->Lanes + lane;
            var lanesRow = t->LanesRow;
            TRow r0 = default;
            TRow r1 = default;
            TRow r2 = default;
            TRow r3 = default;
            TRow r4 = default;
            TRow r5 = default;
            if (!t->Begins) {
                r0 = TRow.LoadApart(lanes, Lanes);
                if (sizeof(R) > 1) r1 = TRow.LoadApart(lanes + 1 * lanesRow, Lanes);
                if (sizeof(R) > 2) r2 = TRow.LoadApart(lanes + 2 * lanesRow, Lanes);
                if (sizeof(R) > 3) r3 = TRow.LoadApart(lanes + 3 * lanesRow, Lanes);
                if (sizeof(R) > 4) r4 = TRow.LoadApart(lanes + 4 * lanesRow, Lanes);
                if (sizeof(R) > 5) r5 = TRow.LoadApart(lanes + 5 * lanesRow, Lanes);
            }
            var a0 = t->A + lane;
            var a3 = a0 + 3 * t->ARow;
            var b = t->B + lane;
            var aNext = t->ANext - t->Groups * Lanes;
            var bNext = t->BNext - t->Groups * Lanes;
            for (var repeat = t->Repeats; repeat > 0; repeat--) {
                var masks = t->Masks + lane;
                for (var k = t->Groups; k > 0; k--) {
                    var row = TRow.Gather(b, o0, o1, o2, o3);
                    if (typeof(TMasked) == typeof(Yes)) {
                        row = TRow.And(O.Load(masks), row);
                        masks += Lanes;
                    }
                    r0 = TRow.Fma(O.Load(a0), row, r0);
                    if (sizeof(R) > 1) r1 = TRow.Fma(O.Load((T*)((byte*)a0 + s)), row, r1);
                    if (sizeof(R) > 2) r2 = TRow.Fma(O.Load((T*)((byte*)a0 + 2 * s)), row, r2);
                    if (sizeof(R) > 3) r3 = TRow.Fma(O.Load(a3), row, r3);
                    if (sizeof(R) > 4) r4 = TRow.Fma(O.Load((T*)((byte*)a3 + s)), row, r4);
                    if (sizeof(R) > 5) r5 = TRow.Fma(O.Load((T*)((byte*)a3 + 2 * s)), row, r5);
                    a0 += Lanes;
                    if (sizeof(R) > 3) a3 += Lanes;
                    b += Lanes;
                }
                a0 += aNext;
                if (sizeof(R) > 3) a3 += aNext;
                b += bNext;
            }
            if (t->Tail > 0) {
                // Done for lanes without an element too: x + 0·0 is +0 where x is −0, and that must not depend on the width.
                var mask = O.Mask(Math.Clamp(t->Tail - (int)lane, 0, O.Width));
                var row = TRow.GatherMasked(b, o0, o1, o2, o3, mask);
                r0 = TRow.Fma(O.LoadMasked(a0, mask), row, r0);
                if (sizeof(R) > 1) r1 = TRow.Fma(O.LoadMasked((T*)((byte*)a0 + s), mask), row, r1);
                if (sizeof(R) > 2) r2 = TRow.Fma(O.LoadMasked((T*)((byte*)a0 + 2 * s), mask), row, r2);
                if (sizeof(R) > 3) r3 = TRow.Fma(O.LoadMasked(a3, mask), row, r3);
                if (sizeof(R) > 4) r4 = TRow.Fma(O.LoadMasked((T*)((byte*)a3 + s), mask), row, r4);
                if (sizeof(R) > 5) r5 = TRow.Fma(O.LoadMasked((T*)((byte*)a3 + 2 * s), mask), row, r5);
            }
            TRow.StoreApart(lanes, Lanes, r0);
            if (sizeof(R) > 1) TRow.StoreApart(lanes + 1 * lanesRow, Lanes, r1);
            if (sizeof(R) > 2) TRow.StoreApart(lanes + 2 * lanesRow, Lanes, r2);
            if (sizeof(R) > 3) TRow.StoreApart(lanes + 3 * lanesRow, Lanes, r3);
            if (sizeof(R) > 4) TRow.StoreApart(lanes + 4 * lanesRow, Lanes, r4);
            if (sizeof(R) > 5) TRow.StoreApart(lanes + 5 * lanesRow, Lanes, r5);
        }
    }

    /// <summary>Of each sixteen lanes their sum; what is there is continued, or begun.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Sums<T>(T* lanes, nint count, T* y, bool accumulate = false) where T : unmanaged {
        nint i = 0;
        if (typeof(T) == typeof(float) && Avx512F.IsSupported)
            for (; i <= count - Lanes; i += Lanes) {
                var sums = Sixteen((float*)lanes + i * Lanes);
                (accumulate ? Vector512.Load((float*)y + i) + sums : sums).Store((float*)y + i);
            }
        for (; i < count; i++) {
            var sum = Sum(lanes + i * Lanes);
            y[i] = accumulate ? Add(y[i], sum) : sum;
        }
    }

    // The same tree for sixteen sums at once: at each level what two vectors have left goes into one. Vectors are taken in the order that puts the sums into theirs.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Sixteen(float* p) =>
        Last(Fours(p, 0), Fours(p, 1), Fours(p, 2), Fours(p, 3));

    // l + 8 and l + 4 of vectors k, k + 4, k + 8, k + 12: four lanes of each are left.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Fours(float* p, int k) {
        p += k * Lanes;
        var (a, b) = (Pair(Vector512.Load(p), Vector512.Load(p + 4 * Lanes)), Pair(Vector512.Load(p + 8 * Lanes), Vector512.Load(p + 12 * Lanes)));
        return Avx512F.Shuffle4x128(a, b, 0b10_00_10_00) + Avx512F.Shuffle4x128(a, b, 0b11_01_11_01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Pair(Vector512<float> a, Vector512<float> b) => Avx512F.Shuffle4x128(a, b, 0b01_00_01_00) + Avx512F.Shuffle4x128(a, b, 0b11_10_11_10);

    // l + 2 and l + 1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Last(Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d) {
        var (e, f) = (Two(a, b), Two(c, d));
        return Avx512F.Shuffle(e, f, 0b10_00_10_00) + Avx512F.Shuffle(e, f, 0b11_01_11_01);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Two(Vector512<float> a, Vector512<float> b) =>
        Avx512F.UnpackLow(a.AsDouble(), b.AsDouble()).AsSingle() + Avx512F.UnpackHigh(a.AsDouble(), b.AsDouble()).AsSingle();

    // The tree: l with l + 8, then with l + 4, l + 2, l + 1. Additions of whole vectors are the same additions at any width.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Sum<T>(T* lanes) where T : unmanaged {
        if (typeof(T) == typeof(float)) {
            var p = (float*)lanes;
            var eight = Vector256.Load(p) + Vector256.Load(p + 8);
            var four = eight.GetLower() + eight.GetUpper();
            var two = four + Vector128.Shuffle(four, Vector128.Create(2, 3, 0, 1));
            return (T)(object)(two.GetElement(0) + two.GetElement(1));
        } else {
            var p = (double*)lanes;
            var four = Vector256.Load(p) + Vector256.Load(p + 8) + (Vector256.Load(p + 4) + Vector256.Load(p + 12));
            var two = four.GetLower() + four.GetUpper();
            return (T)(object)(two.GetElement(0) + two.GetElement(1));
        }
    }

    /// <summary>x + y, for a sum that continues what is there.</summary>
    internal static T Add<T>(T x, T y) where T : unmanaged => typeof(T) == typeof(float)
        ? (T)(object)((float)(object)x + (float)(object)y)
        : (T)(object)((double)(object)x + (double)(object)y);
}
