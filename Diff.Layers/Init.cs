namespace Diff;

/// <summary>A recipe that makes an A from random keys: what a network is before it has numbers.</summary>
/// <remarks>The state monad over <see cref="Key"/>: recipes are put together with LINQ or <c>&gt;&gt;</c>, and run once, with one key.
/// How they are grouped does not change a bit of the result.
/// <example><code>
/// static readonly Init&lt;Mlp&gt; Recipe =
///     from hidden in Dense(784, 128)
///     from output in Dense(128, 10)
///     select new Mlp(hidden, output);
/// var net = Recipe.Run(Key.Of(42));
/// </code></example></remarks>
/// <typeparam name="A">What is made: a layer, a record of layers, a tensor.</typeparam>
public interface Init<out A> {
    /// <summary>Makes an A, and leaves a fresh key for whoever draws next.</summary>
    A Draw(ref Key key);

    /// <summary>Makes an A: the same key, the same A.</summary>
    A Run(Key key) => Draw(ref key);
}

/// <summary>How recipes are made and put together.</summary>
public static class Init {
    /// <summary>The recipe of something that is there already; it uses no key.</summary>
    public static Init<A> Of<A>(A value) => new Known<A>(value);

    /// <summary>The recipe that calls a function with a key of its own.</summary>
    /// <remarks><example><code>
    /// Init&lt;Tensor&gt; position = Init.From(key => 0.02 * key.Normal(1024, 64));
    /// </code></example></remarks>
    public static Init<A> From<A>(Func<Key, A> make) => new Made<A>(make.Given());

    /// <summary>What a recipe makes, changed by a function: the <c>select</c> of LINQ.</summary>
    public static Init<B> Select<A, B>(this Init<A> first, Func<A, B> change) {
        change.Given();
        return new Bound<A, B, B>(first.Given(), a => new Known<B>(change(a)), static (_, b) => b);
    }

    /// <summary>One recipe after another that may depend on what the first makes.</summary>
    public static Init<B> SelectMany<A, B>(this Init<A> first, Func<A, Init<B>> next) => new Bound<A, B, B>(first.Given(), next.Given(), static (_, b) => b);

    /// <summary>One recipe after another, and both results put together: the second <c>from</c> of LINQ.</summary>
    public static Init<C> SelectMany<A, B, C>(this Init<A> first, Func<A, Init<B>> next, Func<A, B, C> join) => new Bound<A, B, C>(first.Given(), next.Given(), join.Given());

    extension(Init<Layer> first) {
        /// <summary>Two layers one after the other: <c>Dense(784, 128) >> Dense(128, 10)</c>. Grouping does not matter.</summary>
        public static Init<Layer> operator >>(Init<Layer> a, Init<Layer> b) => a.Given(function: ">>").Then(b.Given(function: ">>"));

        /// <summary>A layer, then one that is there already: <c>Conv2d(1, 6, 5) >> Flatten()</c>.</summary>
        public static Init<Layer> operator >>(Init<Layer> a, Layer b) => a.Given(function: ">>").Then(b.Given(function: ">>"));

        /// <summary>A layer, then a function: <c>Dense(784, 128) >> Relu</c>.</summary>
        public static Init<Layer> operator >>(Init<Layer> a, Func<Tensor, Tensor> b) => a.Given(function: ">>").Then(b.Given(function: ">>"));

        /// <summary>The operator <c>&gt;&gt;</c> as a method, for F#.</summary>
        public Init<Layer> Then(Init<Layer> next) {
            next.Given();
            return new Bound<Layer, Layer, Layer>(first.Given(), _ => next, static (a, b) => a.Then(b));
        }

        /// <summary>The operator <c>&gt;&gt;</c> as a method, for F#.</summary>
        public Init<Layer> Then(Layer next) {
            next.Given();
            return first.Given().Select(a => a.Then(next));
        }

        /// <summary>The operator <c>&gt;&gt;</c> as a method, for F#.</summary>
        public Init<Layer> Then(Func<Tensor, Tensor> next) => first.Then(new Lambda(next.Given()));
    }

    sealed class Known<A>(A value) : Init<A> {
        public A Draw(ref Key key) => value;
    }

    sealed class Made<A>(Func<Key, A> make) : Init<A> {
        public A Draw(ref Key key) {
            var (next, mine) = key.Split();
            key = next;
            return make(mine);
        }
    }

    // The key goes through both in turn, so that only their order counts and not how they are bracketed.
    sealed class Bound<A, B, C>(Init<A> first, Func<A, Init<B>> next, Func<A, B, C> join) : Init<C> {
        public C Draw(ref Key key) {
            var a = first.Draw(ref key);
            return join(a, next(a).Draw(ref key));
        }
    }
}
