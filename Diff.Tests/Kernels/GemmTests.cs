using System.Numerics;
using System.Runtime.CompilerServices;

namespace Diff.Tests.Kernels;

public class GemmTests {
    private static readonly int[] Edges = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65];

    // Sizes with every tile height, every width of tail, the thresholds of the dot kernel, packing and blocks of k.
    public static TheoryData<int, int, int> Shapes() {
        var data = new TheoryData<int, int, int>();
        var random = new Random(1);
        foreach (var size in Edges) {
            data.Add(size, 17, 5);
            data.Add(5, size, 17);
            data.Add(17, 5, size);
        }
        for (var i = 0; i < 120; i++) data.Add(Edges[random.Next(Edges.Length)], Edges[random.Next(Edges.Length)], 66 + i);
        foreach (var (m, n, k) in new[] {
            (1, 1, 1000), (1, 1, 31), (1, 1, 33), (2, 4, 128), (8, 1, 129), (40, 1, 40), (100, 1, 100), (37, 1, 2100),
            (1, 3, 1500), (3, 1, 1500), (2, 3, 127), (1, 400, 120), (1, 32, 9), (1, 33, 4), (90, 1, 29), (64, 120, 84), (100, 10, 1), (1, 100, 10), (100, 1, 10), (10, 1, 100),
            (64, 100, 100), (64, 10, 100), (100, 10, 64), (6, 784, 25), (16, 100, 150),
            (30, 256, 80), (170, 40, 400), (25, 300, 770), (40, 512, 64), (400, 70, 500), (40, 35, 600), (70, 17, 30), (33, 100, 64), (64, 3, 50),
        }) data.Add(m, n, k);
        return data;
    }

    [Theory, MemberData(nameof(Shapes))]
    public void SinglesAreRightOnEveryPathAndLayout(int m, int n, int k) => Compare<float>(m, n, k, 1e-6);

    [Theory, MemberData(nameof(Shapes))]
    public void DoublesAreRightOnEveryPathAndLayout(int m, int n, int k) => Compare<double>(m, n, k, 2e-15);

    [Theory]
    [InlineData(300, 1300, 400), InlineData(512, 512, 512), InlineData(171, 1100, 390), InlineData(64, 1000, 1000), InlineData(512, 128, 768), InlineData(515, 100, 500), InlineData(260, 90, 1100)]
    public void LargeShapesAreRight(int m, int n, int k) {
        var (a, b) = (Random<float>((long)m * k, 1), Random<float>((long)k * n, 2));
        var c = new float[m * n];
        var d = new float[m * n];
        Gemm.Multiply(m, n, k, a, k, 1, b, n, 1, c, n);
        Gemm.Multiply(m, n, k, Transpose(a, m, k), 1, m, Transpose(b, k, n), 1, k, d, n);
        Assert.Equal(Bits(c), Bits(d));
        Gemm.Multiply(m, n, k, a, k, 1, b, n, 1, d, n, false, SimdPath.Scalar);
        Assert.Equal(Bits(c), Bits(d));
    }

    [Fact]
    public void OneChainOfFusedMultiplyAddsAscendingInK() {
        var (m, n, k) = (13, 33, 700);
        var (a, b) = (Random<float>(m * k, 3), Random<float>(k * n, 4));
        var c = new float[m * n];
        Gemm.Multiply(m, n, k, a, k, 1, b, n, 1, c, n);
        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++) {
                var x = 0f;
                for (var p = 0; p < k; p++) x = MathF.FusedMultiplyAdd(a[i * k + p], b[p * n + j], x);
                Assert.Equal(BitConverter.SingleToInt32Bits(x), BitConverter.SingleToInt32Bits(c[i * n + j]));
            }
    }

    [Fact]
    public void DotProductsAreSixteenChainsAndATree() {
        const int k = 1003;
        var (a, b) = (Random<float>(k, 5), Random<float>(k, 6));
        var lanes = new float[16];
        for (var p = 0; p < (k + 15) / 16 * 16; p++) lanes[p % 16] = MathF.FusedMultiplyAdd(p < k ? a[p] : 0, p < k ? b[p] : 0, lanes[p % 16]);
        for (var half = 8; half > 0; half /= 2)
            for (var l = 0; l < half; l++) lanes[l] += lanes[l + half];
        var c = new float[1];
        Gemm.Multiply(1, 1, k, a, k, 1, b, 1, 1, c, 1);
        Assert.Equal(lanes[0], c[0]);
    }

    [Fact]
    public void BroadcastOperandsHaveStrideZero() {
        float[] one = [3f];
        var c = new float[20 * 40];
        Gemm.Multiply(20, 40, 7, one, 0, 0, one, 0, 0, c, 40);
        Assert.All(c, x => Assert.Equal(63f, x));
    }

    [Fact]
    public void RowsOfCMayLieApartAndNothingBetweenThemIsTouched() {
        foreach (var path in Paths) {
            var c = Enumerable.Repeat(-7f, 14 * 50).ToArray();
            var ones = Enumerable.Repeat(1f, 14 * 37).ToArray();
            Gemm.Multiply(14, 37, 3, ones, 3, 1, ones, 37, 1, c, 50, false, path);
            for (var i = 0; i < c.Length; i++) Assert.Equal(i % 50 < 37 ? 3f : -7f, c[i]);
        }
    }

    [Theory]
    [InlineData(5, 3, 4, 2), InlineData(40, 1, 33, 33), InlineData(33, 18, 7, 3), InlineData(20, 2, 6, 7)]
    public void StacksAreTheProductsOneByOne(int m, int n, int k, int count) {
        var (a, b) = (Random<float>((long)count * m * k, 1), Random<float>((long)k * n, 2));
        var (all, one) = (new float[count * m * n], new float[m * n]);
        Gemm.MultiplyAll(count, m, n, k, a, m * k, 1, m, b, 0, n, 1, all);
        for (var i = 0; i < count; i++) {
            Gemm.Multiply(m, n, k, a.AsSpan(i * m * k), 1, m, b, n, 1, one, n);
            Assert.Equal(Bits(one), Bits(all[(i * m * n)..((i + 1) * m * n)]));
        }
        Assert.Throws<ArgumentException>(() => Gemm.MultiplyAll(count + 1, m, n, k, a, m * k, 1, m, b, 0, n, 1, all));
        Assert.Throws<ArgumentException>(() => Gemm.MultiplyAll(count, m, n, k, a, m * k, 1, m, b, 1, n, 1, all));
    }

    // Heads within sequences: the rows of a matrix, the matrices of a stack, and the stacks are each so far apart.
    [Theory]
    [InlineData(12, 8, 20), InlineData(5, 40, 17), InlineData(1, 1, 200), InlineData(30, 70, 64)]
    public void StacksOfStacksAreTheProductsOneByOne(int m, int n, int k) {
        const int count = 3, times = 4;
        var (a, b) = (Random<float>((long)times * m * count * k, 1), Random<float>((long)times * k * count * n, 2));
        var (all, one) = (new float[times * count * m * n], new float[m * n]);
        Gemm.MultiplyAll(count, m, n, k, a, k, count * k, 1, b, n, count * n, 1, all, times, m * count * k, k * count * n);
        for (var i = 0; i < times * count; i++) {
            Gemm.Multiply(m, n, k, a.AsSpan(i / count * m * count * k + i % count * k), count * k, 1, b.AsSpan(i / count * k * count * n + i % count * n), count * n, 1, one, n);
            Assert.Equal(Bits(one), Bits(all[(i * m * n)..((i + 1) * m * n)]));
        }
        Assert.Throws<ArgumentException>(() => Gemm.MultiplyAll(count, m, n, k, a, k, count * k, 1, b, n, count * n, 1, all, times + 1, m * count * k, k * count * n));
        Assert.Throws<ArgumentException>(() => Gemm.MultiplyAll(count, m, n, k, a, k, count * k, 1, b, n, count * n, 1, all, times, m * count * k + 1, k * count * n));
    }

    // Each line of a view is sent for, and hardly another.
    [Theory]
    [InlineData(64, 64, 64, 1), InlineData(64, 32, 384, 1), InlineData(64, 33, 100, 1), InlineData(32, 64, 1, 64), InlineData(40, 512, 1, 50), InlineData(7, 300, 300, 1)]
    public unsafe void WhatIsReadSoonIsSentForLineByLine(int rows, int columns, int rowStride, int columnStride) {
        const int k = 32, line = 64;
        fixed (float* room = new float[(rows - 1) * rowStride + (columns - 1) * columnStride + 1])
            for (var start = 0; start < 3; start++) {
                var (ahead, tile, sent) = (default(GemmAhead<float>), default(Tile<float>), new HashSet<long>());
                ahead.Aim(room + start, rowStride, columnStride, rows, columns, k);
                for (tile.K = k; ahead.Send(&tile);)
                    for (var i = 0; i < k; i++) sent.Add((long)(tile.Ahead + i * tile.AheadStep) / line);
                var first = (long)(room + start);
                var lines = (from i in Enumerable.Range(0, rows) from j in Enumerable.Range(0, columns) select (first + sizeof(float) * (i * rowStride + j * columnStride)) / line).ToHashSet();
                Assert.Superset(lines, sent);
                Assert.True(sent.Count <= lines.Count * 1.5 + k, $"{sent.Count} lines for {lines.Count}");
            }
    }

    [Fact]
    public void TheKernelIsNamed() {
        Assert.Equal("dot", Gemm.Kernel<float>(1, 1, 1000, 1000, 1, 1, 1));
        Assert.Equal("direct", Gemm.Kernel<float>(64, 100, 1000, 1000, 1, 100, 1));
        Assert.Equal("B packed", Gemm.Kernel<float>(64, 100, 1000, 1000, 1, 1, 1000));
        if (SimdPaths.Best == SimdPath.Vector512) Assert.Equal("B turned", Gemm.Kernel<float>(1, 400, 120, 120, 1, 1, 120));
        Assert.Equal("A and B packed", Gemm.Kernel<float>(1024, 1024, 1024, 1024, 1, 1024, 1));
        Assert.Equal("direct", Gemm.Kernel<float>(768, 400, 128, 128, 1, 400, 1));
        Assert.Equal("transposed, direct", Gemm.Kernel<float>(1000, 1, 10, 1, 1000, 1, 1));
    }

    [Fact]
    public void MistakesAreToldAtTheDoor() {
        var x = new float[12];
        Assert.Throws<ArgumentException>(() => Gemm.Multiply<float>(3, 4, 4, x, 4, 1, x, 4, 1, x, 4));
        Assert.Throws<ArgumentException>(() => Gemm.Multiply<float>(3, 4, 4, x, 4, 1, new float[16], 4, 1, new float[11], 4));
        Assert.Throws<ArgumentException>(() => Gemm.Multiply<float>(3, 4, 1, x, 1, 1, x, 4, 1, x, 3));
        Assert.Throws<ArgumentException>(() => Gemm.Multiply<float>(-1, 4, 1, x, 1, 1, x, 4, 1, x, 4));
        Assert.Throws<ArgumentException>(() => Gemm.Multiply<float>(2, 2, 2, x, -2, 1, x, 2, 1, x, 2));
        Assert.Throws<NotSupportedException>(() => Gemm.Multiply<int>(1, 1, 1, new int[1], 1, 1, new int[1], 1, 1, new int[1], 1));
    }

    [Fact]
    public void IntegersWrap() {
        int[] a = [int.MaxValue, 2, 3, 4], b = [2, 1, 5, 7], c = new int[4];
        Gemm.MultiplyIntegers(2, 2, 2, a, 2, 1, b, 2, 1, c, 2);
        Assert.Equal([unchecked(int.MaxValue * 2 + 10), unchecked(int.MaxValue + 14), 26, 31], c);
        uint[] u = [uint.MaxValue], v = new uint[1];
        Gemm.MultiplyIntegers(1, 1, 1, u, 1, 1, u, 1, 1, v, 1);
        Assert.Equal(1u, v[0]);
    }

    internal static readonly SimdPath[] Paths = [SimdPath.Scalar, SimdPath.Vector128, SimdPath.Vector256, SimdPath.Vector512];

    private static void Compare<T>(int m, int n, int k, double epsilon) where T : unmanaged, INumber<T> {
        var (a, b, start) = (Random<T>((long)m * k, 1), Random<T>((long)k * n, 2), Random<T>((long)m * n, 3));
        var (at, bt) = (Transpose(a, m, k), Transpose(b, k, n));
        var (spreadA, spreadB) = (Spread(a), Spread(b));
        foreach (var accumulate in new[] { false, true }) {
            T[]? first = null;
            foreach (var path in Paths) {
                for (var layout = 0; layout < 9; layout++) {
                    var c = (T[])start.Clone();
                    var (x, xRow, xCol) = (layout % 3) switch { 0 => (a, k, 1), 1 => (at, 1, m), _ => (spreadA, 2 * k, 2) };
                    var (y, yRow, yCol) = (layout / 3) switch { 0 => (b, n, 1), 1 => (bt, 1, k), _ => (spreadB, 2 * n, 2) };
                    Gemm.Multiply<T>(m, n, k, x, xRow, xCol, y, yRow, yCol, c, n, accumulate, path);
                    if (first is null) {
                        first = c;
                        Near(c);
                    } else Assert.True(Bits(first).SequenceEqual(Bits(c)),
                        $"[{m},{k}]·[{k},{n}] {typeof(T).Name} {path} layout {layout} accumulate {accumulate}");
                }
            }

            void Near(T[] c) {
                for (var i = 0; i < m; i++)
                    for (var j = 0; j < n; j++) {
                        var sum = accumulate ? decimal.CreateChecked(start[i * n + j]) : 0;
                        for (var p = 0; p < k; p++) sum += decimal.CreateChecked(a[i * k + p]) * decimal.CreateChecked(b[p * n + j]);
                        var error = Math.Abs((double)(decimal.CreateChecked(c[i * n + j]) - sum));
                        Assert.True(error <= epsilon * Math.Sqrt(k + 1) * 4, $"[{m},{k}]·[{k},{n}] at {i}, {j}: {c[i * n + j]} should be {sum}");
                    }
            }
        }
    }

    internal static T[] Random<T>(long count, int seed) where T : INumber<T> {
        var random = new Random(seed);
        var values = new T[count];
        for (var i = 0; i < count; i++) values[i] = T.CreateChecked(random.NextDouble() * 2 - 1);
        return values;
    }

    internal static T[] Transpose<T>(T[] a, int rows, int columns) {
        var t = new T[a.Length];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++) t[j * rows + i] = a[i * columns + j];
        return t;
    }

    private static T[] Spread<T>(T[] a) where T : INumber<T> {
        var s = new T[a.Length * 2];
        for (var i = 0; i < a.Length; i++) (s[2 * i], s[2 * i + 1]) = (a[i], T.CreateChecked(99));
        return s;
    }

    internal static byte[] Bits<T>(T[] values) where T : unmanaged => System.Runtime.InteropServices.MemoryMarshal.AsBytes<T>(values).ToArray();
}
