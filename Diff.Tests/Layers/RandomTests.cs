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

    // Kolmogorov and Smirnov: the largest distance of the draws' distribution function from the true one; beyond 1.95/√n once in a thousand keys.
    [Theory, InlineData(DType.F32), InlineData(DType.F64)]
    public void Distributions_have_their_distribution_functions(DType type) {
        const int n = 200_000;
        static double Phi(double x) => 0.5 * Erfc(-x / Math.Sqrt(2)).Item();
        Follows(key.Uniform(type, n), x => x);
        Follows(key.Normal(type, n), Phi);
        Follows(key.TruncatedNormal([n], -1, 0.5, type), x => (Phi(x) - Phi(-1)) / (Phi(0.5) - Phi(-1)));
        Follows(key.Gumbel([n], type), x => Math.Exp(-Math.Exp(-x)));
        Follows(key.Exponential([n], type), x => 1 - Math.Exp(-x));
        Follows(key.Laplace([n], type), x => x < 0 ? 0.5 * Math.Exp(x) : 1 - 0.5 * Math.Exp(-x));
        Assert.Throws<DTypeException>(() => key.Exponential([3], DType.I32));

        void Follows(Tensor draws, Func<double, double> distribution) {
            Assert.Equal(type, draws.DType);
            var sorted = draws.To(DType.F64).Sort().Doubles();
            var distance = sorted.Select((x, i) => distribution(x) is var p ? Math.Max(Math.Abs(p - (double)i / n), Math.Abs(p - (i + 1.0) / n)) : 0).Max();
            Assert.InRange(distance * Math.Sqrt(n), 0, 1.95);
        }
    }

    [Fact]
    public void Choices_have_their_probabilities() {
        const int n = 100_000;
        var p = Tensor.Of(0.1, 0, 0.6, 0.3);
        Shares([0.1, 0, 0.6, 0.3], key.Choice(4, [n], p: p));
        Shares([0.25, 0.25, 0.25, 0.25], key.Choice(4, [n]));
        // Without replacement: the first by p, the second by p among what is left, P(j second) = Σᵢ pᵢ·pⱼ/(1 − pᵢ).
        var pairs = Stack([.. key.Split(20_000).Select(k => k.Choice(4, [2], replace: false, p: p))]);
        Shares([0.1, 0, 0.6, 0.3], pairs[.., 0]);
        Shares([0.6 * 0.1 / 0.4 + 0.3 * 0.1 / 0.7, 0, 0.1 * 0.6 / 0.9 + 0.3 * 0.6 / 0.7, 0.1 * 0.3 / 0.9 + 0.6 * 0.3 / 0.4], pairs[.., 1]);
        Assert.True(pairs[.., 0].Ne(pairs[.., 1]).All().Item() == 1);
        Assert.Equal([0.0, 1, 2, 3, 4], key.Choice(5, [5], replace: false).Sort().Doubles());
        Assert.Equal([2, 3], key.Choice(Tensor.Zeros(5, 3), [2]).Shape.ToArray());
        Assert.Throws<ShapeException>(() => key.Choice(2, [3], replace: false));

        static void Shares(double[] expected, Tensor drawn) {
            var shares = (Bincount(drawn, expected.Length) / (double)drawn.Size).Doubles();
            for (var i = 0; i < expected.Length; i++) Assert.InRange(shares[i], expected[i] - 5 * Math.Sqrt(expected[i] / drawn.Size), expected[i] + 5 * Math.Sqrt(expected[i] / drawn.Size));
        }
    }

    [Fact]
    public void Orthogonal_matrices_are_evenly_distributed() {
        Tensor Gram(Tensor q) => q.SwapAxes(-1, -2).MatMul(q);
        Assert.True(Check.Close(Tensor.Eye(4, type: DType.F64), Gram(key.Orthogonal([6, 4], DType.F64)), 1e-14));
        Assert.True(Check.Close(Tensor.Eye(4), Gram(key.Orthogonal([4, 6]).T), 1e-6));
        var many = key.Orthogonal([20_000, 3, 3], DType.F64);
        Assert.True(Check.Close(Tensor.Eye(3, type: DType.F64).BroadcastTo(20_000, 3, 3), Gram(many), 1e-14));
        // Every entry has mean 0, mean square 1/3 and mean fourth power 1/5, as a coordinate of the unit sphere; half of all are reflections.
        Assert.InRange(many.Mean(0).Abs().Max().Item(), 0, 0.02);
        Assert.InRange((many.Square().Mean(0) - 1.0 / 3).Abs().Max().Item(), 0, 0.01);
        Assert.InRange((many.Pow(4).Mean(0) - 0.2).Abs().Max().Item(), 0, 0.01);
        Assert.InRange(Det(many).Mean().Item(), -0.03, 0.03);
        Assert.Throws<ShapeException>(() => key.Orthogonal([3]));
        Assert.Throws<DTypeException>(() => key.Orthogonal([3, 3], DType.I32));
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
