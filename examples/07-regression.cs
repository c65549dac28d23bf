// A curve through points: x² on [−1, 1] by a small network. Run: dotnet run examples/07-regression.cs

var x = Tensor.Linspace(-1, 1, 100)[.., NewAxis];
var noise = 0.1 * Key.Of(3).Normal(100, 1);
var y = x.Square() + noise;

var start = (Dense(1, 10) >> Relu >> Dense(10, 1)).Run(Key.Of(1));
var net = Train.Fit(start, 200, Sgd(0.2), n => SquaredError(n.Apply(x), y).Mean(), observe: s => {
    if (s.Step % 20 == 0) Console.WriteLine($"step {s.Step,3}   mean squared error {s.Loss:F5}");
});
Console.WriteLine($"noise alone: {noise.Square().Mean():F5}");

double[] Column(Tensor t) => t.To(DType.F64).ToArray<double>();
Picture.Plot("A network fits x²")
    .Points(Column(x), Column(y), "data")
    .Line(Column(x), Column(start.Apply(x)), "before")
    .Line(Column(x), Column(net.Apply(x)), "after 200 steps")
    .Axes("x", "y")
    .Save("regression.svg");
Console.WriteLine("drawn: regression.svg");
