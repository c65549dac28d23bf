using BenchmarkDotNet.Attributes;

namespace Diff.Benchmarks.Kernels;

/// <summary>Products of matrices, plain and with either side transposed.</summary>
public class GemmBenchmarks {
    [Params(32, 64, 128, 256, 512, 1024)] public int N { get; set; }

    [Params(DType.F32, DType.F64)] public DType Type { get; set; }

    Tensor a = 0, b = 0;

    [GlobalSetup]
    public void Draw() => (a, b) = (Key.Of(0).Normal(Type, N, N), Key.Of(1).Normal(Type, N, N));

    [Benchmark] public Tensor Plain() => a.MatMul(b);

    [Benchmark] public Tensor LeftTransposed() => a.T.MatMul(b);

    [Benchmark] public Tensor RightTransposed() => a.MatMul(b.T);
}
