using System.Reflection;

namespace Diff;

/// <summary>A function of one float: its derivative is the tangent times something of the input x or the output y.</summary>
/// <typeparam name="TSelf">The op itself.</typeparam>
/// <typeparam name="F">Its arithmetic.</typeparam>
/// <param name="Low">Samples are drawn from Low …</param>
/// <param name="High">… to High.</param>
internal abstract record FloatUnary<TSelf, F>(double Low = -2, double High = 2) : ElementwiseOp(1) where TSelf : FloatUnary<TSelf, F>, new() where F : struct, IMap1 {
    public static readonly TSelf Op = new();

    /// <summary>dy/dx, from the input and the output.</summary>
    protected abstract Tensor Slope(Tensor x, Tensor y);

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Float(inputs[0]);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [tangents[0]! * Slope(inputs[0], outputs[0])];

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) => Loops.Floats<F>(type, ref a, ref y, count);

    public override MethodInfo Vector(DType type, Type lane) => Loops.MethodOf<F>(lane);

    public override IEnumerable<Sample> Samples() => [new(this, [new(DType.F64, Shape.Of(3, 7))], Low, High)];
}

/// <summary>A piecewise linear function of one number of any type.</summary>
internal abstract record NumberUnary<TSelf, F> : ElementwiseOp where TSelf : NumberUnary<TSelf, F>, new() where F : struct, IMap1 {
    public static readonly TSelf Op = new();

    protected NumberUnary() : base(1) { }

    public override bool IsCheap => true;

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Number(inputs[0]);

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) => Loops.Run<F>(type, ref a, ref y, count);

    public override MethodInfo Vector(DType type, Type lane) => Loops.MethodOf<F>(lane);

    public override IEnumerable<Sample> Samples() => [
        new(this, [new(DType.F64, Shape.Of(3, 7))], 0.1, 2), new(this, [new(DType.F64, Shape.Of(5))], -2, -0.1),
        new(this, [new(DType.I32, Shape.Of(5))], 1, 9)];
}

/// <summary>A function of two numbers of one type.</summary>
internal abstract record NumberBinary<TSelf, F>(double Low = -2, double High = 2) : ElementwiseOp(2) where TSelf : NumberBinary<TSelf, F>, new() where F : struct, IMap2 {
    public static readonly TSelf Op = new();

    public override bool IsCheap => true;

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Number(Same(inputs));

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) => Loops.Run<F>(type, ref a, ref b, ref y, count);

    public override MethodInfo Vector(DType type, Type lane) => Loops.MethodOf<F>(lane);

    public override IEnumerable<Sample> Samples() => [
        new(this, [new(DType.F64, Shape.Of(3, 7)), new(DType.F64, Shape.Of(3, 7))], Low, High, Distinct: true),
        new(this, [new(DType.I32, Shape.Of(5)), new(DType.I32, Shape.Of(5))], 1, 9)];
}

/// <summary>A function of two floats of one type.</summary>
internal abstract record FloatBinary<TSelf, F>(double Low = -2, double High = 2) : ElementwiseOp(2) where TSelf : FloatBinary<TSelf, F>, new() where F : struct, IMap2 {
    public static readonly TSelf Op = new();

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Float(Same(inputs));

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) => Loops.Floats<F>(type, ref a, ref b, ref y, count);

    public override MethodInfo Vector(DType type, Type lane) => Loops.MethodOf<F>(lane);

    public override IEnumerable<Sample> Samples() => [new(this, [new(DType.F64, Shape.Of(3, 7)), new(DType.F64, Shape.Of(3, 7))], Low, High)];
}
