using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Diff;

/// <summary>The few operations a contraction needs of a vector <typeparamref name="V"/> of <typeparamref name="T"/>.</summary>
/// <remarks>Kernels are written once over this interface and compiled for every width; the scalar path is the same
/// source with vectors of one element. That is why the bits agree: a lane never meets another lane here, and
/// <see cref="Fma"/> is the true fused multiply-add everywhere. What an element's type decides stands in a type of its own: a
/// kernel holds hundreds of these operations, and to look at the type in each would be half of what compiling it takes.</remarks>
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
internal unsafe interface ILanes512<T> : ILanes<T, Vector512<T>> where T : unmanaged {
    static int ILanes<T, Vector512<T>>.Width => Vector512<T>.Count;
    static int ILanes<T, Vector512<T>>.Accumulators => 24;
    static Vector512<T> ILanes<T, Vector512<T>>.Zero => Vector512<T>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<T> ILanes<T, Vector512<T>>.Load(T* p) => Vector512.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void ILanes<T, Vector512<T>>.Store(T* p, Vector512<T> v) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<T> ILanes<T, Vector512<T>>.Broadcast(T value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<T> ILanes<T, Vector512<T>>.Add(Vector512<T> a, Vector512<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<T> ILanes<T, Vector512<T>>.And(Vector512<T> a, Vector512<T> b) => a & b;
}

internal readonly unsafe struct Single512 : ILanes512<float> {
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Fma(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Mask(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadMasked(float* p, Vector512<float> mask) =>
        Avx512F.IsSupported ? Avx512F.MaskLoad(p, mask, Vector512<float>.Zero) : LaneByLane.Load(p, mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(float* p, Vector512<float> mask, Vector512<float> v) {
        if (Avx512F.IsSupported) Avx512F.MaskStore(p, mask, v);
        else LaneByLane.Store(p, mask, v);
    }
}

internal readonly unsafe struct Double512 : ILanes512<double> {
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Fma(Vector512<double> a, Vector512<double> b, Vector512<double> c) => Vector512.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Mask(int count) => Vector512.LessThan(Vector512<long>.Indices, Vector512.Create((long)count)).AsDouble();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> LoadMasked(double* p, Vector512<double> mask) =>
        Avx512F.IsSupported ? Avx512F.MaskLoad(p, mask, Vector512<double>.Zero) : LaneByLane.Load(p, mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(double* p, Vector512<double> mask, Vector512<double> v) {
        if (Avx512F.IsSupported) Avx512F.MaskStore(p, mask, v);
        else LaneByLane.Store(p, mask, v);
    }
}

/// <summary>256 bits at a time.</summary>
internal unsafe interface ILanes256<T> : ILanes<T, Vector256<T>> where T : unmanaged {
    static int ILanes<T, Vector256<T>>.Width => Vector256<T>.Count;
    static int ILanes<T, Vector256<T>>.Accumulators => 12;
    static Vector256<T> ILanes<T, Vector256<T>>.Zero => Vector256<T>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<T> ILanes<T, Vector256<T>>.Load(T* p) => Vector256.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void ILanes<T, Vector256<T>>.Store(T* p, Vector256<T> v) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<T> ILanes<T, Vector256<T>>.Broadcast(T value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<T> ILanes<T, Vector256<T>>.Add(Vector256<T> a, Vector256<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector256<T> ILanes<T, Vector256<T>>.And(Vector256<T> a, Vector256<T> b) => a & b;
}

internal readonly unsafe struct Single256 : ILanes256<float> {
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Fma(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Mask(int count) => Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadMasked(float* p, Vector256<float> mask) =>
        Avx.IsSupported ? Avx.MaskLoad(p, mask) : LaneByLane.Load(p, mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(float* p, Vector256<float> mask, Vector256<float> v) {
        if (Avx.IsSupported) Avx.MaskStore(p, mask, v);
        else LaneByLane.Store(p, mask, v);
    }
}

internal readonly unsafe struct Double256 : ILanes256<double> {
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Fma(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Vector256.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Mask(int count) => Vector256.LessThan(Vector256<long>.Indices, Vector256.Create((long)count)).AsDouble();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> LoadMasked(double* p, Vector256<double> mask) =>
        Avx.IsSupported ? Avx.MaskLoad(p, mask) : LaneByLane.Load(p, mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(double* p, Vector256<double> mask, Vector256<double> v) {
        if (Avx.IsSupported) Avx.MaskStore(p, mask, v);
        else LaneByLane.Store(p, mask, v);
    }
}

/// <summary>128 bits at a time.</summary>
internal unsafe interface ILanes128<T> : ILanes<T, Vector128<T>> where T : unmanaged {
    static int ILanes<T, Vector128<T>>.Width => Vector128<T>.Count;
    static int ILanes<T, Vector128<T>>.Accumulators => AdvSimd.Arm64.IsSupported ? 24 : 12;
    static Vector128<T> ILanes<T, Vector128<T>>.Zero => Vector128<T>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<T> ILanes<T, Vector128<T>>.Load(T* p) => Vector128.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void ILanes<T, Vector128<T>>.Store(T* p, Vector128<T> v) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<T> ILanes<T, Vector128<T>>.Broadcast(T value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<T> ILanes<T, Vector128<T>>.Add(Vector128<T> a, Vector128<T> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<T> ILanes<T, Vector128<T>>.And(Vector128<T> a, Vector128<T> b) => a & b;
}

internal readonly unsafe struct Single128 : ILanes128<float> {
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Fma(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Mask(int count) => Vector128.LessThan(Vector128<int>.Indices, Vector128.Create(count)).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> LoadMasked(float* p, Vector128<float> mask) =>
        Avx.IsSupported ? Avx.MaskLoad(p, mask) : LaneByLane.Load(p, mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(float* p, Vector128<float> mask, Vector128<float> v) {
        if (Avx.IsSupported) Avx.MaskStore(p, mask, v);
        else LaneByLane.Store(p, mask, v);
    }
}

internal readonly unsafe struct Double128 : ILanes128<double> {
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Fma(Vector128<double> a, Vector128<double> b, Vector128<double> c) => Vector128.FusedMultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Mask(int count) => Vector128.LessThan(Vector128<long>.Indices, Vector128.Create((long)count)).AsDouble();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> LoadMasked(double* p, Vector128<double> mask) =>
        Avx.IsSupported ? Avx.MaskLoad(p, mask) : LaneByLane.Load(p, mask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(double* p, Vector128<double> mask, Vector128<double> v) {
        if (Avx.IsSupported) Avx.MaskStore(p, mask, v);
        else LaneByLane.Store(p, mask, v);
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

/// <summary>Masked loads and stores where there is no instruction for them.</summary>
file static unsafe class LaneByLane {
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static V Load<T, V>(T* p, V mask) where T : unmanaged where V : unmanaged {
        V v = default;
        for (var i = 0; i < sizeof(V) / sizeof(T); i++)
            if (IsSet<T, V>(&mask, i)) ((T*)&v)[i] = p[i];
        return v;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store<T, V>(T* p, V mask, V v) where T : unmanaged where V : unmanaged {
        for (var i = 0; i < sizeof(V) / sizeof(T); i++)
            if (IsSet<T, V>(&mask, i)) p[i] = ((T*)&v)[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSet<T, V>(V* mask, int i) where T : unmanaged where V : unmanaged => *(byte*)((T*)mask + i) != 0;
}
