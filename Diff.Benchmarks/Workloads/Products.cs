namespace Diff.Benchmarks;

/// <summary>Products of matrices: squares, and the shapes of networks with those of their derivatives.</summary>
static class Products {
    public static readonly Workload[] All = [
        .. new[] { 32, 64, 128, 256, 512, 1024, 2048 }.Select(n => Product(DType.F32, n, n, n)),
        Product(DType.F64, 1024, 1024, 1024),
        // The two-layer network: x·W, xᵀ·g, g·Wᵀ.
        Product(DType.F32, 64, 1000, 100), Product(DType.F32, 1000, 64, 100, 't', 'n'), Product(DType.F32, 64, 100, 1000, 'n', 't'),
        // The perceptron.
        Product(DType.F32, 256, 1024, 1024), Product(DType.F32, 1024, 256, 1024, 't', 'n'), Product(DType.F32, 256, 1024, 1024, 'n', 't'),
        // The transformer's perceptron, and the convolutional network's first dense layer.
        Product(DType.F32, 768, 128, 512), Product(DType.F32, 64, 400, 120),
    ];

    // [m, k]·[k, n]; 't' for one that lies transposed in memory.
    static Workload Product(DType type, int m, int k, int n, char left = 'n', char right = 'n') {
        var sizes = (m, k, n) is var (a, b, c) && a == b && b == c ? $"{m}" : $"{m}x{k}x{n}";
        var form = (left, right) is ('n', 'n') ? "" : $"-{left}{right}";
        return Workload.Function<(Tensor A, Tensor B), Tensor>($"gemm-{type.Name()}-{sizes}{form}", new(2.0 * m * n * k, type.Size() * ((double)m * k + (double)k * n + (double)m * n), type == DType.F64), () => {
            var (ka, kb) = Key.Of(0).Split();
            var at = (left == 'n' ? ka.Normal(type, m, k) : ka.Normal(type, k, m), right == 'n' ? kb.Normal(type, k, n) : kb.Normal(type, n, k));
            return (at, p => (left == 'n' ? p.A : p.A.T).MatMul(right == 'n' ? p.B : p.B.T));
        }) with {
            OpenBlas = () => Benchmarks.OpenBlas.Product(type, m, k, n, left == 't', right == 't'),
        };
    }
}
