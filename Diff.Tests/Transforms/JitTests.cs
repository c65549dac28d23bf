using static Diff.Functions;

namespace Diff.Tests;

public class JitTests {
    static void Is(double expected, Tensor actual) => Assert.Equal(expected, actual.Item(), 12);

    [Fact]
    public void Jit_is_the_function() {
        var f = Jit(x => x * x + 1);
        for (var i = 0; i < 5; i++) Is(i * i + 1, f(i));
        Is(6, Grad(f)(3));
        Is(2, Grad(Grad(f))(3));
        Is(6, Jit(Grad(x => x * x))(3));
        Is(6, Jvp(f, 3, 1).Tangent);
        Is(5, Jit(x => Tensor.Of(5)[0])(3));
        Is(3, Jit(x => x)(3));
    }

    [Fact]
    public void What_it_captures_is_read_each_time() {
        Tensor scale = 2;
        var f = Jit(x => x * scale);
        Is(6, f(3));
        scale = 5;
        Is(15, f(3));
        Is(15, f(3));
    }

    [Fact]
    public void An_outer_variable_captured_by_it_keeps_its_derivative() {
        Is(3, Grad(x => Jit(y => x * y)(3))(2));
        Is(2 * 2, Grad(x => Jit(y => x * y)(x))(2));
        Is(1, Grad(x => Jit(y => x)(3))(2));
        Is(3, Jvp(x => Jit(y => x * y)(3), 2, 1).Tangent);
        Is(2, Grad(x => x * Jit(z => Grad(y => x * y)(z))(2))(1));
    }

    [Fact]
    public void A_function_that_looks_at_values_is_simply_called() {
        Is(3, Jit(x => x > 0 ? x : -x)(3));
        Is(3, Jit(x => x > 0 ? x : -x)(-3));
        Is(9, Jit(x => x * x.Item())(3));
        // What another transform refuses is refused.
        Assert.Contains("Vmap", Assert.Throws<UnknownValueException>(() => Jit(x => Vmap(z => z > 0 ? z : -z)(x))(Tensor.Of(1, 2))).Message);
        Tensor? leaked = null;
        Is(6, Jit(x => {
            leaked = x * 3;
            return x * 2;
        })(3));
        Assert.Contains("Jit", Assert.Throws<EscapedTensorException>(() => leaked!.Item()).Message);
        Assert.Throws<EscapedTensorException>(() => leaked! + 1);
    }
}
