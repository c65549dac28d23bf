namespace Diff;

/// <summary>An op of matrices, the last two axes of its inputs; what is before them is a stack, each matrix on its own.</summary>
internal abstract record MatrixOp : Op {
    /// <summary>The type of a stack of matrices, of floats.</summary>
    protected TensorType Matrix(TensorType x) =>
        !x.DType.IsFloat() ? throw new DTypeException($"{Name} takes f32 or f64, not {x}.")
        : x.Shape.Rank < 2 ? throw new ShapeException($"{Name}: {x} is no matrix; it takes [.., n, n], the last two axes being rows and columns.")
        : x;

    /// <summary>The same, of square ones.</summary>
    protected TensorType Square(TensorType x) =>
        Matrix(x).Shape[^1] == x.Shape[^2] ? x : throw new ShapeException($"{Name}: {x} is not square: it has {x.Shape[^2]} rows and {x.Shape[^1]} columns.");

    /// <summary>The same with other last axes.</summary>
    protected static TensorType Ending(TensorType x, params ReadOnlySpan<int> last) => new(x.DType, Shape.Of([.. x.Shape.Span[..^2], .. last]));

    /// <summary>How many matrices there are in a stack.</summary>
    protected static int CountOf(Shape shape) {
        var count = 1;
        foreach (var d in shape.Span[..^2]) count *= d;
        return count;
    }

    /// <summary>Which matrix of the stack, for messages.</summary>
    protected static string Which(int i, int count) => count == 1 ? "the matrix" : $"matrix {i} of {count}";

    // Kernels compute in f64, where f32 takes no more than its conversion and loses nothing before the last rounding.

    protected static ReadOnlySpan<double> Read(View x) {
        var packed = x.Packed();
        if (x.DType == DType.F64) return packed.Span<double>();
        var wide = new double[x.Shape.Size];
        System.Numerics.Tensors.TensorPrimitives.ConvertSaturating(packed.Span<float>(), wide);
        return wide;
    }

    protected static Span<double> Room(View y) => y.DType == DType.F64 ? y.Span<double>() : new double[y.Shape.Size];

    protected static void Write(ReadOnlySpan<double> from, View y) {
        if (y.DType == DType.F64) return;
        var to = y.Span<float>();
        for (var i = 0; i < to.Length; i++) to[i] = (float)from[i];
    }

    /// <summary>A leading axis is one more of the stack's.</summary>
    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(this, Repeated(inputs, batched, size));

    /// <summary>The transpose of each matrix.</summary>
    protected static Tensor T(Tensor x) => x.SwapAxes(-1, -2);

    protected static Tensor Product(Tensor a, Tensor b) => Functions.MatMul(a, b);

    /// <summary>A constant that broadcasts along the stack.</summary>
    protected static Tensor Eye(Tensor like) => Functions.OnDiagonal(Graph.Fill(1, Ending(like.Type, like.Shape[^1])));

    /// <summary>Numbers drawn for a first input made a matrix that is well conditioned, positive definite where it is symmetric, and has
    /// eigenvalues and singular values far apart.</summary>
    protected static void Condition(int input, TensorType type, double[] values) {
        if (input > 0 || type.Shape.Rank < 2) return;
        var (m, n) = (type.Shape[^2], type.Shape[^1]);
        if (m * n == 0) return;
        for (var at = 0; at < values.Length; at += m * n)
            for (var i = 0; i < Math.Min(m, n); i++) values[at + i * n + i] += 3 + 3 * i;
    }

    /// <summary>A sample of such a matrix first.</summary>
    protected Sample On(params int[][] shapes) => new(this, [.. shapes.Select(s => new TensorType(DType.F64, Shape.Of(s)))], -0.5, 0.5, Prepare: Condition);
}

/// <summary>The triangle of each matrix on and below the diagonal (above, where upper), zeros elsewhere; Strict leaves the diagonal out.</summary>
internal sealed record TriangleOp(bool Lower, bool Strict = false) : UnaryLinearOp {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) =>
        inputs[0].Shape.Rank >= 2 ? [inputs[0]] : throw new ShapeException($"Triangle: {inputs[0]} is no matrix.");

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var (y, size) = (outputs[0], outputs[0].DType.Size());
        Strided.Copy(inputs[0], y);
        var bytes = y.Bytes;
        var (m, n) = (y.Shape[^2], y.Shape[^1]);
        for (var row = 0; n > 0 && row < y.Shape.Size / n; row++) {
            // Row i keeps columns 0 … i (or i … n − 1).
            var i = row % m;
            var (from, to) = Lower ? (Math.Min(n, Strict ? i : i + 1), n) : (0, Math.Min(n, Strict ? i + 1 : i));
            bytes[((row * n + from) * size)..((row * n + to) * size)].Clear();
        }
    }

    protected override Tensor Transpose(Tensor cotangent, TensorType input) => Graph.Apply(this, cotangent);

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(this, inputs);

    public override IEnumerable<Sample> Samples() =>
        from lower in new[] { true, false }
        from strict in new[] { true, false }
        from shape in new[] { Shape.Of(3, 3), Shape.Of(2, 3, 5), Shape.Of(4, 2) }
        select new Sample(new TriangleOp(lower, strict), [new(DType.F64, shape)]);
}
