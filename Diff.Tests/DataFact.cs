namespace Diff.Tests;

/// <summary>A fact about real data, skipped (saying so) where the data is absent: see the README on DIFF_DATA.</summary>
public sealed class DataFactAttribute : FactAttribute {
    /// <summary>Needs these files below the data folder.</summary>
    public DataFactAttribute(params string[] files) =>
        Skip = DataFolder.Path is not { } folder ? "no data: set DIFF_DATA to the folder that holds mnist/ and the rest"
            : files.FirstOrDefault(file => !Exists(Path.Combine(folder, file))) is { } missing ? $"{missing} is not in {folder}"
            : null;

    static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);
}

/// <summary>Where the real data lies: DIFF_DATA, or shared/data beside the repository.</summary>
public static class DataFolder {
    /// <summary>The folder, or null where there is none.</summary>
    public static string? Path { get; } =
        Environment.GetEnvironmentVariable("DIFF_DATA") is { Length: > 0 } given ? (Directory.Exists(given) ? given : null)
        : Repository() is { } root && System.IO.Path.GetFullPath(System.IO.Path.Combine(root, "..", "shared", "data")) is var near && Directory.Exists(near) ? near
        : null;

    /// <summary>A file below the folder; only for tests that <see cref="DataFactAttribute"/> guards.</summary>
    public static string File(string name) => System.IO.Path.Combine(Path ?? throw new InvalidOperationException("no data folder"), name);

    /// <summary>The folder of Diff.sln, found by walking up from the tests' own.</summary>
    public static string? Repository() {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent) {
            if (System.IO.File.Exists(System.IO.Path.Combine(folder.FullName, "Diff.sln"))) {
                return folder.FullName;
            }
        }
        return null;
    }
}
