namespace Diff.Tests;

public sealed class CustomRuleTests {
    static void Is(Tensor expected, Tensor actual) => Assert.True(Check.Close(expected.To(DType.F64), actual.To(DType.F64), 1e-12), $"{actual}, not {expected}");

    static readonly Func<Tensor, Tensor> byVjp = CustomVjp(x => x.Pow(3), (x, y, g) => 3 * x.Square() * g);
    static readonly Func<Tensor, Tensor> byJvp = CustomJvp(x => x.Pow(3), (x, y, t) => 3 * x.Square() * t);

    public static TheoryData<bool> Both => [false, true];

    [Theory, MemberData(nameof(Both))]
    public void A_rule_serves_both_modes_at_every_order(bool jvp) {
        var cube = jvp ? byJvp : byVjp;
        Tensor x = [1, -2, 0.5];
        Is(x.Pow(3), cube(x));
        Is(3 * x.Square(), Grad(z => cube(z).Sum(), x));
        Is(3 * x.Square(), Jvp(cube, x, Tensor.OnesLike(x)).Tangent);
        Is(6 * x, Grad(z => Grad(w => cube(w).Sum(), z).Sum(), x));
        Is(6 * x, Jvp(z => Jvp(cube, z, Tensor.OnesLike(x)).Tangent, x, Tensor.OnesLike(x)).Tangent);
        Is(6, Grad(Grad(Grad(z => cube(z))))(2));
        Is(3 * x.Square(), Vmap(Grad(cube))(x));
        Is(Tensor.Eye(3, type: DType.F64) * (3 * x.Square()), JacobianForward(cube, x));
    }

    [Fact]
    public void A_rule_is_what_it_says() {
        Is([1, 1], Grad(x => (CustomVjp(x => x, (x, y, g) => g.Clamp(-1, 1))(x) * 3).Sum(), [1, 2]));
        Is(10, Grad(x => CustomJvp(x => x, (x, y, t) => 10 * t)(x))(1));
    }

    [Theory, MemberData(nameof(Both))]
    public void The_function_may_look_at_its_argument(bool jvp) {
        Func<Tensor, Tensor> host = x => Tensor.Scalar(Math.Sin(x.Item()));
        var f = jvp ? CustomJvp(host, (x, y, t) => t * Cos(x)) : CustomVjp(host, (x, y, g) => g * Cos(x));
        Is(Math.Cos(2), Grad(f)(2));
        Is(-Math.Sin(2), Grad(Grad(f))(2));
    }

    [Theory, MemberData(nameof(Both))]
    public void What_is_differentiated_may_not_be_captured_by_the_function_but_by_the_rule(bool jvp) {
        Func<Tensor, Tensor> Of(Tensor w) => jvp ? CustomJvp(x => x * w, (x, y, t) => t) : CustomVjp(x => x * w, (x, y, g) => g);
        Assert.Contains("Pass it as an argument", Assert.Throws<CustomRuleException>(() => Grad(w => Of(w)(w * 2))(2)).Message);
        Is(4, Grad(w => (jvp ? CustomJvp(x => x, (x, y, t) => t * w) : CustomVjp(x => x, (x, y, g) => g * w))(w * 2))(2));
    }

    [Theory, MemberData(nameof(Both))]
    public void The_direction_has_no_value(bool jvp) {
        var f = jvp ? CustomJvp(x => x, (x, y, t) => t > 0 ? t : 2 * t) : CustomVjp(x => x, (x, y, g) => g > 0 ? g : 2 * g);
        Assert.Contains(jvp ? "direction" : "cotangent", Assert.Throws<UnknownValueException>(() => Grad(f)(1)).Message);
    }

    [Fact]
    public void Forward_mode_needs_a_linear_backward_rule() =>
        Assert.Throws<CustomRuleException>(() => Jvp(CustomVjp(x => x, (x, y, g) => g.Square()), 1, 1));

    [Fact]
    public void Trees_have_rules_too() {
        var f = CustomVjp(((Tensor A, Tensor B) p) => p.A * p.B, (p, y, g) => (g * p.B * 10, g * p.A));
        Assert.True(Check.Close<(Tensor, Tensor)>((30, 2), Grad(p => f(p), ((Tensor)2, (Tensor)3))));
        var h = CustomJvp(((Tensor A, Tensor B) p) => p.A * p.B, (p, y, t) => t.A * p.B * 10 + p.A * t.B);
        Assert.True(Check.Close<(Tensor, Tensor)>((30, 2), Grad(p => h(p), ((Tensor)2, (Tensor)3))));
    }
}
