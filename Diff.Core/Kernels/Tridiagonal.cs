using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>Eigenvalues and eigenvectors of one symmetric matrix: Householder's reflections make it tridiagonal, the implicit QL method diagonal.</summary>
/// <remarks>Golub and Van Loan, Matrix Computations, 8.3; EISPACK's <c>tred2</c> and <c>tql2</c>. Everything runs along rows: the lower triangle's are reduced
/// from the last one up, and eigenvectors are the rows of a matrix that reflections, then rotations of neighbours make. Errors are small beside the largest
/// eigenvalue, and of graded matrices beside each. Signs are fixed: the largest component of each eigenvector is positive.</remarks>
internal static class Tridiagonal {
    const int MaxSweeps = 64;

    const double Negligible = 1e-290, Epsilon = 1.0 / (1L << 52);

    /// <summary>Eigenvalues in ascending order and eigenvectors in the columns of v, of the symmetric matrix whose lower triangle is a's.</summary>
    public static void Eigh(ReadOnlySpan<double> a, int n, Span<double> values, Span<double> v) {
        if (n == 0) return;
        // Eigenvectors' rows end with a whole vector.
        var width = (n + Vectors.Lanes - 1) / Vectors.Lanes * Vectors.Lanes;
        var (s, d, e, rows) = (new double[n * n], new double[n], new double[n], new double[n * width]);
        // In ascending order of the diagonal: of a graded matrix the small eigenvalues then keep their digits.
        var (diagonal, place) = (new double[n], new int[n]);
        for (var i = 0; i < n; i++) (diagonal[i], place[i]) = (Math.Abs(a[i * n + i]), i);
        Array.Sort(diagonal, place);
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++) s[i * n + j] = a[Math.Max(place[i], place[j]) * n + Math.Min(place[i], place[j])];
        var size = Vectors.Largest(s);
        if (!double.IsFinite(size)) {
            values[..n].Fill(double.NaN);
            v[..(n * n)].Fill(double.NaN);
            return;
        }
        // A power of two changes no digit, and keeps squares in range.
        var unit = size > 0 ? Math.ScaleB(1, Math.Min(1000, -Math.ILogB(size))) : 1;
        Vectors.Scale(s, unit);
        Reduce(s, n, d, e, rows, width);
        Diagonalize(n, d, e, new(rows, width));
        var (order, vector) = (new int[n], new double[n]);
        for (var i = 0; i < n; i++) order[i] = i;
        Array.Sort(d, order);
        for (var j = 0; j < n; j++) {
            values[j] = d[j] / unit;
            var row = rows.AsSpan(order[j] * width, n);
            for (var i = 0; i < n; i++) vector[place[i]] = row[i];
            var sign = Vectors.SignOf(vector);
            for (var i = 0; i < n; i++) v[i * n + j] = sign * vector[i];
        }
    }

    /// <summary>A = Q·T·Qᵀ of the lower triangle s: T's diagonal d, e[i] beside d[i] and d[i + 1], and Qᵀ. Overwrites s.</summary>
    static void Reduce(double[] s, int n, double[] d, double[] e, double[] qt, int width) {
        var (scale, p, w) = (new double[n], new double[n], new double[n]);
        for (var i = n - 1; i > 0; i--) {
            // The reflection 1 − scale·v·vᵀ that leaves of the row beside the diagonal its last element alone; v stays where the row was.
            var v = s.AsSpan(i * n, i);
            d[i] = s[i * n + i];
            var norm = Math.Sqrt(Vectors.Dot(v, v));
            // Already so: and a square that underflows is nothing beside the elements near 1.
            var done = i == 1 || norm <= Math.Abs(v[i - 1]);
            e[i - 1] = done ? v[i - 1] : v[i - 1] > 0 ? -norm : norm;
            if (done) continue;
            v[i - 1] -= e[i - 1];
            scale[i] = 2 / Vectors.Dot(v, v);
            // Both sides of the rest B at once: B − v·wᵀ − w·vᵀ with p = scale·B·v, w = p − scale/2·(pᵀv)·v.
            p.AsSpan(0, i).Clear();
            for (var j = 0; j < i; j++) {
                var row = s.AsSpan(j * n, j);
                p[j] += DotAndAdd(row, v, p, v[j]) + s[j * n + j] * v[j];
            }
            Vectors.Scale(p.AsSpan(0, i), scale[i]);
            p.AsSpan(0, i).CopyTo(w);
            Vectors.AddScaled(w.AsSpan(0, i), -0.5 * scale[i] * Vectors.Dot(p.AsSpan(0, i), v), v);
            for (var j = 0; j < i; j++) AddTwo(s.AsSpan(j * n, j + 1), -v[j], w, -w[j], v);
        }
        d[0] = s[0];
        // Qᵀ = H₂·H₃ … from the left: each factor reflects the rows of the block that those before it reach, and one more.
        for (var i = 0; i < n; i++) qt[i * width + i] = 1;
        for (var i = 2; i < n; i++) {
            if (scale[i] == 0) continue;
            var v = s.AsSpan(i * n, i);
            for (var r = 0; r < i; r++) {
                var row = qt.AsSpan(r * width, i);
                Vectors.AddScaled(row, -scale[i] * Vectors.Dot(row, v), v);
            }
        }
    }

    /// <summary>x·v, while y gets a·x added: one look at x for both halves of a symmetric product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static double DotAndAdd(ReadOnlySpan<double> x, ReadOnlySpan<double> v, Span<double> y, double a) {
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var by = ref MemoryMarshal.GetReference(v);
        ref var to = ref MemoryMarshal.GetReference(y[..x.Length]);
        var (i, sum, factor) = (0, Vector512<double>.Zero, Vector512.Create(a));
        for (; i <= x.Length - Vectors.Lanes; i += Vectors.Lanes) {
            var t = Vectors.At(ref from, i);
            sum += t * Vectors.At(ref by, i);
            (Vectors.At(ref to, i) + factor * t).StoreUnsafe(ref to, (nuint)i);
        }
        var tail = 0.0;
        for (; i < x.Length; i++) {
            tail += x[i] * v[i];
            y[i] += a * x[i];
        }
        return Vectors.Total(sum) + tail;
    }

    /// <summary>y += a·x + b·z.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void AddTwo(Span<double> y, double a, ReadOnlySpan<double> x, double b, ReadOnlySpan<double> z) {
        ref var to = ref MemoryMarshal.GetReference(y);
        ref var p = ref MemoryMarshal.GetReference(x[..y.Length]);
        ref var q = ref MemoryMarshal.GetReference(z[..y.Length]);
        var (i, first, second) = (0, Vector512.Create(a), Vector512.Create(b));
        for (; i <= y.Length - Vectors.Lanes; i += Vectors.Lanes)
            (Vectors.At(ref to, i) + first * Vectors.At(ref p, i) + second * Vectors.At(ref q, i)).StoreUnsafe(ref to, (nuint)i);
        for (; i < y.Length; i++) y[i] = y[i] + a * x[i] + b * z[i];
    }

    /// <summary>The eigenvalues of the tridiagonal matrix in d, in no order, and the rotations of rows that find them.</summary>
    static void Diagonalize(int n, double[] d, double[] e, Turns turns) {
        for (var l = 0; l < n; l++) {
            for (var sweep = 0; sweep < MaxSweeps; sweep++) {
                // Up to the first pair that is apart the matrix is one.
                var m = l;
                while (m < n - 1 && !(Math.Abs(e[m]) <= Math.Max(Negligible, Epsilon * Math.Sqrt(Math.Abs(d[m])) * Math.Sqrt(Math.Abs(d[m + 1]))))) m++;
                if (m == l) break;
                var g = (d[l + 1] - d[l]) / (2 * e[l]);
                var r = Length(g, 1);
                g = d[m] - d[l] + e[l] / (g + (g < 0 ? -r : r));
                var (sine, cosine, p) = (1.0, 1.0, 0.0);
                var apart = false;
                turns.Begin(m);
                for (var i = m - 1; i >= l; i--) {
                    var (f, b) = (sine * e[i], cosine * e[i]);
                    r = Length(f, g);
                    e[i + 1] = r;
                    if (r == 0) {
                        (d[i + 1], e[m], apart) = (d[i + 1] - p, 0, true);
                        break;
                    }
                    (sine, cosine) = (f / r, g / r);
                    g = d[i + 1] - p;
                    r = (d[i] - g) * sine + 2 * cosine * b;
                    p = sine * r;
                    d[i + 1] = g + p;
                    g = cosine * r - b;
                    turns.Add(cosine, sine);
                }
                if (apart) continue;
                (d[l], e[l], e[m]) = (d[l] - p, g, 0);
            }
        }
        turns.Apply();
    }

    // Squares do not overflow here, but may vanish.
    static double Length(double x, double y) => x * x + y * y is > 1e-280 and var square ? Math.Sqrt(square) : double.Hypot(x, y);

    /// <summary>Rotations of neighbouring rows, from a row upwards in each sweep: kept, and done for many sweeps together, a few columns at a time
    /// that stay in the cache.</summary>
    sealed class Turns(double[] z, int width) {
        const int Most = 4096, Columns = 4 * Vectors.Lanes;

        readonly List<(int Bottom, int From)> sweeps = [];
        readonly List<(double Cosine, double Sine)> all = [];

        /// <summary>A sweep whose first rotation is of the rows bottom − 1 and bottom.</summary>
        public void Begin(int bottom) {
            if (all.Count >= Most) Apply();
            sweeps.Add((bottom, all.Count));
        }

        /// <summary>The next rotation of the sweep: (upper, lower) ← (c·upper − s·lower, s·upper + c·lower).</summary>
        public void Add(double cosine, double sine) => all.Add((cosine, sine));

        public void Apply() {
            var turns = CollectionsMarshal.AsSpan(all);
            for (var at = 0; at < width;) {
                var wide = at + Columns <= width;
                for (var k = 0; k < sweeps.Count; k++) {
                    var (bottom, from) = sweeps[k];
                    var sweep = turns[from..(k + 1 < sweeps.Count ? sweeps[k + 1].From : turns.Length)];
                    ref var row = ref z[bottom * width + at];
                    if (wide) Wide(sweep, ref row);
                    else Narrow(sweep, ref row);
                }
                at += wide ? Columns : Vectors.Lanes;
            }
            sweeps.Clear();
            all.Clear();
        }

        // The lower row of a pair is done with; the upper one, the next pair's lower, stays in registers.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        void Narrow(ReadOnlySpan<(double Cosine, double Sine)> turns, ref double row) {
            var a = Vectors.At(ref row, 0);
            foreach (var (cosine, sine) in turns) {
                ref var upper = ref Unsafe.Subtract(ref row, width);
                var (x, y, p) = (Vector512.Create(cosine), Vector512.Create(sine), Vectors.At(ref upper, 0));
                (y * p + x * a).StoreUnsafe(ref row);
                a = x * p - y * a;
                row = ref upper;
            }
            a.StoreUnsafe(ref row);
        }

        // Four vectors at once.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        void Wide(ReadOnlySpan<(double Cosine, double Sine)> turns, ref double row) {
            const int L = Vectors.Lanes;
            var (a, b, c, d) = (Vectors.At(ref row, 0), Vectors.At(ref row, L), Vectors.At(ref row, 2 * L), Vectors.At(ref row, 3 * L));
            foreach (var (cosine, sine) in turns) {
                ref var upper = ref Unsafe.Subtract(ref row, width);
                var (x, y) = (Vector512.Create(cosine), Vector512.Create(sine));
                var (p, q, r, s) = (Vectors.At(ref upper, 0), Vectors.At(ref upper, L), Vectors.At(ref upper, 2 * L), Vectors.At(ref upper, 3 * L));
                (y * p + x * a).StoreUnsafe(ref row);
                (y * q + x * b).StoreUnsafe(ref row, L);
                (y * r + x * c).StoreUnsafe(ref row, 2 * L);
                (y * s + x * d).StoreUnsafe(ref row, 3 * L);
                (a, b, c, d) = (x * p - y * a, x * q - y * b, x * r - y * c, x * s - y * d);
                row = ref upper;
            }
            a.StoreUnsafe(ref row);
            b.StoreUnsafe(ref row, L);
            c.StoreUnsafe(ref row, 2 * L);
            d.StoreUnsafe(ref row, 3 * L);
        }
    }
}
