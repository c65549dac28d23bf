using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Diff;

/// <summary>Random numbers as a pure function of a key and an index: Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random
/// numbers: as easy as 1, 2, 3", SC'11), and the distributions that JAX makes of it under its default <c>jax_threefry_partitionable</c>.</summary>
/// <remarks>
/// Element i of every fill depends on the key and i alone, so a fill may be cut anywhere: pass where the piece <c>start</c>s.
/// There is one path, in blocks as wide as the machine's vectors, the last one padded: each lane sees the same operations, so
/// the bits are the same on every machine.
/// </remarks>
internal static class Threefry {
    const uint Parity = 0x1BD11BDA;

    /// <summary>The two words of the block cipher at counter (c0, c1): the whole of the generator, once, in scalars.</summary>
    public static (uint X0, uint X1) Hash(uint k0, uint k1, uint c0, uint c1) {
        var k2 = k0 ^ k1 ^ Parity;
        var (x0, x1) = (c0 + k0, c1 + k1);
        Four(ref x0, ref x1, 13, 15, 26, 6, k1, k2 + 1);
        Four(ref x0, ref x1, 17, 29, 16, 24, k2, k0 + 2);
        Four(ref x0, ref x1, 13, 15, 26, 6, k0, k1 + 3);
        Four(ref x0, ref x1, 17, 29, 16, 24, k1, k2 + 4);
        Four(ref x0, ref x1, 13, 15, 26, 6, k2, k0 + 5);
        return (x0, x1);

        // Four rounds and an injection of the key.
        static void Four(ref uint x0, ref uint x1, int r0, int r1, int r2, int r3, uint a, uint b) {
            x0 += x1; x1 = uint.RotateLeft(x1, r0) ^ x0;
            x0 += x1; x1 = uint.RotateLeft(x1, r1) ^ x0;
            x0 += x1; x1 = uint.RotateLeft(x1, r2) ^ x0;
            x0 += x1; x1 = uint.RotateLeft(x1, r3) ^ x0;
            x0 += a; x1 += b;
        }
    }

    /// <summary>Key number <paramref name="index"/> among those that <c>jax.random.split</c> makes, however many are asked for.</summary>
    public static (uint K0, uint K1) Split(uint k0, uint k1, ulong index) => Hash(k0, k1, (uint)(index >> 32), (uint)index);

    /// <summary>32 random bits an element, <c>jax.random.bits(key, shape, 'uint32')</c>: the two words of the hash of the index, xored.</summary>
    public static void Bits(uint k0, uint k1, Span<uint> bits, ulong start = 0) => Fill<uint, Word32>(k0, k1, bits, start, default);

    /// <summary>64 random bits an element, <c>jax.random.bits(key, shape, 'uint64')</c>: the two words of the hash of the index, first word high.</summary>
    public static void Bits(uint k0, uint k1, Span<ulong> bits, ulong start = 0) => Fill<ulong, Word64>(k0, k1, bits, start, default);

    /// <summary>Uniform in [low, high), <c>jax.random.uniform</c>: 23 random bits as the mantissa of a number in [1, 2), less 1, stretched.</summary>
    public static void Uniform(uint k0, uint k1, Span<float> values, float low = 0, float high = 1, ulong start = 0) =>
        Fill(k0, k1, values, start, new Uniform32(low, high));

    /// <summary>Uniform in [low, high), as the other, with 52 random bits.</summary>
    public static void Uniform(uint k0, uint k1, Span<double> values, double low = 0, double high = 1, ulong start = 0) =>
        Fill(k0, k1, values, start, new Uniform64(low, high));

    /// <summary>Standard normal, <c>jax.random.normal</c>: √2·erf⁻¹ of a uniform in (−1, 1).</summary>
    public static void Normal(uint k0, uint k1, Span<float> values, ulong start = 0) => Fill<float, Normal32>(k0, k1, values, start, default);

    /// <summary>Standard normal, as the other. Its erf⁻¹ keeps all its digits in the tails, where XLA's loses up to half of them.</summary>
    public static void Normal(uint k0, uint k1, Span<double> values, ulong start = 0) => Fill<double, Normal64>(k0, k1, values, start, default);

    /// <summary>Integers in [low, high), <c>jax.random.randint</c> at 32 bits: two draws joined to one of 64 bits, whose remainder
    /// is nearly unbiased. Always low where high ≤ low; high may be 2³¹.</summary>
    public static void RandInt(uint k0, uint k1, Span<int> values, long low, long high, ulong start = 0) {
        var span = high > low ? (uint)(high - low) : 1;
        var (hi, lo) = (Split(k0, k1, 0), Split(k0, k1, 1));
        Span<uint> a = stackalloc uint[256], b = stackalloc uint[256];
        // 2³² mod span, through the square of 2¹⁶. As in JAX it wraps to 0 where span exceeds 2¹⁶: then only the second draw counts.
        var m = Rem(65536, span);
        m = Rem(m * m, span);
        for (var i = 0; i < values.Length; i += a.Length) {
            var part = values[i..Math.Min(i + a.Length, values.Length)];
            Bits(hi.K0, hi.K1, a[..part.Length], start + (ulong)i);
            Bits(lo.K0, lo.K1, b[..part.Length], start + (ulong)i);
            for (var j = 0; j < part.Length; j++)
                part[j] = (int)((uint)low + Rem(Rem(a[j], span) * m + Rem(b[j], span), span));
        }

        // The whole range has span 2³², which wraps to 0: a remainder by it changes nothing.
        static uint Rem(uint x, uint span) => span == 0 ? x : x % span;
    }

    /// <summary>Integers in [low, high), <c>jax.random.randint</c> at 64 bits.</summary>
    public static void RandInt(uint k0, uint k1, Span<long> values, long low, long high, ulong start = 0) {
        var span = high > low ? (ulong)high - (ulong)low : 1;
        var (hi, lo) = (Split(k0, k1, 0), Split(k0, k1, 1));
        Span<ulong> a = stackalloc ulong[128], b = stackalloc ulong[128];
        var m = (1UL << 32) % span;
        m = m * m % span;
        for (var i = 0; i < values.Length; i += a.Length) {
            var part = values[i..Math.Min(i + a.Length, values.Length)];
            Bits(hi.K0, hi.K1, a[..part.Length], start + (ulong)i);
            Bits(lo.K0, lo.K1, b[..part.Length], start + (ulong)i);
            for (var j = 0; j < part.Length; j++)
                part[j] = (long)((ulong)low + (a[j] % span * m + b[j] % span) % span);
        }
    }

    /// <summary>0 … n−1 in random order, <c>jax.random.permutation</c>: stably sorted by random 32-bit numbers, again and again until
    /// equal ones no longer matter (⌈3 ln n / ln(2³²−1)⌉ times).</summary>
    public static int[] Permutation(uint k0, uint k1, int n) {
        ArgumentOutOfRangeException.ThrowIfNegative(n);
        var order = new int[n];
        for (var i = 0; i < n; i++) order[i] = i;
        var rounds = (int)Math.Ceiling(3 * Math.Log(Math.Max(1, n)) / Math.Log(uint.MaxValue));
        var (bits, keyed, before) = (new uint[n], new ulong[n], new int[n]);
        for (var r = 0; r < rounds; r++) {
            var sub = Split(k0, k1, 1);
            (k0, k1) = Split(k0, k1, 0);
            Bits(sub.K0, sub.K1, bits);
            // The position in the low half makes an unstable sort stable.
            for (var i = 0; i < n; i++) keyed[i] = (ulong)bits[i] << 32 | (uint)i;
            keyed.AsSpan().Sort();
            (before, order) = (order, before);
            for (var i = 0; i < n; i++) order[i] = before[(uint)keyed[i]];
        }
        return order;
    }

    /// <summary>What is made of the two words of a vector of hashes.</summary>
    interface IShape<T> where T : unmanaged {
        /// <summary>Writes as many elements as there are hashes at <paramref name="to"/>.</summary>
        void Write(Vector<uint> x0, Vector<uint> x1, ref T to);
    }

    readonly struct Word32 : IShape<uint> {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Write(Vector<uint> x0, Vector<uint> x1, ref uint to) => (x0 ^ x1).StoreUnsafe(ref to);
    }

    readonly struct Word64 : IShape<ulong> {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Write(Vector<uint> x0, Vector<uint> x1, ref ulong to) {
            Join(Vector.WidenLower(x0), Vector.WidenLower(x1)).StoreUnsafe(ref to);
            Join(Vector.WidenUpper(x0), Vector.WidenUpper(x1)).StoreUnsafe(ref to, (nuint)Vector<ulong>.Count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<ulong> Join(Vector<ulong> high, Vector<ulong> low) => high << 32 | low;
    }

    readonly struct Uniform32(float low, float high) : IShape<float> {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Write(Vector<uint> x0, Vector<uint> x1, ref float to) => Of(x0 ^ x1, low, high).StoreUnsafe(ref to);

        // In this order, and the maximum, as JAX: rounding may fall below low.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<float> Of(Vector<uint> bits, float low, float high) {
            var u = Vector.AsVectorSingle(bits >>> 9 | Vector.Create(0x3F80_0000u)) - Vector<float>.One;
            return Vector.Max(Vector.Create(low), u * Vector.Create(high - low) + Vector.Create(low));
        }
    }

    readonly struct Uniform64(double low, double high) : IShape<double> {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Write(Vector<uint> x0, Vector<uint> x1, ref double to) {
            Of(Word64.Join(Vector.WidenLower(x0), Vector.WidenLower(x1)), low, high).StoreUnsafe(ref to);
            Of(Word64.Join(Vector.WidenUpper(x0), Vector.WidenUpper(x1)), low, high).StoreUnsafe(ref to, (nuint)Vector<ulong>.Count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector<double> Of(Vector<ulong> bits, double low, double high) {
            var u = Vector.AsVectorDouble(bits >>> 12 | Vector.Create(0x3FF0_0000_0000_0000ul)) - Vector<double>.One;
            return Vector.Max(Vector.Create(low), u * Vector.Create(high - low) + Vector.Create(low));
        }
    }

    readonly struct Normal32 : IShape<float> {
        // The uniform must not be −1, whose normal is −∞: from the number after it.
        const float Low = -0.99999994f;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Write(Vector<uint> x0, Vector<uint> x1, ref float to) =>
            (Vector.Create(MathF.Sqrt(2)) * InverseErf.Of(Uniform32.Of(x0 ^ x1, Low, 1))).StoreUnsafe(ref to);
    }

    readonly struct Normal64 : IShape<double> {
        const double Low = -0.9999999999999999;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Write(Vector<uint> x0, Vector<uint> x1, ref double to) {
            Of(Word64.Join(Vector.WidenLower(x0), Vector.WidenLower(x1))).StoreUnsafe(ref to);
            Of(Word64.Join(Vector.WidenUpper(x0), Vector.WidenUpper(x1))).StoreUnsafe(ref to, (nuint)Vector<ulong>.Count);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static Vector<double> Of(Vector<ulong> bits) => Vector.Create(Math.Sqrt(2)) * InverseErf.Of(Uniform64.Of(bits, Low, 1));
    }

    static void Fill<T, S>(uint k0, uint k1, Span<T> values, ulong start, S shape) where T : unmanaged where S : struct, IShape<T> {
        const double nanoseconds = 0.8;
        ForkJoin.Over(values.Length, nanoseconds * values.Length, new FromTo<T, T, (uint K0, uint K1, ulong Start, S Shape)>(default, values, (k0, k1, start, shape)), static (in s, from, to) => {
            var (k0, k1, start, shape) = s.Parameters;
            FillPart(k0, k1, s.To[from..to], start + (ulong)from, shape);
        }, unit: 1024);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void FillPart<T, S>(uint k0, uint k1, Span<T> values, ulong start, S shape) where T : unmanaged where S : struct, IShape<T> {
        Span<T> last = stackalloc T[Vector<uint>.Count];
        for (var i = 0; i < values.Length; i += last.Length) {
            var to = values.Length - i < last.Length ? last : values[i..];
            Hash(k0, k1, start + (ulong)i, out var x0, out var x1);
            shape.Write(x0, x1, ref MemoryMarshal.GetReference(to));
            if (to == last) last[..(values.Length - i)].CopyTo(values[i..]);
        }
    }

    // The hashes of the counters from index on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Hash(uint k0, uint k1, ulong index, out Vector<uint> o0, out Vector<uint> o1) {
        var low = Vector.Create((uint)index) + Vector<uint>.Indices;
        // Where the low word has wrapped the comparison is all ones, that is −1: the carry.
        var high = Vector.Create((uint)(index >> 32)) - Vector.LessThan(low, Vector.Create((uint)index));
        var k2 = k0 ^ k1 ^ Parity;
        var x0 = high + Vector.Create(k0);
        var x1 = low + Vector.Create(k1);
        Even(ref x0, ref x1, k1, k2 + 1);
        Odd(ref x0, ref x1, k2, k0 + 2);
        Even(ref x0, ref x1, k0, k1 + 3);
        Odd(ref x0, ref x1, k1, k2 + 4);
        Even(ref x0, ref x1, k2, k0 + 5);
        o0 = x0;
        o1 = x1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Even(ref Vector<uint> x0, ref Vector<uint> x1, uint a, uint b) {
        x0 += x1; x1 = (x1 << 13 | x1 >>> 19) ^ x0;
        x0 += x1; x1 = (x1 << 15 | x1 >>> 17) ^ x0;
        x0 += x1; x1 = (x1 << 26 | x1 >>> 6) ^ x0;
        x0 += x1; x1 = (x1 << 6 | x1 >>> 26) ^ x0;
        x0 += Vector.Create(a); x1 += Vector.Create(b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Odd(ref Vector<uint> x0, ref Vector<uint> x1, uint a, uint b) {
        x0 += x1; x1 = (x1 << 17 | x1 >>> 15) ^ x0;
        x0 += x1; x1 = (x1 << 29 | x1 >>> 3) ^ x0;
        x0 += x1; x1 = (x1 << 16 | x1 >>> 16) ^ x0;
        x0 += x1; x1 = (x1 << 24 | x1 >>> 8) ^ x0;
        x0 += Vector.Create(a); x1 += Vector.Create(b);
    }
}
