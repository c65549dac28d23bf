using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Diff.Benchmarks;

/// <summary>What the machine can do at most, measured in the same run as everything else.</summary>
static class Machine {
    /// <summary>f32 multiply-adds of one core, in GFLOP/s (two flops each).</summary>
    public static double PeakGflops() => Best(() => {
        const int turns = 2_000_000;
        var clock = Stopwatch.StartNew();
        var sink = Spin(turns);
        var seconds = clock.Elapsed.TotalSeconds;
        GC.KeepAlive(sink);
        return 2.0 * 12 * Vector512<float>.Count * turns / seconds / 1e9;
    });

    /// <summary>Bytes read in order from memory by one core, in GB/s.</summary>
    public static double BandwidthGBs() {
        var data = new float[32 << 20];
        Array.Fill(data, 1);
        return Best(() => {
            var clock = Stopwatch.StartNew();
            var sum = System.Numerics.Tensors.TensorPrimitives.Sum<float>(data);
            var seconds = clock.Elapsed.TotalSeconds;
            GC.KeepAlive(sum);
            return data.Length * 4.0 / seconds / 1e9;
        });
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
