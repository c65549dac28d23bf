namespace Diff.Tests;

public sealed class WhileTests {
    static void Is<P>(P expected, P actual, double tolerance = 1e-12) => Assert.True(Check.Close(expected, actual, tolerance), $"{actual}, not {expected}");

    // Heron's rule for √a, from a.
    static Tensor Root(Tensor a) => While(a, x => Abs(x * x - a) > 1e-13 * a, x => (x + a / x) / 2);

    static Tensor RootByHand(Tensor a) {
        var x = a;
        while (Abs(x * x - a) > 1e-13 * a) x = (x + a / x) / 2;
        return x;
    }

    [Fact]
    public void A_while_is_its_loop() {
        foreach (var a in new[] { 2.0, 9, 1, 1234.5 }) {
            Is(Math.Sqrt(a), Root(a));
            Is(RootByHand(a), Root(a));
            Is(Jvp(RootByHand, a, 3), Jvp(Root, a, 3));
            Is(Grad(RootByHand)(a), Grad(Root)(a));
            // From 1 there is no step, and the result is a.
            Is(a == 1 ? 1 : 0.5 / Math.Sqrt(a), Grad(Root)(a), 1e-9);
            Is(Grad(Grad(RootByHand))(a), Grad(Grad(Root))(a));
            Is(Grad(x => Jvp(RootByHand, x, 1).Tangent)(a), Grad(x => Jvp(Root, x, 1).Tangent)(a));
            Is(Jvp(Grad(RootByHand), a, 1).Tangent, Jvp(Grad(Root), a, 1).Tangent);
        }
    }

    [Theory, InlineData(0), InlineData(1), InlineData(15), InlineData(16), InlineData(17), InlineData(100), InlineData(271), InlineData(272), InlineData(273), InlineData(1000), InlineData(5000)]
    public void It_is_differentiated_however_many_steps_there_are(int n) {
        // x ← x·c, n times: cⁿ·x
        Tensor Power(Tensor c) => While((I: Tensor.Scalar(0), X: (Tensor)2), s => s.I < n, s => (s.I + 1, s.X * c)).X;
        var c = Math.Exp(1.0 / Math.Max(1, n));
        Is(2 * Math.Pow(c, n), Power(c), 1e-11);
        Is(2 * n * Math.Pow(c, n - 1), Grad(Power)(c), 1e-11);
        Is(Math.Pow(c, n), Grad(x => While((I: Tensor.Scalar(0), X: x), s => s.I < n, s => (s.I + 1, s.X * c)).X)(2), 1e-11);
        Is(2 * n * Math.Pow(c, n - 1), Jvp(Power, c, 1).Tangent, 1e-11);
    }

    [Fact]
    public void Each_lane_of_a_batch_ends_by_itself() {
        Tensor a = new double[] { 2, 9, 1, 1234.5 };
        Is(Stack([.. a.Unstack().Select(Root)]), Vmap(Root)(a));
        Is(Stack([.. a.Unstack().Select(Grad(Root))]), Vmap(Grad(Root))(a));
        Is(Stack([.. a.Unstack().Select(Grad(Root))]), Grad(x => Vmap(Root)(x).Sum(), a));
        // The condition is everybody's, and the state is not.
        Is(8 * a, Vmap(x => While((I: Tensor.Scalar(0), X: x), s => s.I < 3, s => (s.I + 1, 2 * s.X)).X)(a));
    }

    [Fact]
    public void Lanes_that_have_ended_read_nothing() {
        // The sum of the first n: a lane that went on would read beyond the end.
        Tensor xs = new double[] { 1, 2, 3, 4 };
        Tensor Sum(Tensor n) => While((I: Tensor.Scalar(0), S: (Tensor)0.0), s => s.I < n, s => (s.I + 1, s.S + xs.Take(s.I))).S;
        Is([10, 0, 3, 6], Vmap(Sum)(Tensor.Ints(4, 0, 2, 3)));
        // A branch that was not taken neither.
        Tensor Nth(Tensor i) => Cond(i < 4, i, i => xs.Take(i), i => (Tensor)0.0 + 0 * xs.Take(0));
        Is([1, 4, 0], Vmap(Nth)(Tensor.Ints(0, 3, 4)));
        Is([0, 0.5], Grad(x => Vmap(z => Cond(z > 0, z, z => z.Sqrt(), z => 0 * z))(x).Sum(), [0, 1]));
        Assert.Throws<ShapeException>(() => Vmap(i => Switch(i, (Tensor)1, x => x, x => 2 * x))(Tensor.Ints(0, 2)));
    }

    [Fact]
    public void Inside_and_around_of_other_loops() {
        Tensor Roots(Tensor xs) => Scan(0, xs, (s, x) => (s + Root(x), s)).Final;
        Tensor xs = new double[] { 4, 9, 16 };
        Is(9, Roots(xs));
        Is([0.25, 1 / 6.0, 0.125], Grad(Roots, xs), 1e-9);
        Is([0.25, 1 / 6.0, 0.125], Jit(x => Grad(Roots, x))(xs), 1e-9);
        Tensor Nested(Tensor a) => While(a, x => x < 100, x => x + Scan(0, Tensor.Ones(3), (s, _) => (s + x * a, s)).Final);
        Tensor NestedByHand(Tensor a) {
            var x = a;
            while (x < 100) x += 3 * x * a;
            return x;
        }
        Is(NestedByHand(1.5), Nested(1.5));
        Is(Grad(NestedByHand)(1.5), Grad(Nested)(1.5), 1e-10);
    }

    [Fact]
    public void What_is_wrong_is_said() {
        Assert.Contains("bool scalar", Assert.Throws<DTypeException>(() => While(1, x => x, x => x)).Message);
        Assert.Contains("has to stay", Assert.Throws<ShapeException>(() => While(Tensor.Zeros(2), x => x.Sum() < 1, x => x.Sum())).Message);
        Assert.Contains("While", Assert.Throws<UnknownValueException>(() => While(1, x => x < 3, x => x > 0 ? x : -x)).Message);
        Assert.Throws<TreeException>(() => While(new Tensor[] { 1 }, x => x[0] < 3, x => [x[0], x[0]]));
    }
}
