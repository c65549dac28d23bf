namespace Diff;

/// <summary>The wiring of a graph as it is walked: enough to find its plan, or to become a program.</summary>
/// <remarks>Two questions are asked of a graph: what has to run before the outputs have values (<see cref="Pending"/>), and
/// what a function does with its variables (<see cref="Close"/>). They differ only in where the walk ends. Builders are reused,
/// so that finding a known structure leaves no garbage.</remarks>
internal sealed class ProgramBuilder {
    [ThreadStatic] static ProgramBuilder? spare;

    readonly RefTable slots = new();
    readonly List<Tensor> leaves = [];
    readonly List<(Tensor Tensor, Call? Call)> operands = [];
    readonly List<int> wiring = [];
    readonly Func<Tensor, Call?> enter;
    Scope? scope;
    int packed, given;
    Walk? walk;

    ProgramBuilder() => enter = t => Resolve(t).Call;

    /// <summary>The tensors that the program takes as inputs, in order.</summary>
    public List<Tensor> Leaves => leaves;

    /// <summary>The calls that become equations, in order.</summary>
    public List<Call> Calls => walk!.Calls;

    /// <summary>A hash of the structure: ops, types of leaves, wiring; never values.</summary>
    public int Hash { get; private set; }

    /// <summary>What has to run before the outputs have values: whatever has one already is an input.</summary>
    /// <exception cref="UnknownValueException">They depend on a variable without a value.</exception>
    /// <exception cref="EscapedTensorException">The transform of that variable has ended.</exception>
    public static ProgramBuilder Pending(ReadOnlySpan<Tensor> outputs) => Rent().Build(outputs, null, [], atHand: false);

    /// <summary>A function as a closed program: its first inputs are the variables, the others what it captures. Variables stand for arguments
    /// to come, which are packed.</summary>
    public static ProgramBuilder Close(ReadOnlySpan<Tensor> outputs, Scope scope, ReadOnlySpan<Tensor> variables) => Rent().Build(outputs, scope, variables, atHand: false);

    /// <summary>The same for the arguments at hand, which lie as they lie: what the variables are other names of. Other names inside of the function stay:
    /// what comes back to a name is added up there, and so they decide the bits of its gradient.</summary>
    public static ProgramBuilder CloseAt(ReadOnlySpan<Tensor> outputs, Scope scope, ReadOnlySpan<Tensor> variables) => Rent().Build(outputs, scope, variables, atHand: true);

    static ProgramBuilder Rent() {
        var builder = spare ?? new();
        spare = null;
        return builder;
    }

    public void Return() {
        slots.Clear();
        leaves.Clear();
        operands.Clear();
        wiring.Clear();
        walk?.Return();
        (walk, scope) = (null, null);
        spare = this;
    }

    ProgramBuilder Build(ReadOnlySpan<Tensor> outputs, Scope? within, ReadOnlySpan<Tensor> variables, bool atHand) {
        scope = within;
        foreach (var t in variables) Leaf(t);
        (packed, given) = atHand ? (0, leaves.Count) : (leaves.Count, 0);
        walk = Walk.Over(outputs, enter);
        // Leaves are numbered before equations: one pass to find them, one to write the wiring down.
        foreach (var call in walk.Calls) {
            if (call.Op is InputOp) throw NoValue(call);
            foreach (var x in call.Inputs) Find(x);
        }
        foreach (var o in outputs) Find(o);
        var hash = new HashCode();
        for (var i = 0; i < leaves.Count; i++) hash.Add(InputOf(leaves[i], i).GetHashCode());
        var next = leaves.Count;
        foreach (var call in walk.Calls) {
            slots[call] = next;
            next += call.Op.Outputs;
        }
        var at = 0;
        foreach (var call in walk.Calls) {
            hash.Add(call.Op.GetHashCode());
            for (var i = 0; i < call.Inputs.Length; i++) Wire(operands[at++], ref hash);
        }
        while (at < operands.Count) Wire(operands[at++], ref hash);
        Hash = hash.ToHashCode();
        return this;
    }

    /// <summary>What asking for the value of such a variable is answered with.</summary>
    public static TraceException NoValue(Call variable) => variable.Free[0] switch {
        { IsOpen: true, Transform: var transform } scope => new UnknownValueException(
            $"A value was read that depends on the argument of {transform}, which has none: {transform} runs its function once, for all values. Choose with Where(condition, a, b) instead of if, decide with Cond, loop with Scan, While or ForI.") { Scope = scope },
        { Transform: var transform } scope => new EscapedTensorException(
            $"A tensor from inside {transform} is used after {transform} has ended, and has no value: {transform} {(transform == "EvalShape" ? "gives shapes and dtypes alone." : $"runs its function once, for all values. Return it from the function, and use the result of {transform}.")}") { Scope = scope },
    };

    /// <summary>The tensor that this one is another name of, and its call where the walk goes on.</summary>
    (Tensor Tensor, Call? Call) Resolve(Tensor t) {
        while (slots[t] < 0 && t.Call is { } call) {
            var enters = call.Op is FillOp || (scope is null ? !t.HasValue : call.DependsOn(scope));
            if (!enters) break;
            if (given > 0 || call.Op is not AliasOp && !(scope is null && call.Op is StopGradientOp)) return (t, call);
            t = call.Inputs[0];
        }
        return (t, null);
    }

    // What a transform that has ended left behind is computed here: only then is it known how it lies.
    ProgramInput InputOf(Tensor leaf, int i) => new(leaf.Type, i >= packed && Argument(i) is ({ HasValue: true } or { IsLive: false }) and var known ? known.Value.Layout.Repeats : 0);

    Tensor Argument(int i) => i < given ? leaves[i].Call!.Inputs[0] : leaves[i];

    /// <summary>The leaves' values, where the variables have some, as <see cref="InputOf"/> says that they come.</summary>
    public View[] Values() {
        var values = new View[leaves.Count];
        for (var i = 0; i < values.Length; i++) values[i] = i < packed ? leaves[i].Value.Packed() : Argument(i).Plain;
        return values;
    }

    /// <summary>Whether somebody has looked at a value on the way: then there is less to run than the structure says.</summary>
    public bool IsPartlyKnown => Calls.Exists(static c => c.Op is not FillOp && Array.Exists(c.Results, static r => r.HasValue));

    void Leaf(Tensor t) {
        if (slots[t] >= 0) return;
        slots[t] = leaves.Count;
        leaves.Add(t);
    }

    // What an operand is, is asked once: another thread may give it a value between the passes.
    void Find(Tensor t) {
        var operand = Resolve(t);
        operands.Add(operand);
        if (operand.Call is null) Leaf(operand.Tensor);
    }

    void Wire((Tensor Tensor, Call? Call) operand, ref HashCode hash) {
        var slot = operand.Call is null ? slots[operand.Tensor] : slots[operand.Call] + operand.Tensor.Output;
        wiring.Add(slot);
        hash.Add(slot);
    }

    /// <summary>Whether a program has exactly this structure. A hash alone never decides.</summary>
    public bool Matches(Program program) {
        var calls = Calls;
        if (program.Equations.Length != calls.Count || program.Inputs.Length != leaves.Count) return false;
        for (var i = 0; i < leaves.Count; i++)
            if (InputOf(leaves[i], i) != program.Inputs[i]) return false;
        var at = 0;
        for (var i = 0; i < calls.Count; i++) {
            var e = program.Equations[i];
            if (e.Inputs.Length != calls[i].Inputs.Length || !ReferenceEquals(e.Op, calls[i].Op) && !e.Op.Equals(calls[i].Op)) return false;
            foreach (var x in e.Inputs)
                if (wiring[at++] != x) return false;
        }
        if (wiring.Count - at != program.Outputs.Length) return false;
        foreach (var o in program.Outputs)
            if (wiring[at++] != o) return false;
        return true;
    }

    public Program ToProgram() {
        var types = leaves.ConvertAll(t => t.Type);
        var equations = new Equation[Calls.Count];
        var at = 0;
        for (var i = 0; i < equations.Length; i++) {
            var call = Calls[i];
            var inputs = new int[call.Inputs.Length];
            for (var j = 0; j < inputs.Length; j++) inputs[j] = wiring[at++];
            var outputs = call.Op.Infer([.. inputs.Select(x => types[x])]);
            equations[i] = new(call.Op, inputs, types.Count, outputs);
            types.AddRange(outputs);
        }
        return new([.. leaves.Select(InputOf)], equations, [.. wiring.Skip(at)]);
    }
}
