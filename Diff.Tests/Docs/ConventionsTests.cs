using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using static Diff.Tensor;

namespace Diff.Tests.Docs;

/// <summary>docs/conventions.md says what these expressions are: neither may have a row that the other lacks.</summary>
public class ConventionsTests {
    const double NaN = double.NaN, Inf = double.PositiveInfinity;

    static readonly Dictionary<string, Func<object>> expressions = new([
        // Ties, kinks and steps.
        Row(() => Grad(x => Max(x[0], x[1]))([1, 1])),
        Row(() => Grad(x => Min(x[0], x[1]))([1, 1])),
        Row(() => Grad(x => x.Max())([3, 3, 1])),
        Row(() => Grad(x => MaxPool(x, 2).Sum())(From<double>([1, 1, 1, 1], 1, 1, 4))),
        Row(() => Grad(Abs)(0)),
        Row(() => Grad(Relu)(0)),
        Row(() => Grad(LeakyRelu)(0)),
        Row(() => Grad(Elu)(0)),
        Row(() => Grad(x => Clamp(x, 0, 1).Sum())([-1, 0, 0.5, 1, 2])),
        Row(() => Grad(x => Clamp(0, low: x))(0)),
        Row(() => Sign([-0.0, 0, -2, NaN])),
        Row(() => Round([0.5, 1.5, 2.5, -0.5])),
        Row(() => Grad(Floor)(0.5)),
        Row(() => Grad(x => x.To(DType.I32).To(DType.F64))(2.5)),
        Row(() => Grad(x => Where(x > 0, Sqrt(x), 0))(-1)),
        Row(() => Grad(x => Where(x > 0, Sqrt(Where(x > 0, x, 1)), 0))(-1)),
        Row(() => Grad(x => x.Prod())([0, 2, 3])),
        Row(() => Grad(x => x.CumProd().Sum())([2, 0, 3])),
        Row(() => Grad(x => x.CumMax().Sum())([1, 1, 2])),
        Row(() => Grad(Relu6)(6)),
        Row(() => Grad(HardTanh)(1)),
        Row(() => Trunc([-1.9, -0.5, 1.9])),
        // Roots, powers, logarithms.
        Row(() => Grad(Sqrt)(0)),
        Row(() => Sqrt([-1, -0.0])),
        Row(() => Grad(x => x.Norm())([0, 0])),
        Row(() => Grad(x => Sqrt(x.Square().Sum()))([0, 0])),
        Row(() => Grad(x => x.Std())([1, 1])),
        Row(() => Pow(0, 0)),
        Row(() => Pow(0, (Tensor)0)),
        Row(() => Grad(x => Pow(x, 0))(0)),
        Row(() => Grad(x => Pow(x, 1))(0)),
        Row(() => Grad(x => Pow(x, 2))(0)),
        Row(() => Grad(x => Pow(x, 0.5))(0)),
        Row(() => Grad(x => Pow(x, -1))(0)),
        Row(() => Grad(x => Pow(x, 3))(-2)),
        Row(() => Grad(Grad(x => Pow(x, (Tensor)2)))(0)),
        Row(() => Grad(b => Pow(0, b))(0)),
        Row(() => Grad(b => Pow(0, b))(2)),
        Row(() => Grad(b => Pow(-2, b))(2)),
        Row(() => Pow(-8, 1.0 / 3)),
        Row(() => Log([0, -0.0, -1])),
        Row(() => Grad(Log)(0)),
        Row(() => Grad(Asin)(1)),
        Row(() => Grad(Cbrt)(0)),
        Row(() => Grad(Acosh)(1)),
        Row(() => Erfc(10)),
        Row(() => ErfInv([1, -1, 2])),
        Row(() => Grad(x => Hypot(x[0], x[1]))([0, 0])),
        Row(() => Xlogy(0, 0)),
        Row(() => Grad(x => x.Norm(order: 1))([0, 2])),
        Row(() => Mod(-7, 3)),
        Row(() => FloorDiv(-7, 3)),
        Row(() => FloorDiv(1, 0.1)),
        Row(() => Mod(1, 0)),
        Row(() => Atan2(-0.0, -0.0)),
        Row(() => Grad(x => Atan2(x[0], x[1]))([0, 0])),
        // NaN and infinities.
        Row(() => Max(NaN, 1)),
        Row(() => Of(1, NaN).Max()),
        Row(() => Grad(x => x.Max())([1, NaN])),
        Row(() => Of(1, 3, 3).ArgMax()),
        Row(() => Of(1, NaN, 3, NaN).ArgMax()),
        Row(() => Of(1, NaN, 0).ArgMin()),
        Row(() => Of(NaN, 2, -Inf).Sort()),
        Row(() => Of(NaN, 2, -Inf).Sort(descending: true)),
        Row(() => Of(1, NaN, 3).CumMax()),
        Row(() => Relu(NaN)),
        Row(() => Grad(Relu)(NaN)),
        Row(() => Grad(Abs)(NaN)),
        Row(() => Clamp(NaN, 0, 1)),
        Row(() => Of(NaN).Eq(NaN)),
        Row(() => Of(NaN).Ne(NaN)),
        Row(() => MaxPool(From<double>([1, NaN, 1, 1], 1, 1, 4), 2)),
        Row(() => 1 / Max(-0.0, 0.0)),
        Row(() => LogSumExp(Of(-Inf, -Inf))),
        Row(() => LogSumExp(Of(Inf, -Inf))),
        Row(() => Grad(x => LogSumExp(x))([-Inf, 0])),
        Row(() => Grad(x => LogSumExp(x))([-Inf, -Inf])),
        Row(() => Of(-Inf, 0).CumLogSumExp()),
        Row(() => Grad(x => LogAddExp(x[0], x[1]))([-Inf, -Inf])),
        Row(() => Grad(x => LogAddExp(x[0], x[1]))([0, 0])),
        Row(() => LogAddExp(-Inf, -Inf)),
        Row(() => Softmax([-Inf, 0])),
        Row(() => Softmax([-Inf, -Inf])),
        Row(() => Softmax([Inf, 0])),
        Row(() => LogSoftmax([-Inf, 0])),
        Row(() => Grad(x => LogSoftmax(x)[0])([-2000, 0])),
        Row(() => Grad(x => Log(Softmax(x)[0]))([-2000, 0])),
        Row(() => Softplus([-1000, 1000])),
        Row(() => Silu(-Inf)),
        // Of nothing.
        Row(() => Zeros(0).Sum()),
        Row(() => Zeros(0).Prod()),
        Row(() => Zeros(0).Mean()),
        Row(() => Zeros(0).Norm()),
        Row(() => Zeros(0).All()),
        Row(() => Zeros(0).Any()),
        Row(() => Zeros(0).Max()),
        Row(() => Zeros(0).ArgMax()),
        Row(() => LogSumExp(Zeros(0))),
        Row(() => Zeros(0, 3).Max(1)),
        Row(() => Of(5).Var(correction: 1)),
        Row(() => Zeros(2, 0).MatMul(Zeros(0, 2))),
        Row(() => Grad(x => 3)(2)),
        // Integers.
        Row(() => Ints(7, -7) / 2),
        Row(() => Ints(1) / 0),
        Row(() => Ints(int.MaxValue) + 1),
        Row(() => Ints(int.MaxValue, 1).Sum()),
        Row(() => -From<uint>([1], 1)),
        Row(() => Pow(Ints(2), 3)),
        Row(() => Pow(Ints(2), -1)),
        Row(() => Pow(Ints(0), 0)),
        Row(() => Ints(7, -7) % 3),
        Row(() => FloorDiv(Ints(7, -7), 2)),
        Row(() => Ints(1, -1) << 40),
        Row(() => Ints(4, -4) >> 40),
        Row(() => Ints(1, 2).Mean()),
        Row(() => Floor(Ints(4)).DType),
        Row(() => Sqrt(Ints(4)).DType),
        Row(() => Scalar(true).Sum().DType),
        Row(() => -Scalar(true)),
        // Which dtype.
        Row(() => (Scalar(true) + Scalar(1)).DType),
        Row(() => (Scalar(1u) + Scalar(1)).DType),
        Row(() => (Ints(1) + Ones(1)).DType),
        Row(() => (Scalar(1L) + Ones(1)).DType),
        Row(() => (Ones(1) + Of(1)).DType),
        Row(() => (Ones(1) * 2.5).DType),
        Row(() => (Ints(1) * 2).DType),
        Row(() => (Ints(1) * 2.0).DType),
        Row(() => Max(Ints(1), 2).DType),
        Row(() => Max(Ints(1), 2.0).DType),
        Row(() => Ints(16777217).Eq(16777216.0)),
        Row(() => (From<uint>([1], 1) + -1).DType),
        Row(() => (Scalar(true) + 1).DType),
        Row(() => ((Tensor)2 / 3).DType),
        Row(() => ((Tensor)2 * 3 * Ones(1)).DType),
        Row(() => (Exp(2) * Ones(1)).DType),
        Row(() => (Scalar(2.0) * Ones(1)).DType),
        Row(() => (Of(2) * Ones(1)).DType),
        Row(() => (Where(Ones(2) > 0, 2.5, 3) * Ones(2)).DType),
        Row(() => (Where(Ones(2) > 0, 2, 3) * Ints(1, 2)).DType),
        Row(() => Grad(w => (Ones(2) * w).Sum())(3).DType),
        Row(() => (Grad(w => w * w)(3) * Ones(1)).DType),
        // Conversions and indices.
        Row(() => Of(2.9, -2.9, 1e20, -1e20, NaN).To(DType.I32)),
        Row(() => Of(2.9, -2.9, 1e20, NaN).To(DType.U32)),
        Row(() => Scalar(3_000_000_000L).To(DType.I32)),
        Row(() => Scalar(-1).To(DType.U32)),
        Row(() => Scalar(1e300).To(DType.F32)),
        Row(() => Of(0.5, 0, -0.0, NaN).To(DType.Bool)),
        Row(() => Full(0.5, Shape.Of(2), DType.I32)),
        Row(() => Of(1, 2)[-1]),
        Row(() => Of(1, 2)[5]),
        Row(() => Of(1, 2).Take(Ints(2))),
        Row(() => Of(1, 2).DynamicSlice(Ints(1), 2)),
        Row(() => Of(0, 0).At(Ints(0, 0)).Set(Of(1, 2))),
        Row(() => Of(0, 0).At(Ints(0, 0)).Max(Of(1, 2))),
        Row(() => Ones(2).At(0).Set(Of(1))),
        Row(() => OneHot(Ints(3, -1), 2)),
        Row(() => Zeros(2).ScatterAdd(Ints(0, 0), Of(1, 2))),
        // Linear algebra.
        Row(() => Solve([[1, 2], [2, 4]], [1, 1])),
        Row(() => TriangularSolve([[1, 0], [1, 0]], [1, 1])),
        Row(() => Cholesky([[1, 2], [2, 1]])),
        Row(() => Cholesky([[NaN, 0], [0, 1]])),
        Row(() => Cholesky([[4, 3], [1, 5]])),
        Row(() => Grad(x => Cholesky(x).Sum())([[4, 0], [0, 4]])),
        Row(() => Det([[1, 2], [2, 4]])),
        Row(() => Grad(Det)([[1, 2], [2, 4]])),
        Row(() => Hessian(Det)([[1, 2], [2, 4]])),
        Row(() => SlogDet([[1, 2], [2, 4]])),
        Row(() => Grad(x => SlogDet(x).LogAbs)([[1, 2], [2, 4]])),
        Row(() => Qr([[-3], [4]]).R),
        Row(() => Eigh([[1, 2], [2, 4]]).Vectors),
        Row(() => Grad(x => Eigh(x).Values.Square().Sum())([[2, 0], [0, 2]])),
        Row(() => Svd([[1, 1], [1, 1]]).S),
        Row(() => Lstsq([[1, 1], [1, 1]], [2, 2])),
        Row(() => Lstsq([[1, 1]], [2])),
        Row(() => Einsum("i,i", Ones(2), Ones(1))),
        Row(() => Einsum("...,...", Ones(2), Ones(1))),
        Row(() => Det(Zeros(0, 0))),
    ]);

    /// <summary>The rows of the page: an expression, and what it says that this is.</summary>
    public static IEnumerable<object[]> Rows() => Page().Select(r => new object[] { r.Expression, r.Value });

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_page_says_what_is(string expression, string value) {
        Assert.True(expressions.TryGetValue(expression, out var f), "This row is not among the tested expressions.");
        // The first time a structure is interpreted, then it has a plan: neither may differ.
        for (var run = 0; run < 3; run++) Assert.Equal(value, Text(f));
    }

    [Fact]
    public void Every_expression_is_on_the_page() {
        var page = Page().Select(r => r.Expression).ToArray();
        Assert.Empty(expressions.Keys.Except(page));
        Assert.Equal(page.Length, page.Distinct().Count());
    }

    static IEnumerable<(string Expression, string Value)> Page() =>
        from line in File.ReadLines(Path.Combine(DataFolder.Repository()!, "docs", "conventions.md"))
        where line.StartsWith("| `", StringComparison.Ordinal)
        let row = Regex.Match(line, @"^\| `(?<expression>[^`]+)` \| `(?<value>[^`]+)` \| .*\|$")
        select row.Success ? (row.Groups["expression"].Value, row.Groups["value"].Value) : throw new FormatException($"Not a row of the table: {line}");

    static string Text(Func<object> f) {
        try {
            return Regex.Replace(f().ToString()!, @"\s+", " ");
        } catch (DiffException e) {
            return e.GetType().Name;
        }
    }

    static KeyValuePair<string, Func<object>> Row(Func<object> f, [CallerArgumentExpression(nameof(f))] string text = "") => new(text["() => ".Length..], f);
}
