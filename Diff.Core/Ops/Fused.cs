using System.Collections.Concurrent;

namespace Diff;

/// <summary>A composition of elementwise ops that is called outside of any transform: its ops run as one chain, with no memory for what is between them.</summary>
/// <remarks>The function is recorded once for each dtype that it meets, and what is kept is its chain, which knows no shape. Inside of a transform the function is
/// called, so that programs and derivatives are those of its ops; and as a chain is made of the same kernels, its bits are those of the ops one by one.</remarks>
internal sealed class Fused {
    // More are parameters that change from call to call, a chain for each.
    const int MostKept = 1024;

    static readonly ConcurrentDictionary<(Delegate F, double Parameter, DType Type, bool Weak, bool Whole), Fused?> known = new();

    readonly PlanStep step;
    readonly View[] constants;
    readonly DType argument, result;
    readonly bool weak, whole;
    Compiled? loop;
    int runs;

    Fused(PlanStep step, View[] constants, DType argument, Tensor like) =>
        (this.step, this.constants, this.argument, result, weak, whole) = (step, constants, argument, like.DType, like.IsWeak, like.IsWhole);

    /// <summary>f(x).</summary>
    /// <param name="x">What it is of; if that is null, f says so.</param>
    /// <param name="f">Elementwise, and static: by it the chain is known again.</param>
    public static Tensor Of(Tensor x, Func<Tensor, Tensor> f) => Of(x, f, 0, static (x, f, _) => f(x));

    /// <summary>f(x, parameter).</summary>
    /// <inheritdoc cref="Of(Tensor, Func{Tensor, Tensor})"/>
    public static Tensor Of(Tensor x, double parameter, Func<Tensor, double, Tensor> f) => Of(x, f, parameter, static (x, f, parameter) => f(x, parameter));

    static Tensor Of<F>(Tensor x, F f, double parameter, Func<Tensor, F, double, Tensor> call) where F : Delegate {
        if (x is null || x.IsLive) return call(x!, f, parameter);
        var key = (f, parameter, x.DType, x.IsWeak, x.IsWhole);
        if (!known.TryGetValue(key, out var chain)) {
            if (known.Count > MostKept) known.Clear();
            known[key] = chain = Record(x, variable => call(variable, f, parameter));
        }
        return chain is null ? call(x, f, parameter) : chain.Run(x.Value);
    }

    // Null where it is not a chain.
    static Fused? Record(Tensor like, Func<Tensor, Tensor> f) {
        using var scope = new Scope(nameof(Fused));
        var variable = Graph.InputLike(like, scope);
        var y = f(variable);
        var graph = ProgramBuilder.Close([y], scope, [variable]);
        var steps = Fusion.Steps(graph.ToProgram().Simplify(), null);
        View[] constants = [.. graph.Leaves.Skip(1).Select(x => x.Plain)];
        graph.Return();
        return steps is [{ Blocks: not null } step] && like.Size > 0 && Array.TrueForAll(constants, c => c.Layout.IsSplat) ? new(step, constants, like.DType, y) : null;
    }

    Tensor Run(View x) {
        var inputs = new View[step.Inputs.Length];
        for (var i = 0; i < inputs.Length; i++) inputs[i] = step.Inputs[i] is > 0 and var at ? constants[at - 1].As(Layout.Splat(x.Shape)) : x;
        var y = View.Allocate(result, x.Shape.Contiguous);
        Blocks.Run(step.Blocks, inputs, [y], step.Registers, x.Layout.IsSplat ? null : Earned());
        return new(y, weak, whole);
    }

    Compiled? Earned() {
        if (runs < Plan.EarnsLoops && Interlocked.Increment(ref runs) == Plan.EarnsLoops) LoopCompiler.Later(this, static f => f.Compile());
        return loop;
    }

    void Compile() => loop = LoopCompiler.Find(new(step.Blocks!, [.. step.Inputs.Select(x => x > 0 ? (constants[x - 1].DType, true) : (argument, false))], 1));
}
