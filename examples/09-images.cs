// The convolutional network learns images. Run: dotnet run examples/09-images.cs [--data DIR] [--epochs N]
// DIR holds MNIST or Fashion-MNIST as IDX files, plain or gzip; without it the digits are drawn by the example itself.

string? Option(string name) => Array.IndexOf(args, name) is >= 0 and var i && i + 1 < args.Length ? args[i + 1] : null;
var folder = Option("--data");
if (!int.TryParse(Option("--epochs") ?? "3", out var epochs) || epochs < 1) return Fail("--epochs takes a whole number, 1 or more.");
if (args.LastOrDefault() is "--data" or "--epochs") return Fail($"{args[^1]} takes a value.");
Dataset train, test;
try {
    (train, test) = folder is null ? (Drawn(15_000, seed: 1), Drawn(2_000, seed: 2)) : Dataset.Mnist(folder);
} catch (DataException e) {
    return Fail(e.Message);
}
Console.WriteLine($"{train.Count} images to learn, {test.Count} to test{(folder is null ? ", drawn" : $", from {folder}")}");

var net = LeNet.Init.Run(Key.Of(42));
// The rate falls along half a cosine, to nothing at the last step: a schedule is a function of the step's number.
var steps = epochs * ((train.Count + 63) / 64);
var adam = Adam(step => 1e-3 * (1 + Cos(step * (Math.PI / steps))));
var state = adam.Init(net);
Bar.Run("training", steps, report => {
    var done = 0;
    foreach (var batch in train.Batches(64, shuffle: Key.Of(1), epochs: epochs)) {
        var (loss, accuracy, gradient) = ValueAndGrad(Loss, net, batch);
        (net, state) = adam.Step(net, gradient, state);
        report(++done, $"loss {loss:F3}   accuracy {accuracy:F2}");
    }
});

var predicted = Concat([.. test.Batches(500).Select(b => net.Apply(b.X).ArgMax())]);
var confusion = new int[10, 10];
foreach (var (truth, guess) in test.Y.ToArray<int>().Zip(predicted.ToArray<int>(), (t, p) => (t, p))) confusion[truth, guess]++;
Bar.Confusion(confusion);
Console.WriteLine($"test accuracy {predicted.Eq(test.Y).Mean():F4}");
return 0;

static int Fail(string message) {
    Console.Error.WriteLine(message);
    return 1;
}

// The derivative is the loss's; what else a function returns comes along.
static (Tensor Loss, Tensor Accuracy) Loss(LeNet net, Batch batch) {
    var logits = net.Apply(batch.X);
    return (CrossEntropy(logits, batch.Y).Mean(), logits.ArgMax().Eq(batch.Y).Mean());
}

static Dataset Drawn(int count, ulong seed) {
    var (images, labels) = Digits.Draw(count, seed);
    return new(Tensor.From<float>(images, count, 1, 28, 28), Tensor.Ints(labels));
}

sealed record LeNet(Conv2d Conv1, Conv2d Conv2, Dense Fc1, Dense Fc2, Dense Fc3) : Layer {
    public static readonly Init<LeNet> Init =
        from c1 in Conv2d(1, 6, 5, padding: 2)
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
