using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>Numbers of one type as numbers of another of the same size: a float loses its fraction on the way to an integer, and saturates; NaN is 0.</summary>
internal static class Conversions {
    public static Vector512<int> F32ToI32(Vector512<float> x) => Vector512.ConvertToInt32(x);

    public static Vector512<uint> F32ToU32(Vector512<float> x) => Vector512.ConvertToUInt32(x);

    public static Vector512<float> I32ToF32(Vector512<int> x) => Vector512.ConvertToSingle(x);

    public static Vector512<float> U32ToF32(Vector512<uint> x) => Vector512.ConvertToSingle(x);

    public static Vector512<long> F64ToI64(Vector512<double> x) => Vector512.ConvertToInt64(x);

    public static Vector512<double> I64ToF64(Vector512<long> x) => Vector512.ConvertToDouble(x);

    /// <summary>1 where the mask is set, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> OfMask<TMask, T>(Vector512<TMask> mask) where TMask : unmanaged where T : unmanaged, INumber<T> => mask.As<TMask, T>() & Vector512<T>.One;
}
