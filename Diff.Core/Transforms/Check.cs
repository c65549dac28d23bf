namespace Diff;

/// <summary>Comparison of values, for tests of your own.</summary>
public static class Check {
    /// <summary>Whether two trees have one structure and close values everywhere: |a − b| ≤ tolerance · max(1, |a|, |b|); NaN is close to NaN.</summary>
    /// <param name="a">A tensor or a tree of them.</param>
    /// <param name="b">Another of the same structure.</param>
    /// <param name="tolerance">0 asks for equal values.</param>
    public static bool Close<P>(P a, P b, double tolerance = 1e-6) {
        var (x, y) = (Tree.Leaves(a), Tree.Leaves(b));
        return x.Length == y.Length && !x.Where((t, i) => !CloseTensors(t, y[i], tolerance)).Any();
    }

    static bool CloseTensors(Tensor a, Tensor b, double tolerance) {
        if (!a.Shape.Equals(b.Shape)) return false;
        var (x, y) = (a.To(DType.F64).ToArray<double>(), b.To(DType.F64).ToArray<double>());
        for (var i = 0; i < x.Length; i++)
            if (!(x[i] == y[i] || double.IsNaN(x[i]) && double.IsNaN(y[i]) || Math.Abs(x[i] - y[i]) <= tolerance * Math.Max(1, Math.Max(Math.Abs(x[i]), Math.Abs(y[i]))))) return false;
        return true;
    }
}
