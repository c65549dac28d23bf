namespace Diff.Tests.Docs;

/// <summary>The code of README.md, to the letter: DocsTests compares the two.</summary>
public class Readme {
    [Fact]
    public void Gradients() {
        var d = Grad(x => 4 * (3 * x))(2);                                    // 12
        var (dw, dx, db) = Grads((w, x, b) => w * x + b)(2, 1, 3);            // 1 2 1
        var third = Grad(Grad(Grad(x => x * x * x)))(2);                      // 6
        var abs = Grad(x => { if (x > 0) return x; return -x; })(-3);         // -1
        Assert.Equal([12, 1, 2, 1, 6, -1], new[] { d, dw, dx, db, third, abs }.Select(t => t.Item()));
    }

    [Fact]
    public void A_model_is_a_record() {
        // A model is any record of tensors. Its gradient is a record of the same type.
        var (kx, ky, k1, k2) = Key.Of(0).Split();
        Tensor x = kx.Normal(64, 1000), y = ky.Normal(64, 10);
        var start = new TwoLayer(k1.Normal(1000, 100), k2.Normal(100, 10));
        var trained = Enumerable.Range(0, 500).Aggregate(start, (net, _) => {
            var (loss, gradient) = ValueAndGrad(Loss, net, x, y);
            return Tree.Map((w, g) => w - 1e-6 * g, net, gradient);
        });
        Assert.True(Loss(trained, x, y).Item() < Loss(start, x, y).Item() / 1000);
    }

    static Tensor Loss(TwoLayer net, Tensor x, Tensor y) => (Relu(x.MatMul(net.W1)).MatMul(net.W2) - y).Square().Sum();

    record TwoLayer(Tensor W1, Tensor W2);

    [Fact]
    public void Layers_learn() {
        var (kx, kw) = Key.Of(3).Split();
        var images = kx.Normal(256, 1, 28, 28);
        var data = new Dataset(images, images.Flatten().MatMul(kw.Normal(784, 10)).ArgMax());
        // Layers, an optimizer, a fold over batches.
        var recipe = Flatten() >> Dense(784, 128) >> Relu >> Dense(128, 10);
        var net = Train.Fit(recipe.Run(Key.Of(42)), data.Batches(64, shuffle: Key.Of(1), epochs: 3), Adam(1e-3),
            (model, batch) => CrossEntropy(model.Apply(batch.X), batch.Y).Mean());
        double LossOf(Layer model) => CrossEntropy(model.Apply(data.X), data.Y).Mean().Item();
        Assert.True(LossOf(net) < LossOf(recipe.Run(Key.Of(42))));
    }
}
