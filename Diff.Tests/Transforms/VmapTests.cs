namespace Diff.Tests;

public sealed class VmapTests {
    static readonly Tensor m = new double[,] { { 1, 2, 3 }, { 4, 5, 6 } };

    static void Is(Tensor expected, Tensor actual) => Assert.True(Check.Close(expected.To(DType.F64), actual.To(DType.F64), 1e-12), $"{actual}, not {expected}");

    [Fact]
    public void Maps_over_the_first_axis_unless_told() {
        Is([6, 15], Vmap(x => x.Sum())(m));
        Is([5, 7, 9], Vmap(x => x.Sum(), inAxis: 1)(m));
        Is([5, 7, 9], Vmap(x => x.Sum(), inAxis: -1)(m));
        Is(m.T, Vmap(x => x, outAxis: 1)(m));
    }

    [Fact]
    public void An_argument_may_be_the_same_for_all() {
        Is([14, 32], Vmap((Tensor x, Tensor y) => Dot(x, y), [0, null])(m, [1, 2, 3]));
        Is([14, 32], Vmap((Tensor x, Tensor y) => Dot(x, y), [null, 1])([1, 2, 3], m.T));
    }

    [Fact]
    public void Results_that_do_not_depend_on_the_stack_repeat() => Is([[7, 7], [7, 7]], Vmap(x => Tensor.Of(7, 7))(m));

    [Fact]
    public void Nests() {
        Is(m * 10, Vmap(Vmap(x => x * 10))(m));
        // All pairs: the outer product.
        Is(Outer([1, 2], [3, 4, 5]), Vmap((Tensor x, Tensor y) => Vmap((Tensor z) => x * z)(y), [0, null])([1, 2], [3, 4, 5]));
    }

    [Fact]
    public void Gradients_of_each_example() {
        Tensor w = [0.5, -1, 2];
        Tensor Loss(Tensor w, Tensor x) => (w * x).Sum().Exp() * 1e-3;
        var each = Vmap(x => Grad(v => Loss(v, x), w))(m);
        Is(Stack([Grad(v => Loss(v, m[0]), w), Grad(v => Loss(v, m[1]), w)]), each);
        // And the gradient of a map is the sum of theirs.
        Is(each.Sum(0), Grad(v => Vmap(x => Loss(v, x))(m).Sum(), w));
    }

    [Fact]
    public void Trees_go_in_and_come_out() {
        var (sum, pair) = Vmap((Tensor x) => (x.Sum(), new Pair(x, x.Max())))(m);
        Is([6, 15], sum);
        Is(m, pair.A);
        Is([3, 6], pair.B);
    }

    sealed record Pair(Tensor A, Tensor B);

    [Fact]
    public void Custom_rules_are_mapped() {
        var cube = CustomVjp(x => x.Pow(3), (x, y, g) => 3 * x.Square() * g);
        Is(3 * m.Square(), Vmap(x => Grad(v => cube(v).Sum(), x))(m));
        Is(6 * m, Vmap(x => Grad(z => Grad(v => cube(v).Sum(), z).Sum(), x))(m));
    }

    [Fact]
    public void Looking_at_a_value_is_an_error_that_names_the_way_out() {
        var e = Assert.Throws<UnknownValueException>(() => Vmap(x => x.Sum() > 0 ? x : -x)(m));
        Assert.Contains("Where", e.Message);
    }

    [Fact]
    public void Lengths_have_to_agree() {
        Assert.Contains("2 along axis 0", Assert.Throws<ShapeException>(() => Vmap((Tensor x, Tensor y) => x + y)(Tensor.Ones(3), Tensor.Ones(2))).Message);
        Assert.Contains("scalar", Assert.Throws<ShapeException>(() => Vmap(x => x)(1)).Message);
        Assert.Throws<ShapeException>(() => Vmap((Tensor x, Tensor y) => x + y, [null, null])(1, 2));
        Assert.Throws<ShapeException>(() => Vmap((Tensor x, Tensor y) => x + y, [0])(m, m));
    }

    [Fact]
    public void A_stack_of_nothing_is_nothing() => Assert.Equal(Shape.Of(0, 2), Vmap(x => x.MatMul(m.T))(Tensor.Zeros(DType.F64, 0, 3)).Shape);

    [Fact]
    public void Jacobians_by_both_modes_agree() {
        Tensor F(Tensor x) => Stack([x[0] * x[1], Sin(x[2]), x.Sum().Exp()]);
        Tensor x = [0.3, -0.5, 0.7];
        var (forward, reverse) = (JacobianForward(F, x), JacobianReverse(F, x));
        Is(forward, reverse);
        Is([x[1], x[0], 0], reverse[0]);
        Assert.Equal(Shape.Of(2, 3, 2, 3), JacobianForward(z => z.Square(), m).Shape);
    }

    [Fact]
    public void Jacobians_by_a_record_agree() {
        var p = new Pair([1, 2], 3);
        static Tensor F(Pair p) => p.A.Square() * p.B;
        var (forward, reverse) = (JacobianForward(F, p), JacobianReverse(F, p));
        Is([[6, 0], [0, 12]], forward.A);
        Is([1, 4], forward.B);
        Is(forward.A, reverse.A);
        Is(forward.B, reverse.B);
        var (_, count) = JacobianForward(((Tensor X, Tensor Count) t) => t.X * t.Count, ([1, 2], Tensor.Ints(2, 3)));
        Assert.Throws<GradientException>(() => count + 1);
    }

    [Fact]
    public void Hessians_are_symmetric_by_every_nesting() {
        Tensor F(Tensor x) => (x[0] * x[1].Square()).Exp() + Sin(x[2] * x[0]);
        Tensor x = [0.3, -0.5, 0.7];
        var h = Hessian(F, x);
        Is(h, h.T);
        Is(h, JacobianReverse(z => Grad(F, z), x));
        Is(h, JacobianForward(z => JacobianForward(F, z), x));
        Is(h, JacobianReverse(z => JacobianForward(F, z), x));
        Is(h.MatMul([1, 2, 3]), Hvp(F, x, [1, 2, 3]));
    }
}
