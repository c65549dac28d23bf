namespace Diff;

// Linear algebra: matrices are the last two axes, everything before them is a stack. f32 and f64; computed in f64.
public static partial class Functions {
    /// <summary>The elements on a diagonal of two axes: [.., m, n] → [.., k].</summary>
    /// <param name="x">Any dtype.</param>
    /// <param name="offset">Above the main diagonal, or below it where negative.</param>
    /// <param name="axis1">The rows; by default the last axis but one.</param>
    /// <param name="axis2">The columns; by default the last axis.</param>
    /// <remarks>NumPy's <c>diagonal</c>, but of the last two axes unless told. No element is copied. <example><code>
    /// var d = Diagonal(Tensor.Eye(3));        // [1, 1, 1]
    /// </code></example></remarks>
    /// <exception cref="ShapeException">There are no two such axes.</exception>
    public static Tensor Diagonal(Tensor x, int offset = 0, int axis1 = -2, int axis2 = -1) {
        if (x.Given().Rank < 2) throw new ShapeException($"Diagonal: {x.Type} is no matrix.");
        var (row, column) = (x.Shape.Axis(axis1), x.Shape.Axis(axis2));
        if (row == column) throw new ShapeException($"Diagonal: axis {axis1} and axis {axis2} of {x.Type} are one.");
        int[] stack = [.. Enumerable.Range(0, x.Rank).Where(a => a != row && a != column)];
        var matrices = x.TransposeBy(Axes.Of([.. stack, row, column]));
        var (m, n) = (matrices.Shape[^2], matrices.Shape[^1]);
        var size = Math.Max(0, offset >= 0 ? Math.Min(m, n - offset) : Math.Min(m + offset, n));
        // In row-major order neighbours on a diagonal are one row and one column apart.
        var flat = matrices.ReshapeTo(Shape.Of([.. matrices.Shape.Span[..^2], m * n]));
        var (start, step) = (new int[flat.Rank], Enumerable.Repeat(1, flat.Rank).ToArray());
        (start[^1], step[^1]) = (size == 0 ? 0 : offset >= 0 ? offset : -offset * n, n + 1);
        return flat.SliceBy(Axes.Of(start), Axes.Of(step), flat.Shape.With(flat.Rank - 1, size));
    }

    /// <summary>[.., n] on the diagonals of zeros [.., n, n].</summary>
    internal static Tensor OnDiagonal(Tensor x) {
        var n = x.Shape[^1];
        var (none, inner) = (Axes.Of(new int[x.Rank]), new int[x.Rank]);
        inner[^1] = n;
        var square = Shape.Of([.. x.Shape.Span, n]);
        return n == 0 ? x.ReshapeTo(square) : Graph.Apply(new PadOp(none, none, Axes.Of(inner)), x).ReshapeTo(square);
    }

    /// <summary>The sum of the diagonal of each matrix: [.., m, n] → [..].</summary>
    /// <remarks>Of the last two axes, as <c>jnp.trace(x, axis1=-2, axis2=-1)</c>.</remarks>
    /// <exception cref="ShapeException">There are fewer than two axes.</exception>
    public static Tensor Trace(Tensor x) => x.Given().Rank >= 2 ? Diagonal(x).Sum(-1) : throw new ShapeException($"Trace: {x.Type} is no matrix.");

    /// <summary>Lower triangular L with L·Lᵀ = A: [.., n, n] → [.., n, n].</summary>
    /// <param name="a">Symmetric and positive definite; A and Aᵀ are averaged, so that the gradient is symmetric, too.</param>
    /// <remarks>JAX's and NumPy's <c>linalg.cholesky</c>. <example><code>
    /// var l = Cholesky([[4, 2], [2, 5]]);        // [[2, 0], [1, 2]]
    /// </code></example></remarks>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DomainException">A matrix is not positive definite; NaN in it gives NaN instead.</exception>
    public static Tensor Cholesky(Tensor a) => Graph.Apply(CholeskyOp.Op, Symmetric(Floats(a.Given()), "Cholesky"));

    /// <summary>X with T·X = B, T a triangle of A: [.., n, n], [.., n, m] → [.., n, m]; b [n] is one column. Stacks broadcast.</summary>
    /// <param name="a">Only its triangle is read; the rest counts as zeros.</param>
    /// <param name="b">The right-hand sides.</param>
    /// <param name="lower">Which triangle.</param>
    /// <param name="transposed">Whether to solve Tᵀ·X = B instead.</param>
    /// <param name="unit">Whether the diagonal is 1, whatever a has there.</param>
    /// <remarks>SciPy's <c>solve_triangular</c>, PyTorch's <c>linalg.solve_triangular</c>.</remarks>
    /// <exception cref="ShapeException">a is not square, or b has another number of rows.</exception>
    /// <exception cref="DomainException">There is a 0 on the diagonal.</exception>
    public static Tensor TriangularSolve(Tensor a, Tensor b, bool lower = true, bool transposed = false, bool unit = false) =>
        Solving("TriangularSolve", new TriangularSolveOp(lower, transposed, unit), a.Given(), b.Given());

    /// <summary>X with A·X = B: [.., n, n], [.., n, m] → [.., n, m]; b [n] is one column. Stacks broadcast.</summary>
    /// <remarks>By LU with partial pivoting. NumPy's <c>linalg.solve</c>. <example><code>
    /// p -= Solve(Hessian(f, p), Grad(f, p));        // a step of Newton's method
    /// </code></example></remarks>
    /// <exception cref="ShapeException">a is not square, or b has another number of rows.</exception>
    /// <exception cref="DomainException">A matrix is singular: a pivot is exactly 0.</exception>
    public static Tensor Solve(Tensor a, Tensor b) => Solving("Solve", new SolveOp(Transposed: false), a.Given(), b.Given());

    /// <summary>A⁻¹: [.., n, n] → [.., n, n]. To solve with it is slower and less exact than <see cref="Solve"/>.</summary>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DomainException">A matrix is singular: a pivot is exactly 0.</exception>
    public static Tensor Inv(Tensor a) {
        a = SquareMatrix(Floats(a.Given()), "Inv");
        var identity = OnDiagonal(Graph.Fill(1, new(a.DType, Shape.Of(a.Shape.Span[..^1]))));
        return Graph.Apply(new SolveOp(Transposed: false), a, identity);
    }

    /// <summary>The determinant: [.., n, n] → [..]; 0 of a singular matrix.</summary>
    /// <remarks>Its gradient is the matrix of cofactors, right for singular matrices, too; the second derivative is for regular ones alone.</remarks>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DomainException">The second derivative of a singular matrix.</exception>
    public static Tensor Det(Tensor a) => Graph.Apply(DetOp.Op, Floats(a.Given()));

    /// <summary>The sign of the determinant, −1, 0 or 1, and the logarithm of its magnitude, which neither overflows nor underflows: [.., n, n] → [..], [..].</summary>
    /// <remarks>0 and −∞ of a singular matrix. The derivative of the logarithm is A⁻ᵀ; the sign has none. NumPy's <c>linalg.slogdet</c>.</remarks>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    /// <exception cref="DomainException">The derivative of a singular matrix.</exception>
    public static (Tensor Sign, Tensor LogAbs) SlogDet(Tensor a) => Graph.ApplyAll(SlogDetOp.Op, Floats(a.Given())) is [var sign, var log] ? (sign, log) : default;

    /// <summary>Q with orthonormal columns and upper triangular R with Q·R = A: [.., m, n] → [.., m, k], [.., k, n], k = min(m, n).</summary>
    /// <remarks>R's diagonal is not negative, which makes both unique where A has full rank (LAPACK leaves the signs open). NumPy's <c>linalg.qr</c>, "reduced".</remarks>
    /// <exception cref="ShapeException">There are fewer than two axes.</exception>
    /// <exception cref="DomainException">The derivative where the first k columns are dependent: it does not exist.</exception>
    public static (Tensor Q, Tensor R) Qr(Tensor a) {
        a = Matrix(Floats(a.Given()), "Qr");
        var (m, n) = (a.Shape[^2], a.Shape[^1]);
        if (m >= n) return Graph.ApplyAll(QrOp.Op, a) is [var q, var r] ? (q, r) : default;
        // The first columns decide Q; the others follow it.
        var parts = a.Split([m, n - m], -1);
        var square = Graph.ApplyAll(QrOp.Op, parts[0]);
        return (square[0], Concat([square[1], MatMul(square[0].SwapAxes(-1, -2), parts[1])], -1));
    }

    /// <summary>Eigenvalues, ascending, and orthonormal eigenvectors, in columns, of symmetric matrices: [.., n, n] → [.., n], [.., n, n].</summary>
    /// <param name="a">Symmetric; A and Aᵀ are averaged, so that the gradient is symmetric, too.</param>
    /// <remarks>The largest component of each eigenvector is positive. Eigenvalues that coincide have no eigenvectors of their own: the derivative leaves
    /// their rotation among each other out, which is right for what does not depend on it (and infinite in JAX). Nearly equal ones make
    /// derivatives of eigenvectors large. NumPy's <c>linalg.eigh</c>; by Householder's reflections and the implicit QL method.</remarks>
    /// <exception cref="ShapeException">The matrices are not square.</exception>
    public static (Tensor Values, Tensor Vectors) Eigh(Tensor a) => Graph.ApplyAll(EighOp.Op, Symmetric(Floats(a.Given()), "Eigh")) is [var w, var v] ? (w, v) : default;

    /// <summary>Singular values, descending, with U·diag(S)·Vh = A: [.., m, n] → [.., m, k], [.., k], [.., k, n], k = min(m, n).</summary>
    /// <remarks>The largest component of each row of Vh (of each column of U, where there are more columns than rows) is positive. As with <see cref="Eigh"/>, derivatives leave
    /// out rotations among singular values that coincide, and those of U's columns that belong to 0. NumPy's <c>linalg.svd(full_matrices=False)</c>; by Jacobi's one-sided method.</remarks>
    /// <exception cref="ShapeException">There are fewer than two axes.</exception>
    public static (Tensor U, Tensor S, Tensor Vh) Svd(Tensor a) {
        a = Matrix(Floats(a.Given()), "Svd");
        var tall = a.Shape[^2] >= a.Shape[^1];
        var parts = Graph.ApplyAll(SvdOp.Op, tall ? a : a.SwapAxes(-1, -2));
        return tall ? (parts[0], parts[1], parts[2]) : (parts[2].SwapAxes(-1, -2), parts[1], parts[0].SwapAxes(-1, -2));
    }

    /// <summary>The x that makes ‖A·x − b‖ least: [.., m, n], [.., m, k] → [.., n, k]; b [m] is one column. Where m &lt; n, of all solutions the shortest.</summary>
    /// <remarks>By QR, without squaring the condition as the normal equations do. A has full rank; else use <see cref="Svd"/>. NumPy's <c>linalg.lstsq</c>.</remarks>
    /// <exception cref="ShapeException">b has another number of rows.</exception>
    /// <exception cref="DomainException">A's rank is not full: a diagonal element of R is exactly 0.</exception>
    public static Tensor Lstsq(Tensor a, Tensor b) {
        (a, b) = Promotion.MatchTypes(Matrix(Floats(a.Given()), "Lstsq"), b.Given());
        var column = b.Rank == 1;
        if (column) b = b.ExpandDims(1);
        if (b.Rank < 2 || b.Shape[^2] != a.Shape[^2]) throw new ShapeException($"Lstsq: {a.Type} has {a.Shape[^2]} rows, the right-hand side {b.Type} has {(b.Rank < 2 ? "none" : b.Shape[^2])}.");
        Tensor x;
        if (a.Shape[^2] >= a.Shape[^1]) {
            var (q, r) = Qr(a);
            x = TriangularSolve(r, MatMul(q.SwapAxes(-1, -2), b), lower: false);
        } else {
            var (q, r) = Qr(a.SwapAxes(-1, -2));
            x = MatMul(q, TriangularSolve(r, b, lower: false, transposed: true));
        }
        return column ? x.Squeeze(-1) : x;
    }

    static Tensor Solving(string name, Op op, Tensor a, Tensor b) {
        (a, b) = Promotion.MatchTypes(SquareMatrix(Floats(a), name), b);
        var column = b.Rank == 1;
        if (column) b = b.ExpandDims(1);
        if (b.Rank < 2 || b.Shape[^2] != a.Shape[^1])
            throw new ShapeException($"{name}: {a.Type} has {a.Shape[^1]} rows, the right-hand side {(column ? b.Squeeze(1) : b).Type} has {(b.Rank < 2 ? "none" : b.Shape[^2])}.");
        var stack = Promotion.Broadcast(name, new(a.DType, Shape.Of(a.Shape.Span[..^2])), new(b.DType, Shape.Of(b.Shape.Span[..^2])));
        Tensor x;
        if (a.Rank == 2 && b.Rank > 2) {
            // One matrix for many right-hand sides is factored once.
            var columns = b.MoveAxis(-2, 0);
            x = Graph.Apply(op, a, columns.Flatten(1)).ReshapeTo(columns.Shape).MoveAxis(0, -2);
        } else {
            x = Graph.Apply(op, a.BroadcastTo(Shape.Of([.. stack.Span, .. a.Shape.Span[^2..]])), b.BroadcastTo(Shape.Of([.. stack.Span, .. b.Shape.Span[^2..]])));
        }
        return column ? x.Squeeze(-1) : x;
    }

    static Tensor Floats(Tensor x) => x.DType.IsFloat() ? x : x.To(DType.F32);

    static Tensor Matrix(Tensor x, string name) => x.Rank >= 2 ? x : throw new ShapeException($"{name}: {x.Type} is no matrix; it takes [.., m, n], the last two axes being rows and columns.");

    static Tensor SquareMatrix(Tensor x, string name) =>
        Matrix(x, name).Shape[^1] == x.Shape[^2] ? x : throw new ShapeException($"{name}: {x.Type} is not square: it has {x.Shape[^2]} rows and {x.Shape[^1]} columns.");

    static Tensor Symmetric(Tensor x, string name) => (SquareMatrix(x, name) + x.SwapAxes(-1, -2)) * 0.5;
}
