using System.Runtime.InteropServices;

namespace Diff.Benchmarks;

/// <summary>Debian's OpenBLAS (apt-get install libopenblas0-pthread), called in this process to be measured beside: the library itself has no native code.</summary>
static unsafe partial class OpenBlas {
    const string Library = "libopenblas.so.0";
    const int RowMajor = 101, Plain = 111, Transposed = 112;

    /// <summary>Variables that change how it works.</summary>
    public static readonly string[] Overrides = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"];

    static readonly bool present = Load();

    /// <summary>Which processor's kernels it runs; null where there is no OpenBLAS.</summary>
    public static string? Core => present ? Marshal.PtrToStringUTF8((nint)openblas_get_corename()) : null;

    /// <summary>[m, k]·[k, n] on numbers of its own; null where there is no OpenBLAS.</summary>
    public static Action? Product(DType type, int m, int k, int n, bool leftTransposed, bool rightTransposed) {
        if (!present) return null;
        openblas_set_num_threads(Cores.InUse);
        var (left, lda, right, ldb) = (leftTransposed ? Transposed : Plain, leftTransposed ? m : k, rightTransposed ? Transposed : Plain, rightTransposed ? k : n);
        if (type == DType.F32) {
            var (a, b, c) = (Numbers<float>(m * k), Numbers<float>(k * n), Numbers<float>(m * n));
            return () => {
                fixed (float* pa = a, pb = b, pc = c) cblas_sgemm(RowMajor, left, right, m, n, k, 1, pa, lda, pb, ldb, 0, pc, n);
            };
        } else {
            var (a, b, c) = (Numbers<double>(m * k), Numbers<double>(k * n), Numbers<double>(m * n));
            return () => {
                fixed (double* pa = a, pb = b, pc = c) cblas_dgemm(RowMajor, left, right, m, n, k, 1, pa, lda, pb, ldb, 0, pc, n);
            };
        }
    }

    // An environment that holds it to another processor's kernels (for the sake of equal bits, say) would not show what it can do.
    static bool Load() {
        if (OperatingSystem.IsLinux())
            foreach (var name in Overrides) unsetenv(name);
        return NativeLibrary.TryLoad(Library, out _);
    }

    static T[] Numbers<T>(int n) where T : struct, System.Numerics.INumber<T> {
        var random = new Random(1);
        return [.. Enumerable.Range(0, n).Select(_ => T.CreateChecked(random.NextDouble() - 0.5))];
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int unsetenv(string name);

    [LibraryImport(Library)]
    private static partial byte* openblas_get_corename();

    [LibraryImport(Library)]
    private static partial void openblas_set_num_threads(int threads);

    [LibraryImport(Library)]
    private static partial void cblas_sgemm(int order, int left, int right, int m, int n, int k, float alpha, float* a, int lda, float* b, int ldb, float beta, float* c, int ldc);

    [LibraryImport(Library)]
    private static partial void cblas_dgemm(int order, int left, int right, int m, int n, int k, double alpha, double* a, int lda, double* b, int ldb, double beta, double* c, int ldc);
}
