using static Diff.Functions;

namespace Diff.Tests;

/// <summary>Running results, sorting, searching, norms and kept axes against naive loops and known figures.</summary>
public class RunningTests {
    const double NaN = double.NaN, Inf = double.PositiveInfinity;

    static void Is(double[] expected, Tensor actual) {
        var values = Values.Doubles(actual);
        Assert.Equal(expected.Length, values.Length);
        for (var i = 0; i < values.Length; i++)
            Assert.True(expected[i].Equals(values[i]) || Math.Abs(expected[i] - values[i]) <= 1e-13 * (1 + Math.Abs(expected[i])), $"{i}: {values[i]:R}, not {expected[i]:R}");
    }

    [Fact]
    public void Running_results_against_loops() {
        var random = new Random(1);
        var values = Enumerable.Range(0, 60).Select(_ => random.NextDouble() * 4 - 2).ToArray();
        var x = Tensor.From<double>(values, 3, 5, 4);
        var cases = new (Func<Tensor, int, bool, Tensor> Ours, Func<double, double, double> Step)[] {
            ((x, a, r) => x.CumSum(a, r), (p, v) => p + v), ((x, a, r) => x.CumProd(a, r), (p, v) => p * v), ((x, a, r) => x.CumMax(a, r), Math.Max), ((x, a, r) => x.CumMin(a, r), Math.Min),
            ((x, a, r) => x.CumLogSumExp(a, r), (p, v) => Math.Log(Math.Exp(p) + Math.Exp(v))) };
        foreach (var (ours, step) in cases)
            foreach (var axis in new[] { 0, 1, -1 })
                foreach (var reverse in new[] { false, true }) {
                    var rows = x.MoveAxis(axis, -1).Reshape(-1, x.Shape[x.Shape.Axis(axis)]);
                    var expected = rows.Size == 0 ? [] : Enumerable.Range(0, rows.Shape[0]).SelectMany(r => {
                        var row = Values.Doubles(rows[r]);
                        if (reverse) Array.Reverse(row);
                        for (var i = 1; i < row.Length; i++) row[i] = step(row[i - 1], row[i]);
                        if (reverse) Array.Reverse(row);
                        return row;
                    }).ToArray();
                    Values.AssertClose(expected, Values.Doubles(ours(x, axis, reverse).MoveAxis(axis, -1)), 1e-15, "running");
                }
    }

    [Fact]
    public void Running_results_at_special_points() {
        Is([1, NaN, NaN], Tensor.Of(1, NaN, 3).CumMax());
        Is([1, NaN, NaN], Tensor.Of(1, NaN, 0).CumMin());
        Is([-Inf, 0, Inf], Tensor.Of(-Inf, 0, Inf).CumLogSumExp());
        Is([1000, 1000 + Math.Log(2)], Tensor.Of(1000, 1000).CumLogSumExp());
        Is([2, 2, 4], Tensor.Ints(2, 0, 2).CumSum());
        Is([1, 1, 2], Tensor.From<bool>([true, false, true], 3).CumSum());
        Is([], Tensor.Zeros(0).CumSum());
        Assert.Throws<ShapeException>(() => Tensor.Scalar(1.0).CumSum());
        // A million tenths in f32.
        Assert.Equal(1e5, Tensor.Full(0.1, Shape.Of(1_000_000)).CumSum()[-1].Item(), 0.01);
    }

    [Fact]
    public void Their_derivatives_at_special_points() {
        // pⱼ of (2, 0, 3): ∂(p₀ + p₁ + p₂)/∂x = (1 + 0 + 0, 2 + 2·3, 0).
        Is([1, 8, 0], Grad(x => x.CumProd().Sum(), Tensor.Of(2, 0, 3)));
        Is([1, 0, 0], Grad(x => x.CumProd().Sum(), Tensor.Of(0, 0, 3)));
        // d²p₂/dx₀dx₁ sees the pair of zeros.
        Is([0, 3, 0], Grad(x => Grad(y => y.CumProd()[2], x)[0], Tensor.Of(0, 0, 3)));
        Is([2, 0, 1], Grad(x => x.CumMax().Sum(), Tensor.Of(1, 1, 2)));
        Is([0, 1], Grad(x => x.CumLogSumExp()[1], Tensor.Of(-Inf, 0)));
        Is([0, 0], Grad(x => x.CumLogSumExp()[1], Tensor.Of(-Inf, -Inf)));
        Is([0.5, 0.5], Grad(x => x.CumLogSumExp()[1], Tensor.Of(2000, 2000)));
    }

    [Fact]
    public void Sorting() {
        var random = new Random(2);
        foreach (var type in Enum.GetValues<DType>())
            foreach (var n in new[] { 1, 5, 300 }) {
                var x = Values.Make(new(type, Shape.Of(3, n, 2)), [.. Enumerable.Range(0, 6 * n).Select(_ => Math.Round(random.NextDouble() * 40 - (type == DType.U32 ? 0 : 20)))]);
                var rows = Values.Doubles(x.MoveAxis(1, -1)).Chunk(n).ToArray();
                Is([.. rows.SelectMany(r => r.Order())], x.Sort(1).MoveAxis(1, -1));
                Is([.. rows.SelectMany(r => r.OrderDescending())], x.Sort(1, descending: true).MoveAxis(1, -1));
                Is([.. rows.SelectMany(r => Enumerable.Range(0, n).OrderBy(i => r[i]).Select(i => (double)i))], x.ArgSort(1).MoveAxis(1, -1));
                Is([.. rows.SelectMany(r => Enumerable.Range(0, n).OrderByDescending(i => r[i]).Select(i => (double)i))], x.ArgSort(1, true).MoveAxis(1, -1));
                foreach (var k in new[] { 0, 1, Math.Min(3, n), Math.Min(200, n), n }) {
                    var (values, indices) = x.TopK(k, 1);
                    Is([.. rows.SelectMany(r => r.OrderDescending().Take(k))], values.MoveAxis(1, -1));
                    Is([.. rows.SelectMany(r => Enumerable.Range(0, n).OrderByDescending(i => r[i]).Take(k).Select(i => (double)i))], indices.MoveAxis(1, -1));
                    Is([.. rows.SelectMany(r => r.Order().Take(k))], x.TopK(k, 1, largest: false).Values.MoveAxis(1, -1));
                }
            }
        Is([-Inf, -1, -0.0, 0, Inf, NaN, NaN], Tensor.Of(NaN, Inf, -0.0, -1, -Inf, NaN, 0).Sort());
        Is([2, 6], Tensor.Of(NaN, Inf, -0.0, -1, -Inf, NaN, 0).ArgSort()[2..4]);
        Is([NaN, Inf], Tensor.Of(1, NaN, Inf).TopK(2).Values);
        Is([3, 1, 2], Grad(x => (x.Sort() * Tensor.Of(1, 2, 3)).Sum(), Tensor.Of(9, -1, 4)));
        Is([0, 0, 1], Grad(x => x.TopK(1).Values.Sum(), Tensor.Of(1, 2, 3)));
        Assert.Throws<ShapeException>(() => Tensor.Of(1, 2).TopK(3));
        Assert.Throws<ShapeException>(() => Tensor.Scalar(1).Sort());
    }

    [Fact]
    public void Searching() {
        var sorted = Tensor.Of(1, 2, 2, 4, NaN);
        Is([0, 1, 3, 4, 4, 0], SearchSorted(sorted, Tensor.Of(0, 2, 3, 5, NaN, -Inf)));
        Is([0, 3, 3, 4, 5, 0], SearchSorted(sorted, Tensor.Of(0, 2, 3, 5, NaN, -Inf), right: true));
        Assert.Equal(2, SearchSorted(Tensor.Ints(1, 3), 3, right: true).Item());
        Is([0, 0], SearchSorted(Tensor.Zeros(0), Tensor.Of(1, 2)));
        Assert.Throws<ShapeException>(() => SearchSorted(Tensor.Zeros(2, 2), 1));
    }

    [Fact]
    public void Norms() {
        Tensor x = [[3, -4], [0, 1]];
        Assert.Equal(8, x.Norm(order: 1).Item());
        Assert.Equal(Math.Sqrt(26), x.Norm(order: 2).Item());
        Assert.Equal(x.Norm().Item(), x.Norm(order: 2).Item());
        Assert.Equal(4, x.Norm(order: Inf).Item());
        Assert.Equal(0, x.Norm(order: -Inf).Item());
        Assert.Equal(3, x.Norm(order: 0).Item());
        Assert.Equal(Math.Pow(27 + 64 + 1, 1.0 / 3), x.Norm(order: 3).Item(), 14);
        Is([3, 5], x.Norm([0], order: 1));
        Is([4, 1], x.Norm([1], order: Inf));
        Assert.Equal([2, 1], x.Norm([1], keep: true).Shape.ToArray());
        Is([5, 1], x.Norm(1));
        foreach (var order in new[] { 1, 2, 3, Inf, 1.5 }) Is([0, 0], Grad(v => v.Norm(order: order), Tensor.Of(0, 0)));
        Is([1, -1], Grad(v => v.Norm(order: 1), Tensor.Of(3, -4)));
        Is([0.6, -0.8], Grad(v => v.Norm(order: 2), Tensor.Of(3, -4)));
        Is([0, -1], Grad(v => v.Norm(order: Inf), Tensor.Of(3, -4)));
        Is([1, 2], x.CountNonzero(0));
        Assert.Equal(DType.I32, x.CountNonzero().DType);
    }

    [Fact]
    public void Kept_axes() {
        var x = Tensor.Arange(24).Reshape(2, 3, 4).To(DType.F64);
        foreach (var axes in new int[][] { [0], [1], [-1], [0, 2], [], [0, 1, 2] }) {
            var shape = x.Shape.ToArray().Select((d, a) => axes.Length == 0 || axes.Contains(a) || axes.Contains(a - 3) ? 1 : d).ToArray();
            foreach (var (kept, plain) in new[] {
                (x.Sum(axes, keep: true), x.Sum(axes)), (x.Prod(axes, keep: true), x.Prod(axes)), (x.Mean(axes, keep: true), x.Mean(axes)), (x.Max(axes, keep: true), x.Max(axes)), (x.Min(axes, keep: true), x.Min(axes)),
                (x.Any(axes, keep: true), x.Any(axes)), (x.All(axes, keep: true), x.All(axes)), (x.Var(axes, keep: true), x.Var(axes)), (x.Std(axes, keep: true), x.Std(axes)), (x.Norm(axes, keep: true), x.Norm(axes)),
                (LogSumExp(x, axes, keep: true), LogSumExp(x, axes)) }) {
                Assert.Equal(shape, kept.Shape.ToArray());
                Is(Values.Doubles(plain), kept);
            }
        }
        Assert.Equal([2, 1, 4], x.ArgMax(1, keep: true).Shape.ToArray());
        Assert.Equal([2, 3, 1], x.ArgMin(keep: true).Shape.ToArray());
        Is(Values.Doubles(x.Sum(1)), x.Sum([1], keep: false));
        Is([1, 1], (x / x.Sum([1, 2], keep: true)).Sum(1, 2));
    }
}
