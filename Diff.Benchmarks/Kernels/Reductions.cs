using BenchmarkDotNet.Attributes;

namespace Diff.Benchmarks.Kernels;

/// <summary>Sums and extremes along each axis, and what is made of them.</summary>
public class ReductionBenchmarks {
    static readonly Func<Tensor, Tensor> softmax = Jit((Tensor x) => Softmax(x)), norm = Jit((Tensor x) => Standardize(x));

    [Params(10, 1000)] public int Columns { get; set; }

    Tensor x = 0;

    [GlobalSetup]
    public void Draw() => x = Key.Of(0).Normal(1000, Columns);

    [Benchmark] public Tensor Sum() => x.Sum();

    [Benchmark] public Tensor SumOfRows() => x.Sum(1);

    [Benchmark] public Tensor SumOfColumns() => x.Sum(0);

    [Benchmark] public Tensor MaxOfRows() => x.Max(1);

    [Benchmark] public Tensor SoftmaxOfRows() => softmax(x);

    [Benchmark] public Tensor StandardizedRows() => norm(x);
}
