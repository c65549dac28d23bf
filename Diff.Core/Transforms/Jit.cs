using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>The same function, its body recorded once for each signature and run as one plan from then on: no C# of it runs, intermediates
    /// share memory, equal parts are computed once.</summary>
    /// <typeparam name="A">An argument: a tensor or a tree of them. What is not a tensor (an <c>int</c>, a <c>string</c>) is part of the signature.</typeparam>
    /// <typeparam name="R">The result: a tensor or a tree of them.</typeparam>
    /// <param name="f">A pure function: what it prints, or draws from something static, happens when it is recorded. One that changes what it captures is recorded
    /// each time; one that looks at values (an <c>if</c> on a
    /// tensor, <c>Item()</c>) is simply called.</param>
    /// <remarks>An optimisation, never a requirement: the result is the same to the bit. A signature is the argument's structure and types, never
    /// values. What the function captures is compared at each call, tensors by reference and numbers by value, and where it has
    /// changed the function is recorded again; a <c>static</c> lambda captures nothing. Static fields are not seen. Where the argument is
    /// another transform's variable, <c>Jit(f)</c> is f. <see cref="Explain(Delegate)"/> says what was compiled, and why.
    /// <example><code>
    /// var step = Jit(static (Net net, Tensor x, Tensor y) => Tree.Map((p, g) => p - 0.1 * g, net, Grad(Loss, net, x, y)));
    /// </code></example></remarks>
    public static Func<A, R> Jit<A, R>(Func<A, R> f) {
        var jitted = new Jitted<A, R>(f.Given(), f);
        return jitted.As<Func<A, R>>(jitted.Run);
    }

    /// <inheritdoc cref="Jit{A, R}(Func{A, R})"/>
    [OverloadResolutionPriority(1)]
    public static Func<Tensor, Tensor> Jit(Func<Tensor, Tensor> f) => Jit<Tensor, Tensor>(f);

    /// <inheritdoc cref="Jit{A, R}(Func{A, R})"/>
    public static Func<A, B, R> Jit<A, B, R>(Func<A, B, R> f) {
        var jitted = new Jitted<(A, B), R>(f.Given(), x => f(x.Item1, x.Item2));
        return jitted.As<Func<A, B, R>>((a, b) => jitted.Run((a, b)));
    }

    /// <inheritdoc cref="Jit{A, R}(Func{A, R})"/>
    [OverloadResolutionPriority(1)]
    public static Func<Tensor, Tensor, Tensor> Jit(Func<Tensor, Tensor, Tensor> f) => Jit<Tensor, Tensor, Tensor>(f);

    /// <inheritdoc cref="Jit{A, R}(Func{A, R})"/>
    public static Func<A, B, C, R> Jit<A, B, C, R>(Func<A, B, C, R> f) {
        var jitted = new Jitted<(A, B, C), R>(f.Given(), x => f(x.Item1, x.Item2, x.Item3));
        return jitted.As<Func<A, B, C, R>>((a, b, c) => jitted.Run((a, b, c)));
    }

    /// <inheritdoc cref="Jit{A, R}(Func{A, R})"/>
    [OverloadResolutionPriority(1)]
    public static Func<Tensor, Tensor, Tensor, Tensor> Jit(Func<Tensor, Tensor, Tensor, Tensor> f) => Jit<Tensor, Tensor, Tensor, Tensor>(f);

    /// <inheritdoc cref="Jit{A, R}(Func{A, R})"/>
    public static Func<A, B, C, D, R> Jit<A, B, C, D, R>(Func<A, B, C, D, R> f) {
        var jitted = new Jitted<(A, B, C, D), R>(f.Given(), x => f(x.Item1, x.Item2, x.Item3, x.Item4));
        return jitted.As<Func<A, B, C, D, R>>((a, b, c, d) => jitted.Run((a, b, c, d)));
    }

    /// <inheritdoc cref="Jit{A, R}(Func{A, R})"/>
    [OverloadResolutionPriority(1)]
    public static Func<Tensor, Tensor, Tensor, Tensor, Tensor> Jit(Func<Tensor, Tensor, Tensor, Tensor, Tensor> f) => Jit<Tensor, Tensor, Tensor, Tensor, Tensor>(f);
}
