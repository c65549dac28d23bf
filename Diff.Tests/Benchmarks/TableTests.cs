using System.Diagnostics;
using System.Text.Json;

namespace Diff.Tests.Benchmarks;

/// <summary>The benchmarks' table, run as a user runs it, but quickly.</summary>
public sealed class TableTests {
    sealed record Row(string Workload, bool Jitted, int Threads, double Ms, double FloorMs, double? TorchMs, long Bytes, string Hash);

    [Fact]
    public void A_row_for_each_workload_and_mode_with_equal_results() {
        var rows = Rows("", "two-layer-sgd", "regression-sgd");
        Assert.Equal(from name in new[] { "two-layer-sgd", "regression-sgd" } from threads in new[] { 1, 2 } from jitted in new[] { false, true } select (name, threads, jitted), rows.Select(r => (r.Workload, r.Threads, r.Jitted)));
        Assert.All(rows, r => Assert.True(r.Ms > 0 && r.FloorMs > 0 && r.Ms > r.FloorMs && r.Bytes >= 0 && r.TorchMs is null));
        Assert.All(rows.GroupBy(r => r.Workload), both => Assert.Single(both.Select(r => r.Hash).Distinct()));
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512")]
    [InlineData("DOTNET_EnableAVX2")]
    [InlineData("DOTNET_EnableHWIntrinsic")]
    public void Results_do_not_depend_on_the_width_of_vectors(string disabled) {
        Assert.Equal(widest.Value, Hashes(disabled));
    }

    [Fact]
    public void A_name_that_nobody_has_is_an_error_that_says_which_there_are() {
        var (code, _, error) = Run("", "table", "two-layr");
        Assert.Equal(2, code);
        Assert.StartsWith("There is no workload two-layr; there are two-layer-manual, ", error);
    }

    static readonly Lazy<string[]> widest = new(() => Hashes(""));

    static string[] Hashes(string disabled) => [.. Rows(disabled, "two-layer-sgd", "regression-sgd", "cnn-1-sgd").Select(r => r.Hash)];

    static Row[] Rows(string disabled, params string[] names) {
        var (code, lines, error) = Run(disabled, ["table", "--json", "--quick", .. names]);
        Assert.True(code == 0, error);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<Row>(l, snakeCase)!)];
    }

    static readonly JsonSerializerOptions snakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    // The program of the same configuration as these tests: …/Diff.Tests/bin/Release/net10.0
    static (int Code, string Out, string Error) Run(string disabled, params string[] args) {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(DataFolder.Repository()!, "Diff.Benchmarks", "bin", output.Parent!.Name, output.Name, "Diff.Benchmarks.dll");
        var start = new ProcessStartInfo("dotnet", [program, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (disabled != "") start.Environment[disabled] = "0";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, text, error.Result);
    }
}
