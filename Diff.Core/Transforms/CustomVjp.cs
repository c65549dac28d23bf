using System.Runtime.CompilerServices;

namespace Diff;

/// <inheritdoc cref="CustomResultsOp"/>
/// <param name="Rule">(x, y, cotangents of y, captures) → cotangents of x.</param>
internal sealed record CustomVjpOp(Program Rule, int Results, int Arguments) : CustomResultsOp(Rule, Results, Arguments) {
    protected override Tensor[] Along(Tensor[] direction, Tensor[] x, Tensor[] y, Tensor[] captures) =>
        Graph.ApplyAll(new CustomTangentOp(Rule, Results, Arguments), [.. direction, .. x, .. y, .. captures]);

    public override IEnumerable<Sample> Samples() {
        // y = x³ with the rule 3x²·ct written by hand.
        var type = new TensorType(DType.F64, Shape.Of(3));
        var backward = new Program([new(type), new(type), new(type)], [new(SquareOp.Op, [0], 3, [type]), new(MulOp.Op, [3, 2], 4, [type])], [4]);
        return [new(new CustomVjpOp(backward, 1, 1), [type, type], Awkward: true)];
    }
}

/// <summary>The tangent of such a function: linear in its first inputs, the tangents of x; the others are x, y and captures.
/// Its transpose is the user's rule, so its value is the transpose of that rule.</summary>
internal sealed record CustomTangentOp(Program Backward, int Results, int Arguments) : Op {
    public override int Outputs => Results;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => inputs.Slice(2 * Arguments, Results).ToArray();

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var tensors = new Tensor[inputs.Length];
        for (var i = 0; i < tensors.Length; i++) tensors[i] = new(inputs[i]);
        var values = Expand(tensors);
        for (var i = 0; i < outputs.Length; i++) Strided.Copy(values[i].Value, outputs[i]);
    }

    /// <summary>The same in ordinary ops.</summary>
    Tensor[] Expand(Tensor[] inputs) {
        var (t, x, y, captures) = Parts(inputs);
        using var scope = new Scope("CustomVjp");
        var cotangents = Array.ConvertAll(y, r => Graph.Input(r.Type, scope));
        var pulled = Backward.Inline([.. x, .. y, .. cotangents, .. captures]);
        try {
            var pushed = Linearization.Pull(pulled, t, scope, cotangents);
            return [.. pushed.Select((p, i) => p ?? Graph.Fill(0, y[i].Type))];
        } catch (InvalidOperationException e) {
            throw new CustomRuleException($"Forward mode needs the backward rule of a CustomVjp to be linear in the cotangent, and this one is not: {e.Message}");
        }
    }

    (Tensor[] T, Tensor[] X, Tensor[] Y, Tensor[] Captures) Parts(Tensor[] inputs) =>
        (inputs[..Arguments], inputs[Arguments..(2 * Arguments)], inputs[(2 * Arguments)..(2 * Arguments + Results)], inputs[(2 * Arguments + Results)..]);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        using var scope = new Scope("CustomVjp");
        var variables = Array.ConvertAll(inputs, x => Graph.Alias(x, scope));
        return Linearization.Push(Expand(variables), scope, variables, tangents);
    }

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) {
        if (Array.IndexOf(linear, true, Arguments) >= 0) throw NotLinear();
        var (_, x, y, captures) = Parts(inputs);
        var known = cotangents.Select((c, i) => c ?? Graph.Fill(0, y[i].Type));
        return [.. Backward.Inline([.. x, .. y, .. known, .. captures]), .. new Tensor?[inputs.Length - Arguments]];
    }

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) =>
        Graph.ApplyAll(new CustomTangentOp(Backward.Batched(size), Results, Arguments), Repeated(inputs, batched, size));

    public override IEnumerable<Sample> Samples() =>
        new CustomVjpOp(null!, 0, 0).Samples().Select(s => (CustomVjpOp)s.Op).Select(c => new Sample(new CustomTangentOp(c.Rule, 1, 1), [.. Enumerable.Repeat(c.Rule.Inputs[0].Type, 3)]));
}

public static partial class Functions {
    /// <summary>A function with a derivative of your own: used like any other, in every transform and at any depth.</summary>
    /// <param name="f">The function. It may not capture a tensor that a running transform differentiates; pass it as an argument.</param>
    /// <param name="backward">From the argument, the result and the result's cotangent: the argument's cotangent. It may capture.</param>
    /// <remarks>Forward mode uses the transpose of the backward rule, which therefore has to be linear in the cotangent there.
    /// <example><code>
    /// var clip = CustomVjp(x => x, (x, y, g) => g.Clamp(-1, 1));       // the identity, with a gradient that cannot explode
    /// </code></example></remarks>
    /// <exception cref="CustomRuleException">f captures a tensor that is being differentiated, or forward mode needs a rule that is not linear.</exception>
    public static Func<Tensor, Tensor> CustomVjp(Func<Tensor, Tensor> f, Func<Tensor, Tensor, Tensor, Tensor> backward) => CustomVjp<Tensor, Tensor>(f, backward);

    /// <inheritdoc cref="CustomVjp(Func{Tensor, Tensor}, Func{Tensor, Tensor, Tensor, Tensor})"/>
    /// <typeparam name="P">The argument: a tensor or a tree of them.</typeparam>
    /// <typeparam name="R">The result: a tensor or a tree of them.</typeparam>
    public static Func<P, R> CustomVjp<P, R>(Func<P, R> f, Func<P, R, R, P> backward) => argument => {
        f.Given();
        backward.Given();
        var x = Tree.Flatten(argument);
        if (!CustomRules.IsNeeded(x)) return f(argument);
        var y = CustomRules.Call("CustomVjp", f, x);
        // The cotangent is new: it has no value to look at.
        var (program, captures) = CustomRules.Record("CustomVjp's backward rule (its cotangent)", x, y, y.Leaves, (at, result, cotangents) => {
            const string what = "CustomVjp: the cotangent that the backward rule returns";
            var pulled = Tree.Flatten(backward(at, result, y.Rebuild(cotangents)));
            x.CheckSame(pulled, what);
            return [.. pulled.Leaves.Select((g, i) => x.IsParameter(i) ? Differentiation.Fit(g, x.Leaves[i].Type, what, x.Paths[i]) : Graph.Fill(0, x.Leaves[i].Type))];
        });
        return y.Rebuild(Graph.ApplyAll(new CustomVjpOp(program, y.Leaves.Length, x.Leaves.Length), [.. y.Leaves, .. x.Leaves, .. captures]));
    };
}
