using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Diff.Tests;

/// <summary>Each example is run as a user runs it, and what it prints is held to what it claims.</summary>
public sealed class ExamplesTests {
    [Fact]
    public void Gradients_of_plain_functions() {
        var text = Run("01-gradients");
        Assert.Contains("dy/dw = 1, dy/dx = 2, dy/db = 1", text);
        Assert.Contains("y = 4·(3·x):  dy/dx = 12", text);
        Assert.Contains("y' = 12, y'' = 12, y''' = 6", text);
        Assert.Contains("pulled back along [1, 1, 1]: [2. 4. 6.]", text);
        Assert.Contains("twice the cotangent:         [ 4.  8. 12.]", text);
        Assert.Contains("x·x at 3:               6", text);
        Assert.Contains("x·StopGradient(x) at 3: 3", text);
        Assert.Contains("dy/dz = 14,  dy/dx = 42", text);
        Assert.Contains("d|x|/dx at 5 and −3: 1, -1", text);
        Assert.Contains("pull back a cotangent of your choice with Vjp", text);
    }

    [Fact]
    public void By_hand_and_by_Grad_are_equal_to_rounding() {
        var text = Run("02-by-hand");
        // Of entries around 5e5: seven digits.
        Assert.InRange(Number(text, @"largest difference of the two gradients: (\S+),"), 0, 1);
        Assert.InRange(Number(text, @"columns with biases: largest difference (\S+)"), 0, 1);
        Falling(Numbers(text, @"step +\d+   loss (\S+)"), least: 10);
        Assert.InRange(Number(text, @"after 500 steps   loss (\S+)"), 0, 0.1);
    }

    [Fact]
    public void Value_and_grad_train() {
        var text = Run("03-value-and-grad");
        var last = Numbers(text, @"batch +64, .*→ (\S+)");
        Assert.Equal(3, last.Length);
        Falling(last, least: 3);
        Assert.Single(Numbers(text, @"batch 100, 500 steps: loss \d+ → (\S+)"));
        Assert.Contains("= Dot ", text);
    }

    [Fact]
    public void A_custom_rule_is_used_like_any_other() {
        var text = Run("04-custom-rule");
        var rule = Regex.Match(text, @"P₃' (\[.*\]), by the rule").Groups[1].Value;
        Assert.Equal("[ 6.     0.375 -1.5    0.375  6.   ]", rule);
        Assert.Contains($"{rule}, by the library", text);
        Assert.Contains($"forward mode: {rule}", text);
        Assert.Contains("P₃''[-15.   -7.5   0.    7.5  15. ]", text);
        Assert.Contains("d(100·clip(x))/dx = 1", text);
        Falling(Numbers(text, @"step +\d+   loss (\S+)"), least: 10);
    }

    [Fact]
    public void Layers_train_by_plain_steps() {
        var text = Run("05-layers");
        Assert.Contains("(0): Dense(in=1000, out=100)", text);
        Assert.Matches(@"Layers\[2\]\.Bias +f32\[10\]", text);
        Falling(Numbers(text, @"step +\d+   loss (\S+)"), least: 6);
        Assert.Contains("by hand: [4.5 4.5]", text);
    }

    [Fact]
    public void A_record_of_layers_trains_with_Adam() {
        var text = Run("06-record-and-adam");
        Assert.Contains("TwoLayerNet(", text);
        var losses = Numbers(text, @"step +\d+   loss (\S+)");
        Assert.InRange(losses[^1], 0, 1e-6 * losses[0]);
        Assert.Contains("the same by Train.Fit, to the bit: True", text);
    }

    [Fact]
    public void A_regression_is_drawn() {
        var text = Run("07-regression", out var folder);
        Falling(Numbers(text, @"step +\d+   mean squared error (\S+)"), least: 10);
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(folder, "regression.svg")));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_convolutional_network_taken_apart() {
        var text = Run("08-convolutional");
        string[] shapes = ["[6,1,5,5]", "[6]", "[16,6,5,5]", "[16]", "[400,120]", "[120]", "[120,84]", "[84]", "[84,10]", "[10]"];
        Assert.Equal(shapes, Regex.Matches(text, @"^  (?:Conv|Fc)\d\.(?:Weight|Bias) +(\S+)", RegexOptions.Multiline).Select(m => m.Groups[1].Value));
        var once = Regex.Match(text, @"conv1's bias gradient: (\[[^\]]+\])").Groups[1].Value;
        Assert.NotEqual("", once);
        Assert.Equal(once, Regex.Match(text, @"and again: +(\[[^\]]+\])").Groups[1].Value);
        string[] walk = ["Div", "Sum", "Square", "Sub", "Add", "Dot", "Relu", "Add", "Dot", "Relu", "Add", "Dot", "Reshape"];
        var seen = Regex.Matches(text, @"^  f32\[\S* +(\w+)", RegexOptions.Multiline).Select(m => m.Groups[1].Value).ToArray();
        Assert.Equal(walk, seen[..walk.Length]);
        Assert.Equal(["Conv", "input"], seen[^2..]);
        var (byHand, sgd) = (Numbers(text, @"by hand +\d+   loss (\S+)"), Numbers(text, @"Sgd +\d+   loss (\S+)"));
        Falling(byHand, least: 10);
        Assert.Equal(byHand, sgd);
    }

    [Fact]
    public void Images_are_learned_within_a_minute() {
        var clock = Stopwatch.StartNew();
        var text = Run("09-images");
        Assert.InRange(Number(text, @"^test accuracy (\S+)"), 0.97, 1);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 60);
        Assert.Contains("true class by row", text);
    }

    [Fact]
    public void Gradients_of_each_example_find_the_wrong_ones() {
        var text = Run("10-per-example-gradients");
        Assert.Matches(@"Hidden.Weight  \[400,1,32\]", text);
        Assert.Contains("as a loop: True", text);
        Assert.Contains("mean is the batch's gradient: True", text);
        Assert.InRange(Number(text, @"(\S+) times as fast"), 2, 1000);
        Assert.InRange(Number(text, @"of the 20 longest gradients (\d+) belong to the 20 wrong points"), 18, 20);
        var (plain, clipped) = (Number(text, @"true curve: (\S+) with plain"), Number(text, @"gradients, (\S+) with clipped"));
        Assert.InRange(clipped, 0, 0.5 * plain);
    }

    [Fact]
    public void A_pendulum_is_measured_through_noise() {
        var text = Run("11-pendulum", out var folder);
        Assert.Equal(1.3, Number(text, @"by Adam: length (\S+),"), 0.01);
        Assert.InRange(Number(text, @"Levenberg–Marquardt: \d+ steps, mean square (\S+)"), 0.8, 1.2);
        foreach (Match m in Regex.Matches(text, @"(\S+) ± (\S+), in truth (\S+)")) {
            var (found, deviation, truth) = (Parse(m.Groups[1]), Parse(m.Groups[2]), Parse(m.Groups[3]));
            Assert.InRange(deviation, 0.001, 0.01);
            Assert.InRange(Math.Abs(found - truth) / deviation, 0, 3);
        }
        Assert.Contains("<svg", File.ReadAllText(Path.Combine(folder, "pendulum.svg")));
        Directory.Delete(folder, recursive: true);

        static double Parse(Group g) => double.Parse(g.Value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_learning_rate_is_learned() {
        var text = Run("14-learning-rate");
        var slopes = Numbers(text, @"^0\S+ +\S+ +(\S+) +\S+$");
        var differences = Numbers(text, @"^0\S+ +\S+ +\S+ +(\S+)$");
        Assert.Equal(5, slopes.Length);
        for (var i = 0; i < slopes.Length; i++) Assert.Equal(differences[i], slopes[i], 1e-5 * Math.Max(1, Math.Abs(slopes[i])));
        Falling(Numbers(text, @"^step +\d+: rate \S+, loss (\S+)"), least: 5);
        Assert.InRange(Number(text, @"thirty rates: loss (\S+),"), 0, Numbers(text, @"^step +\d+: rate \S+, loss (\S+)")[^1]);
    }

    [Fact]
    public void Problems_of_ADBench_are_timed() {
        var text = Run("15-adbench");
        Assert.Equal(4, Numbers(text, @"^(?:gmm|lstm)\S+ +(\d+) ").Length);
        Assert.All(Numbers(text, @" ms +(\S+)$"), ratio => Assert.InRange(ratio, 0.2, 50));
    }

    [Fact]
    public void Newton_finds_the_valleys_end() {
        var text = Run("12-newton");
        var values = Numbers(text, @"^Newton \d+: value (\S+)");
        Assert.Equal(7, values.Length);
        Assert.InRange(values[^1], 0, 1e-18);
        Assert.InRange(Number(text, @"farthest from 1: (\S+)"), 0, 1e-9);
        Assert.InRange(Number(text, @"50 dimensions: .* after (\d+) steps"), 1, 499);
    }

    [Fact]
    public void Least_squares_reach_the_certified_digits() {
        var text = Run("13-least-squares");
        var digits = Numbers(text, @"at least (\S+) certified digits");
        Assert.Equal(2, digits.Length);
        Assert.All(digits, d => Assert.InRange(d, 8, 20));
        Assert.Equal(2.707008, Number(text, @"standard deviations (\S+)"), 2e-6);
    }

    static string Run(string example) {
        var text = Run(example, out var folder);
        Directory.Delete(folder, recursive: true);
        return text;
    }

    // In a folder of its own, as a user would; without the cache of single-file programs, which does not notice a changed library.
    static string Run(string example, out string folder) {
        folder = Directory.CreateTempSubdirectory("diff-example-").FullName;
        var start = new ProcessStartInfo("dotnet", ["run", "--no-cache", Path.Combine(DataFolder.Repository()!, "examples", example + ".cs")]) {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // What the test host was told about itself is not for the example.
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("MSBuild", StringComparison.OrdinalIgnoreCase)).ToArray()) start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{example} ended with {process.ExitCode}:\n{output}\n{errors.Result}");
        return output;
    }

    static double[] Numbers(string text, string pattern) =>
        [.. Regex.Matches(text, pattern, RegexOptions.Multiline).Select(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))];

    static double Number(string text, string pattern) => Assert.Single(Numbers(text, pattern));

    static void Falling(double[] losses, int least) {
        Assert.InRange(losses.Length, least, int.MaxValue);
        for (var i = 1; i < losses.Length; i++) Assert.True(losses[i] < losses[i - 1], $"loss {i} of {string.Join(", ", losses)}");
    }
}
