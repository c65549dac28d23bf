using System.Runtime.CompilerServices;
using static Diff.Functions;

namespace Diff;

/// <summary>What a least-squares method found.</summary>
/// <typeparam name="P">The parameters: a tensor or a tree of them.</typeparam>
/// <param name="Params">Where the sum of squares is least.</param>
/// <param name="SumOfSquares">Of the residuals there.</param>
/// <param name="Steps">Jacobians computed.</param>
/// <param name="Converged">Whether the tolerance was met; else the steps ran out, or no step lowered the sum.</param>
public sealed record LeastSquaresFit<P>(P Params, double SumOfSquares, int Steps, bool Converged);

public static partial class Optimizers {
    /// <summary>The parameters that make the sum of squared residuals least, by Levenberg–Marquardt: Gauss–Newton steps, shortened
    /// towards the gradient's direction while they do not help.</summary>
    /// <typeparam name="P">The parameters: a tensor or a tree of them (a record, a tuple …); f64 for more than six digits.</typeparam>
    /// <param name="residuals">Parameters → what should be zero, of any shape: prediction − data.</param>
    /// <param name="start">Where to start.</param>
    /// <param name="tolerance">It ends when a step changes the parameters relatively by less, or residuals and Jacobian's columns are orthogonal to it (cosine).</param>
    /// <param name="maxSteps">At most so many Jacobians.</param>
    /// <remarks>Each step solves min ‖[J; √μ·D]·δ + [r; 0]‖ by QR, which keeps the digits that JᵀJ would lose; D holds the largest norms of J's
    /// columns so far (Moré 1978), so that units do not matter; μ follows the gain ratio (Nielsen 1999). SciPy's <c>least_squares(method='lm')</c>.
    /// <example><code>
    /// var fit = LevenbergMarquardt(b => b[0] * (1 - Exp(-b[1] * x)) - y, [500, 1e-4]);
    /// </code></example></remarks>
    /// <exception cref="GradientException">The parameters have no float.</exception>
    /// <exception cref="LostDerivativeException">It is called on what another transform differentiates: it looks at values.</exception>
    /// <exception cref="DomainException">The tolerance is negative.</exception>
    public static LeastSquaresFit<P> LevenbergMarquardt<P>(Func<P, Tensor> residuals, P start, double tolerance = 1e-10, int maxSteps = 200) {
        var problem = new Residuals<P>(residuals, start.Given(), tolerance);
        var p = problem.Start;
        var (r, sum) = problem.At(p);
        var (damping, growth, steps, scale) = (1e-3, 2.0, 0, (Tensor?)null);
        while (steps < maxSteps && double.IsFinite(sum)) {
            var j = problem.Jacobian(p, r.Size);
            steps++;
            scale = Scale(j, scale);
            if (IsOrthogonal(j, r, tolerance)) return problem.Fit(p, sum, steps, true);
            while (true) {
                var root = Math.Sqrt(damping);
                var step = Lstsq(Concat([j, Diag(scale * root)]), Concat([-r, Tensor.ZerosLike(scale)]));
                var next = p + step;
                var (nextR, nextSum) = problem.At(next);
                var (change, length) = (Length(j.MatMul(step)), Length(scale * step));
                var promised = change * change + 2 * damping * length * length;
                var gain = (sum - nextSum) / promised;
                var small = length <= tolerance * Length(scale * p) || promised <= 1e-15 * sum;
                // Not where either is NaN.
                if (nextSum <= sum) {
                    (p, r, sum) = (next, nextR, nextSum);
                    (damping, growth) = (damping * Math.Max(1.0 / 3, 1 - Math.Pow(2 * gain - 1, 3)), 2);
                    if (small) return problem.Fit(p, sum, steps, true);
                    break;
                }
                if (small) return problem.Fit(p, sum, steps, true);
                (damping, growth) = (damping * growth, growth * 2);
                if (!double.IsFinite(damping) || damping > 1e100) return problem.Fit(p, sum, steps, false);
            }
        }
        return problem.Fit(p, sum, steps, false);
    }

    /// <inheritdoc cref="LevenbergMarquardt{P}(Func{P, Tensor}, P, double, int)"/>
    [OverloadResolutionPriority(1)]
    public static LeastSquaresFit<Tensor> LevenbergMarquardt(Func<Tensor, Tensor> residuals, Tensor start, double tolerance = 1e-10, int maxSteps = 200) =>
        LevenbergMarquardt<Tensor>(residuals, start, tolerance, maxSteps);

    /// <summary>The same by Gauss–Newton: p ← p − t·J⁺·r, t halved while the sum would grow. Fewer steps than Levenberg–Marquardt near a
    /// solution, none at all where the Jacobian's rank is not full.</summary>
    /// <exception cref="DomainException">The columns of a Jacobian are dependent.</exception>
    /// <inheritdoc cref="LevenbergMarquardt{P}(Func{P, Tensor}, P, double, int)"/>
    public static LeastSquaresFit<P> GaussNewton<P>(Func<P, Tensor> residuals, P start, double tolerance = 1e-10, int maxSteps = 200) {
        var problem = new Residuals<P>(residuals, start.Given(), tolerance);
        var p = problem.Start;
        var (r, sum) = problem.At(p);
        for (var steps = 1; steps <= maxSteps && double.IsFinite(sum); steps++) {
            var j = problem.Jacobian(p, r.Size);
            if (IsOrthogonal(j, r, tolerance)) return problem.Fit(p, sum, steps, true);
            var (step, scale) = (Lstsq(j, -r), Scale(j, null));
            while (true) {
                var (nextR, nextSum) = problem.At(p + step);
                var small = Length(scale * step) <= tolerance * Length(scale * p);
                if (nextSum <= sum) (p, r, sum) = (p + step, nextR, nextSum);
                else if (!small) {
                    step *= 0.5;
                    continue;
                }
                if (small) return problem.Fit(p, sum, steps, true);
                break;
            }
        }
        return problem.Fit(p, sum, maxSteps, false);
    }

    /// <inheritdoc cref="GaussNewton{P}(Func{P, Tensor}, P, double, int)"/>
    [OverloadResolutionPriority(1)]
    public static LeastSquaresFit<Tensor> GaussNewton(Func<Tensor, Tensor> residuals, Tensor start, double tolerance = 1e-10, int maxSteps = 200) =>
        GaussNewton<Tensor>(residuals, start, tolerance, maxSteps);

    static double Length(Tensor x) => x.Norm().Item();

    static Tensor Diag(Tensor x) => Tensor.Eye(x.Size, type: x.DType) * x;

    // The largest norm of each column so far; 1 for a column of zeros.
    static Tensor Scale(Tensor j, Tensor? before) {
        var norms = j.Norm(0);
        var largest = before is null ? norms : Max(norms, before);
        return Where(largest.Eq(0), 1, largest);
    }

    // The cosine of the angle between the residuals and each of the Jacobian's columns.
    static bool IsOrthogonal(Tensor j, Tensor r, double tolerance) =>
        (r.MatMul(j) / Scale(j, null)).Abs().Max().Item() <= tolerance * Length(r);

    /// <summary>A function of a tree as one of a vector: what linear algebra needs.</summary>
    sealed class Residuals<P> {
        readonly Func<P, Tensor> f;
        readonly P like;
        readonly Tensor[] parameters;

        public Residuals(Func<P, Tensor> f, P start, double tolerance) {
            (this.f, like, parameters) = (f.Given("residuals", "Least squares"), start, Tree.Parameters(start));
            tolerance.AtLeast(0, function: "Least squares");
            if (parameters.Length == 0) throw new GradientException("Least squares: the parameters have no float.");
            Start = Concat([.. parameters.Select(x => x.Reshape(-1))]);
        }

        public Tensor Start { get; }

        public (Tensor Values, double SumOfSquares) At(Tensor p) => Flat(p) is var r ? (r, r.Square().Sum().Item()) : default;

        // Tangents for each parameter, or a pullback for each residual, whichever are fewer.
        public Tensor Jacobian(Tensor p, int residuals) => p.Size <= residuals ? JacobianForward(Flat, p) : JacobianReverse(Flat, p);

        public LeastSquaresFit<P> Fit(Tensor p, double sum, int steps, bool converged) => new(Rebuild(p), sum, steps, converged);

        Tensor Flat(Tensor p) => f(Rebuild(p)).Reshape(-1);

        P Rebuild(Tensor p) {
            var at = 0;
            var parts = new Queue<Tensor>(parameters.Select(x => p[at..(at += x.Size)].Reshape(x.Shape.ToArray()).To(x.DType)));
            return Tree.Map(_ => parts.Dequeue(), like);
        }
    }
}
