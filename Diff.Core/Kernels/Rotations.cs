namespace Diff;

/// <summary>Orthogonal factorizations of one matrix: Householder's QR, Jacobi's singular values.</summary>
/// <remarks>Jacobi's method is slower than bidiagonal ones and gets small singular values to more digits. Signs are fixed, so that results are functions of
/// the matrix: R has a positive diagonal; in right singular vectors the largest component is positive.</remarks>
internal static class Rotations {
    const int MaxSweeps = 64;

    /// <summary>A [m, n], m ≥ n, as Q [m, n] with orthonormal columns times upper triangular R [n, n] with a diagonal that is not negative.</summary>
    public static void Qr(ReadOnlySpan<double> a, int m, int n, Span<double> q, Span<double> r) {
        var (w, scale, qt) = (new double[n * m], new double[n], new double[n * m]);
        Vectors.Transpose(a, m, n, w);
        r[..(n * n)].Clear();
        // Row k of w is column k of A; from k on it becomes the vector v of the reflection 1 − scale·v·vᵀ.
        for (var k = 0; k < n; k++) {
            var v = w.AsSpan(k * m + k, m - k);
            var largest = Vectors.Largest(v);
            if (largest > 0 && double.IsFinite(largest)) Vectors.Scale(v, 1 / largest);
            var norm = Math.Sqrt(Vectors.Dot(v, v));
            if (norm != 0) {
                var head = v[0] > 0 ? -norm : norm;
                r[k * n + k] = head * largest;
                v[0] -= head;
                scale[k] = 2 / Vectors.Dot(v, v);
            }
            for (var j = k + 1; j < n; j++) {
                Reflect(w.AsSpan(j * m + k, m - k), v, scale[k]);
                r[k * n + j] = w[j * m + k];
            }
        }
        for (var j = 0; j < n; j++) {
            var column = qt.AsSpan(j * m, m);
            column[j] = 1;
            for (var k = j; k >= 0; k--) Reflect(column[k..], w.AsSpan(k * m + k, m - k), scale[k]);
            if (!(r[j * n + j] < 0)) continue;
            Vectors.Scale(column, -1);
            Vectors.Scale(r.Slice(j * n + j, n - j), -1);
        }
        Vectors.Transpose(qt, n, m, q);
    }

    static void Reflect(Span<double> x, ReadOnlySpan<double> v, double scale) {
        if (scale != 0) Vectors.AddScaled(x, -scale * Vectors.Dot(v, x), v);
    }

    /// <summary>A [m, n], m ≥ n, as U·diag(s)·Vᵀ, s in descending order; ut [n, m] and vt [n, n] hold U's and V's columns as rows.</summary>
    public static void Svd(ReadOnlySpan<double> a, int m, int n, Span<double> ut, Span<double> s, Span<double> vt) {
        var (w, v) = (new double[n * m], new double[n * n]);
        Vectors.Transpose(a, m, n, w);
        Vectors.Identity(v, n);
        // A power of two changes no digit, and keeps squares from leaving the range.
        var size = Vectors.Largest(w);
        var unit = size > 0 && double.IsFinite(size) ? Math.ScaleB(1, -Math.ILogB(size)) : 1;
        if (double.IsFinite(unit)) Vectors.Scale(w, unit);
        else unit = 1;
        var small = 1e-16 * Math.Sqrt(Math.Max(1, m));
        for (var sweep = 0; sweep < MaxSweeps; sweep++) {
            var turned = false;
            for (var p = 0; p < n; p++)
                for (var q = p + 1; q < n; q++) {
                    var x = w.AsSpan(p * m, m);
                    var y = w.AsSpan(q * m, m);
                    var (pp, qq, pq) = (Vectors.Dot(x, x), Vectors.Dot(y, y), Vectors.Dot(x, y));
                    if (!(Math.Abs(pq) > small * Math.Sqrt(pp) * Math.Sqrt(qq))) continue;
                    var (c, sine, _) = Angle((qq - pp) / (2 * pq));
                    Vectors.Rotate(x, y, c, sine);
                    Vectors.Rotate(v.AsSpan(p * n, n), v.AsSpan(q * n, n), c, sine);
                    turned = true;
                }
            if (!turned) break;
        }
        var (found, order) = (new double[n], new int[n]);
        for (var i = 0; i < n; i++) (found[i], order[i]) = (-Math.Sqrt(Vectors.Dot(w.AsSpan(i * m, m), w.AsSpan(i * m, m))), i);
        Array.Sort(found, order);
        for (var j = 0; j < n; j++) {
            var left = ut.Slice(j * m, m);
            var right = vt.Slice(j * n, n);
            var norm = -found[j];
            s[j] = norm / unit;
            w.AsSpan(order[j] * m, m).CopyTo(left);
            v.AsSpan(order[j] * n, n).CopyTo(right);
            var sign = Vectors.SignOf(right);
            Vectors.Scale(right, sign);
            if (norm > 0 || double.IsNaN(norm)) foreach (ref var x in left) x = sign * x / norm;
            else Complete(ut, m, j);
        }
    }

    // Any unit vector orthogonal to the rows before: of the axes, the one that they reach least, without what they have of it.
    static void Complete(Span<double> rows, int m, int count) {
        var (best, least) = (0, double.PositiveInfinity);
        for (var i = 0; i < m; i++) {
            var reached = 0.0;
            for (var k = 0; k < count; k++) reached += rows[k * m + i] * rows[k * m + i];
            if (reached < least) (best, least) = (i, reached);
        }
        var row = rows.Slice(count * m, m);
        row.Clear();
        row[best] = 1;
        for (var twice = 0; twice < 2; twice++)
            for (var k = 0; k < count; k++) Vectors.AddScaled(row, -Vectors.Dot(row, rows.Slice(k * m, m)), rows.Slice(k * m, m));
        Vectors.Scale(row, 1 / Math.Sqrt(Vectors.Dot(row, row)));
    }

    // The smaller of the two angles that make the pair orthogonal, by its cosine, sine and tangent.
    static (double Cosine, double Sine, double Tangent) Angle(double cotangentOfTwice) {
        var z = cotangentOfTwice;
        var t = Math.Abs(z) > 1e150 ? 0.5 / z : (z < 0 ? -1 : 1) / (Math.Abs(z) + Math.Sqrt(1 + z * z));
        var c = 1 / Math.Sqrt(1 + t * t);
        return (c, t * c, t);
    }
}
