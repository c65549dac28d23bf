using System.Diagnostics;

namespace Diff.Benchmarks;

/// <summary>What a user waits for at first: a process that takes one jitted step, against one that does nothing.</summary>
static class Cold {
    public const string Child = "cold-child", Step = "step";
    const int Rounds = 7;
    const string Workload = "cnn-64-sgd";

    /// <summary>Starts both in turns, and prints the medians.</summary>
    public static void Print() {
        var (with, without) = (new double[Rounds], new double[Rounds]);
        for (var i = 0; i < Rounds; i++) (without[i], with[i]) = (Start([Child]), Start([Child, Step]));
        Array.Sort(with);
        Array.Sort(without);
        var (step, empty) = (with[Rounds / 2], without[Rounds / 2]);
        Console.WriteLine($"cold: the first jitted step of {Workload} {step - empty:F0} ms beyond start-up ({step:F0} ms and {empty:F0} ms from process start to end, medians of {Rounds})");
    }

    /// <summary>The child.</summary>
    public static void Run(bool step) {
        if (step) Array.Find(ConvolutionalNetwork.All, w => w.Name == Workload)!.Start(true).Step();
    }

    static double Start(string[] args) {
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, IsHost ? [typeof(Cold).Assembly.Location, .. args] : args))!;
        process.WaitForExit();
        return clock.Elapsed.TotalMilliseconds;
    }

    // Whether this is `dotnet Diff.Benchmarks.dll` and not the program's own executable.
    static bool IsHost => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet";
}
