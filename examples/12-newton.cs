// Newton's method: second derivatives and a linear system instead of a learning rate. Run: dotnet run examples/12-newton.cs

// Rosenbrock's valley: its floor is flat and curved, its walls are steep; the least is 0 at (1, 1).
static Tensor Rosenbrock(Tensor p) => (1 - p[0]).Square() + 100 * (p[1] - p[0].Square()).Square();

Tensor start = [-1.2, 1];
Console.WriteLine($"gradient at the start {Grad(Rosenbrock, start)}, Hessian\n{Hessian(Rosenbrock, start)}");

// Where the gradient's linear model is zero, again and again: the number of right digits doubles with each step near the end.
var p = start;
for (var i = 0; i <= 6; i++) {
    Console.WriteLine($"Newton {i}: value {Rosenbrock(p).Item():E3} at {p}");
    p -= Solve(Hessian(Rosenbrock, p), Grad(Rosenbrock, p));
}

// The same valley in 50 dimensions, downhill with any Hessian: shifted until it is positive definite, halved until the value falls.
static Tensor Chain(Tensor x) => ((1 - x[..^1]).Square() + 100 * (x[1..] - x[..^1].Square()).Square()).Sum();

var x = Tensor.Linspace(-1.2, 1.2, 50, DType.F64);
var steps = 0;
for (; steps < 500; steps++) {
    var g = Grad(Chain, x);
    if (g.Norm() < 1e-10) break;
    var h = Hessian(Chain, x);
    var least = Eigh(h).Values[0].Item();
    var step = Solve(h + Math.Max(0, 1e-3 - 1.1 * least) * Tensor.Eye(50, type: DType.F64), g);
    var length = 1.0;
    while (Chain(x - length * step) > Chain(x)) length /= 2;
    x -= length * step;
}
Console.WriteLine($"50 dimensions: value {Chain(x).Item():E1} after {steps} steps, farthest from 1: {(x - 1).Abs().Max().Item():E1}");

// Plain gradient descent for comparison.
var q = start;
for (var i = 0; i < 1000; i++) q -= 1e-3 * Grad(Rosenbrock, q);
Console.WriteLine($"1000 steps of gradient descent: value {Rosenbrock(q).Item():E1} at {q}");
