using System.Text.Json;

namespace Diff.Benchmarks;

/// <summary>What was measured of a workload; times in milliseconds, null where nobody was there to measure.</summary>
/// <param name="Bytes">Allocated by a step beyond what it returns.</param>
/// <param name="Returned">Bytes of what a step returns.</param>
/// <param name="Hash">Of the bits of the state after three steps.</param>
sealed record Row(string Workload, bool Jitted, int Threads, double Ms, double FloorMs, double? TorchMs, double? OpenBlasMs, double? ByHandMs, long Bytes, long Returned, string Hash) {
    public static string Heading => $"{"workload",-28}{"",-8}{"threads",8}{"µs a step",12}{"floor",12}{"over",8}{"PyTorch",12}{"PyTorch/Diff",14}{"OpenBLAS/Diff",15}{"Diff/by hand",14}{"KB beyond",11}{"returned",11}{"hash",10}";

    public override string ToString() =>
        $"{Workload,-28}{(Jitted ? "jitted" : ""),-8}{Threads,8}{Ms * 1e3,12:F1}{FloorMs * 1e3,12:F1}{Over,8:F2}{TorchMs * 1e3,12:F1}{TorchMs / Ms,14:F2}{OpenBlasMs / Ms,15:F2}{Ms / ByHandMs,14:F2}{Bytes / 1e3,11:F1}{Returned / 1e3,11:F1}{Hash,10}";

    // Over no work at all there is nothing to say.
    double? Over => FloorMs > 1e-5 ? Ms / FloorMs : null;

    public string Json => JsonSerializer.Serialize(new {
        workload = Workload, jitted = Jitted, threads = Threads, ms = Ms, floor_ms = FloorMs, torch_ms = TorchMs, openblas_ms = OpenBlasMs, by_hand_ms = ByHandMs, bytes = Bytes, returned = Returned, hash = Hash,
    });
}
