// A convolutional network on one image, taken apart. Run: dotnet run examples/08-convolutional.cs

var (kn, kx, kt, kc) = Key.Of(0).Split();
var net = LeNet.Init.Run(kn);
Console.WriteLine(net);
foreach (var (path, leaf) in Tree.Paths(net).Zip(Tree.Leaves(net), (p, l) => (p, l))) Console.WriteLine($"  {path,-14} {leaf.Shape}");

Tensor x = kx.Normal(1, 1, 32, 32), target = kt.Normal(1, 10);
Console.WriteLine($"output: {net.Apply(x)}");

// Pull a cotangent back, twice: nothing is used up.
var (y, pull) = Vjp(n => n.Apply(x), net);
var cotangent = kc.Normal(1, 10);
Console.WriteLine($"conv1's bias gradient: {pull(cotangent).Conv1.Bias}");
Console.WriteLine($"and again:             {pull(cotangent).Conv1.Bias}");

Console.WriteLine($"mean squared error against a random target: {Loss(net, x, target)}");

// What the transforms saw, walked by name from the loss back to the image.
var program = Show(image => Loss(net, image, target), x);
for (var line = program[program.Results[0]]; ; line = program[line.From[0]]) {
    Console.WriteLine($"  {line.Type,-18} {line.Operation}");
    if (line.From.Count == 0) break;
}

// Ten steps by hand, and ten by an optimizer: the same numbers.
var byHand = net;
for (var step = 1; step <= 10; step++) {
    var (loss, gradient) = ValueAndGrad(Loss, byHand, x, target);
    Console.WriteLine($"by hand {step,2}   loss {loss:F6}");
    byHand = Tree.Map((p, g) => p - 0.01 * g, byHand, gradient);
}
var trained = Train.Fit(net, 10, Sgd(0.01), n => Loss(n, x, target), observe: s => Console.WriteLine($"Sgd     {s.Step,2}   loss {s.Loss:F6}"));

static Tensor Loss(LeNet net, Tensor x, Tensor target) => SquaredError(net.Apply(x), target).Mean();

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
