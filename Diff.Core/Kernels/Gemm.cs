using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>Products of matrices: C[m, n] = A[m, k] · B[k, n].</summary>
/// <remarks>
/// The bits of C are a function of the sizes, the type and the values alone. Each element is one chain of fused
/// multiply-adds over ascending k that starts from +0; where the sizes say so (<see cref="IsDot"/>) it is sixteen chains,
/// k mod 16, and one tree. Layout, blocking, packing and vector width only decide how fast that comes about.
/// </remarks>
internal static unsafe class Gemm {
    /// <summary>C = A·B. A and B are any views: the element strides of their rows and columns are at least 0 and the span
    /// starts at element (0, 0). C's columns are contiguous, its rows <paramref name="cRow"/> apart.</summary>
    /// <exception cref="ArgumentException">A size is negative, or an operand reaches past its span.</exception>
    internal static void Multiply<T>(int m, int n, int k, ReadOnlySpan<T> a, nint aRow, nint aCol, ReadOnlySpan<T> b, nint bRow, nint bCol,
        Span<T> c, nint cRow) where T : unmanaged =>
        Multiply(m, n, k, a, aRow, aCol, b, bRow, bCol, c, cRow, accumulate: false, SimdPaths.Best);

    /// <summary>C += A·B: the chains start from what C holds; a dot product's tree is added to it at the end.</summary>
    internal static void Accumulate<T>(int m, int n, int k, ReadOnlySpan<T> a, nint aRow, nint aCol, ReadOnlySpan<T> b, nint bRow, nint bCol,
        Span<T> c, nint cRow) where T : unmanaged =>
        Multiply(m, n, k, a, aRow, aCol, b, bRow, bCol, c, cRow, accumulate: true, SimdPaths.Best);

    /// <summary>A stack of products: matrices of A lie <paramref name="aNext"/> elements apart, of B <paramref name="bNext"/>;
    /// those of C follow one another, and so do their rows. Or several such stacks, <paramref name="aStep"/> and <paramref name="bStep"/> apart.</summary>
    internal static void MultiplyAll<T>(int count, int m, int n, int k, ReadOnlySpan<T> a, nint aNext, nint aRow, nint aCol,
        ReadOnlySpan<T> b, nint bNext, nint bRow, nint bCol, Span<T> c, int times = 1, nint aStep = 0, nint bStep = 0) where T : unmanaged {
        if (count <= 0 || times <= 0) return;
        Check(m, n, k, Room(Room(a.Length, times, aStep), count, aNext), aRow, aCol, Room(Room(b.Length, times, bStep), count, bNext), bRow, bCol, Room(c.Length, checked(times * count), (nint)m * n), n);
        if (m == 0 || n == 0) return;
        fixed (T* pa = a, pb = b, pc = c) {
            var problem = new GemmProblem<T>(m, n, k, pa, aRow, aCol, pb, bRow, bCol, pc, n, false) {
                Count = times * count, Each = count, ANext = aNext, AStep = aStep, BNext = bNext, BStep = bStep, CNext = (nint)m * n,
            };
            Run(&problem, SimdPaths.Best);
        }

        // What is left for the last of them.
        static nint Room(nint length, int count, nint next) => length == 0 || next < 0 ? 0 : checked(length - (count - 1) * next);
    }

    /// <summary>The same on a given path: what the tests compare bit for bit.</summary>
    internal static void Multiply<T>(int m, int n, int k, ReadOnlySpan<T> a, nint aRow, nint aCol, ReadOnlySpan<T> b, nint bRow, nint bCol,
        Span<T> c, nint cRow, bool accumulate, SimdPath path) where T : unmanaged {
        Check(m, n, k, a.Length, aRow, aCol, b.Length, bRow, bCol, c.Length, cRow);
        if (m == 0 || n == 0) return;
        fixed (T* pa = a, pb = b, pc = c) {
            var problem = new GemmProblem<T>(m, n, k, pa, aRow, aCol, pb, bRow, bCol, pc, cRow, accumulate);
            Run(&problem, path);
        }
    }

    /// <summary>C = A·B for whole numbers: it wraps on overflow, as C#'s own arithmetic does.</summary>
    internal static void MultiplyIntegers<T>(int m, int n, int k, ReadOnlySpan<T> a, nint aRow, nint aCol, ReadOnlySpan<T> b, nint bRow, nint bCol,
        Span<T> c, nint cRow) where T : unmanaged, INumber<T> {
        Check(m, n, k, a.Length, aRow, aCol, b.Length, bRow, bCol, c.Length, cRow);
        for (var i = 0; i < m; i++) {
            var row = c.Slice((int)(i * cRow), n);
            row.Clear();
            for (var p = 0; p < k; p++) {
                var x = a[(int)(i * aRow + p * aCol)];
                var start = p * bRow;
                for (var j = 0; j < n; j++) row[j] = unchecked(row[j] + x * b[(int)(start + j * bCol)]);
            }
        }
    }

    /// <summary>Whether the elements are long dot products in sixteen lanes rather than single chains.</summary>
    /// <remarks>A chain is bound by the latency of one multiplier; lanes pay where there are too few outputs to fill the
    /// vectors. It may look at the sizes only: the layouts of A and B must not change a bit.</remarks>
    internal static bool IsDot(int m, int n, int k) => n == 1 && k >= 32 && k >= m || k >= 128 && (long)m * n <= 8;

    /// <summary>Which of the kernels computes it, in the words of <c>Explain</c>.</summary>
    internal static string Kernel<T>(int m, int n, int k, nint aRow, nint aCol, nint bRow, nint bCol) where T : unmanaged =>
        IsDot(m, n, k) ? "dot"
        : typeof(T) == typeof(float) ? Kernel<float, Single512, Single256, Single128>(m, n, k, aRow, aCol, bRow, bCol)
        : Kernel<double, Double512, Double256, Double128>(m, n, k, aRow, aCol, bRow, bCol);

    private static string Kernel<T, O512, O256, O128>(int m, int n, int k, nint aRow, nint aCol, nint bRow, nint bCol)
        where T : unmanaged where O512 : struct, ILanes512<T> where O256 : struct, ILanes256<T> where O128 : struct, ILanes128<T> => SimdPaths.Best switch {
            SimdPath.Vector512 => new GemmPlan<T, Vector512<T>, O512>(m, n, k, aRow, aCol, bRow, bCol).ToString(),
            SimdPath.Vector256 => new GemmPlan<T, Vector256<T>, O256>(m, n, k, aRow, aCol, bRow, bCol).ToString(),
            SimdPath.Vector128 => new GemmPlan<T, Vector128<T>, O128>(m, n, k, aRow, aCol, bRow, bCol).ToString(),
            _ => new GemmPlan<T, T, Lanes1<T>>(m, n, k, aRow, aCol, bRow, bCol).ToString(),
        };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Run<T>(GemmProblem<T>* p, SimdPath path) where T : unmanaged {
        if (typeof(T) == typeof(float)) Run<float, Single512, Single256, Single128>((GemmProblem<float>*)p, path);
        else if (typeof(T) == typeof(double)) Run<double, Double512, Double256, Double128>((GemmProblem<double>*)p, path);
        else throw new NotSupportedException($"Gemm.Multiply takes float and double, not {typeof(T).Name}: see MultiplyIntegers.");
    }

    private static void Run<T, O512, O256, O128>(GemmProblem<T>* p, SimdPath path)
        where T : unmanaged where O512 : struct, ILanes512<T> where O256 : struct, ILanes256<T> where O128 : struct, ILanes128<T> {
        switch (path) {
            case SimdPath.Vector512: Run<T, Vector512<T>, O512>(p); break;
            case SimdPath.Vector256: Run<T, Vector256<T>, O256>(p); break;
            case SimdPath.Vector128: Run<T, Vector128<T>, O128>(p); break;
            default: Run<T, T, Lanes1<T>>(p); break;
        }
    }

    private static void Run<T, V, O>(GemmProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var parts = new Parts<T> { Whole = p, IsDot = IsDot(p->M, p->N, p->K), ByColumns = p->N > p->M && p->N >= 8 * Columns };
        var nanoseconds = p->Count * Nanoseconds<T>(p->M, p->N, p->K);
        if (p->Count > 1) ForkJoin.Over(p->Count, nanoseconds, parts, static (in all, from, to) => Run<T, V, O>(all.Stack(from, to - from), all.IsDot), each: 1);
        // Cut along the longer side of C: what is read by every part is then the smaller operand.
        else ForkJoin.Over(parts.ByColumns ? p->N : p->M, nanoseconds, parts, static (in all, from, to) => Run<T, V, O>(all.Part(from, to - from), all.IsDot), parts.ByColumns ? Columns : 1, each: 1);
    }

    private static void Run<T, V, O>(GemmProblem<T> part, bool isDot) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        if (!isDot) {
            GemmDriver.Run<T, V, O>(&part);
            return;
        }
        var one = part;
        for (var i = 0; i < part.Count; i++) {
            part.At(i, out one.A, out one.B, out one.C);
            DotDriver.Run<T, V, O>(&one);
        }
    }

    /// <summary>About how long a product takes on one core, to decide whether to share it out.</summary>
    internal static double Nanoseconds<T>(int m, int n, int k) where T : unmanaged {
        // A multiply-add by its bytes: many to a loaded element, or one.
        const double fromRegisters = 0.004, fromMemory = 0.02;
        return (double)m * n * Math.Max(1, k) * sizeof(T) * (Math.Min(m, n) == 1 ? fromMemory : fromRegisters);
    }

    /// <summary>Parts of a wide C begin at multiples of so many columns: four vectors of f32.</summary>
    private const int Columns = 64;

    /// <summary>A product that is computed in stretches of its rows or columns.</summary>
    private struct Parts<T> where T : unmanaged {
        internal GemmProblem<T>* Whole;
        internal bool IsDot, ByColumns;

        internal readonly GemmProblem<T> Part(int from, int count) {
            var part = *Whole;
            if (ByColumns) {
                part.N = count;
                part.B += from * part.BCol;
                part.C += from;
            } else {
                part.M = count;
                part.A += from * part.ARow;
                part.C += from * part.CRow;
            }
            return part;
        }

        internal readonly GemmProblem<T> Stack(int from, int count) => *Whole with { First = from, Count = count };
    }

    /// <summary>The one look at the bounds: everything behind it uses pointers.</summary>
    private static void Check(int m, int n, int k, nint aLength, nint aRow, nint aCol, nint bLength, nint bRow, nint bCol, nint cLength, nint cRow) {
        if ((m | n | k) < 0) throw new ArgumentException($"Gemm: a size is negative in [{m},{k}]·[{k},{n}].");
        if ((aRow | aCol | bRow | bCol) < 0) throw new ArgumentException($"Gemm: a stride is negative: A has {aRow}, {aCol} and B has {bRow}, {bCol}.");
        if (m == 0 || n == 0) return;
        if (m > 1 && cRow < n) throw new ArgumentException($"Gemm: the rows of C are {cRow} apart but {n} long.");
        if (!Fits(m, n, cRow, 1, cLength)) Throw("C", m, n, cRow, 1, cLength);
        if (k == 0) return;
        if (!Fits(m, k, aRow, aCol, aLength)) Throw("A", m, k, aRow, aCol, aLength);
        if (!Fits(k, n, bRow, bCol, bLength)) Throw("B", k, n, bRow, bCol, bLength);

        static bool Fits(nint rows, nint columns, nint row, nint column, nint length) => checked((rows - 1) * row + (columns - 1) * column) < length;

        static void Throw(string name, nint rows, nint columns, nint row, nint column, nint length) => throw new ArgumentException(
            $"Gemm: {name} [{rows},{columns}] with strides {row}, {column} needs {(rows - 1) * row + (columns - 1) * column + 1} elements, its span has {length}.");
    }
}

/// <summary>The arguments of a product behind the door, or of a stack of them.</summary>
internal unsafe struct GemmProblem<T>(int m, int n, int k, T* a, nint aRow, nint aCol, T* b, nint bRow, nint bCol, T* c, nint cRow, bool accumulate) where T : unmanaged {
    internal int M = m, N = n, K = k;
    internal T* A = a;
    internal nint ARow = aRow, ACol = aCol;
    internal T* B = b;
    internal nint BRow = bRow, BCol = bCol;
    internal T* C = c;
    internal nint CRow = cRow;
    internal bool Accumulate = accumulate;

    /// <summary>Which products of a stack these are.</summary>
    internal int First, Count = 1;

    /// <summary>How far apart their matrices lie, and how far the stacks of so many of them.</summary>
    internal int Each = 1;
    internal nint ANext, AStep, BNext, BStep, CNext;

    /// <summary>Where the matrices of one of these products begin.</summary>
    internal readonly void At(int i, out T* a, out T* b, out T* c) {
        var (stack, place) = Math.DivRem(First + i, Each);
        a = A + stack * AStep + place * ANext;
        b = B + stack * BStep + place * BNext;
        c = C + (First + i) * CNext;
    }
}
