using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>Forward mode: the value of f at a point and its directional derivative along a tangent, in one plan.</summary>
    /// <typeparam name="P">The argument: a tensor or a tree of them.</typeparam>
    /// <typeparam name="R">The result: a tensor or a tree of them. Its integers have an absent tangent.</typeparam>
    /// <param name="f">Any function; the result need not be a scalar.</param>
    /// <param name="at">The point.</param>
    /// <param name="along">The direction, of the point's type and shapes.</param>
    /// <remarks>Costs about twice the function, whatever the number of inputs.
    /// <example><code>
    /// var (y, dy) = Jvp(x => x.Square(), [1, 2, 3], [1, 0, 0]);        // dy = [2, 0, 0]
    /// </code></example></remarks>
    /// <exception cref="ShapeException">The direction's shapes are not the point's.</exception>
    /// <exception cref="GradientException">The argument has no float.</exception>
    public static (R Value, R Tangent) Jvp<P, R>(Func<P, R> f, P at, P along) {
        using var scope = new Scope("Jvp");
        var point = new Point<P>("Jvp", at.Given(), scope);
        var direction = point.LeavesOf(along.Given(), "Jvp: the direction");
        var result = Tree.Flatten(f.Given()(point.Argument));
        var tangents = Linearization.Push(result.Leaves, scope, point.Variables, direction);
        for (var i = 0; i < tangents.Length; i++)
            tangents[i] = !result.IsParameter(i) ? Tensor.Absent(result.Leaves[i].Type, result.Paths[i]) : tangents[i] ?? Graph.Fill(0, result.Leaves[i].Type);
        scope.Dispose();
        Differentiation.Finish([.. result.Leaves, .. tangents.Where(t => t!.AbsentFrom is null)!]);
        return (result.Rebuild(result.Leaves), result.Rebuild(tangents!));
    }

    /// <inheritdoc cref="Jvp{P, R}(Func{P, R}, P, P)"/>
    [OverloadResolutionPriority(1)]
    public static (Tensor Value, Tensor Tangent) Jvp(Func<Tensor, Tensor> f, Tensor at, Tensor along) => Jvp<Tensor, Tensor>(f, at, along);
}
