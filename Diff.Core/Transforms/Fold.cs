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
    /// <typeparam name="S">The state: a tensor or a tree of them. Count in it with a tensor: an <c>int</c> that changes is another signature at each step, recorded anew.</typeparam>
    /// <typeparam name="B">What a step is given besides, a tensor or a tree of them. What is not a tensor in it is part of the signature too: <c>new int[500]</c> for 500 steps, not a range.</typeparam>
    /// <param name="start">The state before the first step.</param>
    /// <param name="items">Read once, one at a time.</param>
    /// <param name="step">A pure function.</param>
    public static S Fold<S, B>(S start, IEnumerable<B> items, Func<S, B, S> step) =>
        Fold(new Folding<S, B, S>(start.Given(), Jitted.Behind(step.Given()) as Jitted<(S, B), S> ?? new(step, x => step(x.Item1, x.Item2)), next => next), items.Given());

    /// <summary>The same of a step that gives something besides: (state, item) → (next state, y).</summary>
    /// <typeparam name="S">The state: a tensor or a tree of them.</typeparam>
    /// <typeparam name="B">What a step is given besides.</typeparam>
    /// <typeparam name="Y">What each step gives besides: a tensor or a tree of them.</typeparam>
    /// <param name="start">The state before the first step.</param>
    /// <param name="items">Read once, one at a time.</param>
    /// <param name="step">A pure function.</param>
    /// <param name="each">Called with the y of each step, which it may keep.</param>
    public static S Fold<S, B, Y>(S start, IEnumerable<B> items, Func<S, B, (S Next, Y Y)> step, Action<Y> each) {
        each.Given();
        return Fold(new Folding<S, B, (S, Y)>(start.Given(), Jitted.Behind(step.Given()) as Jitted<(S, B), (S, Y)> ?? new(step, x => step(x.Item1, x.Item2)), result => result.Item1, result => each(result.Item2)), items.Given());
    }

    static S Fold<S, B, R>(Folding<S, B, R> fold, IEnumerable<B> items) {
        foreach (var item in items) fold.Next(item);
        return fold.State;
    }
}

/// <summary>A fold under way, and its state, of which the memory is its own.</summary>
/// <param name="start">The state before the first step.</param>
/// <param name="step">What is run for each item.</param>
/// <param name="next">The next state in what a step returns. It comes first there.</param>
/// <param name="each">Called with what each step returns, of which it may keep all but the state.</param>
internal sealed class Folding<S, B, R>(S start, Jitted<(S, B), R> step, Func<R, S> next, Action<R>? each = null) {
    readonly Jitted<(S, B), R>.Turns turns = new();
    S state = start;
    bool isBehind;
    Flat<B>? like;

    public void Next(B item) {
        var flat = Tree.Flatten(item);
        if (like is not null && like.IsSame(flat) && step.Again(turns, flat.Leaves)) {
            isBehind = true;
            each?.Invoke(turns.Result);
            return;
        }
        var current = Current;
        turns.State = Tree.Leaves(current).Count(t => t.AbsentFrom is null);
        var result = step.Run((current, item), turns);
        state = next(result);
        like = turns.Steady is null ? null : flat.Hollow();
        each?.Invoke(result);
    }

    // While steps repeat themselves nobody asks for the tree that the state is.
    S Current {
        get {
            if (isBehind) (state, isBehind) = (next(turns.Result), false);
            return state;
        }
    }

    /// <summary>The state, which then is somebody else's too.</summary>
    public S State {
        get {
            turns.Share();
            return Current;
        }
    }
}
