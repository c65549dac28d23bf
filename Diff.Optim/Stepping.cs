using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>The steps of optimizers, all leaves and all parts in one plan: their intermediates live in its arena.</summary>
/// <remarks>What is known to be pure, the parts of this library, is recorded once for parameters of one kind and replayed. A schedule is a user's
/// function: it runs at each step, and what it gives is an argument. A chain with a user's part is recorded at each step.</remarks>
static class Stepping<P> {
    static readonly ConditionalWeakTable<Optimizer, Func<Optimizer, P, P, OptState<P>, (P, OptState<P>)>> recorded = [];

    /// <summary>The next parameters and state.</summary>
    public static (P Parameters, OptState<P> State) Step(Optimizer optimizer, P parameters, P gradients, OptState<P> state) =>
        // The optimizer as an argument is compared as trees are, and the function captures nothing.
        Pure(optimizer) is { } pure ? recorded.GetValue(optimizer, static _ => Functions.Jit<Optimizer, P, P, OptState<P>, (P, OptState<P>)>(Apply))(pure, parameters, gradients, Scheduled(optimizer, state))
        : Functions.Jit<P, P, OptState<P>, (P, OptState<P>)>((p, g, s) => Apply(optimizer, p, g, s))(parameters, gradients, state);

    static (P, OptState<P>) Apply(Optimizer optimizer, P parameters, P gradients, OptState<P> state) {
        CheckShapes(parameters, gradients);
        var (updates, next) = optimizer.Update(gradients, state, parameters);
        return (Tree.Map((p, u) => p + u.To(p.DType), parameters, updates), next);
    }

    /// <summary>The same optimizer with the rates that stand in its state, or null where a part of it is not ours.</summary>
    static Optimizer? Pure(Optimizer optimizer) => optimizer switch {
        ScaleByRate => ScaleByRate.OfState,
        Chain { Parts: var parts } => Array.ConvertAll(parts, Pure) is var all && Array.IndexOf(all, null) < 0 ? new Chain(all!) : null,
        _ => optimizer.GetType().Assembly == typeof(Optimizer).Assembly ? optimizer : null,
    };

    // The rates of this step in the state. A state of another kind stays as it is: whose it is not says so.
    static OptState<P> Scheduled(Optimizer optimizer, OptState<P> state) => (optimizer, state) switch {
        (ScaleByRate part, RateState<P> own) => own with { Rate = part.At(own.Count) },
        (Chain { Parts: var parts }, ChainState<P> { Parts: var states }) when parts.Length == states.Length => new ChainState<P>([.. parts.Zip(states, Scheduled)]),
        _ => state,
    };

    // Broadcasting, welcome elsewhere, would make parameters of another shape here.
    static void CheckShapes(P parameters, P gradients) {
        var (p, g) = (Tree.Parameters(parameters), Tree.Parameters(gradients));
        for (var i = 0; i < Math.Min(p.Length, g.Length); i++) {
            if (p[i].Shape.Equals(g[i].Shape)) continue;
            var paths = new List<string>();
            Tree.MapWithPath((path, leaf) => {
                paths.Add(path);
                return leaf;
            }, parameters);
            throw new ShapeException($"Optimizer: the gradient{(paths[i] == "" ? "" : $" at {paths[i]}")} is {g[i].DType.Name()}{g[i].Shape}, its parameter {p[i].DType.Name()}{p[i].Shape}; they have to have one shape.");
        }
    }
}
