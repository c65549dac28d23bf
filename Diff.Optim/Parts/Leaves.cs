namespace Diff;

/// <summary>What the parts compute with.</summary>
static class Leaves {
    /// <summary>A scalar in the dtype of each leaf that asks, converted once for each dtype.</summary>
    public static Func<DType, Tensor> As(Tensor scalar) {
        var known = new Dictionary<DType, Tensor>();
        return type => known.TryGetValue(type, out var converted) ? converted : known[type] = scalar.To(type);
    }

    /// <summary>√v of a mean square, for a denominator. At 0 its slope is ∞, and a derivative through the training would make NaN of
    /// the zero gradient of an unused parameter: below what matters beside any ε it is constant. That also keeps rounding
    /// from making a root of less than 0.</summary>
    public static Tensor Root(Tensor v) => Functions.Sqrt(Functions.Max(v, v.DType == DType.F32 ? 1.1754944e-38 : 1e-300));
}
