using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>What is behind a delegate that Jit made.</summary>
internal abstract class Jitted {
    static readonly ConditionalWeakTable<Delegate, Jitted> all = [];

    /// <summary>The function as it was given to Jit.</summary>
    public abstract Delegate Function { get; }

    /// <summary>What it compiled, and why.</summary>
    public abstract JitHistory History { get; }

    /// <summary>What Jit made a delegate of, or null.</summary>
    public static Jitted? Behind(Delegate f) => all.TryGetValue(f, out var jitted) ? jitted : null;

    /// <summary>Remembers whose delegate it is.</summary>
    public D As<D>(D call) where D : Delegate {
        all.Add(call, this);
        return call;
    }
}

/// <summary>A function and the programs that were recorded of it: one for each signature, replayed while nothing that it captures changes.</summary>
/// <param name="f">As it was given to Jit, for what it captures.</param>
/// <param name="call">The same as a function of one argument.</param>
internal sealed class Jitted<A, R>(Delegate f, Func<A, R> call) : Jitted {
    // A function that is called with ever new shapes should not keep a program for each, nor a line of its history for each call.
    const int MostRecordings = 64, MostLines = 100;

    readonly Lock adding = new();
    // What was recorded is not kept by its line here: it may be large.
    readonly Queue<(string Why, string Signature, double Milliseconds, string? Obstacle, Counter Replays, WeakReference<Plan>? Plan)> history = [];
    volatile Recording[] recordings = [];
    long calls, compiled;

    /// <summary>A recorded program for arguments like one: of its structure, its types, and what is static in it.</summary>
    /// <param name="Like">The argument without its values.</param>
    /// <param name="Types">Of its leaves, and which are C# numbers.</param>
    /// <param name="Captured">What the function used.</param>
    internal sealed record Recording(Flat<A> Like, (TensorType Type, bool Weak, bool Whole)?[] Types, Captures Captured) {
        /// <summary>Why there is no program, and the function is called.</summary>
        public string? Obstacle { get; init; }
        public Plan? Plan { get; init; }
        public View[] Constants { get; init; } = [];
        public Flat<R>? Result { get; init; }
        /// <summary>The result's leaves that are computed, and which of them are C# numbers.</summary>
        public (int Leaf, bool Weak, bool Whole)[] Computed { get; init; } = [];
        public Counter Replays { get; } = new();

        /// <summary>Whether it is of arguments like this one.</summary>
        public bool Takes(Flat<A> argument) =>
            argument.Leaves.Length == Types.Length && TakesLast(argument.Leaves) && Like.IsSame(argument);

        /// <summary>Whether its last leaves are of the types of these.</summary>
        public bool TakesLast(ReadOnlySpan<Tensor> leaves) {
            var types = Types.AsSpan(Types.Length - leaves.Length);
            for (var i = 0; i < types.Length; i++) {
                var leaf = leaves[i];
                if (leaf.AbsentFrom is not null ? types[i] is not null
                    : types[i] is not var (type, weak, whole) || type.DType != leaf.DType || weak != leaf.IsWeak || whole != leaf.IsWhole || !type.Shape.Equals(leaf.Shape)) return false;
            }
            return true;
        }
    }

    internal sealed class Counter {
        public long Value;
    }

    public override Delegate Function => f;

    public override JitHistory History {
        get {
            lock (adding)
                return new(calls, compiled, [.. history.Select(h => new Compilation(h.Signature, h.Why, h.Obstacle, h.Milliseconds, h.Replays.Value, h.Plan is not null && h.Plan.TryGetTarget(out var plan) ? plan.Explain() : null))]);
        }
    }

    /// <summary>Calls the function, or replays what was recorded of it.</summary>
    public R Run(A argument) => Run(argument, null);

    /// <summary>The same for a caller that gives it its own results again, and lets go of them.</summary>
    public R Run(A argument, Turns? turns) {
        var mine = turns?.Begin();
        var flat = Tree.Flatten(argument);
        // Where the argument is another transform's variable, Jit(f) is f.
        foreach (var leaf in flat.Leaves)
            if (leaf.IsLive) return call(argument);
        Interlocked.Increment(ref calls);
        Recording? known = null;
        foreach (var recording in recordings) {
            if (!recording.Takes(flat)) continue;
            known = recording;
            break;
        }
        if (known is null) return Record(recordings.Length == 0 ? "the first call" : "an argument of other types, or other static parts");
        if (known.Plan is not null && known.Obstacle is { } obstacle) return Record(obstacle);
        if (known.Captured.Change() is { } change) return Record(change);
        Interlocked.Increment(ref known.Replays.Value);
        return known.Plan is null ? call(argument) : Run(known, known.Result!, Present(flat.Leaves), mine, turns);

        R Record(string why) => this.Record(why, argument, flat, Present(flat.Leaves), Array.ConvertAll(flat.Leaves, TypeOf));
    }

    /// <summary>Replays what ran last on its own results and others: only the others are looked at. False where that will not do, and it has to be called.</summary>
    /// <param name="turns">What ran last.</param>
    /// <param name="others">The leaves of the argument behind the results, of the same structure as they were last.</param>
    public bool Again(Turns turns, Tensor[] others) {
        if (turns.Steady is not { } known || !known.TakesLast(others) || Array.Exists(others, t => t.IsLive) || known.Captured.Change() is not null) return false;
        Interlocked.Increment(ref calls);
        Interlocked.Increment(ref known.Replays.Value);
        turns.Next(Present(others));
        return true;
    }

    static Tensor[] Present(Tensor[] leaves) => Array.Exists(leaves, t => t.AbsentFrom is not null) ? Array.FindAll(leaves, t => t.AbsentFrom is null) : leaves;

    static (TensorType, bool, bool)? TypeOf(Tensor leaf) => leaf.AbsentFrom is null ? (leaf.Type, leaf.IsWeak, leaf.IsWhole) : null;

    R Record(string why, A argument, Flat<A> flat, Tensor[] leaves, (TensorType, bool, bool)?[] types) {
        var start = Stopwatch.GetTimestamp();
        var recording = new Recording(flat.Hollow(), types, new([f, .. flat.Statics]));
        using var scope = new Scope("Jit");
        var variables = Array.ConvertAll(leaves, t => Graph.InputLike(t, scope));
        var next = 0;
        Flat<R> result;
        try {
            result = Tree.Flatten(call(flat.Rebuild(Array.ConvertAll(flat.Leaves, t => t.AbsentFrom is null ? variables[next++] : t))));
        } catch (TraceException e) when (e.Scope == scope) {
            // It looks at a value, so there is no one program for all values: then this is f.
            Add(recording with { Obstacle = "it looks at a value, and is called each time; choose with Where, Cond or While" });
            return call(argument);
        }
        var wanted = Array.FindAll(result.Leaves, t => t.AbsentFrom is null);
        var graph = ProgramBuilder.Close(wanted, scope, variables);
        scope.Dispose();
        Tensor[] constants = [.. graph.Leaves.Skip(variables.Length)];
        // What the function captures may belong to a transform that is still running: then this is a part of its graph.
        if (Array.Exists(constants, t => t.IsLive)) {
            var inlined = graph.ToProgram().Inline([.. leaves, .. constants]);
            graph.Return();
            next = 0;
            return result.Rebuild(Array.ConvertAll(result.Leaves, t => t.AbsentFrom is null ? inlined[next++] : t));
        }
        var plan = PlanCache.Find(graph, atOnce: true)!;
        graph.Return();
        var obstacle = recording.Captured.Obstacle
            ?? (recording.Captured.Change() is { } change ? $"calling it changes what it uses: {change}" : Array.Find(result.Statics, s => s is not Type && s.GetType().Namespace != "Diff" && !Array.Exists(flat.Statics, a => ReferenceEquals(a, s))) is { } held ? $"its result holds a {held.GetType().Name}, which each call makes anew" : null);
        recording = recording with {
            Obstacle = obstacle,
            Plan = plan,
            Constants = Array.ConvertAll(constants, t => t.Plain),
            Result = result.Hollow(),
            Computed = [.. result.Leaves.Select((t, i) => (i, t)).Where(r => r.t.AbsentFrom is null).Select(r => (r.i, r.t.IsWeak, r.t.IsWhole))],
        };
        Add(recording);
        return Run(recording, result, leaves, null, null);

        void Add(Recording made) {
            lock (adding) {
                compiled++;
                if (why != made.Obstacle) history.Enqueue((why, string.Join(", ", types.Select(t => t is { } type ? $"{type.Item1}" : "–")), Stopwatch.GetElapsedTime(start).TotalMilliseconds, made.Obstacle, made.Replays, made.Plan is { } plan ? new(plan) : null));
                if (history.Count > MostLines) history.Dequeue();
                recordings = [.. recordings.Where(r => !(r.Types.AsSpan().SequenceEqual(types) && r.Like.IsSame(flat))).TakeLast(MostRecordings - 1), made];
            }
        }
    }

    static R Run(Recording recording, Flat<R> result, Tensor[] leaves, bool[]? mine, Turns? turns) {
        var plan = recording.Plan!;
        var arguments = new View[leaves.Length + recording.Constants.Length];
        for (var i = 0; i < leaves.Length; i++) arguments[i] = leaves[i].Value.Packed();
        recording.Constants.CopyTo(arguments, leaves.Length);
        if (mine is not null) plan = plan.InPlace(mine);
        var views = plan.Run(arguments);
        turns?.Ran(recording, plan, arguments, views);
        return Rebuild(recording, result, views);
    }

    static R Rebuild(Recording recording, Flat<R> result, View[] views) {
        var computed = result.Leaves.AsSpan().ToArray();
        for (var i = 0; i < views.Length; i++) computed[recording.Computed[i].Leaf] = new(views[i], recording.Computed[i].Weak, recording.Computed[i].Whole);
        return result.Rebuild(computed);
    }

    /// <summary>What a loop that gives the function its own results again, and lets go of them, knows of the last turn.</summary>
    internal sealed class Turns {
        Recording? recording;
        Plan? plan;
        View[] arguments = [], views = [];
        bool[] owned = [], mine = [];
        bool isSteady;

        /// <summary>How many of the first results are the next first arguments.</summary>
        public int State { get; set; }

        /// <summary>What ran in the last two turns, the second on the results of the first and in their memory: its own results suit it.</summary>
        public Recording? Steady => isSteady ? recording : null;

        /// <summary>What the last turn returned.</summary>
        public R Result => Rebuild(recording!, recording!.Result!, views);

        /// <summary>Somebody else has what the last turn returned, too.</summary>
        public void Share() => (owned, isSteady) = ([], false);

        /// <summary>Which of the first arguments nobody else can reach: their memory may become the results'.</summary>
        public bool[] Begin() {
            mine = owned.Length == 0 ? owned : owned[..State];
            Share();
            return mine;
        }

        public void Ran(Recording by, Plan plan, View[] arguments, View[] views) {
            owned = plan.Owned;
            isSteady = recording == by && this.plan == plan && mine.Length == State && owned.AsSpan(0, State).SequenceEqual(mine);
            (recording, this.plan, this.arguments, this.views) = (by, plan, arguments, views);
        }

        public void Next(Tensor[] others) {
            for (var i = 0; i < State; i++) arguments[i] = views[i].Packed();
            for (var i = 0; i < others.Length; i++) arguments[State + i] = others[i].Value.Packed();
            plan!.Run(arguments, views);
        }
    }
}
