namespace Diff.Tests;

/// <summary>For tests that count what the whole process does: memory, plans made. They run while no other test does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone {
    /// <summary>Bytes of managed memory that something still refers to.</summary>
    public static long LiveBytes() {
        // What has a finalizer lives until the second collection.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(true);
    }
}
