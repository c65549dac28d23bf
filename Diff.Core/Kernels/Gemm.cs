namespace Diff;
internal static class Gemm {
    internal static void Multiply<T>(int m, int n, int k, ReadOnlySpan<T> a, nint aRow, nint aCol, ReadOnlySpan<T> b, nint bRow, nint bCol, Span<T> c, nint cRow) where T : unmanaged => throw new NotImplementedException();
    internal static void MultiplyIntegers<T>(int m, int n, int k, ReadOnlySpan<T> a, nint aRow, nint aCol, ReadOnlySpan<T> b, nint bRow, nint bCol, Span<T> c, nint cRow) where T : unmanaged => throw new NotImplementedException();
}
