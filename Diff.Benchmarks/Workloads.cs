namespace Diff.Benchmarks;

/// <summary>A step to time.</summary>
/// <param name="Name">As the table and the peer call it.</param>
/// <param name="Flops">Of its products alone, two for each multiply-add.</param>
/// <param name="Start">Makes what it works on and gives the step.</param>
sealed record Workload(string Name, double Flops, Func<Action> Start);

/// <summary>The training steps of the examples, by their code.</summary>
static class Workloads {
    // Forward, and a product for each side of the derivative but the input's.
    const double TwoLayerFlops = 2.0 * 64 * (2 * 1000 * 100 + 3 * 100 * 10), RegressionFlops = 2.0 * 100 * (2 * 10 + 3 * 10);
    const double LeNetFlops = 2.0 * (2 * 6 * 25 * 784 + 3 * 16 * 150 * 100 + 3 * (400 * 120 + 120 * 84 + 84 * 10));

    public static readonly Workload[] All = [
        new("two-layer-manual", TwoLayerFlops, () => {
            var (x, y, _, net) = TwoLayerData();
            return () => {
                var h = x.MatMul(net.W1);
                var relu = h.Clamp(0);
                var difference = relu.MatMul(net.W2) - y;
                difference.Square().Sum().Item();
                var g = 2 * difference;
                var g2 = relu.T.MatMul(g);
                var gh = Where(h < 0, 0, g.MatMul(net.W2.T));
                net = new(net.W1 - 1e-6 * x.T.MatMul(gh), net.W2 - 1e-6 * g2);
            };
        }),
        new("two-layer-sgd", TwoLayerFlops, () => {
            var (x, y, _, net) = TwoLayerData();
            return () => {
                var (_, gradient) = ValueAndGrad(Loss, net, x, y);
                net = Tree.Map((w, g) => w - 1e-6 * g, net, gradient);
            };
            static Tensor Loss(TwoLayer n, Tensor x, Tensor y) => (x.MatMul(n.W1).Clamp(0).MatMul(n.W2) - y).Square().Sum();
        }),
        new("two-layer-adam", TwoLayerFlops, () => {
            var (x, y, key, _) = TwoLayerData();
            return Training((Dense(1000, 100) >> Relu >> Dense(100, 10)).Run(key), Adam(1e-3), n => SquaredError(n.Apply(x), y).Sum());
        }),
        new("regression-sgd", RegressionFlops, () => {
            var x = Tensor.Linspace(-1, 1, 100)[.., NewAxis];
            var y = x.Square();
            return Training((Dense(1, 10) >> Relu >> Dense(10, 1)).Run(Key.Of(1)), Sgd(0.2), n => SquaredError(n.Apply(x), y).Mean());
        }),
        new("cnn-1-sgd", LeNetFlops, () => Convolutional(1)),
        new("cnn-64-sgd", 64 * LeNetFlops, () => Convolutional(64)),
        new("cnn-64-adam", 64 * LeNetFlops, () => {
            var (kn, kx, ky) = Key.Of(0).Split();
            Tensor x = kx.Normal(64, 1, 32, 32), labels = ky.RandInt(0, 10, 64);
            return Training(LeNet.Init.Run(kn), Adam(1e-3), n => CrossEntropy(n.Apply(x), labels).Mean());
        }),
    ];

    static (Tensor X, Tensor Y, Key Key, TwoLayer Net) TwoLayerData() {
        var (kx, ky, k1, k2) = Key.Of(0).Split();
        return (kx.Normal(64, 1000), ky.Normal(64, 10), k1, new(k1.Normal(1000, 100), k2.Normal(100, 10)));
    }

    static Action Convolutional(int batch) {
        var (kn, kx, kt) = Key.Of(0).Split();
        Tensor x = kx.Normal(batch, 1, 32, 32), target = kt.Normal(batch, 10);
        return Training(LeNet.Init.Run(kn), Sgd(0.01), n => SquaredError(n.Apply(x), target).Mean());
    }

    static Action Training<P>(P net, Optimizer optimizer, Func<P, Tensor> loss) {
        var state = optimizer.Init(net);
        return () => {
            var (_, gradient) = ValueAndGrad(loss, net);
            (net, state) = optimizer.Step(net, gradient, state);
        };
    }

    sealed record TwoLayer(Tensor W1, Tensor W2);

    sealed record LeNet(Conv2d Conv1, Conv2d Conv2, Dense Fc1, Dense Fc2, Dense Fc3) : Layer {
        public static readonly Init<LeNet> Init =
            from c1 in Conv2d(1, 6, 5)
            from c2 in Conv2d(6, 16, 5)
            from f1 in Dense(400, 120)
            from f2 in Dense(120, 84)
            from f3 in Dense(84, 10)
            select new LeNet(c1, c2, f1, f2, f3);

        public override Tensor Apply(Tensor x) {
            x = MaxPool(Relu(Conv1.Apply(x)), 2);
            x = MaxPool(Relu(Conv2.Apply(x)), 2).Flatten();
            return Fc3.Apply(Relu(Fc2.Apply(Relu(Fc1.Apply(x)))));
        }
    }
}
