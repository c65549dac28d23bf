// A function with a backward rule of your own, used like any other. Run: dotnet run examples/04-custom-rule.cs

// The Legendre polynomial P₃(x) = (5x³ − 3x)/2 and its derivative by hand: 1.5·(5x² − 1).
var legendre = CustomVjp(
    x => 0.5 * (5 * x.Pow(3) - 3 * x),
    (x, y, cotangent) => cotangent * 1.5 * (5 * x.Square() - 1));

Tensor points = [-1, -0.5, 0, 0.5, 1];
Console.WriteLine($"P₃  {legendre(points)}");
Console.WriteLine($"P₃' {Grad(x => legendre(x).Sum())(points)}, by the rule");
Console.WriteLine($"    {Grad(x => (0.5 * (5 * x.Pow(3) - 3 * x)).Sum())(points)}, by the library");
Console.WriteLine($"P₃''{Grad(x => Grad(z => legendre(z).Sum())(x).Sum())(points)}: a rule is differentiated like any function");
Console.WriteLine($"forward mode: {Jvp(legendre, points, Tensor.OnesLike(points)).Tangent}, the transpose of the rule");

// A rule need not be the true derivative: the identity, with a gradient that cannot explode.
var clip = CustomVjp(x => x, (x, y, cotangent) => cotangent.Clamp(-1, 1));
Console.WriteLine($"d(100·clip(x))/dx = {Grad(x => 100 * clip(x))(2)}");

// y = a + b·P₃(c + d·x) fitted to sin x on [−π, π].
var x = Tensor.Linspace(-Math.PI, Math.PI, 2000, DType.F64);
var target = x.Sin();
var curve = new Curve(0, -1, 0, 0.3);
for (var step = 0; step < 2000; step++) {
    var (loss, g) = ValueAndGrad(c => (c.A + c.B * legendre(c.C + c.D * x) - target).Square().Sum(), curve);
    if (step % 200 == 199) Console.WriteLine($"step {step + 1,4}   loss {loss:F4}");
    curve = Tree.Map((p, d) => p - 5e-6 * d, curve, g);
}
Console.WriteLine($"y = {curve.A:F4} + {curve.B:F4} · P₃({curve.C:F4} + {curve.D:F4}·x)");

sealed record Curve(Tensor A, Tensor B, Tensor C, Tensor D);
