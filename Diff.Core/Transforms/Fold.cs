namespace Diff;

public static partial class Functions {
    /// <summary>The state after a step for each item: <c>items.Aggregate(start, step)</c>, to the bit, with the step recorded once and its
    /// state updated in place.</summary>
    /// <remarks>The step is run as <see cref="Jit{A, B, R}(Func{A, B, R})"/> runs it, with what that asks of a function. Between two steps nobody
    /// but the fold has the state, so the next state takes the memory of the last: a step of training allocates next to nothing, and the cache
    /// keeps the parameters. <paramref name="start"/> is not changed. For a loop over the slices of a tensor that is differentiated as a whole, see
    /// <see cref="Scan{S, X, Y}(S, X, Func{S, X, ValueTuple{S, Y}}, bool, bool)"/>.
    /// <example><code>
    /// var optimizer = Adam(1e-3);
    /// var (net, _) = Fold((start, optimizer.Init(start)), data.Batches(64), (s, batch) => {
    ///     var (p, state) = s;
    ///     return optimizer.Step(p, Grad(Loss, p, batch), state);
    /// });
    /// </code></example></remarks>
    /// <typeparam name="S">The state: a tensor or a tree of them.</typeparam>
    /// <typeparam name="B">What a step is given besides, a tensor or a tree of them; what is not a tensor in it is part of the signature.</typeparam>
    /// <param name="start">The state before the first step.</param>
    /// <param name="items">Read once, one at a time.</param>
    /// <param name="step">A pure function.</param>
    public static S Fold<S, B>(S start, IEnumerable<B> items, Func<S, B, S> step) {
        _ = step.Given();
        return Fold<S, B, Tensor[]>(start, items, (s, item) => (step(s, item), []), _ => { }, step);
    }

    /// <summary>The same of a step that gives something besides: (state, item) → (next state, y).</summary>
    /// <param name="start">The state before the first step.</param>
    /// <param name="items">Read once, one at a time.</param>
    /// <param name="step">A pure function.</param>
    /// <param name="each">Called with the y of each step, which it may keep.</param>
    /// <typeparam name="S">The state: a tensor or a tree of them.</typeparam>
    /// <typeparam name="B">What a step is given besides.</typeparam>
    /// <typeparam name="Y">What each step gives besides: a tensor or a tree of them.</typeparam>
    public static S Fold<S, B, Y>(S start, IEnumerable<B> items, Func<S, B, (S Next, Y Y)> step, Action<Y> each) => Fold(start, items, step.Given(), each, step);

    static S Fold<S, B, Y>(S start, IEnumerable<B> items, Func<S, B, (S Next, Y Y)> step, Action<Y> each, Delegate given) {
        _ = (start.Given(), items.Given(), each.Given());
        var jitted = new Jitted<(S State, B Item), (S Next, Y Y)>(given, x => step(x.State, x.Item));
        var (state, owned) = (start, Array.Empty<bool>());
        foreach (var item in items) {
            (state, var y) = jitted.Run((state, item), ref owned);
            // What is handed out here is not the fold's any more.
            if (owned.Length > 0) Array.Resize(ref owned, Tree.Leaves(state).Count(t => t.AbsentFrom is null));
            each(y);
        }
        return state;
    }
}
