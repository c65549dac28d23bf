using System.Numerics;

namespace Diff;

/// <summary>Running results along the middle axis of a packed [outer, size, inner]: each element with all before it, in their order
/// (or all behind it, from the end).</summary>
internal static class Running {
    /// <summary>How a running result takes in the next element.</summary>
    internal interface IStep {
        static abstract A Next<A>(A state, A x) where A : unmanaged, INumber<A>;
    }

    internal readonly struct Plus : IStep {
        public static A Next<A>(A state, A x) where A : unmanaged, INumber<A> => state + x;
    }

    internal readonly struct Times : IStep {
        public static A Next<A>(A state, A x) where A : unmanaged, INumber<A> => state * x;
    }

    /// <summary>ln(eᵃ + eᵇ).</summary>
    internal readonly struct LogPlus : IStep {
        public static A Next<A>(A state, A x) where A : unmanaged, INumber<A> {
            var (a, b) = (double.CreateTruncating(state), double.CreateTruncating(x));
            if (double.IsNaN(a) || double.IsNaN(b)) return A.CreateTruncating(double.NaN);
            var (high, low) = a > b ? (a, b) : (b, a);
            // Infinite ones would give ∞ − ∞.
            return A.CreateTruncating(double.IsInfinity(high) ? high : high + double.LogP1(Math.Exp(low - high)));
        }
    }

    /// <summary>y[o, j, i] = step(y[o, j − 1, i], x[o, j, i]). f32 is added up in f64 (A), or a long sum would lose its digits one by one.</summary>
    public static void Run<T, A, S>(ReadOnlySpan<T> x, int outer, int size, int inner, bool reverse, Span<T> y)
        where T : unmanaged, INumber<T> where A : unmanaged, INumber<A> where S : IStep {
        var state = new A[inner];
        for (var o = 0; o < outer; o++)
            for (var k = 0; k < size; k++) {
                var at = (o * size + (reverse ? size - 1 - k : k)) * inner;
                var from = x.Slice(at, inner);
                var to = y.Slice(at, inner);
                for (var i = 0; i < inner; i++) {
                    var v = A.CreateTruncating(from[i]);
                    state[i] = k == 0 ? v : S.Next(state[i], v);
                    to[i] = T.CreateTruncating(state[i]);
                }
            }
    }

    /// <summary>h[j] = a[j]·h[j − 1] + b[j], with h = 0 before the first. Where a is 0 it begins anew: an ∞ before does not get through.</summary>
    public static void Recur<T>(ReadOnlySpan<T> a, ReadOnlySpan<T> b, int outer, int size, int inner, bool reverse, Span<T> y) where T : unmanaged, INumber<T> {
        for (var o = 0; o < outer; o++) {
            var before = -1;
            for (var k = 0; k < size; k++) {
                var at = (o * size + (reverse ? size - 1 - k : k)) * inner;
                for (var i = 0; i < inner; i++) y[at + i] = before < 0 || a[at + i] == T.Zero ? b[at + i] : a[at + i] * y[before + i] + b[at + i];
                before = at;
            }
        }
    }

    /// <summary>Where along the axis the largest (or smallest) element so far is: the first met of equals; NaN wins.</summary>
    public static void Arg<T>(ReadOnlySpan<T> x, int outer, int size, int inner, bool largest, bool reverse, Span<int> y) where T : unmanaged, INumber<T> {
        for (var o = 0; o < outer; o++)
            for (var i = 0; i < inner; i++) {
                var best = -1;
                T most = default;
                for (var k = 0; k < size; k++) {
                    var j = reverse ? size - 1 - k : k;
                    var v = x[(o * size + j) * inner + i];
                    if (best < 0 || !T.IsNaN(most) && (T.IsNaN(v) || (largest ? v > most : v < most))) (best, most) = (j, v);
                    y[(o * size + j) * inner + i] = best;
                }
            }
    }
}
