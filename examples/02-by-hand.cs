// A two-layer network with its gradient worked out by hand, beside Grad of the same loss. Run: dotnet run examples/02-by-hand.cs

const int n = 64, inputs = 1000, hidden = 100, outputs = 10, steps = 500;
const double rate = 1e-6;

// Rows are samples: x [64, 1000], y [64, 10].
var (kx, ky, k1, k2) = Key.Of(0).Split();
Tensor x = kx.Normal(n, inputs), y = ky.Normal(n, outputs);
var start = new TwoLayer(k1.Normal(inputs, hidden), k2.Normal(hidden, outputs));

var (byHand, byGrad) = (ByHand(start), Grad(Loss, start, x, y));
Console.WriteLine($"largest difference of the two gradients: {Largest(byHand, byGrad):E1}, of entries up to {Largest(byHand, Tree.Map(g => g * 0, byHand)):E1}");

var trained = Enumerable.Range(1, steps).Aggregate(start, (net, step) => {
    if (step % 50 == 0 || step == 1) Console.WriteLine($"step {step,3}   loss {Loss(net, x, y):F4}");
    return Tree.Map((w, g) => w - rate * g, net, ByHand(net));
});
Console.WriteLine($"after {steps} steps   loss {Loss(trained, x, y):E3}");

// The same with columns as samples, and biases: h = W₁x + b₁. The products change places, nothing else does.
var (xc, yc) = (x.T, y.T);
var columns = new Biased(start.W1.T, Tensor.Zeros(hidden, 1), start.W2.T, Tensor.Zeros(outputs, 1));
Console.WriteLine($"columns with biases: largest difference {Largest(ColumnsByHand(columns), Grad(ColumnLoss, columns, xc, yc)):E1}");

static Tensor Loss(TwoLayer net, Tensor x, Tensor y) => (x.MatMul(net.W1).Clamp(0).MatMul(net.W2) - y).Square().Sum();

static Tensor ColumnLoss(Biased net, Tensor x, Tensor y) => (net.W2.MatMul((net.W1.MatMul(x) + net.B1).Clamp(0)) + net.B2 - y).Square().Sum();

// Forward, then the chain rule backwards, a line for a line.
TwoLayer ByHand(TwoLayer net) {
    var h = x.MatMul(net.W1);
    var relu = h.Clamp(0);
    var predicted = relu.MatMul(net.W2);

    var gPredicted = 2 * (predicted - y);
    var gW2 = relu.T.MatMul(gPredicted);
    var gRelu = gPredicted.MatMul(net.W2.T);
    var gH = Where(h < 0, 0, gRelu);
    return new(x.T.MatMul(gH), gW2);
}

Biased ColumnsByHand(Biased net) {
    var h = net.W1.MatMul(xc) + net.B1;
    var relu = h.Clamp(0);
    var gPredicted = 2 * (net.W2.MatMul(relu) + net.B2 - yc);
    var gH = Where(h < 0, 0, net.W2.T.MatMul(gPredicted));
    return new(gH.MatMul(xc.T), gH.Sum(1).ExpandDims(1), gPredicted.MatMul(relu.T), gPredicted.Sum(1).ExpandDims(1));
}

static double Largest<P>(P a, P b) => Tree.Leaves(Tree.Map((p, q) => (p - q).Abs().Max(), a, b)).Max(t => t.Item());

sealed record TwoLayer(Tensor W1, Tensor W2);

sealed record Biased(Tensor W1, Tensor B1, Tensor W2, Tensor B2);
