using System.Numerics;
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

    /// <summary>The same on a given path: what the tests compare bit for bit.</summary>
    internal static void Multiply<T>(int m, int n, int k, ReadOnlySpan<T> a, nint aRow, nint aCol, ReadOnlySpan<T> b, nint bRow, nint bCol,
        Span<T> c, nint cRow, bool accumulate, SimdPath path) where T : unmanaged {
        Check(m, n, k, a.Length, aRow, aCol, b.Length, bRow, bCol, c.Length, cRow);
        if (m == 0 || n == 0) return;
        fixed (T* pa = a, pb = b, pc = c) {
            var problem = new GemmProblem<T> {
                M = m, N = n, K = k, A = pa, ARow = aRow, ACol = aCol, B = pb, BRow = bRow, BCol = bCol, C = pc, CRow = cRow, Accumulate = accumulate,
            };
            if (typeof(T) == typeof(float)) Run((GemmProblem<float>*)&problem, path);
            else if (typeof(T) == typeof(double)) Run((GemmProblem<double>*)&problem, path);
            else throw new NotSupportedException($"Gemm.Multiply takes float and double, not {typeof(T).Name}: see MultiplyIntegers.");
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

    private static void Run<T>(GemmProblem<T>* p, SimdPath path) where T : unmanaged {
        switch (path) {
            case SimdPath.Vector512: Run<T, Vector512<T>, Lanes512<T>>(p); break;
            case SimdPath.Vector256: Run<T, Vector256<T>, Lanes256<T>>(p); break;
            case SimdPath.Vector128: Run<T, Vector128<T>, Lanes128<T>>(p); break;
            default: Run<T, T, Lanes1<T>>(p); break;
        }
    }

    private static void Run<T, V, O>(GemmProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        // Cut along the longer side of C: what is read by every part is then the smaller operand.
        var byColumns = p->N > p->M && p->N >= 8 * Columns;
        var parts = new Parts<T> { Whole = p, IsDot = IsDot(p->M, p->N, p->K), ByColumns = byColumns };
        ForkJoin.Over(byColumns ? p->N : p->M, Nanoseconds<T>(p->M, p->N, p->K), parts, static (in all, from, to) => {
            var part = all.Part(from, to - from);
            if (all.IsDot) DotDriver.Run<T, V, O>(&part);
            else GemmDriver.Run<T, V, O>(&part);
        }, byColumns ? Columns : 1, each: 1);
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
    }

    /// <summary>The one look at the bounds: everything behind it uses pointers.</summary>
    private static void Check(int m, int n, int k, nint aLength, nint aRow, nint aCol, nint bLength, nint bRow, nint bCol, nint cLength, nint cRow) {
        if ((m | n | k) < 0) throw new ArgumentException($"Gemm: a size is negative in [{m},{k}]·[{k},{n}].");
        if ((aRow | aCol | bRow | bCol) < 0) throw new ArgumentException($"Gemm: a stride is negative: A has {aRow}, {aCol} and B has {bRow}, {bCol}.");
        if (m == 0 || n == 0) return;
        if (m > 1 && cRow < n) throw new ArgumentException($"Gemm: the rows of C are {cRow} apart but {n} long.");
        Fits("C", m, n, cRow, 1, cLength);
        if (k == 0) return;
        Fits("A", m, k, aRow, aCol, aLength);
        Fits("B", k, n, bRow, bCol, bLength);

        static void Fits(string name, nint rows, nint columns, nint row, nint column, nint length) {
            var last = checked((rows - 1) * row + (columns - 1) * column);
            if (last >= length)
                throw new ArgumentException($"Gemm: {name} [{rows},{columns}] with strides {row}, {column} needs {last + 1} elements, its span has {length}.");
        }
    }
}

/// <summary>The arguments of one product behind the door.</summary>
internal unsafe struct GemmProblem<T> where T : unmanaged {
    internal int M, N, K;
    internal T* A;
    internal nint ARow, ACol;
    internal T* B;
    internal nint BRow, BCol;
    internal T* C;
    internal nint CRow;
    internal bool Accumulate;
}
