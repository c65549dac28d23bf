using System.Numerics;
using System.Runtime.Intrinsics;

namespace Diff;

// Functions of one number that are ops because the composition would cost digits: 2ˣ = e^(x ln 2) is off in the last places
// of every large x, erfc x = 1 − erf x has none left in the tail.

/// <summary>2ˣ, exact where x is whole.</summary>
internal sealed record Exp2Op : FloatUnary<Exp2Op, Exp2Op.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Exponentials.Exp2(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => y * Math.Log(2);
}

/// <summary>log₂ x, exact at powers of two.</summary>
internal sealed record Log2Op() : FloatUnary<Log2Op, Log2Op.Map>(0.1, 4) {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Logarithms.Log2(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / (x * Math.Log(2));
}

/// <summary>log₁₀ x, exact at powers of ten.</summary>
internal sealed record Log10Op() : FloatUnary<Log10Op, Log10Op.Map>(0.1, 4) {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Logarithms.Log10(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / (x * Math.Log(10));
}

/// <summary>∛x, of negative x too; its slope at 0 is ∞.</summary>
internal sealed record CbrtOp() : FloatUnary<CbrtOp, CbrtOp.Map>(0.1, 4) {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Powers.Cbrt(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / (y.Square() * 3);
}

internal sealed record AsinhOp : FloatUnary<AsinhOp, AsinhOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Logarithms.Asinh(x);
    }
    // √(x² + 1) without the overflow of x².
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / Functions.Hypot(x, 1);
}

/// <summary>The inverse of cosh on x ≥ 1; its slope at 1 is ∞.</summary>
internal sealed record AcoshOp() : FloatUnary<AcoshOp, AcoshOp.Map>(1.2, 4) {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Logarithms.Acosh(x);
    }
    // Two roots: x² − 1 would lose digits near 1 and overflow far out.
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Rsqrt(x - 1) * Functions.Rsqrt(x + 1);
}

internal sealed record AtanhOp() : FloatUnary<AtanhOp, AtanhOp.Map>(-0.9, 0.9) {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Logarithms.Atanh(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => 1 / ((1 - x) * (1 + x));
}

/// <summary>1 − erf x, with its digits where that is small.</summary>
internal sealed record ErfcOp : FloatUnary<ErfcOp, ErfcOp.Map> {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => ErrorFunctions.Erfc(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Exp(-x.Square()) * (-2 / Math.Sqrt(Math.PI));
}

/// <summary>The inverse of erf on −1 … 1.</summary>
internal sealed record ErfInvOp() : FloatUnary<ErfInvOp, ErfInvOp.Map>(-0.9, 0.9) {
    public readonly struct Map : IMap1, ILong {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => ErrorFunctions.ErfInv(x);
    }
    protected override Tensor Slope(Tensor x, Tensor y) => Functions.Exp(y.Square()) * (Math.Sqrt(Math.PI) / 2);
}

/// <summary>The integer part, towards zero.</summary>
internal sealed record TruncOp : StepUnary<TruncOp, TruncOp.Map> {
    public readonly struct Map : IMap1 {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => Wide.Truncate(x);
    }
}
