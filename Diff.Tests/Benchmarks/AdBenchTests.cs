using System.Text.Json;
using Diff.Examples;

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
    public void Gaussian_mixture() {
        var (p, data) = Gmm.Read(DataFolder.File("adbench/data/gmm/test.txt"));
        Gradient("gmm", p, q => Gmm.Objective(q, data));
    }

    [DataFact("adbench/golden_small.json")]
    public void Long_short_term_memory() {
        var (p, data) = Lstm.Read(DataFolder.File("adbench/data/lstm/lstm_l2_c1024.txt"));
        Gradient("lstm", p, q => Lstm.Objective(q, data));
    }

    static void Gradient<P>(string name, P at, Func<P, Tensor> objective) {
        var golden = Golden(name);
        var (value, gradient) = ValueAndGrad(objective, at);
        Same([golden.GetProperty("objective").GetDouble()], value.Doubles(), name);
        Same(Numbers(golden.GetProperty("gradient")), [.. Tree.Leaves(gradient).SelectMany(x => x.Doubles())], "gradient");
    }

    [DataFact("adbench/golden_small.json")]
    public void Hand_on_vertices() {
        var (hand, pose, _) = Read(complicated: false, "test.txt");
        var golden = Golden("hand_simple");
        Same(Numbers(golden.GetProperty("objective")), hand.Errors(pose).Doubles(), "errors");
        var expected = golden.GetProperty("jacobian").EnumerateArray().SelectMany(Numbers).ToArray();
        Same(expected, JacobianForward(hand.Errors, pose).Doubles(), "forward");
        Same(expected, JacobianReverse(hand.Errors, pose).Doubles(), "reverse");
    }

    [DataFact("adbench/golden_small.json")]
    public void Hand_on_triangles() {
        var (hand, pose, us) = Read(complicated: true, "hand_complicated.txt");
        var golden = Golden("hand_complicated");
        Same(Numbers(golden.GetProperty("objective")), hand.Errors(pose, us).Doubles(), "errors");
        // Rows as each point's place on its triangle changes, which moves no other point's, then as the pose does.
        var (byUs, byPose) = JacobianForward(((Tensor Us, Tensor Pose) x) => hand.Errors(x.Pose, x.Us), (us, pose));
        var own = Stack([.. Enumerable.Range(0, us.Shape[0]).Select(i => byUs[i, .., i])]);
        Assert.Equal(own.Abs().Sum().Item(), byUs.Abs().Sum().Item(), 1e-12);
        Same([.. golden.GetProperty("jacobian").EnumerateArray().SelectMany(Numbers)], Concat([own, byPose], -1).Doubles(), "Jacobian");
    }

    static (Hand, Tensor Pose, Tensor Us) Read(bool complicated, string file) =>
        Hand.Read(DataFolder.File("adbench/data/hand/model"), DataFolder.File($"adbench/data/hand/{file}"), complicated);

    [DataFact("adbench/golden_small.json")]
    public void Bundle_adjustment() {
        var golden = Golden("ba");
        var rows = NumberFile.Rows(DataFolder.File("adbench/data/ba/test.txt"));
        var (n, m, p) = ((int)rows[0][0], (int)rows[0][1], (int)rows[0][2]);
        var (camera, point, weight, feature) = (Tensor.Of(rows[1]), Tensor.Of(rows[2]), Tensor.Of(rows[3]), Tensor.Of(rows[4]));
        Same(Numbers(golden.GetProperty("reproj_err_pair")), BundleAdjustment.Reprojection(camera, point, weight[0], feature).Doubles(), "error");
        Same([golden.GetProperty("w_err").GetDouble()], (1 - weight.Square()).Doubles(), "weight");
        // All observations at once, each with its own blocks of the Jacobian: [p, 2, 11], [p, 2, 3] and [p, 2, 1].
        Tensor Stacked(Tensor x) => x.BroadcastTo(p, x.Size);
        var at = (Stacked(camera), Stacked(point), Stacked(weight));
        Tensor Error((Tensor Camera, Tensor Point, Tensor Weight) x) => BundleAdjustment.Reprojection(x.Camera, x.Point, x.Weight[0], feature);
        var (reverse, forward) = (Blocks(JacobianReverse), Blocks(JacobianForward));
        Tensor Blocks(Func<Func<(Tensor, Tensor, Tensor), Tensor>, (Tensor, Tensor, Tensor), (Tensor, Tensor, Tensor)> jacobian) =>
            Concat(Tree.Leaves(Vmap(((Tensor, Tensor, Tensor) x) => jacobian(Error, x))(at)), -1);
        Same(reverse.Doubles(), forward.Doubles(), "forward");
        // Rows: two for each observation, then one for each weight.
        double[] values = [.. reverse.Doubles(), .. Vmap(Grad(w => 1 - w.Square()))(Stacked(weight)[.., 0]).Doubles()];
        Same(Numbers(golden.GetProperty("vals")), values, "Jacobian");
        int[] columns = [.. Enumerable.Range(0, p).SelectMany(i => Enumerable.Repeat<int[]>([.. Block(11 * (i % n), 11), .. Block(11 * n + 3 * (i % m), 3), 11 * n + 3 * m + i], 2)).SelectMany(c => c), .. Block(11 * n + 3 * m, p)];
        Assert.Equal(golden.GetProperty("cols").EnumerateArray().Select(x => x.GetInt32()), columns);

        static IEnumerable<int> Block(int from, int count) => Enumerable.Range(from, count);
    }
}
