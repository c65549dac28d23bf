using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Diff;

/// <summary>An op whose result carries no derivative: integers, bools and steps.</summary>
internal abstract record PlainElementwiseOp(int Arity) : ElementwiseOp(Arity) {
    public sealed override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];
}

/// <summary>How two numbers compare: bool. NaN is unequal to everything, itself too.</summary>
internal sealed record CompareOp(Comparison How) : PlainElementwiseOp(2) {
    public override string Name => How.ToString();

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Same(inputs) is var _ ? DType.Bool : default;

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        switch (How) {
            case Comparison.Equal: Compare<Masks.Equal>(type, ref a, ref b, ref y, count); break;
            case Comparison.NotEqual: Compare<Masks.NotEqual>(type, ref a, ref b, ref y, count); break;
            case Comparison.Less: Compare<Masks.Less>(type, ref a, ref b, ref y, count); break;
            case Comparison.LessOrEqual: Compare<Masks.LessOrEqual>(type, ref a, ref b, ref y, count); break;
            case Comparison.Greater: Compare<Masks.Greater>(type, ref a, ref b, ref y, count); break;
            default: Compare<Masks.GreaterOrEqual>(type, ref a, ref b, ref y, count); break;
        }
    }

    static void Compare<F>(DType type, ref byte a, ref byte b, ref byte y, int count) where F : struct, IMap2 {
        switch (type) {
            case DType.F32: Masks.Compare<F, float>(ref a, ref b, ref y, count); break;
            case DType.F64: Masks.Compare<F, double>(ref a, ref b, ref y, count); break;
            case DType.I32: Masks.Compare<F, int>(ref a, ref b, ref y, count); break;
            case DType.I64: Masks.Compare<F, long>(ref a, ref b, ref y, count); break;
            case DType.U32: Masks.Compare<F, uint>(ref a, ref b, ref y, count); break;
            default: Masks.CompareBytes<F>(ref a, ref b, ref y, count); break;
        }
    }

    public override MethodInfo? Vector(DType type, Type lane) => type == DType.Bool ? null : How switch {
        Comparison.Equal => Loops.MethodOf<Masks.Equal>(lane),
        Comparison.NotEqual => Loops.MethodOf<Masks.NotEqual>(lane),
        Comparison.Less => Loops.MethodOf<Masks.Less>(lane),
        Comparison.LessOrEqual => Loops.MethodOf<Masks.LessOrEqual>(lane),
        Comparison.Greater => Loops.MethodOf<Masks.Greater>(lane),
        _ => Loops.MethodOf<Masks.GreaterOrEqual>(lane),
    };

    public override IEnumerable<Sample> Samples() =>
        from how in Enum.GetValues<Comparison>()
        from type in Enum.GetValues<DType>()
        select new Sample(new CompareOp(how), [new(type, Shape.Of(3, 7)), new(type, Shape.Of(3, 7))], 0, 5);
}

/// <summary>And, or, exclusive or: of bools, and bit by bit of integers.</summary>
internal enum Bitwise : byte { And, Or, Xor }

/// <inheritdoc cref="Bitwise"/>
internal sealed record BitwiseOp(Bitwise How) : PlainElementwiseOp(2) {
    public override string Name => How.ToString();

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Same(inputs) is var t && !t.IsFloat() ? t : throw Refuses(t, "bools or integers");

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        // Bits do not care how they are grouped; a block is a multiple of 16 elements.
        var words = count * type.Size() / sizeof(ulong);
        for (nint i = 0; i < words; i++) {
            ref var to = ref Unsafe.Add(ref Unsafe.As<byte, ulong>(ref y), i);
            var (x, z) = (Unsafe.Add(ref Unsafe.As<byte, ulong>(ref a), i), Unsafe.Add(ref Unsafe.As<byte, ulong>(ref b), i));
            to = How switch { Bitwise.And => x & z, Bitwise.Or => x | z, _ => x ^ z };
        }
    }

    public override MethodInfo Vector(DType type, Type lane) => How switch {
        Bitwise.And => Loops.MethodOf<Masks.And>(lane),
        Bitwise.Or => Loops.MethodOf<Masks.Or>(lane),
        _ => Loops.MethodOf<Masks.Xor>(lane),
    };

    public override IEnumerable<Sample> Samples() =>
        from how in Enum.GetValues<Bitwise>()
        from type in new[] { DType.Bool, DType.I32, DType.I64, DType.U32 }
        select new Sample(new BitwiseOp(how), [new(type, Shape.Of(3, 7)), new(type, Shape.Of(3, 7))], 0, 5);
}

/// <summary>Not, of bools.</summary>
internal sealed record NotOp() : PlainElementwiseOp(1) {
    public static readonly NotOp Op = new();

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => inputs[0] == DType.Bool ? DType.Bool : throw Refuses(inputs[0], "bools");

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        for (nint i = 0; i < count; i++) Unsafe.Add(ref y, i) = (byte)(Unsafe.Add(ref a, i) ^ 1);
    }

    public override MethodInfo Vector(DType type, Type lane) => Loops.MethodOf<Masks.Not>(lane);

    public override IEnumerable<Sample> Samples() => [new(this, [new(DType.Bool, Shape.Of(3, 7))], 0, 2)];
}

/// <summary>a where the bool is true, else b. What is not chosen takes no part in the derivative either.</summary>
internal sealed record SelectOp() : ElementwiseOp(3) {
    public static readonly SelectOp Op = new();

    public override bool IsCheap => true;

    public override bool KeepsWholeNumbers => true;

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) =>
        inputs[0] == DType.Bool ? Same(inputs[1..]) : throw new DTypeException($"Where: the condition is {inputs[0].Name()}; it has to be bool, a comparison such as x > 0.");

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        switch (type.Size()) {
            case 1: Masks.SelectBytes(ref a, ref b, ref c, ref y, count); break;
            case 4: Masks.Select<uint>(ref a, ref b, ref c, ref y, count); break;
            default: Masks.Select<ulong>(ref a, ref b, ref c, ref y, count); break;
        }
    }

    public override MethodInfo Vector(DType type, Type lane) => Loops.MethodOf<Masks.Choose>(lane);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        [Pick(inputs[0], tangents[1], tangents[2], outputs[0].Type)];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) {
        if (linear[0]) throw NotLinear();
        return [null,
            linear[1] ? Pick(inputs[0], cotangents[0], null, inputs[1].Type) : null,
            linear[2] ? Pick(inputs[0], null, cotangents[0], inputs[2].Type) : null];
    }

    static Tensor Pick(Tensor when, Tensor? a, Tensor? b, TensorType type) => Graph.Apply(Op, when, a ?? Graph.Fill(0, type), b ?? Graph.Fill(0, type));

    public override IEnumerable<Sample> Samples() =>
        from type in Enum.GetValues<DType>()
        select new Sample(this, [new(DType.Bool, Shape.Of(3, 7)), new(type, Shape.Of(3, 7)), new(type, Shape.Of(3, 7))], 0, 2);
}

/// <summary>The nearest value of another type; a float loses its fraction on the way to an integer, and saturates.</summary>
internal sealed record ConvertOp(DType To) : ElementwiseOp(1) {
    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => To;

    public override bool KeepsWeakness => false;

    public override string Name => "To" + To;

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        switch (type) {
            case DType.F32: Run<float>(ref a, ref y, count); break;
            case DType.F64: Run<double>(ref a, ref y, count); break;
            case DType.I32: Run<int>(ref a, ref y, count); break;
            case DType.I64: Run<long>(ref a, ref y, count); break;
            case DType.U32: Run<uint>(ref a, ref y, count); break;
            default: Run<byte>(ref a, ref y, count); break;
        }
    }

    void Run<T>(ref byte x, ref byte y, int count) where T : unmanaged, INumber<T> {
        switch (To) {
            case DType.F32: Run<T, float>(ref x, ref y, count); break;
            case DType.F64: Run<T, double>(ref x, ref y, count); break;
            case DType.I32: Run<T, int>(ref x, ref y, count); break;
            case DType.I64: Run<T, long>(ref x, ref y, count); break;
            case DType.U32: Run<T, uint>(ref x, ref y, count); break;
            default:
                for (nint i = 0; i < count; i++) Unsafe.Add(ref y, i) = Unsafe.Add(ref Unsafe.As<byte, T>(ref x), i) != T.Zero ? (byte)1 : (byte)0;
                break;
        }
    }

    static void Run<T, U>(ref byte x, ref byte y, int count) where T : unmanaged, INumber<T> where U : unmanaged, INumber<U> =>
        System.Numerics.Tensors.TensorPrimitives.ConvertSaturating(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.As<byte, T>(ref x), count), MemoryMarshal.CreateSpan(ref Unsafe.As<byte, U>(ref y), count));

    // Between numbers of one size, and to and from bools: the others would need vectors of two lengths in one loop.
    public override MethodInfo? Vector(DType type, Type lane) => (type, To) switch {
        (DType.Bool, DType.Bool) => null,
        (DType.Bool, _) => typeof(Conversions).GetMethod(nameof(Conversions.OfMask))!.MakeGenericMethod(lane, To.Lane()),
        (_, DType.Bool) => Loops.MethodOf<Masks.OfNumber>(lane),
        (DType.F32, DType.I32 or DType.U32) or (DType.I32 or DType.U32, DType.F32) or (DType.F64, DType.I64) or (DType.I64, DType.F64) =>
            typeof(Conversions).GetMethod($"{type}To{To}"),
        _ => null,
    };

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [To.IsFloat() ? tangents[0]!.To(To) : null];

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => [cotangents[0]!.To(inputs[0].DType)];

    public override IEnumerable<Sample> Samples() =>
        from to in Enum.GetValues<DType>()
        from type in Enum.GetValues<DType>()
        select new Sample(new ConvertOp(to), [new(type, Shape.Of(3, 7))], 0.25, 9, Awkward: type.IsFloat() != to.IsFloat());
}

/// <summary>The value without its derivative.</summary>
internal sealed record StopGradientOp : Op {
    public static readonly StopGradientOp Op = new();

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [inputs[0]];

    public override bool KeepsWeakness => true;

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => this;

    public override Layout? Relayout(Layout input) => input;

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => throw new InvalidOperationException();

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(this, inputs);

    public override IEnumerable<Sample> Samples() => [new(this, [new(DType.F64, Shape.Of(3, 7))], Awkward: true)];
}
