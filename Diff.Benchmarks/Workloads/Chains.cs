namespace Diff.Benchmarks;

/// <summary>Elementwise work and reductions that should be one pass each.</summary>
static class Chains {
    const int Million = 1 << 20;

    public static readonly Workload[] All = [
        // Adam's update alone: p, m and v are read and written, g is read.
        Workload.Fold<(Tensor P, Tensor G, OptState<Tensor> State)>("adam-1M", new(0, 28.0 * Million), () => {
            var (kp, kg) = Key.Of(0).Split();
            var (p, g, adam) = (kp.Normal(Million), kg.Normal(Million), Adam(1e-3));
            // The gradient is an argument: of one that is captured what can be computed beforehand is.
            return ((p, g, adam.Init(p)), s => adam.Step(s.P, s.G, s.State) is var (next, state) ? (next, s.G, state) : s);
        }) with { ByHand = () => Benchmarks.ByHand.Adam(Million) },
        // The loops by hand write where they wrote before; so does a fold whose state has the last result.
        Workload.Fold<(Tensor X, Tensor Y)>("gelu", new(0, 8.0 * Million), () => ((Key.Of(0).Normal(Million), 0), s => (s.X, Gelu(s.X)))) with { ByHand = () => Benchmarks.ByHand.Gelu(Million) },
        Workload.Fold<(Tensor X, Tensor B, Tensor Y)>("bias-relu", new(0, 8.0 * Million), () => {
            var (kx, kb) = Key.Of(0).Split();
            return ((kx.Normal(1024, 1024), kb.Normal(1024), 0), s => (s.X, s.B, Relu(s.X + s.B)));
        }) with { ByHand = () => Benchmarks.ByHand.BiasRelu(1024, 1024) },
        Map("softmax", Softmax, 4096, 256),
        Workload.Function<Tensor, (Tensor, Tensor)>("log-softmax-cross-entropy", new(0, 8.0 * 1024 * 1000), () => {
            var (kx, ky) = Key.Of(0).Split();
            var labels = ky.RandInt(0, 1000, 1024);
            return (kx.Normal(1024, 1000), x => ValueAndGrad((Tensor logits) => CrossEntropy(logits, labels).Mean(), x));
        }),
        Workload.Function<(Tensor X, Tensor Scale, Tensor Offset), Tensor>("layer-norm", new(0, 8.0 * 4096 * 256), () => {
            var (kx, ks, ko) = Key.Of(0).Split();
            return ((kx.Normal(4096, 256), ks.Normal(256), ko.Normal(256)), a => Standardize(a.X) * a.Scale + a.Offset);
        }),
    ];

    static Workload Map(string name, Func<Tensor, Tensor> f, params int[] shape) =>
        Workload.Function(name, new(0, shape.Aggregate(8.0, (n, d) => n * d)), () => (Key.Of(0).Normal(shape), f));
}
