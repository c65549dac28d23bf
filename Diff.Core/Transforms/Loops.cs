using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>A loop over the slices of xs along their first axis that carries a state: (state, x) → (next state, y). The ys are stacked.</summary>
    /// <typeparam name="S">The state: a tensor or a tree of them, of the same shapes after every step.</typeparam>
    /// <typeparam name="X">What is looped over: a tensor or a tree of them, all of one length.</typeparam>
    /// <typeparam name="Y">What each step gives besides.</typeparam>
    /// <param name="start">The state before the first step.</param>
    /// <param name="xs">[length, …].</param>
    /// <param name="f">Called once, to be recorded: it may not look at values.</param>
    /// <param name="backwards">From the last slice to the first; ys stay in the order of xs.</param>
    /// <param name="checkpoint">Reverse mode keeps the states after each of √length steps alone and computes the others again: memory for
    /// about 2√length steps instead of all, and the time of one more loop.</param>
    /// <remarks>The body is compiled once however long the loop is, and has derivatives in both modes. JAX's <c>lax.scan</c>.
    /// <example><code>
    /// var (last, sums) = Scan((Tensor)0, xs, (s, x) => (s + x, s + x));        // a running sum
    /// </code></example></remarks>
    /// <exception cref="ShapeException">The lengths differ, or a step changes the shape of the state.</exception>
    /// <exception cref="DTypeException">A step changes a dtype of the state.</exception>
    public static (S Final, Y Ys) Scan<S, X, Y>(S start, X xs, Func<S, X, (S Next, Y Y)> f, bool backwards = false, bool checkpoint = false) => Loop("Scan", start.Given(), xs.Given(), f.Given(), backwards, checkpoint);

    /// <inheritdoc cref="Scan{S, X, Y}(S, X, Func{S, X, ValueTuple{S, Y}}, bool, bool)"/>
    [OverloadResolutionPriority(1)]
    public static (Tensor Final, Tensor Ys) Scan(Tensor start, Tensor xs, Func<Tensor, Tensor, (Tensor Next, Tensor Y)> f, bool backwards = false, bool checkpoint = false) => Scan<Tensor, Tensor, Tensor>(start, xs, f, backwards, checkpoint);

    // Every loop of a known length, by the name that the user called it by.
    static (S Final, Y Ys) Loop<S, X, Y>(string name, S start, X xs, Func<S, X, (S Next, Y Y)> f, bool backwards = false, bool checkpoint = false) {
        var slices = Tree.Flatten(xs);
        var length = slices.Leaves.Length == 0 ? throw new ShapeException($"{name}: there is nothing to loop over; ForI loops over numbers.") : LengthOf(name, slices);
        return checkpoint && length > 3 ? InSegments(name, start, slices, length, f, backwards) : Loop(name, start, slices, length, f, backwards);
    }

    static (S, Y) Loop<S, X, Y>(string name, S start, Flat<X> slices, int length, Func<S, X, (S Next, Y Y)> f, bool backwards) {
        var state = Tree.Flatten(start);
        var leaves = state.Leaves;
        for (var turn = 0; ; turn++) {
            var (carries, now) = (leaves.Length, leaves);
            TensorType[] types = [.. slices.Leaves.Select(t => new TensorType(t.DType, Shape.Of(t.Shape.Span[1..])))];
            var recorded = Recorded<(S, Y)>.Of(name, now, types, v => f(state.Rebuild(v[..carries]), slices.Rebuild(v[carries..])));
            var next = StateAfter(state, recorded.Result.Rebuild(recorded.Result.Leaves).Item1, $"{name}: the state after a step");
            if (turn < 2 && Adopted(now, next) is { } adopted) {
                leaves = adopted;
                continue;
            }
            CheckStays(name, state, now, next);
            var op = new ScanOp(recorded.Body, length, recorded.Captures.Length, carries, backwards);
            return recorded.Result.Rebuild(Graph.ApplyAll(op, [.. recorded.Captures, .. leaves, .. slices.Leaves]));
        }
    }

    // √n segments of √n steps: a derivative keeps the states between segments, and goes through each segment again.
    static (S, Y) InSegments<S, X, Y>(string name, S start, Flat<X> slices, int length, Func<S, X, (S Next, Y Y)> f, bool backwards) {
        var size = (int)Math.Ceiling(Math.Sqrt(length));
        var (count, rest) = (length / size, length % size);
        var segment = Checkpoint<(S State, X Slices), (S, Y)>(a => Loop(name, a.State, a.Slices, f, backwards));
        X Part(int from, int to) => slices.Rebuild(Array.ConvertAll(slices.Leaves, x => x.SliceAxis(0, from, to - from)));
        var whole = Tree.Flatten(slices.Rebuild(Array.ConvertAll(slices.Leaves, x => x.SliceAxis(0, 0, count * size).ReshapeTo(Shape.Of([count, size, .. x.Shape.Span[1..]])))));
        if (rest > 0 && backwards) {
            var (after, last) = segment((start, Part(count * size, length)));
            var (final, ys) = Loop(name, after, whole, count, (s, x) => segment((s, x)), backwards);
            return (final, Joined(ys, last));
        } else {
            var (after, ys) = Loop(name, start, whole, count, (s, x) => segment((s, x)), backwards);
            if (rest == 0) return (after, Joined(ys));
            var (final, last) = segment((after, Part(count * size, length)));
            return (final, Joined(ys, last));
        }

        Y Joined(Y segments, params Y[] last) {
            var flat = Tree.Flatten(segments);
            var more = Array.ConvertAll(last, l => Tree.Flatten(l).Leaves);
            return flat.Rebuild([.. flat.Leaves.Select((y, i) => Concat([y.ReshapeTo(Shape.Of([count * size, .. y.Shape.Span[2..]])), .. more.Select(l => l[i])]))]);
        }
    }

    /// <summary>The state after n steps.</summary>
    internal static Tensor[] Repeat(int n, Tensor[] start, Func<Tensor[], Tensor[]> step) => Loop("ForI", start, Tree.Flatten(Array.Empty<Tensor>()), n, (s, _) => (step(s), Array.Empty<Tensor>()), backwards: false).Item1;

    // The leaves of a loop's state after a step, which has to be of the structure that it started with.
    static Tensor[] StateAfter<S>(Flat<S> state, S after, string what) {
        var flat = Tree.Flatten(after);
        state.CheckSame(flat, what);
        return flat.Leaves;
    }

    // A C# number in the state takes the dtype that a step gives it.
    static Tensor[]? Adopted(Tensor[] now, Tensor[] next) =>
        now.Where((t, i) => t.IsWeak && next[i].DType != t.DType).Any() ? [.. now.Select((t, i) => t.IsWeak ? t.To(next[i].DType) : t)] : null;

    static void CheckStays<S>(string loop, Flat<S> state, Tensor[] now, Tensor[] next) {
        for (var i = 0; i < now.Length; i++)
            if (next[i].Type != now[i].Type) {
                var what = $"{loop}: a step makes {next[i].Type} of the state's {now[i].Type}{(state.Paths[i] == "" ? "" : $" at {state.Paths[i]}")}; it has to stay what it is. Start with what the step makes, or convert it.";
                throw next[i].Shape.Equals(now[i].Shape) ? new DTypeException(what) : new ShapeException(what);
            }
    }

    static int LengthOf<X>(string loop, Flat<X> slices) {
        var length = -1;
        for (var i = 0; i < slices.Leaves.Length; i++) {
            var x = slices.Leaves[i];
            if (x.Rank == 0) throw new ShapeException($"{loop}: {x.Type} is a scalar, which has no slices.");
            if (length >= 0 && x.Shape[0] != length) throw new ShapeException($"{loop}: {slices.Paths[i]} is {x.Type}; the first has {length} slices, and all have to have as many.");
            length = x.Shape[0];
        }
        return length;
    }

    /// <summary>The state after n steps, each given its number as an i32 scalar: (i, state) → state.</summary>
    /// <remarks><example><code>
    /// var power = ForI(10, 1, (i, y) => y * x);        // x¹⁰
    /// </code></example></remarks>
    /// <exception cref="DomainException">n is negative.</exception>
    /// <exception cref="ShapeException">A step changes the shape of the state.</exception>
    public static S ForI<S>(int n, S start, Func<Tensor, S, S> step, bool checkpoint = false) {
        step.Given();
        return Loop<S, Tensor, Tensor[]>("ForI", start.Given(), Tensor.Arange(n.AtLeast(0)), (s, i) => (step(i, s), []), checkpoint: checkpoint).Final;
    }

    /// <inheritdoc cref="ForI{S}(int, S, Func{Tensor, S, S}, bool)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor ForI(int n, Tensor start, Func<Tensor, Tensor, Tensor> step, bool checkpoint = false) => ForI<Tensor>(n, start, step, checkpoint);

    /// <summary>A function applied to each slice along the first axis in turn, the results stacked: <see cref="Vmap(Func{Tensor, Tensor}, int, int)"/>
    /// for less memory.</summary>
    public static Y Map<X, Y>(Func<X, Y> f, X xs) {
        f.Given();
        return Loop<Tensor[], X, Y>("Map", [], xs.Given(), (s, x) => (s, f(x))).Ys;
    }

    /// <inheritdoc cref="Map{X, Y}(Func{X, Y}, X)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Map(Func<Tensor, Tensor> f, Tensor xs) => Map<Tensor, Tensor>(f, xs);
}
