using System.Collections.Concurrent;

namespace Diff;

/// <summary>One line of a program: outputs First, First + 1, … = Op(inputs).</summary>
internal readonly record struct Equation(Op Op, int[] Inputs, int First, TensorType[] Types);

/// <summary>What a program takes: a type, and the axes (as bits) along which one element is read again and again.</summary>
internal readonly record struct ProgramInput(TensorType Type, uint Repeats = 0);

/// <summary>A closed, typed, first-order program: inputs, then equations in order, then which values are the results.</summary>
/// <remarks>Values are numbered: the inputs first, then the outputs of the equations. A graph becomes a program by
/// <see cref="ProgramBuilder"/>; nothing in it refers to tensors, so programs are compared, kept and printed.</remarks>
internal sealed record Program(ProgramInput[] Inputs, Equation[] Equations, int[] Outputs) {
    ConcurrentDictionary<(string, Program?), object>? derived;
    int hash;

    // What is known of a program is not known of a changed copy.
    Program(Program other) => (Inputs, Equations, Outputs) = (other.Inputs, other.Equations, other.Outputs);

    /// <summary>Equal structure: programs are parameters of ops, and so part of the key of a plan.</summary>
    public bool Equals(Program? other) =>
        ReferenceEquals(this, other)
        || other is not null && GetHashCode() == other.GetHashCode() && Inputs.AsSpan().SequenceEqual(other.Inputs) && Outputs.AsSpan().SequenceEqual(other.Outputs) && Equations.Length == other.Equations.Length
        && !Equations.Where((e, i) => !e.Op.Equals(other.Equations[i].Op) || !e.Inputs.AsSpan().SequenceEqual(other.Equations[i].Inputs)).Any();

    /// <inheritdoc/>
    public override int GetHashCode() {
        if (hash != 0) return hash;
        var h = new HashCode();
        foreach (var t in Inputs) h.Add(t);
        foreach (var e in Equations) {
            h.Add(e.Op);
            foreach (var i in e.Inputs) h.Add(i);
        }
        foreach (var o in Outputs) h.Add(o);
        return hash = h.ToHashCode() | 1;
    }

    /// <summary>Something made of this program, such as its plan or a derivative, made once.</summary>
    /// <param name="what">Its name.</param>
    /// <param name="make">May run more than once where threads meet; then one result is everybody's.</param>
    /// <param name="marks">Which inputs it is by.</param>
    /// <param name="with">Another program that it is made of.</param>
    public V Remember<V>(string what, Func<V> make, bool[]? marks = null, Program? with = null) {
        var key = (marks is null ? what : what + string.Concat(marks.Select(m => m ? '1' : '0')), with);
        var all = LazyInitializer.EnsureInitialized(ref derived, () => new());
        return (V)(all.TryGetValue(key, out var made) ? made : all.GetOrAdd(key, make()!));
    }

    /// <summary>The program ready to run: programs that ops hold run many times, or they would not be one.</summary>
    public Plan Plan => Remember("Plan", () => new Plan(this));

    /// <summary>The one program of this structure, which knows what was derived of it when it was recorded before.</summary>
    public Program Known() {
        if (known.TryGetValue(this, out var first)) return first;
        // They are few and recorded by loops that somebody wrote; thousands mean that structures keep changing.
        if (known.Count > 1000) known.Clear();
        return known.GetOrAdd(this, this);
    }

    static readonly ConcurrentDictionary<Program, Program> known = new();

    /// <summary>The program's equations applied to tensors: in a transform they are recorded, outside they run.</summary>
    public Tensor[] Inline(ReadOnlySpan<Tensor> arguments) {
        var values = Values(arguments);
        return Array.ConvertAll(Outputs, o => values[o]);
    }

    /// <summary>The same with every value on the way.</summary>
    public Tensor[] Values(ReadOnlySpan<Tensor> arguments) {
        var values = new Tensor[Count];
        arguments.CopyTo(values);
        foreach (var e in Equations) {
            if (e.Op is FillOp fill) values[e.First] = Graph.Fill(fill.Value, fill.Type);
            else Graph.ApplyAll(e.Op, Array.ConvertAll(e.Inputs, i => values[i])).CopyTo(values, e.First);
        }
        return values;
    }

    /// <summary>How many values there are.</summary>
    public int Count => Equations.Length == 0 ? Inputs.Length : Equations[^1].First + Equations[^1].Types.Length;

    /// <summary>The type of each value.</summary>
    public TensorType[] Types() => [.. Inputs.Select(i => i.Type), .. Equations.SelectMany(e => e.Types)];

    /// <summary>How often each value is read, the program's results included.</summary>
    public int[] Readers() {
        var readers = new int[Count];
        foreach (var e in Equations)
            foreach (var x in e.Inputs) readers[x]++;
        foreach (var o in Outputs) readers[o]++;
        return readers;
    }

    /// <summary>Equal equations become one and unused ones drop out. Neither changes a bit.</summary>
    public Program Simplify() {
        // Values are renamed to (equation, output) of what is left; inputs are equation −1.
        var renamed = new (int Equation, int Output)[Count];
        for (var i = 0; i < Inputs.Length; i++) renamed[i] = (-1, i);
        var known = new Dictionary<Application, int>();
        var merged = new List<(Op Op, (int, int)[] Inputs)>();
        foreach (var e in Equations) {
            var inputs = Array.ConvertAll(e.Inputs, i => renamed[i]);
            var key = new Application(e.Op.Stem, inputs);
            if (!known.TryGetValue(key, out var at)) {
                known[key] = at = merged.Count;
                merged.Add((e.Op, inputs));
                for (var i = 0; i < e.Types.Length; i++) renamed[e.First + i] = (at, i);
            } else {
                var (joined, places) = merged[at].Op.Join(e.Op);
                merged[at] = (joined, inputs);
                for (var i = 0; i < e.Types.Length; i++) renamed[e.First + i] = (at, places[i]);
            }
        }
        var used = new bool[merged.Count];
        foreach (var o in Outputs) Use(renamed[o]);
        for (var i = merged.Count - 1; i >= 0; i--)
            if (used[i]) Array.ForEach(merged[i].Inputs, Use);
        // Number what is left without gaps.
        var first = new int[merged.Count];
        var types = Inputs.Select(i => i.Type).ToList();
        var kept = new List<Equation>();
        for (var i = 0; i < merged.Count; i++) {
            if (!used[i]) continue;
            first[i] = types.Count;
            var inputs = Array.ConvertAll(merged[i].Inputs, Number);
            var outputs = merged[i].Op.Infer([.. inputs.Select(x => types[x])]);
            kept.Add(new(merged[i].Op, inputs, first[i], outputs));
            types.AddRange(outputs);
        }
        return new(Inputs, [.. kept], Array.ConvertAll(Outputs, o => Number(renamed[o])));

        void Use((int Equation, int) value) {
            if (value.Equation >= 0) used[value.Equation] = true;
        }

        int Number((int Equation, int Output) value) => value.Equation < 0 ? value.Output : first[value.Equation] + value.Output;
    }

    /// <summary>The program without those of its first inputs that nothing reads, and which inputs are left.</summary>
    public (Program Program, int[] Kept) WithoutUnusedInputs(int first) {
        var used = new bool[Count];
        foreach (var e in Equations)
            foreach (var x in e.Inputs) used[x] = true;
        foreach (var o in Outputs) used[o] = true;
        var kept = Enumerable.Range(0, Inputs.Length).Where(i => used[i] || i >= first).ToArray();
        var renamed = new int[Count];
        for (var i = 0; i < kept.Length; i++) renamed[kept[i]] = i;
        for (var i = Inputs.Length; i < Count; i++) renamed[i] = i - Inputs.Length + kept.Length;
        return (new([.. kept.Select(i => Inputs[i])],
            [.. Equations.Select(e => e with { Inputs = Array.ConvertAll(e.Inputs, x => renamed[x]), First = renamed[e.First] })],
            Array.ConvertAll(Outputs, o => renamed[o])), kept);
    }

    /// <summary>The program with its inputs in another order: input i of the result is input order[i] of this.</summary>
    public Program Reordered(int[] order) {
        var renamed = Enumerable.Range(0, Count).ToArray();
        for (var i = 0; i < order.Length; i++) renamed[order[i]] = i;
        return new([.. order.Select(i => Inputs[i])], [.. Equations.Select(e => e with { Inputs = Array.ConvertAll(e.Inputs, x => renamed[x]) })], Array.ConvertAll(Outputs, o => renamed[o]));
    }

    /// <summary>The program with a name for each value: a, b, … z, aa, ab, …</summary>
    public Listing ToListing() {
        var types = Types();
        return new(
            [.. Inputs.Select((t, i) => new Line(NameOf(i), "input", t.Type, [], []))],
            [.. from e in Equations from i in Enumerable.Range(0, e.Types.Length)
                select new Line(NameOf(e.First + i), e.Op.Describe() + (e.Types.Length == 1 ? "" : $".{i}"), e.Types[i], [.. e.Inputs.Select(NameOf)], i == 0 ? [.. e.Op.Bodies.Select(b => new Part(b.Name, b.Body.Remember("Listing", b.Body.ToListing)))] : [])],
            [.. Outputs.Select(NameOf)]);

        static string NameOf(int value) => (value >= 26 ? NameOf(value / 26 - 1) : "") + (char)('a' + value % 26);
    }

    /// <inheritdoc/>
    public override string ToString() => ToListing().ToString();

    readonly record struct Application(Op Op, (int, int)[] Inputs) {
        public bool Equals(Application other) => Op.Equals(other.Op) && Inputs.AsSpan().SequenceEqual(other.Inputs);

        public override int GetHashCode() {
            var h = new HashCode();
            h.Add(Op);
            foreach (var i in Inputs) h.Add(i);
            return h.ToHashCode();
        }
    }
}
