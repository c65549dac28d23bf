using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Diff;

internal sealed record AddOp : NumberBinary<AddOp, AddOp.Map> {
    public readonly struct Map : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => a + b;
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [Sum(tangents[0], tangents[1])];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => [linear[0] ? cotangents[0] : null, linear[1] ? cotangents[0] : null];

    /// <summary>The sum of two of which either may be a symbolic zero.</summary>
    public static Tensor? Sum(Tensor? a, Tensor? b) => a is null ? b : b is null ? a : Graph.Apply(Op, a, b);
}

internal sealed record SubOp : NumberBinary<SubOp, SubOp.Map> {
    public readonly struct Map : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => a - b;
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        [tangents[1] is not { } b ? tangents[0] : tangents[0] is not { } a ? -b : Graph.Apply(this, a, b)];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => [linear[0] ? cotangents[0] : null, linear[1] ? -cotangents[0]! : null];
}

internal sealed record MulOp : NumberBinary<MulOp, MulOp.Map> {
    public readonly struct Map : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => a * b;
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [AddOp.Sum(
        tangents[0] is { } a ? a * inputs[1] : null,
        tangents[1] is { } b ? inputs[0] * b : null)];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => linear switch {
        [true, false] => [cotangents[0]! * inputs[1], null],
        [false, true] => [null, inputs[0] * cotangents[0]!],
        _ => throw NotLinear(),
    };
}

/// <summary>The quotient; of integers the one towards zero, and division by an integer zero is an error.</summary>
internal sealed record DivOp() : NumberBinary<DivOp, DivOp.Map>(0.5, 3) {
    public readonly struct Map : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => a / b;
    }

    public override bool IsCheap => false;

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Float(Same(inputs));

    public override IEnumerable<Sample> Samples() => base.Samples().Take(1);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [AddOp.Sum(
        tangents[0] is { } a ? a / inputs[1] : null,
        tangents[1] is { } b ? -(outputs[0] / inputs[1]) * b : null)];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) =>
        linear is [true, false] ? [cotangents[0]! / inputs[1], null] : throw NotLinear();
}

/// <summary>The larger of two, NaN where either is; where they are equal each has half the derivative.</summary>
internal sealed record MaxOp : NumberBinary<MaxOp, MaxOp.Map> {
    public readonly struct Map : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Vector512.Max(a, b);
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [Choose(inputs[0], inputs[1], tangents[0], tangents[1])];

    /// <summary>The tangent of the larger; half of each where they are equal, and both where either is NaN.</summary>
    public static Tensor? Choose(Tensor a, Tensor b, Tensor? ta, Tensor? tb) {
        var equal = a.Eq(b);
        return AddOp.Sum(ta is null ? null : ta * Share(a, b), tb is null ? null : tb * Share(b, a));

        // Not "a > b", which is false of NaN and would make a derivative of 0 of it.
        Tensor Share(Tensor x, Tensor other) =>
            Functions.Where(equal, Graph.Fill(0.5, x.Type), Functions.Where(x <= other, Graph.Fill(0, x.Type), Graph.Fill(1, x.Type)));
    }
}

/// <summary>The smaller of two, NaN where either is; where they are equal each has half the derivative.</summary>
internal sealed record MinOp : NumberBinary<MinOp, MinOp.Map> {
    public readonly struct Map : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Vector512.Min(a, b);
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [MaxOp.Choose(-inputs[0], -inputs[1], tangents[0], tangents[1])];
}

/// <summary>aᵇ for a > 0, or any a where b is a whole number; 0⁰ = 1.</summary>
internal sealed record PowOp() : FloatBinary<PowOp, PowOp.Map>(0.2, 3) {
    public readonly struct Map : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Powers.Pow(a, b);
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (a, b, y) = (inputs[0], inputs[1], outputs[0]);
        // b·aᵇ⁻¹ is 0 at b = 0 whatever a is, and ln a of a base of 0 must not turn 0ᵇ into NaN.
        var byBase = tangents[0] is { } ta ? ta * Functions.Where(b.Eq(0), 0, b * Functions.Pow(a, Functions.Where(b.Eq(0), 1, b - 1))) : null;
        var byExponent = tangents[1] is { } tb ? tb * (y * Functions.Log(Functions.Where(a.Eq(0), 1, a))) : null;
        return [AddOp.Sum(byBase, byExponent)];
    }
}

/// <summary>xⁿ for a structural whole n by repeated multiplication: exact signs, and a derivative at 0.</summary>
internal sealed record IntegerPowOp(int Exponent) : ElementwiseOp(1) {
    public override string Describe() => $"{Name}({Exponent})";

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Exponent < 0 ? Float(inputs[0]) : Number(inputs[0]);

    public override int? Constant => Exponent;

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        switch (type) {
            case DType.F32: Block<float>(ref a, ref y, count); break;
            case DType.F64: Block<double>(ref a, ref y, count); break;
            case DType.I32: Block<int>(ref a, ref y, count); break;
            case DType.I64: Block<long>(ref a, ref y, count); break;
            default: Block<uint>(ref a, ref y, count); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    void Block<T>(ref byte x, ref byte y, int count) where T : unmanaged, INumber<T> {
        for (nint i = 0; i < count; i += Vector512<T>.Count) Loops.Store(Run(Loops.Load<T>(ref x, i), Exponent), ref y, i);
    }

    public override MethodInfo Vector(DType type, Type lane) => typeof(IntegerPowOp).GetMethod(nameof(Run))!.MakeGenericMethod(lane);

    /// <summary>Binary powering from the highest bit: y = y² (· x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Vector512<T> Run<T>(Vector512<T> x, int exponent) where T : unmanaged, INumber<T> {
        var n = Math.Abs((long)exponent);
        if (n == 0) return Vector512<T>.One;
        var y = x;
        for (var bit = 62 - BitOperations.LeadingZeroCount((ulong)n); bit >= 0; bit--) {
            y *= y;
            if ((n >> bit & 1) != 0) y *= x;
        }
        return exponent < 0 ? Vector512<T>.One / y : y;
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => Exponent switch {
        0 => [null],
        1 => [tangents[0]],
        2 => [tangents[0]! * (inputs[0] * 2)],
        _ => [tangents[0]! * (Graph.Apply(new IntegerPowOp(Exponent - 1), inputs[0]) * Exponent)],
    };

    public override IEnumerable<Sample> Samples() => new[] { 0, 1, 2, 3, 7, -1, -2 }.Select(n =>
        new Sample(new IntegerPowOp(n), [new(DType.F64, Shape.Of(3, 7))], n < 0 ? 0.5 : -2));
}

/// <summary>atan2(y, x): the angle of the point (x, y).</summary>
internal sealed record Atan2Op() : FloatBinary<Atan2Op, Atan2Op.Map>(0.2, 3) {
    public readonly struct Map : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Trigonometry.Atan2(a, b);
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (y, x) = (inputs[0], inputs[1]);
        var norm = y.Square() + x.Square();
        return [AddOp.Sum(tangents[0] is { } ty ? ty * (x / norm) : null, tangents[1] is { } tx ? -(tx * (y / norm)) : null)];
    }
}
