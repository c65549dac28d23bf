using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>How a function runs as one plan: what runs together, how much memory it borrows, how much arithmetic there is, how many bytes
    /// move and, if asked, where the time goes. See <see cref="Show{P, R}(Func{P, R}, P)"/> for the program itself.</summary>
    /// <param name="f">Any function of tensors or trees; of <c>x => Grad(g, x)</c> the gradient's plan.</param>
    /// <param name="at">A point: its types decide, and its values where the function has an <c>if</c>.</param>
    /// <param name="runs">How often to run it, for the median of the time that each step took; 0 runs nothing. Code that runs for the first
    /// time is slow: twenty and more tell something.</param>
    /// <remarks><example><code>
    /// Console.WriteLine(Explain(x => Grad(Loss, x), net, runs: 100));
    /// </code></example></remarks>
    public static Explanation Explain<P, R>(Func<P, R> f, P at, int runs = 0) {
        using var scope = new Scope("Explain");
        var graph = GraphOf(f, at, scope);
        var plan = new Plan(graph.ToProgram());
        var arguments = runs.AtLeast(0) > 0 ? graph.Values() : null;
        graph.Return();
        return plan.Explain(arguments is null ? null : plan.Time(arguments, runs));
    }

    /// <inheritdoc cref="Explain{P, R}(Func{P, R}, P, int)"/>
    [OverloadResolutionPriority(1)]
    public static Explanation Explain(Func<Tensor, Tensor> f, Tensor at, int runs = 0) => Explain<Tensor, Tensor>(f, at, runs);

    /// <summary>What a function that <see cref="Jit{A, R}(Func{A, R})"/> made has compiled: for which signatures, why, how often each ran.</summary>
    /// <param name="jitted">The delegate that Jit returned.</param>
    /// <remarks><example><code>
    /// var f = Jit((Tensor x) => x * rate);
    /// …
    /// Console.WriteLine(Explain(f));
    /// // 1000 calls, recorded 2 times
    /// //   f32[10]: the first call, in 1.3 ms; then replayed 499 times
    /// //   f32[10]: rate was 0.1, is 0.05, in 0.1 ms; then replayed 499 times
    /// </code></example></remarks>
    /// <exception cref="DomainException">The delegate is not one of Jit's.</exception>
    public static JitHistory Explain(Delegate jitted) =>
        Jitted.Behind(jitted.Given())?.History ?? throw new DomainException("Explain: this is not a function that Jit returned. To see how a function would run, give it a point: Explain(f, at).");
}

/// <summary>What one function under Jit has compiled.</summary>
/// <param name="Calls">How often it was called, outside of other transforms.</param>
/// <param name="Recorded">How often the function itself ran to be recorded.</param>
/// <param name="Compilations">The last hundred recordings.</param>
public sealed record JitHistory(long Calls, long Recorded, IReadOnlyList<Compilation> Compilations) {
    /// <inheritdoc/>
    public override string ToString() =>
        $"{Calls} call{(Calls == 1 ? "" : "s")}, recorded {Recorded} time{(Recorded == 1 ? "" : "s")}" + string.Concat(Compilations.Select(c => $"{Environment.NewLine}  {c}"));
}

/// <summary>One recording of a function.</summary>
/// <param name="Signature">The types of the argument's tensors.</param>
/// <param name="Why">The first call, or what was new.</param>
/// <param name="Obstacle">Why it cannot be replayed, or null.</param>
/// <param name="Milliseconds">That recording and planning took.</param>
/// <param name="Replays">How often it ran again from then on.</param>
/// <param name="Plan">How it runs; null where the function is simply called, or the plan is no longer kept.</param>
public sealed record Compilation(string Signature, string Why, string? Obstacle, double Milliseconds, long Replays, Explanation? Plan) {
    /// <inheritdoc/>
    public override string ToString() =>
        FormattableString.Invariant($"{Signature}: {Why}, in {Milliseconds:F1} ms; ") + (Obstacle is null ? $"then replayed {Replays} time{(Replays == 1 ? "" : "s")}" : $"not replayed: {Obstacle}");
}
