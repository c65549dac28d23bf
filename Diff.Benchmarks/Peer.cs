using System.Diagnostics;
using System.Globalization;

namespace Diff.Benchmarks;

/// <summary>PyTorch in a process of its own, asked for one measurement at a time so that both take turns on the same core.</summary>
sealed class Peer : IDisposable {
    readonly Process process;

    Peer(Process process, string version) => (this.process, Version) = (process, version);

    public string Version { get; }

    /// <summary>The peer, or null where this machine has no PyTorch (Debian: apt-get install python3-torch).</summary>
    public static Peer? Start() {
        try {
            var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", Path.Combine(AppContext.BaseDirectory, "peer.py")) {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["OMP_NUM_THREADS"] = "1" },
            });
            if (process?.StandardOutput.ReadLine() is { } version) return new(process, version);
            process?.Dispose();
        } catch (System.ComponentModel.Win32Exception) {
            // No Python: the table has a column less.
        }
        return null;
    }

    /// <summary>Microseconds of one step, the mean over the repetitions; null where the peer has no such workload.</summary>
    public double? Measure(string workload, int repetitions) {
        process.StandardInput.WriteLine($"{workload} {repetitions}");
        process.StandardInput.Flush();
        return double.TryParse(process.StandardOutput.ReadLine(), CultureInfo.InvariantCulture, out var time) ? time : null;
    }

    public void Dispose() {
        process.StandardInput.Close();
        if (!process.WaitForExit(2000)) process.Kill();
        process.Dispose();
    }
}
