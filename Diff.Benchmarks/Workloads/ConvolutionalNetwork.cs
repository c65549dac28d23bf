namespace Diff.Benchmarks;

/// <summary>The convolutional network of examples 8 and 9, and its gradients of single examples.</summary>
static class ConvolutionalNetwork {
    const double Flops = 2.0 * (2 * 6 * 25 * 784 + 3 * 16 * 150 * 100 + 3 * (400 * 120 + 120 * 84 + 84 * 10)), Parameters = 61_706;

    public static readonly Workload[] All = [
        Regression("cnn-1-sgd", 1), Regression("cnn-64-sgd", 64), Regression("cnn-256-sgd", 256),
        Workload.Training<LeNet>("cnn-64-adam", Cost(64, 24), () => {
            var (net, x, labels) = Classes(64);
            return (net, Adam(1e-3), n => CrossEntropy(n.Apply(x), labels).Mean());
        }),
        // One program gives the gradients of 32 examples, each its own: [32, …] for every parameter.
        Workload.Function<(LeNet Net, Tensor X, Tensor Labels), LeNet>("vmap-grads", new(32 * Flops, 32 * 4 * Parameters), () => {
            var given = Classes(32);
            return (given, a => Vmap((Tensor image, Tensor label) => Grad(n => CrossEntropy(n.Apply(image[NewAxis]), label[NewAxis]).Mean(), a.Net))(a.X, a.Labels));
        }),
    ];

    static (LeNet Net, Tensor X, Tensor Labels) Classes(int batch) {
        var (kn, kx, ky) = Key.Of(0).Split();
        return (LeNet.Init.Run(kn), kx.Normal(batch, 1, 32, 32), ky.RandInt(0, 10, batch));
    }

    static Workload Regression(string name, int batch) => Workload.Training<LeNet>(name, Cost(batch, 8), () => {
        var (kn, kx, kt) = Key.Of(0).Split();
        Tensor x = kx.Normal(batch, 1, 32, 32), target = kt.Normal(batch, 10);
        return (LeNet.Init.Run(kn), Sgd(0.01), n => SquaredError(n.Apply(x), target).Mean());
    });

    static Cost Cost(int batch, int bytesPerParameter) => new(batch * Flops, batch * 4 * 1024 + bytesPerParameter * Parameters);

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
