using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>The gradient of a scalar function by its first argument; the others are data.</summary>
    /// <param name="f">A function of one to four arguments: tensors, or trees of them (records, tuples, arrays …), that returns a float scalar.</param>
    /// <returns>The gradient at a point, of the first argument's own type; or, without a point, the function that gives it, which
    /// can be differentiated in turn. A leaf that the function does not depend on has gradient zero.</returns>
    /// <remarks>C# <c>if</c> and <c>while</c> on comparisons work: they see the value.
    /// <example><code>
    /// var d = Grad(x => 4 * (3 * x))(2);                  // 12
    /// var g = Grad(Loss, net, x, y);                      // of net's own type
    /// </code></example></remarks>
    /// <exception cref="GradientException">The function returns an integer or more than one number, or the argument has no float.</exception>
    /// <exception cref="LostDerivativeException">The function reads a float that would lose its derivative.</exception>
    public static Func<Tensor, Tensor> Grad(Func<Tensor, Tensor> f) => at => Grad(f, at);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static Func<P, P> Grad<P>(Func<P, Tensor> f) => at => Grad(f, at);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Grad(Func<Tensor, Tensor> f, Tensor at) => Grad<Tensor>(f, at);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static P Grad<P>(Func<P, Tensor> f, P at) => Differentiation.ValueAndGrad("Grad", p => (f.Given()(p), 0), at.Given()).Grad;

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static Func<Tensor, Tensor, Tensor> Grad(Func<Tensor, Tensor, Tensor> f) => (at, a) => Grad(f, at, a);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static Func<P, A, P> Grad<P, A>(Func<P, A, Tensor> f) => (at, a) => Grad(f, at, a);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Grad(Func<Tensor, Tensor, Tensor> f, Tensor at, Tensor a) => Grad<Tensor, Tensor>(f, at, a);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static P Grad<P, A>(Func<P, A, Tensor> f, P at, A a) => Differentiation.ValueAndGrad("Grad", p => (f.Given()(p, a), 0), at.Given()).Grad;

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static Func<Tensor, Tensor, Tensor, Tensor> Grad(Func<Tensor, Tensor, Tensor, Tensor> f) => (at, a, b) => Grad(f, at, a, b);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static Func<P, A, B, P> Grad<P, A, B>(Func<P, A, B, Tensor> f) => (at, a, b) => Grad(f, at, a, b);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Grad(Func<Tensor, Tensor, Tensor, Tensor> f, Tensor at, Tensor a, Tensor b) => Grad<Tensor, Tensor, Tensor>(f, at, a, b);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static P Grad<P, A, B>(Func<P, A, B, Tensor> f, P at, A a, B b) => Differentiation.ValueAndGrad("Grad", p => (f.Given()(p, a, b), 0), at.Given()).Grad;

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static Func<Tensor, Tensor, Tensor, Tensor, Tensor> Grad(Func<Tensor, Tensor, Tensor, Tensor, Tensor> f) => (at, a, b, c) => Grad(f, at, a, b, c);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static Func<P, A, B, C, P> Grad<P, A, B, C>(Func<P, A, B, C, Tensor> f) => (at, a, b, c) => Grad(f, at, a, b, c);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Grad(Func<Tensor, Tensor, Tensor, Tensor, Tensor> f, Tensor at, Tensor a, Tensor b, Tensor c) => Grad<Tensor, Tensor, Tensor, Tensor>(f, at, a, b, c);

    /// <inheritdoc cref="Grad(Func{Tensor, Tensor})"/>
    public static P Grad<P, A, B, C>(Func<P, A, B, C, Tensor> f, P at, A a, B b, C c) => Differentiation.ValueAndGrad("Grad", p => (f.Given()(p, a, b, c), 0), at.Given()).Grad;
}
