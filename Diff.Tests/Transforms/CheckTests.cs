namespace Diff.Tests;

public sealed class CheckTests {
    [Fact]
    public void Right_derivatives_pass() {
        Tensor x = [0.3, -0.7, 1.1];
        Check.Grad(z => (Sin(z) * z.Exp()).Sum(), x, order: 3);
        Check.Jvp(z => Sin(z) * z.Exp(), x, order: 2);
        Check.Vjp(z => Sin(z) * z.Exp(), x, order: 2);
        Check.Grad(p => (p.Item1 * p.Item2).Sum(), (x, x.Square()), order: 2);
    }

    [Fact]
    public void Wrong_ones_do_not() {
        Tensor x = [0.3, -0.7, 1.1];
        var wrong = CustomVjp(z => z.Sin(), (z, y, g) => g * z);
        Assert.Contains("central differences", Assert.Throws<WrongDerivativeException>(() => Check.Grad(z => wrong(z).Sum(), x)).Message);
        // Right at first order, wrong at second.
        var second = CustomJvp(z => z.Sin(), (z, y, t) => t * StopGradient(Cos(z)));
        Check.Grad(z => second(z).Sum(), x);
        Assert.Throws<WrongDerivativeException>(() => Check.Grad(z => second(z).Sum(), x, order: 2));
    }

    [Fact]
    public void Finite_names_the_operation_and_the_place() {
        Assert.Equal(1, Check.Finite(x => x.Exp(), (Tensor)0).Item());
        var e = Assert.Throws<NotFiniteException>(() => Check.Finite(x => (x.Log() * 2).Sum(), Tensor.Of(1, 0, 2)));
        Assert.Contains("Log of f64[3] gives f64[3], which is -Infinity at [1]", e.Message);
        Assert.Contains("the argument", Assert.Throws<NotFiniteException>(() => Check.Finite(x => x, Tensor.Of(1, double.NaN))).Message);
        Assert.Contains(" at Item2", Assert.Throws<NotFiniteException>(() => Check.Finite(x => x, (Tensor.Of(1), Tensor.Of(double.NaN)))).Message);
        // A gradient is looked through, too.
        Assert.Contains("Div", Assert.Throws<NotFiniteException>(() => Check.Finite(x => Grad(z => z.Sqrt().Sum(), x), Tensor.Of(1, 0))).Message);
    }

    [Fact]
    public void Close_compares_values_and_shapes() {
        Assert.True(Check.Close<Tensor>([1, double.NaN], [1 + 1e-9, double.NaN]));
        Assert.False(Check.Close<Tensor>([1, 2], [1, 2.1]));
        Assert.False(Check.Close<Tensor>([1, 2], [[1, 2]]));
    }

    [Fact]
    public void Shapes_are_known_without_values() {
        var y = EvalShape(x => x.MatMul(Tensor.Ones(1000, 7)), Tensor.Ones(3, 1000));
        Assert.Equal(Shape.Of(3, 7), y.Shape);
        Assert.Equal(DType.F32, y.DType);
        Assert.Contains("EvalShape", Assert.Throws<EscapedTensorException>(() => y.Sum().Item()).Message);
    }

    [Fact]
    public void Programs_are_drawn() {
        var program = Show(x => (x * x).Sum(), Tensor.Of(1, 2));
        Assert.Contains("a -> b;", program.ToDot());
        Assert.Contains("b [label=\"Mul\\nf64[2]\"", program.ToDot());
        Assert.Contains("va --> vb", program.ToMermaid());
        Assert.Contains("vc[\"Sum[0] f64[]\"]", program.ToMermaid());
    }
}
