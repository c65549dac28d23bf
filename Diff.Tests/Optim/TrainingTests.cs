using System.Text.Json;

namespace Diff.Tests.Optim;

/// <summary>Fifty steps of examples 3, 6 and 8 against an independent computation in f64 and PyTorch's in f32 (training.json).</summary>
public class TrainingTests {
    sealed record TwoLayer(Tensor W1, Tensor W2);

    sealed record TwoLayerNet(Dense L1, Dense L2) : Layer {
        public override Tensor Apply(Tensor x) => L2.Apply(Relu(L1.Apply(x)));
    }

    sealed record LeNet(Conv2d Conv1, Conv2d Conv2, Dense Fc1, Dense Fc2, Dense Fc3) : Layer {
        public override Tensor Apply(Tensor x) {
            x = MaxPool(Relu(Conv1.Apply(x)), 2);
            x = MaxPool(Relu(Conv2.Apply(x)), 2).Flatten();
            return Fc3.Apply(Relu(Fc2.Apply(Relu(Fc1.Apply(x)))));
        }
    }

    [Theory, InlineData(DType.F64), InlineData(DType.F32)]
    public void Two_layers(DType type) => Follows("two-layer", type, (p, d) =>
        Fit(new TwoLayer(p[0], p[1]), Sgd(1e-6), n => (n.W1 is var w1 ? (Clamp(d[0].MatMul(w1), low: 0).MatMul(n.W2) - d[1]).Square().Sum() : null)!));

    [Theory, InlineData(DType.F64), InlineData(DType.F32)]
    public void Two_layers_with_Adam(DType type) => Follows("two-layer-adam", type, (p, d) =>
        Fit(new TwoLayerNet(new(p[0], p[1]), new(p[2], p[3])), Adam(1e-3), n => SquaredError(n.Apply(d[0]), d[1]).Sum()));

    [Theory, InlineData(DType.F64), InlineData(DType.F32)]
    public void Convolutional(DType type) => Follows("cnn", type, (p, d) =>
        Fit(new LeNet(new(p[0], p[1]), new(p[2], p[3]), new(p[4], p[5]), new(p[6], p[7]), new(p[8], p[9])), Sgd(0.01), n => SquaredError(n.Apply(d[0]), d[1]).Mean()));

    static (double[] Losses, Tensor[] Finals) Fit<P>(P start, Optimizer opt, Func<P, Tensor> loss) {
        var losses = new List<double>();
        var end = Train.Fit(start, 50, opt, loss, o => losses.Add(o.Loss));
        return ([.. losses], Tree.Leaves(end));
    }

    static void Follows(string name, DType type, Func<Tensor[], Tensor[], (double[], Tensor[])> fit) {
        var c = References.Training.GetProperty("cases").GetProperty(name);
        Tensor[] All(string kind) => [.. c.GetProperty(kind).EnumerateArray().Select(a => Tensor.From<double>(Hash.Values(a), a.GetProperty("shape").Ints()).To(type))];
        var (losses, finals) = fit(All("parameters"), All("data"));
        var digits = type == DType.F64 ? 1e-9 : 1e-4;
        var figures = type == DType.F64 ? new[] { "losses_by_hand", "losses_f64" } : ["losses_f32"];
        foreach (var f in figures)
            foreach (var (expected, actual) in c.GetProperty(f).Doubles().Zip(losses))
                Assert.True(Math.Abs(expected - actual) <= digits * Math.Abs(expected), $"{f}: expected {expected:R}, was {actual:R}");
        Assert.Equal(50, losses.Length);
        foreach (var (x, figure) in finals.Zip(c.GetProperty("finals").EnumerateArray())) {
            Assert.Equal(type, x.DType);
            Near(figure, "sum_of_squares", x.To(DType.F64).Square().Sum().Item(), 1);
            Near(figure, "sum", x.To(DType.F64).Sum().Item(), Math.Sqrt(x.Size * figure.GetProperty("sum_of_squares").GetDouble()));
        }

        // A sum of mixed signs is as good as the size of what it sums.
        void Near(JsonElement figure, string what, double actual, double size) {
            var expected = figure.GetProperty(what).GetDouble();
            Assert.True(Math.Abs(expected - actual) <= digits * Math.Max(Math.Abs(expected), size), $"{figure.GetProperty("name")} {what}: expected {expected:R}, was {actual:R}");
        }
    }
}
