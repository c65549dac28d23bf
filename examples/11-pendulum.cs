// How long is a pendulum, and what slows it? Found from noisy angles, through its equation of motion. Run: dotnet run examples/11-pendulum.cs

const double gravity = 9.81, dt = 0.02, noise = 0.1;
const int count = 500;

// θ″ = −(g/l)·sin θ − c·θ′
static Swing Rate(Pendulum p, Swing s) => new(s.Speed, -gravity / p.Length * Sin(s.Angle) - p.Friction * s.Speed);

// Runge and Kutta's step, for a state that is any record of tensors.
static S Step<S>(Func<S, S> rate, S state, double h) {
    S Along(S slope, double t) => Tree.Map((s, d) => s + t * d, state, slope);
    var a = rate(state);
    var b = rate(Along(a, h / 2));
    var c = rate(Along(b, h / 2));
    var d = rate(Along(c, h));
    return Along(Tree.Map((a, b, c, d) => (a + 2 * b + 2 * c + d) / 6, a, b, c, d), h);
}

// The loop is one operation, compiled once, with derivatives in both modes.
static Tensor Angles(Pendulum p) =>
    Scan(new Swing(p.Start, 0.0), Tensor.Arange(count), (s, _) => (Step(s => Rate(p, s), s, dt), s.Angle)).Ys;

// Ten seconds of a swing from far out, which no formula for small angles describes.
var truth = new Pendulum(Length: 1.3, Friction: 0.25, Start: 2.5);
var seen = Angles(truth) + noise * Key.Of(1).Normal(DType.F64, count);
Tensor Residuals(Pendulum p) => (Angles(p) - seen) / noise;
Tensor Loss(Pendulum p) => Residuals(p).Square().Mean();

// A guess, and downhill from it.
var guess = new Pendulum(Length: 1.0, Friction: 0.0, Start: 2.0);
var (length, friction, start) = Grad(Loss, guess);
Console.WriteLine($"guess: mean square {Loss(guess):F1} of the noise's; slope {length:F0} by the length, {friction:F0} by the friction, {start:F0} by the start");
var byAdam = Train.Fit(guess, 300, Adam(0.02), Loss, observe: s => {
    if (s.Step % 50 == 0) Console.WriteLine($"step {s.Step,3}   mean square {s.Loss:F4}");
});
Console.WriteLine($"by Adam: length {byAdam.Length:F4}, friction {byAdam.Friction:F4}, start {byAdam.Start:F4}");

// Least squares use more than a gradient: each angle's derivatives by each parameter, forward through the loop.
var fit = LevenbergMarquardt(Residuals, guess);
Console.WriteLine($"Levenberg–Marquardt: {fit.Steps} steps, mean square {fit.SumOfSquares / count:F4}");

// They say how sure the answer is, too: the covariance of the parameters is (JᵀJ)⁻¹.
var j = Stack(Tree.Leaves(JacobianForward(Residuals, fit.Params)), 1);
var deviations = Sqrt(Diagonal(Inv(j.T.MatMul(j))));
foreach (var (i, name) in Tree.Paths(truth).Index())
    Console.WriteLine($"{name,-8} {Tree.Leaves(fit.Params)[i]:F4} ± {deviations[i]:F4}, in truth {Tree.Leaves(truth)[i]}");

var time = Tensor.Arange(count).To(DType.F64) * dt;
Picture.Plot("A pendulum, seen through noise")
    .Points(time.ToArray<double>(), seen.ToArray<double>(), "seen")
    .Line(time.ToArray<double>(), Angles(guess).ToArray<double>(), "guess")
    .Line(time.ToArray<double>(), Angles(fit.Params).ToArray<double>(), "found")
    .Axes("seconds", "angle")
    .Save("pendulum.svg");
Console.WriteLine("drawn: pendulum.svg");

sealed record Swing(Tensor Angle, Tensor Speed);

sealed record Pendulum(Tensor Length, Tensor Friction, Tensor Start);
