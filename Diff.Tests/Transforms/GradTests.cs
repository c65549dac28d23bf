using static Diff.Functions;

namespace Diff.Tests;

public class GradTests {
    static void Is(double expected, Tensor actual) {
        Assert.Equal(0, actual.Rank);
        Assert.Equal(expected, actual.Item(), 12);
    }

    static void Is(double[] expected, Tensor actual) => Values.AssertClose(expected, Values.Doubles(actual), 1e-12, "value");

    [Fact]
    public void The_programs_of_the_first_page() {
        Is(12, Grad(x => 4 * (3 * x))(2));
        Is(6, Grad(Grad(Grad(x => x * x * x)))(2));
        Is(2, Grad(x => x * Grad(y => x * y)(2))(1));
        Is(-1, Grad(x => {
            if (x > 0) return x;
            return -x;
        })(-3));
        var (dw, dx, db) = Grads((w, x, b) => w * x + b)(2, 1, 3);
        Is([1, 2, 1], Stack([dw, dx, db]));
        var clip = CustomVjp(x => x, (x, y, g) => g.Clamp(-1, 1));
        Is(1, Grad(x => clip(x) * 10)(3));
        var (y, pull) = Vjp(x => x.Square(), [1, 2, 3]);
        Is([1, 4, 9], y);
        Is([2, 0, 6], pull([1, 0, 1]));
    }

    [Fact]
    public void Several_arguments_the_first_is_differentiated() {
        Is(15, Grad((x, a) => x * a * 5)(2, 3));
        Is(30, Grad((x, a, b) => x * a * b * 5)(2, 3, 2));
        Is(210, Grad((x, a, b, c) => x * a * b * c * 5)(2, 3, 2, 7));
        Is(15, Grad((x, a) => x * a * 5, 2, 3));
        var (value, gradient) = ValueAndGrad((x, a) => x * x * a, 3, 2);
        Is(18, value);
        Is(12, gradient);
        Is(12, ValueAndGrad((x, a) => x * x * a)(3, 2).Grad);
    }

    [Fact]
    public void What_else_the_function_returns_comes_along() {
        var (value, aux, gradient) = ValueAndGrad(x => ((x * x).Sum(), x * 10), Tensor.Of(1, 2));
        Is(5, value);
        Is([10, 20], aux);
        Is([2, 4], gradient);
    }

    [Fact]
    public void Of_what_ignores_its_argument_it_is_zero() {
        Is(0, Grad(x => 3)(2));
        Is([0, 0], Grad(x => Tensor.Of(5).Sum(), Tensor.Of(1, 2)));
        Is([0, 0], Grad(x => StopGradient(x).Sum(), Tensor.Of(1, 2)));
        Is([0, 0], Grad(x => Floor(x).Sum(), Tensor.Of(1.5, 2.5)));
        // Through an integer there is no derivative either.
        Is([0, 0], Grad(x => x.To(DType.I32).To(DType.F64).Sum(), Tensor.Of(1.5, 2.5)));
        var zero = Grad(x => 3, Tensor.Zeros(2, 3));
        Assert.Equal(new TensorType(DType.F32, Shape.Of(2, 3)), zero.Type);
        var (value, tangent) = Jvp(x => Tensor.Of(5, 6), Tensor.Of(1, 2), Tensor.Of(1, 1));
        Is([5, 6], value);
        Is([0, 0], tangent);
        Is([0, 0], Vjp(x => Tensor.Of(5, 6), Tensor.Of(1, 2)).Pullback(Tensor.Of(1, 1)));
    }

    [Fact]
    public void The_gradient_has_the_type_of_the_argument() {
        foreach (var type in new[] { DType.F32, DType.F64 })
            Assert.Equal(new(type, Shape.Of(2, 0)), Grad(x => x.Exp().Sum(), Tensor.Zeros(type, 2, 0)).Type);
        // Computed in f64 on the way, f32 at both ends.
        Assert.Equal(DType.F32, Grad(x => (x.To(DType.F64) * Tensor.Of(1, 2)).Sum(), Tensor.Zeros(2)).DType);
        Is([0, 1, 2], Grad(x => (x * Tensor.Arange(3)).Sum(), Tensor.Zeros(3)));
        Is(3, Grad(x => x * 3f)(Tensor.Scalar(2f)));
    }

    [Fact]
    public void The_same_tensor_twice() {
        Is(4, Grad(x => x * x)(2));
        Tensor t = 2;
        Is(2, Grad((x, y) => x * y)(t, t));
        var (gx, gy) = (Grad((x, y) => x * x * y, t, t), Grad((y, x) => x * x * y, t, t));
        Is(8, gx);
        Is(4, gy);
        // A captured tensor is a constant even where it is the argument itself.
        Is(2, Grad(x => x * t)(t));
    }

    [Fact]
    public void Branches_and_loops_of_the_language() {
        static Tensor Power(Tensor x, int n) {
            Tensor y = 1;
            for (var i = 0; i < n; i++) y *= x;
            return y;
        }
        Is(80, Grad(x => Power(x, 5))(2));
        // Halved until it is below one: the number of turns depends on the value.
        var f = Grad(x => {
            while (x > 1) x /= 2;
            return x * x;
        });
        Is(2 * 0.625 / 8, f(5));
        Is(2 * 0.5, f(0.5));
        Is(1, Grad(x => x.Sum() > 3 ? x.Max() : x.Min(), Tensor.Of(1, 5))[1]);
        Is([1, 0], Grad(x => x.ArgMax().Item() == 0 ? x[0] : x[1], Tensor.Of(7, 5)));
        Is([0, 1], Grad(x => x[(int)x.ArgMax()], Tensor.Of(4, 5)));
    }

    [Fact]
    public void StopGradient_is_a_constant() {
        Is(2, Grad(x => x * StopGradient(x))(2));
        Is(3, Grad(x => x * StopGradient(x).Item() + x)(2));
        Is(0, Grad(Grad(x => x * StopGradient(x)))(2));
        Is(1, Jvp(x => x + StopGradient(x), 2, 1).Tangent);
    }

    [Fact]
    public void Errors_name_what_to_do() {
        var nonScalar = Assert.Throws<GradientException>(() => Grad(x => x * 2, Tensor.Zeros(3)));
        Assert.Contains("f32[3]", nonScalar.Message);
        Assert.Contains(".Sum()", nonScalar.Message);
        Assert.Contains("Vjp", nonScalar.Message);
        var integer = Assert.Throws<GradientException>(() => Grad(x => x.ArgMax(), Tensor.Zeros(3)));
        Assert.Contains("i32[]", integer.Message);
        Assert.Contains("only floats", integer.Message);
        Assert.Contains("no differentiable leaf", Assert.Throws<GradientException>(() => Grad(x => x.Sum().To(DType.F32), Tensor.Ints(1, 2))).Message);
        Assert.Throws<GradientException>(() => Jvp(x => x, Tensor.Ints(1), Tensor.Ints(1)));
        // A failure inside is the caller's own, and the next call is none the worse.
        Assert.Throws<DivideByZeroException>(() => Grad(x => throw new DivideByZeroException())(1));
        Is(2, Grad(x => x * x)(1));
    }

    [Fact]
    public void Tangents_and_cotangents_have_to_fit() {
        Assert.Contains("f64[2]", Assert.Throws<ShapeException>(() => Jvp(x => x, Tensor.Of(1, 2), Tensor.Of(1, 2, 3))).Message);
        Assert.Throws<ShapeException>(() => Vjp(x => x, Tensor.Of(1, 2)).Pullback(Tensor.Of(1, 2, 3)));
        Assert.Throws<ShapeException>(() => Linearize(x => x, Tensor.Of(1, 2)).Tangent(Tensor.Of(1)));
        // A C# number goes with everything.
        Is([2, 4], Vjp(x => x.Square(), Tensor.Of(1, 2)).Pullback(1));
        Is([2, 4], Jvp(x => x.Square(), Tensor.Of(1, 2), 1).Tangent);
    }

    [Fact]
    public void Zero_dimensional_and_empty_arrays() {
        Is(6, Grad(x => x.Square().Sum().Mean().Max())(3));
        Assert.Equal([0], Grad(x => x.Sum() + 1, Tensor.Zeros(0)).Shape.ToArray());
        Assert.Equal([0, 3], Grad(x => (x.MatMul(Tensor.Ones(3, 2)).Sum(0) * 2).Sum(), Tensor.Zeros(0, 3)).Shape.ToArray());
        Is([0, 0, 0, 0], Grad(x => Tensor.Zeros(DType.F64, 3, 0).MatMul(x[..0].Reshape(0, 4)).Sum(), Tensor.Of(1, 2, 3, 4)));
        Is([1, 1], Grad(x => Concat([x, x[..0]]).Sum(), Tensor.Of(1, 2)));
    }
}
