using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Diff.Benchmarks;

/// <summary>What one core can do at most, measured in the same run as everything else.</summary>
/// <param name="Gflops">f32 multiply-adds, two flops each, in GFLOP/s.</param>
/// <param name="MemoryGBs">Bytes read in order from memory, in GB/s.</param>
/// <param name="CacheGBs">Bytes read in order from 256 KB that are read again and again, in GB/s.</param>
sealed record Machine(double Gflops, double MemoryGBs, double CacheGBs) {
    const int Cached = 512 << 10;

    public static Machine Measure() => new(PeakGflops(), Bandwidth(32 << 20, 1), Bandwidth(64 << 10, 200));

    /// <summary>Milliseconds that a step cannot do without on so many cores: its arithmetic, or its bytes where they take longer.</summary>
    public double Floor(Cost cost, int threads) =>
        Math.Max(cost.Flops / (cost.Double ? Gflops / 2 : Gflops) / threads, cost.Bytes / (cost.Bytes > Cached ? MemoryGBs : CacheGBs * threads)) / 1e6;

    static double PeakGflops() => Best(() => {
        // Without such vectors in hardware a turn takes a thousand times as long.
        var turns = Vector512.IsHardwareAccelerated ? 2_000_000 : 20_000;
        var clock = Stopwatch.StartNew();
        var sink = Spin(turns);
        var seconds = clock.Elapsed.TotalSeconds;
        GC.KeepAlive(sink);
        return 2.0 * 12 * Vector512<float>.Count * turns / seconds / 1e9;
    });

    static double Bandwidth(int floats, int times) {
        var data = new float[floats];
        Array.Fill(data, 1);
        return Best(() => {
            var (sum, clock) = (0f, Stopwatch.StartNew());
            for (var i = 0; i < times; i++) sum += Sum(data);
            var seconds = clock.Elapsed.TotalSeconds;
            GC.KeepAlive(sum);
            return 4.0 * floats * times / seconds / 1e9;
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    static float Sum(float[] data) {
        var (a, b, c, d) = (Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero, Vector512<float>.Zero);
        for (nuint i = 0; i < (nuint)data.Length; i += 64) {
            a += Vector512.LoadUnsafe(ref data[0], i);
            b += Vector512.LoadUnsafe(ref data[0], i + 16);
            c += Vector512.LoadUnsafe(ref data[0], i + 32);
            d += Vector512.LoadUnsafe(ref data[0], i + 48);
        }
        return Vector512.Sum(a + b + c + d);
    }

    static double Best(Func<double> measure) => Enumerable.Range(0, 7).Max(_ => measure());

    // Twelve independent chains hide the latency of the multiply-add.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    static float Spin(int turns) {
        var (x, y) = (Vector512.Create(0.999999f), Vector512.Create(1e-7f));
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (var t = 0; t < turns; t++) {
            a = Vector512.FusedMultiplyAdd(a, x, y); b = Vector512.FusedMultiplyAdd(b, x, y); c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y); e = Vector512.FusedMultiplyAdd(e, x, y); f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y); h = Vector512.FusedMultiplyAdd(h, x, y); i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y); k = Vector512.FusedMultiplyAdd(k, x, y); l = Vector512.FusedMultiplyAdd(l, x, y);
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}
