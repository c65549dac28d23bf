namespace Diff.Tests;

/// <summary>For tests that count what the whole process does: memory, plans made. They run while no other test does.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
