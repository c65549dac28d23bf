namespace Diff.Benchmarks;

/// <summary>The table: a line for every workload, jitted and not, as measured in this run.</summary>
static class Table {
    /// <summary>Prints it; returns the exit code.</summary>
    public static int Print(string[] args) {
        var (json, quick) = (args.Contains("--json"), args.Contains("--quick"));
        if (args.FirstOrDefault(a => a.StartsWith('-') && a is not ("--json" or "--quick")) is { } option) return Fail($"There is no option {option}; there are --json and --quick.");
        Workload[] workloads;
        try {
            workloads = Workloads.Named([.. args.Where(a => !a.StartsWith('-'))]);
        } catch (ArgumentException e) {
            return Fail(e.Message);
        }
        var machine = Cores.Using(1, Machine.Measure);
        // Quick is for hashes: nobody to compare with.
        var peers = quick ? [] : Cores.Counts.ToDictionary(n => n, n => Cores.Using(n, Peer.Start));
        if (!json) {
            Console.WriteLine($"one core: {machine.Gflops:F0} GFLOP/s of f32 multiply-adds, {machine.MemoryGBs:F1} GB/s from memory, {machine.CacheGBs:F1} GB/s from cache; {Beside(peers.GetValueOrDefault(1)?.Version, "PyTorch")}, {Beside(OpenBlas.Core, "OpenBLAS")}");
            Console.WriteLine("medians of rounds in turn; floor: multiply-adds at that peak or bytes at that rate, the larger; hash: of the state after three steps");
            Console.WriteLine(Row.Heading);
        }
        var measurement = quick ? Measurement.Quick : Measurement.Full;
        foreach (var workload in workloads)
            foreach (var threads in Cores.Counts)
                foreach (var row in Cores.Using(threads, () => measurement.Of(workload, machine, peers.GetValueOrDefault(threads)))) Console.WriteLine(json ? row.Json : row);
        foreach (var peer in peers.Values) peer?.Dispose();
        return 0;
    }

    static string Beside(string? version, string name) => version is null ? $"no {name}" : $"{name} {version}";

    static int Fail(string message) {
        Console.Error.WriteLine(message);
        return 2;
    }
}
