using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>A function of two floats without a form for vectors.</summary>
internal interface IScalar {
    static abstract T Run<T>(T a, T b) where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>Functions of floats a lane at a time.</summary>
internal static class Lanewise {
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Each<F, T>(Vector512<T> a, Vector512<T> b) where F : struct, IScalar where T : unmanaged =>
        typeof(T) == typeof(float) ? Of<F, float>(a.AsSingle(), b.AsSingle()).As<float, T>() : Of<F, double>(a.AsDouble(), b.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    static Vector512<T> Of<F, T>(Vector512<T> a, Vector512<T> b) where F : struct, IScalar where T : unmanaged, IFloatingPointIeee754<T> {
        Span<T> left = stackalloc T[Vector512<T>.Count], right = stackalloc T[Vector512<T>.Count];
        a.CopyTo(left);
        b.CopyTo(right);
        for (var i = 0; i < left.Length; i++) left[i] = F.Run(left[i], right[i]);
        return Vector512.Create<T>(left);
    }
}
