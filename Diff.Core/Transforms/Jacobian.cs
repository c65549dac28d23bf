using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>All derivatives of a function by reverse mode: for each leaf of the argument a tensor [result's shape, leaf's shape]. One pullback
    /// for each element of the result, all in one program: for results that are smaller than arguments.</summary>
    /// <remarks>JAX's <c>jacrev</c>. <example><code>
    /// var j = JacobianReverse(x => x.Square(), [1, 2, 3]);        // [[2, 0, 0], [0, 4, 0], [0, 0, 6]]
    /// </code></example></remarks>
    /// <exception cref="GradientException">The argument or the result has no float.</exception>
    public static P JacobianReverse<P>(Func<P, Tensor> f, P at) {
        var (y, pull) = Vjp(f.Given(), at.Given());
        var rows = Vmap(pull)(Basis(y, "JacobianReverse"));
        return Tree.Map(r => r.ReshapeTo(Shape.Of([.. y.Shape.Span, .. r.Shape.Span[1..]])), rows);
    }

    /// <inheritdoc cref="JacobianReverse{P}(Func{P, Tensor}, P)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor JacobianReverse(Func<Tensor, Tensor> f, Tensor at) => JacobianReverse<Tensor>(f, at);

    /// <summary>All derivatives of a function by forward mode: for each leaf of the result a tensor [leaf's shape, argument's shape]. One tangent for
    /// each element of the argument, all in one program: for arguments that are smaller than results.</summary>
    /// <remarks>JAX's <c>jacfwd</c>.</remarks>
    /// <exception cref="GradientException">The argument has no float.</exception>
    public static R JacobianForward<R>(Func<Tensor, R> f, Tensor at) {
        if (!at.Given().DType.IsFloat()) throw new GradientException($"JacobianForward: the argument is {at.Type}; only floats have derivatives.");
        return Columns(Linearize(f.Given(), at).Tangent, at);
    }

    /// <inheritdoc cref="JacobianForward{R}(Func{Tensor, R}, Tensor)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor JacobianForward(Func<Tensor, Tensor> f, Tensor at) => JacobianForward<Tensor>(f, at);

    /// <summary>The same by a tree: for each leaf of the argument a tensor [result's shape, leaf's shape], as <see cref="JacobianReverse{P}(Func{P, Tensor}, P)"/>
    /// has them.</summary>
    /// <exception cref="GradientException">The argument or the result has no float.</exception>
    public static P JacobianForward<P>(Func<P, Tensor> f, P at) {
        var (_, push) = Linearize(f.Given(), at);
        var flat = Tree.Flatten(at);
        // Along one leaf at a time, while the others stand still.
        var still = Array.ConvertAll(flat.Leaves, Tensor.ZerosLike);
        return flat.Rebuild([.. flat.Leaves.Select((leaf, i) => flat.IsParameter(i)
            ? Columns(direction => push(flat.Rebuild([.. still[..i], direction, .. still[(i + 1)..]])), leaf)
            : Tensor.Absent(leaf, flat.Paths[i]))]);
    }

    /// <summary>All second derivatives of a scalar function of one tensor: [shape, shape], symmetric.</summary>
    /// <remarks>Forward over reverse. <example><code>
    /// var h = Hessian(x => x.Pow(3).Sum(), [1, 2]);               // [[6, 0], [0, 12]]
    /// </code></example></remarks>
    /// <exception cref="GradientException">The function is not a float scalar, or the argument no float.</exception>
    [OverloadResolutionPriority(1)]
    public static Tensor Hessian(Func<Tensor, Tensor> f, Tensor at) => JacobianForward(x => Grad(f.Given(), x), at.Given());

    /// <inheritdoc cref="Hessian(Func{Tensor, Tensor}, Tensor)"/>
    public static Func<Tensor, Tensor> Hessian(Func<Tensor, Tensor> f) => x => Hessian(f, x);

    /// <summary>The second derivatives by a tree, as a symmetric matrix: rows and columns are its parameters in the order of
    /// <see cref="Tree.Ravel{T}(T)"/>.</summary>
    /// <exception cref="GradientException">The function is not a float scalar, or the argument has no float.</exception>
    public static Tensor Hessian<P>(Func<P, Tensor> f, P at) {
        var (vector, unravel) = Tree.Ravel(at.Given());
        return Hessian(p => f.Given()(unravel(p)), vector);
    }

    /// <summary>The product of a scalar function's second derivatives with a direction, without the derivatives: about four times the function.</summary>
    /// <typeparam name="P">The argument: a tensor or a tree of them; direction and result are of its type.</typeparam>
    /// <exception cref="GradientException">The function is not a float scalar, or the argument has no float.</exception>
    public static P Hvp<P>(Func<P, Tensor> f, P at, P direction) => Jvp<P, P>(p => Grad<P>(f.Given(), p), at.Given(), direction.Given()).Tangent;

    /// <inheritdoc cref="Hvp{P}(Func{P, Tensor}, P, P)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Hvp(Func<Tensor, Tensor> f, Tensor at, Tensor direction) => Hvp<Tensor>(f, at, direction);

    // A linear function's results for the direction of each element of its argument.
    static R Columns<R>(Func<Tensor, R> push, Tensor at) =>
        Tree.Map(c => c.ReshapeTo(Shape.Of([.. c.Shape.Span[..^1], .. at.Shape.Span])), Vmap(push, outAxis: -1)(Basis(at, "JacobianForward")));

    // Each element's own direction: an identity matrix, its rows in the tensor's shape.
    static Tensor Basis(Tensor like, string transform) => like.DType.IsFloat()
        ? Tensor.Eye(like.Size, type: like.DType).ReshapeTo(Shape.Of([like.Size, .. like.Shape.Span]))
        : throw new GradientException($"{transform}: the function returns {like.Type}; only floats have derivatives.");
}
