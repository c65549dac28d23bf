using System.Numerics;
using System.Numerics.Tensors;

namespace Diff;

internal sealed record AddOp : NumberBinary<AddOp>, INumberMap2 {
    public static void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged, INumber<T> => TensorPrimitives.Add(a, b, y);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [Sum(tangents[0], tangents[1])];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => [linear[0] ? cotangents[0] : null, linear[1] ? cotangents[0] : null];

    /// <summary>The sum of two of which either may be a symbolic zero.</summary>
    public static Tensor? Sum(Tensor? a, Tensor? b) => a is null ? b : b is null ? a : Graph.Apply(Op, a, b);
}

internal sealed record SubOp : NumberBinary<SubOp>, INumberMap2 {
    public static void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged, INumber<T> => TensorPrimitives.Subtract(a, b, y);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        [tangents[1] is not { } b ? tangents[0] : tangents[0] is not { } a ? -b : Graph.Apply(this, a, b)];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => [linear[0] ? cotangents[0] : null, linear[1] ? -cotangents[0]! : null];
}

internal sealed record MulOp : NumberBinary<MulOp>, INumberMap2 {
    public static void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged, INumber<T> => TensorPrimitives.Multiply(a, b, y);

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
internal sealed record DivOp() : NumberBinary<DivOp>(0.5, 3), INumberMap2 {
    public static void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged, INumber<T> => TensorPrimitives.Divide(a, b, y);

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Float(Same(inputs));

    public override IEnumerable<Sample> Samples() => base.Samples().Take(1);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [AddOp.Sum(
        tangents[0] is { } a ? a / inputs[1] : null,
        tangents[1] is { } b ? -(outputs[0] / inputs[1]) * b : null)];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) =>
        linear is [true, false] ? [cotangents[0]! / inputs[1], null] : throw NotLinear();
}

/// <summary>The larger of two, NaN where either is; where they are equal each has half the derivative.</summary>
internal sealed record MaxOp : NumberBinary<MaxOp>, INumberMap2 {
    public static void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged, INumber<T> => TensorPrimitives.Max(a, b, y);

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
internal sealed record MinOp : NumberBinary<MinOp>, INumberMap2 {
    public static void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged, INumber<T> => TensorPrimitives.Min(a, b, y);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [MaxOp.Choose(-inputs[0], -inputs[1], tangents[0], tangents[1])];
}

/// <summary>aᵇ for a > 0, or any a where b is a whole number; 0⁰ = 1.</summary>
internal sealed record PowOp() : FloatBinary<PowOp>(0.2, 3), IFloatMap2 {
    public static void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Pow(a, b, y);

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

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        switch (type) {
            case DType.F32: Run(Span<float>(ref a, count), Span<float>(ref y, count)); break;
            case DType.F64: Run(Span<double>(ref a, count), Span<double>(ref y, count)); break;
            case DType.I32: Run(Span<int>(ref a, count), Span<int>(ref y, count)); break;
            case DType.I64: Run(Span<long>(ref a, count), Span<long>(ref y, count)); break;
            default: Run(Span<uint>(ref a, count), Span<uint>(ref y, count)); break;
        }
    }

    // Binary powering from the highest bit: y = y² (· x), a whole block at a time.
    void Run<T>(scoped ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T> {
        var n = Math.Abs((long)Exponent);
        if (n == 0) {
            y.Fill(T.One);
            return;
        }
        // In a plan the result may lie over the input, which every other step still reads.
        Span<T> copy = stackalloc T[x.Overlaps(y) ? x.Length : 0];
        if (copy.Length > 0) {
            x.CopyTo(copy);
            x = copy;
        }
        x.CopyTo(y);
        for (var bit = 62 - BitOperations.LeadingZeroCount((ulong)n); bit >= 0; bit--) {
            TensorPrimitives.Multiply(y, y, y);
            if ((n >> bit & 1) != 0) TensorPrimitives.Multiply(y, x, y);
        }
        if (Exponent < 0) TensorPrimitives.Divide(T.One, y, y);
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
internal sealed record Atan2Op() : FloatBinary<Atan2Op>(0.2, 3), IFloatMap2 {
    public static void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Atan2(a, b, y);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (y, x) = (inputs[0], inputs[1]);
        var norm = y.Square() + x.Square();
        return [AddOp.Sum(tangents[0] is { } ty ? ty * (x / norm) : null, tangents[1] is { } tx ? -(tx * (y / norm)) : null)];
    }
}
