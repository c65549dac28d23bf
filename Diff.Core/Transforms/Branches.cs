using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>One of several functions of one argument, by number: only that one runs.</summary>
    /// <param name="choice">An integer scalar, 0 for the first; it may be computed inside a transform.</param>
    /// <param name="argument">A tensor or a tree of them.</param>
    /// <param name="branches">Functions that give results of equal types.</param>
    /// <exception cref="ShapeException">The choice is outside the branches, or their results differ.</exception>
    public static R Switch<P, R>(Tensor choice, P argument, params Func<P, R>[] branches) {
        if (branches.Given().Length == 0) throw new ShapeException("Switch: there are no branches.");
        if (choice.Given().Rank != 0 || choice.DType.IsFloat()) throw new DTypeException($"Switch: the choice is {choice.Type}; it has to be an integer scalar.");
        var flat = Tree.Flatten(argument);
        var recorded = branches.Select(f => Recorded<R>.Of("Switch", flat.Leaves, [], v => f(flat.Rebuild(v)))).ToArray();
        var result = recorded[0].Result;
        for (var b = 1; b < recorded.Length; b++) {
            result.CheckSame(recorded[b].Result, $"Switch: the result of branch {b}");
            for (var i = 0; i < result.Leaves.Length; i++)
                if (recorded[b].Result.Leaves[i].Type != result.Leaves[i].Type)
                    throw new ShapeException($"Switch: branch {b} gives {recorded[b].Result.Leaves[i].Type}, branch 0 {result.Leaves[i].Type}; they have to be equal.");
        }
        var (captures, bodies) = Recorded.Together(Array.ConvertAll(recorded, r => (r.Body, r.Captures)));
        return result.Rebuild(Graph.ApplyAll(new SwitchOp(new ProgramList(bodies)), [choice.To(DType.I32), .. captures, .. flat.Leaves]));
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
        condition.Given().Type == new TensorType(DType.Bool, Shape.Scalar) ? Switch(condition.To(DType.I32), argument.Given(), otherwise.Given(), then.Given()) : throw new DTypeException($"Cond: the condition is {condition.Type}; it has to be a bool scalar, a comparison such as x > 0 or (x > 0).Any(); to choose element by element: Where.");

    /// <inheritdoc cref="Cond{P, R}(Tensor, P, Func{P, R}, Func{P, R})"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Cond(Tensor condition, Tensor argument, Func<Tensor, Tensor> then, Func<Tensor, Tensor> otherwise) => Cond<Tensor, Tensor>(condition, argument, then, otherwise);
}
