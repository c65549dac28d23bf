using System.Numerics;
using System.Numerics.Tensors;

namespace Diff;

internal readonly struct BandedExp : IBanded {
    public static ReadOnlySpan<Band> Bands<T>() where T : unmanaged => Banded.Exponents<T>();
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Exp(x, y);
    public static T Alone<T>(T x) where T : unmanaged, IFloatingPointIeee754<T> => T.Exp(x);
}

internal readonly struct BandedSinh : IBanded {
    public static ReadOnlySpan<Band> Bands<T>() where T : unmanaged => Banded.Exponents<T>();
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Sinh(x, y);
    public static T Alone<T>(T x) where T : unmanaged, IFloatingPointIeee754<T> => T.Sinh(x);
}

internal readonly struct BandedCosh : IBanded {
    public static ReadOnlySpan<Band> Bands<T>() where T : unmanaged => Banded.Exponents<T>();
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Cosh(x, y);
    public static T Alone<T>(T x) where T : unmanaged, IFloatingPointIeee754<T> => T.Cosh(x);
}

internal readonly struct BandedTanh : IBanded {
    public static ReadOnlySpan<Band> Bands<T>() where T : unmanaged => Banded.Halved<T>();
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Tanh(x, y);
    public static T Alone<T>(T x) where T : unmanaged, IFloatingPointIeee754<T> => T.Tanh(x);
}

internal readonly struct BandedSigmoid : IBanded {
    public static ReadOnlySpan<Band> Bands<T>() where T : unmanaged => Banded.Exponents<T>();
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Sigmoid(x, y);
    public static T Alone<T>(T x) where T : unmanaged, IFloatingPointIeee754<T> => T.One / (T.One + T.Exp(-x));
}

internal readonly struct BandedSin : IBanded {
    public static ReadOnlySpan<Band> Bands<T>() where T : unmanaged => Banded.Angles<T>();
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Sin(x, y);
    public static T Alone<T>(T x) where T : unmanaged, IFloatingPointIeee754<T> => Banded.IsTiny(x) && x != T.Zero ? x - x * (x * x / T.CreateTruncating(6)) : T.Sin(x);
}

internal readonly struct BandedCos : IBanded {
    public static ReadOnlySpan<Band> Bands<T>() where T : unmanaged => Banded.Angles<T>();
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Cos(x, y);
    public static T Alone<T>(T x) where T : unmanaged, IFloatingPointIeee754<T> => Banded.IsTiny(x) ? T.One - x * x / T.CreateTruncating(2) : T.Cos(x);
}

internal readonly struct BandedTan : IBanded {
    public static ReadOnlySpan<Band> Bands<T>() where T : unmanaged => Banded.Moderate;
    public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Tan(x, y);
    public static T Alone<T>(T x) where T : unmanaged, IFloatingPointIeee754<T> => T.Tan(x);
}
