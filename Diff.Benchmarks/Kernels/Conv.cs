using BenchmarkDotNet.Attributes;

namespace Diff.Benchmarks.Kernels;

/// <summary>The convolutions of the tutorial's network, forward and by either side.</summary>
public class ConvBenchmarks {
    [Params(1, 64)] public int Batch { get; set; }

    [Params(1, 2)] public int Layer { get; set; }

    Tensor x = 0, w = 0;

    [GlobalSetup]
    public void Draw() => (x, w) = Layer == 1
        ? (Key.Of(0).Normal(Batch, 1, 32, 32), Key.Of(1).Normal(6, 1, 5, 5))
        : (Key.Of(0).Normal(Batch, 6, 14, 14), Key.Of(1).Normal(16, 6, 5, 5));

    [Benchmark] public Tensor Forward() => Conv(x, w);

    [Benchmark] public Tensor ByWeight() => Grad(v => Conv(x, v).Sum(), w);

    [Benchmark] public Tensor ByInput() => Grad(v => Conv(v, w).Sum(), x);
}
