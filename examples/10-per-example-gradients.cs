// What each example asks of a network, and a fit that no single example can pull away. Run: dotnet run examples/10-per-example-gradients.cs

using System.Diagnostics;

// A sine with a little noise. One point of twenty is wrong by 5.
const int n = 400, wrong = 20;
var (kx, ky, kn) = Key.Of(0).Split();
var x = kx.Uniform([n, 1], -3, 3);
var truth = Sin(2 * x);
var y = truth + 0.1 * ky.Normal(n, 1) + 5 * (Tensor.Arange(n) < wrong).To(DType.F32).ExpandDims(1);
var start = Curve.Init.Run(kn);

// The loss of a batch has one gradient. Vmap of the gradient of one example's loss has them all: a Curve whose leaves have a first axis of examples.
var gradients = (Curve net) => Vmap((Tensor x, Tensor y) => Grad(Loss, net, x, y))(x, y);
var all = gradients(start);
foreach (var (path, leaf) in Tree.Paths(all).Zip(Tree.Leaves(all))) Console.WriteLine($"  {path,-14} {leaf.Shape}");

// The same as a loop over examples, and their mean the gradient of the mean.
var loop = (Curve net) => Enumerable.Range(0, n).Select(i => Grad(Loss, net, x[i], y[i])).ToArray();
Console.WriteLine($"as a loop: {loop(start).Index().All(g => Check.Close(g.Item, Tree.Map(a => a[g.Index], all)))}");
Console.WriteLine($"mean is the batch's gradient: {Check.Close(Grad(net => Loss(net, x, y), start), Tree.Map(g => g.Mean(0), all))}");
var (slow, fast) = (Milliseconds(() => loop(start)), Milliseconds(() => gradients(start)));
Console.WriteLine($"{n} gradients: {slow:F1} ms one by one, {fast:F1} ms by Vmap, {slow / fast:F0} times as fast");

// Who asks for the most? After a fit, those whose answer is wrong.
var plain = Train.Fit(start, 500, Adam(0.01), net => Loss(net, x, y));
var lengths = Vmap((Tensor x, Tensor y) => Length(Grad(Loss, plain, x, y)))(x, y);
var suspects = lengths.TopK(wrong).Indices;
Console.WriteLine($"of the {wrong} longest gradients {(suspects < wrong).Sum()} belong to the {wrong} wrong points");

// No example may pull harder than the others: clip each one's gradient, then take the mean.
var adam = Adam(0.01);
var (robust, state) = (start, adam.Init(start));
for (var step = 0; step < 500; step++) {
    var clipped = Vmap((Tensor x, Tensor y) => Clip(Grad(Loss, robust, x, y), 0.5))(x, y);
    (robust, state) = adam.Step(robust, Tree.Map(g => g.Mean(0), clipped), state);
}
Console.WriteLine($"distance from the true curve: {Distance(plain):F3} with plain gradients, {Distance(robust):F3} with clipped ones");

static Tensor Loss(Curve net, Tensor x, Tensor y) => SquaredError(net.Apply(x), y).Mean();

static Tensor Length(Curve g) => Tree.Ravel(g).Vector.Norm();

static Curve Clip(Curve g, double longest) => Tree.Map(t => t * Min(1, longest / Length(g)), g);

double Distance(Curve net) => Sqrt(SquaredError(net.Apply(x), truth).Mean()).Item();

static double Milliseconds(Action run) {
    // What has run for a moment is compiled for good.
    for (var warm = Stopwatch.StartNew(); warm.ElapsedMilliseconds < 500;) run();
    var clock = Stopwatch.StartNew();
    for (var i = 0; i < 5; i++) run();
    return clock.Elapsed.TotalMilliseconds / 5;
}

sealed record Curve(Dense Hidden, Dense Out) : Layer {
    public static readonly Init<Curve> Init = from hidden in Dense(1, 32) from @out in Dense(32, 1) select new Curve(hidden, @out);

    public override Tensor Apply(Tensor x) => Out.Apply(Tanh(Hidden.Apply(x)));
}
