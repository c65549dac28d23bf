using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Methods of tensors that fail on shapes more than others do: extension members know the caller's words for both operands.</summary>
public static class TensorProducts {
    extension(Tensor x) {
        /// <summary>The matrix product [.., m, k]·[.., k, n] → [.., m, n]; batch axes broadcast. A vector is a row on the left, a
        /// column on the right, and loses that axis again.</summary>
        /// <exception cref="ShapeException">The inner sizes differ.</exception>
        public Tensor MatMul(Tensor right, [CallerArgumentExpression(nameof(x))] string left = "", [CallerArgumentExpression(nameof(right))] string by = "") =>
            Functions.MatMul(x, right, left, by);
    }
}

public static partial class Functions {
    /// <inheritdoc cref="TensorProducts.MatMul(Tensor, Tensor, string, string)"/>
    public static Tensor MatMul(Tensor a, Tensor b, [CallerArgumentExpression(nameof(a))] string left = "", [CallerArgumentExpression(nameof(b))] string right = "") {
        if (a.Given(left).Rank == 0 || b.Given(right).Rank == 0) throw new ShapeException($"MatMul: {left}.MatMul({right}): {(a.Rank == 0 ? $"left {a.Type}" : $"right {b.Type}")} is a scalar; multiply with *.");
        var (inner, outer) = (a.Shape[^1], b.Shape[b.Rank == 1 ? 0 : ^2]);
        if (inner != outer) {
            var hint = b.Rank == 2 && b.Shape[1] == inner ? $" Did you mean {right}.T?" : a.Rank == 2 && a.Shape[0] == outer ? $" Did you mean {left}.T?" : "";
            throw new ShapeException($"MatMul: {left}.MatMul({right}): left {a.Type} has inner size {inner}, right {b.Type} has {outer}.{hint}");
        }
        (a, b) = Promotion.MatchTypes(a, b);
        var (row, column) = (a.Rank == 1, b.Rank == 1);
        if (row) a = a.ExpandDims(0);
        if (column) b = b.ExpandDims(1);
        Tensor product;
        if (b.Rank == 2) {
            // One matrix for the whole batch is one large product.
            product = Graph.Apply(new DotOp(Axes.None, Axes.None, Axes.Of(a.Rank - 1), Axes.Of(0)), a, b);
        } else {
            var batch = Promotion.Broadcast($"MatMul: {left}.MatMul({right})", new(a.DType, Shape.Of(a.Shape.Span[..^2])), new(b.DType, Shape.Of(b.Shape.Span[..^2])));
            product = Graph.Apply(DotOp.MatMul(batch.Rank),
                a.BroadcastTo(Shape.Of([.. batch.Span, .. a.Shape.Span[^2..]])),
                b.BroadcastTo(Shape.Of([.. batch.Span, .. b.Shape.Span[^2..]])));
        }
        if (row) product = product.Squeeze(product.Rank - 2);
        return column ? product.Squeeze(product.Rank - 1) : product;
    }

    /// <summary>All products of two vectors: [m], [n] → [m, n].</summary>
    public static Tensor Outer(Tensor a, Tensor b) => a.Given().Flatten(0).ExpandDims(1) * b.Given().Flatten(0).ExpandDims(0);
}
