using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>A composition of ops that is called outside of any transform: one plan for each signature, what is between its ops in the plan's arena or in registers.</summary>
/// <remarks>Inside of a transform the function is called, so that programs and derivatives are those of its ops. A signature that is met for the first time
/// is computed op by op too, and leaves its hash: arguments of ever new shapes cost no plan each. Plans have the bits of their ops one by one.</remarks>
internal sealed class Fused {
    // More, or of more memory, are signatures that change from call to call.
    const int MostKept = 1 << 12;
    const long MostBytes = 1L << 26;

    // By a hash of the signature; null where that was met once. A hash alone never decides.
    static readonly ConcurrentDictionary<int, Fused?> known = new();
    static long bytes;

    readonly Delegate f;
    readonly object parameters;
    readonly (TensorType Type, bool Weak, bool Whole)[] arguments;
    readonly bool weak, whole;
    readonly Plan plan;
    readonly View[] constants;

    /// <summary>f(x).</summary>
    /// <param name="x">What it is of; if that is null, f says so.</param>
    /// <param name="f">Pure and static: by it and the types its plan is known again. It looks at no value.</param>
    public static Tensor Of(Tensor x, Func<Tensor, Tensor> f) => Of(f, 0, static (f, _, x) => f(x[0]), x);

    /// <summary>f(x, parameters).</summary>
    /// <param name="x">What it is of; if that is null, f says so.</param>
    /// <param name="parameters">Plain data, a part of the signature.</param>
    /// <param name="f">Pure and static: by it, the types and the parameters its plan is known again. It looks at no value.</param>
    public static Tensor Of<P>(Tensor x, P parameters, Func<Tensor, P, Tensor> f) where P : notnull => Of(f, parameters, static (f, parameters, x) => f(x[0], parameters), x);

    /// <summary>f(a, b).</summary>
    /// <inheritdoc cref="Of(Tensor, Func{Tensor, Tensor})"/>
    public static Tensor Of(Tensor a, Tensor b, Func<Tensor, Tensor, Tensor> f) => Of(f, 0, static (f, _, x) => f(x[0], x[1]), a, b);

    static Tensor Of<F, P>(F f, P parameters, Func<F, P, Tensor[], Tensor> call, params ReadOnlySpan<Tensor> x) where F : Delegate where P : notnull {
        if (!AreValues(x)) return call(f, parameters, x.ToArray());
        var key = HashCode.Combine(RuntimeHelpers.GetHashCode(f), parameters);
        foreach (var t in x) key = HashCode.Combine(key, t.DType, t.Shape, t.IsWeak, t.IsWhole);
        var met = known.TryGetValue(key, out var one);
        if (one is not null && one.Takes(f, parameters, x)) return one.Run(x);
        Keep(key, one = met ? Record(f, parameters, call, x) : null);
        return one is null ? call(f, parameters, x.ToArray()) : one.Run(x);
    }

    static Fused Record<F, P>(F f, P parameters, Func<F, P, Tensor[], Tensor> call, ReadOnlySpan<Tensor> x) where F : Delegate where P : notnull {
        using var scope = new Scope(nameof(Fused));
        var variables = Array.ConvertAll(x.ToArray(), t => Graph.InputLike(t, scope));
        var y = call(f, parameters, variables);
        var graph = ProgramBuilder.Close([y], scope, variables);
        var known = new Fused(f, parameters, variables, y, PlanCache.Find(graph, atOnce: true)!, [.. graph.Leaves.Skip(variables.Length).Select(t => t.Plain)]);
        graph.Return();
        return known;
    }

    static void Keep(int key, Fused? one) {
        var more = one?.plan.ArenaBytes ?? 0;
        if (known.Count > MostKept || Interlocked.Add(ref bytes, more) > MostBytes) {
            known.Clear();
            Interlocked.Exchange(ref bytes, more);
        }
        known[key] = one;
    }

    static bool AreValues(ReadOnlySpan<Tensor> x) {
        foreach (var t in x)
            if (t is null || t.IsLive) return false;
        return true;
    }

    Fused(Delegate f, object parameters, Tensor[] like, Tensor result, Plan plan, View[] constants) =>
        (this.f, this.parameters, arguments, weak, whole, this.plan, this.constants) =
        (f, parameters, Array.ConvertAll(like, x => (x.Type, x.IsWeak, x.IsWhole)), result.IsWeak, result.IsWhole, plan, constants);

    bool Takes<P>(Delegate f, P parameters, ReadOnlySpan<Tensor> x) where P : notnull {
        if (!ReferenceEquals(f, this.f) || !IsSame(this.parameters, parameters) || x.Length != arguments.Length) return false;
        for (var i = 0; i < x.Length; i++)
            if (arguments[i] is var (type, weak, whole) && (type.DType != x[i].DType || !type.Shape.Equals(x[i].Shape) || weak != x[i].IsWeak || whole != x[i].IsWhole)) return false;
        return true;
    }

    // −0 and +0 are different functions.
    static bool IsSame<P>(object a, P b) where P : notnull => a is P p && (p is double x && b is double y ? BitConverter.DoubleToInt64Bits(x) == BitConverter.DoubleToInt64Bits(y) : EqualityComparer<P>.Default.Equals(p, b));

    Tensor Run(ReadOnlySpan<Tensor> x) {
        var views = new View[x.Length + constants.Length];
        for (var i = 0; i < x.Length; i++) views[i] = x[i].Plain.Packed();
        constants.CopyTo(views, x.Length);
        return new(plan.Run(views)[0], weak, whole);
    }
}
