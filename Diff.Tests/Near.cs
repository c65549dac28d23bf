namespace Diff.Tests;

/// <summary>Comparison of arrays with what they should be.</summary>
static class Near {
    /// <summary>The values as f64, whatever they are.</summary>
    public static double[] Doubles(this Tensor x) => x.To(DType.F64).ToArray<double>();

    /// <summary>Each within relative·(|expected| + the largest of all).</summary>
    public static void Assert(double[] expected, double[] actual, double relative, string what = "") {
        Xunit.Assert.Equal(expected.Length, actual.Length);
        var size = expected.Length == 0 ? 0 : expected.Max(Math.Abs);
        for (var i = 0; i < expected.Length; i++)
            Xunit.Assert.True(Math.Abs(expected[i] - actual[i]) <= relative * (Math.Abs(expected[i]) + size), $"{what}[{i}]: expected {expected[i]:R}, was {actual[i]:R}");
    }

    public static void Assert(double[] expected, Tensor actual, double relative, string what = "") => Assert(expected, actual.Doubles(), relative, what);

    /// <summary>Bit for bit; all NaN are one.</summary>
    public static void SameBits<T>(T expected, T actual) {
        var (a, b) = (Tree.Leaves(expected), Tree.Leaves(actual));
        Xunit.Assert.Equal(Tree.Paths(expected), Tree.Paths(actual));
        for (var i = 0; i < a.Length; i++) {
            Xunit.Assert.Equal(a[i].Type, b[i].Type);
            Xunit.Assert.Equal(Values.Bits(a[i]), Values.Bits(b[i]));
        }
    }
}
