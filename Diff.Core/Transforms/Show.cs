using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>The program that a function is to a transform: print it, or walk it by name from the results back to the inputs.</summary>
    /// <param name="f">Any function of tensors or trees; of <c>x => Grad(g, x)</c> the gradient's program.</param>
    /// <param name="at">A point: its types decide, and its values where the function has an <c>if</c>.</param>
    /// <remarks><example><code>
    /// Console.WriteLine(Show(x => x.Square().Sum(), [1, 2, 3]));
    /// // fun (a : f64[3]) -&gt;
    /// //   let b : f64[3] = Square a
    /// //   let c : f64[] = Sum[0] b
    /// //   c
    /// </code></example></remarks>
    public static Listing Show<P, R>(Func<P, R> f, P at) => ProgramOf(f, at).Simplify().ToListing();

    static Program ProgramOf<P, R>(Func<P, R> f, P at) {
        using var scope = new Scope("Show");
        var graph = GraphOf(f, at, scope);
        var program = graph.ToProgram();
        graph.Return();
        return program;
    }

    static ProgramBuilder GraphOf<P, R>(Func<P, R> f, P at, Scope scope) {
        var flat = Tree.Flatten(at.Given());
        var variables = Array.ConvertAll(flat.Leaves, x => Graph.Alias(x, scope));
        return ProgramBuilder.Close(Tree.Leaves(f.Given()(flat.Rebuild(variables))), scope, variables);
    }

    /// <summary>The types of what a function returns, without computing anything: tensors of it can be asked for dtype and shape, and have
    /// no values. JAX's <c>eval_shape</c>.</summary>
    /// <param name="f">A function that does not look at values.</param>
    /// <param name="at">An argument of the right types; its values do not matter.</param>
    /// <exception cref="UnknownValueException">The function looks at a value; or, later, somebody reads one of the result.</exception>
    public static R EvalShape<P, R>(Func<P, R> f, P at) {
        using var scope = new Scope("EvalShape");
        var flat = Tree.Flatten(at);
        return f.Given()(flat.Rebuild(Array.ConvertAll(flat.Leaves, x => Graph.InputLike(x, scope))));
    }

    /// <inheritdoc cref="Show{P, R}(Func{P, R}, P)"/>
    [OverloadResolutionPriority(1)]
    public static Listing Show(Func<Tensor, Tensor> f, Tensor at) => Show<Tensor, Tensor>(f, at);
}
