namespace Diff;

/// <summary>How a product is computed: which way round, which operands are copied, and where it is cut.</summary>
/// <remarks>Sizes, strides and the width of the vectors decide; the bits do not depend on it.</remarks>
internal readonly unsafe struct GemmPlan<T, V, O> where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
    /// <summary>Longest stretch of k once operands are packed: C is read and written once for each.</summary>
    private static int KMost => 4096 / sizeof(T);

    /// <summary>Rows of A in one packed block: with <see cref="KMost"/> half of a 1 MB second-level cache.</summary>
    private const int RowsMost = 120;

    private const int ShortK = 32, LongK = 512, StripBytes = 64 * 1024, SmallBytes = 256 * 1024, StreamBytes = 128 * 1024, HalfCacheBytes = 512 * 1024;

    /// <summary>Longest rows of A that are read where they lie: those of a tile are half of the first-level cache.</summary>
    private const int RowBytes = 2048;

    /// <summary>Rows so far apart, or a multiple of it, would be in the same few sets of the first-level cache.</summary>
    private const int SetBytes = 4096;

    /// <summary>Bytes of B that are read where they lie when its rows are contiguous.</summary>
    private const int DirectBytes = 1_600_000;

    /// <summary>Computed as (BᵀAᵀ)ᵀ; everything else here is said of that product then.</summary>
    internal bool Swapped { get; }

    internal bool PackA { get; }
    internal bool PackB { get; }

    /// <summary>Computed by <see cref="GemmTransposed"/>, but for the last k.</summary>
    internal bool Turned { get; }

    /// <summary>Tiles above each other: their rows are shared out evenly, 64 is 11+11+11+11+10+10, never five times 12 and a 4.</summary>
    internal int Tiles { get; }

    /// <summary>The most vectors of a tile.</summary>
    internal int Widest { get; }

    /// <summary>Longest stretch of k.</summary>
    internal int KBlock { get; }

    /// <summary>Tiles that are walked through for one panel of B before the next.</summary>
    internal int TilesPerBlock { get; }

    /// <summary>Columns of C that are finished before the next.</summary>
    internal int NBlock { get; }

    /// <summary>A tile begins by reading C, and no chain can start before: have it come while the tile before is computed.</summary>
    internal bool Fetch { get; }

    /// <summary>Operands so small that those of a stack's next product find room in the second-level cache beside this one's.</summary>
    internal bool Small { get; }

    /// <summary>With one block of rows a panel of B is used at once and never again: one panel's room will do.</summary>
    internal bool KeepB => PackB && TilesPerBlock < Tiles;

    /// <summary>The last columns that are a product of their own, because they would leave most of a vector empty.</summary>
    /// <remarks>Swapped, they need Aᵀ: it is there, or k is long enough to pay for it.</remarks>
    internal static int NarrowTail(int m, int n, int k, nint aRow) =>
        k > 1 && n > 2 * O.Width && 4 * (n % O.Width) <= O.Width && m >= 2 * O.Width && (aRow == 1 || k >= LongK && sizeof(T) == 4) ? n % O.Width : 0;

    internal GemmPlan(int m, int n, int k, nint aRow, nint aCol, nint bRow, nint bCol) {
        // A narrow C: the other way round the vectors are full. a·b is b·a, so the chains are the same.
        Swapped = 4 * n <= O.Width && m >= O.Width;
        if (Swapped) (m, n, aRow, aCol, bRow, bCol) = (n, m, bCol, bRow, aCol, aRow);
        // A row vector has no row stride and a column vector no column stride: whatever was given must not cause a copy.
        if (m == 1) aRow = 1;
        if (n == 1) bCol = 1;
        var tallest = GemmMicroKernel.TallestRows<T, V, O>();
        Tiles = (m + tallest - 1) / tallest;
        Widest = GemmMicroKernel.Widest<T, V, O>(Tiles == 1 ? m : (m + Tiles - 1) / Tiles);
        var panel = Widest * O.Width;

        // Strides that are a multiple of 1 KB put the rows of a panel in the same few cache sets.
        var large = (long)k * n * sizeof(T) > DirectBytes;
        PackB = bCol != 1 || m > 2 * tallest && (large || k > 32 && bRow * sizeof(T) % 1024 == 0);
        Turned = m == 1 && bRow == 1 && PackB && n >= 2 * O.Width && k >= GemmTransposed.Square<T>() && GemmTransposed.Has<V, T>();
        PackA = aRow == 1
            ? Tiles > 1 && n > 4 * panel && ((long)m * k * sizeof(T) > DirectBytes || k > 32 && aCol * sizeof(T) % 1024 == 0)
            : aCol != 1 ? n > panel : n > 4 * panel && m > 1 && (k * sizeof(T) > RowBytes || aRow * sizeof(T) % SetBytes == 0);

        // Evenly cut: 784 is 392 + 392, not 512 + 272.
        var kBlocks = k <= KMost || !PackB && !PackA && !large ? 1 : (k + KMost - 1) / KMost;
        KBlock = kBlocks == 1 ? k : (k + kBlocks - 1) / kBlocks;
        // With a short k the traffic is C: each strip of rows is written through to its end before the next.
        var strips = k <= ShortK && (long)m * n * sizeof(T) > StripBytes && n > panel;
        // Beside a B that stays in the cache a large A is sent for block by block: within its first panel alone memory could not keep up.
        var streamed = !PackA && n > panel && (long)k * n * sizeof(T) <= HalfCacheBytes && (long)m * k * sizeof(T) > HalfCacheBytes;
        TilesPerBlock = strips ? 1
            : streamed ? Math.Clamp(StreamBytes / (tallest * k * sizeof(T)), 1, Tiles)
            : PackA ? Math.Min(Tiles, RowsMost / tallest)
            : Tiles;
        NBlock = PackB && TilesPerBlock < Tiles ? Math.Min(n, 4096 / panel * panel) : n;
        Small = ((long)m + n) * k * sizeof(T) <= SmallBytes;
        Fetch = (long)m * n * sizeof(T) > DirectBytes && k >= 64;
    }

    /// <summary>In the words of <c>Explain</c>.</summary>
    public override string ToString() =>
        (Swapped ? "transposed, " : "") + (PackA, PackB) switch { (_, _) when Turned => "B turned", (true, true) => "A and B packed", (true, _) => "A packed", (_, true) => "B packed", _ => "direct" };
}
