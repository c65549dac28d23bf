namespace Diff.Benchmarks;

/// <summary>A multilayer perceptron 784-1024-1024-10 on 256 images and their labels.</summary>
static class Perceptron {
    const int Batch = 256, Parameters = 785 * 1024 + 1025 * 1024 + 1025 * 10;

    public static readonly Workload[] All = [
        Workload.Training<Layer>("mlp-256-adam", new(2.0 * Batch * (2 * 784 * 1024 + 3 * 1024 * 1024 + 3 * 1024 * 10), 4.0 * Batch * 784 + 24.0 * Parameters), () => {
            var (kn, kx, ky) = Key.Of(0).Split();
            Tensor x = kx.Normal(Batch, 784), labels = ky.RandInt(0, 10, Batch);
            return ((Dense(784, 1024) >> Relu >> Dense(1024, 1024) >> Relu >> Dense(1024, 10)).Run(kn), Adam(1e-3), n => CrossEntropy(n.Apply(x), labels).Mean());
        }),
    ];
}
