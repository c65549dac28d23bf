using BenchmarkDotNet.Attributes;

namespace Diff.Benchmarks.Kernels;

/// <summary>One pass over numbers, from cache and from memory.</summary>
public class ElementwiseBenchmarks {
    static readonly Func<Tensor, Tensor> chain = Jit((Tensor x) => Gelu(x * 0.5 + 1));

    [Params(1 << 14, 1 << 20)] public int N { get; set; }

    Tensor x = 0, y = 0;

    [GlobalSetup]
    public void Draw() => (x, y) = (Key.Of(0).Normal(N), Key.Of(1).Normal(N));

    [Benchmark] public Tensor Add() => x + y;

    [Benchmark] public Tensor Exponential() => Exp(x);

    [Benchmark] public Tensor HyperbolicTangent() => Tanh(x);

    [Benchmark] public Tensor Logistic() => Sigmoid(x);

    [Benchmark] public Tensor ErrorFunction() => Erf(x);

    [Benchmark] public Tensor Sine() => Sin(x);

    [Benchmark] public Tensor Chain() => chain(x);
}
