using System.Diagnostics;
using System.Globalization;

namespace Diff.Benchmarks;

/// <summary>PyTorch in a process of its own, asked for one measurement at a time so that both take turns on the same cores.</summary>
sealed class Peer : IDisposable {
    readonly Process process;

    Peer(Process process, string version) => (this.process, Version) = (process, version);

    public string Version { get; }

    /// <summary>The peer with as many threads as are in use, or null where this machine has no PyTorch (Debian: apt-get install python3-torch).</summary>
    public static Peer? Start() {
        try {
            var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "peer", "peer.py"), $"{Cores.InUse}"]) {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["OMP_NUM_THREADS"] = $"{Cores.InUse}" },
            };
            foreach (var name in OpenBlas.Overrides) start.Environment.Remove(name);
            var process = Process.Start(start);
            if (process?.StandardOutput.ReadLine() is { } version) {
                // What it complains of must not fill the pipe.
                process.BeginErrorReadLine();
                return new(process, version);
            }
            process?.Dispose();
        } catch (System.ComponentModel.Win32Exception) {
            // No Python: the table has a column less.
        }
        return null;
    }

    /// <summary>Milliseconds of one step, the mean over the repetitions; null where the peer has no such workload.</summary>
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
