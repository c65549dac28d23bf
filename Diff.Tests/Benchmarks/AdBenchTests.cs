using System.Text.Json;

namespace Diff.Tests.Benchmarks;

/// <summary>ADBench's small problems: the values that its own tests assert, to 1e-10.</summary>
public class AdBenchTests {
    static JsonElement Golden(string name) => JsonDocument.Parse(File.ReadAllText(DataFolder.File("adbench/golden_small.json"))).RootElement.GetProperty(name);

    static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(x => x.GetDouble())];

    // As ADBench compares: to the larger of the value and 1.
    static void Same(double[] expected, double[] actual, string what) {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 1e-10 * Math.Max(1, Math.Abs(expected[i])), $"{what}[{i}]: {actual[i]:R}, not {expected[i]:R}");
    }

    [DataFact("adbench/golden_small.json")]
    public void Gmm() {
        var golden = Golden("gmm");
        var (p, data) = AdBench.ReadGmm("adbench/data/gmm/test.txt");
        var (value, gradient) = ValueAndGrad(AdBench.Objective, p, data);
        Same([golden.GetProperty("objective").GetDouble()], value.Doubles(), "gmm");
        Same(Numbers(golden.GetProperty("gradient")), [.. Tree.Leaves(gradient).SelectMany(x => x.Doubles())], "gradient");
    }

    [DataFact("adbench/golden_small.json")]
    public void Lstm() {
        var golden = Golden("lstm");
        var (p, state, sequence) = AdBench.ReadLstm("adbench/data/lstm/lstm_l2_c1024.txt");
        var (value, gradient) = ValueAndGrad(q => AdBench.Objective(q, state, sequence), p);
        Same([golden.GetProperty("objective").GetDouble()], value.Doubles(), "lstm");
        Same(Numbers(golden.GetProperty("gradient")), [.. Tree.Leaves(gradient).SelectMany(x => x.Doubles())], "gradient");
    }

    [DataFact("adbench/golden_small.json")]
    public void Bundle_adjustment() {
        var golden = Golden("ba");
        var rows = AdBench.Rows("adbench/data/ba/test.txt");
        var (n, m, p) = ((int)rows[0][0], (int)rows[0][1], (int)rows[0][2]);
        var (camera, point, weight, feature) = (Tensor.Of(rows[1]), Tensor.Of(rows[2]), Tensor.Of(rows[3]), Tensor.Of(rows[4]));
        Same(Numbers(golden.GetProperty("reproj_err_pair")), AdBench.Reprojection(camera, point, weight[0], feature).Doubles(), "error");
        Same([golden.GetProperty("w_err").GetDouble()], (1 - weight.Square()).Doubles(), "weight");
        // All observations at once, each with its own blocks of the Jacobian: [p, 2, 11], [p, 2, 3] and [p, 2, 1].
        Tensor Stacked(Tensor x) => x.BroadcastTo(p, x.Size);
        var at = (Stacked(camera), Stacked(point), Stacked(weight));
        Tensor Error((Tensor Camera, Tensor Point, Tensor Weight) x) => AdBench.Reprojection(x.Camera, x.Point, x.Weight[0], feature);
        var (reverse, forward) = (Vmap(((Tensor, Tensor, Tensor) x) => JacobianReverse(Error, x))(at),
            Vmap((Tensor x) => JacobianForward(y => Error((y[..11], y[11..14], y[14..])), x))(Concat([at.Item1, at.Item2, at.Item3], 1)));
        var blocks = Concat([reverse.Item1, reverse.Item2, reverse.Item3], -1);
        Same(blocks.Doubles(), forward.Doubles(), "forward");
        // Rows: two for each observation, then one for each weight.
        double[] values = [.. blocks.Doubles(), .. Vmap(Grad(w => 1 - w.Square()))(Stacked(weight)[.., 0]).Doubles()];
        Same(Numbers(golden.GetProperty("vals")), values, "Jacobian");
        int[] columns = [.. Enumerable.Range(0, p).SelectMany(i => Enumerable.Repeat<int[]>([.. Block(11 * (i % n), 11), .. Block(11 * n + 3 * (i % m), 3), 11 * n + 3 * m + i], 2)).SelectMany(c => c), .. Block(11 * n + 3 * m, p)];
        Assert.Equal(golden.GetProperty("cols").EnumerateArray().Select(x => x.GetInt32()), columns);

        static IEnumerable<int> Block(int from, int count) => Enumerable.Range(from, count);
    }
}
