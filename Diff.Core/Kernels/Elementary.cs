using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
namespace Diff;
// TEMPORARY until the vector functions are here.
internal static class Elementary {
    interface IOld { static abstract void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>; }
    [MethodImpl(MethodImplOptions.NoInlining)]
    static Vector512<T> Old<F, T>(Vector512<T> x) where F : IOld where T : unmanaged {
        if (typeof(T) == typeof(float)) { Span<float> s = stackalloc float[16]; x.AsSingle().CopyTo(s); F.Run<float>(s, s); return Vector512.Create<float>(s).As<float, T>(); }
        Span<double> d = stackalloc double[16]; d.Clear(); x.AsDouble().CopyTo(d); F.Run<double>(d, d); return Vector512.Create<double>(d[..8]).As<double, T>();
    }
    struct O1 : IOld { public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedExp>(x, y); }
    public static Vector512<T> Exp<T>(Vector512<T> x) where T : unmanaged => Old<O1, T>(x);
    struct O2 : IOld { public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => TensorPrimitives.Log(x, y); }
    public static Vector512<T> Log<T>(Vector512<T> x) where T : unmanaged => Old<O2, T>(x);
    struct O3 : IOld { public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedSin>(x, y); }
    public static Vector512<T> Sin<T>(Vector512<T> x) where T : unmanaged => Old<O3, T>(x);
    struct O4 : IOld { public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedCos>(x, y); }
    public static Vector512<T> Cos<T>(Vector512<T> x) where T : unmanaged => Old<O4, T>(x);
    struct O5 : IOld { public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedTan>(x, y); }
    public static Vector512<T> Tan<T>(Vector512<T> x) where T : unmanaged => Old<O5, T>(x);
    struct O6 : IOld { public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => NearZero.Run<T, SinhNearZero>(x, y); }
    public static Vector512<T> Sinh<T>(Vector512<T> x) where T : unmanaged => Old<O6, T>(x);
    struct O7 : IOld { public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedCosh>(x, y); }
    public static Vector512<T> Cosh<T>(Vector512<T> x) where T : unmanaged => Old<O7, T>(x);
    struct O8 : IOld { public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => NearZero.Run<T, TanhNearZero>(x, y); }
    public static Vector512<T> Tanh<T>(Vector512<T> x) where T : unmanaged => Old<O8, T>(x);
    struct O9 : IOld { public static void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> => Banded.Run<T, BandedSigmoid>(x, y); }
    public static Vector512<T> Sigmoid<T>(Vector512<T> x) where T : unmanaged => Old<O9, T>(x);
    struct S1 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.Abs(v) > T.One ? T.Exp(v) - T.One : T.Abs(v) < T.CreateTruncating(1e-20) ? v : (T.One + T.One) * T.Exp(v / (T.One + T.One)) * T.Sinh(v / (T.One + T.One)); }
    public static Vector512<T> Expm1<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S1, T>(x);
    struct S2 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> { var u = T.One + v; return u == T.One ? v : T.IsPositiveInfinity(u) ? u : T.Log(u) * (v / (u - T.One)); } }
    public static Vector512<T> Log1p<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S2, T>(x);
    struct S3 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.Asin(v); }
    public static Vector512<T> Asin<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S3, T>(x);
    struct S4 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.Acos(v); }
    public static Vector512<T> Acos<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S4, T>(x);
    struct S5 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.Atan(v); }
    public static Vector512<T> Atan<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S5, T>(x);
    struct S6 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(Special.Erf(double.CreateTruncating(v))); }
    public static Vector512<T> Erf<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S6, T>(x);
    struct S7 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(Special.Erfc(double.CreateTruncating(v))); }
    public static Vector512<T> Erfc<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S7, T>(x);
    struct S8 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.Pow(T.One + T.One, v); }
    public static Vector512<T> Exp2<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S8, T>(x);
    struct S9 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.Log2(v); }
    public static Vector512<T> Log2<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S9, T>(x);
    struct S10 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.Log10(v); }
    public static Vector512<T> Log10<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S10, T>(x);
    struct S11 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.Cbrt(v); }
    public static Vector512<T> Cbrt<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S11, T>(x);
    struct S12 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.Asinh(v); }
    public static Vector512<T> Asinh<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S12, T>(x);
    struct S13 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.Acosh(v); }
    public static Vector512<T> Acosh<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S13, T>(x);
    struct S14 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> => T.Atanh(v); }
    public static Vector512<T> Atanh<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S14, T>(x);
    struct S15 : IScalar1 { public static T Run<T>(T v) where T : unmanaged, IFloatingPointIeee754<T> {
        var d = double.CreateTruncating(v); var b = new Vector<double>(Math.Abs(d) < 1 ? d : 0); return T.CreateTruncating(Math.Abs(d) < 1 ? InverseErf.Of(b)[0] : Math.Abs(d) == 1 ? d / 0.0 : double.NaN); } }
    public static Vector512<T> ErfInv<T>(Vector512<T> x) where T : unmanaged => Lanewise.Each<S15, T>(x);
    struct S16 : IScalar2 { public static T Run<T>(T a, T b) where T : unmanaged, IFloatingPointIeee754<T> => T.Pow(a, b); }
    public static Vector512<T> Pow<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged => Lanewise.Each<S16, T>(a, b);
    struct S17 : IScalar2 { public static T Run<T>(T a, T b) where T : unmanaged, IFloatingPointIeee754<T> => T.Atan2(a, b); }
    public static Vector512<T> Atan2<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged => Lanewise.Each<S17, T>(a, b);
    struct S18 : IScalar2 { public static T Run<T>(T a, T b) where T : unmanaged, IFloatingPointIeee754<T> => T.Hypot(a, b); }
    public static Vector512<T> Hypot<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged => Lanewise.Each<S18, T>(a, b);
}
