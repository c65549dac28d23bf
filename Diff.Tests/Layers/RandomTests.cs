namespace Diff.Tests.Layers;

/// <summary>That tensors have the bits of the spans of <see cref="Threefry"/>, which are tested against JAX's, and the distributions their moments.</summary>
public class RandomTests {
    static readonly Key key = Key.Of(42);

    [Fact]
    public void Bits_are_those_of_the_generator() {
        var (uniform, normal, bits) = (new float[6], new double[6], new uint[6]);
        Threefry.Uniform(0, 42, uniform);
        Threefry.Normal(0, 42, normal);
        Threefry.Bits(0, 42, bits);
        Assert.Equal(uniform, key.Uniform(2, 3).ToArray<float>());
        Assert.Equal(normal, key.Normal(DType.F64, 3, 2).ToArray<double>());
        Assert.Equal(bits, key.Bits(6).ToArray<uint>());
        Assert.Equal(Threefry.Permutation(0, 42, 9), key.Permutation(9).ToArray<int>());
        Assert.Equal([2, 3], key.Uniform(2, 3).Shape.ToArray());
        Assert.Equal(0, key.Normal().Rank);
        Assert.Equal(0, key.Normal(0, 3).Size);
    }

    [Fact]
    public void Distributions_have_their_moments() {
        const int n = 100_000;
        Moments(key.Normal(n), 0, 1);
        Moments(key.Uniform([n], low: -1, high: 3), 1, 4 / Math.Sqrt(12));
        Moments(key.Uniform(DType.F64, n), 0.5, 1 / Math.Sqrt(12));
        Moments(key.TruncatedNormal([n]), 0, 0.8796);
        Moments(key.TruncatedNormal([n], 0, 1, DType.F64), 0.4598, 0.2822);
        Moments(key.Bernoulli(0.3, n).To(DType.F32), 0.3, Math.Sqrt(0.21));
        Moments(key.RandInt(-3, 4, n).To(DType.F32), 0, 2);
        Moments(key.RandInt(DType.I64, 0, 10_000_000_000, n).To(DType.F64) / 1e10, 0.5, 1 / Math.Sqrt(12));
        Moments(key.Gumbel([n]), 0.5772, Math.PI / Math.Sqrt(6));
        Assert.InRange(key.TruncatedNormal([n], -0.5, 2).Min().Item(), -0.5, -0.49);

        static void Moments(Tensor x, double mean, double deviation) {
            Assert.InRange(x.Mean().Item(), mean - 0.02 * deviation, mean + 0.02 * deviation);
            Assert.InRange(x.Std().Item(), 0.98 * deviation, 1.02 * deviation);
        }
    }

    [Fact]
    public void Categorical_draws_by_softmax() {
        var logits = Log(Tensor.Of(0.1, 0.2, 0.7));
        var draws = key.Categorical(logits, count: 50_000);
        var shares = Tensor.OneHot(draws, 3).Mean(0).Doubles();
        Assert.Equal([50_000], draws.Shape.ToArray());
        Assert.All(shares.Zip([0.1, 0.2, 0.7]), p => Assert.InRange(p.First, p.Second - 0.01, p.Second + 0.01));
        Assert.Equal([4], key.Categorical(Tensor.Zeros(4, 3)).Shape.ToArray());
        Assert.Equal([7, 3], key.Categorical(Tensor.Zeros(4, 3), axis: 0, count: 7).Shape.ToArray());
    }

    [Fact]
    public void Probabilities_broadcast() {
        var rows = key.Bernoulli(Tensor.Of(0, 1), 100, 2).To(DType.F64).Mean(0);
        Assert.Equal([0, 1], rows.Doubles());
        Assert.Equal([3], key.Bernoulli(Tensor.Of(0.5, 0.5, 0.5)).Shape.ToArray());
        Assert.Throws<DTypeException>(() => key.Normal(DType.I32, 3));
    }

    [Fact]
    public void A_derivative_by_the_parameters_of_a_distribution() {
        var z = key.Normal(DType.F64, 5);
        Assert.Equal(z.Sum().Item(), Grad(s => (2 + s * key.Normal(DType.F64, 5)).Sum(), 3).Item(), 12);
    }
}
