using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>The same function, its whole body run as one plan: intermediates share memory, equal parts are computed once.</summary>
    /// <typeparam name="A">The argument: a tensor or a tree of them.</typeparam>
    /// <typeparam name="R">The result: a tensor or a tree of them.</typeparam>
    /// <param name="f">Any function. One that looks at values (an <c>if</c> on a tensor, <c>Item()</c>) is simply called.</param>
    /// <remarks>An optimisation, never a requirement: the result is the same to the bit. The function is called each time, and its
    /// plan found by its structure. Where the argument is another transform's variable, <c>Jit(f)</c> is f.
    /// <example><code>
    /// var gelu = Jit((Tensor x) => 0.5 * x * (1 + Erf(x / Math.Sqrt(2))));
    /// </code></example></remarks>
    public static Func<A, R> Jit<A, R>(Func<A, R> f) => argument => {
        f.Given();
        var flat = Tree.Flatten(argument);
        var usable = Array.FindAll(flat.Leaves, t => t.AbsentFrom is null);
        if (Array.Exists(usable, t => t.IsLive)) return f(argument);
        using var scope = new Scope("Jit");
        var variables = Array.ConvertAll(usable, t => Graph.Input(t.Type, t.IsWeak, scope));
        var next = 0;
        Flat<R> result;
        try {
            result = Tree.Flatten(f(flat.Rebuild(Array.ConvertAll(flat.Leaves, t => t.AbsentFrom is null ? variables[next++] : t))));
        } catch (TraceException e) when (e.Scope == scope) {
            // It looks at a value, so there is no one program for all values: then this is f.
            return f(argument);
        }
        var wanted = Array.FindAll(result.Leaves, t => t.AbsentFrom is null);
        var graph = ProgramBuilder.Close(wanted, scope, variables);
        scope.Dispose();
        Tensor[] arguments = [.. usable, .. graph.Leaves.Skip(variables.Length)];
        // What the function captures may belong to a transform that is still running: then this is a part of its graph.
        var computed = Array.Exists(arguments, t => t.IsLive) ? graph.ToProgram().Inline(arguments) : Run(graph, arguments);
        graph.Return();
        next = 0;
        return result.Rebuild(Array.ConvertAll(result.Leaves, t => t.AbsentFrom is null ? computed[next++] : t));

        Tensor[] Run(ProgramBuilder graph, Tensor[] arguments) {
            var views = Evaluation.Run(graph, [.. arguments.Select((t, i) => i < variables.Length ? t.Value.Packed() : t.Plain)]);
            return [.. views.Select((v, i) => new Tensor(v, wanted[i].IsWeak))];
        }
    };

    /// <inheritdoc cref="Jit{A, R}(Func{A, R})"/>
    [OverloadResolutionPriority(1)]
    public static Func<Tensor, Tensor> Jit(Func<Tensor, Tensor> f) => Jit<Tensor, Tensor>(f);
}
