using System.Text.Json;

namespace Diff.Tests.Layers;

/// <summary>Convolution and pooling against PyTorch's values and gradients in f64 (functions.json).</summary>
public class WindowTests {
    public static TheoryData<string> Convs => [.. Names("conv")];
    public static TheoryData<string> Transposed => [.. Names("conv transpose")];
    public static TheoryData<string> Pools => [.. Names("pool")];

    static IEnumerable<string> Names(string kind) => References.Functions.GetProperty(kind).EnumerateArray().Select(c => c.GetProperty("name").GetString()!);

    static JsonElement Case(string kind, string name) => References.Functions.GetProperty(kind).EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);

    static Tensor Array(JsonElement c, string name, DType type = DType.F64) {
        var shape = c.GetProperty((name == "ct" ? "y" : name) + "_shape").Ints();
        return Tensor.From<double>(Hash.Values(shape.Aggregate(1, (a, b) => a * b), c.GetProperty(name + "_seed").GetUInt32(), 2), shape).To(type);
    }

    static PerAxis Each(JsonElement c, string name) => c.GetProperty(name).Ints();

    [Theory, MemberData(nameof(Convs))]
    public void Convolution(string name) => Same(Case("conv", name), (c, x, w) => Conv(x, w, Each(c, "stride"), Each(c, "padding"), Each(c, "dilation"), c.GetProperty("groups").GetInt32()));

    [Theory, MemberData(nameof(Transposed))]
    public void Transposed_convolution(string name) => Same(Case("conv transpose", name), (c, x, w) =>
        ConvTranspose(x, w, Each(c, "stride"), Each(c, "padding"), Each(c, "dilation"), Each(c, "output_padding"), c.GetProperty("groups").GetInt32()));

    static void Same(JsonElement c, Func<JsonElement, Tensor, Tensor, Tensor> conv) {
        foreach (var (type, digits) in new[] { (DType.F64, 1e-14), (DType.F32, 1e-6) }) {
            var (y, pull) = Vjp(p => conv(c, p.Item1, p.Item2), (Array(c, "x", type), Array(c, "w", type)));
            Assert.Equal(c.GetProperty("y_shape").Ints(), y.Shape.ToArray());
            Near.Assert(c.GetProperty("y").Doubles(), y, digits, "y");
            var (dx, dw) = pull(Array(c, "ct", type));
            Near.Assert(c.GetProperty("dx").Doubles(), dx, digits, "dx");
            Near.Assert(c.GetProperty("dw").Doubles(), dw, digits, "dw");
        }
    }

    // Whatever the reference: it is the pullback of the convolution.
    [Fact]
    public void Transposed_convolution_is_a_pullback() {
        var (kx, kw, kg) = Key.Of(0).Split();
        var (x, w) = (kx.Normal(DType.F64, 2, 4, 7, 6), kw.Normal(DType.F64, 6, 2, 3, 2));
        var (y, pull) = Vjp((Tensor x) => Conv(x, w, stride: (2, 1), padding: (1, 0), dilation: (1, 2), groups: 2), x);
        var g = kg.Normal(DType.F64, y.Shape.ToArray());
        Assert.True(Check.Close(pull(g), ConvTranspose(g, w, stride: (2, 1), padding: (1, 0), dilation: (1, 2), groups: 2), 1e-13));
        Assert.True(Check.Close(pull(g), Vmap((Tensor g) => ConvTranspose(g[NewAxis], w, stride: (2, 1), padding: (1, 0), dilation: (1, 2), groups: 2)[0])(g), 1e-13));
    }

    [Fact]
    public void Transposed_convolutions_that_do_not_fit_are_errors() {
        Tensor x = Tensor.Ones(1, 4, 3, 3), w = Tensor.Ones(4, 2, 3, 3);
        Assert.Equal(Shape.Of(1, 2, 5, 5), ConvTranspose(x, w).Shape);
        Assert.Equal(Shape.Of(1, 4, 5, 5), ConvTranspose(x, w, groups: 2).Shape);
        Assert.Contains("f32[1,4,3,3] has 4 channels, in 1 group(s); weights f32[3,2,3,3] have to be [4, out/groups, …]", Assert.Throws<ShapeException>(() => ConvTranspose(x, Tensor.Ones(3, 2, 3, 3))).Message);
        Assert.Throws<ShapeException>(() => ConvTranspose(x, w, groups: 3));
        Assert.Throws<ShapeException>(() => ConvTranspose(x, w, padding: -1));
        Assert.Throws<ShapeException>(() => ConvTranspose(x, w, padding: 3));
        Assert.Contains("output padding 2 has to be smaller than the stride 2", Assert.Throws<ShapeException>(() => ConvTranspose(x, w, stride: 2, outputPadding: 2)).Message);
        Assert.Throws<ShapeException>(() => ConvTranspose(x, Tensor.Ones(4, 2, 3)));
        Assert.Throws<DTypeException>(() => ConvTranspose(x.To(DType.I32), w.To(DType.I32)));
    }

    [Theory, MemberData(nameof(Pools))]
    public void Pooling(string name) {
        var c = Case("pool", name);
        foreach (var (type, digits) in new[] { (DType.F64, 1e-14), (DType.F32, 1e-6) }) {
            var (y, pull) = Vjp(x => c.GetProperty("kind").GetString() == "max"
                ? MaxPool(x, Each(c, "kernel"), Each(c, "stride"), Each(c, "padding"), Each(c, "dilation"))
                : AvgPool(x, Each(c, "kernel"), Each(c, "stride"), Each(c, "padding"), c.GetProperty("count_include_pad").GetBoolean()), Array(c, "x", type));
            Assert.Equal(c.GetProperty("y_shape").Ints(), y.Shape.ToArray());
            Near.Assert(c.GetProperty("y").Doubles(), y, digits, "y");
            Near.Assert(c.GetProperty("dx").Doubles(), pull(Array(c, "ct", type)), digits, "dx");
        }
    }

    // f32 has paths of its own: they agree with those of f64 wherever the edge of a row falls, on equals and on NaN.
    [Fact]
    public void The_largest_of_four_is_the_first_of_equals_and_NaN_wins() {
        for (var width = 2; width < 75; width++) {
            var values = Hash.Values(3 * 2 * 7 * width, (uint)width, 3).Select(v => Math.Abs(v) < 0.3 ? double.NaN : Math.Round(v)).ToArray();
            var x = Tensor.From<double>(values, 3, 2, 7, width);
            foreach (var stride in new PerAxis[] { 2, (1, 2), (3, 2), 1 }) {
                var (y, pull) = Vjp(x => MaxPool(x, 2, stride), x);
                var (y32, pull32) = Vjp(x => MaxPool(x, 2, stride), x.To(DType.F32));
                Near.SameBits(y, y32.To(DType.F64));
                var g = Tensor.Arange(y.Size).Reshape(y.Shape.ToArray()).To(DType.F64);
                Near.SameBits(pull(g), pull32(g.To(DType.F32)).To(DType.F64));
            }
        }
    }

    [Fact]
    public void The_mean_under_a_window_is_that_of_a_block() {
        var x = Key.Of(3).Normal(DType.F64, 2, 3, 7, 5);
        Near.Assert(x[.., .., ..6, ..4].Reshape(2, 3, 3, 2, 2, 2).Mean(3, 5).Doubles(), AvgPool(x, 2), 1e-15);
    }

    [Fact]
    public void One_and_three_axes() {
        var line = Tensor.Of(1, 5, 2, 4).Reshape(1, 1, 4);
        Assert.Equal([5, 4], MaxPool(line, 2).Doubles());
        Assert.Equal([3, 3], AvgPool(line, 2).Doubles());
        var cube = Tensor.Arange(8).To(DType.F64).Reshape(1, 1, 2, 2, 2);
        Assert.Equal([7], MaxPool(cube, 2).Doubles());
        Assert.Equal([3.5], AvgPool(cube, 2).Doubles());
        Assert.Equal([28], Conv(cube, Tensor.Ones(DType.F64, 1, 1, 2, 2, 2)).Doubles());
    }

    [Fact]
    public void Of_equals_the_first_is_the_largest() {
        var (_, pull) = Vjp(x => MaxPool(x, 2), Tensor.Zeros(1, 1, 2, 2));
        Assert.Equal([1, 0, 0, 0], pull(Tensor.Ones(1, 1, 1, 1)).Doubles());
    }

    [Fact]
    public void Errors_name_what_does_not_fit() {
        Tensor x = Tensor.Zeros(1, 3, 8, 8), w = Tensor.Zeros(4, 2, 3, 3);
        Assert.Contains("f32[1,3,8,8] has 3 channels", Assert.Throws<ShapeException>(() => Conv(x, w)).Message);
        Assert.Contains("f32[3,8]", Assert.Throws<ShapeException>(() => MaxPool(Tensor.Zeros(3, 8), 2)).Message);
        Assert.Contains("(1, 2, 3)", Assert.Throws<ShapeException>(() => MaxPool(x, (1, 2, 3))).Message);
        Assert.Contains("padding", Assert.Throws<DomainException>(() => AvgPool(x, 2, padding: 2)).Message);
        Assert.Contains("reaches over 9", Assert.Throws<ShapeException>(() => AvgPool(x, 9)).Message);
    }

    [Fact]
    public void A_number_for_each_axis() {
        PerAxis two = [2, 1], three = (1, 2, 3), all = 4;
        Assert.Equal([2, 1], two.For(2));
        Assert.Equal([1, 2, 3], three.For(3));
        Assert.Equal([4, 4, 4], all.For(3));
        Assert.Equal([7, 7], default(PerAxis).For(2, 7));
        Assert.Equal(two, (PerAxis)(2, 1));
        Assert.Equal("(2, 1)", two.ToString());
        Assert.Throws<ShapeException>(() => two.For(3));
    }
}
