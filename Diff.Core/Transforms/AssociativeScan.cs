using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>All partial results of an associative operation over the slices of xs along their first axis: x₀, x₀·x₁, x₀·x₁·x₂, …, each
    /// slice in its place.</summary>
    /// <typeparam name="X">A tensor or a tree of them, all of one length.</typeparam>
    /// <param name="combine">Of two slices, (earlier, later) → their combination, of the same shapes; (a·b)·c has to be a·(b·c) but for rounding.</param>
    /// <param name="xs">[length, …].</param>
    /// <param name="backwards">From the last slice: …, xₙ₋₂·xₙ₋₁, xₙ₋₁; combine still gets the slice nearer to where it started first.</param>
    /// <remarks>Where <see cref="Scan{S, X, Y}(S, X, Func{S, X, ValueTuple{S, Y}}, bool, bool)"/> takes length steps, this takes 2·log₂(length) over many
    /// slices at once, each mapped as by Vmap: linear recurrences, running maxima, products of matrices. JAX's <c>lax.associative_scan</c>
    /// (there the function gets stacks). By Blelloch, Prefix Sums and Their Applications, 1990.
    /// <example><code>
    /// // hₜ = aₜ·hₜ₋₁ + bₜ for all t at once
    /// var (_, h) = AssociativeScan(((Tensor A, Tensor B) s, (Tensor A, Tensor B) t) => (s.A * t.A, s.B * t.A + t.B), (a, b));
    /// </code></example></remarks>
    /// <exception cref="ShapeException">The lengths differ, or the operation changes a shape.</exception>
    public static X AssociativeScan<X>(Func<X, X, X> combine, X xs, bool backwards = false) {
        var (flat, mapped) = (Tree.Flatten(xs.Given()), Vmap(combine.Given()));
        if (flat.Leaves.Length == 0) return xs;
        var length = LengthOf("AssociativeScan", flat);
        var stacks = backwards ? Reversed(flat.Leaves) : flat.Leaves;
        var results = Partial(stacks, length);
        return flat.Rebuild(backwards ? Reversed(results) : results);

        // Pairs first; what they scan to are the results at odd places, and one more step makes those at even ones.
        Tensor[] Partial(Tensor[] x, int n) {
            if (n < 2) return x;
            var odd = Partial(Combine(Every(x, 0, n / 2), Every(x, 1, n / 2)), n / 2);
            var more = (n - 1) / 2;
            var even = more == 0 ? Every(x, 0, 1) : [.. Every(x, 0, 1).Zip(Combine(Head(odd, more), Every(x, 2, more)), (first, rest) => Concat([first, rest]))];
            return [.. even.Zip(odd, Interleave)];
        }

        Tensor[] Combine(Tensor[] a, Tensor[] b) {
            var result = Tree.Flatten(mapped(flat.Rebuild(a), flat.Rebuild(b)));
            flat.CheckSame(result, "AssociativeScan: the combination");
            for (var i = 0; i < a.Length; i++)
                if (result.Leaves[i].Type != a[i].Type)
                    throw new ShapeException($"AssociativeScan: two slices of {Slice(a[i])} combine to {Slice(result.Leaves[i])}{(flat.Paths[i] == "" ? "" : $" at {flat.Paths[i]}")}; it has to stay what it is.");
            return result.Leaves;
        }

        static TensorType Slice(Tensor stack) => new(stack.DType, Shape.Of(stack.Shape.Span[1..]));

        static Tensor[] Reversed(Tensor[] x) => Array.ConvertAll(x, t => t.Flip(0));

        static Tensor[] Head(Tensor[] x, int n) => Array.ConvertAll(x, t => t.SliceAxis(0, 0, n));

        // Every second slice from one on, n of them.
        static Tensor[] Every(Tensor[] x, int from, int n) => Array.ConvertAll(x, t => t.SliceAxis(0, from, n, 2));

        // a₀ b₀ a₁ b₁ …, where a may have one more.
        static Tensor Interleave(Tensor a, Tensor b) {
            var n = b.Shape[0];
            var pairs = Stack([a.SliceAxis(0, 0, n), b], 1);
            var both = pairs.ReshapeTo(Shape.Of([2 * n, .. b.Shape.Span[1..]]));
            return a.Shape[0] == n ? both : Concat([both, a.SliceAxis(0, n, 1)]);
        }
    }

    /// <inheritdoc cref="AssociativeScan{X}(Func{X, X, X}, X, bool)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor AssociativeScan(Func<Tensor, Tensor, Tensor> combine, Tensor xs, bool backwards = false) => AssociativeScan<Tensor>(combine, xs, backwards);
}
