using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>Arithmetic of one operand, on each lane alone. A comparison gives a mask: all bits of a lane, or none.</summary>
internal interface IMap1 {
    static abstract Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T>;
}

/// <summary>Arithmetic so long that a compiled loop takes one such function: two pass what the compiler inlines into one method, and keep the processor
/// waiting for one vector where it could compute several.</summary>
internal interface ILong;

/// <summary>Arithmetic of two operands.</summary>
internal interface IMap2 {
    static abstract Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T>;
}

/// <summary>Arithmetic of three operands.</summary>
internal interface IMap3 {
    static abstract Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b, Vector512<T> c) where T : unmanaged, INumber<T>;
}

/// <summary>Arithmetic over blocks in memory, a vector at a time.</summary>
/// <remarks>Vectors are of 512 bits on every machine: where the hardware has less, the compiler makes several of one, and no lane ever
/// meets another, so the bits are the same. Blocks are multiples of 16 elements; the result may lie exactly over an operand.</remarks>
internal static class Loops {
    public static void Run<F>(DType type, ref byte x, ref byte y, int count) where F : struct, IMap1 {
        switch (type) {
            case DType.F32: Map<F, float>(ref x, ref y, count); break;
            case DType.F64: Map<F, double>(ref x, ref y, count); break;
            case DType.I32: Map<F, int>(ref x, ref y, count); break;
            case DType.I64: Map<F, long>(ref x, ref y, count); break;
            default: Map<F, uint>(ref x, ref y, count); break;
        }
    }

    public static void Run<F>(DType type, ref byte a, ref byte b, ref byte y, int count) where F : struct, IMap2 {
        switch (type) {
            case DType.F32: Map<F, float>(ref a, ref b, ref y, count); break;
            case DType.F64: Map<F, double>(ref a, ref b, ref y, count); break;
            case DType.I32: Map<F, int>(ref a, ref b, ref y, count); break;
            case DType.I64: Map<F, long>(ref a, ref b, ref y, count); break;
            default: Map<F, uint>(ref a, ref b, ref y, count); break;
        }
    }

    public static void Floats<F>(DType type, ref byte x, ref byte y, int count) where F : struct, IMap1 {
        if (type == DType.F32) Map<F, float>(ref x, ref y, count);
        else Map<F, double>(ref x, ref y, count);
    }

    public static void Floats<F>(DType type, ref byte a, ref byte b, ref byte y, int count) where F : struct, IMap2 {
        if (type == DType.F32) Map<F, float>(ref a, ref b, ref y, count);
        else Map<F, double>(ref a, ref b, ref y, count);
    }

    public static void Floats<F>(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count) where F : struct, IMap3 {
        if (type == DType.F32) Map<F, float>(ref a, ref b, ref c, ref y, count);
        else Map<F, double>(ref a, ref b, ref c, ref y, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Map<F, T>(ref byte x, ref byte y, int count) where F : struct, IMap1 where T : unmanaged, INumber<T> {
        for (nint i = 0; i < count; i += Vector512<T>.Count) Store(F.Run(Load<T>(ref x, i)), ref y, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Map<F, T>(ref byte a, ref byte b, ref byte y, int count) where F : struct, IMap2 where T : unmanaged, INumber<T> {
        for (nint i = 0; i < count; i += Vector512<T>.Count) Store(F.Run(Load<T>(ref a, i), Load<T>(ref b, i)), ref y, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Map<F, T>(ref byte a, ref byte b, ref byte c, ref byte y, int count) where F : struct, IMap3 where T : unmanaged, INumber<T> {
        for (nint i = 0; i < count; i += Vector512<T>.Count) Store(F.Run(Load<T>(ref a, i), Load<T>(ref b, i), Load<T>(ref c, i)), ref y, i);
    }

    /// <summary>The vector that begins with element i of a block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load<T>(ref byte block, nint i) where T : unmanaged => Vector512.LoadUnsafe(ref Unsafe.As<byte, T>(ref block), (nuint)i);

    /// <summary>A block's first element in every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Repeat<T>(ref byte block) where T : unmanaged => Vector512.Create(Unsafe.As<byte, T>(ref block));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Vector512<T> v, ref byte block, nint i) where T : unmanaged => v.StoreUnsafe(ref Unsafe.As<byte, T>(ref block), (nuint)i);

    /// <summary>The method that does a map's arithmetic on a vector of lanes, for loops that are compiled at run time.</summary>
    public static MethodInfo MethodOf<F>(Type lane) where F : struct =>
        Array.Find(typeof(F).GetMethods(), m => m.Name == "Run" && m.ReturnType.IsGenericType)!.MakeGenericMethod(lane);
}
