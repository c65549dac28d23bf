using Diff.Examples;

namespace Diff.Benchmarks;

/// <summary>Value and gradient of two of ADBench's objectives in f64, of its sizes, on drawn data.</summary>
static class AdBench {
    public static readonly Workload[] All = [
        // The products of Q_k (x_i − μ_k), forward and for both sides of the derivative.
        Workload.Function<Gmm, (Tensor, Gmm)>("gmm-d10-k25", new(3 * 2.0 * 1000 * 25 * 10 * 10, 8.0 * 1000 * 10, Double: true), () => {
            var (at, data) = Gmm.Draw(Key.Of(2), 10, 25, 1000);
            return (at, p => ValueAndGrad(q => Gmm.Objective(q, data), p));
        }),
        Workload.Function<Lstm, (Tensor, Lstm)>("adbench-lstm", new(0, 8.0 * 1024 * 14, Double: true), () => {
            var (at, data) = Lstm.Draw(Key.Of(3), 2, 1024, 14);
            return (at, p => ValueAndGrad(q => Lstm.Objective(q, data), p));
        }),
    ];
}
