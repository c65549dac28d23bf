using static Diff.Functions;

namespace Diff.Tests;

/// <summary>Activations, pools, patches, attention and random draws against figures made by PyTorch 1.13 in f64, and naive loops.</summary>
public class NetworkTests {
    static readonly double[] x = [-7, -3.5, -2, -0.5, 0, 0.3, 1, 2.5, 6.5];

    static readonly (string Name, Func<Tensor, Tensor> F, double[] Y, double[] Slope)[] activations = [
        ("Relu6", Relu6, [0, 0, 0, 0, 0, 0.3, 1, 2.5, 6], [0, 0, 0, 0, 0, 1, 1, 1, 0]),
        ("Selu", Selu, [-1.756496161764805, -1.705009340957283, -1.520166468595695, -0.6917581878028713, 0, 0.3152102962066441, 1.05070098735548, 2.626752468388701, 6.829556417810623], [0.001603179082572005, 0.05308999989009366, 0.2379328722516818, 1.066341153044505, 1.758099340847377, 1.05070098735548, 1.05070098735548, 1.05070098735548, 1.05070098735548]),
        ("Celu", v => Celu(v, 2), [-1.939605233155363, -1.65245211309911, -1.264241117657115, -0.4423984338571902, 0, 0.3, 1, 2.5, 6.5], [0.0301973834223185, 0.1737739434504451, 0.3678794411714423, 0.7788007830714049, 1, 1, 1, 1, 1]),
        ("GeluTanh", GeluTanh, [-2.331468351712829e-15, -0.0006161976553737403, -0.04540230591222494, -0.1542859901748561, 0, 0.1853709235427592, 0.8411919906082768, 2.484915733910001, 6.499999999999372], [-2.784255819090889e-14, -0.002422643760116734, -0.08609925662361831, 0.1326300964653576, 0.5, 0.7322954516388018, 1.082964083845783, 1.037951576212666, 1.000000000006584]),
        ("Mish", Mish, [-0.006380263409573668, -0.1040957544863712, -0.2525014826957089, -0.22074377465173, 0, 0.208001372348115, 0.8650983882673103, 2.471392304557881, 6.499970703939837], [-0.005465886861314787, -0.07276041344326706, -0.1083550924203939, 0.2895106779135123, 0.6, 0.7828272995511304, 1.049036220099792, 1.041129530131353, 1.000053996944854]),
        ("Softsign", Softsign, [-0.875, -0.7777777777777778, -0.6666666666666666, -0.3333333333333333, 0, 0.2307692307692308, 0.5, 0.7142857142857143, 0.8666666666666667], [0.015625, 0.04938271604938271, 0.1111111111111111, 0.4444444444444444, 1, 0.5917159763313609, 0.25, 0.08163265306122447, 0.01777777777777777]),
        // At its bound of 1 the slope is Clamp's, 1; PyTorch has 0 there, JAX 1.
        ("HardTanh", HardTanh, [-1, -1, -1, -0.5, 0, 0.3, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1, 0, 0]),
        ("HardSigmoid", HardSigmoid, [0, 0, 0.1666666666666667, 0.4166666666666667, 0.5, 0.55, 0.6666666666666666, 0.9166666666666666, 1], [0, 0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 0]),
        ("HardSwish", HardSwish, [0, 0, -0.3333333333333333, -0.2083333333333333, 0, 0.165, 0.6666666666666666, 2.291666666666667, 6.5], [0, 0, -1 / 6.0, 1 / 3.0, 0.5, 0.6, 0.8333333333333333, 1.333333333333333, 1]),
        ("LeakyRelu", v => LeakyRelu(v, 0.5), [-3.5, -1.75, -1, -0.25, 0, 0.3, 1, 2.5, 6.5], [0.5, 0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1]),
    ];

    public static IEnumerable<object[]> Activations => activations.Select(a => new object[] { a.Name });

    [Theory, MemberData(nameof(Activations))]
    public void Activations_are_those_of_PyTorch(string name) {
        var (_, f, y, slope) = activations.Single(a => a.Name == name);
        Values.AssertClose(y, Values.Doubles(f(Tensor.Of(x))), 1e-15, name);
        Values.AssertClose(slope, Values.Doubles(Grad(v => f(v).Sum(), Tensor.Of(x))), 1e-13, name);
        Values.AssertClose(y, Values.Doubles(f(Tensor.Of(x).To(DType.F32))), 3e-7, name);
        Assert.True(double.IsNaN(f(double.NaN).Item()));
    }

    [Fact]
    public void Glu_and_Standardize() {
        Values.AssertClose([1 / (1 + Math.Exp(-3)), 2 / (1 + Math.Exp(4))], Values.Doubles(Glu(Tensor.Of(1, 2, 3, -4))), 1e-15, "Glu");
        Assert.Equal([1, 4], Glu(Tensor.Zeros(2, 4), 0).Shape.ToArray());
        Assert.Throws<ShapeException>(() => Glu(Tensor.Zeros(3)));
        Tensor l = [[1, 2, 4], [0, 0, 3]];
        Values.AssertClose([-1.069041531450298, -0.2672603828625746, 1.3363019143128718, -0.7071050134262237, -0.7071050134262237, 1.4142100268524473], Values.Doubles(Standardize(l)), 1e-14, "Standardize");
        Values.AssertClose([0, 0], Values.Doubles(Standardize(l + 1e6, [0]).Mean(0)[..2]), 1e-9, "Standardize");
    }

    static readonly Tensor z = (Tensor.Arange(24).To(DType.F64).Cos() * Tensor.Arange(24)).Reshape(1, 2, 3, 4);

    [Fact]
    public void Adaptive_pools_are_those_of_PyTorch() {
        var w = Tensor.Arange(1, 13, type: DType.F64).Reshape(1, 2, 2, 3);
        Values.AssertClose([-0.1639903125675442, 1.721835319998045, 1.809016584352427, -2.640109045892329, -2.352888750127072, 0.6740762218523407, 0.480681807897789, 5.229763303819629, 5.297522713991877, -5.835250415123275, -6.57338216096884, -0.8958022886025008], Values.Doubles(AdaptiveAvgPool(z, (2, 3))), 1e-14, "avg");
        Values.AssertClose([0.25, 0.75, 1.25, 0.75, 1.25, 3, 4, 2.25, 1, 2.25, 2.75, 1.5, 1.75, 3.75, 4.25, 2.25, 4.25, 9, 10, 5.25, 2.5, 5.25, 5.75, 3], Values.Doubles(Grad(v => (AdaptiveAvgPool(v, (2, 3)) * w).Sum(), z)), 1e-14, "avg");
        Values.AssertClose([1.418310927316131, 5.761021719902196, 5.761021719902196, 1.418310927316131, 5.761021719902196, 5.761021719902196, 11.79680815885255, 11.88570074839344, 18.78538774554671, 8.161641236267839, 11.88570074839344, 18.78538774554671], Values.Doubles(AdaptiveMaxPool(z, (2, 3))), 1e-14, "max");
        Values.AssertClose([0, 0, 0, 0, 0, 5, 16, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 19, 21, 10, 0, 0, 0], Values.Doubles(Grad(v => (AdaptiveMaxPool(v, (2, 3)) * w).Sum(), z)), 1e-14, "max");
        Values.AssertClose(Values.Doubles(z.Mean(2, 3)), Values.Doubles(AdaptiveAvgPool(z, 1)), 1e-14, "all");
        Values.AssertClose(Values.Doubles(MaxPool(z, (1, 2))), Values.Doubles(AdaptiveMaxPool(z, (3, 2))), 0, "divides");
        Assert.Throws<ShapeException>(() => AdaptiveAvgPool(z, 0));
    }

    [Fact]
    public void Patches_and_windows() {
        var p = Patches(z, 2, stride: (2, 1), padding: 1);
        Assert.Equal([1, 8, 2, 5], p.Shape.ToArray());
        Values.AssertClose([1.418310927316131, 5.761021719902196, -8.200172356962092, -8.390715290764524, -4.677776746877147, 11.88570074839344, -11.50231446470964, -21.99913818068202], Values.Doubles(p.Flatten(2)[0, .., 7]), 1e-14, "unfold");
        // A convolution is a product with the patches.
        var k = Key.Of(1).Normal(DType.F64, 5, 2, 2, 2);
        Values.AssertClose(Values.Doubles(Conv(z, k, 1, 1)), Values.Doubles(k.Flatten(1).MatMul(Patches(z, 2, padding: 1).Flatten(2)).Reshape(1, 5, 4, 5)), 1e-13, "conv");
        var y = z[0];
        foreach (var how in Enum.GetValues<WindowReduction>())
            foreach (var type in new[] { DType.F64, DType.F32, DType.I32, DType.U32 }) {
                if (type == DType.U32 && how == WindowReduction.Mean) continue;
                var v = (type == DType.U32 ? y.Abs() : y).To(type);
                var windows = new List<double>();
                var values = Values.Doubles(v);
                for (var c = 0; c < 2; c++)
                    for (var i = 0; i + 2 <= 3; i++)
                        for (var j = 0; j + 3 <= 4; j++) {
                            var under = (from a in Enumerable.Range(0, 2) from b in Enumerable.Range(0, 3) select values[(c * 3 + i + a) * 4 + j + b]).ToArray();
                            windows.Add(how switch { WindowReduction.Sum => under.Sum(), WindowReduction.Mean => under.Sum() / 6, WindowReduction.Max => under.Max(), _ => under.Min() });
                        }
                var ours = ReduceWindow(v, how, [2, 3]);
                Assert.Equal([2, 2, 2], ours.Shape.ToArray());
                Values.AssertClose([.. windows], Values.Doubles(ours), type == DType.F64 ? 1e-14 : 1e-6, $"{how} {type}");
            }
        Assert.Equal([3.0, 7], Values.Doubles(ReduceWindow(Tensor.Of(1, 2, 3, 4), WindowReduction.Sum, [2], [2])));
        Assert.Equal([1.0, 2, 3, 4, 4], Values.Doubles(ReduceWindow(Tensor.Of(1, 2, 3, 4), WindowReduction.Max, [2], padding: [1])));
        Assert.Throws<ShapeException>(() => ReduceWindow(Tensor.Of(1, 2), WindowReduction.Sum, [1, 1]));
    }

    [Fact]
    public void Attention_is_that_of_PyTorch() {
        var q = Tensor.Arange(12).To(DType.F64).Cos().Reshape(1, 3, 4);
        var k = Tensor.Arange(20).To(DType.F64).Sin().Reshape(1, 5, 4);
        var v = Tensor.Arange(10).To(DType.F64).Reshape(1, 5, 2);
        Values.AssertClose([3.870349400105193, 4.870349400105193, 3.731143971586597, 4.731143971586597, 4.709784523768958, 5.709784523768958], Values.Doubles(DotProductAttention(q, k, v)), 1e-14, "all");
        double[] past = [0, 1, 0.8102096332602414, 1.810209633260242, 2.306238568917609, 3.306238568917609];
        Values.AssertClose(past, Values.Doubles(DotProductAttention(q, k, v, causal: true)), 1e-14, "causal");
        Values.AssertClose(past, Values.Doubles(DotProductAttention(q, k, v, mask: Tensor.Tri(3, 5, type: DType.Bool))), 1e-14, "mask");
        Values.AssertClose(past, Values.Doubles(DotProductAttention(q, k, v, mask: Where(Tensor.Tri(3, 5, type: DType.Bool), 0, double.NegativeInfinity))), 1e-14, "added");
        // Who may look nowhere gets zeros, and no NaN on the way back.
        var none = Tensor.From<bool>([true, false, true], 3, 1);
        Assert.Equal([0.0, 0], Values.Doubles(DotProductAttention(q, k, v, none)[0, 1]));
        Assert.All(Values.Doubles(Grad(a => DotProductAttention(a, k, v, none).Sum(), q)), g => Assert.True(double.IsFinite(g)));
        Assert.Throws<ShapeException>(() => DotProductAttention(q, k[.., .., ..2], v));
        Assert.Equal([2, 6, 3, 2], DotProductAttention(q.BroadcastTo(2, 6, 3, 4), k, v).Shape.ToArray());
    }
}
