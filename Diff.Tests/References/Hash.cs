using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Diff.Tests;

/// <summary>Data that C# and the scripts beside this file make alike, bit for bit: inputs and initial parameters of the reference figures.</summary>
static class Hash {
    /// <summary>Uniform in ±scale/2: murmur3's finalizer of an affine function of the row-major index and the seed. The formula of
    /// <c>hashing.py</c>; an f32 reference uses the nearest f32 of each.</summary>
    public static double[] Values(int count, uint seed, double scale) {
        var values = new double[count];
        for (var i = 0; i < count; i++) {
            var h = unchecked((uint)i * 2654435761u + seed * 40503u + 12345u);
            h = unchecked((h ^ h >> 16) * 0x85EBCA6Bu);
            h = unchecked((h ^ h >> 13) * 0xC2B2AE35u);
            h ^= h >> 16;
            values[i] = (h / 4294967296.0 - 0.5) * scale;
        }
        return values;
    }

    /// <summary>The values that an entry of the JSON files describes by its <c>shape</c>, <c>seed</c> and <c>scale</c>.</summary>
    public static double[] Values(JsonElement array) =>
        Values(array.GetProperty("shape").Ints().Aggregate(1, (a, b) => a * b), array.GetProperty("seed").GetUInt32(), array.GetProperty("scale").GetDouble());
}

/// <summary>The reference figures: <c>training.json</c> and <c>functions.json</c>, written by the scripts of the same names.</summary>
static class References {
    public static JsonElement Training { get; } = Read("training.json");
    public static JsonElement Functions { get; } = Read("functions.json");

    public static double[] Doubles(this JsonElement array) => [.. array.EnumerateArray().Select(x => x.GetDouble())];
    public static int[] Ints(this JsonElement array) => [.. array.EnumerateArray().Select(x => x.GetInt32())];

    // From the source tree: nothing has to be copied to the output.
    static JsonElement Read(string file, [CallerFilePath] string here = "") =>
        JsonDocument.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, file))).RootElement;
}
