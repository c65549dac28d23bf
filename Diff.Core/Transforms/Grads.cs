using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>The gradients of a scalar function by all its arguments, as a tuple.</summary>
    /// <remarks><example><code>
    /// var (dw, dx, db) = Grads((w, x, b) => w * x + b)(2, 1, 3);        // 1 2 1
    /// </code></example></remarks>
    /// <exception cref="GradientException">The function returns an integer or more than one number, or an argument has no float.</exception>
    public static Func<Tensor, Tensor, (Tensor, Tensor)> Grads(Func<Tensor, Tensor, Tensor> f) => (a, b) => Grad<(Tensor, Tensor)>(p => f.Given()(p.Item1, p.Item2), (a, b));

    /// <inheritdoc cref="Grads(Func{Tensor, Tensor, Tensor})"/>
    public static Func<Tensor, Tensor, Tensor, (Tensor, Tensor, Tensor)> Grads(Func<Tensor, Tensor, Tensor, Tensor> f) =>
        (a, b, c) => Grad<(Tensor, Tensor, Tensor)>(p => f.Given()(p.Item1, p.Item2, p.Item3), (a, b, c));

    /// <inheritdoc cref="Grads(Func{Tensor, Tensor, Tensor})"/>
    public static Func<Tensor, Tensor, Tensor, Tensor, (Tensor, Tensor, Tensor, Tensor)> Grads(Func<Tensor, Tensor, Tensor, Tensor, Tensor> f) =>
        (a, b, c, d) => Grad<(Tensor, Tensor, Tensor, Tensor)>(p => f.Given()(p.Item1, p.Item2, p.Item3, p.Item4), (a, b, c, d));

    /// <summary>The gradients of a scalar function by all its arguments at a point, as a tuple; the arguments may be trees.</summary>
    public static (A, B) Grads<A, B>(Func<A, B, Tensor> f, A a, B b) => Grad<(A, B)>(p => f.Given()(p.Item1, p.Item2), (a.Given(), b.Given()));

    /// <inheritdoc cref="Grads{A, B}(Func{A, B, Tensor}, A, B)"/>
    [OverloadResolutionPriority(1)]
    public static (Tensor, Tensor) Grads(Func<Tensor, Tensor, Tensor> f, Tensor a, Tensor b) => Grads<Tensor, Tensor>(f, a, b);

    /// <inheritdoc cref="Grads{A, B}(Func{A, B, Tensor}, A, B)"/>
    public static (A, B, C) Grads<A, B, C>(Func<A, B, C, Tensor> f, A a, B b, C c) => Grad<(A, B, C)>(p => f.Given()(p.Item1, p.Item2, p.Item3), (a.Given(), b.Given(), c.Given()));

    /// <inheritdoc cref="Grads{A, B}(Func{A, B, Tensor}, A, B)"/>
    [OverloadResolutionPriority(1)]
    public static (Tensor, Tensor, Tensor) Grads(Func<Tensor, Tensor, Tensor, Tensor> f, Tensor a, Tensor b, Tensor c) => Grads<Tensor, Tensor, Tensor>(f, a, b, c);
}
