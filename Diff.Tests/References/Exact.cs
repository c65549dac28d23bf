using System.Numerics;

namespace Diff.Tests;

/// <summary>Numbers with 1280 binary places, and the elementary functions of them by their series: what f64 is measured with.</summary>
/// <remarks>Every f64 is one of them. Results are right to hundreds of places more than f64 has, also where they are tiny.</remarks>
readonly record struct Exact(BigInteger Units) : IComparable<Exact> {
    const int Places = 1280;

    public static readonly Exact Zero = new(0), One = new(BigInteger.One << Places);
    public static readonly Exact Pi = 16 * AtanSeries(One / 5) - 4 * AtanSeries(One / 239);
    public static readonly Exact Ln2 = 2 * AtanhSeries(One / 3);

    public static Exact Of(double x) {
        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)(bits >> 52 & 0x7FF);
        var mantissa = bits & (1L << 52) - 1 | (exponent == 0 ? 0 : 1L << 52);
        var units = (BigInteger)mantissa << Places + Math.Max(exponent, 1) - 1075;
        return new(x < 0 ? -units : units);
    }

    public double Exponent => Units.IsZero ? -Places : (double)((BigInteger.Abs(Units).GetBitLength()) - 1 - Places);

    /// <summary>To about 50 bits, which is enough to begin with.</summary>
    public double Rough {
        get {
            var drop = Math.Max(0, (int)BigInteger.Abs(Units).GetBitLength() - 62);
            return Math.ScaleB((double)(Units >> drop), drop - Places);
        }
    }

    public int CompareTo(Exact other) => Units.CompareTo(other.Units);
    public static bool operator <(Exact a, Exact b) => a.Units < b.Units;
    public static bool operator >(Exact a, Exact b) => a.Units > b.Units;
    public static Exact operator -(Exact a) => new(-a.Units);
    public static Exact operator +(Exact a, Exact b) => new(a.Units + b.Units);
    public static Exact operator -(Exact a, Exact b) => new(a.Units - b.Units);
    public static Exact operator *(Exact a, Exact b) => new(a.Units * b.Units >> Places);
    public static Exact operator *(int a, Exact b) => new(a * b.Units);
    public static Exact operator /(Exact a, Exact b) => new((a.Units << Places) / b.Units);
    public static Exact operator /(Exact a, int b) => new(a.Units / b);
    public static Exact Abs(Exact a) => new(BigInteger.Abs(a.Units));

    // Each term from the one before, until nothing is left of it.
    static Exact Series(Exact first, Func<int, Exact, Exact> next) {
        var (sum, term) = (first, first);
        for (var n = 1; !term.Units.IsZero; n++) sum += term = next(n, term);
        return sum;
    }

    static Exact AtanSeries(Exact x) {
        var (sum, power, square) = (x, x, x * x);
        for (var n = 1; !power.Units.IsZero && power.Units != -1; n++) sum += (power = -(power * square)) / (2 * n + 1);
        return sum;
    }

    static Exact AtanhSeries(Exact x) {
        var (sum, power, square) = (x, x, x * x);
        for (var n = 1; !power.Units.IsZero; n++) sum += (power *= square) / (2 * n + 1);
        return sum;
    }

    public static Exact Sqrt(Exact x) {
        if (x.Units.IsZero) return x;
        var value = x.Units << Places;
        var root = BigInteger.One << (int)(value.GetBitLength() + 1) / 2;
        for (var next = (root + value / root) >> 1; next < root; next = (root + value / root) >> 1) root = next;
        return new(root);
    }

    public static Exact Exp(Exact x) {
        var k = (int)Math.Round(x.Rough / Math.Log(2));
        var r = new Exact((x - k * Ln2).Units >> 20);
        // e^r − 1, squared 20 times: small numbers keep their places.
        var y = Series(r, (n, t) => new Exact((t * r).Units / (n + 1)));
        for (var i = 0; i < 20; i++) y = 2 * y + y * y;
        return new(k >= 0 ? (One + y).Units << k : (One + y).Units >> -k);
    }

    /// <summary>From the logarithm of f64 by Halley's steps, each of which triples the digits.</summary>
    public static Exact Log(Exact x) {
        var exponent = (int)x.Exponent;
        var m = new Exact(exponent >= 0 ? x.Units >> exponent : x.Units << -exponent);
        if (exponent == -1) (m, exponent) = (x, 0);    // near 1 from below nothing may cancel
        var y = Of(Math.Log(m.Rough));
        for (var i = 0; i < 3; i++) {
            var e = Exp(y);
            y += 2 * ((m - e) / (m + e));
        }
        return y + exponent * Ln2;
    }

    public static Exact Sin(Exact x) {
        var turns = BigInteger.Divide(x.Units, (2 * Pi).Units);
        var r = new Exact(x.Units - turns * (2 * Pi).Units);
        return Series(r, (n, t) => new Exact(-(t * r * r).Units / (2 * n * (2 * n + 1))));
    }

    public static Exact Cos(Exact x) => Sin(Pi / 2 - x);

    public static Exact Atan(Exact x) {
        if (Abs(x) > One) return (x < Zero ? -1 : 1) * (Pi / 2) - Atan(One / x);
        for (var i = 0; i < 6; i++) x /= One + Sqrt(One + x * x);
        return 64 * AtanSeries(x);
    }

    public static Exact Asin(Exact x) => Abs(x) == One ? (x < Zero ? -1 : 1) * (Pi / 2) : Atan(x / Sqrt(One - x * x));
    public static Exact Acos(Exact x) => 2 * Atan(Sqrt((One - x) / (One + x)));
    public static Exact Sinh(Exact x) => (Exp(x) - Exp(-x)) / 2;
    public static Exact Cosh(Exact x) => (Exp(x) + Exp(-x)) / 2;
    public static Exact Tanh(Exact x) => Sinh(x) / Cosh(x);
    public static Exact Asinh(Exact x) => x < Zero ? -Asinh(-x) : Log(x + Sqrt(x * x + One));
    public static Exact Acosh(Exact x) => Log(x + Sqrt(x * x - One));
    public static Exact Atanh(Exact x) => (Log(One + x) - Log(One - x)) / 2;

    public static Exact Erf(Exact x) {
        var (sum, term, square) = (x, x, x * x);
        for (var n = 1; term.Units != 0 && term.Units != -1; n++) sum += (term = -(term * square) / n) / (2 * n + 1);
        return 2 * sum / Sqrt(Pi);
    }

    /// <summary>|got − this| in units of the last place that f64 has at this.</summary>
    public double Ulps(double got) {
        var place = Math.Max((int)Exponent - 52, -1074);
        var off = Abs(Of(got) - this);
        return new Exact(place >= 0 ? off.Units >> place : off.Units << -place).Rough;
    }
}
