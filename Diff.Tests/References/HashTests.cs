using System.Text.Json;

namespace Diff.Tests;

/// <summary>That the data of the reference figures is the same in C# as in the scripts: the values, and what plain loops make of them.</summary>
public class HashTests {
    [Fact]
    public void Values_are_those_of_the_scripts() {
        foreach (var sample in References.Training.GetProperty("samples").EnumerateArray().Concat(References.Functions.GetProperty("samples").EnumerateArray())) {
            var (seed, scale) = (sample.GetProperty("seed").GetUInt32(), sample.GetProperty("scale").GetDouble());
            Assert.Equal(sample.GetProperty("values").Doubles(), Hash.Values(sample.GetProperty("count").GetInt32(), seed, scale));
            var last = sample.GetProperty("last");
            Assert.Equal(last.GetProperty("value").GetDouble(), Hash.Values(last.GetProperty("index").GetInt32() + 1, seed, scale)[^1]);
        }
    }

    [Fact]
    public void Every_case_has_its_figures() {
        foreach (var name in new[] { "two-layer", "two-layer-adam", "cnn" }) {
            var steps = Case(name);
            Assert.Equal([50, 50, 50], new[] { "losses_f32", "losses_f64", "losses_by_hand" }.Select(x => steps.GetProperty(x).GetArrayLength()));
            Assert.Equal(steps.GetProperty("parameters").GetArrayLength(), steps.GetProperty("finals").GetArrayLength());
            Assert.True(steps.GetProperty("losses_f64").Doubles() is var losses && losses[^1] < losses[0] / 2);
        }
    }

    // The first loss needs no derivative: plain loops confirm data, layouts and the function.
    [Fact]
    public void First_loss_of_the_two_layer_network() {
        var (data, p) = Arrays("two-layer");
        Same("two-layer", SumOfSquares(Dense(Relu(Dense(data[0], p[0], null, 64)), p[1], null, 64), data[1]));
    }

    [Fact]
    public void First_loss_of_the_two_layer_network_with_biases() {
        var (data, p) = Arrays("two-layer-adam");
        Same("two-layer-adam", SumOfSquares(Dense(Relu(Dense(data[0], p[0], p[1], 64)), p[2], p[3], 64), data[1]));
    }

    [Fact]
    public void First_loss_of_the_convolutional_network() {
        var (data, p) = Arrays("cnn");
        var h = Pool(Relu(Conv(data[0], p[0], p[1], 1, 32)), 6, 28);
        h = Pool(Relu(Conv(h, p[2], p[3], 6, 14)), 16, 10);
        h = Relu(Dense(Relu(Dense(h, p[4], p[5], 1)), p[6], p[7], 1));
        Same("cnn", SumOfSquares(Dense(h, p[8], p[9], 1), data[1]) / 10);
    }

    static JsonElement Case(string name) => References.Training.GetProperty("cases").GetProperty(name);

    static (double[][] Data, double[][] Parameters) Arrays(string name) {
        return (All("data"), All("parameters"));
        double[][] All(string kind) => [.. Case(name).GetProperty(kind).EnumerateArray().Select(Hash.Values)];
    }

    static void Same(string name, double loss) {
        var expected = Case(name).GetProperty("losses_f64")[0].GetDouble();
        Assert.True(Math.Abs(loss - expected) <= 1e-12 * expected, $"{name}: {loss:R}, expected {expected:R}");
    }

    static double[] Relu(double[] x) => [.. x.Select(v => Math.Max(v, 0))];

    static double SumOfSquares(double[] a, double[] b) => a.Zip(b, (u, v) => (u - v) * (u - v)).Sum();

    // x [rows, n] · w [n, m] + b
    static double[] Dense(double[] x, double[] w, double[]? b, int rows) {
        var n = x.Length / rows;
        var m = w.Length / n;
        var y = new double[rows * m];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < m; j++) {
                var s = b?[j] ?? 0;
                for (var k = 0; k < n; k++) s += x[i * n + k] * w[k * m + j];
                y[i * m + j] = s;
            }
        return y;
    }

    // x [c, n, n], w [o, c, 5, 5]
    static double[] Conv(double[] x, double[] w, double[] b, int c, int n) {
        var (o, m) = (b.Length, n - 4);
        var y = new double[o * m * m];
        for (var at = 0; at < y.Length; at++) {
            var (f, i, j) = (at / (m * m), at / m % m, at % m);
            var s = b[f];
            for (var k = 0; k < c * 25; k++) s += w[f * c * 25 + k] * x[(k / 25 * n + i + k / 5 % 5) * n + j + k % 5];
            y[at] = s;
        }
        return y;
    }

    // x [c, n, n], blocks of 2 by 2
    static double[] Pool(double[] x, int c, int n) {
        var m = n / 2;
        return [.. Enumerable.Range(0, c * m * m).Select(at => {
            var first = (at / (m * m) * n + at / m % m * 2) * n + at % m * 2;
            return Math.Max(Math.Max(x[first], x[first + 1]), Math.Max(x[first + n], x[first + n + 1]));
        })];
    }
}
