namespace Diff;

/// <inheritdoc cref="CustomResultsOp"/>
/// <param name="Rule">(x, y, tangents of x, captures) → tangents of y, linear in the tangents.</param>
internal sealed record CustomJvpOp(Program Rule, int Results, int Arguments) : CustomResultsOp(Rule, Results, Arguments) {
    protected override Tensor[] Along(Tensor[] direction, Tensor[] x, Tensor[] y, Tensor[] captures) => Rule.Inline([.. x, .. y, .. direction, .. captures]);

    public override IEnumerable<Sample> Samples() {
        // The tangent of y = x³, 3x² without the 3: a rule is what it says.
        var type = new TensorType(DType.F64, Shape.Of(3));
        var forward = new Program([new(type), new(type), new(type)], [new(SquareOp.Op, [0], 3, [type]), new(MulOp.Op, [3, 2], 4, [type])], [4]);
        return [new(new CustomJvpOp(forward, 1, 1), [type, type], Awkward: true)];
    }
}

public static partial class Functions {
    /// <summary>A function with a tangent of your own; reverse mode transposes it. JAX's <c>custom_jvp</c>.</summary>
    /// <param name="f">The function. It may not capture a tensor that a running transform differentiates; pass it as an argument.</param>
    /// <param name="tangent">From the argument, the result and a direction of the argument: the result's tangent, linear in the direction. It may capture.</param>
    /// <remarks><example><code>
    /// // ln(1 + eˣ), whose derivative written out would be ∞/∞ for large x
    /// var softplus = CustomJvp(x => Log(1 + Exp(x)), (x, y, t) => t * Sigmoid(x));
    /// </code></example></remarks>
    /// <exception cref="CustomRuleException">f captures a tensor that is being differentiated.</exception>
    /// <exception cref="UnknownValueException">The rule looks at the direction.</exception>
    public static Func<Tensor, Tensor> CustomJvp(Func<Tensor, Tensor> f, Func<Tensor, Tensor, Tensor, Tensor> tangent) => CustomJvp<Tensor, Tensor>(f, tangent);

    /// <inheritdoc cref="CustomJvp(Func{Tensor, Tensor}, Func{Tensor, Tensor, Tensor, Tensor})"/>
    /// <typeparam name="P">The argument: a tensor or a tree of them.</typeparam>
    /// <typeparam name="R">The result: a tensor or a tree of them.</typeparam>
    public static Func<P, R> CustomJvp<P, R>(Func<P, R> f, Func<P, R, P, R> tangent) => argument => {
        f.Given();
        tangent.Given();
        var x = Tree.Flatten(argument);
        if (!CustomRules.IsNeeded(x)) return f(argument);
        var y = CustomRules.Call("CustomJvp", f, x);
        var (program, captures) = CustomRules.Record("CustomJvp's rule (its direction)", x, y, x.Leaves, (at, result, directions) => {
            const string what = "CustomJvp: the tangent that the rule returns";
            var pushed = Tree.Flatten(tangent(at, result, x.Rebuild(directions)));
            y.CheckSame(pushed, what);
            return [.. pushed.Leaves.Select((t, i) => y.IsParameter(i) ? Differentiation.Fit(t, y.Leaves[i].Type, what, y.Paths[i]) : Graph.Fill(0, y.Leaves[i].Type))];
        });
        return y.Rebuild(Graph.ApplyAll(new CustomJvpOp(program, y.Leaves.Length, x.Leaves.Length), [.. y.Leaves, .. x.Leaves, .. captures]));
    };
}
