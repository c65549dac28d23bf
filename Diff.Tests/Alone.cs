namespace Diff.Tests;

/// <summary>For tests that count what the whole process does: memory, plans made. They run while no other test does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone {
    /// <summary>Bytes of managed memory that something still refers to.</summary>
    public static long LiveBytes() {
        // What has a finalizer lives until the second collection, memory that may be used again until the fourth.
        for (var i = 0; i < 4; i++) {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        return GC.GetTotalMemory(true);
    }
}
