using System.Numerics;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>Magnitudes for which a function of <c>TensorPrimitives</c> goes one way: Low ≤ |x| ≤ High.</summary>
/// <param name="Inside">One of them, to stand where an element of another band is.</param>
internal readonly record struct Band(double Low, double High, double Inside) {
    public bool Holds<T>(T size) where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool> => size >= T.CreateTruncating(Low) && size <= T.CreateTruncating(High);

    /// <summary>Whether all elements are in the band; NaN is in none.</summary>
    public bool HoldsAll<T>(ReadOnlySpan<T> x) where T : unmanaged, INumberBase<T> {
        var (low, high) = (Vector512.Create(T.CreateTruncating(Low)), Vector512.Create(T.CreateTruncating(High)));
        for (var i = 0; i < x.Length; i += Vector512<T>.Count) {
            var size = Vector512.Abs(Vector512.Create(x[i..]));
            if (!Vector512.GreaterThanOrEqualAll(size, low) || !Vector512.LessThanOrEqualAll(size, high)) return false;
        }
        return true;
    }
}

/// <summary>A function of <c>TensorPrimitives</c> that takes another way for a whole vector where one of its elements is special.</summary>
internal interface IBanded {
    /// <summary>Bands that do not overlap, that of the most frequent arguments first; none where there is one way for all.</summary>
    static abstract ReadOnlySpan<Band> Bands<T>() where T : unmanaged;

    /// <summary>The function on vectors.</summary>
    static abstract void Run<T>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>;

    /// <summary>The function of what is in no band.</summary>
    static abstract T Alone<T>(T x) where T : unmanaged, IFloatingPointIeee754<T>;
}

/// <summary>Functions whose elements have the same bits whatever their neighbours are.</summary>
/// <remarks><c>TensorPrimitives.Exp</c> of f64 computes a vector in another way when one of its elements is above 709, below −709 or NaN, <c>Sin</c>
/// and <c>Cos</c> when all are small, when all are below π/4, and, like <c>Tan</c>, when one is huge; and where a vector begins depends on where the
/// memory does. So each band goes through them alone, and what is in none is computed one by one.</remarks>
internal static class Banded {
    /// <summary>Blocks are multiples of 16 elements, at most 512; y may lie exactly over x.</summary>
    public static void Run<T, F>(ReadOnlySpan<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T> where F : IBanded {
        var bands = F.Bands<T>();
        if (bands.IsEmpty) {
            F.Run(x, y);
            return;
        }
        foreach (var band in bands) {
            if (!band.HoldsAll(x)) continue;
            F.Run(x, y);
            return;
        }
        Mixed<T, F>(x, y, bands);
    }

    // Bands other than the first are computed beside the result, which may be the argument as well.
    static void Mixed<T, F>(ReadOnlySpan<T> given, Span<T> y, ReadOnlySpan<Band> bands) where T : unmanaged, IFloatingPointIeee754<T> where F : IBanded {
        Span<T> x = stackalloc T[given.Length], only = stackalloc T[given.Length], result = stackalloc T[given.Length];
        Span<bool> done = stackalloc bool[given.Length];
        done.Clear();
        given.CopyTo(x);
        foreach (var band in bands) {
            var (inside, any) = (T.CreateTruncating(band.Inside), false);
            for (var i = 0; i < x.Length; i++) {
                var holds = band.Holds(T.Abs(x[i]));
                only[i] = holds ? x[i] : inside;
                any |= holds;
            }
            if (!any) continue;
            F.Run<T>(only, result);
            for (var i = 0; i < x.Length; i++) {
                if (!band.Holds(T.Abs(x[i]))) continue;
                (y[i], done[i]) = (result[i], true);
            }
        }
        for (var i = 0; i < x.Length; i++)
            if (!done[i]) y[i] = F.Alone(x[i]);
    }

    static readonly Band[] none = [], exponents = [new(0, 700, 0)], halved = [new(0, 300, 0)], moderate = [new(0, 1e6, 0)];

    // π/4 as f64 and as f32 have it; below 2⁻¹³ and 2⁻⁷ two terms of the series are all there is.
    static readonly Band[] angles = [new(Math.BitIncrement(Math.PI / 4), 4e6, 1), new(1.0 / 8192, Math.PI / 4, 0.5)];
    static readonly Band[] anglesSingle = [new(MathF.BitIncrement(MathF.PI / 4), 4e6, 1), new(1.0 / 128, MathF.PI / 4, 0.5)];

    /// <summary>Where e^±x is an ordinary number; f32 has one way for all.</summary>
    public static ReadOnlySpan<Band> Exponents<T>() => typeof(T) == typeof(double) ? exponents : none;

    /// <summary>Where e^±2x is an ordinary number.</summary>
    public static ReadOnlySpan<Band> Halved<T>() => typeof(T) == typeof(double) ? halved : none;

    /// <summary>Angles that are not huge.</summary>
    public static ReadOnlySpan<Band> Moderate => moderate;

    /// <summary>Angles that are neither tiny nor huge.</summary>
    public static ReadOnlySpan<Band> Angles<T>() => typeof(T) == typeof(double) ? angles : anglesSingle;

    /// <summary>Whether two terms of a series are enough.</summary>
    public static bool IsTiny<T>(T x) where T : unmanaged, IFloatingPointIeee754<T> => T.Abs(x) < T.One;
}
