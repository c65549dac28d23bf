namespace Diff.Tests.Ops;

/// <summary>Linear algebra against its definitions, closed forms and differences.</summary>
public class LinearTests {
    static Tensor Random(int seed, params int[] shape) => Key.Of((uint)seed).Normal(shape).To(DType.F64);

    static Tensor Transposed(Tensor x) => x.SwapAxes(-1, -2);

    static Tensor Eye(int n) => Tensor.Eye(n, type: DType.F64);

    static Tensor Definite(int seed, int n) => Random(seed, n, n) is var x ? x.MatMul(x.T) + Eye(n) : x;

    static void Close(Tensor expected, Tensor actual, double tolerance = 1e-12) {
        Assert.Equal(expected.Shape, actual.Shape);
        Near.Assert(expected.Doubles(), actual, tolerance);
    }

    [Fact]
    public void Known_figures() {
        Close([[2, 0], [1, 2]], Cholesky([[4, 2], [2, 5]]));
        Close([2, 3], Solve([[3, 1], [1, 2]], [9, 8]));
        Close([[-2, 1], [1.5, -0.5]], Inv([[1, 2], [3, 4]]));
        Assert.Equal(-2, Det([[1, 2], [3, 4]]).Item(), 1e-14);
        var (sign, log) = SlogDet([[1, 2], [3, 4]]);
        Assert.Equal(-1, sign.Item());
        Assert.Equal(Math.Log(2), log.Item(), 1e-15);
        var (w, v) = Eigh([[2, 1], [1, 2]]);
        Close([1, 3], w);
        Assert.Equal(Math.Sqrt(0.5), v[0, 1].Item(), 1e-15);
        var (_, s, _) = Svd([[3, 0], [4, 5]]);
        Close([Math.Sqrt(45), Math.Sqrt(5)], s);
        // The line through (0, 6), (1, 0), (2, 0).
        Close([5, -3], Lstsq([[1, 0], [1, 1], [1, 2]], [6, 0, 0]));
        Assert.Equal(15, Trace([[1, 2, 3], [4, 5, 6], [7, 8, 9]]).Item());
    }

    [Theory, InlineData(1), InlineData(2), InlineData(5), InlineData(17), InlineData(60)]
    public void Factorizations_are_what_they_say(int n) {
        var (a, d) = (Random(n, 2, n, n), Stack([Definite(n, n), Definite(n + 1, n)]));
        var l = Cholesky(d);
        Close(d, l.MatMul(Transposed(l)));
        Assert.Equal(0, Where(Tensor.Arange(n)[.., NewAxis] < Tensor.Arange(n), l, 0).Abs().Max().Item());
        Close(a, a.MatMul(Solve(a, a)), 1e-11);
        Close(Stack([Eye(n), Eye(n)]), Inv(a).MatMul(a), 1e-10);
        foreach (var x in new[] { a, Random(n, 2, n + 3, n), Random(n, 2, n, n + 3) }) {
            var k = Math.Min(x.Shape[1], x.Shape[2]);
            var (q, r) = Qr(x);
            Close(x, q.MatMul(r));
            Close(Stack([Eye(k), Eye(k)]), Transposed(q).MatMul(q));
            Assert.True(Diagonal(r).Min().Item() >= 0);
            var (u, s, vh) = Svd(x);
            Close(x, (u * s.ExpandDims(-2)).MatMul(vh));
            Close(Stack([Eye(k), Eye(k)]), Transposed(u).MatMul(u));
            Close(Stack([Eye(k), Eye(k)]), vh.MatMul(Transposed(vh)));
            Assert.True(k == 1 || (s[.., ..^1] - s[.., 1..]).Min().Item() >= 0 && s.Min().Item() >= 0);
        }
        var (w, v) = Eigh(d - 3 * Eye(n));
        Close(d - 3 * Eye(n), (v * w.ExpandDims(-2)).MatMul(Transposed(v)));
        Close(Stack([Eye(n), Eye(n)]), Transposed(v).MatMul(v));
        Close(w.Prod(-1), Det(d - 3 * Eye(n)), 1e-9);
        var (sign, log) = SlogDet(a);
        if (n < 20) Close(Det(a), sign * log.Exp(), 1e-11);
        foreach (var x in new[] { a, l }) Assert.Equal(DType.F32, Solve(x.To(DType.F32), x.To(DType.F32)).DType);
    }

    [Fact]
    public void Triangles_of_every_kind() {
        var (a, b) = (Random(1, 4, 4) + 4 * Eye(4), Random(2, 4, 3));
        var (rows, columns) = (Tensor.Arange(4)[.., NewAxis], Tensor.Arange(4));
        foreach (var lower in new[] { true, false })
            foreach (var transposed in new[] { true, false })
                foreach (var unit in new[] { true, false }) {
                    var t = Where(lower ? rows > columns : rows < columns, a, 0) + (unit ? Eye(4) : a * Eye(4));
                    Close(b, (transposed ? t.T : t).MatMul(TriangularSolve(a, b, lower, transposed, unit)));
                }
    }

    [Fact]
    public void Stacks_broadcast_and_vectors_are_columns() {
        var (a, b) = (Random(1, 3, 4, 4), Random(2, 4));
        Assert.Equal([3, 4], Solve(a, b).Shape.ToArray());
        Close(Solve(a[1], b), Solve(a, b)[1]);
        var many = Random(3, 5, 1, 4, 2);
        Assert.Equal([5, 3, 4, 2], Solve(a, many).Shape.ToArray());
        Close(Solve(a[2], many[4, 0]), Solve(a, many)[4, 2]);
        Close(Solve(a[2], many[4, 0]), Solve(a[2], many)[4, 0]);
        Assert.Equal([3, 4, 1], Lstsq(Random(1, 3, 6, 4), Random(1, 6, 1)).Shape.ToArray());
        Close(Lstsq(Random(1, 3, 6, 4)[1], Random(1, 6, 1)), Lstsq(Random(1, 3, 6, 4), Random(1, 6, 1))[1]);
        var wide = Random(5, 3, 6);
        var x = Lstsq(wide, Random(6, 3));
        Close(Random(6, 3), wide.MatMul(x));
        // The shortest solution is a combination of the rows.
        Close(x, wide.T.MatMul(Lstsq(wide.T, x)));
    }

    public static TheoryData<string> Names => [.. functions.Keys];

    static readonly Dictionary<string, Func<Tensor, Tensor>> functions = new() {
        ["Cholesky"] = x => Tanh(Cholesky(x.MatMul(x.T) + Eye(4))).Sum(),
        ["Solve"] = x => Tanh(Solve(x + 4 * Eye(4), x.T)).Sum(),
        ["TriangularSolve"] = x => Tanh(TriangularSolve(x + 4 * Eye(4), x, lower: false, transposed: true)).Sum(),
        ["Inv"] = x => Tanh(Inv(x + 4 * Eye(4))).Sum(),
        ["Det"] = Det,
        ["SlogDet"] = x => SlogDet(x).LogAbs,
        ["Qr"] = x => Qr(x) is var (q, r) ? (Tanh(q) * r).Sum() : x,
        ["Qr of a wide one"] = x => Qr(x[..3]) is var (q, r) ? Tanh(r).Sum() + Tanh(q).Sum() : x,
        ["Eigh"] = x => Eigh(x) is var (w, v) ? Tanh(w).Sum() + (v * Tanh(v) * x).Sum() : x,
        ["Svd"] = x => Svd(x) is var (u, s, vh) ? (Tanh(u) * s).Sum() + (vh * x).Sum() : x,
        ["Svd of a wide one"] = x => Svd(x[..2]) is var (u, s, vh) ? (Tanh(u) * s).Sum() + Tanh(vh).Sum() : x,
        ["Lstsq"] = x => Tanh(Lstsq(x[.., ..2], x[.., 2..])).Sum(),
        ["Lstsq of a wide one"] = x => Tanh(Lstsq(x[..2], x[..2, 1])).Sum(),
        ["Trace"] = x => Trace(x.MatMul(Tanh(x))),
        ["Diagonal"] = x => (Diagonal(x, 1) * Diagonal(x, -1).Square()).Sum(),
    };

    [Theory, MemberData(nameof(Names))]
    public void Gradients_are_differences_in_both_modes_and_under_Vmap(string name) {
        var (f, at, along) = (functions[name], Random(4, 4, 4), Random(9, 4, 4));
        const double h = 1e-5;
        var difference = (f(at + h * along) - f(at - h * along)).Item() / (2 * h);
        var gradient = Grad(f, at);
        Assert.Equal(difference, (gradient * along).Sum().Item(), 1e-6 * (1 + Math.Abs(difference)));
        Assert.Equal((gradient * along).Sum().Item(), Jvp(f, at, along).Tangent.Item(), 1e-10 * (1 + Math.Abs(difference)));
        var second = (Grad(f, at + h * along) - Grad(f, at - h * along)) / (2 * h);
        Near.Assert(second.Doubles(), Hvp(f, at, along), 1e-6, "Hvp");
        var stack = Stack([at, at.T, at + along]);
        Close(Stack([f(at), f(at.T), f(at + along)]), Vmap(f)(stack), 1e-10);
        Close(Stack([Grad(f, at), Grad(f, at.T), Grad(f, at + along)]), Vmap(Grad(f))(stack), 1e-9);
        Close(f(at), Jit(f)(at), 0);
    }

    [Fact]
    public void The_gradient_of_Det_is_right_for_singular_matrices() {
        Close([[4, -3], [-2, 1]], Grad(Det, [[1, 2], [3, 4]]));
        Close([[4, -2], [-2, 1]], Grad(Det, [[1, 2], [2, 4]]));
        Close([[0, 0], [0, 1]], Grad(Det, [[1, 0], [0, 0]]));
        Close(Tensor.Zeros(DType.F64, 3, 3), Grad(Det, Tensor.Ones(DType.F64, 3, 3)));
        // Rank 2 of 3, by minors; and a regular matrix whose pivots are far apart.
        Close([[-3, 6, -3], [6, -12, 6], [-3, 6, -3]], Grad(Det, [[1, 2, 3], [4, 5, 6], [7, 8, 9]]), 1e-14);
        Close([[1e-9, 0], [0, 1]], Grad(Det, [[1, 0], [0, 1e-9]]), 1e-15);
        Close([0, 0, 0], Det(Tensor.Zeros(DType.F64, 3, 2, 2)));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(8), InlineData(9), InlineData(31), InlineData(32), InlineData(33), InlineData(70), InlineData(150)]
    public void Eigenvalues_that_are_known(int n) {
        // −1, 2, −1: 2 − 2·cos(kπ/(n + 1)).
        var second = Tensor.Of([.. Enumerable.Range(0, n * n).Select(i => (i / n - i % n) switch { 0 => 2.0, 1 or -1 => -1, _ => 0 })]).Reshape(n, n);
        var known = Tensor.Of([.. Enumerable.Range(1, n).Select(k => 2 - 2 * Math.Cos(k * Math.PI / (n + 1)))]);
        var turn = Key.Of(n).Orthogonal([n, n], DType.F64);
        Check(second, known);
        Check(turn.MatMul(second).MatMul(turn.T), known);
        // All alike but one; all zero; a mirror; the last row alone.
        Check(Tensor.Ones(DType.F64, n, n), Concat([Tensor.Zeros(DType.F64, n - 1), Tensor.Of(n)]));
        Check(Tensor.Zeros(DType.F64, n, n), Tensor.Zeros(DType.F64, n));
        Check(Eye(n).Flip(0), Concat([-Tensor.Ones(DType.F64, n / 2), Tensor.Ones(DType.F64, n - n / 2)]));
        // Near the ends of the range of f64.
        Check(turn.MatMul(second).MatMul(turn.T) * 1e-307, known * 1e-307, 1e307);
        Check(turn.MatMul(second).MatMul(turn.T) * 4e306, known * 4e306, 1 / 4e306);

        static void Check(Tensor a, Tensor values, double unit = 1) {
            var n = a.Shape[0];
            var (w, v) = Eigh(a);
            Close(values * unit, w * unit, 1e-13);
            Close(Eye(n), v.T.MatMul(v), 1e-13);
            Close(a * unit, (v * (w * unit)).MatMul(v.T), 2e-13);
        }
    }

    [Fact]
    public void Small_eigenvalues_and_singular_values_keep_their_digits() {
        // Graded: eigenvalues over 24 orders of magnitude.
        double[] scale = [1, 1e-4, 1e-8, 1e-12];
        var d = Tensor.Of(scale);
        var h = Definite(3, 4) is var x ? x / Sqrt(Diagonal(x)).ExpandDims(1) / Sqrt(Diagonal(x)) : x;
        var graded = h * d.ExpandDims(1) * d;
        // The product of the eigenvalues is the determinant, of which nothing cancels.
        Assert.Equal(1, (Eigh(graded).Values.Prod() / (Det(h) * d.Square().Prod())).Item(), 1e-9);
        Assert.Equal(1, (Svd(Random(1, 5, 4) * d).S.Prod() / (Svd(Random(1, 5, 4)).S.Prod() * d.Prod())).Item(), 1e-12);
        // Hilbert's matrix of order 8: its determinant is known.
        var i = Tensor.Arange(8).To(DType.F64);
        var hilbert = 1 / (i.ExpandDims(1) + i + 1);
        Assert.Equal(1, Eigh(hilbert).Values.Prod().Item() / 2.73705011379151e-33, 1e-4);
        Assert.Equal(1, SlogDet(hilbert).LogAbs.Exp().Item() / 2.73705011379151e-33, 1e-4);
    }

    [Fact]
    public void Derivatives_exist_where_eigenvalues_coincide_and_nothing_depends_on_their_rotation() {
        // tr f(A) = Σ f(w): its gradient is f'(A).
        Close(Eye(3) * Math.Exp(1), Grad(a => Eigh(a).Values.Exp().Sum(), Eye(3)));
        Close(Eye(3), Grad(a => Svd(a).S.Sum(), Eye(3)));
        var (u, s, vh) = Svd(Tensor.Zeros(DType.F64, 3, 2));
        Close(Eye(2), u.T.MatMul(u));
        Close([0, 0], s);
        Close(Eye(2), vh.MatMul(vh.T));
        Close([[1, 1], [1, 1]], Svd(Tensor.Ones(DType.F64, 2, 2)) is var one ? (one.U * one.S).MatMul(one.Vh) : u);
    }

    [Fact]
    public void Errors_say_what_is_wrong() {
        Assert.Contains("matrix 1 of 2 of f64[2,2,2] is singular: column 1", Throws<DomainException>(() => Solve(Stack([Eye(2), Tensor.Ones(DType.F64, 2, 2)]), Eye(2))));
        Assert.Contains("not positive definite", Throws<DomainException>(() => Cholesky([[1, 2], [2, 1]])));
        Assert.Contains("diagonal is 0 at row 1", Throws<DomainException>(() => TriangularSolve([[1, 0], [1, 0]], [1, 1])));
        Assert.Contains("f64[2,3] is not square: it has 2 rows and 3 columns", Throws<ShapeException>(() => Inv(Tensor.Zeros(DType.F64, 2, 3))));
        foreach (var f in new Func<Tensor, object>[] { x => Det(x), x => SlogDet(x), x => Cholesky(x), x => Eigh(x), x => Solve(x, x) })
            Assert.Contains("not square", Throws<ShapeException>(() => f(Tensor.Zeros(DType.F64, 2, 3))));
        foreach (var f in new Func<Tensor, object>[] { x => Det(x), x => Trace(x), x => Diagonal(x), x => Qr(x), x => Svd(x), x => Lstsq(x, x) })
            Assert.Contains("is no matrix", Throws<ShapeException>(() => f(Tensor.Zeros(3))));
        Assert.Contains("f64[2,2] has 2 rows, the right-hand side f64[3] has 3", Throws<ShapeException>(() => Solve(Eye(2), Tensor.Of(1, 2, 3))));
        Assert.Contains("has 3 rows", Throws<ShapeException>(() => Lstsq(Random(1, 3, 2), Tensor.Of(1, 2))));
        Throws<DomainException>(() => Lstsq(Tensor.Zeros(DType.F64, 3, 2), Tensor.Of(1, 2, 3)));
        Throws<DomainException>(() => Grad(x => Inv(x).Sum(), Tensor.Ones(DType.F64, 2, 2)));
        // A singular matrix has log-determinant −∞; NaN is not an error and not hidden.
        Assert.Equal((0, double.NegativeInfinity), SlogDet(Tensor.Ones(DType.F64, 2, 2)) is var (sign, log) ? (sign.Item(), log.Item()) : default);
        Tensor nan = [[double.NaN, 1], [1, 2]];
        Assert.All(new[] { Det(nan), Solve(nan, Eye(2)).Sum(), Cholesky(nan).Sum(), SlogDet(nan).LogAbs, Eigh(nan).Values.Sum(), Svd(nan).S.Sum(), Qr(nan).R.Sum() }, x => Assert.True(double.IsNaN(x.Item())));

        static string Throws<E>(Func<object> f) where E : Exception => Assert.Throws<E>(() => { f(); }).Message;
    }

    [Fact]
    public void Diagonals_are_views_of_any_two_axes() {
        var x = Tensor.Arange(24).Reshape(2, 3, 4);
        Assert.Equal([0, 5, 10, 12, 17, 22], Diagonal(x).ToArray<int>());
        Assert.Equal([1, 6, 11], Diagonal(x[0], 1).ToArray<int>());
        Assert.Equal([4, 9], Diagonal(x[0], -1).ToArray<int>());
        Assert.Equal([3], Diagonal(x[0], 3).ToArray<int>());
        Assert.Empty(Diagonal(x[0], 4).ToArray<int>());
        Assert.Empty(Diagonal(x[0], -3).ToArray<int>());
        // numpy: np.arange(24).reshape(2, 3, 4).diagonal(0, 0, 2)
        Assert.Equal([0, 13, 4, 17, 8, 21], Diagonal(x, 0, 0, 2).ToArray<int>());
        Assert.Throws<ShapeException>(() => Diagonal(x, 0, 1, -2));
    }

    [Fact]
    public void Solve_in_Newtons_method() {
        Tensor p = [-1.2, 1];
        for (var i = 0; i < 7; i++) p -= Solve(Hessian(Rosenbrock, p), Grad(Rosenbrock, p));
        Close([1, 1], p, 1e-14);

        static Tensor Rosenbrock(Tensor p) => (1 - p[0]).Square() + 100 * (p[1] - p[0].Square()).Square();
    }
}
