// The two-layer network again, without a derivative written by hand. Run: dotnet run examples/03-value-and-grad.cs

const double rate = 1e-6;

foreach (var (batch, steps) in new[] { (64, 50), (64, 300), (64, 500), (100, 500) }) {
    var (kx, ky, k1, k2) = Key.Of(0).Split();
    Tensor x = kx.Normal(batch, 1000), y = ky.Normal(batch, 10);
    var start = new TwoLayer(k1.Normal(1000, 100), k2.Normal(100, 10));

    // Training is a fold: parameters in, parameters out. There is no gradient to clear and nothing to switch off.
    var (first, trained) = Enumerable.Range(0, steps).Aggregate((Loss: 0.0, Net: start), (state, step) => {
        var (loss, gradient) = ValueAndGrad(Loss, state.Net, x, y);
        return (step == 0 ? loss.Item() : state.Loss, Tree.Map((w, g) => w - rate * g, state.Net, gradient));
    });
    Console.WriteLine($"batch {batch,3}, {steps,3} steps: loss {first:F0} → {Loss(trained, x, y):E3}");
}

// What ran is a program that can be read.
var small = new TwoLayer(Tensor.Ones(3, 2), Tensor.Ones(2, 1));
Console.WriteLine(Show(net => Grad(Loss, net, Tensor.Ones(4, 3), Tensor.Zeros(4, 1)), small));

static Tensor Loss(TwoLayer net, Tensor x, Tensor y) => (x.MatMul(net.W1).Clamp(0).MatMul(net.W2) - y).Square().Sum();

sealed record TwoLayer(Tensor W1, Tensor W2);
