using System.Text.Json;
using Diff.Examples;

namespace Diff.Tests.Benchmarks;

/// <summary>GradBench's cases by its measure, |x − y|/max(1, |x| + |y|), of which it allows 1e-4 and we 1e-9. Saddle, particle and hello are
/// in NestingTests.</summary>
public class GradBenchTests {
    static JsonElement Read(string name) => JsonDocument.Parse(File.ReadAllText(DataFolder.File($"gradbench/{name}.json"))).RootElement;

    static double[] Numbers(JsonElement array) => array.ValueKind == JsonValueKind.Array ? [.. array.EnumerateArray().SelectMany(Numbers)] : [array.GetDouble()];

    static Tensor Matrix(JsonElement rows) => Tensor.Of(Numbers(rows)).Reshape(rows.GetArrayLength(), -1);

    static void Close(double[] expected, double[] actual, double tolerance = 1e-9) {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i]) + Math.Abs(actual[i])), $"[{i}]: {actual[i]:R}, not {expected[i]:R}");
    }

    static void Check(string name, string argument, Func<Tensor, JsonElement, Tensor> f) {
        var json = Read(name);
        var input = json.GetProperty("input");
        var (value, gradient) = ValueAndGrad(x => f(x, input), Tensor.Of(Numbers(input.GetProperty(argument))));
        Close(Numbers(json.GetProperty("expected").GetProperty("primal")), value.Doubles());
        Close(Numbers(json.GetProperty("expected").GetProperty("gradient")), gradient.Doubles());
    }

    [DataFact("gradbench/det_l5.json")]
    public void Determinant() => Check("det_l5", "A", (a, input) => Det(a.Reshape(input.GetProperty("ell").GetInt32(), -1)));

    [DataFact("gradbench/det_l5.json")]
    public void Determinant_by_minors() {
        Check("det_l5", "A", (a, input) => Minors(a.Reshape(input.GetProperty("ell").GetInt32(), -1)));

        // Laplace's expansion along the first row, all its minors at once.
        static Tensor Minors(Tensor a) {
            var n = a.Shape[^1];
            if (n == 1) return a[Slice.Rest, 0, 0];
            var signs = Tensor.Of([.. Enumerable.Range(0, n).Select(j => j % 2 == 0 ? 1.0 : -1)]);
            var others = Tensor.Ints([.. from j in Enumerable.Range(0, n) from k in Enumerable.Range(0, n) where k != j select k]).Reshape(n, n - 1);
            var minors = a[Slice.Rest, 1.., ..].Take(others, a.Rank - 1).MoveAxis(-2, -3);
            return (signs * a[Slice.Rest, 0, ..] * Minors(minors)).Sum(-1);
        }
    }

    [DataFact("gradbench/llsq_n16_m128.json", "gradbench/llsq_n1024_m128.json")]
    public void Least_squares() {
        foreach (var name in new[] { "llsq_n16_m128", "llsq_n1024_m128" })
            Check(name, "x", (x, input) => {
                var t = Tensor.Linspace(-1, 1, input.GetProperty("n").GetInt32(), DType.F64);
                // A step, by a polynomial with these coefficients.
                var powers = Stack([.. Enumerable.Range(0, x.Size).Select(j => Pow(t, Tensor.Scalar((double)j)))], 1);
                return (Sign(t) - powers.MatMul(x)).Square().Sum() / 2;
            });
    }

    [DataFact("gradbench/lse_n2500.json")]
    public void Log_sum_exp() => Check("lse_n2500", "x", (x, _) => LogSumExp(x));

    [DataFact("gradbench/gmm_d2_k3_n10.json")]
    public void Mixture() {
        var json = Read("gmm_d2_k3_n10");
        var (input, expected) = (json.GetProperty("input"), json.GetProperty("expected"));
        var p = new Gmm(Tensor.Of(Numbers(input.GetProperty("alpha"))), Matrix(input.GetProperty("mu")), Concat([Matrix(input.GetProperty("q")), Matrix(input.GetProperty("l"))], 1));
        var data = new Gmm.Data(Matrix(input.GetProperty("x")), input.GetProperty("gamma").GetDouble(), input.GetProperty("m").GetInt32());
        var (value, gradient) = ValueAndGrad(q => Gmm.Objective(q, data, priorSign: -1), p);
        Close(Numbers(expected.GetProperty("objective")), value.Doubles());
        var jacobian = expected.GetProperty("jacobian");
        var d = data.X.Shape[1];
        foreach (var (name, part) in new[] { ("alpha", gradient.Alpha), ("mu", gradient.Mu), ("q", gradient.Icf[.., ..d]), ("l", gradient.Icf[.., d..]) })
            Close(Numbers(jacobian.GetProperty(name)), part.Doubles());
    }
}
