namespace Diff.Benchmarks;

/// <summary>Every function of one f32 that PyTorch has too, on 1 M numbers (memory) and on 16 k (cache).</summary>
static class UnaryFunctions {
    // Each on numbers of its domain: between −8 and 8 where there is no other.
    static readonly (string Name, Func<Tensor, Tensor> F, double Low, double High)[] functions = [
        ("neg", Neg, -8, 8), ("abs", Abs, -8, 8), ("sign", Sign, -8, 8), ("square", Square, -8, 8), ("reciprocal", Reciprocal, 0.1, 8),
        ("exp", Exp, -8, 8), ("exp2", Exp2, -8, 8), ("expm1", Expm1, -8, 8),
        ("log", Log, 0.01, 8), ("log2", Log2, 0.01, 8), ("log10", Log10, 0.01, 8), ("log1p", Log1p, -0.9, 8), ("sqrt", Sqrt, 0, 8), ("rsqrt", Rsqrt, 0.01, 8),
        ("sin", Sin, -8, 8), ("cos", Cos, -8, 8), ("tan", Tan, -8, 8), ("asin", Asin, -1, 1), ("acos", Acos, -1, 1), ("atan", Atan, -8, 8),
        ("sinh", Sinh, -8, 8), ("cosh", Cosh, -8, 8), ("tanh", Tanh, -8, 8), ("asinh", Asinh, -8, 8), ("acosh", Acosh, 1, 8), ("atanh", Atanh, -1, 1),
        ("erf", Erf, -4, 4), ("erfc", Erfc, -4, 4), ("erfinv", ErfInv, -1, 1),
        ("floor", Floor, -8, 8), ("ceil", Ceil, -8, 8), ("round", Round, -8, 8), ("trunc", Trunc, -8, 8),
        ("isnan", IsNaN, -8, 8), ("isinf", IsInf, -8, 8), ("isfinite", IsFinite, -8, 8),
        ("relu", Relu, -8, 8), ("relu6", Relu6, -8, 8), ("leakyrelu", LeakyRelu, -8, 8), ("elu", Elu, -8, 8), ("celu", Celu, -8, 8), ("selu", Selu, -8, 8),
        ("gelu", Gelu, -8, 8), ("gelutanh", GeluTanh, -8, 8), ("sigmoid", Sigmoid, -8, 8), ("softplus", Softplus, -8, 8), ("silu", Silu, -8, 8), ("mish", Mish, -8, 8),
        ("softsign", Softsign, -8, 8), ("hardtanh", HardTanh, -8, 8), ("hardsigmoid", HardSigmoid, -8, 8), ("hardswish", HardSwish, -8, 8),
    ];

    public static readonly Workload[] All = [.. functions.SelectMany(f => new[] { Of(f, 1 << 20, ""), Of(f, 1 << 14, "-16k") })];

    static Workload Of((string Name, Func<Tensor, Tensor> F, double Low, double High) f, int n, string size) =>
        Workload.Function($"unary-{f.Name}{size}", new(0, (f.Name.StartsWith("is") ? 5.0 : 8.0) * n), () => (Key.Of(0).Uniform(n) * (f.High - f.Low) + f.Low, f.F));
}
