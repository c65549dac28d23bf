using BenchmarkDotNet.Attributes;

namespace Diff.Benchmarks.Kernels;

/// <summary>Adam's update alone.</summary>
public class AdamBenchmarks {
    static readonly Optimizer adam = Optimizers.Adam();
    static readonly Func<(Tensor P, OptState<Tensor> State), Tensor, (Tensor P, OptState<Tensor> State)> jitted = Jit<(Tensor P, OptState<Tensor> State), Tensor, (Tensor P, OptState<Tensor> State)>(Step);

    [Params(1 << 14, 1 << 20)] public int N { get; set; }

    Tensor g = 0;
    (Tensor P, OptState<Tensor> State) state;

    [GlobalSetup]
    public void Draw() {
        var p = Key.Of(0).Normal(N);
        (g, state) = (Key.Of(1).Normal(N), (p, adam.Init(p)));
    }

    [Benchmark] public object Plain() => state = Step(state, g);

    [Benchmark] public object Jitted() => state = jitted(state, g);

    static (Tensor P, OptState<Tensor> State) Step((Tensor P, OptState<Tensor> State) s, Tensor g) => adam.Step(s.P, g, s.State);
}
