namespace Diff.Tests;

public sealed class AssociativeScanTests {
    static void Is<P>(P expected, P actual, double tolerance = 1e-12) => Assert.True(Check.Close(expected, actual, tolerance), $"{actual}, not {expected}");

    [Theory, InlineData(0), InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5), InlineData(8), InlineData(13), InlineData(64), InlineData(100)]
    public void It_is_the_scan(int n) {
        var x = Key.Of(n).Normal(DType.F64, n, 2);
        Is(x.CumSum(0), AssociativeScan((a, b) => a + b, x));
        Is(x.Flip(0).CumSum(0).Flip(0), AssociativeScan((a, b) => a + b, x, backwards: true));
        // A recurrence, whose combination does not commute.
        var c = Key.Of(n + 1).Uniform(DType.F64, n);
        var byScan = Scan((Tensor)0, (c, x[.., 0]), (h, t) => (t.c * h + t.Item2, t.c * h + t.Item2)).Ys;
        Tensor ByTree(Tensor c) => AssociativeScan(((Tensor A, Tensor B) s, (Tensor A, Tensor B) t) => (s.A * t.A, s.B * t.A + t.B), (c, x[.., 0])).Item2;
        Is(byScan, ByTree(c));
        if (n == 0) return;
        Is(Grad(c => Scan((Tensor)0, (c, x[.., 0]), (h, t) => (t.c * h + t.Item2, t.c * h + t.Item2)).Ys.Square().Sum(), c), Grad(c => ByTree(c).Square().Sum(), c));
        // Products of matrices.
        var m = Key.Of(n + 2).Normal(DType.F64, n, 2, 2) * 0.8;
        var product = Tensor.Eye(2, type: DType.F64);
        for (var i = 0; i < n; i++) product = product.MatMul(m[i]);
        Is(product, AssociativeScan((a, b) => a.MatMul(b), m)[^1]);
    }

    [Fact]
    public void What_is_wrong_is_said() {
        Assert.Contains("AssociativeScan", Assert.Throws<ShapeException>(() => AssociativeScan((a, b) => a, 3)).Message);
        Assert.Contains("it has to stay", Assert.Throws<ShapeException>(() => AssociativeScan((a, b) => Stack([a, b]), [1, 2, 3])).Message);
        Assert.Throws<ShapeException>(() => AssociativeScan(((Tensor, Tensor) a, (Tensor, Tensor) b) => a, ((Tensor)new double[3], (Tensor)new double[4])));
    }
}
