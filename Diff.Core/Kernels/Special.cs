namespace Diff;

/// <summary>Special functions of one number in f64.</summary>
internal static class Special {
    /// <summary>The error function by its Taylor series near 0 and by a continued fraction of erfc far out; relative error below 1e-15 but
    /// for the last bits (Abramowitz and Stegun 7.1.6 and 7.1.14).</summary>
    public static double Erf(double x) {
        var a = Math.Abs(x);
        if (double.IsNaN(x)) return x;
        if (a > 6) return Math.Sign(x);
        if (a < 2.5) {
            // erf x = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): all terms positive, nothing cancels.
            double term = x, sum = x;
            for (var n = 1; Math.Abs(term) > 1e-17 * Math.Abs(sum); n++) sum += term *= 2 * x * x / (2 * n + 1);
            return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
        }
        // erfc a = e^(−a²)/√π · 1/(a + ½/(a + 1/(a + 3/2/(a + …)))), from the back.
        var fraction = a;
        for (var k = 60; k > 0; k--) fraction = a + k * 0.5 / fraction;
        return Math.CopySign(1 - Math.Exp(-a * a) / Math.Sqrt(Math.PI) / fraction, x);
    }
}
