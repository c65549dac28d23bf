namespace Diff.Benchmarks;

/// <summary>A step to time.</summary>
/// <param name="Name">As the table and the peer call it.</param>
/// <param name="Flops">Of its products alone, two for each multiply-add.</param>
/// <param name="Start">Makes what it works on and gives the step, under Jit or not.</param>
sealed record Workload(string Name, double Flops, Func<bool, Action> Start) {
    /// <summary>A step from state to state: a fold.</summary>
    public static Workload Of<S>(string name, double flops, Func<(S State, Func<S, S> Step)> start) => new(name, flops, jitted => {
        var (state, step) = start();
        if (jitted) step = Jit(step);
        return () => state = step(state);
    });
}

/// <summary>The training steps of the examples, by their code.</summary>
static class Workloads {
    // Forward, and a product for each side of the derivative but the input's.
    const double TwoLayerFlops = 2.0 * 64 * (2 * 1000 * 100 + 3 * 100 * 10), RegressionFlops = 2.0 * 100 * (2 * 10 + 3 * 10);
    const double LeNetFlops = 2.0 * (2 * 6 * 25 * 784 + 3 * 16 * 150 * 100 + 3 * (400 * 120 + 120 * 84 + 84 * 10));

    public static readonly Workload[] All = [
        Workload.Of<(TwoLayer Net, Tensor Loss)>("two-layer-manual", TwoLayerFlops, () => {
            var (x, y, _, start) = TwoLayerData();
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
        Workload.Of<(TwoLayer Net, Tensor Loss)>("two-layer-sgd", TwoLayerFlops, () => {
            var (x, y, _, start) = TwoLayerData();
            return ((start, 0), s => {
                var (loss, gradient) = ValueAndGrad(Loss, s.Net, x, y);
                return (Tree.Map((w, g) => w - 1e-6 * g, s.Net, gradient), loss);
            });
            static Tensor Loss(TwoLayer n, Tensor x, Tensor y) => (x.MatMul(n.W1).Clamp(0).MatMul(n.W2) - y).Square().Sum();
        }),
        Training<Layer>("two-layer-adam", TwoLayerFlops, () => {
            var (x, y, key, _) = TwoLayerData();
            return ((Dense(1000, 100) >> Relu >> Dense(100, 10)).Run(key), Adam(1e-3), n => SquaredError(n.Apply(x), y).Sum());
        }),
        Training<Layer>("regression-sgd", RegressionFlops, () => {
            var x = Tensor.Linspace(-1, 1, 100)[.., NewAxis];
            var y = x.Square();
            return ((Dense(1, 10) >> Relu >> Dense(10, 1)).Run(Key.Of(1)), Sgd(0.2), n => SquaredError(n.Apply(x), y).Mean());
        }),
        Convolutional("cnn-1-sgd", 1),
        Convolutional("cnn-64-sgd", 64),
        Training<LeNet>("cnn-64-adam", 64 * LeNetFlops, () => {
            var (kn, kx, ky) = Key.Of(0).Split();
            Tensor x = kx.Normal(64, 1, 32, 32), labels = ky.RandInt(0, 10, 64);
            return (LeNet.Init.Run(kn), Adam(1e-3), n => CrossEntropy(n.Apply(x), labels).Mean());
        }),
    ];

    static (Tensor X, Tensor Y, Key Key, TwoLayer Net) TwoLayerData() {
        var (kx, ky, k1, k2) = Key.Of(0).Split();
        return (kx.Normal(64, 1000), ky.Normal(64, 10), k1, new(k1.Normal(1000, 100), k2.Normal(100, 10)));
    }

    static Workload Convolutional(string name, int batch) => Training<LeNet>(name, batch * LeNetFlops, () => {
        var (kn, kx, kt) = Key.Of(0).Split();
        Tensor x = kx.Normal(batch, 1, 32, 32), target = kt.Normal(batch, 10);
        return (LeNet.Init.Run(kn), Sgd(0.01), n => SquaredError(n.Apply(x), target).Mean());
    });

    static Workload Training<P>(string name, double flops, Func<(P, Optimizer, Func<P, Tensor>)> start) => Workload.Of<(P Net, OptState<P> State, Tensor Loss)>(name, flops, () => {
        var (net, optimizer, loss) = start();
        return ((net, optimizer.Init(net), 0), Step);

        (P, OptState<P>, Tensor) Step((P Net, OptState<P> State, Tensor Loss) s) {
            var (value, gradient) = ValueAndGrad(loss, s.Net);
            var (next, state) = optimizer.Step(s.Net, gradient, s.State);
            return (next, state, value);
        }
    });

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
