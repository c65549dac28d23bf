using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>The same function, of which derivatives keep nothing but the argument: they compute the inside again. Slower, for less memory.</summary>
    /// <typeparam name="P">The argument: a tensor or a tree of them.</typeparam>
    /// <typeparam name="R">The result: a tensor or a tree of them.</typeparam>
    /// <param name="f">A function that does not look at values. JAX's <c>checkpoint</c> (<c>remat</c>).</param>
    public static Func<P, R> Checkpoint<P, R>(Func<P, R> f) => argument => {
        var flat = Tree.Flatten(argument);
        var recorded = Recorded<R>.Of("Checkpoint", flat.Leaves, [], v => f.Given()(flat.Rebuild(v)));
        return recorded.Result.Rebuild(Graph.ApplyAll(new ProgramOp(recorded.Body), [.. recorded.Captures, .. flat.Leaves]));
    };

    /// <inheritdoc cref="Checkpoint{P, R}(Func{P, R})"/>
    [OverloadResolutionPriority(1)]
    public static Func<Tensor, Tensor> Checkpoint(Func<Tensor, Tensor> f) => Checkpoint<Tensor, Tensor>(f);
}
