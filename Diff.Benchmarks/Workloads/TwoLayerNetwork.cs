namespace Diff.Benchmarks;

/// <summary>The two-layer network of examples 2, 3, 5 and 6, and the regression of example 7.</summary>
static class TwoLayerNetwork {
    public static readonly Workload[] All = [
        Workload.Fold<(TwoLayer Net, Tensor Loss)>("two-layer-manual", Cost(64, 1000, 100, 10), () => {
            var (x, y, _, start) = Data(64, 1000, 100, 10);
            return ((start, 0), s => {
                var net = s.Net;
                var h = x.MatMul(net.W1);
                var relu = h.Clamp(0);
                var difference = relu.MatMul(net.W2) - y;
                var g = 2 * difference;
                var g2 = relu.T.MatMul(g);
                var gh = Where(h < 0, 0, g.MatMul(net.W2.T));
                return (new(net.W1 - 1e-6 * x.T.MatMul(gh), net.W2 - 1e-6 * g2), difference.Square().Sum());
            });
        }),
        GradientSteps("two-layer-sgd", 64, 1000, 100, 10),
        // Example 5: the network of layers, the step by Tree.Map.
        Workload.Fold<(Layer Net, Tensor Loss)>("two-layer-layers-sgd", Cost(64, 1000, 100, 10), () => {
            var (x, y, key, _) = Data(64, 1000, 100, 10);
            return ((Layered(key), 0), s => {
                var (loss, gradient) = ValueAndGrad(n => SquaredError(n.Apply(x), y).Sum(), s.Net);
                return (Tree.Map((p, g) => p - 1e-4 * g, s.Net, gradient), loss);
            });
        }),
        Workload.Training<Layer>("two-layer-adam", Cost(64, 1000, 100, 10, bytesPerParameter: 24), () => {
            var (x, y, key, _) = Data(64, 1000, 100, 10);
            return (Layered(key), Adam(1e-3), n => SquaredError(n.Apply(x), y).Sum());
        }),
        Workload.Training<Layer>("regression-sgd", Cost(100, 1, 10, 1), () => {
            var x = Tensor.Linspace(-1, 1, 100)[.., NewAxis];
            var y = x.Square();
            return ((Dense(1, 10) >> Relu >> Dense(10, 1)).Run(Key.Of(1)), Sgd(0.2), n => SquaredError(n.Apply(x), y).Mean());
        }),
        // The step of two-layer-sgd on single numbers: all but its kernels.
        GradientSteps("overhead", 1, 1, 1, 1),
    ];

    static Workload GradientSteps(string name, int n, int inputs, int hidden, int outputs) => Workload.Fold<(TwoLayer Net, Tensor Loss)>(name, Cost(n, inputs, hidden, outputs), () => {
        var (x, y, _, start) = Data(n, inputs, hidden, outputs);
        return ((start, 0), s => Descended(s.Net, x, y));
    });

    static (TwoLayer, Tensor) Descended(TwoLayer net, Tensor x, Tensor y) {
        var (loss, gradient) = ValueAndGrad(Loss, net, x, y);
        return (Tree.Map((w, g) => w - 1e-6 * g, net, gradient), loss);
    }

    static Tensor Loss(TwoLayer net, Tensor x, Tensor y) => (x.MatMul(net.W1).Clamp(0).MatMul(net.W2) - y).Square().Sum();

    static (Tensor X, Tensor Y, Key Key, TwoLayer Net) Data(int n, int inputs, int hidden, int outputs) {
        var (kx, ky, k1, k2) = Key.Of(0).Split();
        return (kx.Normal(n, inputs), ky.Normal(n, outputs), k1, new(k1.Normal(inputs, hidden), k2.Normal(hidden, outputs)));
    }

    static Layer Layered(Key key) => (Dense(1000, 100) >> Relu >> Dense(100, 10)).Run(key);

    // Forward, and a product for each side of the derivative but the input's. Parameters are read and written.
    static Cost Cost(int n, int inputs, int hidden, int outputs, int bytesPerParameter = 8) =>
        new(2.0 * n * (2 * inputs * hidden + 3 * hidden * outputs), 4.0 * n * (inputs + outputs) + bytesPerParameter * (inputs * hidden + hidden * outputs));

    sealed record TwoLayer(Tensor W1, Tensor W2);
}
