namespace Diff;

/// <summary>A fold over gradients: from a gradient, its own state and the parameters to what is to be added to the parameters.</summary>
/// <remarks>Optax's <c>GradientTransformation</c>. Optimizers are chains of parts, <c>ClipByGlobalNorm(1) >> Adam(1e-3)</c>, and hold no state.
/// A part without a rate gives a direction; <c>ScaleByRate</c> at the end of each named optimizer makes it a step.
/// <example><code>
/// var opt = Adam(1e-3);
/// var (w, s) = (net, opt.Init(net));
/// for (var i = 0; i &lt; 100; i++) (w, s) = opt.Step(w, Grad(Loss, w, x, y), s);
/// </code></example></remarks>
public abstract record Optimizer {
    /// <summary>The state before the first step.</summary>
    public abstract OptState<P> Init<P>(P parameters);

    /// <summary>What to add to the parameters, of their type, and the state for the next step. Leaves without derivative stay as they are.</summary>
    /// <param name="gradients">Of a loss by the parameters, or what an earlier part made of them.</param>
    /// <param name="state">From <see cref="Init{P}(P)"/>, or from the step before.</param>
    /// <param name="parameters">Those that the gradients belong to.</param>
    /// <exception cref="TreeException">The state is another optimizer's, or the trees differ.</exception>
    public abstract (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters);

    /// <summary>The parameters and the state after a step. Dtypes are kept: f32 parameters stay f32 whatever the rate.</summary>
    /// <remarks>A step is one plan. Of the library's own parts it is recorded once for parameters of one kind and replayed from then on; a schedule's
    /// function is called at each step, and an optimizer of your own (or a chain with a part of your own) has its <see cref="Update{P}(P, OptState{P}, P)"/>
    /// called at each step.</remarks>
    public (P Parameters, OptState<P> State) Step<P>(P parameters, P gradients, OptState<P> state) =>
        Stepping<P>.Step(this, parameters, gradients, state.Given());

    /// <summary>One optimizer's updates are the other's gradients.</summary>
    public static Optimizer operator >>(Optimizer first, Optimizer second) => first.Given(function: ">>").Then(second.Given(function: ">>"));

    /// <summary>The operator <c>&gt;&gt;</c> as a method, for F#.</summary>
    public Optimizer Then(Optimizer next) => new Chain([.. Chain.PartsOf(this), .. Chain.PartsOf(next.Given())]);

    /// <summary>The state as the kind that this optimizer makes.</summary>
    /// <exception cref="TreeException">It is another optimizer's.</exception>
    protected S Own<S, P>(OptState<P> state) where S : OptState<P> =>
        state.Given(function: GetType().Name) as S ?? throw new TreeException($"{GetType().Name}: the state is a {state.GetType().Name.Split('`')[0]}, not the {typeof(S).Name.Split('`')[0]} that this optimizer's Init makes.");
}
