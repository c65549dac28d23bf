using System.Globalization;

namespace Diff.Tests.Benchmarks;

/// <summary>Gaussian mixture with a Wishart prior (ADBench): parameters of K components in D dimensions.</summary>
/// <param name="Alpha">Log-weights [K].</param>
/// <param name="Mu">Means [K, D].</param>
/// <param name="Icf">Inverse covariance factors [K, D + D(D−1)/2]: logarithms of the diagonal, then what is below it, column by column.</param>
sealed record Gmm(Tensor Alpha, Tensor Mu, Tensor Icf);

/// <summary>What the mixture is fitted to: points [n, D] and the prior's γ and m.</summary>
sealed record GmmData(Tensor X, double Gamma, int M);

/// <summary>ADBench's LSTM: 4b weights and 4b biases in each of l layers; in-weight, out-weight and out-bias [3, b].</summary>
sealed record Lstm(Tensor Main, Tensor Extra);

/// <summary>ADBench's objectives, by the formulas of shared/data/README.md, and readers of their inputs.</summary>
static class AdBench {
    /// <summary>The logarithm of the likelihood and of the prior, which ADBench adds with the wrong sign and GradBench with the right one.</summary>
    public static Tensor Objective(Gmm p, GmmData data, int priorSign) {
        var (n, d, k) = (data.X.Shape[0], data.X.Shape[1], p.Alpha.Size);
        var q = Factors(p.Icf, d);
        var sums = p.Icf[.., ..d].Sum(-1);
        // Q_k(x_i − μ_k) for all k and i
        var distances = Einsum("kij,nkj->nki", q, data.X[.., NewAxis] - p.Mu).Square().Sum(-1);
        var fit = -n * d / 2.0 * Math.Log(2 * Math.PI) + LogSumExp(p.Alpha + sums - 0.5 * distances, -1).Sum() - n * LogSumExp(p.Alpha);
        var wishart = data.Gamma * data.Gamma / 2 * q.Square().Sum() - data.M * sums.Sum();
        return fit + priorSign * (wishart - k * Normalization(d, data.Gamma, data.M));
    }

    /// <summary>As ADBench has it.</summary>
    public static Tensor Objective(Gmm p, GmmData data) => Objective(p, data, priorSign: 1);

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

    /// <summary>The mean loss of predicting each character's bits from those before it.</summary>
    public static Tensor Objective(Lstm p, Tensor state, Tensor sequence) {
        var (c, b) = (sequence.Shape[0], sequence.Shape[1]);
        var layers = p.Main.Shape[0] / 2;
        var weights = p.Main.Reshape(layers, 2, 4, b);
        var (h, cell) = (new Tensor[layers], new Tensor[layers]);
        for (var l = 0; l < layers; l++) (h[l], cell[l]) = (state[2 * l], state[2 * l + 1]);
        var outputs = new Tensor[c - 1];
        for (var t = 0; t < outputs.Length; t++) {
            var x = sequence[t] * p.Extra[0];
            for (var l = 0; l < layers; l++) {
                var (w, bias) = (weights[l, 0], weights[l, 1]);
                var forget = Sigmoid(x * w[0] + bias[0]);
                var ingate = Sigmoid(h[l] * w[1] + bias[1]);
                var outgate = Sigmoid(x * w[2] + bias[2]);
                var change = Tanh(h[l] * w[3] + bias[3]);
                cell[l] = cell[l] * forget + ingate * change;
                x = h[l] = outgate * Tanh(cell[l]);
            }
            outputs[t] = x;
        }
        var y = Stack(outputs) * p.Extra[1] + p.Extra[2];
        var predicted = y - Log(2 + Exp(y).Sum(-1))[.., NewAxis];
        return -(sequence[1..] * predicted).Sum() / ((c - 1) * b);
    }

    /// <summary>The error of one observation [2]: a camera [11] projects a point [3], compared with a feature [2] and weighted.</summary>
    public static Tensor Reprojection(Tensor camera, Tensor point, Tensor weight, Tensor feature) {
        var x = Rodrigues(camera[..3], point - camera[3..6]);
        var u = x[..2] / x[2];
        var square = u.Square().Sum();
        var distorted = u * (1 + camera[9] * square + camera[10] * square.Square());
        return weight * (camera[6] * distorted + camera[7..9] - feature);
    }

    static Tensor Rodrigues(Tensor r, Tensor x) {
        var angle = r.Norm();
        var axis = r / angle;
        return x * Cos(angle) + Cross(axis, x) * Sin(angle) + axis * (Dot(axis, x) * (1 - Cos(angle)));
    }

    static Tensor Cross(Tensor a, Tensor b) => Stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]);

    public static (Gmm, GmmData) ReadGmm(string file) {
        var rows = Rows(file);
        var (d, k, n) = ((int)rows[0][0], (int)rows[0][1], (int)rows[0][2]);
        var points = rows[(1 + 3 * k)..^1];
        // Where all points are one point, it is there once.
        if (points.Length != n) points = [.. Enumerable.Range(0, n).Select(i => points[Math.Min(i, points.Length - 1)])];
        return (new(Vector(rows[1..(k + 1)]), Matrix(rows[(k + 1)..(2 * k + 1)]), Matrix(rows[(2 * k + 1)..(3 * k + 1)])), new(Matrix(points), rows[^1][0], (int)rows[^1][1]));
    }

    public static (Lstm, Tensor State, Tensor Sequence) ReadLstm(string file) {
        var rows = Rows(file);
        var layers = (int)rows[0][0];
        rows = rows[1..];
        return (new(Matrix(rows[..(2 * layers)]), Matrix(rows[(2 * layers)..(2 * layers + 3)])), Matrix(rows[(2 * layers + 3)..(4 * layers + 3)]), Matrix(rows[(4 * layers + 3)..]));
    }

    public static double[][] Rows(string file) =>
        [.. File.ReadLines(DataFolder.File(file)).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(l => l.Length > 0).Select(l => l.Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray())];

    public static Tensor Vector(IEnumerable<double[]> rows) => Tensor.Of([.. rows.SelectMany(r => r)]);

    public static Tensor Matrix(double[][] rows) => Vector(rows).Reshape(rows.Length, -1);
}
