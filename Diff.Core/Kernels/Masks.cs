using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>How two numbers may compare.</summary>
internal enum Comparison : byte { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual }

/// <summary>Comparisons to one byte an element, and selection by such bytes. Blocks are multiples of 16 elements.</summary>
internal static class Masks {
    public static void Compare<T>(Comparison how, ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<bool> y) where T : unmanaged, INumber<T> {
        switch (how) {
            case Comparison.Equal: Compare<T, EqualTo>(a, b, y, false); break;
            case Comparison.NotEqual: Compare<T, EqualTo>(a, b, y, true); break;
            case Comparison.Less: Compare<T, LessThan>(a, b, y, false); break;
            case Comparison.LessOrEqual: Compare<T, AtMost>(a, b, y, false); break;
            case Comparison.Greater: Compare<T, LessThan>(b, a, y, false); break;
            default: Compare<T, AtMost>(b, a, y, false); break;
        }
    }

    /// <summary>y = when ? a : b.</summary>
    public static void Select<T>(ReadOnlySpan<bool> when, ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<T> y) where T : unmanaged {
        Require(when.Length, a.Length, b.Length, y.Length);
        ref var m = ref Unsafe.As<bool, byte>(ref MemoryMarshal.GetReference(when));
        ref var pa = ref MemoryMarshal.GetReference(a);
        ref var pb = ref MemoryMarshal.GetReference(b);
        ref var py = ref MemoryMarshal.GetReference(y);
        var i = 0;
        // A byte of 0 or 1 is widened and negated into a mask of a whole element.
        if (Vector512.IsHardwareAccelerated && Unsafe.SizeOf<T>() == 4) {
            for (; i <= y.Length - 16; i += 16)
                Vector512.ConditionalSelect(Lanes32(ref m, i).As<int, T>(), Vector512.LoadUnsafe(ref pa, (nuint)i), Vector512.LoadUnsafe(ref pb, (nuint)i)).StoreUnsafe(ref py, (nuint)i);
        } else if (Vector256.IsHardwareAccelerated && Unsafe.SizeOf<T>() == 4) {
            for (; i <= y.Length - 8; i += 8) {
                var wide = Vector128.WidenLower(Vector128.CreateScalar(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref m, i))).AsByte());
                var mask = Vector256<int>.Zero - Vector256.Create(Vector128.WidenLower(wide), Vector128.WidenUpper(wide)).AsInt32();
                Vector256.ConditionalSelect(mask.As<int, T>(), Vector256.LoadUnsafe(ref pa, (nuint)i), Vector256.LoadUnsafe(ref pb, (nuint)i)).StoreUnsafe(ref py, (nuint)i);
            }
        }
        for (; i < y.Length; i++) y[i] = when[i] ? a[i] : b[i];
    }

    static Vector512<int> Lanes32(ref byte mask, int at) {
        var wide = Vector256.WidenLower(Vector256.Create(Vector128.LoadUnsafe(ref mask, (nuint)at), Vector128<byte>.Zero));
        return Vector512<int>.Zero - Vector512.WidenLower(Vector512.Create(wide, Vector256<ushort>.Zero)).AsInt32();
    }

    interface ITest {
        static abstract bool Of<T>(T a, T b) where T : INumber<T>;
        static abstract Vector512<T> Of<T>(Vector512<T> a, Vector512<T> b);
    }

    readonly struct EqualTo : ITest {
        public static bool Of<T>(T a, T b) where T : INumber<T> => a == b;
        public static Vector512<T> Of<T>(Vector512<T> a, Vector512<T> b) => Vector512.Equals(a, b);
    }

    readonly struct LessThan : ITest {
        public static bool Of<T>(T a, T b) where T : INumber<T> => a < b;
        public static Vector512<T> Of<T>(Vector512<T> a, Vector512<T> b) => Vector512.LessThan(a, b);
    }

    readonly struct AtMost : ITest {
        public static bool Of<T>(T a, T b) where T : INumber<T> => a <= b;
        public static Vector512<T> Of<T>(Vector512<T> a, Vector512<T> b) => Vector512.LessThanOrEqual(a, b);
    }

    static void Compare<T, F>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, Span<bool> y, bool negate) where T : unmanaged, INumber<T> where F : ITest {
        Require(a.Length, b.Length, y.Length, y.Length);
        ref var pa = ref MemoryMarshal.GetReference(a);
        ref var pb = ref MemoryMarshal.GetReference(b);
        ref var py = ref Unsafe.As<bool, byte>(ref MemoryMarshal.GetReference(y));
        var (i, flip) = (0, negate ? 0xFFFFUL : 0UL);
        if (Vector512.IsHardwareAccelerated && Unsafe.SizeOf<T>() == 4) {
            for (; i <= y.Length - 16; i += 16) {
                var bits = F.Of(Vector512.LoadUnsafe(ref pa, (nuint)i), Vector512.LoadUnsafe(ref pb, (nuint)i)).ExtractMostSignificantBits() ^ flip;
                Spread((byte)bits, ref py, i);
                Spread((byte)(bits >> 8), ref py, i + 8);
            }
        } else if (Vector512.IsHardwareAccelerated && Unsafe.SizeOf<T>() == 8) {
            for (; i <= y.Length - 8; i += 8)
                Spread((byte)(F.Of(Vector512.LoadUnsafe(ref pa, (nuint)i), Vector512.LoadUnsafe(ref pb, (nuint)i)).ExtractMostSignificantBits() ^ flip), ref py, i);
        }
        for (; i < y.Length; i++) y[i] = F.Of(a[i], b[i]) != negate;
    }

    // Eight bits into eight bytes of 0 or 1: copy the byte everywhere, keep a different bit of each, move it to the bottom.
    static void Spread(byte bits, ref byte to, int at) {
        var spread = (bits * 0x0101010101010101UL) & 0x8040201008040201UL;
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref to, at), (spread + 0x00406070787C7E7FUL) >> 7 & 0x0101010101010101UL);
    }

    static void Require(int a, int b, int c, int y) {
        if (a != y || b != y || c != y) throw new ArgumentException("Blocks of one operation have one length.");
    }
}
