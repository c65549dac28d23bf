using System.Diagnostics;
using System.Runtime;
using System.Security.Cryptography;

namespace Diff.Benchmarks;

/// <summary>Measures a workload and those that do the same, in turns.</summary>
/// <param name="Rounds">At most: everyone's turn comes once a round; the figure is the median of the rounds.</param>
/// <param name="Milliseconds">That everyone may take in all, but for five rounds of one step, which everyone takes.</param>
sealed record Measurement(int Rounds, double Milliseconds) {
    const int HashedSteps = 3;

    public static readonly Measurement Full = new(11, 250), Quick = new(1, 1);

    /// <summary>The rows of a workload: as it is, and under Jit.</summary>
    public Row[] Of(Workload workload, Machine machine, Peer? peer) {
        bool[] modes = [false, true];
        var hashes = Array.ConvertAll(modes, jitted => Hash(workload.Start(jitted)));
        var runs = Array.ConvertAll(modes, jitted => workload.Start(jitted));
        Settle(runs);
        var times = InTurns([
            Here(runs[0].Step), Here(runs[1].Step), Here(workload.OpenBlas?.Invoke()), Here(workload.ByHand?.Invoke()),
            peer is null ? null : repetitions => peer.Measure(workload.Name, repetitions),
        ]);
        return [.. modes.Select((jitted, i) => new Row(workload.Name, jitted, Cores.InUse, times[i]!.Value, machine.Floor(workload.Cost, Cores.InUse),
            times[4], times[2], times[3], Math.Max(0, Allocated(runs[i], out var returned)), returned, hashes[i]))];
    }

    // The runtime compiles again, in the background, what was called thirty times: until all of a step was, and there has been nothing to compile for a while.
    void Settle(Run[] runs) {
        const double quiet = 200, most = 20;
        var (clock, since, compiled, steps) = (Stopwatch.StartNew(), 0.0, -1L, 0);
        while (clock.Elapsed.TotalMilliseconds is var now && (now - since < Math.Min(quiet, Milliseconds) || Rounds > 1 && steps++ < 40) && now < most * Milliseconds) {
            foreach (var run in runs) run.Step();
            if (JitInfo.GetCompiledMethodCount() is var count && count != compiled) (since, compiled) = (now, count);
        }
    }

    static Func<int, double?>? Here(Action? step) => step is null ? null : repetitions => {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < repetitions; i++) step();
        return clock.Elapsed.TotalMilliseconds / repetitions;
    };

    // The median time of each, null for whoever is not there.
    double?[] InTurns(Func<int, double?>?[] contenders) {
        var once = Array.ConvertAll(contenders, c => c is null ? null : Warm(c));
        var rounds = Math.Clamp((int)(Milliseconds / Math.Max(1e-3, once.Max() ?? 0)), Math.Min(5, Rounds), Rounds);
        var repetitions = Array.ConvertAll(once, time => (int)Math.Clamp(Milliseconds / Rounds / (time ?? 1), 1, 1e6));
        var times = new double[contenders.Length, rounds];
        for (var round = 0; round < rounds; round++)
            for (var i = 0; i < contenders.Length; i++)
                if (once[i] is not null) times[i, round] = contenders[i]!(repetitions[i])!.Value;
        return [.. once.Select((time, i) => time is null ? null : (double?)Median([.. Enumerable.Range(0, rounds).Select(r => times[i, r])]))];
    }

    // Until everything is compiled and the caches are full; returns the time of a step.
    double? Warm(Func<int, double?> measure) {
        var (clock, last, n) = (Stopwatch.StartNew(), measure(1), 1);
        while (last is not null && n < 1000 && clock.Elapsed.TotalMilliseconds < Milliseconds / 2) (last, n) = (measure(n), 2 * n);
        return last;
    }

    static long Allocated(Run run, out long returned) {
        var before = run.Result();
        run.Step();
        returned = run.InPlace ? 0 : run.Result().Where(r => !before.Any(b => ReferenceEquals(b, r))).Sum(r => (long)r.Size * r.DType.Size());
        const int steps = 4;
        run.Step();
        var start = Total();
        for (var i = 0; i < steps; i++) run.Step();
        return (Total() - start) / steps - returned;

        static long Total() => Cores.InUse == 1 ? GC.GetAllocatedBytesForCurrentThread() : GC.GetTotalAllocatedBytes(precise: true);
    }

    static string Hash(Run run) {
        for (var i = 0; i < HashedSteps; i++) run.Step();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var leaf in run.Result()) hash.AppendData(leaf.Value.Packed().Bytes);
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 4));
    }

    static double Median(double[] times) {
        Array.Sort(times);
        return times[times.Length / 2];
    }
}
