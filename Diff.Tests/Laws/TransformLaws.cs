using static Diff.Functions;

namespace Diff.Tests;

/// <summary>What transforms do to every program, tried on random ones of all ops.</summary>
public class TransformLaws {
    [Fact]
    public void Jvp_of_a_composition_is_the_composition_of_Jvps() => Trial.All(OfTransforms.ChainForward, smooth: true);

    [Fact]
    public void Vjp_of_a_composition_is_the_composition_of_Vjps() => Trial.All(OfTransforms.ChainReverse, smooth: true);

    [Fact]
    public void The_forward_Jacobian_is_the_reverse_one() => Trial.All(OfTransforms.Jacobians, smooth: true);

    [Fact]
    public void A_checkpoint_is_the_function() => Trial.All(OfTransforms.CheckpointIsTheFunction, smooth: true);

    [Fact]
    public void A_stopped_argument_is_a_constant() => Trial.All(OfTransforms.StopIsConstant, smooth: true);

    [Fact]
    public void A_custom_rule_that_is_true_is_the_function() => Trial.All(OfTransforms.TrueRuleIsTheFunction, smooth: true);

    [Fact]
    public void A_scan_is_its_loop() => Trial.All(OfTransforms.ScanIsLoop, smooth: true);

    [Fact]
    public void A_while_is_its_steps() => Trial.All(OfTransforms.WhileIsUnrolled, smooth: true);

    [Fact]
    public void A_cond_is_its_if() => Trial.All(OfTransforms.CondIsIf, smooth: true);

    [Fact]
    public void A_gradient_inside_a_gradient_keeps_its_own_variables() => Trial.All(OfTransforms.NoPerturbationIsConfused, smooth: true);
}

/// <summary>Laws of transforms; see <see cref="Laws"/>.</summary>
internal static class OfTransforms {
    /// <summary>J(g∘f)v = Jg·(Jf·v), where g is f again, beside the same point.</summary>
    public static void ChainForward(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Laws.Floats(f, at) is not var (g, x)) return;
        var v = Laws.Directions(x, 1);
        var (y, dy) = Jvp(g, x, v);
        var (z, dz) = Jvp(After, y, dy);
        var (whole, tangent) = Jvp(p => After(g(p)), x, v);
        Laws.Close(z, whole, 1e-12, "value");
        Laws.Close(dz, tangent, 1e-10, "tangent");

        Tensor[] After(Tensor[] y) => g(Beside(x, y));
    }

    /// <summary>J(g∘f)ᵀu = Jfᵀ(Jgᵀu).</summary>
    public static void ChainReverse(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Laws.Floats(f, at) is not var (g, x)) return;
        var (y, first) = Vjp(g, x);
        var (z, second) = Vjp(After, y);
        var u = Laws.Directions(z, 2);
        var (_, both) = Vjp(p => After(g(p)), x);
        Laws.Close(first(second(u)), both(u), 1e-10, "cotangent");

        Tensor[] After(Tensor[] y) => g(Beside(x, y));
    }

    /// <summary>Both Jacobians of some of the results by some directions.</summary>
    public static void Jacobians(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Laws.Floats(f, at) is not var (g, x)) return;
        var along = Enumerable.Range(0, 3).Select(k => Laws.Directions(x, k)).ToArray();
        Tensor F(Tensor t) => g([.. x.Select((p, i) => p + along.Select((a, k) => a[i] * t[k]).Aggregate((a, b) => a + b))]) is var y
            ? Concat([.. y.Select(r => r.Reshape(-1)[..Math.Min(r.Size, 3)])]) : 0;
        Tensor zero = new double[3];
        Laws.Close([JacobianForward(F, zero)], [JacobianReverse(F, zero)], 1e-11, "Jacobian");
    }

    /// <summary>Checkpoint(f) has f's bits, and its derivatives in both modes and at second order.</summary>
    public static void CheckpointIsTheFunction(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Laws.Floats(f, at) is not var (g, x)) return;
        var h = Checkpoint(g);
        Values.AssertSame(g(x), h(x), "value");
        SameDerivatives(g, h, x);
    }

    /// <summary>What goes in through StopGradient has no derivative, and the others have theirs.</summary>
    public static void StopIsConstant(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Laws.Scalar(f, at) is not var (loss, x)) return;
        var whole = Grad(loss, x);
        var part = Grad(p => loss([.. p.Select((t, i) => i % 2 == 0 ? StopGradient(t) : t)]), x);
        Laws.Close([.. whole.Select((w, i) => i % 2 == 0 ? Tensor.ZerosLike(w) : w)], part, 1e-12, "gradient");
    }

    /// <summary>A custom rule that says what is true changes nothing, in either mode and at second order.</summary>
    public static void TrueRuleIsTheFunction(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Laws.Floats(f, at) is not var (g, x)) return;
        SameDerivatives(g, CustomVjp<Tensor[], Tensor[]>(g, (p, y, u) => Vjp(g, p).Pullback(u)), x);
        SameDerivatives(g, CustomJvp<Tensor[], Tensor[]>(g, (p, y, v) => Jvp(g, p, v).Tangent), x);
    }

    /// <summary>Scan of a random step against the loop, forwards and backwards, in value and derivatives.</summary>
    public static void ScanIsLoop(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Laws.Floats(f, at) is not var (g, x)) return;
        Tensor turns = new double[] { 0.7, -0.4, 1.1 };
        (Tensor[] State, Tensor Y) Step(Tensor[] s, Tensor turn) => g([.. s.Select((t, i) => t + turn * 1e-3)]) is var y ? (Beside(s, y), y[0] * turn) : default;
        foreach (var backwards in new[] { false, true }) {
            Tensor[] ByScan(Tensor[] p) => Scan<Tensor[], Tensor, Tensor>(p, turns, Step, backwards) is var (state, ys) ? [.. state, ys] : [];
            Tensor[] ByLoop(Tensor[] p) {
                var (state, ys) = (p, new Tensor[3]);
                for (var k = 0; k < 3; k++) {
                    var i = backwards ? 2 - k : k;
                    (state, ys[i]) = Step(state, turns[i]);
                }
                return [.. state, Stack(ys)];
            }
            Laws.Close(ByLoop(x), ByScan(x), 1e-12, "value");
            SameDerivatives(ByLoop, ByScan, x);
        }
    }

    /// <summary>While of a random step against its steps one after the other, in value and derivatives.</summary>
    public static void WhileIsUnrolled(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Laws.Floats(f, at) is not var (g, x)) return;
        foreach (var n in new[] { 0, 3 }) {
            Tensor[] ByWhile(Tensor[] p) => While<Tensor[]>([Tensor.Scalar(0), .. p], s => s[0] < n, s => [s[0] + 1, .. Beside(s[1..], g(s[1..]))])[1..];
            Tensor[] BySteps(Tensor[] p) => Enumerable.Repeat(g, n).Aggregate(p, (s, g) => Beside(s, g(s)));
            Laws.Close(BySteps(x), ByWhile(x), 1e-12, "value");
            SameDerivatives(BySteps, ByWhile, x);
        }
    }

    /// <summary>Cond runs the branch that it is told to, with that branch's bits and derivatives.</summary>
    public static void CondIsIf(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Laws.Floats(f, at) is not var (g, x)) return;
        Tensor[] Other(Tensor[] p) => [.. g(p).Select(y => Sin(y) * 2)];
        foreach (var holds in new[] { true, false }) {
            Func<Tensor[], Tensor[]> taken = holds ? g : Other;
            Tensor[] ByCond(Tensor[] p) => Cond(Tensor.Scalar(holds), p, g, Other);
            Values.AssertSame(taken(x), ByCond(x), "value");
            SameDerivatives(taken, ByCond, x);
        }
    }

    /// <summary>d/dx of a gradient by y at y = x is the mixed second derivative alone, not the one by x as well.</summary>
    public static void NoPerturbationIsConfused(Func<Tensor[], Tensor[]> f, params Tensor[] at) {
        if (Laws.Scalar(f, at) is not var (loss, x)) return;
        var (v, w) = (Laws.Directions(x, 1), Laws.Directions(x, 2));
        Tensor Along(Tensor t, Tensor s) => loss([.. x.Select((p, i) => p + v[i] * t + w[i] * s)]);
        var h = Hessian(z => Along(z[0], z[1]), new double[2]);
        // The inner derivative is by its own variable, at a point that is the outer one.
        Laws.Close([h[0, 1] + h[1, 1]], [Grad(t => Grad(s => Along(t, s))(t))(0.0)], 1e-9, "Grad in Grad");
        Laws.Close([h[0, 1] + h[1, 1]], [Jvp(t => Grad(s => Along(t, s))(t), 0.0, 1).Tangent], 1e-9, "Grad in Jvp");
        Laws.Close([h[0, 1] + h[1, 1]], [Grad(t => Jvp(s => Along(t, s), t, 1).Tangent)(0.0)], 1e-9, "Jvp in Grad");
        // And by a constant that happens to be the same number.
        Laws.Close([h[0, 1]], [Grad(t => Grad(s => Along(t, s))(0.0))(0.0)], 1e-9, "at a constant");
    }

    // Tangents, cotangents and second derivatives along a direction.
    static void SameDerivatives(Func<Tensor[], Tensor[]> expected, Func<Tensor[], Tensor[]> actual, Tensor[] x) {
        var v = Laws.Directions(x, 1);
        var (y, tangent) = Jvp(expected, x, v);
        var u = Laws.Directions(y, 2);
        Laws.Close(tangent, Jvp(actual, x, v).Tangent, 1e-11, "tangent");
        Laws.Close(Vjp(expected, x).Pullback(u), Vjp(actual, x).Pullback(u), 1e-11, "cotangent");
        Tensor Loss(Func<Tensor[], Tensor[]> f, Tensor[] p) => f(p).Zip(u, (r, w) => (r * w).Sum()).Aggregate((a, b) => a + b);
        Laws.Close(Hvp(p => Loss(expected, p), x, v), Hvp(p => Loss(actual, p), x, v), 1e-9, "second derivative");
    }

    /// <summary>Beside a point, by as much as other values say: so a function may be applied to its own results.</summary>
    static Tensor[] Beside(Tensor[] x, Tensor[] y) => [.. x.Select((p, i) => {
        var all = y[i % y.Length].Reshape(-1);
        var times = (p.Size + all.Size - 1) / all.Size;
        return p + Tanh(Concat([.. Enumerable.Repeat(all, times)])[..p.Size].Reshape(p.Shape.ToArray())) * 1e-3;
    })];
}
