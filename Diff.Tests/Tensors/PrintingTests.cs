namespace Diff.Tests.Tensors;

/// <summary>The expected texts are NumPy's own, <c>numpy.set_printoptions(precision=4)</c>, copied as they are.</summary>
public class PrintingTests {
    static float[] Count(int n) => [.. Enumerable.Range(0, n).Select(i => (float)i)];

    static void Prints<T>(string expected, T[] values, params int[] dims) where T : unmanaged =>
        Assert.Equal(expected.ReplaceLineEndings("\n"), Printing.Format<T>(values, dims));

    [Fact]
    public void RowOfIntegers() => Prints("[1. 2. 3.]", (float[])[1, 2, 3], 3);

    [Fact]
    public void ColumnsAlign() => Prints("""
        [[ 1.   -2.5 ]
         [10.    0.25]]
        """, (float[])[1, -2.5f, 10, 0.25f], 2, 2);

    [Fact]
    public void FourDecimalsAtMost() => Prints("[0.1    0.3333 0.6667 1.    ]", (float[])[0.1f, 1 / 3f, 2 / 3f, 1], 4);

    [Fact]
    public void DoublesToo() => Prints("[0.1    0.3333 0.6667 1.    ]", (double[])[0.1, 1 / 3.0, 2 / 3.0, 1], 4);

    [Fact]
    public void TiesGoToEven() => Prints("[0.0312 0.0938]", (double[])[0.03125, 0.09375], 2);

    [Fact]
    public void WideRangeIsScientific() => Prints("[5.e-01 1.e+03]", (double[])[0.5, 1000], 2);

    [Fact]
    public void SmallIsScientific() => Prints("[2.5e-07 0.0e+00]", (double[])[2.5e-7, 0], 2);

    [Fact]
    public void LargeIsScientific() => Prints("[ 1.0000e+08 -1.2346e+08]", (double[])[1e8, -123456789], 2);

    [Fact]
    public void JustBelowIsNot() => Prints("[99999999.  1000000.]", (double[])[99999999, 1e6], 2);

    [Fact]
    public void LongExponents() => Prints("[1.e-300 1.e+000 1.e+020]", (double[])[1e-300, 1, 1e20], 3);

    [Fact]
    public void RoundsUpAPower() => Prints("[1.e+10 1.e+00]", (double[])[9.99999e9, 1], 2);

    [Fact]
    public void NotFinite() => Prints("[  1.  nan  inf -inf]", (double[])[1, double.NaN, double.PositiveInfinity, double.NegativeInfinity], 4);

    [Fact]
    public void NothingFinite() => Prints("[nan inf]", (float[])[float.NaN, float.PositiveInfinity], 2);

    [Fact]
    public void NegativeZero() => Prints("[-0.  0.]", (double[])[-0.0, 0], 2);

    [Fact]
    public void LargeFloatsAreExact() => Prints("[95000472. 95000480.]", (float[])[95000472, 95000476], 2);

    [Fact]
    public void Longs() => Prints("""
        [[ -1 200]
         [ 30   4]]
        """, (long[])[-1, 200, 30, 4], 2, 2);

    [Fact]
    public void Ints() => Prints("[[[7]]]", (int[])[7], 1, 1, 1);

    [Fact]
    public void UInts() => Prints("[4294967295          0]", (uint[])[uint.MaxValue, 0], 2);

    [Fact]
    public void Bools() => Prints("""
        [[ True False]
         [False  True]]
        """, (bool[])[true, false, false, true], 2, 2);

    [Fact]
    public void MatricesAreSetApart() => Prints("""
        [[[ 0.  1.]
          [ 2.  3.]
          [ 4.  5.]]

         [[ 6.  7.]
          [ 8.  9.]
          [10. 11.]]]
        """, Count(12), 2, 3, 2);

    [Fact]
    public void TwoLinesBetweenCubes() => Prints("""
        [[[[0. 1.]]

          [[2. 3.]]]


         [[[4. 5.]]

          [[6. 7.]]]]
        """, Count(8), 2, 2, 1, 2);

    [Fact]
    public void LongRowsWrap() => Prints("""
        [ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.
         18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.]
        """, Count(30), 30);

    [Fact]
    public void RowsOfMatricesWrap() => Prints("""
        [[0.    0.125 0.25  0.375 0.5   0.625 0.75  0.875 1.    1.125 1.25  1.375
          1.5   1.625 1.75  1.875 2.    2.125 2.25  2.375 2.5   2.625]
         [2.75  2.875 3.    3.125 3.25  3.375 3.5   3.625 3.75  3.875 4.    4.125
          4.25  4.375 4.5   4.625 4.75  4.875 5.    5.125 5.25  5.375]]
        """, (float[])[.. Count(44).Select(x => x / 8)], 2, 22);

    [Fact]
    public void LongVectorsAreSummarized() => Prints("[   0.    1.    2. ...  998.  999. 1000.]", Count(1001), 1001);

    [Fact]
    public void LargeMatricesAreSummarized() => Prints("""
        [[0.000e+00 1.000e+00 2.000e+00 ... 5.700e+01 5.800e+01 5.900e+01]
         [6.000e+01 6.100e+01 6.200e+01 ... 1.170e+02 1.180e+02 1.190e+02]
         [1.200e+02 1.210e+02 1.220e+02 ... 1.770e+02 1.780e+02 1.790e+02]
         ...
         [2.820e+03 2.821e+03 2.822e+03 ... 2.877e+03 2.878e+03 2.879e+03]
         [2.880e+03 2.881e+03 2.882e+03 ... 2.937e+03 2.938e+03 2.939e+03]
         [2.940e+03 2.941e+03 2.942e+03 ... 2.997e+03 2.998e+03 2.999e+03]]
        """, Count(3000), 50, 60);

    [Fact]
    public void ShortAxesAreNot() => Prints("""
        [[0.000e+00 1.000e+00 2.000e+00 ... 4.970e+02 4.980e+02 4.990e+02]
         [5.000e+02 5.010e+02 5.020e+02 ... 9.970e+02 9.980e+02 9.990e+02]
         [1.000e+03 1.001e+03 1.002e+03 ... 1.497e+03 1.498e+03 1.499e+03]
         [1.500e+03 1.501e+03 1.502e+03 ... 1.997e+03 1.998e+03 1.999e+03]]
        """, Count(2000), 4, 500);

    [Fact]
    public void DeepSummary() => Prints("""
        [[[[0.000e+00 1.000e+00 2.000e+00 3.000e+00 4.000e+00]
           [5.000e+00 6.000e+00 7.000e+00 8.000e+00 9.000e+00]
           [1.000e+01 1.100e+01 1.200e+01 1.300e+01 1.400e+01]
           ...
           [2.500e+01 2.600e+01 2.700e+01 2.800e+01 2.900e+01]
           [3.000e+01 3.100e+01 3.200e+01 3.300e+01 3.400e+01]
           [3.500e+01 3.600e+01 3.700e+01 3.800e+01 3.900e+01]]

          [[4.000e+01 4.100e+01 4.200e+01 4.300e+01 4.400e+01]
           [4.500e+01 4.600e+01 4.700e+01 4.800e+01 4.900e+01]
           [5.000e+01 5.100e+01 5.200e+01 5.300e+01 5.400e+01]
           ...
           [6.500e+01 6.600e+01 6.700e+01 6.800e+01 6.900e+01]
           [7.000e+01 7.100e+01 7.200e+01 7.300e+01 7.400e+01]
           [7.500e+01 7.600e+01 7.700e+01 7.800e+01 7.900e+01]]

          [[8.000e+01 8.100e+01 8.200e+01 8.300e+01 8.400e+01]
           [8.500e+01 8.600e+01 8.700e+01 8.800e+01 8.900e+01]
           [9.000e+01 9.100e+01 9.200e+01 9.300e+01 9.400e+01]
           ...
           [1.050e+02 1.060e+02 1.070e+02 1.080e+02 1.090e+02]
           [1.100e+02 1.110e+02 1.120e+02 1.130e+02 1.140e+02]
           [1.150e+02 1.160e+02 1.170e+02 1.180e+02 1.190e+02]]

          ...

          [[6.800e+02 6.810e+02 6.820e+02 6.830e+02 6.840e+02]
           [6.850e+02 6.860e+02 6.870e+02 6.880e+02 6.890e+02]
           [6.900e+02 6.910e+02 6.920e+02 6.930e+02 6.940e+02]
           ...
           [7.050e+02 7.060e+02 7.070e+02 7.080e+02 7.090e+02]
           [7.100e+02 7.110e+02 7.120e+02 7.130e+02 7.140e+02]
           [7.150e+02 7.160e+02 7.170e+02 7.180e+02 7.190e+02]]

          [[7.200e+02 7.210e+02 7.220e+02 7.230e+02 7.240e+02]
           [7.250e+02 7.260e+02 7.270e+02 7.280e+02 7.290e+02]
           [7.300e+02 7.310e+02 7.320e+02 7.330e+02 7.340e+02]
           ...
           [7.450e+02 7.460e+02 7.470e+02 7.480e+02 7.490e+02]
           [7.500e+02 7.510e+02 7.520e+02 7.530e+02 7.540e+02]
           [7.550e+02 7.560e+02 7.570e+02 7.580e+02 7.590e+02]]

          [[7.600e+02 7.610e+02 7.620e+02 7.630e+02 7.640e+02]
           [7.650e+02 7.660e+02 7.670e+02 7.680e+02 7.690e+02]
           [7.700e+02 7.710e+02 7.720e+02 7.730e+02 7.740e+02]
           ...
           [7.850e+02 7.860e+02 7.870e+02 7.880e+02 7.890e+02]
           [7.900e+02 7.910e+02 7.920e+02 7.930e+02 7.940e+02]
           [7.950e+02 7.960e+02 7.970e+02 7.980e+02 7.990e+02]]]


         [[[8.000e+02 8.010e+02 8.020e+02 8.030e+02 8.040e+02]
           [8.050e+02 8.060e+02 8.070e+02 8.080e+02 8.090e+02]
           [8.100e+02 8.110e+02 8.120e+02 8.130e+02 8.140e+02]
           ...
           [8.250e+02 8.260e+02 8.270e+02 8.280e+02 8.290e+02]
           [8.300e+02 8.310e+02 8.320e+02 8.330e+02 8.340e+02]
           [8.350e+02 8.360e+02 8.370e+02 8.380e+02 8.390e+02]]

          [[8.400e+02 8.410e+02 8.420e+02 8.430e+02 8.440e+02]
           [8.450e+02 8.460e+02 8.470e+02 8.480e+02 8.490e+02]
           [8.500e+02 8.510e+02 8.520e+02 8.530e+02 8.540e+02]
           ...
           [8.650e+02 8.660e+02 8.670e+02 8.680e+02 8.690e+02]
           [8.700e+02 8.710e+02 8.720e+02 8.730e+02 8.740e+02]
           [8.750e+02 8.760e+02 8.770e+02 8.780e+02 8.790e+02]]

          [[8.800e+02 8.810e+02 8.820e+02 8.830e+02 8.840e+02]
           [8.850e+02 8.860e+02 8.870e+02 8.880e+02 8.890e+02]
           [8.900e+02 8.910e+02 8.920e+02 8.930e+02 8.940e+02]
           ...
           [9.050e+02 9.060e+02 9.070e+02 9.080e+02 9.090e+02]
           [9.100e+02 9.110e+02 9.120e+02 9.130e+02 9.140e+02]
           [9.150e+02 9.160e+02 9.170e+02 9.180e+02 9.190e+02]]

          ...

          [[1.480e+03 1.481e+03 1.482e+03 1.483e+03 1.484e+03]
           [1.485e+03 1.486e+03 1.487e+03 1.488e+03 1.489e+03]
           [1.490e+03 1.491e+03 1.492e+03 1.493e+03 1.494e+03]
           ...
           [1.505e+03 1.506e+03 1.507e+03 1.508e+03 1.509e+03]
           [1.510e+03 1.511e+03 1.512e+03 1.513e+03 1.514e+03]
           [1.515e+03 1.516e+03 1.517e+03 1.518e+03 1.519e+03]]

          [[1.520e+03 1.521e+03 1.522e+03 1.523e+03 1.524e+03]
           [1.525e+03 1.526e+03 1.527e+03 1.528e+03 1.529e+03]
           [1.530e+03 1.531e+03 1.532e+03 1.533e+03 1.534e+03]
           ...
           [1.545e+03 1.546e+03 1.547e+03 1.548e+03 1.549e+03]
           [1.550e+03 1.551e+03 1.552e+03 1.553e+03 1.554e+03]
           [1.555e+03 1.556e+03 1.557e+03 1.558e+03 1.559e+03]]

          [[1.560e+03 1.561e+03 1.562e+03 1.563e+03 1.564e+03]
           [1.565e+03 1.566e+03 1.567e+03 1.568e+03 1.569e+03]
           [1.570e+03 1.571e+03 1.572e+03 1.573e+03 1.574e+03]
           ...
           [1.585e+03 1.586e+03 1.587e+03 1.588e+03 1.589e+03]
           [1.590e+03 1.591e+03 1.592e+03 1.593e+03 1.594e+03]
           [1.595e+03 1.596e+03 1.597e+03 1.598e+03 1.599e+03]]]]
        """, Count(1600), 2, 20, 8, 5);

    [Fact]
    public void ThousandElementsArePrintedWhole() {
        var text = Printing.Format<float>(Count(1000), [1000]);
        Assert.DoesNotContain("...", text);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 1, 75));
        Assert.All(text.Split('\n'), line => Assert.Equal(line.TrimEnd(), line));
    }

    [Theory]
    [InlineData(12, "12")]
    [InlineData(0.1, "0.1")]
    [InlineData(-0.0, "-0")]
    [InlineData(2.5e-7, "2.5e-07")]
    [InlineData(1e-5, "1e-05")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(1e16, "1e+16")]
    [InlineData(1.0 / 3, "0.3333333333333333")]
    [InlineData(-1.5e300, "-1.5e+300")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(double.NaN, "nan")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NegativeInfinity, "-inf")]
    public void ScalarsPrintTheShortestTextThatReadsBack(double value, string expected) => Prints(expected, [value]);

    [Fact]
    public void ScalarsOfEveryType() {
        Prints("0.1", [0.1f]);
        Prints("nan", [float.NaN]);
        Prints("-12", [-12]);
        Prints("9223372036854775807", [long.MaxValue]);
        Prints("4294967295", [uint.MaxValue]);
        Prints("True", [true]);
    }

    [Fact]
    public void NothingToPrint() {
        Prints<float>("[]", [], 0);
        Prints<int>("[]", [], 3, 0);
    }

    [Fact]
    public void FormatReplacesTheChoiceOfDigits() {
        Assert.Equal("[ 1.50 -2.00   nan]", Printing.Format<double>([1.5, -2, double.NaN], [3], "F2"));
        Assert.Equal("[[0.3333]\n [1.0000]]", Printing.Format<float>([1 / 3f, 1], [2, 1], "0.0000"));
        Assert.Equal("2.3026", Printing.Format<float>([2.302585f], [], "F4"));
        Assert.Equal("[ 007 -012]", Printing.Format<int>([7, -12], [2], "D3"));
        Assert.Equal("[ True False]", Printing.Format<bool>([true, false], [2], "F2"));
        Assert.Equal("-inf", Printing.Format<float>([float.NegativeInfinity], [], "F2"));
        Assert.Equal("[1.5]", Printing.Format<double>([1.5], [1], "G"));
    }

    [Fact]
    public void EveryCulturePrintsTheSame() {
        var before = System.Globalization.CultureInfo.CurrentCulture;
        var comma = (System.Globalization.CultureInfo)System.Globalization.CultureInfo.InvariantCulture.Clone();
        (comma.NumberFormat.NumberDecimalSeparator, comma.NumberFormat.NegativeSign) = (",", "~");
        System.Globalization.CultureInfo.CurrentCulture = comma;
        try {
            Prints("[ 1.5 -2. ]", [1.5, -2], 2);
            Prints("[-1]", [-1], 1);
            Prints("-1.5e-07", [-1.5e-7]);
            Assert.Equal("[-1.50]", Printing.Format<double>([-1.5], [1], "F2"));
        } finally {
            System.Globalization.CultureInfo.CurrentCulture = before;
        }
    }
}
