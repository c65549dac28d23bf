using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Diff;

/// <summary>A function of one number, computed in f64 to the digits that the result keeps.</summary>
internal interface IUnary {
    /// <summary>Right to 2⁻²⁹ of the value and in all of f32's range where T is f32, to 2⁻⁵² where it is f64.</summary>
    static abstract Vector512<double> Of<T>(Vector512<double> x) where T : unmanaged;
}

/// <summary>A function of two numbers, computed in f64 to the digits that the result keeps.</summary>
internal interface IBinary {
    /// <inheritdoc cref="IUnary.Of"/>
    static abstract Vector512<double> Of<T>(Vector512<double> x, Vector512<double> y) where T : unmanaged;
}

/// <summary>What the elementary functions need of 512-bit vectors beyond the operators.</summary>
/// <remarks>Only operations that IEEE 754 defines to the bit, so that a value does not know the width of the machine: never an estimate,
/// never a conversion of what is out of range, and true fused multiply-add where it says Fma. Most functions of f32 are computed in f64:
/// rounded once at the end they are right to 0.51 ulp, subnormal results included, without a correction anywhere.</remarks>
internal static class Wide {
    /// <summary>F of 16 f32, as two times 8 f64, or of 8 f64.</summary>
    /// <remarks>These are long: two of them would pass what the compiler inlines into one method, see <see cref="ILong"/>. For the same reason
    /// it is a call, with one copy for both halves, where every 512-bit operation is two of 256.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Map<T, F>(Vector512<T> x) where T : unmanaged where F : IUnary {
        if (!Vector512.IsHardwareAccelerated) return Called<T, F>(x);
        if (typeof(T) == typeof(double)) return F.Of<T>(x.AsDouble()).As<double, T>();
        var (low, high) = Vector512.Widen(x.AsSingle());
        return Vector512.Narrow(F.Of<T>(low), F.Of<T>(high)).As<float, T>();
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    static Vector512<T> Called<T, F>(in Vector512<T> x) where T : unmanaged where F : IUnary {
        if (typeof(T) == typeof(double)) return F.Of<T>(x.AsDouble()).As<double, T>();
        var (low, high) = Vector512.Widen(x.AsSingle());
        for (var i = 0; i < 2; i++) (low, high) = (high, F.Of<T>(low));
        return Narrow(low, high).As<float, T>();
    }

    /// <summary>F of 16 pairs of f32, or of 8 pairs of f64: a call.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static Vector512<T> Map<T, F>(in Vector512<T> x, in Vector512<T> y) where T : unmanaged where F : IBinary {
        if (typeof(T) == typeof(double)) return F.Of<T>(x.AsDouble(), y.AsDouble()).As<double, T>();
        var (xLow, xHigh) = Vector512.Widen(x.AsSingle());
        var (yLow, yHigh) = Vector512.Widen(y.AsSingle());
        if (Vector512.IsHardwareAccelerated) return Vector512.Narrow(F.Of<T>(xLow, yLow), F.Of<T>(xHigh, yHigh)).As<float, T>();
        for (var i = 0; i < 2; i++) (xLow, yLow, xHigh) = (xHigh, yHigh, F.Of<T>(xLow, yLow));
        return Narrow(xLow, xHigh).As<float, T>();
    }

    // Vector512.Narrow goes element by element where there are no 512-bit registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Narrow(Vector512<double> low, Vector512<double> high) =>
        Vector512.Create(Vector256.Narrow(low.GetLower(), low.GetUpper()), Vector256.Narrow(high.GetLower(), high.GetUpper()));

    /// <summary>f of each element by itself.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static Vector512<double> Each(Vector512<double> x, Func<double, double> f) {
        Span<double> y = stackalloc double[Vector512<double>.Count];
        x.CopyTo(y);
        foreach (ref var v in y) v = f(v);
        return Vector512.Create<double>(y);
    }

    /// <summary>f of each pair by itself.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static Vector512<double> Each(Vector512<double> x, Vector512<double> y, Func<double, double, double> f) {
        Span<double> z = stackalloc double[Vector512<double>.Count];
        x.CopyTo(z);
        for (var i = 0; i < z.Length; i++) z[i] = f(z[i], y[i]);
        return Vector512.Create<double>(z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Splat<T>(double c) where T : unmanaged =>
        typeof(T) == typeof(float) ? Vector512.Create((float)c).As<float, T>() : Vector512.Create(c).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Splat(double c) => Vector512.Create(c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Floor<T>(Vector512<T> x) where T : unmanaged => typeof(T) == typeof(float) ? Vector512.Floor(x.AsSingle()).As<float, T>() : Vector512.Floor(x.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Ceiling<T>(Vector512<T> x) where T : unmanaged => typeof(T) == typeof(float) ? Vector512.Ceiling(x.AsSingle()).As<float, T>() : Vector512.Ceiling(x.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Truncate<T>(Vector512<T> x) where T : unmanaged => typeof(T) == typeof(float) ? Vector512.Truncate(x.AsSingle()).As<float, T>() : Vector512.Truncate(x.AsDouble()).As<double, T>();

    /// <summary>To the nearest whole number, halves to the even one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Round<T>(Vector512<T> x) where T : unmanaged => typeof(T) == typeof(float) ? Vector512.Round(x.AsSingle()).As<float, T>() : Vector512.Round(x.AsDouble()).As<double, T>();

    /// <summary>a·b + c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Fma<T>(Vector512<T> a, Vector512<T> b, Vector512<T> c) where T : unmanaged => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
        : Vector512.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Fma<T>(Vector512<T> a, double b, Vector512<T> c) where T : unmanaged => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(a.AsSingle(), Vector512.Create((float)b), c.AsSingle()).As<float, T>()
        : Vector512.FusedMultiplyAdd(a.AsDouble(), Vector512.Create(b), c.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Fma<T>(Vector512<T> a, Vector512<T> b, double c) where T : unmanaged => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), Vector512.Create((float)c)).As<float, T>()
        : Vector512.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), Vector512.Create(c)).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Fma<T>(Vector512<T> a, double b, double c) where T : unmanaged => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(a.AsSingle(), Vector512.Create((float)b), Vector512.Create((float)c)).As<float, T>()
        : Vector512.FusedMultiplyAdd(a.AsDouble(), Vector512.Create(b), Vector512.Create(c)).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Select<T>(Vector512<T> mask, Vector512<T> yes, Vector512<T> no) where T : unmanaged => Vector512.ConditionalSelect(mask, yes, no);

    /// <summary>x, or the bound where it is above; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> AtMost<T>(Vector512<T> x, double bound) where T : unmanaged =>
        typeof(T) == typeof(float) ? Vector512.MinNative(Splat<float>(bound), x.AsSingle()).As<float, T>() : Vector512.MinNative(Splat(bound), x.AsDouble()).As<double, T>();

    /// <summary>x, or the bound where it is below; NaN stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> AtLeast<T>(Vector512<T> x, double bound) where T : unmanaged =>
        typeof(T) == typeof(float) ? Vector512.MaxNative(Splat<float>(bound), x.AsSingle()).As<float, T>() : Vector512.MaxNative(Splat(bound), x.AsDouble()).As<double, T>();

    /// <summary>1½·2⁵² (f32: 1½·2²³): what is added to it is rounded to a whole number, which stands in the lowest bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Whole<T>() where T : unmanaged => Splat<T>(typeof(T) == typeof(float) ? 12582912 : 6755399441055744);

    /// <summary>2ᵏ of k = whole − Whole, which must be an exponent of a normal number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> PowerOfTwo<T>(Vector512<T> whole) where T : unmanaged => typeof(T) == typeof(float)
        ? ((whole.AsInt32() + Vector512.Create(127)) << 23).As<int, T>()
        : ((whole.AsInt64() + Vector512.Create(1023L)) << 52).As<long, T>();

    /// <summary>x·2ᵏ, rounded once where it is subnormal; k is whole and no larger than twice the exponents of the type, x near 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Scale<T>(Vector512<T> x, Vector512<T> k) where T : unmanaged {
        if (Avx512F.IsSupported) {
            return typeof(T) == typeof(float)
                ? Avx512F.Scale(x.AsSingle(), k.AsSingle()).As<float, T>() : Avx512F.Scale(x.AsDouble(), k.AsDouble()).As<double, T>();
        }
        var half = Fma(k, 0.5, Whole<T>());
        return x * PowerOfTwo(half) * PowerOfTwo(k - (half - Whole<T>()) + Whole<T>());
    }

    // Polynomials by Horner's rule, the constant first. Spelled out: one made of the next would be a call deeper at each term, and
    // where a vector is two the compiler runs out of locals.

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Poly<T>(Vector512<T> x, double a, double b, double c) where T : unmanaged => Fma(x, Fma(x, c, b), a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Poly<T>(Vector512<T> x, double a, double b, double c, double d) where T : unmanaged => Fma(x, Fma(x, Fma(x, d, c), b), a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Poly<T>(Vector512<T> x, double a, double b, double c, double d, double e) where T : unmanaged =>
        Fma(x, Fma(x, Fma(x, Fma(x, e, d), c), b), a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Poly<T>(Vector512<T> x, double a, double b, double c, double d, double e, double f) where T : unmanaged =>
        Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, f, e), d), c), b), a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Poly<T>(Vector512<T> x, double a, double b, double c, double d, double e, double f, double g) where T : unmanaged =>
        Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, g, f), e), d), c), b), a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Poly<T>(Vector512<T> x, double a, double b, double c, double d, double e, double f, double g, double h) where T : unmanaged =>
        Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, h, g), f), e), d), c), b), a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Poly<T>(Vector512<T> x, double a, double b, double c, double d, double e, double f, double g, double h, double i, double j) where T : unmanaged =>
        Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, j, i), h), g), f), e), d), c), b), a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Poly<T>(Vector512<T> x, double a, double b, double c, double d, double e, double f, double g, double h, double i, double j, double k) where T : unmanaged =>
        Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, k, j), i), h), g), f), e), d), c), b), a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Poly<T>(Vector512<T> x, double a, double b, double c, double d, double e, double f, double g, double h, double i, double j, double k, double l) where T : unmanaged =>
        Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, l, k), j), i), h), g), f), e), d), c), b), a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Poly<T>(Vector512<T> x, double a, double b, double c, double d, double e, double f, double g, double h, double i, double j,
        Vector512<T> rest) where T : unmanaged =>
        Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, Fma(x, rest, j), i), h), g), f), e), d), c), b), a);
}
