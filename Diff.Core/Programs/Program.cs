using System.Runtime.InteropServices;
using System.Text;

namespace Diff;

/// <summary>One line of a program: outputs First, First + 1, … = Op(inputs).</summary>
internal readonly record struct Equation(Op Op, int[] Inputs, int First, TensorType[] Types);

/// <summary>A closed, typed, first-order program: inputs, then equations in order, then which values are the results.</summary>
/// <remarks>Values are numbered: the inputs first, then the outputs of the equations. A graph becomes a program by
/// <see cref="ProgramBuilder"/>; nothing in it refers to tensors, so programs are compared, kept and printed.</remarks>
internal sealed record Program(TensorType[] Inputs, Equation[] Equations, int[] Outputs) {
    /// <summary>How many values there are.</summary>
    public int Count => Equations.Length == 0 ? Inputs.Length : Equations[^1].First + Equations[^1].Types.Length;

    /// <summary>The type of each value.</summary>
    public TensorType[] Types() => [.. Inputs, .. Equations.SelectMany(e => e.Types)];

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

    /// <summary>The program as text: <c>let c : f32[64,100] = Dot a b</c> …</summary>
    public override string ToString() {
        var types = Types();
        var text = new StringBuilder("fun ").AppendJoin(' ', Inputs.Select((t, i) => $"({NameOf(i)} : {t})")).AppendLine(" ->");
        foreach (var e in Equations) {
            var outputs = string.Join(", ", Enumerable.Range(e.First, e.Types.Length).Select(o => $"{NameOf(o)} : {types[o]}"));
            text.AppendLine($"  let {outputs} = {e.Op.Describe()}{string.Concat(e.Inputs.Select(i => " " + NameOf(i)))}");
        }
        return text.Append("  ").AppendJoin(", ", Outputs.Select(NameOf)).ToString();
    }

    /// <summary>a, b, … z, aa, ab, …</summary>
    static string NameOf(int value) => (value >= 26 ? NameOf(value / 26 - 1) : "") + (char)('a' + value % 26);

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
