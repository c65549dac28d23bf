namespace Diff.Tests.Layers;

public class LossTests {
    [Fact]
    public void CrossEntropy_is_PyTorchs() {
        foreach (var c in References.Functions.GetProperty("softmax").EnumerateArray()) {
            var values = c.GetProperty("x_seed").ValueKind == System.Text.Json.JsonValueKind.Number ? Hash.Values(20, c.GetProperty("x_seed").GetUInt32(), c.GetProperty("x_scale").GetDouble()) : c.GetProperty("x").Doubles();
            var x = Tensor.From<double>(values, 4, 5);
            var labels = Tensor.Ints(c.GetProperty("labels").Ints());
            var hard = c.GetProperty("cross_entropy");
            Near.Assert(hard.GetProperty("each").Doubles(), CrossEntropy(x, labels), 1e-14);
            var (mean, dx) = ValueAndGrad((x, labels) => CrossEntropy(x, labels).Mean(), x, labels);
            Near.Assert([hard.GetProperty("mean").GetDouble()], mean, 1e-14);
            Near.Assert(hard.GetProperty("dx_of_mean").Doubles(), dx, 1e-14);
            var soft = c.GetProperty("cross_entropy_soft");
            Near.Assert(soft.GetProperty("each").Doubles(), CrossEntropy(x, Tensor.From<double>(soft.GetProperty("targets").Doubles(), 4, 5)), 1e-14);
        }
    }

    [Fact]
    public void Smoothing_spreads_a_share_of_the_label() {
        var x = Key.Of(0).Normal(DType.F64, 6, 4);
        var labels = Tensor.Ints(0, 1, 2, 3, 0, 1);
        var spread = 0.8 * Tensor.OneHot(labels, 4, DType.F64) + 0.2 / 4;
        Near.Assert(CrossEntropy(x, spread).Doubles(), CrossEntropy(x, labels, smoothing: 0.2), 1e-14);
        Near.Assert(CrossEntropy(x, 0.8 * spread + 0.2 / 4).Doubles(), CrossEntropy(x, spread, smoothing: 0.2), 1e-14);
        Near.Assert(CrossEntropy(x, labels).Doubles(), CrossEntropy(x.Reshape(2, 3, 4), labels.Reshape(2, 3)).Flatten(0), 0);
        Near.Assert(CrossEntropy(x, labels).Doubles(), CrossEntropy(x, labels.To(DType.I64)), 0);
        Near.Assert(CrossEntropy(x, labels).Doubles(), CrossEntropy(x, labels.To(DType.U32)), 0);
    }

    [Fact]
    public void Labels_that_are_no_classes_are_errors() {
        var x = Tensor.Zeros(2, 3);
        Assert.Contains("Index 3 ", Assert.Throws<ShapeException>(() => CrossEntropy(x, Tensor.Ints(0, 3))).Message);
        Assert.Contains("Index -1 ", Assert.Throws<ShapeException>(() => CrossEntropy(x, Tensor.Ints(0, -1))).Message);
        Assert.Contains("labels are integers", Assert.Throws<DTypeException>(() => CrossEntropy(x, Tensor.Of(0, 1))).Message);
        Assert.Throws<ShapeException>(() => CrossEntropy(x, Tensor.Ints(0, 1, 2)));
        Assert.Throws<ShapeException>(() => CrossEntropy(x, Tensor.Zeros(3, 2)));
        Assert.Throws<DTypeException>(() => CrossEntropy(x, Tensor.Zeros(DType.Bool, 2)));
        Assert.Throws<ShapeException>(() => CrossEntropy(1, Tensor.Ints(0)));
    }

    [Fact]
    public void Losses_do_not_broadcast() {
        Tensor prediction = Tensor.Zeros(100, 1), target = Tensor.Zeros(100);
        var message = Assert.Throws<ShapeException>(() => SquaredError(prediction, target)).Message;
        Assert.Contains("SquaredError: prediction is f32[100,1], target is f32[100]", message);
        Assert.Contains("NewAxis", message);
        Assert.Contains("Absolute: target is f32[100]", Assert.Throws<ShapeException>(() => Absolute(target, prediction)).Message);
        Assert.Throws<ShapeException>(() => Huber(prediction, target));
        Assert.Throws<ShapeException>(() => SigmoidBce(prediction, target));
    }

    [Fact]
    public void Elementwise_losses_by_their_formulas() {
        Tensor y = Tensor.Of(-3, -1, -0.25, 0, 0.5, 1, 2), t = Tensor.ZerosLike(y);
        Assert.Equal([9, 1, 0.0625, 0, 0.25, 1, 4], SquaredError(y, t).Doubles());
        Assert.Equal([3, 1, 0.25, 0, 0.5, 1, 2], Absolute(y, t).Doubles());
        Assert.Equal([2.5, 0.5, 0.03125, 0, 0.125, 0.5, 1.5], Huber(y, t).Doubles());
        Assert.Equal([-1, -1, -0.25, 0, 0.5, 1, 1], Grad(y => Huber(y, t).Sum(), y).Doubles());
        Assert.Equal([-2, -1, -0.25, 0, 0.5, 1, 2], Grad(y => Huber(y, t, delta: 2).Sum(), y).Doubles());
    }

    [Fact]
    public void SigmoidBce_keeps_its_digits() {
        Tensor x = Tensor.Of(-800, -30, -1, 0, 1, 30, 800), t = Tensor.Of(0, 0, 0.25, 0.5, 1, 1, 0);
        foreach (var (expected, actual) in new[] { 0, 9.357622968839737e-14, 0.5632616875182228, Math.Log(2), 0.31326168751822286, 9.357622968839737e-14, 800 }.Zip(SigmoidBce(x, t).Doubles()))
            Assert.InRange(actual, expected * (1 - 1e-15), expected * (1 + 1e-15));
        // The second derivative at 0, where the two halves of the formula meet.
        Near.Assert([0.25], Grad(Grad(x => SigmoidBce(x, 0.5).Sum()))(0), 1e-15);
        var sigmoid = Sigmoid(x).Doubles();
        Near.Assert([.. sigmoid.Zip(t.Doubles(), (s, t) => s - t)], Grad(x => SigmoidBce(x, t).Sum(), x), 1e-15);
    }
}
