using System.Runtime.InteropServices;

namespace Diff;

/// <summary>One line of a program: outputs First, First + 1, … = Op(inputs).</summary>
internal readonly record struct Equation(Op Op, int[] Inputs, int First, TensorType[] Types);

/// <summary>What a program takes: a type, and the axes (as bits) along which one element is read again and again.</summary>
internal readonly record struct ProgramInput(TensorType Type, uint Repeats = 0);

/// <summary>A closed, typed, first-order program: inputs, then equations in order, then which values are the results.</summary>
/// <remarks>Values are numbered: the inputs first, then the outputs of the equations. A graph becomes a program by
/// <see cref="ProgramBuilder"/>; nothing in it refers to tensors, so programs are compared, kept and printed.</remarks>
internal sealed record Program(ProgramInput[] Inputs, Equation[] Equations, int[] Outputs) {
    /// <summary>Equal structure: programs are parameters of ops, and so part of the key of a plan.</summary>
    public bool Equals(Program? other) =>
        other is not null && Inputs.AsSpan().SequenceEqual(other.Inputs) && Outputs.AsSpan().SequenceEqual(other.Outputs) && Equations.Length == other.Equations.Length
        && !Equations.Where((e, i) => !e.Op.Equals(other.Equations[i].Op) || !e.Inputs.AsSpan().SequenceEqual(other.Equations[i].Inputs)).Any();

    /// <inheritdoc/>
    public override int GetHashCode() {
        var h = new HashCode();
        foreach (var t in Inputs) h.Add(t);
        foreach (var e in Equations) {
            h.Add(e.Op);
            foreach (var i in e.Inputs) h.Add(i);
        }
        foreach (var o in Outputs) h.Add(o);
        return h.ToHashCode();
    }

    /// <summary>The program's equations applied to tensors: in a transform they are recorded, outside they run.</summary>
    public Tensor[] Inline(ReadOnlySpan<Tensor> arguments) {
        var values = new Tensor[Count];
        arguments.CopyTo(values);
        foreach (var e in Equations) {
            if (e.Op is FillOp fill) values[e.First] = Graph.Fill(fill.Value, fill.Type);
            else Graph.ApplyAll(e.Op, Array.ConvertAll(e.Inputs, i => values[i])).CopyTo(values, e.First);
        }
        return Array.ConvertAll(Outputs, o => values[o]);
    }

    /// <summary>The program on stacks of so many inputs each, giving stacks: op by op, each by its rule.</summary>
    public Program Batched(int size) {
        using var scope = new Scope("Vmap");
        var arguments = Array.ConvertAll(Inputs, i => Graph.Input(new(i.Type.DType, Shape.Of([size, .. i.Type.Shape.Span])), scope));
        var values = new Tensor[Count];
        var stacked = new bool[Count];
        arguments.CopyTo(values, 0);
        Array.Fill(stacked, true, 0, arguments.Length);
        foreach (var e in Equations) {
            var batched = Array.ConvertAll(e.Inputs, i => stacked[i]);
            if (e.Op is FillOp fill) {
                values[e.First] = Graph.Fill(fill.Value, fill.Type);
                continue;
            }
            var any = Array.IndexOf(batched, true) >= 0;
            var inputs = Array.ConvertAll(e.Inputs, i => values[i]);
            (any ? e.Op.Batch(inputs, batched, size) : Graph.ApplyAll(e.Op, inputs)).CopyTo(values, e.First);
            Array.Fill(stacked, any, e.First, e.Types.Length);
        }
        var outputs = Array.ConvertAll(Outputs, o => stacked[o] ? values[o] : values[o].BroadcastBy(Shape.Of([size, .. values[o].Shape.Span]), Axes.Range(1, values[o].Rank)));
        var graph = ProgramBuilder.Close(outputs, scope, arguments);
        var program = graph.ToProgram();
        graph.Return();
        return program;
    }

    /// <summary>How many values there are.</summary>
    public int Count => Equations.Length == 0 ? Inputs.Length : Equations[^1].First + Equations[^1].Types.Length;

    /// <summary>The type of each value.</summary>
    public TensorType[] Types() => [.. Inputs.Select(i => i.Type), .. Equations.SelectMany(e => e.Types)];

    /// <summary>Equal equations become one and unused ones drop out. Neither changes a bit.</summary>
    public Program Simplify() {
        var renamed = new int[Count];
        for (var i = 0; i < Inputs.Length; i++) renamed[i] = i;
        var known = new Dictionary<Application, int>();
        var merged = new List<Equation>();
        foreach (var e in Equations) {
            var inputs = Array.ConvertAll(e.Inputs, i => renamed[i]);
            var key = new Application(e.Op, inputs);
            if (!known.TryGetValue(key, out var first)) {
                known[key] = first = e.First;
                merged.Add(e with { Inputs = inputs });
            }
            for (var i = 0; i < e.Types.Length; i++) renamed[e.First + i] = first + i;
        }
        var outputs = Array.ConvertAll(Outputs, i => renamed[i]);
        var used = new bool[Count];
        foreach (var o in outputs) used[o] = true;
        for (var i = merged.Count - 1; i >= 0; i--) {
            var e = merged[i];
            if (!Enumerable.Range(e.First, e.Types.Length).Any(o => used[o])) continue;
            foreach (var x in e.Inputs) used[x] = true;
        }
        // Number what is left without gaps.
        var next = Inputs.Length;
        var kept = new List<Equation>();
        foreach (var e in merged) {
            if (!Enumerable.Range(e.First, e.Types.Length).Any(o => used[o])) continue;
            var first = next;
            for (var i = 0; i < e.Types.Length; i++) renamed[e.First + i] = next++;
            kept.Add(e with { Inputs = Array.ConvertAll(e.Inputs, i => renamed[i]), First = first });
        }
        return new(Inputs, [.. kept], Array.ConvertAll(outputs, i => renamed[i]));
    }

    /// <summary>The program with a name for each value: a, b, … z, aa, ab, …</summary>
    public Listing ToListing() {
        var types = Types();
        return new(
            [.. Inputs.Select((t, i) => new Line(NameOf(i), "input", t.Type, []))],
            [.. from e in Equations from i in Enumerable.Range(0, e.Types.Length) select new Line(NameOf(e.First + i), e.Op.Describe(), e.Types[i], [.. e.Inputs.Select(NameOf)])],
            [.. Outputs.Select(NameOf)]);

        static string NameOf(int value) => (value >= 26 ? NameOf(value / 26 - 1) : "") + (char)('a' + value % 26);
    }

    /// <inheritdoc/>
    public override string ToString() => ToListing().ToString();

    readonly record struct Application(Op Op, int[] Inputs) {
        public bool Equals(Application other) => Op.Equals(other.Op) && Inputs.AsSpan().SequenceEqual(other.Inputs);

        public override int GetHashCode() {
            var h = new HashCode();
            h.Add(Op);
            h.AddBytes(MemoryMarshal.AsBytes(Inputs.AsSpan()));
            return h.ToHashCode();
        }
    }
}
