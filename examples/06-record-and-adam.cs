// The same network as a record of its own, trained by Adam. Run: dotnet run examples/06-record-and-adam.cs

var (kx, ky, kn) = Key.Of(0).Split();
Tensor x = kx.Normal(64, 1000), y = ky.Normal(64, 10);
var net = TwoLayerNet.Init.Run(kn);
Console.WriteLine(net);

// An optimizer is a pair of functions: a state for given parameters, and from (parameters, gradient, state) the next ones.
var adam = Adam(1e-3);
var state = adam.Init(net);
for (var step = 1; step <= 500; step++) {
    var (loss, gradient) = ValueAndGrad(n => SquaredError(n.Apply(x), y).Sum(), net);
    if (step % 100 == 0 || step == 1) Console.WriteLine($"step {step,3}   loss {loss:E3}");
    (net, state) = adam.Step(net, gradient, state);
}

// The same loop in one line: a fold over 500 equal steps.
var fitted = Train.Fit(TwoLayerNet.Init.Run(kn), 500, Adam(1e-3), n => SquaredError(n.Apply(x), y).Sum());
Console.WriteLine($"the same by Train.Fit, to the bit: {Check.Close(net, fitted, tolerance: 0)}");

sealed record TwoLayerNet(Dense First, Dense Second) : Layer {
    public static readonly Init<TwoLayerNet> Init =
        from first in Dense(1000, 100)
        from second in Dense(100, 10)
        select new TwoLayerNet(first, second);

    public override Tensor Apply(Tensor x) => Second.Apply(First.Apply(x).Clamp(0));
}
