using System.Numerics;
using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Arithmetic of one input that every float type has.</summary>
internal interface IFloatMap {
    static abstract void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>Arithmetic of one input that every number type has.</summary>
internal interface INumberMap {
    static abstract void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, INumber<T>;
}

/// <summary>Arithmetic of two inputs that every number type has.</summary>
internal interface INumberMap2 {
    static abstract void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged, INumber<T>;
}

/// <summary>Arithmetic of two inputs that every float type has.</summary>
internal interface IFloatMap2 {
    static abstract void Run<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>A function of one float: its derivative is the tangent times something of the input x or the output y.</summary>
/// <typeparam name="TSelf">The op itself, which has the arithmetic.</typeparam>
/// <param name="Low">Samples are drawn from Low …</param>
/// <param name="High">… to High.</param>
internal abstract record FloatUnary<TSelf>(double Low = -2, double High = 2) : ElementwiseOp(1) where TSelf : FloatUnary<TSelf>, IFloatMap, new() {
    public static readonly TSelf Op = new();

    /// <summary>dy/dx, from the input and the output.</summary>
    protected abstract Tensor Slope(Tensor x, Tensor y);

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Float(inputs[0]);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [tangents[0]! * Slope(inputs[0], outputs[0])];

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        if (type == DType.F32) TSelf.Run<float>(Span<float>(ref a, count), Span<float>(ref y, count));
        else TSelf.Run<double>(Span<double>(ref a, count), Span<double>(ref y, count));
    }

    public override IEnumerable<Sample> Samples() => [new(this, [new(DType.F64, Shape.Of(3, 7))], Low, High)];
}

/// <summary>A piecewise linear function of one number of any type.</summary>
internal abstract record NumberUnary<TSelf> : ElementwiseOp where TSelf : NumberUnary<TSelf>, INumberMap, new() {
    public static readonly TSelf Op = new();

    protected NumberUnary() : base(1) { }

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Number(inputs[0]);

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        switch (type) {
            case DType.F32: TSelf.Run<float>(Span<float>(ref a, count), Span<float>(ref y, count)); break;
            case DType.F64: TSelf.Run<double>(Span<double>(ref a, count), Span<double>(ref y, count)); break;
            case DType.I32: TSelf.Run<int>(Span<int>(ref a, count), Span<int>(ref y, count)); break;
            case DType.I64: TSelf.Run<long>(Span<long>(ref a, count), Span<long>(ref y, count)); break;
            default: TSelf.Run<uint>(Span<uint>(ref a, count), Span<uint>(ref y, count)); break;
        }
    }

    public override IEnumerable<Sample> Samples() => [
        new(this, [new(DType.F64, Shape.Of(3, 7))], 0.1, 2), new(this, [new(DType.F64, Shape.Of(5))], -2, -0.1),
        new(this, [new(DType.I32, Shape.Of(5))], 1, 9)];
}

/// <summary>A function of two numbers of one type.</summary>
internal abstract record NumberBinary<TSelf>(double Low = -2, double High = 2) : ElementwiseOp(2) where TSelf : NumberBinary<TSelf>, INumberMap2, new() {
    public static readonly TSelf Op = new();

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Number(Same(inputs));

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        switch (type) {
            case DType.F32: TSelf.Run<float>(Span<float>(ref a, count), Span<float>(ref b, count), Span<float>(ref y, count)); break;
            case DType.F64: TSelf.Run<double>(Span<double>(ref a, count), Span<double>(ref b, count), Span<double>(ref y, count)); break;
            case DType.I32: TSelf.Run<int>(Span<int>(ref a, count), Span<int>(ref b, count), Span<int>(ref y, count)); break;
            case DType.I64: TSelf.Run<long>(Span<long>(ref a, count), Span<long>(ref b, count), Span<long>(ref y, count)); break;
            default: TSelf.Run<uint>(Span<uint>(ref a, count), Span<uint>(ref b, count), Span<uint>(ref y, count)); break;
        }
    }

    public override IEnumerable<Sample> Samples() => [
        new(this, [new(DType.F64, Shape.Of(3, 7)), new(DType.F64, Shape.Of(3, 7))], Low, High, Distinct: true),
        new(this, [new(DType.I32, Shape.Of(5)), new(DType.I32, Shape.Of(5))], 1, 9)];
}

/// <summary>A function of two floats of one type.</summary>
internal abstract record FloatBinary<TSelf>(double Low = -2, double High = 2) : ElementwiseOp(2) where TSelf : FloatBinary<TSelf>, IFloatMap2, new() {
    public static readonly TSelf Op = new();

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Float(Same(inputs));

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        if (type == DType.F32) TSelf.Run<float>(Span<float>(ref a, count), Span<float>(ref b, count), Span<float>(ref y, count));
        else TSelf.Run<double>(Span<double>(ref a, count), Span<double>(ref b, count), Span<double>(ref y, count));
    }

    public override IEnumerable<Sample> Samples() => [new(this, [new(DType.F64, Shape.Of(3, 7)), new(DType.F64, Shape.Of(3, 7))], Low, High)];
}
