using System.Numerics;

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
        var to = Span<bool>(ref y, count);
        switch (type) {
            case DType.F32: Masks.Compare<float>(How, Span<float>(ref a, count), Span<float>(ref b, count), to); break;
            case DType.F64: Masks.Compare<double>(How, Span<double>(ref a, count), Span<double>(ref b, count), to); break;
            case DType.I32: Masks.Compare<int>(How, Span<int>(ref a, count), Span<int>(ref b, count), to); break;
            case DType.I64: Masks.Compare<long>(How, Span<long>(ref a, count), Span<long>(ref b, count), to); break;
            case DType.U32: Masks.Compare<uint>(How, Span<uint>(ref a, count), Span<uint>(ref b, count), to); break;
            default: Masks.Compare<byte>(How, Span<byte>(ref a, count), Span<byte>(ref b, count), to); break;
        }
    }

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
        var bytes = count * type.Size();
        Run(Span<ulong>(ref a, bytes / 8), Span<ulong>(ref b, bytes / 8), Span<ulong>(ref y, bytes / 8));
    }

    void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged, IBinaryInteger<T> {
        switch (How) {
            case Bitwise.And: System.Numerics.Tensors.TensorPrimitives.BitwiseAnd(a, b, y); break;
            case Bitwise.Or: System.Numerics.Tensors.TensorPrimitives.BitwiseOr(a, b, y); break;
            default: System.Numerics.Tensors.TensorPrimitives.Xor(a, b, y); break;
        }
    }

    public override IEnumerable<Sample> Samples() =>
        from how in Enum.GetValues<Bitwise>()
        from type in new[] { DType.Bool, DType.I32, DType.I64, DType.U32 }
        select new Sample(new BitwiseOp(how), [new(type, Shape.Of(3, 7)), new(type, Shape.Of(3, 7))], 0, 5);
}

/// <summary>Not, of bools.</summary>
internal sealed record NotOp() : PlainElementwiseOp(1) {
    public static readonly NotOp Op = new();

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => inputs[0] == DType.Bool ? DType.Bool : throw Refuses(inputs[0], "bools");

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) =>
        System.Numerics.Tensors.TensorPrimitives.Xor(Span<byte>(ref a, count), (byte)1, Span<byte>(ref y, count));

    public override IEnumerable<Sample> Samples() => [new(this, [new(DType.Bool, Shape.Of(3, 7))], 0, 2)];
}

/// <summary>a where the bool is true, else b. What is not chosen takes no part in the derivative either.</summary>
internal sealed record SelectOp() : ElementwiseOp(3) {
    public static readonly SelectOp Op = new();

    public override bool KeepsWholeNumbers => true;

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) =>
        inputs[0] == DType.Bool ? Same(inputs[1..]) : throw new DTypeException($"Where: the condition is {inputs[0].Name()}; it has to be bool, a comparison such as x > 0.");

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        var when = Span<bool>(ref a, count);
        switch (type.Size()) {
            case 1: Masks.Select<byte>(when, Span<byte>(ref b, count), Span<byte>(ref c, count), Span<byte>(ref y, count)); break;
            case 4: Masks.Select<float>(when, Span<float>(ref b, count), Span<float>(ref c, count), Span<float>(ref y, count)); break;
            default: Masks.Select<double>(when, Span<double>(ref b, count), Span<double>(ref c, count), Span<double>(ref y, count)); break;
        }
    }

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
            case DType.F32: Run<float>(Span<float>(ref a, count), ref y, count); break;
            case DType.F64: Run<double>(Span<double>(ref a, count), ref y, count); break;
            case DType.I32: Run<int>(Span<int>(ref a, count), ref y, count); break;
            case DType.I64: Run<long>(Span<long>(ref a, count), ref y, count); break;
            case DType.U32: Run<uint>(Span<uint>(ref a, count), ref y, count); break;
            default: Run<byte>(Span<byte>(ref a, count), ref y, count); break;
        }
    }

    void Run<T>(ReadOnlySpan<T> x, ref byte y, int count) where T : unmanaged, INumber<T> {
        switch (To) {
            case DType.F32: Convert(x, Span<float>(ref y, count)); break;
            case DType.F64: Convert(x, Span<double>(ref y, count)); break;
            case DType.I32: Convert(x, Span<int>(ref y, count)); break;
            case DType.I64: Convert(x, Span<long>(ref y, count)); break;
            case DType.U32: Convert(x, Span<uint>(ref y, count)); break;
            default:
                var to = Span<bool>(ref y, count);
                for (var i = 0; i < count; i++) to[i] = x[i] != T.Zero;
                break;
        }
    }

    static void Convert<T, U>(ReadOnlySpan<T> x, Span<U> y) where T : unmanaged, INumber<T> where U : unmanaged, INumber<U> =>
        System.Numerics.Tensors.TensorPrimitives.ConvertSaturating(x, y);

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

    public override Layout? Relayout(Layout input) => input;

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => throw new InvalidOperationException();

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(this, inputs);

    public override IEnumerable<Sample> Samples() => [new(this, [new(DType.F64, Shape.Of(3, 7))], Awkward: true)];
}
