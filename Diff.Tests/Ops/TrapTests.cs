using static Diff.Functions;

namespace Diff.Tests;

/// <summary>Kinks, ends and emptiness: the conventions that the docs list, and the places where NaN gets in elsewhere.</summary>
public class TrapTests {
    const double Inf = double.PositiveInfinity, NaN = double.NaN;

    static void Is(double[] expected, Tensor actual) {
        var values = Values.Doubles(actual);
        Assert.Equal(expected.Length, values.Length);
        for (var i = 0; i < values.Length; i++)
            Assert.True(expected[i].Equals(values[i]) || Math.Abs(expected[i] - values[i]) <= 1e-14 * Math.Abs(expected[i]), $"{i}: {values[i]:R}, not {expected[i]:R}");
    }

    static void Is(double expected, Tensor actual) => Is([expected], actual);

    static Tensor Of(params double[] x) => Tensor.Of(x);

    /// <summary>The slope of an elementwise function at a point, which both modes have to give.</summary>
    static double Slope(Func<Tensor, Tensor> f, double x) {
        var reverse = Grad(f)(x).Item();
        var forward = Jvp(f, x, 1).Tangent.Item();
        Assert.Equal(reverse, forward);
        return reverse;
    }

    [Fact]
    public void Slopes_at_kinks() {
        Assert.Equal(0, Slope(Abs, 0));
        Assert.Equal(0, Slope(Relu, 0));
        Assert.Equal(Inf, Slope(Sqrt, 0));
        Assert.Equal(0.5, Slope(x => Max(x, 2), 2));
        Assert.Equal(0.5, Slope(x => Min(x, 2), 2));
        Assert.Equal(1, Slope(x => Max(x, x), 2));
        Assert.Equal(0, Slope(Sign, 0));
        Assert.Equal(0, Slope(Floor, 1));
        Assert.Equal(0, Slope(Round, 0.5));
        Assert.Equal(1, Slope(Elu, 0));
        Assert.Equal(0.01, Slope(LeakyRelu, 0));
        Assert.Equal(0.5, Slope(Softplus, 0), 15);
        Assert.Equal(0.25, Grad(Grad(Softplus))(0).Item(), 15);
    }

    [Fact]
    public void Clamp_at_its_bounds() {
        foreach (var (x, slope) in new[] { (-1.0, 1), (1.0, 1), (0.0, 1), (-1.1, 0), (1.1, 0) }) Assert.Equal(slope, Slope(v => v.Clamp(-1, 1), x));
        Assert.Equal(1, Slope(v => v.Clamp(low: 0), 0));
        Assert.Equal(0, Slope(v => v.Clamp(high: 0), 1));
        Is([-1, 0, 1, NaN], Of(-5, 0, Inf, NaN).Clamp(-1, 1));
    }

    [Fact]
    public void Powers() {
        Is([1, 1, 1, 1], Of(0, -0.0, NaN, Inf).Pow(0));
        Is([1, 1], Pow(Of(0, 2), Of(0, 0)));
        Is([0, 0], Grad(x => Pow(x[0], x[1]), Of(0, 0)));
        Assert.Equal(0, Slope(x => x.Pow(0), 0));
        Assert.Equal(1, Slope(x => x.Pow(1), 0));
        Assert.Equal(0, Slope(x => x.Pow(2), 0));
        Assert.Equal(0, Slope(x => x.Pow(3), 0));
        Assert.Equal(12, Slope(x => x.Pow(3), -2));
        Assert.Equal(-8, Of(-2).Pow(3)[0].Item());
        Assert.Equal(Inf, Slope(x => x.Pow(0.5), 0));
        Assert.Equal(0, Slope(x => x.Pow(1.5), 0));
        // By the exponent: 0ᵇ is 0 for every b > 0.
        Assert.Equal(0, Slope(b => Pow(0, b), 2));
        Assert.Equal(4 * Math.Log(2), Slope(b => Pow(2, b), 2), 14);
        // By the base alone a negative base is in order; so is a tensor as exponent.
        Is([-4, 6], Grad(x => Pow(x, Of(2, 2)).Sum(), Of(-2, 3)));
    }

    [Fact]
    public void Products_with_zeros() {
        Is([6, 0, 0], Grad(x => x.Prod(), Of(0, 2, 3)));
        Is([0, 0, 0], Grad(x => x.Prod(), Of(0, 0, 3)));
        Is([6, 3, 2], Grad(x => x.Prod(), Of(1, 2, 3)));
        Is(1, Tensor.Zeros(0).Prod());
        // Second derivatives see a pair of zeros: d²(xyz)/dxdy = z.
        Is([0, 3, 0], Grad(x => Grad(y => y.Prod(), x)[0], Of(0, 0, 3)));
    }

    [Fact]
    public void Maxima_share_among_equals() {
        Is([0.5, 0.5, 0], Grad(x => x.Max(), Of(2, 2, 1)));
        Is([1.0 / 3, 1.0 / 3, 1.0 / 3], Grad(x => x.Min(), Of(2, 2, 2)));
        Is([0, 0, 0.5, 0.5], Grad(x => x.Reshape(2, 2).Max(0).Sum() * 0 + x[2..].Max(), Of(9, 9, 1, 1)));
        Is(NaN, Of(1, NaN, 2).Max());
        Is(NaN, Of(NaN, 1).Min());
        Is(0, Of(1, 3, 3).Eq(3).ArgMax() - 1);
        Is(1, Of(1, NaN, 7).ArgMax());
        Assert.Throws<ShapeException>(() => Tensor.Zeros(0).Max());
        Assert.Throws<ShapeException>(() => Tensor.Zeros(3, 0).ArgMax());
        Assert.Equal([0], Tensor.Zeros(0, 3).Max(1).Shape.ToArray());
    }

    [Fact]
    public void Norms_at_zero() {
        Is([0, 0], Grad(x => x.Norm(), Of(0, 0)));
        Is([0.6, 0.8], Grad(x => x.Norm(), Of(3, 4)));
        Is([0, 0, 0.6, 0.8], Grad(x => x.Reshape(2, 2).Norm(1).Sum(), Of(0, 0, 3, 4)));
        Assert.Equal(0, Slope(x => x.Norm(), 0));
        Is([NaN, NaN], Grad(x => x.Square().Sum().Sqrt(), Of(0, 0)));
    }

    [Fact]
    public void Where_does_not_choose_the_other_branch() {
        // What is not chosen is not multiplied by zero: its derivative is not even asked for its value.
        Is([0.25, 0], Grad(x => Where(x > 0, Sqrt(Where(x > 0, x, 1)), 0).Sum(), Of(4, -1)));
        Is([1, 0], Grad(x => Where(x > 0, x, NaN).Sum(), Of(4, -1)));
        Is([1, 0], Grad(x => Where(x > 0, x, StopGradient(Log(x))).Sum(), Of(4, -1)));
        // As documented: a slope that is itself NaN meets the zero cotangent.
        Assert.True(double.IsNaN(Values.Doubles(Grad(x => Where(x > 0, Log(x), 0).Sum() + Where(x > 0, Sqrt(x), 0).Sum(), Of(4, -1)))[1]));
        Assert.Equal(0, Slope(x => Where(x > 0, x, 1), -2));
    }

    [Fact]
    public void LogSumExp_and_softmax_with_infinities() {
        Is(double.NegativeInfinity, LogSumExp(Of(-Inf, -Inf)));
        Is([0, 0], Grad(x => LogSumExp(x), Of(-Inf, -Inf)));
        Is(Math.Log(2), LogSumExp(Of(0, -Inf, 0)));
        Is([0.5, 0, 0.5], Grad(x => LogSumExp(x), Of(0, -Inf, 0)));
        Is(Inf, LogSumExp(Of(0, Inf)));
        Is(1000 + Math.Log(2), LogSumExp(Of(1000, 1000)));
        Is([0.5, 0.5], Grad(x => LogSumExp(x), Of(1000, 1000)));
        Is(-1000 + Math.Log(2), LogSumExp(Of(-1000, -1000)));
        Is([0.5, 0, 0.5], Softmax(Of(0, -Inf, 0)));
        Is([0.25, 0, -0.25], Grad(x => Softmax(x)[0], Of(0, -Inf, 0)));
        Is([0.5, 0.5], Softmax(Of(1e300, 1e300)));
        Is([-Math.Log(2), -Inf, -Math.Log(2)], LogSoftmax(Of(0, -Inf, 0)));
        Is([0.5, 0, -0.5], Grad(x => LogSoftmax(x)[0], Of(0, -Inf, 0)));
        Is([0, -2000], LogSoftmax(Of(1000, -1000)));
    }

    [Fact]
    public void LogSumExp_of_a_scalar_is_itself() {
        Is(3, LogSumExp(3));
        Assert.Equal(1, Slope(x => LogSumExp(x), 3));
    }

    [Fact]
    public void Activations_keep_their_digits_far_out() {
        Is(Math.Exp(-50), Softplus(-50));
        Is(50 + Math.Exp(-50), Softplus(50));
        Is([0, Inf, NaN], Softplus(Of(-Inf, Inf, NaN)));
        Is(Math.Exp(-50) / (1 + Math.Exp(-50)), Grad(Softplus)(-50));
        Is(700 + Math.Log(2), LogAddExp(700, 700));
        Is([0.5, 0.5], Grad(x => LogAddExp(x[0], x[1]), Of(700, 700)));
        Is(-Inf, LogAddExp(-Inf, -Inf));
        Is(Math.Exp(-800), Exp(-800));
        Is([0, 1], Sigmoid(Of(-1000, 1000)));
        Is([-1, 1], Tanh(Of(-1000, 1000)));
        Is([1e-20, -1e-20], Expm1(Of(1e-20, -1e-20)));
        Is([1e-20, -1e-20], Log1p(Of(1e-20, -1e-20)));
        Is([-1, Inf, NaN, 0], Expm1(Of(-Inf, Inf, NaN, 0)));
        Is([Inf, NaN, -Inf], Log1p(Of(Inf, NaN, -1)));
        Is([-1, 1, 0, NaN], Erf(Of(-Inf, Inf, 0, NaN)));
        Is([0, 0], Grad(x => Sigmoid(x).Sum(), Of(-1000, 1000)));
    }

    [Fact]
    public void Empty_reductions() {
        Is(0, Tensor.Zeros(0).Sum());
        Is([0, 0], Tensor.Zeros(0, 2).Sum(0));
        Assert.True(double.IsNaN(Tensor.Zeros(0).Mean().Item()));
        Is(0, Tensor.Zeros(0).Norm());
        Is(1, Tensor.Zeros(0).Eq(0).All().To(DType.F64));
        Is(0, Tensor.Zeros(0).Eq(0).Any().To(DType.F64));
        Assert.Equal([2, 4], Tensor.Zeros(2, 0).MatMul(Tensor.Zeros(0, 4)).Shape.ToArray());
        Is([0, 0, 0, 0], Tensor.Zeros(2, 0).MatMul(Tensor.Zeros(0, 2)));
    }

    [Fact]
    public void Signs_of_zero_survive() {
        static bool Minus(Tensor x) => double.IsNegative(x.Item()) && x.Item() == 0;
        Assert.True(Minus(-(Tensor)0.0));
        Assert.True(Minus((Tensor)(-0.0) * 1));
        Assert.False(Minus((Tensor)(-0.0) + 0));
        Assert.True(Minus(Max(-0.0, -0.0)));
        Assert.False(Minus(Max(-0.0, 0.0)));
        Assert.True(Minus(Min(-0.0, 0.0)));
        Assert.True(Minus(Tensor.Of(-0.0).Reshape(1, 1).T.Sum(0)[0]));
        // Also in a plan: neither x + 0 nor x · 0 nor x − x may be taken for what they are of ordinary numbers.
        for (var i = 0; i < 3; i++) {
            Assert.True(Minus(ValueAndGrad(x => -(x * 0), (Tensor)5).Value));
            Assert.False(Minus(ValueAndGrad(x => x + 0, (Tensor)(-0.0)).Value));
            Assert.True(double.IsNaN(ValueAndGrad(x => x - x, (Tensor)Inf).Value.Item()));
            Assert.True(double.IsNaN(ValueAndGrad(x => x * 0, (Tensor)Inf).Value.Item()));
        }
    }
}
