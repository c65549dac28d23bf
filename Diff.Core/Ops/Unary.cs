using System.Numerics;
using System.Numerics.Tensors;

namespace Diff;

internal sealed record NegOp : NumberUnary<NegOp>, INumberMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> => TensorPrimitives.Negate(x, y);
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [-tangents[0]!];
    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => [-cotangents[0]!];
}

/// <summary>|x|; its slope at 0 is 0.</summary>
internal sealed record AbsOp : NumberUnary<AbsOp>, INumberMap {
    // Integers wrap like in every other op: TensorPrimitives throws at the one that has no positive.
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> {
        if (typeof(T) == typeof(float) || typeof(T) == typeof(double)) TensorPrimitives.Abs(x, y);
        else for (var i = 0; i < x.Length; i++) y[i] = x[i] < T.Zero ? T.Zero - x[i] : x[i];
    }
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [tangents[0]! * Functions.Sign(inputs[0])];
}

/// <summary>−1, 0 or 1; NaN of NaN.</summary>
internal sealed record SignOp : NumberUnary<SignOp>, INumberMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> {
        for (var i = 0; i < x.Length; i++) y[i] = T.IsNaN(x[i]) ? x[i] : x[i] > T.Zero ? T.One : x[i] < T.Zero ? -T.One : T.Zero;
    }
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];
}

internal sealed record SquareOp : NumberUnary<SquareOp>, INumberMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> => TensorPrimitives.Multiply(x, x, y);
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [tangents[0]! * (inputs[0] * 2)];
}

/// <summary>max(x, 0); its slope at 0 is 0.</summary>
internal sealed record ReluOp : NumberUnary<ReluOp>, INumberMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> => TensorPrimitives.Max(x, T.Zero, y);
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [Functions.Where(outputs[0] <= 0, 0, tangents[0]!)];
}

internal sealed record ExpOp : FloatUnary<ExpOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedExp>(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => y;
}

/// <summary>eˣ − 1 without the cancellation near 0: <c>Math.Exp(x) − 1</c> would lose all digits below 1e-16.</summary>
internal sealed record Expm1Op : FloatUnary<Expm1Op>, IFloatMap {
    // 2·eˣᐟ²·sinh(x/2) keeps every digit, but for the last of subnormals, which x itself has; TensorPrimitives.ExpM1 subtracts.
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        var (half, tiny) = (T.One / (T.One + T.One), T.CreateTruncating(1e-20));
        for (var i = 0; i < x.Length; i++) {
            var v = x[i];
            y[i] = T.Abs(v) > T.One ? T.Exp(v) - T.One : T.Abs(v) < tiny ? v : (T.One + T.One) * T.Exp(v * half) * T.Sinh(v * half);
        }
    }
    protected override Tensor Slope(Tensor x, Tensor y) => y + 1;
}

internal sealed record LogOp() : FloatUnary<LogOp>(0.1, 4), IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Log(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / x;
}

/// <summary>ln(1 + x) without rounding 1 + x first.</summary>
internal sealed record Log1pOp() : FloatUnary<Log1pOp>(-0.9, 4), IFloatMap {
    // Kahan's correction: ln(u)·x/(u − 1) with u = 1 + x, exact where u rounds to 1.
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        for (var i = 0; i < x.Length; i++) {
            var (v, u) = (x[i], T.One + x[i]);
            y[i] = u == T.One ? v : T.IsPositiveInfinity(u) ? u : T.Log(u) * (v / (u - T.One));
        }
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / (x + 1);
}

/// <summary>√x; its slope at 0 is ∞.</summary>
internal sealed record SqrtOp() : FloatUnary<SqrtOp>(0.1, 4), IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Sqrt(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => 0.5 / y;
}

internal sealed record RsqrtOp() : FloatUnary<RsqrtOp>(0.1, 4), IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        TensorPrimitives.Sqrt(x, y);
        TensorPrimitives.Divide(T.One, y, y);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => y / x * -0.5;
}

internal sealed record SinOp : FloatUnary<SinOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedSin>(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Cos(x);
}

internal sealed record CosOp : FloatUnary<CosOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedCos>(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => -Functions.Sin(x);
}

internal sealed record TanOp() : FloatUnary<TanOp>(-1.2, 1.2), IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedTan>(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => y.Square() + 1;
}

internal sealed record AsinOp() : FloatUnary<AsinOp>(-0.9, 0.9), IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Asin(x, y);
    // (1 − x)(1 + x) keeps the digits that 1 − x² loses near ±1.
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Rsqrt((1 - x) * (1 + x));
}

internal sealed record AcosOp() : FloatUnary<AcosOp>(-0.9, 0.9), IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Acos(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => -Functions.Rsqrt((1 - x) * (1 + x));
}

internal sealed record AtanOp : FloatUnary<AtanOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Atan(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / (x.Square() + 1);
}

internal sealed record SinhOp : FloatUnary<SinhOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => NearZero.Run<T, SinhNearZero>(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Cosh(x);
}

internal sealed record CoshOp : FloatUnary<CoshOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedCosh>(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Sinh(x);
}

internal sealed record TanhOp : FloatUnary<TanhOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => NearZero.Run<T, TanhNearZero>(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => (1 - y) * (1 + y);
}

/// <summary>1/(1 + e⁻ˣ).</summary>
internal sealed record SigmoidOp : FloatUnary<SigmoidOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedSigmoid>(x, y);
    protected override Tensor Slope(Tensor x, Tensor y) => y * (1 - y);
}

/// <summary>2/√π ∫₀ˣ e^(−t²) dt.</summary>
internal sealed record ErfOp : FloatUnary<ErfOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        for (var i = 0; i < x.Length; i++) y[i] = T.CreateTruncating(Special.Erf(double.CreateTruncating(x[i])));
    }
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Exp(-x.Square()) * (2 / Math.Sqrt(Math.PI));
}

/// <summary>A function of steps: its slope is 0 everywhere.</summary>
internal abstract record StepUnary<TSelf> : FloatUnary<TSelf> where TSelf : StepUnary<TSelf>, IFloatMap, new() {
    protected StepUnary() : base(0.1, 0.4) { }
    protected sealed override Tensor Slope(Tensor x, Tensor y) => throw new InvalidOperationException();
    public sealed override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];
}

internal sealed record FloorOp : StepUnary<FloorOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Floor(x, y);
}

internal sealed record CeilOp : StepUnary<CeilOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Ceiling(x, y);
}

/// <summary>To the nearest integer, halves to the even one.</summary>
internal sealed record RoundOp : StepUnary<RoundOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Round(x, y);
}
