using static Diff.Functions;

namespace Diff.Examples;

/// <summary>A Gaussian mixture of K components in D dimensions, as ADBench and GradBench have it.</summary>
/// <param name="Alpha">Logarithms of weights, up to a constant [K].</param>
/// <param name="Mu">Means [K, D].</param>
/// <param name="Icf">Inverse covariance factors [K, D + D(D−1)/2]: logarithms of the diagonal, then what is below it, column by column.</param>
public sealed record Gmm(Tensor Alpha, Tensor Mu, Tensor Icf) {
    /// <summary>What the mixture is fitted to: points [n, D] and the Wishart prior's γ and m.</summary>
    public sealed record Data(Tensor X, double Gamma, int M);

    /// <summary>The logarithm of the likelihood, and of the prior with ADBench's sign.</summary>
    public static Tensor Objective(Gmm p, Data data) => Objective(p, data, priorSign: 1);

    /// <summary>The same with a sign of the prior: ADBench adds it, GradBench, rightly, subtracts.</summary>
    public static Tensor Objective(Gmm p, Data data, int priorSign) {
        var (n, d, k) = (data.X.Shape[0], data.X.Shape[1], p.Alpha.Size);
        var q = Factors(p.Icf, d);
        var sums = p.Icf[.., ..d].Sum(-1);
        // Q_k(x_i − μ_k) for all k and i
        var distances = Einsum("kij,nkj->nki", q, data.X[.., NewAxis] - p.Mu).Square().Sum(-1);
        var fit = -n * d / 2.0 * Math.Log(2 * Math.PI) + LogSumExp(p.Alpha + sums - 0.5 * distances, -1).Sum() - n * LogSumExp(p.Alpha);
        var wishart = data.Gamma * data.Gamma / 2 * q.Square().Sum() - data.M * sums.Sum();
        return fit + priorSign * (wishart - k * Normalization(d, data.Gamma, data.M));
    }

    // Lower triangular Q_k [K, D, D] with diagonal exp(q_k): where element (i, j) is found among the parameters.
    static Tensor Factors(Tensor icf, int d) {
        var at = new int[d * d];
        for (var (j, next) = (0, d); j < d; j++)
            for (var i = j + 1; i < d; i++) at[i * d + j] = next++;
        var diagonal = Tensor.Eye(d, type: icf.DType);
        var lower = Tensor.Of([.. at.Select(a => a > 0 ? 1.0 : 0)]).Reshape(d, d);
        return icf[.., ..d].Exp()[.., NewAxis] * diagonal + icf.Take(Tensor.Ints(at), 1).Reshape(-1, d, d) * lower;
    }

    static double Normalization(int d, double gamma, int m) {
        var n = d + m + 1;
        var logGamma = d * (d - 1) / 4.0 * Math.Log(Math.PI) + Enumerable.Range(1, d).Sum(j => LogGamma(0.5 * (n + 1 - j)));
        return n * d * (Math.Log(gamma) - 0.5 * Math.Log(2)) - logGamma;
    }

    // Of halves of integers: Γ(x + 1) = x·Γ(x) from Γ(1) = 1 and Γ(½) = √π.
    static double LogGamma(double x) => x == 1 ? 0 : x == 0.5 ? 0.5 * Math.Log(Math.PI) : Math.Log(x - 1) + LogGamma(x - 1);

    /// <summary>Reads ADBench's file.</summary>
    public static (Gmm Parameters, Data Data) Read(string file) {
        var rows = NumberFile.Rows(file);
        var (d, k, n) = ((int)rows[0][0], (int)rows[0][1], (int)rows[0][2]);
        var points = rows[(1 + 3 * k)..^1];
        // Where all points are one point, it is there once.
        if (points.Length != n) points = [.. Enumerable.Range(0, n).Select(i => points[Math.Min(i, points.Length - 1)])];
        return (new(NumberFile.Vector(rows[1..(k + 1)]), NumberFile.Matrix(rows[(k + 1)..(2 * k + 1)]), NumberFile.Matrix(rows[(2 * k + 1)..(3 * k + 1)])),
            new(NumberFile.Matrix(points), rows[^1][0], (int)rows[^1][1]));
    }

    /// <summary>A problem of ADBench's kind, drawn: n points in d dimensions, k components.</summary>
    public static (Gmm Parameters, Data Data) Draw(Key key, int d, int k, int n) {
        var (ka, km, ki, kx) = key.Split();
        return (new(ka.Normal(DType.F64, k), km.Uniform(DType.F64, k, d), ki.Normal(DType.F64, k, d + d * (d - 1) / 2)), new(kx.Normal(DType.F64, n, d), 1, 0));
    }
}
