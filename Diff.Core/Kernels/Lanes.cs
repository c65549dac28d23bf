using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Diff;

/// <summary>The few operations a contraction needs of a vector <typeparamref name="V"/> of <typeparamref name="T"/>.</summary>
/// <remarks>Kernels are written once over this interface and compiled for every width; the scalar path is the same
/// source with vectors of one element. That is why the bits agree: a lane never meets another lane here, and
/// <see cref="Fma"/> is the true fused multiply-add everywhere.</remarks>
internal unsafe interface ILanes<T, V> where T : unmanaged where V : unmanaged {
    static abstract int Width { get; }

    /// <summary>How many accumulators fit in the registers beside a row of B and a broadcast of A.</summary>
    static abstract int Accumulators { get; }
    static abstract V Zero { get; }
    static abstract V Load(T* p);
    static abstract void Store(T* p, V v);
    static abstract V Broadcast(T value);

    /// <summary>a·b + c, rounded once.</summary>
    static abstract V Fma(V a, V b, V c);
    static abstract V Add(V a, V b);
    static abstract V And(V a, V b);

    /// <summary>All bits set in the first <paramref name="count"/> lanes.</summary>
    static abstract V Mask(int count);

    /// <summary>Reads only the lanes that are set; the others are +0 and their memory is not touched.</summary>
    static abstract V LoadMasked(T* p, V mask);
    static abstract void StoreMasked(T* p, V mask, V v);
}

/// <summary>Which of the equal paths runs: a choice of speed, never of bits. Tests walk through all of them.</summary>
internal enum SimdPath { Scalar, Vector128, Vector256, Vector512 }

internal static class SimdPaths {
    /// <summary>The widest this machine has. On x86 a 128-bit path would mean a machine without fused multiply-add,
    /// where every one of them is a library call: the scalar path is no slower there.</summary>
    internal static SimdPath Best =>
        Vector512.IsHardwareAccelerated ? SimdPath.Vector512
        : Vector256.IsHardwareAccelerated && Fma.IsSupported ? SimdPath.Vector256
        : AdvSimd.Arm64.IsSupported ? SimdPath.Vector128
        : SimdPath.Scalar;
}

/// <summary>512 bits at a time.</summary>
internal readonly unsafe struct Lanes512<T> : ILanes<T, Vector512<T>> where T : unmanaged {
    public static int Width => Vector512<T>.Count;
    public static int Accumulators => 24;
    public static Vector512<T> Zero => Vector512<T>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load(T* p) => Vector512.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* p, Vector512<T> v) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Broadcast(T value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Fma(Vector512<T> a, Vector512<T> b, Vector512<T> c) => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
        : Vector512.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Add(Vector512<T> a, Vector512<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> And(Vector512<T> a, Vector512<T> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Mask(int count) => typeof(T) == typeof(float)
        ? Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).As<int, T>()
        : Vector512.LessThan(Vector512<long>.Indices, Vector512.Create((long)count)).As<long, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> LoadMasked(T* p, Vector512<T> mask) {
        if (Avx512F.IsSupported) {
            return typeof(T) == typeof(float)
                ? Avx512F.MaskLoad((float*)p, mask.AsSingle(), Vector512<float>.Zero).As<float, T>()
                : Avx512F.MaskLoad((double*)p, mask.AsDouble(), Vector512<double>.Zero).As<double, T>();
        }
        var v = Vector512<T>.Zero;
        for (var i = 0; i < Vector512<T>.Count; i++)
            if (mask.AsByte().GetElement(i * sizeof(T)) != 0) v = v.WithElement(i, p[i]);
        return v;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(T* p, Vector512<T> mask, Vector512<T> v) {
        if (Avx512F.IsSupported) {
            if (typeof(T) == typeof(float)) Avx512F.MaskStore((float*)p, mask.AsSingle(), v.AsSingle());
            else Avx512F.MaskStore((double*)p, mask.AsDouble(), v.AsDouble());
            return;
        }
        for (var i = 0; i < Vector512<T>.Count; i++)
            if (mask.AsByte().GetElement(i * sizeof(T)) != 0) p[i] = v.GetElement(i);
    }
}

/// <summary>256 bits at a time.</summary>
internal readonly unsafe struct Lanes256<T> : ILanes<T, Vector256<T>> where T : unmanaged {
    public static int Width => Vector256<T>.Count;
    public static int Accumulators => 12;
    public static Vector256<T> Zero => Vector256<T>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Load(T* p) => Vector256.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* p, Vector256<T> v) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Broadcast(T value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Fma(Vector256<T> a, Vector256<T> b, Vector256<T> c) => typeof(T) == typeof(float)
        ? Vector256.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
        : Vector256.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Add(Vector256<T> a, Vector256<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> And(Vector256<T> a, Vector256<T> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> Mask(int count) => typeof(T) == typeof(float)
        ? Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).As<int, T>()
        : Vector256.LessThan(Vector256<long>.Indices, Vector256.Create((long)count)).As<long, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<T> LoadMasked(T* p, Vector256<T> mask) {
        if (Avx.IsSupported) {
            return typeof(T) == typeof(float)
                ? Avx.MaskLoad((float*)p, mask.AsSingle()).As<float, T>()
                : Avx.MaskLoad((double*)p, mask.AsDouble()).As<double, T>();
        }
        var v = Vector256<T>.Zero;
        for (var i = 0; i < Vector256<T>.Count; i++)
            if (mask.AsByte().GetElement(i * sizeof(T)) != 0) v = v.WithElement(i, p[i]);
        return v;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(T* p, Vector256<T> mask, Vector256<T> v) {
        if (Avx.IsSupported) {
            if (typeof(T) == typeof(float)) Avx.MaskStore((float*)p, mask.AsSingle(), v.AsSingle());
            else Avx.MaskStore((double*)p, mask.AsDouble(), v.AsDouble());
            return;
        }
        for (var i = 0; i < Vector256<T>.Count; i++)
            if (mask.AsByte().GetElement(i * sizeof(T)) != 0) p[i] = v.GetElement(i);
    }
}

/// <summary>128 bits at a time.</summary>
internal readonly unsafe struct Lanes128<T> : ILanes<T, Vector128<T>> where T : unmanaged {
    public static int Width => Vector128<T>.Count;
    public static int Accumulators => AdvSimd.Arm64.IsSupported ? 24 : 12;
    public static Vector128<T> Zero => Vector128<T>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Load(T* p) => Vector128.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* p, Vector128<T> v) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Broadcast(T value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Fma(Vector128<T> a, Vector128<T> b, Vector128<T> c) => typeof(T) == typeof(float)
        ? Vector128.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).As<float, T>()
        : Vector128.FusedMultiplyAdd(a.AsDouble(), b.AsDouble(), c.AsDouble()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Add(Vector128<T> a, Vector128<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> And(Vector128<T> a, Vector128<T> b) => a & b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> Mask(int count) => typeof(T) == typeof(float)
        ? Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).As<int, T>()
        : Vector128.LessThan(Vector128<long>.Indices, Vector128.Create((long)count)).As<long, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<T> LoadMasked(T* p, Vector128<T> mask) {
        if (Avx.IsSupported) {
            return typeof(T) == typeof(float)
                ? Avx.MaskLoad((float*)p, mask.AsSingle()).As<float, T>()
                : Avx.MaskLoad((double*)p, mask.AsDouble()).As<double, T>();
        }
        var v = Vector128<T>.Zero;
        for (var i = 0; i < Vector128<T>.Count; i++)
            if (mask.AsByte().GetElement(i * sizeof(T)) != 0) v = v.WithElement(i, p[i]);
        return v;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(T* p, Vector128<T> mask, Vector128<T> v) {
        if (Avx.IsSupported) {
            if (typeof(T) == typeof(float)) Avx.MaskStore((float*)p, mask.AsSingle(), v.AsSingle());
            else Avx.MaskStore((double*)p, mask.AsDouble(), v.AsDouble());
            return;
        }
        for (var i = 0; i < Vector128<T>.Count; i++)
            if (mask.AsByte().GetElement(i * sizeof(T)) != 0) p[i] = v.GetElement(i);
    }
}

/// <summary>One element at a time, by <see cref="Math.FusedMultiplyAdd"/>: what the wider paths must equal.</summary>
internal readonly unsafe struct Lanes1<T> : ILanes<T, T> where T : unmanaged {
    public static int Width => 1;
    public static int Accumulators => 12;
    public static T Zero => default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load(T* p) => *p;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* p, T v) => *p = v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Broadcast(T value) => value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Fma(T a, T b, T c) => typeof(T) == typeof(float)
        ? (T)(object)MathF.FusedMultiplyAdd((float)(object)a, (float)(object)b, (float)(object)c)
        : (T)(object)Math.FusedMultiplyAdd((double)(object)a, (double)(object)b, (double)(object)c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Add(T a, T b) => typeof(T) == typeof(float)
        ? (T)(object)((float)(object)a + (float)(object)b)
        : (T)(object)((double)(object)a + (double)(object)b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T And(T a, T b) => typeof(T) == typeof(float)
        ? Unsafe.BitCast<int, T>(Unsafe.BitCast<T, int>(a) & Unsafe.BitCast<T, int>(b))
        : Unsafe.BitCast<long, T>(Unsafe.BitCast<T, long>(a) & Unsafe.BitCast<T, long>(b));

    public static T Mask(int count) =>
        count <= 0 ? default
        : typeof(T) == typeof(float) ? Unsafe.BitCast<int, T>(-1)
        : Unsafe.BitCast<long, T>(-1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T LoadMasked(T* p, T mask) => IsSet(mask) ? *p : default;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(T* p, T mask, T v) {
        if (IsSet(mask)) *p = v;
    }

    private static bool IsSet(T mask) => *(byte*)&mask != 0;
}
