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

    /// <summary>y[o, j, i] = step(y[o, j − 1, i], x[o, j, i]). f32 is added up in f64 (A), or a long sum would lose its digits one by one.</summary>
    public static void Run<T, A, S>(ReadOnlySpan<T> x, int outer, int size, int inner, bool reverse, Span<T> y)
        where T : unmanaged, INumber<T> where A : unmanaged, INumber<A> where S : IStep {
        if (size == 0) return;
        var state = Scratch.Room<A>(Scratch.Slot.Right, inner);
        for (var o = 0; o < outer; o++) {
            var from = x.Slice(o * size * inner, size * inner);
            var to = y.Slice(o * size * inner, size * inner);
            if (inner == 1) {
                Line<T, A, S>(from, reverse, to);
                continue;
            }
            for (var k = 0; k < size; k++) {
                var at = (reverse ? size - 1 - k : k) * inner;
                var row = from.Slice(at, inner);
                var result = to.Slice(at, inner);
                for (var i = 0; i < row.Length; i++) {
                    var v = A.CreateTruncating(row[i]);
                    state[i] = k == 0 ? v : S.Next(state[i], v);
                    result[i] = T.CreateTruncating(state[i]);
                }
            }
        }
    }

    // Along the last axis: the state in a register.
    static void Line<T, A, S>(ReadOnlySpan<T> x, bool reverse, Span<T> y) where T : unmanaged, INumber<T> where A : unmanaged, INumber<A> where S : IStep {
        var (at, step) = reverse ? (x.Length - 1, -1) : (0, 1);
        var state = A.CreateTruncating(x[at]);
        y[at] = T.CreateTruncating(state);
        for (var k = 1; k < x.Length; k++) {
            at += step;
            state = S.Next(state, A.CreateTruncating(x[at]));
            y[at] = T.CreateTruncating(state);
        }
    }

    /// <summary>y[o, j, i] = ln Σ exp x[o, k, i] over all k up to j: the largest so far, and the sum of the others' shares of it. No exponential waits for a logarithm.</summary>
    public static void LogSums<T>(ReadOnlySpan<T> x, int outer, int size, int inner, bool reverse, Span<T> y) where T : unmanaged, INumber<T> {
        var most = Scratch.Room<double>(Scratch.Slot.Right, inner);
        var sum = Scratch.Room<double>(Scratch.Slot.Third, inner);
        for (var o = 0; o < outer; o++)
            for (var k = 0; k < size; k++) {
                var at = (o * size + (reverse ? size - 1 - k : k)) * inner;
                var row = x.Slice(at, inner);
                var result = y.Slice(at, inner);
                for (var i = 0; i < row.Length; i++) {
                    var (v, m) = (double.CreateTruncating(row[i]), most[i]);
                    // Equals first: infinite ones would give ∞ − ∞.
                    (most[i], sum[i]) =
                        k == 0 ? (v, 1)
                        : v == m ? (m, sum[i] + 1)
                        : v > m ? (v, sum[i] * Math.Exp(m - v) + 1)
                        : (m, sum[i] + Math.Exp(v - m));
                    result[i] = T.CreateTruncating(most[i] + Math.Log(sum[i]));
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
        if (size == 0) return;
        // Side by side as far as a cache line reaches, so that memory is read in its order.
        const int Columns = 16;
        Span<int> best = stackalloc int[Columns];
        Span<T> most = stackalloc T[Columns];
        for (var o = 0; o < outer; o++)
            for (var from = 0; from < inner; from += Columns) {
                var width = Math.Min(Columns, inner - from);
                for (var k = 0; k < size; k++) {
                    var j = reverse ? size - 1 - k : k;
                    var at = (o * size + j) * inner + from;
                    for (var i = 0; i < width; i++) {
                        var v = x[at + i];
                        // Nearly always the first question is the last.
                        if (k == 0 || !(largest ? v <= most[i] : v >= most[i]) && !T.IsNaN(most[i])) (best[i], most[i]) = (j, v);
                        y[at + i] = best[i];
                    }
                }
            }
    }
}
