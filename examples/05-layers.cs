// Layers: a network is a value that is applied. Run: dotnet run examples/05-layers.cs

const double rate = 1e-4;
var (kx, ky, kn) = Key.Of(0).Split();
Tensor x = kx.Normal(64, 1000), y = ky.Normal(64, 10);

// >> puts layers and plain functions in a row; what it gives is a recipe, and a key makes a network of it.
var recipe = Dense(1000, 100) >> Relu >> Dense(100, 10);
var net = recipe.Run(kn);
Console.WriteLine(net);

// Parameters are leaves of a tree, with names.
foreach (var (path, leaf) in Tree.Paths(net).Zip(Tree.Leaves(net), (p, l) => (p, l))) Console.WriteLine($"  {path,-22} {leaf.DType.Name()}{leaf.Shape}");

// A plain gradient step on every parameter at once.
for (var step = 1; step <= 500; step++) {
    var (loss, gradient) = ValueAndGrad(n => SquaredError(n.Apply(x), y).Sum(), net);
    if (step % 100 == 0 || step == 1) Console.WriteLine($"step {step,3}   loss {loss:E3}");
    net = Tree.Map((p, g) => p - rate * g, net, gradient);
}

// Looking at one layer, and starting from weights of your own: layers are records.
var first = Dense(3, 2).Run(Key.Of(1));
Console.WriteLine($"weight of a Dense(3, 2):\n{first.Weight}");
var own = first with { Weight = [[1, 0], [0, 1], [1, 1]], Bias = [0.5, -0.5] };
Console.WriteLine($"by hand: {own.Apply([1, 2, 3])}");
