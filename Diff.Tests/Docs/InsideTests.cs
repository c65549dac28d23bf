namespace Diff.Tests.Docs;

using static Diff.Tests.Inside.Miniature;

/// <summary>What docs/inside.md says of its miniature. The lines that it shows are here to the letter.</summary>
public class InsideTests {
    static double At(Func<Num, Num> f, double x) => f(x).Value;

    [Fact]
    public void Outside_a_transform_numbers_are_numbers() {
        Num a = 2, b = Sin(a) * a;
        Assert.Null(b.Call);
        Assert.Equal(Math.Sin(2) * 2, b.Value);
    }

    [Fact]
    public void Forward_mode() {
        var (y, dy) = Jvp(x => Sin(x) * x, 2, 1);
        Assert.Equal(Math.Sin(2) * 2, y.Value);
        Assert.Equal(Math.Cos(2) * 2 + Math.Sin(2), dy.Value, 14);
        Assert.Null(dy.Call);
        Assert.Equal(0, Jvp(x => 3, 2, 1).Tangent.Value);
    }

    [Fact]
    public void Gradients_of_the_simplest() {
        Assert.Equal(6, At(Grad(x => x * x), 3));
        Assert.Equal(1, At(Grad(x => x), 5));
        Assert.Equal(0, At(Grad(x => 3), 5));
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(-1.7)]
    public void Derivatives_are_those_of_the_book(double x) {
        Assert.Equal(Math.Cos(x), At(Grad(Sin), x), 14);
        Assert.Equal(-Math.Sin(x), At(Grad(Cos), x), 14);
        Assert.Equal(Math.Sin(x), At(Grad(Grad(Grad(Grad(Sin)))), x), 14);
        Assert.Equal((2 * x * Math.Cos(x * x) - 1) * Math.Cos(-x) + (Math.Sin(x * x) - x) * Math.Sin(-x), At(Grad(a => (Sin(a * a) - a) * Cos(-a)), x), 13);
    }

    [Fact]
    public void Nesting_is_free() {
        var six = Grad(Grad(Grad(x => x * x * x)))(2);
        var two = Grad(x => x * Grad(y => x * y)(2))(1);
        var one = Grad(x => x * Grad(y => x + y)(1))(1);
        var forwardOverReverse = Jvp(Grad(x => x * Sin(x)), 2, 1).Tangent;
        var reverseOverForward = Grad(x => Jvp(y => y * Sin(y), x, 1).Tangent)(2);
        Assert.Equal([6, 2, 1], new[] { six.Value, two.Value, one.Value });
        Assert.Equal(2 * Math.Cos(2) - 2 * Math.Sin(2), forwardOverReverse.Value, 14);
        Assert.Equal(forwardOverReverse.Value, reverseOverForward.Value, 14);
    }

    [Fact]
    public void Perturbations_are_not_confused() {
        Assert.Equal(1, Jvp(x => x * Jvp(y => x + y, 1, 1).Tangent, 1, 1).Tangent.Value);
        Assert.Equal(1, Jvp(x => x * Grad(y => x + y)(x), 1, 1).Tangent.Value);
        // d/dx x · (d/dy x·y at y = x) = d/dx x² = 2x.
        Assert.Equal(6, Jvp(x => x * Grad(y => x * y)(x), 3, 1).Tangent.Value);
    }

    [Fact]
    public void Host_control_flow_sees_values() {
        var power = Grad(x => {
            var y = x;
            while (y < 100) y = y * x;
            return y;
        });
        Assert.Equal(5 * 81, At(power, 3));
        Assert.Equal(-1, At(Grad(x => { if (x > 0) return x; return -x; }), -3));
    }

    [Fact]
    public void A_float_that_carries_a_derivative_is_not_read() {
        Assert.Throws<InvalidOperationException>(() => Grad(x => (double)x * x)(3));
        Assert.Equal(3, At(Grad(x => (double)StopGradient(x) * x), 3));
        Assert.Equal(3, At(Grad(x => StopGradient(x) * x), 3));
    }

    [Fact]
    public void A_function_is_a_program() {
        Assert.Equal("fun a -> b = Sin a; c = Mul b b; c", Show(x => Sin(x) * Sin(x)).ToString());
        Assert.Equal("fun a b -> c = Mul b a; d = Add c c; d", Show(Grad(x => x * x)).ToString());
    }

    [Fact]
    public void Values_are_no_structure() {
        Num w = 1;
        var before = 0;
        for (var step = 0; step < 100; step++) {
            w = w - 0.1 / (1 + 0.001 * step) * Grad(x => (x * x - 2) * (x * x - 2))(w);
            if (step == 0) before = Plans.Count;
        }
        Assert.Equal(before, Plans.Count);
        Assert.Equal(Math.Sqrt(2), w.Value, 12);
    }

    [Fact]
    public void Nothing_leaves_a_transform_but_values() {
        Num? kept = null;
        Grad(x => kept = Sin(x))(1);
        Assert.Equal(Math.Sin(1), (kept! + 0).Value);
        Assert.Null(kept!.Call);
        Show(x => kept = Sin(x));
        Assert.Throws<InvalidOperationException>(() => kept + 1);
    }

    [Fact]
    public void Threads_do_not_meet() => Parallel.For(0, 200, i =>
        Assert.Equal(4 * i, At(Grad(x => x * Grad(y => x * y * y)(i)), 1)));
}
