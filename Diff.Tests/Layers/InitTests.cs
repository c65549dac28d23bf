using FsCheck.Xunit;

namespace Diff.Tests.Layers;

public class InitTests {
    sealed record Pair(Dense First, Dense Second);

    static readonly Init<Pair> Recipe = from a in Dense(3, 4) from b in Dense(4, 2) select new Pair(a, b);

    [Property(MaxTest = 20)]
    public void The_same_key_gives_the_same_bits(long seed) => Near.SameBits(Recipe.Run(Key.Of(seed)), Recipe.Run(Key.Of(seed)));

    [Fact]
    public void Every_parameter_has_numbers_of_its_own() {
        var pair = Recipe.Run(Key.Of(0));
        var other = Recipe.Run(Key.Of(1));
        double[] all = [.. Tree.Leaves((pair, other)).SelectMany(x => x.Doubles())];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    // The laws of a monad, in bits.
    [Property(MaxTest = 20)]
    public void Left_identity(long seed, int n) {
        Func<int, Init<Dense>> f = size => Dense(Math.Abs(size % 5), 3);
        Near.SameBits(f(n).Run(Key.Of(seed)), Init.Of(n).SelectMany(f).Run(Key.Of(seed)));
    }

    [Property(MaxTest = 20)]
    public void Right_identity(long seed) => Near.SameBits(Recipe.Run(Key.Of(seed)), Recipe.SelectMany(Init.Of).Run(Key.Of(seed)));

    [Property(MaxTest = 20)]
    public void Binding_is_associative(long seed) {
        var m = Dense(2, 3);
        Func<Dense, Init<(Dense, Dense)>> f = a => Dense(a.Weight.Shape[1], 4).Select(b => (a, b));
        Func<(Dense, Dense), Init<(Dense, Dense, Dense)>> g = ab => Dense(4, 1).Select(c => (ab.Item1, ab.Item2, c));
        var expected = m.SelectMany(f).SelectMany(g).Run(Key.Of(seed));
        Near.SameBits(expected, m.SelectMany(a => f(a).SelectMany(g)).Run(Key.Of(seed)));
        var query = from a in m from b in Dense(3, 4) from c in Dense(4, 1) select (a, b, c);
        Near.SameBits(expected, query.Run(Key.Of(seed)));
    }

    [Property(MaxTest = 20)]
    public void Select_is_a_functor(long seed) {
        Func<Dense, Tensor> f = d => d.Weight;
        Func<Tensor, Tensor> g = w => w * 2;
        Near.SameBits(Dense(3, 4).Select(f).Select(g).Run(Key.Of(seed)), Dense(3, 4).Select(d => g(f(d))).Run(Key.Of(seed)));
        Near.SameBits(Recipe.Run(Key.Of(seed)), Recipe.Select(x => x).Run(Key.Of(seed)));
    }

    [Property(MaxTest = 20)]
    public void Chains_do_not_depend_on_their_brackets(long seed) {
        var flat = Flatten() >> Dense(4, 3) >> Relu >> Dense(3, 2);
        var nested = Flatten() >> (Dense(4, 3) >> (Lambda(Relu) >> Dense(3, 2)));
        var right = Flatten() >> (Dense(4, 3) >> Relu) >> Dense(3, 2);
        Near.SameBits(flat.Run(Key.Of(seed)), nested.Run(Key.Of(seed)));
        Near.SameBits(flat.Run(Key.Of(seed)), right.Run(Key.Of(seed)));
        Assert.Equal(flat.Run(Key.Of(seed)).ToString(), nested.Run(Key.Of(seed)).ToString());
        Assert.Equal(["Layers[1].Weight", "Layers[1].Bias", "Layers[3].Weight", "Layers[3].Bias"], Tree.Paths(flat.Run(Key.Of(seed))));
    }

    [Fact]
    public void Layers_functions_and_recipes_compose() {
        Layer plain = Flatten() >> Tanh >> MaxPool2d(2);
        Init<Layer> made = Conv2d(1, 2, 3) >> Relu >> MaxPool2d(2) >> Flatten() >> Dense(2, 1) >> (x => x * 2);
        Assert.Equal(3, ((Sequential)plain).Layers.Length);
        Assert.Equal([5, 1], made.Run(Key.Of(0)).Apply(Key.Of(1).Normal(5, 1, 4, 4)).Shape.ToArray());
        var same = Conv2d(1, 2, 3).Then(Relu).Then(MaxPool2d(2)).Then(Flatten()).Then(Dense(2, 1)).Then(x => x * 2);
        Near.SameBits(made.Run(Key.Of(0)), same.Run(Key.Of(0)));
    }

    [Fact]
    public void From_gets_a_key_of_its_own() {
        var keys = from a in Init.From(k => k) from b in Init.From(k => k) select (a, b);
        var (first, second) = keys.Run(Key.Of(5));
        Assert.NotEqual(first, second);
        Assert.NotEqual(Key.Of(5), first);
    }
}
