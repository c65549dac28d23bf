using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>The functions of Diff.Core, without a prefix: <c>using static Diff.Functions;</c> comes with the package.</summary>
public static partial class Functions {
    /// <summary>The negative.</summary>
    public static Tensor Neg(Tensor x) => -x;

    /// <summary>The absolute value; its slope at 0 is 0.</summary>
    public static Tensor Abs(Tensor x) => Graph.Apply(AbsOp.Op, x);

    /// <summary>−1, 0 or 1; NaN of NaN. No derivative.</summary>
    public static Tensor Sign(Tensor x) => Graph.Apply(SignOp.Op, x);

    /// <summary>x².</summary>
    public static Tensor Square(Tensor x) => Graph.Apply(SquareOp.Op, x);

    /// <summary>1/x.</summary>
    public static Tensor Reciprocal(Tensor x) => 1 / x;

    /// <summary>eˣ.</summary>
    public static Tensor Exp(Tensor x) => Promotion.ApplyFloat(ExpOp.Op, x);

    /// <summary>eˣ − 1, with all its digits near 0.</summary>
    public static Tensor Expm1(Tensor x) => Promotion.ApplyFloat(Expm1Op.Op, x);

    /// <summary>2ˣ, exact where x is whole.</summary>
    public static Tensor Exp2(Tensor x) => Promotion.ApplyFloat(Exp2Op.Op, x);

    /// <summary>The natural logarithm; −∞ at 0, NaN below.</summary>
    public static Tensor Log(Tensor x) => Promotion.ApplyFloat(LogOp.Op, x);

    /// <summary>The logarithm to base 2, exact at powers of two.</summary>
    public static Tensor Log2(Tensor x) => Promotion.ApplyFloat(Log2Op.Op, x);

    /// <summary>The logarithm to base 10, exact at powers of ten.</summary>
    public static Tensor Log10(Tensor x) => Promotion.ApplyFloat(Log10Op.Op, x);

    /// <summary>ln(1 + x), with all its digits near 0.</summary>
    public static Tensor Log1p(Tensor x) => Promotion.ApplyFloat(Log1pOp.Op, x);

    /// <summary>√x; its slope at 0 is ∞. NaN below 0.</summary>
    public static Tensor Sqrt(Tensor x) => Promotion.ApplyFloat(SqrtOp.Op, x);

    /// <summary>1/√x.</summary>
    public static Tensor Rsqrt(Tensor x) => Promotion.ApplyFloat(RsqrtOp.Op, x);

    /// <summary>The cube root, of negative numbers too; its slope at 0 is ∞.</summary>
    public static Tensor Cbrt(Tensor x) => Promotion.ApplyFloat(CbrtOp.Op, x);

    /// <summary>The sine of radians.</summary>
    public static Tensor Sin(Tensor x) => Promotion.ApplyFloat(SinOp.Op, x);

    /// <summary>The cosine of radians.</summary>
    public static Tensor Cos(Tensor x) => Promotion.ApplyFloat(CosOp.Op, x);

    /// <summary>The tangent of radians.</summary>
    public static Tensor Tan(Tensor x) => Promotion.ApplyFloat(TanOp.Op, x);

    /// <summary>The angle in radians with this sine, NaN outside −1 … 1.</summary>
    public static Tensor Asin(Tensor x) => Promotion.ApplyFloat(AsinOp.Op, x);

    /// <summary>The angle in radians with this cosine, NaN outside −1 … 1.</summary>
    public static Tensor Acos(Tensor x) => Promotion.ApplyFloat(AcosOp.Op, x);

    /// <summary>The angle in radians with this tangent.</summary>
    public static Tensor Atan(Tensor x) => Promotion.ApplyFloat(AtanOp.Op, x);

    /// <summary>The angle in radians of the point (x, y), −π … π.</summary>
    public static Tensor Atan2(Tensor y, Tensor x) => FloatPair(Atan2Op.Op, y, x);

    /// <summary>The hyperbolic sine.</summary>
    public static Tensor Sinh(Tensor x) => Promotion.ApplyFloat(SinhOp.Op, x);

    /// <summary>The hyperbolic cosine.</summary>
    public static Tensor Cosh(Tensor x) => Promotion.ApplyFloat(CoshOp.Op, x);

    /// <summary>The hyperbolic tangent.</summary>
    public static Tensor Tanh(Tensor x) => Promotion.ApplyFloat(TanhOp.Op, x);

    /// <summary>The inverse of <see cref="Sinh"/>.</summary>
    public static Tensor Asinh(Tensor x) => Promotion.ApplyFloat(AsinhOp.Op, x);

    /// <summary>The inverse of <see cref="Cosh"/>, at least 0; NaN below 1. Its slope at 1 is ∞.</summary>
    public static Tensor Acosh(Tensor x) => Promotion.ApplyFloat(AcoshOp.Op, x);

    /// <summary>The inverse of <see cref="Tanh"/>: ±∞ at ±1, NaN outside.</summary>
    public static Tensor Atanh(Tensor x) => Promotion.ApplyFloat(AtanhOp.Op, x);

    /// <summary>The error function, 2/√π ∫₀ˣ e^(−t²) dt.</summary>
    public static Tensor Erf(Tensor x) => Promotion.ApplyFloat(ErfOp.Op, x);

    /// <summary>1 − <see cref="Erf"/>(x), with its digits where that is small: Erfc(10) is 2e-45.</summary>
    public static Tensor Erfc(Tensor x) => Promotion.ApplyFloat(ErfcOp.Op, x);

    /// <summary>The inverse of <see cref="Erf"/>: ±∞ at ±1, NaN outside.</summary>
    public static Tensor ErfInv(Tensor x) => Promotion.ApplyFloat(ErfInvOp.Op, x);

    /// <summary>The next integer below. No derivative.</summary>
    public static Tensor Floor(Tensor x) => x.Given().DType.IsFloat() ? Graph.Apply(FloorOp.Op, x) : x;

    /// <summary>The next integer above. No derivative.</summary>
    public static Tensor Ceil(Tensor x) => x.Given().DType.IsFloat() ? Graph.Apply(CeilOp.Op, x) : x;

    /// <summary>The nearest integer, halves to the even one. No derivative.</summary>
    public static Tensor Round(Tensor x) => x.Given().DType.IsFloat() ? Graph.Apply(RoundOp.Op, x) : x;

    /// <summary>The integer part: without the fraction. No derivative.</summary>
    public static Tensor Trunc(Tensor x) => x.Given().DType.IsFloat() ? Graph.Apply(TruncOp.Op, x) : x;

    /// <summary>Whether not a number.</summary>
    public static Tensor IsNaN(Tensor x) => x.Given().Ne(x);

    /// <summary>Whether infinite, of either sign.</summary>
    public static Tensor IsInf(Tensor x) => Fused.Of(x, static x => Abs(x).Eq(double.PositiveInfinity));

    /// <summary>Whether neither infinite nor NaN.</summary>
    public static Tensor IsFinite(Tensor x) => Fused.Of(x, static x => Abs(x) < double.PositiveInfinity);

    /// <summary>The larger of two; NaN where either is. Where they are equal each has half the derivative.</summary>
    public static Tensor Max(Tensor a, Tensor b) => Promotion.Apply(MaxOp.Op, a, b);

    /// <summary>The smaller of two; NaN where either is. Where they are equal each has half the derivative.</summary>
    public static Tensor Min(Tensor a, Tensor b) => Promotion.Apply(MinOp.Op, a, b);

    /// <summary>x kept between low and high. Its slope is 1 inside, bounds included as in PyTorch, and 0 outside.</summary>
    public static Tensor Clamp(Tensor x, Tensor? low = null, Tensor? high = null) {
        var y = x;
        if (low is not null) y = Where(x < low, low, y);
        if (high is not null) y = Where(x > high, high, y);
        return y;
    }

    /// <summary>xⁿ; 0⁰ is 1. A whole n known in advance is multiplied out, so that negative x and x = 0 have their derivatives.</summary>
    public static Tensor Pow(Tensor x, double n) =>
        n == Math.Round(n) && Math.Abs(n) <= 64 ? n == 2 ? Square(x) : Graph.Apply(new IntegerPowOp((int)n), n < 0 && !x.Given().DType.IsFloat() ? x.To(DType.F32) : x)
        : Pow(x, (Tensor)n);

    /// <summary>aᵇ for a &gt; 0, or any a where b is whole; 0⁰ is 1, and the slope by the exponent there is 0.</summary>
    public static Tensor Pow(Tensor a, Tensor b) => FloatPair(PowOp.Op, a, b);

    /// <summary>⌊a/b⌋, the quotient rounded down, as in Python, NumPy and JAX; C#'s of integers is rounded towards zero. No derivative.</summary>
    /// <exception cref="DomainException">An integer is divided by zero; of floats it is ±∞ or NaN.</exception>
    public static Tensor FloorDiv(Tensor a, Tensor b) {
        (a, b) = Promotion.Match(nameof(FloorDiv), a, b);
        return a.DType.IsFloat() ? Graph.Apply(FloorDivOp.Op, a, b) : Graph.Apply(new IntegerDivOp(false), a, b);
    }

    /// <summary>a − b⌊a/b⌋: the remainder with the sign of b, as in Python, NumPy and JAX; C#'s % of numbers has that of a.
    /// Its derivative by b is −⌊a/b⌋. Also <c>a % b</c>.</summary>
    /// <exception cref="DomainException">An integer is divided by zero; of floats it is NaN.</exception>
    public static Tensor Mod(Tensor a, Tensor b) {
        (a, b) = Promotion.Match(nameof(Mod), a, b);
        return a.DType.IsFloat() ? Graph.Apply(ModOp.Op, a, b) : Graph.Apply(new IntegerDivOp(true), a, b);
    }

    /// <summary>√(a² + b²) without overflow on the way; its slope at the origin is 0.</summary>
    public static Tensor Hypot(Tensor a, Tensor b) => FloatPair(HypotOp.Op, a, b);

    /// <summary>x ln y, and 0 where x is 0: entropy is −Xlogy(p, p).Sum().</summary>
    public static Tensor Xlogy(Tensor x, Tensor y) => FloatPair(XlogyOp.Op, x, y);

    /// <summary>From a (at t = 0) to b (at t = 1), both exact: a + t(b − a).</summary>
    /// <param name="a">Shapes broadcast.</param>
    /// <param name="b">Shapes broadcast.</param>
    /// <param name="t">How far; beyond 0 … 1 the line goes on.</param>
    public static Tensor Lerp(Tensor a, Tensor b, Tensor t) {
        var way = b - a;
        // Measured from the nearer end: a + 1·(b − a) need not be b.
        return Where(t < 0.5, a + t * way, b - (1 - t) * way);
    }

    /// <summary>a·b + c rounded once, the fused multiply-add of IEEE 754. Shapes broadcast; integers are multiplied and added.</summary>
    public static Tensor Fma(Tensor a, Tensor b, Tensor c) {
        (a, b) = Promotion.Match(nameof(Fma), a, b);
        (b, c) = Promotion.Match(nameof(Fma), b, c);
        (a, b) = Promotion.Match(nameof(Fma), a, b);
        return a.DType.IsFloat() ? Graph.Apply(FmaOp.Op, a, b, c) : a * b + c;
    }

    /// <summary>Not, of bools. Also <c>!x</c>.</summary>
    public static Tensor Not(Tensor x) => !x;

    /// <summary>a where the condition holds, else b; shapes broadcast. What is not chosen takes no part in the derivative.</summary>
    /// <remarks>A NaN that the other branch's own derivative makes of a zero cotangent (√x at x &lt; 0) still gets through: choose
    /// the argument as well, <c>Where(x > 0, Sqrt(Where(x > 0, x, 1)), 0)</c>.</remarks>
    /// <exception cref="DTypeException">The condition is not bool.</exception>
    public static Tensor Where(Tensor condition, Tensor a, Tensor b) {
        (a, b) = Promotion.Match("Where", a, b);
        var shape = Promotion.Broadcast("Where", condition.Given().Type, a.Type);
        return Graph.Apply(SelectOp.Op, condition.BroadcastTo(shape), a.BroadcastTo(shape), b.BroadcastTo(shape));
    }

    /// <summary>The value without its derivative: to transforms it is a constant.</summary>
    public static Tensor StopGradient(Tensor x) => Graph.Apply(StopGradientOp.Op, x);

    static Tensor FloatPair(ElementwiseOp op, Tensor a, Tensor b, [CallerMemberName] string name = "") {
        (a, b) = Promotion.Match(name, a, b);
        return a.DType.IsFloat() ? Graph.Apply(op, a, b) : Graph.Apply(op, a.To(DType.F32), b.To(DType.F32));
    }
}
