// Two problems of ADBench, Microsoft's benchmark of automatic differentiation: values, gradients, and what gradients cost.
// Run: dotnet run examples/15-adbench.cs [--data DIR]
// DIR is ADBench's data folder, with gmm/ and lstm/ in it; without it small problems are drawn. The objectives: Shared/Gmm.cs, Shared/Lstm.cs.

using System.Diagnostics;

if (args is not ([] or ["--data", _])) return Fail("The only option is --data DIR.");
if (args is ["--data", var given] && !Directory.Exists(given)) return Fail($"There is no folder {given}.");

Console.WriteLine("problem              parameters          objective    gradient's length    function    gradient   ratio");
foreach (var (name, (p, data)) in Problems("gmm", Gmm.Read, [("gmm_d2_K5", Gmm.Draw(Key.Of(1), 2, 5, 1000)), ("gmm_d10_K25", Gmm.Draw(Key.Of(2), 10, 25, 1000))]))
    Report(name, p, q => Gmm.Objective(q, data));
foreach (var (name, (p, data)) in Problems("lstm", Lstm.Read, [("lstm_l2_c1024", Lstm.Draw(Key.Of(3), 2, 1024, 14)), ("lstm_l4_c1024", Lstm.Draw(Key.Of(4), 4, 1024, 14))]))
    Report(name, p, q => Lstm.Objective(q, data));
return 0;

IEnumerable<(string Name, T Problem)> Problems<T>(string kind, Func<string, T> read, (string, T)[] drawn) =>
    args is ["--data", var folder]
        ? Directory.EnumerateFiles(Path.Combine(folder, kind), "*.txt", SearchOption.AllDirectories).OrderBy(f => new FileInfo(f).Length).Select(f => (Path.GetFileNameWithoutExtension(f), read(f)))
        : drawn;

static void Report<P>(string name, P at, Func<P, Tensor> objective) {
    var (value, gradient) = ValueAndGrad(objective, at);
    var whole = Tree.Ravel(gradient).Vector;
    var (function, both) = (Jit(objective), Jit((P p) => ValueAndGrad(objective, p)));
    var (f, g) = (Milliseconds(() => function(at)), Milliseconds(() => both(at)));
    Console.WriteLine($"{name,-20} {whole.Size,10}   {value,16:E9}   {whole.Norm(),18:E9}   {f,6:F2} ms   {g,6:F2} ms   {g / f,5:F2}");
}

// The fastest of several runs, after a first one that compiles.
static double Milliseconds(Action run) {
    var (best, all) = (double.MaxValue, Stopwatch.StartNew());
    for (var i = 0; i < 3 || all.ElapsedMilliseconds < 1000; i++) {
        var clock = Stopwatch.StartNew();
        run();
        if (i > 0) best = Math.Min(best, clock.Elapsed.TotalMilliseconds);
    }
    return best;
}

static int Fail(string message) {
    Console.Error.WriteLine(message);
    return 1;
}
