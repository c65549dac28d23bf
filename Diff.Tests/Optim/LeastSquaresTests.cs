using System.Globalization;
using System.Text.RegularExpressions;

namespace Diff.Tests.Optim;

/// <summary>Nonlinear least squares on NIST's certified problems, and on what has a closed form.</summary>
public partial class LeastSquaresTests {
    static readonly Dictionary<string, Func<Tensor, Tensor, Tensor>> models = new() {
        ["Misra1a"] = (b, x) => b[0] * (1 - Exp(-b[1] * x)),
        ["Misra1b"] = (b, x) => b[0] * (1 - (1 + b[1] * x / 2).Pow(-2)),
        ["Chwirut1"] = (b, x) => Exp(-b[0] * x) / (b[1] + b[2] * x),
        ["Chwirut2"] = (b, x) => Exp(-b[0] * x) / (b[1] + b[2] * x),
        ["DanWood"] = (b, x) => b[0] * Pow(x, b[1]),
        ["Gauss1"] = Gauss,
        ["Gauss2"] = Gauss,
        ["Lanczos3"] = (b, x) => b[0] * Exp(-b[1] * x) + b[2] * Exp(-b[3] * x) + b[4] * Exp(-b[5] * x),
    };

    static Tensor Gauss(Tensor b, Tensor x) =>
        b[0] * Exp(-b[1] * x) + b[2] * Exp(-((x - b[3]) / b[4]).Square()) + b[5] * Exp(-((x - b[6]) / b[7]).Square());

    [DataFact("nist-strd")]
    public void NIST_certifies_eight_fits_from_both_starts() {
        var report = new List<string>();
        foreach (var (name, model) in models) {
            var problem = Problem.Read(name);
            foreach (var (start, which) in new[] { (problem.Start1, 1), (problem.Start2, 2) }) {
                var fit = LevenbergMarquardt(b => model(b, problem.X) - problem.Y, start);
                var digits = fit.Params.Doubles().Zip(problem.Certified, Digits).Min();
                report.Add(FormattableString.Invariant($"{name} from start {which}: {digits:F1} digits in {fit.Steps} steps, sum of squares to {Digits(fit.SumOfSquares, problem.SumOfSquares):F1}"));
                Assert.True(fit.Converged, report[^1]);
                Assert.True(digits >= 6, report[^1]);
            }
        }
        File.WriteAllLines(Path.Combine(AppContext.BaseDirectory, "nist.txt"), report);
    }

    static double Digits(double found, double certified) => Math.Min(11, -Math.Log10(Math.Abs(found - certified) / Math.Abs(certified)));

    sealed partial record Problem(Tensor X, Tensor Y, Tensor Start1, Tensor Start2, double[] Certified, double SumOfSquares) {
        public static Problem Read(string name) {
            var lines = File.ReadAllLines(DataFolder.File($"nist-strd/{name}.dat"));
            var parameters = lines.Select(l => Parameter().Match(l)).Where(m => m.Success).Select(m => Numbers(m.Groups[1].Value)).ToArray();
            var sum = double.Parse(lines.First(l => l.StartsWith("Residual Sum of Squares:"))[24..], CultureInfo.InvariantCulture);
            var data = lines[(Array.FindLastIndex(lines, l => l.StartsWith("Data:")) + 1)..].Select(Numbers).Where(n => n.Length == 2).ToArray();
            Tensor Column(double[][] rows, int i) => Tensor.Of([.. rows.Select(r => r[i])]);
            return new(Column(data, 1), Column(data, 0), Column(parameters, 0), Column(parameters, 1), [.. parameters.Select(p => p[2])], sum);
        }

        static double[] Numbers(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => double.Parse(n, CultureInfo.InvariantCulture))];

        [GeneratedRegex(@"^\s*b\d+ =(( +\S+){4})\s*$")]
        private static partial Regex Parameter();
    }

    sealed record Line(Tensor Slope, Tensor[] Rest, int Degree);

    [Fact]
    public void Trees_are_fitted_as_they_are() {
        var x = Tensor.Linspace(0, 1, 9, DType.F64);
        var y = 3 * x - 2;
        var fit = LevenbergMarquardt(p => p.Slope * x + p.Rest[0] - y, new Line(1.0, [0.5], 1));
        Assert.True(fit.Converged);
        Assert.Equal(3, fit.Params.Slope.Item(), 1e-12);
        Assert.Equal(-2, fit.Params.Rest[0].Item(), 1e-12);
        Assert.Equal(1, fit.Params.Degree);
        var (slope, shift) = GaussNewton(p => p.Item1 * x + p.Item2 - y, (Tensor.Scalar(0.0), Tensor.Scalar(0.0))).Params;
        Assert.Equal((3, -2), (Math.Round(slope.Item(), 12), Math.Round(shift.Item(), 12)));
    }

    [Fact]
    public void Rosenbrock_is_two_residuals() {
        static Tensor Residuals(Tensor p) => Stack([1 - p[0], 10 * (p[1] - p[0].Square())]);
        foreach (var fit in new[] { LevenbergMarquardt(Residuals, [-1.2, 1]), GaussNewton(Residuals, [-1.2, 1]) }) {
            Assert.True(fit.Converged);
            Near.Assert([1, 1], fit.Params, 1e-10);
            Assert.InRange(fit.Steps, 1, 60);
        }
    }

    [Fact]
    public void Units_do_not_matter_and_f32_stays_f32() {
        var x = Tensor.Linspace(0, 1, 20, DType.F64);
        Func<Tensor, Tensor> ByUnit(double unit) => p => p[0] * Exp(p[1] * (unit * x)) - 2 * Exp(-x);
        var (small, large) = (LevenbergMarquardt(ByUnit(1e6), [1, 0]), LevenbergMarquardt(ByUnit(1), [1, 0]));
        Assert.Equal(large.Steps, small.Steps);
        Assert.Equal(-1e-6, small.Params[1].Item(), 1e-15);
        var single = LevenbergMarquardt(p => p[0] * Exp(p[1] * x.To(DType.F32)) - 2 * Exp(-x.To(DType.F32)), Tensor.Of(1, 0).To(DType.F32), tolerance: 1e-5);
        Assert.Equal(DType.F32, single.Params.DType);
        Near.Assert([2, -1], single.Params, 1e-5);
    }

    [Fact]
    public void What_cannot_be_fitted_ends_and_says_so() {
        // More parameters than residuals, dependent columns, a column of zeros, NaN on the way.
        var wide = LevenbergMarquardt(p => p.Sum() - 3, Tensor.Zeros(DType.F64, 4));
        Assert.Equal(0, wide.SumOfSquares, 1e-18);
        var flat = LevenbergMarquardt(p => p[0] * Tensor.Of(1, 2) + 0 * p[1] - Tensor.Of(1, 2), [0, 7]);
        Near.Assert([1, 7], flat.Params, 1e-10);
        var edge = LevenbergMarquardt(p => Log(p) - 3, [1e-3]);
        Assert.Equal(Math.Exp(3), edge.Params[0].Item(), 1e-6);
        Assert.False(LevenbergMarquardt(p => Log(p), [-1.0]).Converged);
        Assert.False(LevenbergMarquardt(p => Exp(-p), [0.0], maxSteps: 5).Converged);
        Assert.Throws<DomainException>(() => GaussNewton(p => p[0] * Tensor.Of(1, 2) + 0 * p[1] - Tensor.Of(2, 5), [1, 1]));
        Assert.Throws<GradientException>(() => LevenbergMarquardt(p => p.To(DType.F64), Tensor.Ints(1)));
    }
}
