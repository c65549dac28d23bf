using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>The value and the gradient of a scalar function together, in one plan; see <see cref="Grad(Func{Tensor, Tensor})"/>.</summary>
    /// <remarks><example><code>
    /// var (loss, g) = ValueAndGrad(Loss, net, x, y);
    /// </code></example></remarks>
    /// <exception cref="GradientException">The function returns an integer or more than one number, or the argument has no float.</exception>
    public static Func<Tensor, (Tensor Value, Tensor Grad)> ValueAndGrad(Func<Tensor, Tensor> f) => at => ValueAndGrad(f, at);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    public static Func<P, (Tensor Value, P Grad)> ValueAndGrad<P>(Func<P, Tensor> f) => at => ValueAndGrad(f, at);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    [OverloadResolutionPriority(1)]
    public static (Tensor Value, Tensor Grad) ValueAndGrad(Func<Tensor, Tensor> f, Tensor at) => ValueAndGrad<Tensor>(f, at);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    public static (Tensor Value, P Grad) ValueAndGrad<P>(Func<P, Tensor> f, P at) => Differentiation.ValueAndGrad("ValueAndGrad", p => (f.Given()(p), 0), at.Given()) is var r ? (r.Value, r.Grad) : default;

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    public static Func<Tensor, Tensor, (Tensor Value, Tensor Grad)> ValueAndGrad(Func<Tensor, Tensor, Tensor> f) => (at, a) => ValueAndGrad(f, at, a);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    public static Func<P, A, (Tensor Value, P Grad)> ValueAndGrad<P, A>(Func<P, A, Tensor> f) => (at, a) => ValueAndGrad(f, at, a);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    [OverloadResolutionPriority(1)]
    public static (Tensor Value, Tensor Grad) ValueAndGrad(Func<Tensor, Tensor, Tensor> f, Tensor at, Tensor a) => ValueAndGrad<Tensor, Tensor>(f, at, a);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    public static (Tensor Value, P Grad) ValueAndGrad<P, A>(Func<P, A, Tensor> f, P at, A a) => Differentiation.ValueAndGrad("ValueAndGrad", p => (f.Given()(p, a), 0), at.Given()) is var r ? (r.Value, r.Grad) : default;

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    public static Func<Tensor, Tensor, Tensor, (Tensor Value, Tensor Grad)> ValueAndGrad(Func<Tensor, Tensor, Tensor, Tensor> f) => (at, a, b) => ValueAndGrad(f, at, a, b);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    public static Func<P, A, B, (Tensor Value, P Grad)> ValueAndGrad<P, A, B>(Func<P, A, B, Tensor> f) => (at, a, b) => ValueAndGrad(f, at, a, b);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    [OverloadResolutionPriority(1)]
    public static (Tensor Value, Tensor Grad) ValueAndGrad(Func<Tensor, Tensor, Tensor, Tensor> f, Tensor at, Tensor a, Tensor b) => ValueAndGrad<Tensor, Tensor, Tensor>(f, at, a, b);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    public static (Tensor Value, P Grad) ValueAndGrad<P, A, B>(Func<P, A, B, Tensor> f, P at, A a, B b) => Differentiation.ValueAndGrad("ValueAndGrad", p => (f.Given()(p, a, b), 0), at.Given()) is var r ? (r.Value, r.Grad) : default;

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    public static Func<Tensor, Tensor, Tensor, Tensor, (Tensor Value, Tensor Grad)> ValueAndGrad(Func<Tensor, Tensor, Tensor, Tensor, Tensor> f) => (at, a, b, c) => ValueAndGrad(f, at, a, b, c);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    public static Func<P, A, B, C, (Tensor Value, P Grad)> ValueAndGrad<P, A, B, C>(Func<P, A, B, C, Tensor> f) => (at, a, b, c) => ValueAndGrad(f, at, a, b, c);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    [OverloadResolutionPriority(1)]
    public static (Tensor Value, Tensor Grad) ValueAndGrad(Func<Tensor, Tensor, Tensor, Tensor, Tensor> f, Tensor at, Tensor a, Tensor b, Tensor c) => ValueAndGrad<Tensor, Tensor, Tensor, Tensor>(f, at, a, b, c);

    /// <inheritdoc cref="ValueAndGrad(Func{Tensor, Tensor})"/>
    public static (Tensor Value, P Grad) ValueAndGrad<P, A, B, C>(Func<P, A, B, C, Tensor> f, P at, A a, B b, C c) => Differentiation.ValueAndGrad("ValueAndGrad", p => (f.Given()(p, a, b, c), 0), at.Given()) is var r ? (r.Value, r.Grad) : default;

    /// <summary>The same for a function that returns something besides the scalar: predictions, the next state of a layer. It is
    /// not differentiated.</summary>
    public static (Tensor Value, X Aux, P Grad) ValueAndGrad<P, X>(Func<P, (Tensor, X)> f, P at) => Differentiation.ValueAndGrad("ValueAndGrad", p => f.Given()(p), at.Given());

    /// <inheritdoc cref="ValueAndGrad{P, X}(Func{P, ValueTuple{Tensor, X}}, P)"/>
    public static (Tensor Value, X Aux, P Grad) ValueAndGrad<P, A, X>(Func<P, A, (Tensor, X)> f, P at, A a) => Differentiation.ValueAndGrad("ValueAndGrad", p => f.Given()(p, a), at.Given());

    /// <inheritdoc cref="ValueAndGrad{P, X}(Func{P, ValueTuple{Tensor, X}}, P)"/>
    public static (Tensor Value, X Aux, P Grad) ValueAndGrad<P, A, B, X>(Func<P, A, B, (Tensor, X)> f, P at, A a, B b) => Differentiation.ValueAndGrad("ValueAndGrad", p => f.Given()(p, a, b), at.Given());

    /// <inheritdoc cref="ValueAndGrad{P, X}(Func{P, ValueTuple{Tensor, X}}, P)"/>
    public static (Tensor Value, X Aux, P Grad) ValueAndGrad<P, A, B, C, X>(Func<P, A, B, C, (Tensor, X)> f, P at, A a, B b, C c) => Differentiation.ValueAndGrad("ValueAndGrad", p => f.Given()(p, a, b, c), at.Given());
}
