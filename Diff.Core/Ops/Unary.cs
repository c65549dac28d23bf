using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Diff;

internal sealed record NegOp : NumberUnary<NegOp, NegOp.Map> {
    public readonly struct Map : IMap1 {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => -x;
    }
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [-tangents[0]!];
    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => [-cotangents[0]!];
}

/// <summary>|x|, of integers too the least of which wraps; its slope at 0 is 0.</summary>
internal sealed record AbsOp : NumberUnary<AbsOp, AbsOp.Map> {
    public readonly struct Map : IMap1 {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Vector512.Abs(x);
    }
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [tangents[0]! * Functions.Sign(inputs[0])];
}

/// <summary>−1, 0 or 1; NaN of NaN.</summary>
internal sealed record SignOp : NumberUnary<SignOp, SignOp.Map> {
    public readonly struct Map : IMap1 {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> {
            var ones = Vector512.GreaterThan(x, Vector512<T>.Zero) & Vector512<T>.One | Vector512.LessThan(x, Vector512<T>.Zero) & -Vector512<T>.One;
            return Vector512.ConditionalSelect(Vector512.Equals(x, x), ones, x);
        }
    }
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];
}

internal sealed record SquareOp : NumberUnary<SquareOp, SquareOp.Map> {
    public readonly struct Map : IMap1 {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => x * x;
    }
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [tangents[0]! * (inputs[0] * 2)];
}

/// <summary>max(x, 0); its slope at 0 is 0.</summary>
internal sealed record ReluOp : NumberUnary<ReluOp, ReluOp.Map> {
    public readonly struct Map : IMap1 {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Vector512.ConditionalSelect(Vector512.LessThanOrEqual(x, Vector512<T>.Zero), Vector512<T>.Zero, x);
    }
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [Functions.Where(outputs[0] <= 0, 0, tangents[0]!)];
}

internal sealed record ExpOp : FloatUnary<ExpOp, ExpOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Exponentials.Exp(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => y;
}

/// <summary>eˣ − 1 without the cancellation near 0: <c>Math.Exp(x) − 1</c> would lose all digits below 1e-16.</summary>
internal sealed record Expm1Op : FloatUnary<Expm1Op, Expm1Op.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Exponentials.Expm1(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => y + 1;
}

internal sealed record LogOp() : FloatUnary<LogOp, LogOp.Map>(0.1, 4) {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Logarithms.Log(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / x;
}

/// <summary>ln(1 + x) without rounding 1 + x first.</summary>
internal sealed record Log1pOp() : FloatUnary<Log1pOp, Log1pOp.Map>(-0.9, 4) {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Logarithms.Log1p(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / (x + 1);
}

/// <summary>√x; its slope at 0 is ∞.</summary>
internal sealed record SqrtOp() : FloatUnary<SqrtOp, SqrtOp.Map>(0.1, 4) {
    public readonly struct Map : IMap1 {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Vector512.Sqrt(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 0.5 / y;
}

internal sealed record RsqrtOp() : FloatUnary<RsqrtOp, RsqrtOp.Map>(0.1, 4) {
    public readonly struct Map : IMap1 {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Powers.Rsqrt(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => y / x * -0.5;
}

internal sealed record SinOp : FloatUnary<SinOp, SinOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Trigonometry.Sin(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Cos(x);
}

internal sealed record CosOp : FloatUnary<CosOp, CosOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Trigonometry.Cos(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => -Functions.Sin(x);
}

internal sealed record TanOp() : FloatUnary<TanOp, TanOp.Map>(-1.2, 1.2) {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Trigonometry.Tan(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => y.Square() + 1;
}

internal sealed record AsinOp() : FloatUnary<AsinOp, AsinOp.Map>(-0.9, 0.9) {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Trigonometry.Asin(x);
    }
    // (1 − x)(1 + x) keeps the digits that 1 − x² loses near ±1.
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Rsqrt((1 - x) * (1 + x));
}

internal sealed record AcosOp() : FloatUnary<AcosOp, AcosOp.Map>(-0.9, 0.9) {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Trigonometry.Acos(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => -Functions.Rsqrt((1 - x) * (1 + x));
}

internal sealed record AtanOp : FloatUnary<AtanOp, AtanOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Trigonometry.Atan(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / (x.Square() + 1);
}

internal sealed record SinhOp : FloatUnary<SinhOp, SinhOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Exponentials.Sinh(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Cosh(x);
}

internal sealed record CoshOp : FloatUnary<CoshOp, CoshOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Exponentials.Cosh(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Sinh(x);
}

internal sealed record TanhOp : FloatUnary<TanhOp, TanhOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Exponentials.Tanh(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => (1 - y) * (1 + y);
}

/// <summary>1/(1 + e⁻ˣ).</summary>
internal sealed record SigmoidOp : FloatUnary<SigmoidOp, SigmoidOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Exponentials.Sigmoid(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => y * (1 - y);
}

/// <summary>ln(1 + eˣ).</summary>
internal sealed record SoftplusOp : FloatUnary<SoftplusOp, SoftplusOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Exponentials.Softplus(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Sigmoid(x);
}

/// <summary>2/√π ∫₀ˣ e^(−t²) dt.</summary>
internal sealed record ErfOp : FloatUnary<ErfOp, ErfOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => ErrorFunctions.Erf(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Exp(-x.Square()) * (2 / Math.Sqrt(Math.PI));
}

/// <summary>A function of steps: its slope is 0 everywhere.</summary>
internal abstract record StepUnary<TSelf, F> : FloatUnary<TSelf, F> where TSelf : StepUnary<TSelf, F>, new() where F : struct, IMap1 {
    protected StepUnary() : base(0.1, 0.4) { }
    protected sealed override Tensor Slope(Tensor x, Tensor y) => throw new InvalidOperationException();
    public sealed override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];
}

internal sealed record FloorOp : StepUnary<FloorOp, FloorOp.Map> {
    public readonly struct Map : IMap1 {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Wide.Floor(x);
    }
}

internal sealed record CeilOp : StepUnary<CeilOp, CeilOp.Map> {
    public readonly struct Map : IMap1 {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Wide.Ceiling(x);
    }
}

/// <summary>To the nearest integer, halves to the even one.</summary>
internal sealed record RoundOp : StepUnary<RoundOp, RoundOp.Map> {
    public readonly struct Map : IMap1 {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Wide.Round(x);
    }
}
