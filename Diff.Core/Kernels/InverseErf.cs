using System.Numerics;
using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>The inverse of the error function on (−1, 1), by the polynomials of M. Giles, "Approximating the erfinv function"
/// (GPU Computing Gems, 2011), which XLA uses too: erf⁻¹(x) = x·p(w), w = −ln(1 − x²).</summary>
/// <remarks>Each lane sees the same separate multiplications and additions (Horner, no contraction), so the bits depend on x alone.</remarks>
internal static class InverseErf {
    /// <summary>erf⁻¹, to 3e-7 of its value where |x| &lt; 0.99 and to 6e-6 beyond, where x·x has lost digits. It is XLA's own
    /// w = −log1p(−x·x), for the sake of the same numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<float> Of(Vector<float> x) {
        var w = -Log1p(-(x * x));
        var near = Vector.LessThan(w, Vector.Create(5f));
        var v = w - Vector.Create(2.5f);
        var p = Vector.Create(2.81022636e-08f);
        p = p * v + Vector.Create(3.43273939e-07f);
        p = p * v + Vector.Create(-3.5233877e-06f);
        p = p * v + Vector.Create(-4.39150654e-06f);
        p = p * v + Vector.Create(0.00021858087f);
        p = p * v + Vector.Create(-0.00125372503f);
        p = p * v + Vector.Create(-0.00417768164f);
        p = p * v + Vector.Create(0.246640727f);
        p = p * v + Vector.Create(1.50140941f);
        if (Vector.GreaterThanOrEqualAny(w, Vector.Create(5f))) p = Vector.ConditionalSelect(near, p, Tail(w));
        return p * x;
    }

    /// <summary>erf⁻¹, to 6e-16 of its value. XLA's w is −log1p(−x·x), which near ±1 knows only half the digits: here 1−x is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Of(Vector<double> x) {
        var one = Vector<double>.One;
        var w = -Log((one - x) * (one + x));
        var near = Vector.LessThan(w, Vector.Create(6.25));
        var v = w - Vector.Create(3.125);
        var p = Vector.Create(-3.6444120640178196996e-21);
        p = p * v + Vector.Create(-1.685059138182016589e-19);
        p = p * v + Vector.Create(1.2858480715256400167e-18);
        p = p * v + Vector.Create(1.115787767802518096e-17);
        p = p * v + Vector.Create(-1.333171662854620906e-16);
        p = p * v + Vector.Create(2.0972767875968561637e-17);
        p = p * v + Vector.Create(6.6376381343583238325e-15);
        p = p * v + Vector.Create(-4.0545662729752068639e-14);
        p = p * v + Vector.Create(-8.1519341976054721522e-14);
        p = p * v + Vector.Create(2.6335093153082322977e-12);
        p = p * v + Vector.Create(-1.2975133253453532498e-11);
        p = p * v + Vector.Create(-5.4154120542946279317e-11);
        p = p * v + Vector.Create(1.051212273321532285e-09);
        p = p * v + Vector.Create(-4.1126339803469836976e-09);
        p = p * v + Vector.Create(-2.9070369957882005086e-08);
        p = p * v + Vector.Create(4.2347877827932403518e-07);
        p = p * v + Vector.Create(-1.3654692000834678645e-06);
        p = p * v + Vector.Create(-1.3882523362786468719e-05);
        p = p * v + Vector.Create(0.0001867342080340571352);
        p = p * v + Vector.Create(-0.00074070253416626697512);
        p = p * v + Vector.Create(-0.0060336708714301490533);
        p = p * v + Vector.Create(0.24015818242558961693);
        p = p * v + Vector.Create(1.6536545626831027356);
        if (Vector.GreaterThanOrEqualAny(w, Vector.Create(6.25))) p = Vector.ConditionalSelect(near, p, Tail(w));
        return p * x;
    }

    // |x| > 0.9966: too seldom to compute for every vector.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    static Vector<float> Tail(Vector<float> w) {
        var v = Vector.SquareRoot(w) - Vector.Create(3f);
        var p = Vector.Create(-0.000200214257f);
        p = p * v + Vector.Create(0.000100950558f);
        p = p * v + Vector.Create(0.00134934322f);
        p = p * v + Vector.Create(-0.00367342844f);
        p = p * v + Vector.Create(0.00573950773f);
        p = p * v + Vector.Create(-0.0076224613f);
        p = p * v + Vector.Create(0.00943887047f);
        p = p * v + Vector.Create(1.00167406f);
        return p * v + Vector.Create(2.83297682f);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    static Vector<double> Tail(Vector<double> w) {
        var s = Vector.SquareRoot(w);
        var v = s - Vector.Create(3.25);
        var p = Vector.Create(2.2137376921775787049e-09);
        p = p * v + Vector.Create(9.0756561938885390979e-08);
        p = p * v + Vector.Create(-2.7517406297064545428e-07);
        p = p * v + Vector.Create(1.8239629214389227755e-08);
        p = p * v + Vector.Create(1.5027403968909827627e-06);
        p = p * v + Vector.Create(-4.013867526981545969e-06);
        p = p * v + Vector.Create(2.9234449089955446044e-06);
        p = p * v + Vector.Create(1.2475304481671778723e-05);
        p = p * v + Vector.Create(-4.7318229009055733981e-05);
        p = p * v + Vector.Create(6.8284851459573175448e-05);
        p = p * v + Vector.Create(2.4031110387097893999e-05);
        p = p * v + Vector.Create(-0.0003550375203628474796);
        p = p * v + Vector.Create(0.00095328937973738049703);
        p = p * v + Vector.Create(-0.0016882755560235047313);
        p = p * v + Vector.Create(0.0024914420961078508066);
        p = p * v + Vector.Create(-0.0037512085075692412107);
        p = p * v + Vector.Create(0.005370914553590063617);
        p = p * v + Vector.Create(1.0052589676941592334);
        p = p * v + Vector.Create(3.0838856104922207635);
        v = s - Vector.Create(5.0);
        var q = Vector.Create(-2.7109920616438573243e-11);
        q = q * v + Vector.Create(-2.5556418169965252055e-10);
        q = q * v + Vector.Create(1.5076572693500548083e-09);
        q = q * v + Vector.Create(-3.7894654401267369937e-09);
        q = q * v + Vector.Create(7.6157012080783393804e-09);
        q = q * v + Vector.Create(-1.4960026627149240478e-08);
        q = q * v + Vector.Create(2.9147953450901080826e-08);
        q = q * v + Vector.Create(-6.7711997758452339498e-08);
        q = q * v + Vector.Create(2.2900482228026654717e-07);
        q = q * v + Vector.Create(-9.9298272942317002539e-07);
        q = q * v + Vector.Create(4.5260625972231537039e-06);
        q = q * v + Vector.Create(-1.9681778105531670567e-05);
        q = q * v + Vector.Create(7.5995277030017761139e-05);
        q = q * v + Vector.Create(-0.00021503011930044477347);
        q = q * v + Vector.Create(-0.00013871931833623122026);
        q = q * v + Vector.Create(1.0103004648645343977);
        q = q * v + Vector.Create(4.8499064014085844221);
        return Vector.ConditionalSelect(Vector.LessThan(w, Vector.Create(16.0)), p, q);
    }

    // ln(1 + t), t in (−1, 0], by Cephes' logf of u = 1 + t; what rounding took from u comes back as (t − (u − 1))/u.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector<float> Log1p(Vector<float> t) {
        var one = Vector<float>.One;
        var u = one + t;
        // u = m·2ᵏ with m in [√½, √2): counting the exponent from √½ makes it one subtraction.
        var offset = Vector.AsVectorInt32(u) - Vector.Create(0x3F3504F3);
        var k = Vector.ConvertToSingle(offset >> 23);
        var m = Vector.AsVectorSingle((offset & Vector.Create(0x007FFFFF)) + Vector.Create(0x3F3504F3)) - one;
        var z = m * m;
        var y = Vector.Create(7.0376836292E-2f);
        y = y * m + Vector.Create(-1.1514610310E-1f);
        y = y * m + Vector.Create(1.1676998740E-1f);
        y = y * m + Vector.Create(-1.2420140846E-1f);
        y = y * m + Vector.Create(1.4249322787E-1f);
        y = y * m + Vector.Create(-1.6668057665E-1f);
        y = y * m + Vector.Create(2.0000714765E-1f);
        y = y * m + Vector.Create(-2.4999993993E-1f);
        y = y * m + Vector.Create(3.3333331174E-1f);
        y = y * m * z + (t - (u - one)) / u;
        y = y + Vector.Create(-2.12194440e-4f) * k - Vector.Create(0.5f) * z;
        return m + y + Vector.Create(0.693359375f) * k;
    }

    // ln(u), u normal and positive, by fdlibm's e_log: u = 2ᵏ(1 + f), s = f/(2 + f), ln(1 + f) = f − f²/2 + s(f²/2 + R(s²)).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector<double> Log(Vector<double> u) {
        var root = Vector.Create(0x3FE6A09E667F3BCDL);
        var offset = Vector.AsVectorInt64(u) - root;
        var k = Vector.ConvertToDouble(offset >> 52);
        var f = Vector.AsVectorDouble((offset & Vector.Create(0x000FFFFFFFFFFFFFL)) + root) - Vector<double>.One;
        var s = f / (Vector.Create(2.0) + f);
        var z = s * s;
        var r = Vector.Create(1.479819860511658591e-01);
        r = r * z + Vector.Create(1.531383769920937332e-01);
        r = r * z + Vector.Create(1.818357216161805012e-01);
        r = r * z + Vector.Create(2.222219843214978396e-01);
        r = r * z + Vector.Create(2.857142874366239149e-01);
        r = r * z + Vector.Create(3.999999999940941908e-01);
        r = r * z + Vector.Create(6.666666666666735130e-01);
        r *= z;
        var half = Vector.Create(0.5) * f * f;
        return k * Vector.Create(6.93147180369123816490e-01) - (half - (s * (half + r) + k * Vector.Create(1.90821492927058770002e-10)) - f);
    }
}
