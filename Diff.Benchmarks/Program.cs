using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Diff.Benchmarks;

// dotnet run -c Release --project Diff.Benchmarks -- table [--json] [NAME …]
const int rounds = 9;
const double roundMicroseconds = 60_000;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.FirstOrDefault() != "table") {
    Console.Error.WriteLine("usage: table [--json] [NAME …]     times training steps, beside PyTorch where python3-torch is installed");
    return 2;
}
var json = args.Contains("--json");
var names = args[1..].Where(a => !a.StartsWith("--")).ToArray();
var unknown = names.Except(Workloads.All.Select(w => w.Name)).ToArray();
if (unknown.Length > 0) {
    Console.Error.WriteLine($"There is no workload {string.Join(", ", unknown)}; there are {string.Join(", ", Workloads.All.Select(w => w.Name))}.");
    return 2;
}

// One core for both: what the other core does must not decide.
if (OperatingSystem.IsLinux()) Process.GetCurrentProcess().ProcessorAffinity = 1 << (Environment.ProcessorCount > 1 ? 1 : 0);
var (peak, bandwidth) = (Machine.PeakGflops(), Machine.BandwidthGBs());
using var peer = Peer.Start();
if (!json) {
    Console.WriteLine($"one core: {peak:F0} GFLOP/s of f32 multiply-adds, {bandwidth:F1} GB/s from memory; {(peer is null ? "no PyTorch here" : $"PyTorch {peer.Version}")}");
    Console.WriteLine($"median of {rounds} rounds, taken in turn; floor: the step's multiply-adds at that peak");
    Console.WriteLine($"{"workload",-20}{"",-10}{"µs a step",12}{"floor",10}{"over floor",12}{"PyTorch",12}{"PyTorch/Diff",14}{"KB a step",12}");
}
foreach (var workload in Workloads.All.Where(w => names.Length == 0 || names.Contains(w.Name))) {
    Action[] steps = [workload.Start(false), workload.Start(true)];
    foreach (var step in steps)
        for (var i = 0; i < 20; i++) step();
    var repetitions = Array.ConvertAll(steps, s => (int)Math.Clamp(roundMicroseconds / Time(s, 5), 3, 5000));
    var (ours, bytes, theirs) = (Array.ConvertAll(steps, _ => new List<double>()), new long[2], new List<double>());
    for (var round = 0; round < rounds; round++) {
        for (var k = 0; k < 2; k++) {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            ours[k].Add(Time(steps[k], repetitions[k]));
            bytes[k] = (GC.GetAllocatedBytesForCurrentThread() - allocated) / repetitions[k];
        }
        if (peer?.Measure(workload.Name, repetitions[0]) is { } time) theirs.Add(time);
    }
    double? torch = theirs.Count > 0 ? Median(theirs) : null;
    var floor = workload.Flops / peak / 1e3;
    for (var k = 0; k < 2; k++) {
        var median = Median(ours[k]);
        Console.WriteLine(json
            ? JsonSerializer.Serialize(new { workload = workload.Name, jitted = k == 1, threads = 1, ms = median / 1e3, floor_ms = floor / 1e3, torch_ms = torch / 1e3, bytes = bytes[k] })
            : $"{workload.Name,-20}{(k == 1 ? "jitted" : ""),-10}{median,12:F1}{floor,10:F1}{median / floor,12:F2}{torch,12:F1}{torch / median,14:F2}{bytes[k] / 1e3,12:F1}");
    }
}
return 0;

static double Time(Action step, int repetitions) {
    var clock = Stopwatch.StartNew();
    for (var i = 0; i < repetitions; i++) step();
    return clock.Elapsed.TotalMicroseconds / repetitions;
}

static double Median(List<double> times) {
    times.Sort();
    return times[times.Count / 2];
}
