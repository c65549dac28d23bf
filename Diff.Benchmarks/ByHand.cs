using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Diff.Benchmarks;

/// <summary>One loop of 512-bit vectors for each chain, as one would write it for this chain alone: into memory that is there, in place where that is faster.</summary>
static unsafe class ByHand {
    /// <summary>Adam's update of n numbers, all in place.</summary>
    public static Action Adam(int n) {
        var (p, g, m, v) = (Numbers(n), Numbers(n), Numbers(n), Numbers(n));
        v.Fill(x => x * x);
        var step = 0;
        return () => Adam(p.Start, g.Start, m.Start, v.Start, n, ++step);
    }

    /// <summary>max(x + b, 0) with b for each column.</summary>
    public static Action BiasRelu(int rows, int columns) {
        var (x, b, y) = (Numbers(rows * columns), Numbers(columns), Numbers(rows * columns));
        return () => BiasRelu(x.Start, b.Start, y.Start, rows, columns);
    }

    /// <summary>x·Φ(x).</summary>
    public static Action Gelu(int n) {
        var (x, y) = (Numbers(n), Numbers(n));
        return () => Gelu(x.Start, y.Start, n);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Adam(float* p, float* g, float* m, float* v, int n, int step) {
        const float b1 = 0.9f, b2 = 0.999f;
        var correction = Math.Sqrt(1 - Math.Pow(b2, step));
        var (rate, epsilon) = (Vector512.Create((float)(1e-3 * correction / (1 - Math.Pow(b1, step)))), Vector512.Create((float)(1e-8 * correction)));
        for (var i = 0; i < n; i += 16) {
            var gi = Vector512.Load(g + i);
            var mi = Vector512.Load(m + i) * b1 + gi * (1 - b1);
            var vi = Vector512.Load(v + i) * b2 + gi * gi * (1 - b2);
            mi.Store(m + i);
            vi.Store(v + i);
            (Vector512.Load(p + i) - rate * (mi / (Vector512.Sqrt(vi) + epsilon))).Store(p + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void BiasRelu(float* x, float* b, float* y, int rows, int columns) {
        for (var r = 0; r < rows; r++, x += columns, y += columns)
            for (var i = 0; i < columns; i += 16) Vector512.Max(Vector512.Load(x + i) + Vector512.Load(b + i), Vector512<float>.Zero).Store(y + i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Gelu(float* x, float* y, int n) {
        for (var i = 0; i < n; i += 16) {
            var xi = Vector512.Load(x + i);
            (xi * 0.5f * (Vector512<float>.One + Erf(xi * 0.70710678f))).Store(y + i);
        }
    }

    // Abramowitz and Stegun 7.1.26, to 1.5e-7: 1 − (a₁t + … + a₅t⁵) e^(−x²) with t = 1/(1 + px), odd in x.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Erf(Vector512<float> x) {
        var z = Vector512.Abs(x);
        var t = Vector512<float>.One / (Vector512<float>.One + z * 0.3275911f);
        var series = Horner(t, 1.061405429f, -1.453152027f, 1.421413741f, -0.284496736f, 0.254829592f) * t;
        return Vector512.CopySign(Vector512<float>.One - series * Exp(-z * z), x);
    }

    // e^x of x ≤ 0: 2^k · e^r with |r| ≤ ln 2 / 2, and the Taylor series of e^r.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Exp(Vector512<float> x) {
        x = Vector512.Max(x, Vector512.Create(-87f));
        var k = Vector512.Round(x * 1.44269504f);
        var r = Vector512.FusedMultiplyAdd(k, Vector512.Create(-0.693145752f), x) - k * 1.42860677e-6f;
        var power = (Vector512.ConvertToInt32(k) + Vector512.Create(127)) << 23;
        return Horner(r, 1 / 720f, 1 / 120f, 1 / 24f, 1 / 6f, 0.5f, 1, 1) * power.AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Horner(Vector512<float> x, float a, float b, float c, float d, float e) =>
        Next(Next(Next(Next(Vector512.Create(a), x, b), x, c), x, d), x, e);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Horner(Vector512<float> x, float a, float b, float c, float d, float e, float f, float g) =>
        Next(Next(Horner(x, a, b, c, d, e), x, f), x, g);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector512<float> Next(Vector512<float> sum, Vector512<float> x, float term) => Vector512.FusedMultiplyAdd(sum, x, Vector512.Create(term));

    static Floats Numbers(int n) => new(n);

    /// <summary>Numbers at a place that does not move, aligned to a cache line.</summary>
    sealed class Floats {
        // Holds the memory; the numbers begin at the first whole line.
        readonly float[] memory;
        readonly int count;

        public Floats(int n) {
            (memory, count) = (GC.AllocateArray<float>(n + 16, pinned: true), n);
            Start = (float*)(((nint)Unsafe.AsPointer(ref memory[0]) + 63) & -64);
            var random = new Random(1);
            for (var i = 0; i < n; i++) Start[i] = random.NextSingle() * 4 - 2;
        }

        public float* Start { get; }

        public void Fill(Func<float, float> f) {
            for (var i = 0; i < count; i++) Start[i] = f(Start[i]);
        }
    }
}
