using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>How two numbers may compare.</summary>
internal enum Comparison : byte { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual }

/// <summary>Bools: in memory a byte of 0 or 1 each, in vectors a mask, all bits of a lane or none. Blocks are multiples of 16 elements.</summary>
internal static class Masks {
    public readonly struct Equal : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Vector512.Equals(a, b);
    }

    public readonly struct NotEqual : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => ~Vector512.Equals(a, b);
    }

    public readonly struct Less : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Vector512.LessThan(a, b);
    }

    public readonly struct LessOrEqual : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Vector512.LessThanOrEqual(a, b);
    }

    public readonly struct Greater : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Vector512.LessThan(b, a);
    }

    public readonly struct GreaterOrEqual : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Vector512.LessThanOrEqual(b, a);
    }

    /// <summary>y = when ? a : b.</summary>
    public readonly struct Choose : IMap3 {
        public static Vector512<T> Run<T>(Vector512<T> when, Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => Vector512.ConditionalSelect(when, a, b);
    }

    public readonly struct And : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => a & b;
    }

    public readonly struct Or : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => a | b;
    }

    public readonly struct Xor : IMap2 {
        public static Vector512<T> Run<T>(Vector512<T> a, Vector512<T> b) where T : unmanaged, INumber<T> => a ^ b;
    }

    public readonly struct Not : IMap1 {
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => ~x;
    }


    /// <summary>Whether a number is other than 0.</summary>
    public readonly struct OfNumber : IMap1 {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<T> Run<T>(Vector512<T> x) where T : unmanaged, INumber<T> => ~Vector512.Equals(x, Vector512<T>.Zero);
    }

    /// <summary>y = a compared to b, as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compare<F, T>(ref byte a, ref byte b, ref byte y, int count) where F : struct, IMap2 where T : unmanaged, INumber<T> {
        for (nint i = 0; i < count; i += Vector512<T>.Count) Store(F.Run(Loops.Load<T>(ref a, i), Loops.Load<T>(ref b, i)), ref y, i);
    }

    /// <summary>y = when ? a : b, when as bytes. T is any type of that size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Select<T>(ref byte when, ref byte a, ref byte b, ref byte y, int count) where T : unmanaged, INumber<T> {
        for (nint i = 0; i < count; i += Vector512<T>.Count) Loops.Store(Choose.Run(Load<T>(ref when, i), Loops.Load<T>(ref a, i), Loops.Load<T>(ref b, i)), ref y, i);
    }

    /// <summary>The same of bools: no vector, nobody does this in a hot loop.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CompareBytes<F>(ref byte a, ref byte b, ref byte y, int count) where F : struct, IMap2 {
        for (nint i = 0; i < count; i++) Unsafe.Add(ref y, i) = (byte)(F.Run(Vector512.Create(Unsafe.Add(ref a, i)), Vector512.Create(Unsafe.Add(ref b, i)))[0] & 1);
    }

    /// <summary>The same of bools.</summary>
    public static void SelectBytes(ref byte when, ref byte a, ref byte b, ref byte y, int count) {
        for (nint i = 0; i < count; i++) Unsafe.Add(ref y, i) = Unsafe.Add(ref when, i) != 0 ? Unsafe.Add(ref a, i) : Unsafe.Add(ref b, i);
    }

    /// <summary>Bytes of 0 or 1 as the mask of a vector, that begins with element i of the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Load<T>(ref byte block, nint i) where T : unmanaged {
        if (Unsafe.SizeOf<T>() == 4) {
            var words = Vector256.WidenLower(Vector256.Create(Vector128.LoadUnsafe(ref block, (nuint)i), Vector128<byte>.Zero));
            return (-Vector512.WidenLower(Vector512.Create(words, Vector256<ushort>.Zero)).AsInt32()).As<int, T>();
        }
        var eight = Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref block, i))).AsByte();
        var four = Vector128.WidenLower(eight);
        var wide = Vector256.Create(Vector128.WidenLower(four), Vector128.WidenUpper(four));
        return (-Vector512.Create(Vector256.WidenLower(wide), Vector256.WidenUpper(wide)).AsInt64()).As<long, T>();
    }

    /// <summary>The first byte of a block as the mask of every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<T> Repeat<T>(ref byte block) where T : unmanaged => (block == 0 ? Vector512<byte>.Zero : Vector512<byte>.AllBitsSet).As<byte, T>();

    /// <summary>A mask as bytes of 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Vector512<T> mask, ref byte block, nint i) where T : unmanaged {
        var bits = mask.ExtractMostSignificantBits();
        Spread((byte)bits, ref block, i);
        if (Unsafe.SizeOf<T>() == 4) Spread((byte)(bits >> 8), ref block, i + 8);
    }

    /// <summary>The mask of lanes of another type of the same size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<U> As<T, U>(Vector512<T> mask) where T : unmanaged where U : unmanaged => mask.As<T, U>();

    // Eight bits into eight bytes of 0 or 1: copy the byte everywhere, keep a different bit of each, move it to the bottom.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Spread(byte bits, ref byte to, nint at) {
        var spread = (bits * 0x0101010101010101UL) & 0x8040201008040201UL;
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, at), (spread + 0x00406070787C7E7FUL) >> 7 & 0x0101010101010101UL);
    }
}
