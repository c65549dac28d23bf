using System.Text.Json;

namespace Diff.Tests.Benchmarks;

/// <summary>GradBench's cases, within their tolerance, |x − y|/max(1, |x| + |y|) ≤ 1e-4; in f64 ours are held to 1e-9.</summary>
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
        var data = new GmmData(Matrix(input.GetProperty("x")), input.GetProperty("gamma").GetDouble(), input.GetProperty("m").GetInt32());
        var (value, gradient) = ValueAndGrad(AdBench.Objective, p, data);
        Close(Numbers(expected.GetProperty("objective")), value.Doubles());
        var jacobian = expected.GetProperty("jacobian");
        var d = data.X.Shape[1];
        foreach (var (name, part) in new[] { ("alpha", gradient.Alpha), ("mu", gradient.Mu), ("q", gradient.Icf[.., ..d]), ("l", gradient.Icf[.., d..]) })
            Close(Numbers(jacobian.GetProperty(name)), part.Doubles());
    }

    [DataFact("gradbench/particle_saddle_hello.json")]
    public void Hello() {
        var hello = Read("particle_saddle_hello").GetProperty("hello");
        foreach (var pair in hello.GetProperty("square").EnumerateArray()) Close([pair[1].GetDouble()], Square(Tensor.Scalar(pair[0].GetDouble())).Doubles(), 0);
        foreach (var pair in hello.GetProperty("double").EnumerateArray()) Close([pair[1].GetDouble()], Grad(Square, Tensor.Scalar(pair[0].GetDouble())).Doubles(), 0);
    }

    delegate Tensor Gradient(Func<Tensor, Tensor> f, Tensor at);

    // Both modes, as GradBench names them: the outer derivative's letter, then the inner one's.
    static readonly (Gradient Outer, Gradient Inner)[] modes = [(JacobianForward, JacobianForward), (JacobianForward, Grad), (Grad, JacobianForward), (Grad, Grad)];

    /// <summary>Gradient descent with a step that doubles after ten successes and halves after a failure. C# loops on what the derivative goes through.</summary>
    static (Tensor X, Tensor Value) Argmin(Gradient gradient, Func<Tensor, Tensor> f, Tensor x) {
        var (value, slope, rate, successes) = (f(x), gradient(f, x), 1e-5, 0);
        while (slope.Norm() > 1e-5) {
            if (successes == 10) (rate, successes) = (2 * rate, 0);
            var next = x - rate * slope;
            if ((x - next).Norm() <= 1e-5) break;
            var nextValue = f(next);
            if (nextValue < value) (x, value, slope, successes) = (next, nextValue, gradient(f, next), successes + 1);
            else (rate, successes) = (rate / 2, 0);
        }
        return (x, value);
    }

    [DataFact("gradbench/particle_saddle_hello.json")]
    public void Saddle() {
        var saddle = Read("particle_saddle_hello").GetProperty("saddle");
        var start = Tensor.Of(Numbers(saddle.GetProperty("input").GetProperty("start")));
        foreach (var (outer, inner) in modes) {
            // min over p of max over q of |p|² − |q|²
            var p = Argmin(outer, p => -Argmin(inner, q => q.Square().Sum() - p.Square().Sum(), start).Value, start).X;
            var q = Argmin(inner, q => q.Square().Sum() - p.Square().Sum(), start).X;
            Close(Numbers(saddle.GetProperty("expected")), Concat([p, q]).Doubles(), 1e-4);
        }
    }

    [DataFact("gradbench/particle_saddle_hello.json")]
    public void Particle() {
        var particle = Read("particle_saddle_hello").GetProperty("particle");
        var w = Tensor.Of(Numbers(particle.GetProperty("input").GetProperty("w")));
        foreach (var (outer, inner) in modes) Close(Numbers(particle.GetProperty("expected")), Argmin(outer, w => Landing(w, inner), w).X.Doubles(), 1e-4);

        // A charge flies past two others, one of which w moves; where it crosses the axis, squared (naive Euler).
        static Tensor Landing(Tensor w, Gradient gradient) {
            var charge = Concat([Tensor.Of(10), 10 - w]);
            Tensor Potential(Tensor x) => 1 / (x - charge).Norm() + 1 / (x - Tensor.Of(10, 0)).Norm();
            var (x, v) = (Tensor.Of(0, 8), Tensor.Of(0.75, 0));
            while (true) {
                var next = x + 0.1 * v;
                if (next[1] <= 0) return (x - x[1] / v[1] * v)[0].Square();
                (x, v) = (next, v - 0.1 * gradient(Potential, x));
            }
        }
    }
}
