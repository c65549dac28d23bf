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
    sealed record Recording(Flat<A> Like, (TensorType Type, bool Weak, bool Whole)?[] Types, Captures Captured) {
        /// <summary>Why there is no program, and the function is called.</summary>
        public string? Obstacle { get; init; }
        public Plan? Plan { get; init; }
        public View[] Constants { get; init; } = [];
        public Flat<R>? Result { get; init; }
        /// <summary>The result's leaves that are computed, and which of them are C# numbers.</summary>
        public (int Leaf, bool Weak, bool Whole)[] Computed { get; init; } = [];
        public Counter Replays { get; } = new();
        public Spares<Room> Rooms { get; } = new();

        /// <summary>Whether it is of arguments like this one.</summary>
        public bool Takes(Flat<A> argument) {
            if (argument.Leaves.Length != Types.Length) return false;
            for (var i = 0; i < Types.Length; i++) {
                var leaf = argument.Leaves[i];
                if (leaf.AbsentFrom is not null ? Types[i] is not null
                    : Types[i] is not var (type, weak, whole) || type.DType != leaf.DType || weak != leaf.IsWeak || whole != leaf.IsWhole || !type.Shape.Equals(leaf.Shape)) return false;
            }
            return Like.IsSame(argument);
        }
    }

    /// <summary>What a replay works with.</summary>
    sealed record Room(View[] Arguments, View[] Values, Tensor[] Results);

    sealed class Counter {
        public long Value;
    }

    public override Delegate Function => f;

    public override JitHistory History {
        get {
            lock (adding)
                return new(calls, compiled, [.. history.Select(h => new Compilation(h.Signature, h.Why, h.Obstacle, h.Milliseconds, h.Replays.Value, h.Plan is not null && h.Plan.TryGetTarget(out var plan) ? plan.Explain() : null))]);
        }
    }

    public R Run(A argument) {
        bool[]? owned = null;
        return Run(argument, ref owned);
    }

    /// <summary>The same, for a caller that lets go of what it gives.</summary>
    /// <param name="owned">Which of the argument's first tensors nobody else can reach: their memory may become the result's. Then the same of the
    /// result's. Null for a caller who does not care.</param>
    public R Run(A argument, ref bool[]? owned) {
        var mine = owned;
        if (owned is not null) owned = [];
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
        return known.Plan is null ? call(argument) : Run(known, known.Result!, Present(flat), mine, ref owned);

        R Record(string why) => this.Record(why, argument, flat, Present(flat), Array.ConvertAll(flat.Leaves, TypeOf));
    }

    static Tensor[] Present(Flat<A> flat) => Array.Exists(flat.Leaves, t => t.AbsentFrom is not null) ? Array.FindAll(flat.Leaves, t => t.AbsentFrom is null) : flat.Leaves;

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
        bool[]? nobody = null;
        return Run(recording, result, leaves, null, ref nobody);

        void Add(Recording made) {
            lock (adding) {
                compiled++;
                if (why != made.Obstacle) history.Enqueue((why, string.Join(", ", types.Select(t => t is { } type ? $"{type.Item1}" : "–")), Stopwatch.GetElapsedTime(start).TotalMilliseconds, made.Obstacle, made.Replays, made.Plan is { } plan ? new(plan) : null));
                if (history.Count > MostLines) history.Dequeue();
                recordings = [.. recordings.Where(r => !(r.Types.AsSpan().SequenceEqual(types) && r.Like.IsSame(flat))).TakeLast(MostRecordings - 1), made];
            }
        }
    }

    static R Run(Recording recording, Flat<R> result, Tensor[] leaves, bool[]? mine, ref bool[]? owned) {
        var plan = recording.Plan!;
        var room = recording.Rooms.Take() ?? new(new View[leaves.Length + recording.Constants.Length], new View[recording.Computed.Length], new Tensor[result.Leaves.Length]);
        var (arguments, values, results) = room;
        for (var i = 0; i < leaves.Length; i++) arguments[i] = leaves[i].Value.Packed();
        recording.Constants.CopyTo(arguments, leaves.Length);
        if (mine is not null) {
            plan = plan.InPlace(mine);
            owned = plan.Owned;
        }
        plan.Run(arguments, values);
        result.Leaves.CopyTo(results);
        for (var i = 0; i < values.Length; i++) {
            var (leaf, weak, whole) = recording.Computed[i];
            // In the memory of a tensor that nobody else can reach it is that tensor.
            results[leaf] = plan.HeirOf(i) is { } argument && leaves[argument] is var heir && heir.Value == values[i] && (heir.IsWeak, heir.IsWhole) == (weak, whole) ? heir : new(values[i], weak, whole);
        }
        var rebuilt = result.Rebuild(results);
        Array.Clear(arguments);
        Array.Clear(values);
        Array.Clear(results);
        recording.Rooms.Return(room);
        return rebuilt;
    }
}
