namespace Diff;

static class Roots {
    /// <summary>√v of a mean square, for a denominator. At 0 its slope is ∞, and a derivative through the training would make NaN of
    /// the zero gradient of an unused parameter: below what matters beside any ε it is constant. That also keeps rounding
    /// from making a root of less than 0.</summary>
    public static Tensor Sqrt(Tensor v) => Functions.Sqrt(Functions.Max(v, v.DType == DType.F32 ? 1.1754944e-38 : 1e-300));
}
