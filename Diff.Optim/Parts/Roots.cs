namespace Diff;

static class Roots {
    /// <summary>√v of a mean square. Its slope at 0 is ∞, and a derivative through training would turn the zero gradient of an
    /// unused parameter into NaN: there it is 0.</summary>
    public static Tensor Sqrt(Tensor v) => Functions.Sqrt(v);
}
