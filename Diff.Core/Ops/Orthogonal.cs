namespace Diff;

/// <summary>A [.., m, n], m ≥ n, as Q [.., m, n] with orthonormal columns times upper triangular R [.., n, n] with a diagonal that is not negative.</summary>
internal sealed record QrOp : MatrixOp {
    public static readonly QrOp Op = new();

    public override int Outputs => 2;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var a = Matrix(inputs[0]);
        var (m, n) = (a.Shape[^2], a.Shape[^1]);
        return m >= n ? [a, Ending(a, n, n)] : throw new ShapeException($"Qr: {a} has more columns than rows.");
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var a = Read(inputs[0]);
        var q = Room(outputs[0]);
        var r = Room(outputs[1]);
        var (m, n) = (inputs[0].Shape[^2], inputs[0].Shape[^1]);
        for (var i = CountOf(inputs[0].Shape) - 1; i >= 0; i--) Rotations.Qr(a[(i * m * n)..], m, n, q[(i * m * n)..], r[(i * n * n)..]);
        Write(q, outputs[0]);
        Write(r, outputs[1]);
    }

    // With C = dA·R⁻¹ and M = Qᵀ·C, of which Ω is the antisymmetric part that keeps R upper triangular: Ω = low(M) − low(M)ᵀ,
    // dQ = C + Q·(Ω − M), dR = (M − Ω)·R (Walter and Lehmann 2018).
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (q, r) = (outputs[0], outputs[1]);
        var c = T(Graph.Apply(new TriangularSolveOp(false, true, false), r, T(tangents[0]!)));
        var m = Product(T(q), c);
        var low = Graph.Apply(new TriangleOp(true, Strict: true), m);
        var rest = m - (low - T(low));
        return [c - Product(q, rest), Product(rest, r)];
    }

    public override IEnumerable<Sample> Samples() => [On([4, 4]), On([5, 3]), On([2, 3, 2]), On([2, 0]) with { Awkward = true }];
}

/// <summary>Eigenvalues [.., n], ascending, and eigenvectors [.., n, n], in columns, of the symmetric matrices whose lower triangles are given.</summary>
internal sealed record EighOp : MatrixOp {
    public static readonly EighOp Op = new();

    public override int Outputs => 2;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => Square(inputs[0]) is var a ? [Ending(a, a.Shape[^1]), a] : [];

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var a = Read(inputs[0]);
        var w = Room(outputs[0]);
        var v = Room(outputs[1]);
        var n = inputs[0].Shape[^1];
        for (var i = CountOf(inputs[0].Shape) - 1; i >= 0; i--) Tridiagonal.Eigh(a[(i * n * n)..], n, w[(i * n)..], v[(i * n * n)..]);
        Write(w, outputs[0]);
        Write(v, outputs[1]);
    }

    // With M = Vᵀ·dA·V: dw = diag(M), dV = V·(F∘M), Fᵢⱼ = 1/(wⱼ − wᵢ) (Giles 2008).
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (w, v) = (outputs[0], outputs[1]);
        var symmetric = Graph.Apply(new TriangleOp(true), tangents[0]!) + T(Graph.Apply(new TriangleOp(true, Strict: true), tangents[0]!));
        var m = Product(T(v), Product(symmetric, v));
        return [Functions.Diagonal(m), Product(v, Inverse(Differences(w)) * m)];
    }

    /// <summary>wⱼ − wᵢ at [i, j].</summary>
    public static Tensor Differences(Tensor w) => w.ExpandDims(-2) - w.ExpandDims(-1);

    /// <summary>1/x, and 0 where x is 0: directions that have no derivative because their values coincide are left out.</summary>
    public static Tensor Inverse(Tensor x) {
        var zero = x.Eq(0);
        return Functions.Where(zero, 0, 1 / Functions.Where(zero, 1, x));
    }

    public override IEnumerable<Sample> Samples() => [On([4, 4]), On([2, 3, 3]), On([1, 1]), On([0, 0]) with { Awkward = true }];
}

/// <summary>A [.., m, n], m ≥ n, as U [.., m, n] · diag(s [.., n]) · Vᵀ [.., n, n], s descending.</summary>
internal sealed record SvdOp : MatrixOp {
    public static readonly SvdOp Op = new();

    public override int Outputs => 3;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        var a = Matrix(inputs[0]);
        var (m, n) = (a.Shape[^2], a.Shape[^1]);
        return m >= n ? [a, Ending(a, n), Ending(a, n, n)] : throw new ShapeException($"Svd: {a} has more columns than rows.");
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var a = Read(inputs[0]);
        var u = Room(outputs[0]);
        var s = Room(outputs[1]);
        var vh = Room(outputs[2]);
        var (m, n) = (inputs[0].Shape[^2], inputs[0].Shape[^1]);
        var columns = new double[m * n];
        for (var i = CountOf(inputs[0].Shape) - 1; i >= 0; i--) {
            Rotations.Svd(a[(i * m * n)..], m, n, columns, s[(i * n)..], vh[(i * n * n)..]);
            Vectors.Transpose(columns, n, m, u[(i * m * n)..]);
        }
        Write(u, outputs[0]);
        Write(s, outputs[1]);
        Write(vh, outputs[2]);
    }

    // With P = Uᵀ·dA·V: ds = diag(P), dU = U·(F∘(P·S + S·Pᵀ)) + (1 − U·Uᵀ)·dA·V·S⁻¹, dV = V·(F∘(S·P + Pᵀ·S)),
    // Fᵢⱼ = 1/(sⱼ² − sᵢ²) (Townsend 2016).
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (u, s, vh) = (outputs[0], outputs[1], outputs[2]);
        var columns = s.ExpandDims(-2);
        var along = Product(tangents[0]!, T(vh));
        var p = Product(T(u), along);
        // (sⱼ − sᵢ)(sⱼ + sᵢ) keeps the digits that sⱼ² − sᵢ² would lose.
        var f = EighOp.Inverse(EighOp.Differences(s) * (columns + s.ExpandDims(-1)));
        var (right, left) = (p * columns, p * s.ExpandDims(-1));
        var du = Product(u, f * (right + T(right)));
        if (u.Shape[^2] > u.Shape[^1]) du += (along - Product(u, p)) * EighOp.Inverse(columns);
        return [du, Functions.Diagonal(p), Product(T(f * (left + T(left))), vh)];
    }

    public override IEnumerable<Sample> Samples() => [On([4, 4]), On([5, 3]), On([2, 3, 2]), On([1, 1]), On([2, 0]) with { Awkward = true }];
}
