using System.Diagnostics;

namespace Diff.Benchmarks;

/// <summary>On how many cores a measurement runs, here and beside.</summary>
static class Cores {
    /// <summary>The numbers of threads that have rows in the table.</summary>
    public static readonly int[] Counts = [1, 2];

    /// <summary>The number of threads of the running measurement.</summary>
    public static int InUse { get; private set; } = 1;

    /// <summary>Runs with so many threads. One thread stays on one core, and so do the processes started meanwhile: what the other core does must not decide.</summary>
    public static T Using<T>(int threads, Func<T> run) {
        InUse = threads;
        if (OperatingSystem.IsLinux()) Process.GetCurrentProcess().ProcessorAffinity = threads == 1 && Environment.ProcessorCount > 1 ? 2 : (nint)((1L << Environment.ProcessorCount) - 1);
        return Threads.Using(threads, run);
    }
}
