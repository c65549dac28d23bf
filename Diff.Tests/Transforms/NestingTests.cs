using System.Text.Json;
using static Diff.Functions;

namespace Diff.Tests;

/// <summary>Transforms inside transforms: where systems that tag badly give wrong numbers.</summary>
public class NestingTests {
    static void Is(double expected, Tensor actual) => Assert.Equal(expected, actual.Item(), 12);

    static Tensor Forward(Func<Tensor, Tensor> f, Tensor x) => Jvp(f, x, Tensor.OnesLike(x)).Tangent;

    [Fact]
    public void Perturbations_are_not_confused() {
        // Siskind and Pearlmutter 2005: d/dx (x · d/dy (x + y)) at 1 is 1; confusion gives 2.
        Is(1, Grad(x => x * Grad(y => x + y)(1))(1));
        Is(1, Forward(x => x * Forward(y => x + y, 1), 1));
        Is(1, Forward(x => x * Grad(y => x + y)(1), 1));
        Is(1, Grad(x => x * Forward(y => x + y, 1))(1));
        // Whether the inner argument is concrete must not decide: x · d/dy (x·y) = x², whose derivative at 1 is 2.
        Is(2, Grad(x => x * Grad(y => x * y)(2))(1));
        Is(2, Grad(x => x * Forward(y => x * y, 2))(1));
        Is(2, Forward(x => x * Grad(y => x * y)(2), 1));
        Is(2, Grad(x => x * Grad(y => x * y)(x))(1));
    }

    [Fact]
    public void A_function_that_escapes_from_its_transform_is_not_confused() {
        // Manzyuk, Pearlmutter, Radul, Rush, Siskind 2019: s(u)(f)(x) = f(x + u); D s(0) applied twice to exp is exp″.
        static Func<Func<Tensor, Tensor>, Func<Tensor, Tensor>> Shift(Tensor u) => f => x => f(x + u);
        Func<Func<Tensor, Tensor>, Func<Tensor, Tensor>> slope = f => x => Grad(u => Shift(u)(f)(x))(0);
        Is(Math.Exp(1), slope(slope(Exp))(1));
        Func<Func<Tensor, Tensor>, Func<Tensor, Tensor>> forward = f => x => Forward(u => Shift(u)(f)(x), 0);
        Is(Math.Exp(1), forward(forward(Exp))(1));
        Is(Math.Exp(1), forward(slope(Exp))(1));
    }

    [Fact]
    public void Third_derivatives_in_every_nesting() {
        Func<Tensor, Tensor> f = x => Sin(x) * Exp(2 * x);
        var expected = Math.Exp(1.4) * (2 * Math.Sin(0.7) + 11 * Math.Cos(0.7));
        Func<Func<Tensor, Tensor>, Func<Tensor, Tensor>>[] modes = [g => Grad(g), g => x => Forward(g, x), g => x => Vjp(g, x).Pullback(1), g => x => Linearize(g, x).Tangent(1)];
        foreach (var a in modes)
            foreach (var b in modes)
                foreach (var c in modes) Assert.Equal(expected, a(b(c(f)))(0.7).Item(), 9);
    }

    [Fact]
    public void Tenth_derivative() {
        Func<Tensor, Tensor> f = x => x.Pow(10);
        for (var n = 0; n < 10; n++) f = Grad(f);
        Is(3628800, f(3));
        f = x => Exp(3 * x);
        for (var n = 0; n < 5; n++) f = Grad(f);
        Assert.Equal(243 * Math.Exp(1.5), f(0.5).Item(), 9);
    }

    [Fact]
    public void Pullbacks_are_called_again_and_differentiated() {
        var (_, pull) = Vjp(x => x.Pow(3), Tensor.Of(1, 2));
        for (var i = 0; i < 5; i++) Values.AssertClose([3 * i, 12 * i], Values.Doubles(pull(Tensor.Of(i, i))), 1e-14, "pull");
        // It is linear in its cotangent, and its derivative by it is the transpose again.
        Values.AssertClose([3, 24], Values.Doubles(Grad(u => (pull(u) * Tensor.Of(1, 2)).Sum(), Tensor.Of(5, 7))), 1e-14, "by the cotangent");
        Values.AssertClose([3, 24], Values.Doubles(Jvp(pull, Tensor.Of(5, 7), Tensor.Of(1, 2)).Tangent), 1e-14, "along the cotangent");
        // By the point: Σ u · 3x² has derivative 6xu.
        Values.AssertClose([30, 84], Values.Doubles(Grad(x => Vjp(y => y.Pow(3), x).Pullback(Tensor.Of(5, 7)).Sum(), Tensor.Of(1, 2))), 1e-14, "by the point");
        // By both at once, through the product with x itself.
        Values.AssertClose([9 * 1, 9 * 4], Values.Doubles(Grad(x => Vjp(y => y.Pow(3), x).Pullback(x).Sum(), Tensor.Of(1, 2))), 1e-14, "by both");
    }

    [Fact]
    public void A_pullback_made_inside_is_used_outside() {
        Func<Tensor, Tensor>? kept = null;
        var g = Grad(x => {
            kept = Vjp(y => y * y * 2, StopGradient(x)).Pullback;
            return kept(x);
        })(3);
        Is(12, g);
        Is(12, kept!(1));
        Is(24, kept!(2));
    }

    [Fact]
    public void Linearize_is_jvp_again_and_again() {
        Func<Tensor, Tensor> f = x => Tanh(x) * x.Sum();
        var at = Tensor.Of(0.3, -1, 2);
        var (value, tangent) = Linearize(f, at);
        Values.AssertSame(f(at), value, "value");
        foreach (var v in new[] { Tensor.Of(1, 0, 0), Tensor.Of(1, 2, 3), Tensor.Of(0, 0, 0) })
            Values.AssertClose(Jvp(f, at, v).Tangent, tangent(v), 1e-14, "tangent");
    }

    [Fact]
    public void Hessian_vector_products_in_every_nesting() {
        Func<Tensor, Tensor> f = x => (x[1..] - x[..^1].Square()).Square().Sum() * 100 + (1 - x[..^1]).Square().Sum();
        var (x, v) = (Tensor.Of(-1.2, 1, 0.5), Tensor.Of(1, -2, 3));
        Tensor[] all = [
            Jvp(Grad(f), x, v).Tangent,
            Grad(y => (Grad(f)(y) * v).Sum(), x),
            Grad(y => Jvp(f, y, v).Tangent, x),
            Vjp(Grad(f), x).Pullback(v),
            Linearize(Grad(f), x).Tangent(v)];
        foreach (var h in all) Values.AssertClose(all[0], h, 1e-13, "Hv");
    }

    // The programs of Pearlmutter and Siskind, "Using programming language theory to make automatic differentiation sound and
    // efficient" (2008), as GradBench has them. A mode is how a gradient is taken.
    delegate Tensor Mode(Func<Tensor, Tensor> f, Tensor x);

    static Tensor ByForward(Func<Tensor, Tensor> f, Tensor x) =>
        Stack([.. Enumerable.Range(0, x.Size).Select(i => Jvp(f, x, Tensor.OneHot(Tensor.Ints(i), x.Size, DType.F64)[0]).Tangent)]);

    static Tensor ByReverse(Func<Tensor, Tensor> f, Tensor x) => Grad(f, x);

    const double AtSaddle = 8.246324826140356e-06, AtTarget = 0.2071918746486116;

    static readonly Dictionary<char, Mode> modes = new() { ['f'] = ByForward, ['r'] = ByReverse };

    static Tensor Length(Tensor v) => v.Square().Sum().Sqrt();

    static Tensor ArgMin(Mode mode, Func<Tensor, Tensor> f, Tensor x) {
        var (fx, gx, eta, i) = (f(x), mode(f, x), 1e-5, 0);
        while (true) {
            if (Length(gx) <= 1e-5) return x;
            if (i == 10) {
                (eta, i) = (2 * eta, 0);
                continue;
            }
            var next = x - eta * gx;
            if (Length(x - next) <= 1e-5) return x;
            var fn = f(next);
            if (fn < fx) (x, fx, gx, i) = (next, fn, mode(f, next), i + 1);
            else (eta, i) = (eta / 2, 0);
        }
    }

    static Tensor ArgMax(Mode mode, Func<Tensor, Tensor> f, Tensor x) => ArgMin(mode, y => -f(y), x);

    static double[] Saddle(Mode outer, Mode inner) {
        Tensor start = [1, 1];
        static Tensor F(Tensor a, Tensor b) => a.Square().Sum() - b.Square().Sum();
        var first = ArgMin(outer, a => F(a, ArgMax(inner, b => F(a, b), start)), start);
        var second = ArgMax(inner, b => F(first, b), start);
        return [.. Values.Doubles(first), .. Values.Doubles(second)];
    }

    static double Particle(Mode outer, Mode inner) => ArgMin(outer, w => Euler(w, inner), [0.0])[0].Item();

    // A particle between two charges, one of them at a height of our choice, is to land at x = 0.

    static Tensor Euler(Tensor w, Mode mode) {
        const double step = 0.1;
        Tensor[] charges = [Stack([10, 10 - w[0]]), Tensor.Of(10, 0)];
        Tensor Potential(Tensor at) => charges.Select(c => 1 / Length(at - c)).Aggregate((a, b) => a + b);
        Tensor x = [0, 8], v = [0.75, 0];
        while (true) {
            var a = -mode(Potential, x);
            var next = x + step * v;
            if (!(next[1] > 0)) return (x + -x[1] / v[1] * v)[0].Square();
            (x, v) = (next, v + step * a);
        }
    }

    [Theory, InlineData("ff"), InlineData("fr"), InlineData("rf"), InlineData("rr")]
    public void Saddle_of_Pearlmutter_and_Siskind(string way) =>
        Values.AssertClose([AtSaddle, AtSaddle, AtSaddle, AtSaddle], Saddle(modes[way[0]], modes[way[1]]), 1e-13, way);

    // Two of the four ways have every mode at both levels; each is 60,000 steps of the particle.
    [Theory, InlineData("fr"), InlineData("rf")]
    public void Particle_of_Pearlmutter_and_Siskind(string way) => Assert.Equal(AtTarget, Particle(modes[way[0]], modes[way[1]]), 1e-9);

    [DataFact("gradbench/particle_saddle_hello.json")]
    public void GradBench_has_these_numbers() {
        using var file = JsonDocument.Parse(File.ReadAllText(DataFolder.File("gradbench/particle_saddle_hello.json")));
        var root = file.RootElement;
        Assert.All(root.GetProperty("saddle").GetProperty("expected").EnumerateArray(), e => Assert.Equal(AtSaddle, e.GetDouble()));
        Assert.Equal(AtTarget, root.GetProperty("particle").GetProperty("expected").GetDouble());
        foreach (var pair in root.GetProperty("hello").GetProperty("square").EnumerateArray()) Is(pair[1].GetDouble(), Tensor.Scalar(pair[0].GetDouble()).Square());
        foreach (var pair in root.GetProperty("hello").GetProperty("double").EnumerateArray()) Is(pair[1].GetDouble(), Grad(x => x * x)(pair[0].GetDouble()));
    }
}
