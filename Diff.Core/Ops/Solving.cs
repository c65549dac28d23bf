namespace Diff;

/// <summary>Cholesky's L, lower triangular with A = L·Lᵀ, of the symmetric matrices whose lower triangles are given.</summary>
internal sealed record CholeskyOp : MatrixOp {
    public static readonly CholeskyOp Op = new();

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [Square(inputs[0])];

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var a = Read(inputs[0]);
        var l = Room(outputs[0]);
        var (n, count) = (inputs[0].Shape[^1], CountOf(inputs[0].Shape));
        for (var i = 0; i < count; i++)
            if (Elimination.Cholesky(a[(i * n * n)..], n, l[(i * n * n)..]) is var row && row >= 0)
                throw new DomainException($"Cholesky: {Which(i, count)} of {inputs[0].Type} is not positive definite, found at row {row}. If it should be, rounding may have made it so: add a small multiple of the identity.");
        Write(l, outputs[0]);
    }

    // dL = L·Φ(L⁻¹·dA·L⁻ᵀ), Φ the lower triangle with half of the diagonal (Murray 2016).
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (l, lower) = (outputs[0], Graph.Apply(new TriangleOp(true), tangents[0]!));
        var symmetric = lower + T(Graph.Apply(new TriangleOp(true, Strict: true), tangents[0]!));
        var solve = new TriangularSolveOp(true, false, false);
        var inner = Graph.Apply(solve, l, T(Graph.Apply(solve, l, symmetric)));
        return [Product(l, (Graph.Apply(new TriangleOp(true), inner) + Graph.Apply(new TriangleOp(true, Strict: true), inner)) * 0.5)];
    }

    public override IEnumerable<Sample> Samples() => [On([4, 4]), On([2, 3, 3]), On([1, 1]), On([0, 0]) with { Awkward = true }];
}

/// <summary>X with T·X = B, T a triangle of A (or its transpose); the other triangle is not looked at, with Unit neither is the diagonal.</summary>
internal sealed record TriangularSolveOp(bool Lower, bool Transposed, bool Unit) : MatrixOp {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [SolveOp.Check(Name, Square(inputs[0]), Matrix(inputs[1]))];

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var a = Read(inputs[0]);
        var b = Read(inputs[1]);
        var x = Room(outputs[0]);
        var (n, m, count) = (inputs[1].Shape[^2], inputs[1].Shape[^1], CountOf(inputs[0].Shape));
        b.CopyTo(x);
        for (var i = 0; i < count; i++)
            if (Elimination.Solve(a[(i * n * n)..], n, x[(i * n * m)..], m, Lower, Transposed, Unit) is var row && row >= 0)
                throw new DomainException($"TriangularSolve: {Which(i, count)} of {inputs[0].Type} is singular: its diagonal is 0 at row {row}.");
        Write(x, outputs[0]);
    }

    // T·dX = dB − dT·X
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var change = tangents[1];
        if (tangents[0] is { } da) {
            var triangle = Graph.Apply(new TriangleOp(Lower, Strict: Unit), da);
            var product = Product(Transposed ? T(triangle) : triangle, outputs[0]);
            change = change is null ? -product : change - product;
        }
        return [Graph.Apply(this, inputs[0], change!)];
    }

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) =>
        linear is [false, true] ? [null, Graph.Apply(this with { Transposed = !Transposed }, inputs[0], cotangents[0]!)] : throw NotLinear();

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => SolveOp.Batch(this, inputs, batched) ?? base.Batch(inputs, batched, size);

    public override IEnumerable<Sample> Samples() =>
        from lower in new[] { true, false }
        from transposed in new[] { true, false }
        from unit in new[] { true, false }
        let op = new TriangularSolveOp(lower, transposed, unit)
        from sample in new[] { op.On([4, 4], [4, 2]), op.On([2, 3, 3], [2, 3, 1]), op.On([2, 2], [2, 0]) }
        select sample;
}

/// <summary>X with A·X = B, or Aᵀ·X = B.</summary>
internal sealed record SolveOp(bool Transposed) : MatrixOp {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [Check(Name, Square(inputs[0]), Matrix(inputs[1]))];

    /// <summary>The type of X.</summary>
    public static TensorType Check(string name, TensorType a, TensorType b) =>
        a.DType != b.DType ? throw new DTypeException($"{name}: {a} and {b} have different dtypes.")
        : a.Shape[^1] != b.Shape[^2] ? throw new ShapeException($"{name}: {a} has {a.Shape[^1]} rows, the right-hand side {b} has {b.Shape[^2]}.")
        : !a.Shape.Span[..^2].SequenceEqual(b.Shape.Span[..^2]) ? throw new ShapeException($"{name}: {a} and {b} are stacks of different shapes.")
        : b;

    /// <summary>Many right-hand sides of one matrix are one with many columns. Null where the matrices are many, too.</summary>
    public static Tensor[]? Batch(Op op, Tensor[] inputs, bool[] batched) {
        if (batched is not [false, true]) return null;
        var b = inputs[1].MoveAxis(0, -2);
        var x = Graph.Apply(op, inputs[0], b.Flatten(b.Rank - 2, b.Rank));
        return [x.ReshapeTo(b.Shape).MoveAxis(-2, 0)];
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var a = Read(inputs[0]);
        var b = Read(inputs[1]);
        var x = Room(outputs[0]);
        var (n, m, count) = (inputs[1].Shape[^2], inputs[1].Shape[^1], CountOf(inputs[0].Shape));
        for (var i = 0; i < count; i++)
            if (Elimination.Solve(a[(i * n * n)..], n, b[(i * n * m)..], m, Transposed, x[(i * n * m)..]) is var column && column >= 0)
                throw new DomainException($"Solve: {Which(i, count)} of {inputs[0].Type} is singular: column {column} depends on the columns before it. Add a small multiple of the identity, or solve by Svd without the singular values that are 0.");
        Write(x, outputs[0]);
    }

    // A·dX = dB − dA·X
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var change = tangents[1];
        if (tangents[0] is { } da) {
            var product = Product(Transposed ? T(da) : da, outputs[0]);
            change = change is null ? -product : change - product;
        }
        return [Graph.Apply(this, inputs[0], change!)];
    }

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) =>
        linear is [false, true] ? [null, Graph.Apply(new SolveOp(!Transposed), inputs[0], cotangents[0]!)] : throw NotLinear();

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Batch(this, inputs, batched) ?? base.Batch(inputs, batched, size);

    public override IEnumerable<Sample> Samples() =>
        from transposed in new[] { true, false }
        let op = new SolveOp(transposed)
        from sample in new[] { op.On([4, 4], [4, 2]), op.On([2, 3, 3], [2, 3, 1]), op.On([2, 2], [2, 0]) }
        select sample;
}

/// <summary>The determinants of a stack of matrices.</summary>
internal sealed record DetOp : MatrixOp {
    public static readonly DetOp Op = new();

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [Ending(Square(inputs[0]))];

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var a = Read(inputs[0]);
        var y = Room(outputs[0]);
        var n = inputs[0].Shape[^1];
        for (var i = 0; i < y.Length; i++) y[i] = Elimination.Determinant(a[(i * n * n)..], n);
        Write(y, outputs[0]);
    }

    // d det A = tr(adj(A)·dA), singular or not.
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        [(T(Graph.Apply(AdjugateOp.Op, inputs[0])) * tangents[0]!).Sum(-2, -1)];

    public override IEnumerable<Sample> Samples() => [On([4, 4]), On([2, 3, 3]), On([1, 1]), On([0, 0]) with { Awkward = true }];
}

/// <summary>The transposed cofactors: adj(A)·A = det(A)·1, defined for singular matrices, too. Their derivative is not, here.</summary>
internal sealed record AdjugateOp : MatrixOp {
    public static readonly AdjugateOp Op = new();

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [Square(inputs[0])];

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var a = Read(inputs[0]);
        var y = Room(outputs[0]);
        var (n, count) = (inputs[0].Shape[^1], CountOf(inputs[0].Shape));
        for (var i = 0; i < count; i++) Elimination.Adjugate(a[(i * n * n)..], n, y[(i * n * n)..]);
        Write(y, outputs[0]);
    }

    // From adj(A)·A = det(A)·1: d adj(A) = (tr(adj(A)·dA)·1 − adj(A)·dA)·A⁻¹
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var product = Product(outputs[0], tangents[0]!);
        var left = Eye(product) * Functions.Trace(product)[Slice.Rest, Slice.NewAxis, Slice.NewAxis] - product;
        return [T(Graph.Apply(new SolveOp(Transposed: true), inputs[0], T(left)))];
    }

    public override IEnumerable<Sample> Samples() => [On([4, 4]), On([2, 3, 3]), On([1, 1]), On([0, 0]) with { Awkward = true }];
}

/// <summary>The sign of the determinant and the logarithm of its magnitude, which does not overflow.</summary>
internal sealed record SlogDetOp : MatrixOp {
    public static readonly SlogDetOp Op = new();

    public override int Outputs => 2;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => Ending(Square(inputs[0])) is var y ? [y, y] : [];

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var a = Read(inputs[0]);
        var sign = Room(outputs[0]);
        var log = Room(outputs[1]);
        var n = inputs[0].Shape[^1];
        for (var i = 0; i < sign.Length; i++) (sign[i], log[i]) = Elimination.LogDeterminant(a[(i * n * n)..], n);
        Write(sign, outputs[0]);
        Write(log, outputs[1]);
    }

    // d ln|det A| = tr(A⁻¹·dA)
    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        [null, (Graph.Apply(new SolveOp(Transposed: true), inputs[0], Eye(inputs[0])) * tangents[0]!).Sum(-2, -1)];

    public override IEnumerable<Sample> Samples() => [On([4, 4]), On([2, 3, 3]), On([1, 1]), On([0, 0]) with { Awkward = true }];
}
