namespace Diff;

/// <summary>The error function and its complement in f64, by the rational functions of fdlibm's <c>s_erf.c</c> (Sun Microsystems,
/// 1993): relative error below 1e-15, in the tail of erfc as well.</summary>
internal static class Special {
    /// <summary>2/√π ∫₀ˣ e^(−t²) dt.</summary>
    public static double Erf(double x) {
        var a = Math.Abs(x);
        if (double.IsNaN(x)) return x;
        // x + x·small keeps the last place, and the subnormals.
        if (a < 0.84375) return x + x * Small(x * x);
        if (a < 1.25) return Math.CopySign(Middle + Near(a - 1), x);
        return a >= 6 ? Math.CopySign(1, x) : Math.CopySign(1 - Tail(a), x);
    }

    /// <summary>1 − erf x with its own digits: for large x it is 1e-20, not 0.</summary>
    public static double Erfc(double x) {
        var a = Math.Abs(x);
        if (double.IsNaN(x)) return x;
        if (a < 0.84375) {
            var y = Small(x * x);
            // Beyond ¼ the subtraction from ½ is exact where that from 1 is not.
            return x < 0.25 ? 1 - (x + x * y) : 0.5 - (x - 0.5 + x * y);
        }
        if (a < 1.25) return x > 0 ? 1 - Middle - Near(a - 1) : 1 + (Middle + Near(a - 1));
        if (a >= 28) return x > 0 ? 0 : 2;
        return x > 0 ? Tail(a) : x < -6 ? 2 : 2 - Tail(a);
    }

    const double Middle = 8.45062911510467529297e-01;

    // erf x = x + x·P(x²)/Q(x²) on [0, 0.84375].
    static double Small(double z) =>
        (1.28379167095512558561e-01 + z * (-3.25042107247001499370e-01 + z * (-2.84817495755985104766e-02 + z * (-5.77027029648944159157e-03 + z * -2.37630166566501626084e-05))))
        / (1 + z * (3.97917223959155352819e-01 + z * (6.50222499887672944485e-02 + z * (5.08130628187576562776e-03 + z * (1.32494738004321644526e-04 + z * -3.96022827877536812320e-06)))));

    // erf(1 + s) = Middle + P(s)/Q(s) on [0.84375, 1.25].
    static double Near(double s) =>
        (-2.36211856075265944077e-03 + s * (4.14856118683748331666e-01 + s * (-3.72207876035701323847e-01 + s * (3.18346619901161753674e-01 + s * (-1.10894694282396677476e-01 + s * (3.54783043256182359371e-02 + s * -2.16637559486879084300e-03))))))
        / (1 + s * (1.06420880400844228286e-01 + s * (5.40397917702171048937e-01 + s * (7.18286544141962662868e-02 + s * (1.26171219808761642112e-01 + s * (1.36370839120290507362e-02 + s * 1.19844998467991074170e-02))))));

    // erfc x = e^(−x²) · e^(−0.5625 + R(1/x²)/S(1/x²)) / x on [1.25, 28].
    static double Tail(double x) {
        var s = 1 / (x * x);
        var q = x < 1 / 0.35
            ? (-9.86494403484714822705e-03 + s * (-6.93858572707181764372e-01 + s * (-1.05586262253232909814e+01 + s * (-6.23753324503260060396e+01 + s * (-1.62396669462573470355e+02 + s * (-1.84605092906711035994e+02 + s * (-8.12874355063065934246e+01 + s * -9.81432934416914548592e+00)))))))
            / (1 + s * (1.96512716674392571292e+01 + s * (1.37657754143519042600e+02 + s * (4.34565877475229228821e+02 + s * (6.45387271733267880336e+02 + s * (4.29008140027567833386e+02 + s * (1.08635005541779435134e+02 + s * (6.57024977031928170135e+00 + s * -6.04244152148580987438e-02))))))))
            : (-9.86494292470009928597e-03 + s * (-7.99283237680523006574e-01 + s * (-1.77579549177547519889e+01 + s * (-1.60636384855821916062e+02 + s * (-6.37566443368389627722e+02 + s * (-1.02509513161107724954e+03 + s * -4.83519191608651397019e+02))))))
            / (1 + s * (3.03380607434824582924e+01 + s * (3.25792512996573918826e+02 + s * (1.53672958608443695994e+03 + s * (3.19985821950859553908e+03 + s * (2.55305040643316442583e+03 + s * (4.74528541206955367215e+02 + s * -2.24409524465858183362e+01)))))));
        // x² is rounded, and e^(−x²) would lose as many digits as x² has before the point: z has half the bits, so z² is exact.
        var z = BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(x) & ~0xFFFFFFFFL);
        return Math.Exp(-z * z - 0.5625) * Math.Exp((z - x) * (z + x) + q) / x;
    }
}
