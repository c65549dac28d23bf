namespace Diff;

/// <summary>Cholesky's and Gauss's factorizations and the solution of triangular systems, of one matrix in row-major order.</summary>
/// <remarks>Everything runs along rows, so that memory is read in order and a row at a time is added to another.</remarks>
internal static class Elimination {
    /// <summary>L with L·Lᵀ = A from A's lower triangle. Returns the first row at which A is not positive definite, or −1.</summary>
    public static int Cholesky(ReadOnlySpan<double> a, int n, Span<double> l) {
        // Upwards in Lᵀ, whose rows are contiguous: row k is finished, then taken from the rows below.
        var u = new double[n * n];
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++) u[j * n + i] = a[i * n + j];
        for (var k = 0; k < n; k++) {
            var pivot = u[k * n + k];
            if (pivot <= 0) return k;
            var row = u.AsSpan(k * n + k, n - k);
            Vectors.Scale(row[1..], 1 / (row[0] = Math.Sqrt(pivot)));
            for (var i = k + 1; i < n; i++) Vectors.AddScaled(u.AsSpan(i * n + i, n - i), -row[i - k], row[(i - k)..]);
        }
        l[..(n * n)].Clear();
        for (var i = 0; i < n; i++)
            for (var j = 0; j <= i; j++) l[i * n + j] = u[j * n + i];
        return -1;
    }

    /// <summary>P·A = L·U in place, by partial pivoting: row i of the result is row order[i] of A. Returns the first column without a pivot,
    /// where it stops, or −1; and the sign of P.</summary>
    public static (int Singular, double Sign) Lu(Span<double> a, int n, Span<int> order) {
        var sign = 1.0;
        for (var i = 0; i < n; i++) order[i] = i;
        for (var k = 0; k < n; k++) {
            var best = k;
            // A NaN is not passed over: it has to reach the result.
            for (var i = k + 1; i < n; i++)
                if (Math.Abs(a[i * n + k]) is var x && (x > Math.Abs(a[best * n + k]) || double.IsNaN(x))) best = i;
            if (a[best * n + k] == 0) return (k, 0);
            if (best != k) {
                for (var j = 0; j < n; j++) (a[k * n + j], a[best * n + j]) = (a[best * n + j], a[k * n + j]);
                (order[k], order[best], sign) = (order[best], order[k], -sign);
            }
            var pivot = a[k * n + k];
            var row = a.Slice(k * n + k + 1, n - k - 1);
            for (var i = k + 1; i < n; i++) {
                var factor = a[i * n + k] /= pivot;
                if (factor != 0) Vectors.AddScaled(a.Slice(i * n + k + 1, n - k - 1), -factor, row);
            }
        }
        return (-1, sign);
    }

    /// <summary>T·X = B in place of B [n, m], with T a triangle of a [n, n], or of its transpose. Returns the first row with 0 on the diagonal, or −1.</summary>
    /// <param name="lower">Whether the triangle is the lower one of a as it is stored.</param>
    /// <param name="transposed">Whether T is the triangle's transpose.</param>
    /// <param name="unit">Whether the diagonal is taken for 1 without being read.</param>
    public static int Solve(ReadOnlySpan<double> a, int n, Span<double> b, int m, bool lower, bool transposed, bool unit) {
        if (!unit)
            for (var i = 0; i < n; i++)
                if (a[i * n + i] == 0) return i;
        var forward = lower != transposed;
        for (var step = 0; step < n; step++) {
            var i = forward ? step : n - 1 - step;
            var row = b.Slice(i * m, m);
            var (from, to) = forward ? (0, i) : (i + 1, n);
            for (var j = from; j < to; j++) Vectors.AddScaled(row, -(transposed ? a[j * n + i] : a[i * n + j]), b.Slice(j * m, m));
            if (unit) continue;
            var pivot = a[i * n + i];
            foreach (ref var x in row) x /= pivot;
        }
        return -1;
    }

    /// <summary>A·X = B, or Aᵀ·X = B, for B [n, m]. Returns the first column without a pivot, or −1.</summary>
    public static int Solve(ReadOnlySpan<double> a, int n, ReadOnlySpan<double> b, int m, bool transposed, Span<double> x) {
        var (lu, order) = (a[..(n * n)].ToArray(), new int[n]);
        if (Lu(lu, n, order).Singular is var column && column >= 0) return column;
        if (!transposed) {
            for (var i = 0; i < n; i++) b.Slice(order[i] * m, m).CopyTo(x[(i * m)..]);
            Solve(lu, n, x, m, lower: true, transposed: false, unit: true);
            Solve(lu, n, x, m, lower: false, transposed: false, unit: false);
        } else {
            // Aᵀ = Uᵀ·Lᵀ·P
            var y = b[..(n * m)].ToArray();
            Solve(lu, n, y, m, lower: false, transposed: true, unit: false);
            Solve(lu, n, y, m, lower: true, transposed: true, unit: true);
            for (var i = 0; i < n; i++) y.AsSpan(i * m, m).CopyTo(x[(order[i] * m)..]);
        }
        return -1;
    }

    /// <summary>The sign of the determinant, and the logarithm of its magnitude: 0 and −∞ of a singular matrix.</summary>
    public static (double Sign, double Log) LogDeterminant(ReadOnlySpan<double> a, int n) {
        var lu = a[..(n * n)].ToArray();
        var (singular, sign) = Lu(lu, n, new int[n]);
        if (singular >= 0) return (0, double.NegativeInfinity);
        var log = 0.0;
        for (var i = 0; i < n; i++) {
            var pivot = lu[i * n + i];
            log += Math.Log(Math.Abs(pivot));
            // NaN has no sign: it stays NaN.
            sign *= double.IsNaN(pivot) ? double.NaN : Math.Sign(pivot);
        }
        return (sign, log);
    }

    /// <summary>The product of the pivots.</summary>
    public static double Determinant(ReadOnlySpan<double> a, int n) {
        var lu = a[..(n * n)].ToArray();
        var (singular, product) = Lu(lu, n, new int[n]);
        if (singular >= 0) return 0;
        for (var i = 0; i < n; i++) product *= lu[i * n + i];
        return product;
    }

    /// <summary>The matrix of cofactors transposed: det(A)·A⁻¹, and its limit where A is singular.</summary>
    public static void Adjugate(ReadOnlySpan<double> a, int n, Span<double> to) {
        if (n == 0) return;
        var (lu, order) = (a[..(n * n)].ToArray(), new int[n]);
        var (singular, determinant) = Lu(lu, n, order);
        var (small, large) = (double.PositiveInfinity, 0.0);
        for (var i = 0; i < n && singular < 0; i++) {
            var pivot = lu[i * n + i];
            (small, large, determinant) = (Math.Min(small, Math.Abs(pivot)), Math.Max(large, Math.Abs(pivot)), determinant * pivot);
        }
        if (singular < 0 && !(small < large * 1e-4) && double.IsNormal(determinant)) {
            var identity = new double[n * n];
            Vectors.Identity(identity, n);
            Solve(a, n, identity, n, transposed: false, to);
            Vectors.Scale(to[..(n * n)], determinant);
        } else {
            AdjugateBySvd(a, n, to);
        }
    }

    // A = U·Σ·Vᵀ has adj A = det(U)·det(V) · V·adj(Σ)·Uᵀ, in which nothing is divided by: adj Σ holds the products of the others.
    static void AdjugateBySvd(ReadOnlySpan<double> a, int n, Span<double> to) {
        var (ut, s, vt) = (new double[n * n], new double[n], new double[n * n]);
        Rotations.Svd(a, n, n, ut, s, vt);
        var sign = Math.Round(Determinant(ut, n) * Determinant(vt, n));
        to[..(n * n)].Clear();
        for (var k = 0; k < n; k++) {
            var others = sign;
            for (var i = 0; i < n; i++)
                if (i != k) others *= s[i];
            for (var i = 0; i < n; i++) Vectors.AddScaled(to.Slice(i * n, n), others * vt[k * n + i], ut.AsSpan(k * n, n));
        }
    }
}
