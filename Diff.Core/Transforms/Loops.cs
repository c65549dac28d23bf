using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>A function recorded once, for ops that hold programs: what it captures comes first among the program's inputs.</summary>
internal sealed record Recorded<R>(Program Body, Tensor[] Captures, Flat<R> Result) {
    /// <summary>Calls the function on variables without values.</summary>
    public static Recorded<R> Of(string transform, TensorType[] inputs, bool[] weak, Func<Tensor[], R> f) {
        using var scope = new Scope(transform);
        var variables = inputs.Select((t, i) => Graph.Input(t, weak[i], scope)).ToArray();
        var result = Tree.Flatten(f(variables));
        var graph = ProgramBuilder.Close(result.Leaves, scope, variables);
        var captures = graph.Leaves.Skip(variables.Length).ToArray();
        var program = graph.ToProgram();
        graph.Return();
        // Each op packs what it is given, so no input of a body repeats.
        program = new([.. program.Inputs.Select(i => new ProgramInput(i.Type))], program.Equations, program.Outputs);
        var order = Enumerable.Range(variables.Length, captures.Length).Concat(Enumerable.Range(0, variables.Length)).ToArray();
        return new(program.Reordered(order).Simplify(), captures, result);
    }
}

public static partial class Functions {
    /// <summary>A loop over the slices of xs along their first axis that carries a state: (state, x) → (next state, y). The ys are stacked.</summary>
    /// <typeparam name="S">The state: a tensor or a tree of them, of the same shapes after every step.</typeparam>
    /// <typeparam name="X">What is looped over: a tensor or a tree of them, all of one length.</typeparam>
    /// <typeparam name="Y">What each step gives besides.</typeparam>
    /// <param name="start">The state before the first step.</param>
    /// <param name="xs">[length, …].</param>
    /// <param name="f">Called once, to be recorded: it may not look at values.</param>
    /// <param name="backwards">From the last slice to the first; ys stay in the order of xs.</param>
    /// <remarks>The body is compiled once however long the loop is, and has derivatives in both modes. JAX's <c>lax.scan</c>.
    /// <example><code>
    /// var (last, sums) = Scan((Tensor)0, xs, (s, x) => (s + x, s + x));        // a running sum
    /// </code></example></remarks>
    /// <exception cref="ShapeException">The lengths differ, or a step changes the shape of the state.</exception>
    public static (S Final, Y Ys) Scan<S, X, Y>(S start, X xs, Func<S, X, (S Next, Y Y)> f, bool backwards = false) {
        var (state, slices) = (Tree.Flatten(start.Given()), Tree.Flatten(xs.Given()));
        var length = slices.Leaves.Length == 0 ? throw new ShapeException("Scan: there is nothing to loop over; ForI loops over numbers.") : LengthOf(slices);
        var leaves = state.Leaves;
        for (var turn = 0; ; turn++) {
            var (carries, now) = (leaves.Length, leaves);
            TensorType[] types = [.. now.Select(t => t.Type), .. slices.Leaves.Select(t => new TensorType(t.DType, Shape.Of(t.Shape.Span[1..])))];
            bool[] weak = [.. now.Select(t => t.IsWeak), .. slices.Leaves.Select(_ => false)];
            var recorded = Recorded<(S, Y)>.Of("Scan", types, weak, v => f.Given()(state.Rebuild(v[..carries]), slices.Rebuild(v[carries..])));
            var after = Tree.Flatten(TupleFirst(recorded));
            state.CheckSame(after, "Scan: the state after a step");
            // A C# number in the state takes the dtype that the step gives it.
            var next = after.Leaves;
            if (turn < 2 && Enumerable.Range(0, carries).Any(i => now[i].IsWeak && next[i].DType != now[i].DType)) {
                leaves = [.. now.Select((t, i) => t.IsWeak ? t.To(next[i].DType) : t)];
                continue;
            }
            for (var i = 0; i < carries; i++)
                if (next[i].Type != now[i].Type) throw new ShapeException($"Scan: a step makes {next[i].Type} of the state's {now[i].Type}{(state.Paths[i] == "" ? "" : $" at {state.Paths[i]}")}; it has to stay what it is. Start with what the step makes, or convert it.");
            var op = new ScanOp(recorded.Body, length, recorded.Captures.Length, carries, backwards);
            var outputs = Graph.ApplyAll(op, [.. recorded.Captures, .. leaves, .. slices.Leaves]);
            var (final, ys) = recorded.Result.Rebuild(outputs);
            return (final, ys);
        }
    }

    /// <inheritdoc cref="Scan{S, X, Y}(S, X, Func{S, X, ValueTuple{S, Y}}, bool)"/>
    [OverloadResolutionPriority(1)]
    public static (Tensor Final, Tensor Ys) Scan(Tensor start, Tensor xs, Func<Tensor, Tensor, (Tensor Next, Tensor Y)> f, bool backwards = false) => Scan<Tensor, Tensor, Tensor>(start, xs, f, backwards);

    static S TupleFirst<S, Y>(Recorded<(S, Y)> recorded) => recorded.Result.Rebuild(recorded.Result.Leaves).Item1;

    static int LengthOf<X>(Flat<X> slices) {
        var length = -1;
        for (var i = 0; i < slices.Leaves.Length; i++) {
            var x = slices.Leaves[i];
            if (x.Rank == 0) throw new ShapeException($"Scan: {x.Type} is a scalar, which has no slices.");
            if (length >= 0 && x.Shape[0] != length) throw new ShapeException($"Scan: {slices.Paths[i]} is {x.Type}; the first has {length} slices, and all have to have as many.");
            length = x.Shape[0];
        }
        return length;
    }

    /// <summary>The state after n steps, each given its number as an i32 scalar: (i, state) → state.</summary>
    /// <remarks><example><code>
    /// var power = ForI(10, 1, (i, y) => y * x);        // x¹⁰
    /// </code></example></remarks>
    /// <exception cref="ShapeException">n is negative, or a step changes the shape of the state.</exception>
    public static S ForI<S>(int n, S start, Func<Tensor, S, S> step) => Scan<S, Tensor, Tensor[]>(start.Given(), Tensor.Arange(n), (s, i) => (step.Given()(i, s), [])).Final;

    /// <inheritdoc cref="ForI{S}(int, S, Func{Tensor, S, S})"/>
    [OverloadResolutionPriority(1)]
    public static Tensor ForI(int n, Tensor start, Func<Tensor, Tensor, Tensor> step) => ForI<Tensor>(n, start, step);

    /// <summary>A function applied to each slice along the first axis in turn, the results stacked: <see cref="Vmap(Func{Tensor, Tensor}, int, int)"/>
    /// for less memory.</summary>
    public static Y Map<X, Y>(Func<X, Y> f, X xs) => Scan<Tensor[], X, Y>([], xs.Given(), (s, x) => (s, f.Given()(x))).Ys;

    /// <inheritdoc cref="Map{X, Y}(Func{X, Y}, X)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Map(Func<Tensor, Tensor> f, Tensor xs) => Map<Tensor, Tensor>(f, xs);

    /// <summary>One of several functions of one argument, by number: only that one runs.</summary>
    /// <param name="choice">An integer scalar, 0 for the first; it may be computed inside a transform.</param>
    /// <param name="argument">A tensor or a tree of them.</param>
    /// <param name="branches">Functions that give results of equal types.</param>
    /// <exception cref="ShapeException">The choice is outside the branches, or their results differ.</exception>
    public static R Switch<P, R>(Tensor choice, P argument, params Func<P, R>[] branches) {
        if (branches.Given().Length == 0) throw new ShapeException("Switch: there are no branches.");
        if (choice.Given().Rank != 0 || choice.DType.IsFloat()) throw new DTypeException($"Switch: the choice is {choice.Type}; it has to be an integer scalar.");
        var flat = Tree.Flatten(argument);
        TensorType[] types = [.. flat.Leaves.Select(t => t.Type)];
        bool[] weak = [.. flat.Leaves.Select(t => t.IsWeak)];
        var recorded = branches.Select(f => Recorded<R>.Of("Switch", types, weak, v => f(flat.Rebuild(v)))).ToArray();
        var result = recorded[0].Result;
        for (var b = 1; b < recorded.Length; b++) {
            result.CheckSame(recorded[b].Result, $"Switch: the result of branch {b}");
            for (var i = 0; i < result.Leaves.Length; i++)
                if (recorded[b].Result.Leaves[i].Type != result.Leaves[i].Type)
                    throw new ShapeException($"Switch: branch {b} gives {recorded[b].Result.Leaves[i].Type}, branch 0 {result.Leaves[i].Type}; they have to be equal.");
        }
        // Every branch takes what any of them captures.
        Tensor[] captures = [.. recorded.SelectMany(r => r.Captures).Distinct()];
        var bodies = recorded.Select(r => Widen(r, captures, types.Length));
        return result.Rebuild(Graph.ApplyAll(new SwitchOp(new ProgramList(bodies)), [choice.To(DType.I32), .. captures, .. flat.Leaves]));

        static Program Widen(Recorded<R> r, Tensor[] captures, int arguments) {
            var places = Array.ConvertAll(r.Captures, c => Array.IndexOf(captures, c));
            int Place(int value) => value < places.Length ? places[value] : value - places.Length + captures.Length;
            return new([.. captures.Select(c => new ProgramInput(c.Type)), .. r.Body.Inputs[places.Length..]],
                [.. r.Body.Equations.Select(e => e with { Inputs = Array.ConvertAll(e.Inputs, Place), First = Place(e.First) })], Array.ConvertAll(r.Body.Outputs, Place));
        }
    }

    /// <summary>One of two functions of one argument: only the one that the condition names runs.</summary>
    /// <param name="condition">A bool scalar; it may be computed inside a transform.</param>
    /// <param name="argument">A tensor or a tree of them.</param>
    /// <param name="then">Where the condition holds.</param>
    /// <param name="otherwise">Where it does not; its result is of equal types.</param>
    /// <remarks><example><code>
    /// var y = Cond(x > 0, x, x => x.Sqrt(), x => 0 * x);
    /// </code></example></remarks>
    /// <exception cref="DTypeException">The condition is not a bool scalar.</exception>
    public static R Cond<P, R>(Tensor condition, P argument, Func<P, R> then, Func<P, R> otherwise) =>
        condition.Given().DType == DType.Bool ? Switch(condition.To(DType.I32), argument.Given(), otherwise.Given(), then.Given()) : throw new DTypeException($"Cond: the condition is {condition.Type}; it has to be a bool scalar, a comparison such as x > 0.");

    /// <inheritdoc cref="Cond{P, R}(Tensor, P, Func{P, R}, Func{P, R})"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Cond(Tensor condition, Tensor argument, Func<Tensor, Tensor> then, Func<Tensor, Tensor> otherwise) => Cond<Tensor, Tensor>(condition, argument, then, otherwise);

    /// <summary>The same function, of which derivatives keep nothing but the argument: they compute the inside again. Slower, for less memory.</summary>
    /// <typeparam name="P">The argument: a tensor or a tree of them.</typeparam>
    /// <typeparam name="R">The result: a tensor or a tree of them.</typeparam>
    /// <param name="f">A function that does not look at values. JAX's <c>checkpoint</c> (<c>remat</c>).</param>
    public static Func<P, R> Checkpoint<P, R>(Func<P, R> f) => argument => {
        var flat = Tree.Flatten(argument);
        var recorded = Recorded<R>.Of("Checkpoint", [.. flat.Leaves.Select(t => t.Type)], [.. flat.Leaves.Select(t => t.IsWeak)], v => f.Given()(flat.Rebuild(v)));
        return recorded.Result.Rebuild(Graph.ApplyAll(new ProgramOp(recorded.Body), [.. recorded.Captures, .. flat.Leaves]));
    };

    /// <inheritdoc cref="Checkpoint{P, R}(Func{P, R})"/>
    [OverloadResolutionPriority(1)]
    public static Func<Tensor, Tensor> Checkpoint(Func<Tensor, Tensor> f) => Checkpoint<Tensor, Tensor>(f);
}
