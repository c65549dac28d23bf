using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>a − b⌊a/b⌋ of floats: it has the sign of b, as in Python, NumPy and JAX (C#'s % has that of a).</summary>
internal sealed record ModOp() : FloatBinary<ModOp, ModOp.Map>(1.1, 2) {
    public readonly struct Map : IMap2, IScalar {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Lanewise.Each<Map, T>(a, b);

        /// <summary>The remainder of C# is exact; only its sign may have to be mended.</summary>
        public static T Run<T>(T a, T b) where T : unmanaged, IFloatingPointIeee754<T> {
            var r = a % b;
            return r == T.Zero ? T.CopySign(r, b) : r < T.Zero != b < T.Zero ? r + b : r;
        }
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        [AddOp.Sum(tangents[0], tangents[1] is { } b ? -(b * Graph.Apply(FloorDivOp.Op, inputs)) : null)];

    // One number of a grid over another is never whole but for equals, which Distinct keeps apart.
    public override IEnumerable<Sample> Samples() => [.. base.Samples().Select(s => s with { Distinct = true })];
}

/// <summary>⌊a/b⌋ of floats. No derivative.</summary>
internal sealed record FloorDivOp() : FloatBinary<FloorDivOp, FloorDivOp.Map>(1.1, 2) {
    public readonly struct Map : IMap2, IScalar {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Lanewise.Each<Map, T>(a, b);

        // ⌊a/b⌋ of the rounded quotient may be one too many (1/0.1 is 10, of which 0.1 fits 9 times): take the remainder off first.
        public static T Run<T>(T a, T b) where T : unmanaged, IFloatingPointIeee754<T> {
            if (b == T.Zero) return a / b;
            if (T.IsInfinity(b)) return !T.IsFinite(a) ? T.NaN : a == T.Zero || T.IsNegative(a) == T.IsNegative(b) ? T.CopySign(T.Zero, a / b) : -T.One;
            var q = (a - ModOp.Map.Run(a, b)) / b;
            return q == T.Zero ? T.CopySign(T.Zero, a / b) : T.Round(q);
        }
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override IEnumerable<Sample> Samples() => [.. base.Samples().Select(s => s with { Distinct = true })];
}

/// <summary>⌊a/b⌋ of integers, or what is left, a − b⌊a/b⌋. Division by zero is an error.</summary>
/// <remarks>Not an elementwise op, whose blocks are padded with zeros: it could not tell those from a divisor of zero.</remarks>
internal sealed record IntegerDivOp(bool Remainder) : Op {
    public override string Name => Remainder ? "Mod" : "FloorDiv";

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var (a, b) = (inputs[0], inputs[1]);
        if (a.DType != b.DType) throw new DTypeException($"{Name}: dtypes {a.DType.Name()} and {b.DType.Name()} differ.");
        if (a.DType is not (DType.I32 or DType.I64 or DType.U32)) throw new DTypeException($"{Name} takes numbers, not {a.DType.Name()}.");
        if (!a.Shape.Equals(b.Shape)) throw new ShapeException($"{Name}: shapes {a.Shape} and {b.Shape} differ.");
        return [a];
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        switch (outputs[0].DType) {
            case DType.I32: Run<int>(inputs[0], inputs[1], outputs[0].Span<int>()); break;
            case DType.I64: Run<long>(inputs[0], inputs[1], outputs[0].Span<long>()); break;
            default: Run<uint>(inputs[0], inputs[1], outputs[0].Span<uint>()); break;
        }
    }

    void Run<T>(View left, View right, Span<T> y) where T : unmanaged, IBinaryInteger<T> {
        var a = left.Values<T>(Scratch.Slot.Left);
        var b = right.Values<T>(Scratch.Slot.Right);
        for (var i = 0; i < y.Length; i++) {
            if (b[i] == T.Zero) throw new DomainException($"{Name}: element {i} is {a[i]} by 0, which no integer is. Divide floats for ∞: x.To(DType.F32).");
            // The one quotient that does not fit wraps, like every sum: C# would throw.
            var least = b[i] == -T.One;
            var (q, r) = least && b[i] < T.Zero ? (unchecked(-a[i]), T.Zero) : T.DivRem(a[i], b[i]);
            if (r != T.Zero && r < T.Zero != b[i] < T.Zero) (q, r) = (q - T.One, r + b[i]);
            y[i] = Remainder ? r : q;
        }
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(this, Repeated(inputs, batched, size));

    public override IEnumerable<Sample> Samples() =>
        from remainder in new[] { true, false }
        from type in new[] { DType.I32, DType.I64, DType.U32 }
        select new Sample(new IntegerDivOp(remainder), [new(type, Shape.Of(3, 7)), new(type, Shape.Of(3, 7))], 1, 9);
}

/// <summary>√(a² + b²) without overflow on the way; its slope at the origin is 0.</summary>
internal sealed record HypotOp() : FloatBinary<HypotOp, HypotOp.Map>(0.2, 3) {
    public readonly struct Map : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Powers.Hypot(a, b);
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var length = Functions.Where(outputs[0].Eq(0), 1, outputs[0]);
        return [AddOp.Sum(tangents[0] is { } a ? a * (inputs[0] / length) : null, tangents[1] is { } b ? b * (inputs[1] / length) : null)];
    }
}

/// <summary>x ln y, and 0 where x is 0: the limit, which the product would make NaN of.</summary>
internal sealed record XlogyOp() : FloatBinary<XlogyOp, XlogyOp.Map>(0.2, 3) {
    public readonly struct Map : IMap2 {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> {
            var product = a * Logarithms.Log(b);
            return Vector512.ConditionalSelect(Vector512.Equals(a, Vector512<T>.Zero) & Vector512.Equals(b, b), Vector512<T>.Zero, product);
        }
    }

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (x, y) = (inputs[0], inputs[1]);
        return [AddOp.Sum(tangents[0] is { } tx ? tx * Functions.Log(y) : null,
            tangents[1] is { } ty ? ty * (x / Functions.Where(x.Eq(0) & y.Eq(0), 1, y)) : null)];
    }
}

/// <summary>a·b + c, rounded once.</summary>
internal sealed record FmaOp() : ElementwiseOp(3) {
    public static readonly FmaOp Op = new();

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) => Float(Same(inputs[..2]) is var _ ? Same(inputs[1..]) : default);

    public readonly struct Map : IMap3 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b, Vector512<T> c) where T : unmanaged, INumber<T> => Wide.Fma(a, b, c);
    }

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) => Loops.Floats<Map>(type, ref a, ref b, ref c, ref y, count);

    public override MethodInfo Vector(DType type, Type lane) => Loops.MethodOf<Map>(lane);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        [AddOp.Sum(AddOp.Sum(tangents[0] is { } a ? a * inputs[1] : null, tangents[1] is { } b ? inputs[0] * b : null), tangents[2])];

    public override IEnumerable<Sample> Samples() => [new(this, [.. Enumerable.Repeat(new TensorType(DType.F64, Shape.Of(3, 7)), 3)])];
}

/// <summary>⌊x·2ˢ⌋ (or ⌊x/2ˢ⌋) of integers, wrapped to the type, for every s: C# would take s modulo the number of bits.</summary>
internal sealed record ShiftOp(bool Left) : PlainElementwiseOp(2) {
    public override string Name => Left ? "ShiftLeft" : "ShiftRight";

    protected override DType DTypeOf(ReadOnlySpan<DType> inputs) =>
        Same(inputs) is var t && t is DType.I32 or DType.I64 or DType.U32 ? t : throw Refuses(t, "integers");

    public override void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) {
        switch (type) {
            case DType.I32: Run<int>(ref a, ref b, ref y, count, 32); break;
            case DType.I64: Run<long>(ref a, ref b, ref y, count, 64); break;
            default: Run<uint>(ref a, ref b, ref y, count, 32); break;
        }
    }

    void Run<T>(ref byte x, ref byte by, ref byte y, int count, int bits) where T : unmanaged, IBinaryInteger<T> {
        for (nint i = 0; i < count; i++) Unsafe.Add(ref Unsafe.As<byte, T>(ref y), i) = Of(Unsafe.Add(ref Unsafe.As<byte, T>(ref x), i), Unsafe.Add(ref Unsafe.As<byte, T>(ref by), i), bits);
    }

    T Of<T>(T x, T by, int bits) where T : unmanaged, IBinaryInteger<T> {
        var s = long.CreateSaturating(by);
        if (!Left) s = s == long.MinValue ? long.MaxValue : -s;
        return s >= bits ? T.Zero : s >= 0 ? x << (int)s : s > -bits ? x >> (int)-s : x < T.Zero ? -T.One : T.Zero;
    }

    public override IEnumerable<Sample> Samples() =>
        from left in new[] { true, false }
        from type in new[] { DType.I32, DType.I64, DType.U32 }
        select new Sample(new ShiftOp(left), [new(type, Shape.Of(3, 7)), new(type, Shape.Of(3, 7))], 0, 9);
}
