namespace Diff.Benchmarks;

/// <summary>The Hessian [50, 50] of a network 3-8-2 on 32 points.</summary>
static class HigherOrder {
    public static readonly Workload[] All = [
        Workload.Function<Layer, Tensor>("hessian-50", new(50 * 2 * 2 * 32 * (2 * 3 * 8 + 3 * 8 * 2), 4 * 50 * 50), () => {
            var (kn, kx, ky) = Key.Of(0).Split();
            Tensor x = kx.Normal(32, 3), y = ky.Normal(32, 2);
            return ((Dense(3, 8) >> Tanh >> Dense(8, 2)).Run(kn), net => Hessian(n => SquaredError(n.Apply(x), y).Mean(), net));
        }),
    ];
}
