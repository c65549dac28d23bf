using System.Numerics;
using System.Numerics.Tensors;

namespace Diff;

// Functions of one number that are ops because the composition would cost digits: 2ˣ = e^(x ln 2) is off in the last places
// of every large x, erfc x = 1 − erf x has none left in the tail.

/// <summary>2ˣ, exact where x is whole.</summary>
internal sealed record Exp2Op : FloatUnary<Exp2Op>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        var two = T.One + T.One;
        for (var i = 0; i < x.Length; i++) y[i] = T.Pow(two, x[i]);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => y * Math.Log(2);
}

/// <summary>log₂ x, exact at powers of two.</summary>
internal sealed record Log2Op() : FloatUnary<Log2Op>(0.1, 4), IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        for (var i = 0; i < x.Length; i++) y[i] = T.Log2(x[i]);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / (x * Math.Log(2));
}

/// <summary>log₁₀ x, exact at powers of ten.</summary>
internal sealed record Log10Op() : FloatUnary<Log10Op>(0.1, 4), IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        for (var i = 0; i < x.Length; i++) y[i] = T.Log10(x[i]);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / (x * Math.Log(10));
}

/// <summary>∛x, of negative x too; its slope at 0 is ∞.</summary>
internal sealed record CbrtOp() : FloatUnary<CbrtOp>(0.1, 4), IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        for (var i = 0; i < x.Length; i++) y[i] = T.Cbrt(x[i]);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / (y.Square() * 3);
}

internal sealed record AsinhOp : FloatUnary<AsinhOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        for (var i = 0; i < x.Length; i++) y[i] = T.Asinh(x[i]);
    }
    // √(x² + 1) without the overflow of x².
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / Functions.Hypot(x, 1);
}

/// <summary>The inverse of cosh on x ≥ 1; its slope at 1 is ∞.</summary>
internal sealed record AcoshOp() : FloatUnary<AcoshOp>(1.2, 4), IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        for (var i = 0; i < x.Length; i++) y[i] = T.Acosh(x[i]);
    }
    // Two roots: x² − 1 would lose digits near 1 and overflow far out.
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Rsqrt(x - 1) * Functions.Rsqrt(x + 1);
}

internal sealed record AtanhOp() : FloatUnary<AtanhOp>(-0.9, 0.9), IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        for (var i = 0; i < x.Length; i++) y[i] = T.Atanh(x[i]);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / ((1 - x) * (1 + x));
}

/// <summary>1 − erf x, with its digits where that is small.</summary>
internal sealed record ErfcOp : FloatUnary<ErfcOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        for (var i = 0; i < x.Length; i++) y[i] = T.CreateTruncating(Special.Erfc(double.CreateTruncating(x[i])));
    }
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Exp(-x.Square()) * (-2 / Math.Sqrt(Math.PI));
}

/// <summary>The inverse of erf on −1 … 1.</summary>
internal sealed record ErfInvOp() : FloatUnary<ErfInvOp>(-0.9, 0.9), IFloatMap {
    // In f64 for both: the f32 polynomial is XLA's, made for random numbers, and loses a digit near ±1.
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> {
        Span<double> block = stackalloc double[Vector<double>.Count];
        for (var i = 0; i < x.Length; i += block.Length) {
            for (var j = 0; j < block.Length; j++) block[j] = double.CreateTruncating(x[i + j]);
            var v = new Vector<double>(block);
            var ends = Vector.Equals(Vector.Abs(v), Vector<double>.One);
            var inside = Vector.LessThan(Vector.Abs(v), Vector<double>.One);
            var inverse = InverseErf.Of(Vector.ConditionalSelect(inside, v, Vector<double>.Zero));
            inverse = Vector.ConditionalSelect(inside, inverse, Vector.ConditionalSelect(ends, v / Vector<double>.Zero, Vector.Create(double.NaN)));
            for (var j = 0; j < block.Length; j++) y[i + j] = T.CreateTruncating(inverse[j]);
        }
    }
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Exp(y.Square()) * (Math.Sqrt(Math.PI) / 2);
}

/// <summary>The integer part, towards zero.</summary>
internal sealed record TruncOp : StepUnary<TruncOp>, IFloatMap {
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Truncate(x, y);
}
