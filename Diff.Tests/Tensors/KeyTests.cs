namespace Diff.Tests;

/// <summary>Keys and the kernels under them: against published figures (each says whose), against an independent implementation in
/// numpy and mpmath (arbitrary-precision erf⁻¹), and against themselves.</summary>
public class KeyTests {
    // Random123, tests/kat_vectors, "threefry2x32 20": counter, key, result; JAX's testThreefry2x32 has the same.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0x6b200159u, 0x99ba4efeu)]
    [InlineData(~0u, ~0u, ~0u, ~0u, 0x1cb996fcu, 0xbb002be7u)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xc4923a9cu, 0x483df7a0u)]
    // Random123, tests/old_kat_vectors.
    [InlineData(1u, 0u, 1u, 0u, 0x0ec66872u, 0x2d84e7b1u)]
    [InlineData(0u, 0xffffffffu, 0u, 1u, 0x45ecd01cu, 0xeffc9cbdu)]
    [InlineData(0x299f31d0u, 0xec4e6c89u, 0u, 0xffffffffu, 0xc2662ee4u, 0xdae195a6u)]
    [InlineData(0x38d01377u, 0x34e90c6cu, 0u, 0u, 0x0bfcf941u, 0x19b8c9e3u)]
    public void Random123_known_answers(uint c0, uint c1, uint k0, uint k1, uint x0, uint x1) =>
        Assert.Equal((x0, x1), Threefry.Hash(k0, k1, c0, c1));

    // JAX 0.11.1, tests/random_test.py, test_prng_seeds_and_keys with jax_enable_x64.
    [Theory]
    [InlineData(0L, 0u, 0u)]
    [InlineData(3L, 0u, 3u)]
    [InlineData(-1L, 4294967295u, 4294967295u)]
    [InlineData(-3L, 4294967295u, 4294967293u)]
    [InlineData(2147483647L + 101, 0u, 2147483748u)]
    [InlineData(-2147483648L - 101, 4294967295u, 2147483547u)]
    public void Seeds_as_jax(long seed, uint high, uint low) {
        var key = Key.Of(seed);
        Assert.Equal((high, low), (key.High, key.Low));
        Assert.Equal(key, Key.Of((ulong)seed));
        Assert.Equal(key, Key.FromWords(high, low));
    }

    [Fact]
    public void Split_and_fold_in_as_jax() {
        // JAX 0.11.1, docstring of jax.experimental.random.StatefulPRNG.key: fold_in(key(0), 0) and fold_in(key(0), 1).
        var (a, b) = Key.Of(0).Split();
        Assert.Equal(Key.FromWords(1797259609, 2579123966), a);
        Assert.Equal(Key.FromWords(928981903, 3453687069), b);
        // JAX 0.11.1, tests/random_test.py, testPRNGValues (fold_in is the same under both schemes).
        Assert.Equal(Key.FromWords(2285895361, 433833334), Key.Of(0).FoldIn(4u));
        // JAX 0.11.1, tests/random_test.py, test_threefry_split_fold_in_symmetry: splitting is folding in the indices.
        var (f1, f2, f3) = Key.Of(72).Split();
        Assert.Equal([f1, f2, f3], Enumerable.Range(0, 3).Select(i => Key.Of(72).FoldIn(i)));
        // numpy.
        Assert.Equal([(1146130490u, 1747753119u), (679946246u, 1419780272u), (2305295554u, 566369263u)],
            Key.Of(72).Split(3).Select(k => (k.High, k.Low)));
        Assert.Equal([(49417905u, 2315568450u), (75883210u, 3088105486u)], Key.Of((7L << 32) + 5).Split(2).Select(k => (k.High, k.Low)));
    }

    [Fact]
    public void Deconstruction_is_split() {
        var key = Key.Of(9);
        var all = key.Split(8);
        var (a, b, c, d, e, f, g, h) = key.Split();
        Assert.Equal(all, new[] { a, b, c, d, e, f, g, h });
        Assert.Equal(8, all.Distinct().Count());
        var (a2, b2) = key.Split();
        var (a3, b3, c3) = key.Split();
        var (a4, _, _, d4) = key.Split();
        var (_, _, _, _, e5) = key.Split();
        var (_, _, _, _, _, f6) = key.Split();
        var (_, _, _, _, _, _, g7) = key.Split();
        Assert.Equal([a, b, a, b, c, a, d, e, f, g], [a2, b2, a3, b3, c3, a4, d4, e5, f6, g7]);
        Assert.Empty(key.Split(0));
        Assert.Throws<DomainException>(() => key.Split(-1));
    }

    [Fact]
    public void A_key_is_a_value() {
        Assert.Equal(default, Key.Of(0));
        Assert.True(Key.Of(1) == Key.Of(1ul) && Key.Of(1) != Key.Of(2));
        Assert.Equal(Key.Of(5).GetHashCode(), Key.Of(5).GetHashCode());
        Assert.Equal("Key(0, 42)", Key.Of(42).ToString());
        Assert.Equal(Key.Of(1).FoldIn(-1), Key.Of(1).FoldIn(uint.MaxValue));
    }

    [Fact]
    public void Bits_as_numpy() {
        Assert.Equal([1111271205u, 2679469115u, 974515252u], Bits32(Key.Of(1701), 3));
        Assert.Equal([3182764935064573181ul, 366096495144982249ul, 241365115613244543ul], Bits64(Key.Of(1701), 3));
        var many = Bits32(Key.Of(123), 100003);
        Assert.Equal(3645955967u, many.Aggregate((a, b) => a ^ b));
        Assert.Equal(215125550638073ul, many.Aggregate(0ul, (a, b) => a + b));
        Assert.Equal([2487734664u, 1184111214u, 418197621u], many[^3..]);
        Assert.Equal(9261914009724531399ul, Bits64(Key.Of(123), 100003).Aggregate((a, b) => a ^ b));
    }

    [Fact]
    public void Blocks_equal_scalars_at_every_length_and_start() {
        foreach (var start in (ulong[])[0, 5, (1ul << 32) - 7, ulong.MaxValue - 40])
            for (var n = 0; n < 40; n++) {
                var (narrow, wide) = (new uint[n], new ulong[n]);
                Threefry.Bits(3, 4, narrow, start);
                Threefry.Bits(3, 4, wide, start);
                for (var i = 0; i < n; i++) {
                    var at = start + (ulong)i;
                    var (x0, x1) = Threefry.Hash(3, 4, (uint)(at >> 32), (uint)at);
                    Assert.Equal(x0 ^ x1, narrow[i]);
                    Assert.Equal((ulong)x0 << 32 | x1, wide[i]);
                }
            }
    }

    [Fact]
    public void A_piece_of_a_fill_is_the_fill_of_the_piece() {
        Check<float>((v, s) => Threefry.Normal(1, 2, v, s));
        Check<double>((v, s) => Threefry.Normal(1, 2, v, s));
        Check<float>((v, s) => Threefry.Uniform(1, 2, v, -3, 5, s));
        Check<double>((v, s) => Threefry.Uniform(1, 2, v, -3, 5, s));
        Check<int>((v, s) => Threefry.RandInt(1, 2, v, -3, 500, s));
        Check<long>((v, s) => Threefry.RandInt(1, 2, v, -3, 500, s));

        static void Check<T>(Action<T[], ulong> fill) {
            var whole = new T[1000];
            fill(whole, 0);
            foreach (var (from, to) in new[] { (0, 1), (1, 3), (17, 400), (399, 1000), (16, 32) }) {
                var piece = new T[to - from];
                fill(piece, (ulong)from);
                Assert.Equal(whole[from..to], piece);
            }
        }
    }

    [Fact]
    public void Uniform_as_jax() {
        // JAX 0.11.1, docs/jep/9263-typed-keys.md: uniform(key(0, impl='threefry2x32'), shape=(3,)) under the default scheme.
        Assert.Equal(["0.947667", "0.9785799", "0.33229148"], Uniform32(Key.Of(0), 3).Select(x => x.ToString("R")));
        // JAX 0.11.1, docstring of jax.random: uniform(key) and, after key, subkey = split(key), uniform(subkey).
        var (_, sub) = Key.Of(0).Split();
        Assert.Equal("0.00729382", Uniform32(sub, 1)[0].ToString("G6"));
        // JAX 0.11.1, docstring of StatefulPRNG.split: vmap of uniform over three generators split from stateful_rng(123).
        Assert.Equal(["0.35525954", "0.21937883", "0.5336956"],
            Key.Of(123).FoldIn(0).Split(3).Select(k => Uniform32(k.FoldIn(0), 1)[0].ToString("R")));
        // numpy.
        var wide = new double[4];
        Threefry.Uniform(0, 0, wide);
        Assert.Equal([0.41845711171638644, 0.21629545460551136, 0.9653214611189975, 0.5745005337275046], wide);
    }

    [Fact]
    public void Uniform_stays_in_its_range() {
        var (a, b) = (new float[100_000], new double[100_000]);
        Threefry.Uniform(5, 6, a, 2, 3);
        Threefry.Uniform(5, 6, b, -1, 1);
        Assert.True(a.Min() >= 2 && a.Max() < 3 && b.Min() >= -1 && b.Max() < 1);
        Assert.Equal(2.5, a.Average(x => (double)x), 2);
        Assert.Equal(1.0 / 3, b.Average(x => x * x), 2);
    }

    [Fact]
    public void Normal_as_jax_to_the_bit() {
        // docs.jax.dev, "Pseudorandom numbers" as rendered for 0.5 and later: normal(key(42)), three draws along a chain of splits,
        // three keys of split(key, 3), and normal(key, (3,)). The f-strings there print the exact value of the f32.
        var key = Key.Of(42);
        Assert.Equal(["-0.028304616", "0.46713185", "0.29570296"], Normal32(key, 3).Select(x => x.ToString("R")));
        var chain = key;
        foreach (var expected in new[] { 0.6057640314102173, -0.21089035272598267, -0.3948981463909149 }) {
            var (next, sub) = chain.Split();
            Assert.Equal(expected, (double)Normal32(sub, 1)[0]);
            chain = next;
        }
        Assert.Equal([0.07592554f, 0.60576403f, 0.4323065f], key.Split(3).Select(k => Normal32(k, 1)[0]));
    }

    [Fact]
    public void Normal_against_mpmath() {
        Close([1.622642101119209, 2.025264781932824, -0.4335943651422375, -0.07861735710534287, 0.17609091466675897, -0.9720893302996246],
            [.. Normal32(Key.Of(0), 6).Select(x => (double)x)], 4e-7);
        double[] expected = [-0.18471174528191164, -2.1698245603977546, 0.18693555179382587, 0.612265357051096, 0.4896249504757018,
            0.36900430470828355, 0.3708746377861904, 0.23532732415281796];
        Close(expected, Normal64(Key.Of(42), 8), 2e-15);
        // The far tails among the first million of key 7: what the second and third polynomials answer for.
        var (narrow, wide) = (Normal32(Key.Of(7), 1_000_000), Normal64(Key.Of(7), 1_000_000));
        Close([-5.419983174916868, -5.419983174916868, -4.733632219011601, 4.490879938425725],
            [narrow[103009], narrow[841483], narrow[646281], narrow[333391]], 4e-6);
        Close([5.002876861159337, 4.717412750725514, 4.715990994751651, -4.628793811987649, 4.583911036242183],
            [wide[41388], wide[954936], wide[576444], wide[151567], wide[384083]], 2e-15);
        foreach (var x in new[] { narrow.Select(v => (double)v), wide }) {
            Assert.Equal(0, x.Average(), 2);
            Assert.Equal(1, x.Average(v => v * v), 2);
            Assert.Equal(3, x.Average(v => v * v * v * v), 1);
            Assert.Equal(0.6827, x.Count(v => Math.Abs(v) < 1) / 1e6, 2);
        }
    }

    // JAX publishes integers for its older splitting scheme alone (tests/random_test.py, testPRNGValues and _RANDOM_VALUES_CASES);
    // the numpy implementation that these are from gives those with that scheme's split and bits.
    [Fact]
    public void RandInt_as_numpy() {
        Assert.Equal([9, 0, 2, 3, 1, 7, 2, 3, 3, 3, 6, 4], Ints(Key.Of(0), 12, 0, 10));
        Assert.Equal([35959, 32998, 16380, 12453, 62358, 69750, 39716, 49314, -587], Ints(Key.Of(7), 9, -1000, 70000));
        Assert.Equal([5L, 1, 5, 7, 3, 5, 4, 8], Longs(Key.Of(0), 8, 0, 10));
        Assert.Equal([412237683701, 869841370325, 610647478065, 571008213816, 431258271196, 268650943461], Longs(Key.Of(3), 6, -5, 1_000_000_000_000));
        // An empty range gives its lower end, as in JAX; the whole range gives the second draw's bits.
        Assert.All(Ints(Key.Of(1), 20, 4, 4), x => Assert.Equal(4, x));
        var (_, second) = Key.Of(1).Split();
        Assert.Equal(Bits32(second, 5).Select(x => (int)(x ^ 0x8000_0000)), Ints(Key.Of(1), 5, int.MinValue, 1L << 31));
    }

    // Nobody publishes permutations under the default scheme: numpy, after jax/_src/random/core.py, _shuffle.
    [Fact]
    public void Permutation_as_numpy() {
        Assert.Equal([0, 1, 8, 5, 6, 4, 3, 2, 7, 9], Threefry.Permutation(0, 0, 10));
        Assert.Equal([7, 6, 3, 2, 0, 8, 1, 5, 10, 9, 4, 11], Threefry.Permutation(0, 1, 12));
        // Above 1625 elements it is sorted twice.
        var long1 = Threefry.Permutation(0, 5, 2000);
        Assert.Equal([1745, 1879, 716, 1217, 48, 240, 1245, 238], long1[..8]);
        Assert.Equal(2015671092L, long1.Select((v, i) => (long)v * i).Sum());
        Assert.Equal(Enumerable.Range(0, 2000), long1.Order());
        Assert.Empty(Threefry.Permutation(0, 0, 0));
        Assert.Equal([0], Threefry.Permutation(0, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Threefry.Permutation(0, 0, -1));
    }

    static uint[] Bits32(Key key, int n) => Filled<uint>(n, v => Threefry.Bits(key.High, key.Low, v));
    static ulong[] Bits64(Key key, int n) => Filled<ulong>(n, v => Threefry.Bits(key.High, key.Low, v));
    static float[] Uniform32(Key key, int n) => Filled<float>(n, v => Threefry.Uniform(key.High, key.Low, v));
    static float[] Normal32(Key key, int n) => Filled<float>(n, v => Threefry.Normal(key.High, key.Low, v));
    static double[] Normal64(Key key, int n) => Filled<double>(n, v => Threefry.Normal(key.High, key.Low, v));
    static int[] Ints(Key key, int n, long low, long high) => Filled<int>(n, v => Threefry.RandInt(key.High, key.Low, v, low, high));
    static long[] Longs(Key key, int n, long low, long high) => Filled<long>(n, v => Threefry.RandInt(key.High, key.Low, v, low, high));

    static T[] Filled<T>(int n, Action<T[]> fill) {
        var values = new T[n];
        fill(values);
        return values;
    }

    static void Close(double[] expected, double[] actual, double relative) {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (e, a) in expected.Zip(actual))
            Assert.True(Math.Abs(e - a) <= relative * Math.Abs(e), $"expected {e:R}, was {a:R}, off by {Math.Abs(e - a) / Math.Abs(e):E2}");
    }
}
