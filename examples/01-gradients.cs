// Gradients of plain functions. Run: dotnet run examples/01-gradients.cs

// y = w·x + b. Its derivative by w is x, by x it is w, by b it is 1.
var (dw, dx, db) = Grads((w, x, b) => w * x + b)(2, 1, 3);
Console.WriteLine($"y = w·x + b at w = 2, x = 1, b = 3:  dy/dw = {dw}, dy/dx = {dx}, dy/db = {db}");

// The chain rule: y = 4·z, z = 3·x.
Console.WriteLine($"y = 4·(3·x):  dy/dx = {Grad(x => 4 * (3 * x))(2)}");

// Derivatives are functions, so they have derivatives.
var cube = (Tensor x) => x * x * x;
Console.WriteLine($"y = x³ at 2:  y' = {Grad(cube)(2)}, y'' = {Grad(Grad(cube))(2)}, y''' = {Grad(Grad(Grad(cube)))(2)}");

// A vector has no gradient; it has a pullback, which asks for a cotangent: what weight each output has.
var (y, pull) = Vjp(x => x.Square(), [1, 2, 3]);
Console.WriteLine($"y = x² = {y}");
Console.WriteLine($"pulled back along [1, 1, 1]: {pull([1, 1, 1])}");
Console.WriteLine($"twice the cotangent:         {pull([2, 2, 2])}, twice the gradient; call it as often as you like");

// What stands for a constant has no derivative.
Console.WriteLine($"x·x at 3:               {Grad(x => x * x)(3)}");
Console.WriteLine($"x·StopGradient(x) at 3: {Grad(x => x * StopGradient(x))(3)}");

// No tensor carries a .grad. An intermediate's derivative is there for whoever asks for it by name: of z in y = (z + 1)², z = 3·x …
var x0 = Tensor.Scalar(2.0);
var z0 = 3 * x0;
Console.WriteLine($"dy/dz = {Grad(z => (z + 1).Square())(z0)},  dy/dx = {Grad(x => (3 * x + 1).Square())(x0)}");

// C#'s own if and while decide as they always do.
var abs = Grad(x => { if (x > 0) return x; return -x; });
Console.WriteLine($"d|x|/dx at 5 and −3: {abs(5)}, {abs(-3)}");

// And a mistake says what to do.
try {
    Grad(x => x.Square())([1, 2, 3]);
} catch (GradientException e) {
    Console.WriteLine($"Grad(x => x.Square())([1, 2, 3]): {e.Message}");
}
