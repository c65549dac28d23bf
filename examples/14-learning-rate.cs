// The learning rate, learned: derivatives through all steps of an optimizer. Run: dotnet run examples/14-learning-rate.cs

const int steps = 30;
var (kx, ky, kn) = Key.Of(0).Split();

// Points of a square, to be told apart by whether their coordinates have one sign; two hundred to learn from, two hundred to be judged by.
var x = kx.Uniform(DType.F64, 400, 2) * 2 - 1;
var y = (x.Prod(1) + 0.1 * ky.Normal(DType.F64, 400) > 0).To(DType.F64);
Tensor Loss(Layer net, Range rows) => SigmoidBce(net.Apply(x[rows])[.., 0], y[rows]).Mean();

// Training is a function like any other: from a rate, which may depend on the step, to the loss afterwards on points not learned from.
var start = Tree.Map(p => p.To(DType.F64), (Dense(2, 16) >> Tanh >> Dense(16, 1)).Run(kn));
Tensor Trained(Func<Tensor, Tensor> rate) {
    var adam = Adam(rate);
    var (net, _) = ForI(steps, (Net: start, State: adam.Init(start)), (_, s) => adam.Step(s.Net, Grad(net => Loss(net, ..200), s.Net), s.State));
    return Loss(net, 200..);
}
Tensor Final(Tensor rate) => Trained(_ => rate);

Console.WriteLine("rate   loss after 30 steps   its slope   by differences");
foreach (var rate in new[] { 0.003, 0.01, 0.03, 0.1, 0.3 }) {
    var (loss, slope) = ValueAndGrad(Final, rate);
    var h = 1e-5 * rate;
    Console.WriteLine($"{rate,-5}  {loss,-20:F6}  {slope,-10:F6}  {(Final(rate + h) - Final(rate - h)) / (2 * h):F6}");
}

// So the rate can go downhill, as weights do. Rates differ by factors: step in the logarithm.
Tensor log = Math.Log(0.01);
for (var i = 0; i <= 12; i++) {
    var (loss, slope) = ValueAndGrad(r => Final(Exp(r)), log);
    if (i % 3 == 0) Console.WriteLine($"step {i,2}: rate {Exp(log):F4}, loss {loss:F6}");
    log -= slope;
}

// And a rate for each step, all thirty at once, from the one just found. They are fitted to the points that judge: new ones would be kinder to one rate.
Tensor Scheduled(Tensor logs) => Trained(t => Exp(logs.Take(t)));
var logs = Train.Fit(log + Tensor.Zeros(DType.F64, steps), 50, Adam(0.03), Scheduled);
Console.WriteLine($"thirty rates: loss {Scheduled(logs):F6}, with\n{Exp(logs)}");
