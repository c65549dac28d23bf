using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>Convolution (cross-correlation) of any stride, padding, dilation and grouping, over one to three dimensions.</summary>
/// <remarks>
/// One operation, three uses: forward; the gradient of the input (stride becomes input dilation, w flipped and its channels
/// swapped by strides); the gradient of the weights (batch and channel swapped by strides, the output's gradient as the
/// window). Which of the two orders of summation is used, and each of them, is a function of <see cref="ConvGeometry"/> alone.
/// </remarks>
internal static unsafe class Convolution {
    /// <summary>y = x ∗ w. Strides are in elements: those of x for (n, c, spatial…), those of w for (o, c in group,
    /// spatial…), of any sign; the offsets say where element (0, 0, 0…) is. y is contiguous and overwritten.</summary>
    /// <exception cref="ArgumentException">A view reaches outside its span.</exception>
    internal static void Run<T>(ConvGeometry g, ReadOnlySpan<T> x, int xOffset, ReadOnlySpan<nint> xStrides,
        ReadOnlySpan<T> w, int wOffset, ReadOnlySpan<nint> wStrides, Span<T> y) where T : unmanaged =>
        Run(g, x, xOffset, xStrides, w, wOffset, wStrides, y, SimdPaths.Best);

    /// <summary>The same on a given path: what the tests compare bit for bit.</summary>
    internal static void Run<T>(ConvGeometry g, ReadOnlySpan<T> x, int xOffset, ReadOnlySpan<nint> xStrides,
        ReadOnlySpan<T> w, int wOffset, ReadOnlySpan<nint> wStrides, Span<T> y, SimdPath path) where T : unmanaged {
        if (y.Length != (long)g.N * g.O * g.Pixels)
            throw new ArgumentException($"Convolution: y has {y.Length} elements, {g.N}·{g.O}·{g.Pixels} are written.");
        if (y.IsEmpty) return;
        if (g.C == 0 || g.Taps == 0) {
            y.Clear();
            return;
        }
        Fits("x", g.Rank, g.N, g.C, g.Input, x.Length, xOffset, xStrides);
        Fits("w", g.Rank, g.O, g.C / g.Groups, g.Kernel, w.Length, wOffset, wStrides);
        if (x.IsEmpty) {
            // An input without elements is padding only.
            y.Clear();
            return;
        }
        fixed (T* px = x, pw = w, py = y) {
            var problem = new ConvProblem<T> { X = px + xOffset, W = pw + wOffset, Y = py };
            var missing = ConvGeometry.MaxRank - g.Rank;
            for (var i = 0; i < 2 + g.Rank; i++) {
                problem.XStrides[i < 2 ? i : i + missing] = xStrides[i];
                problem.WStrides[i < 2 ? i : i + missing] = wStrides[i];
            }
            if (typeof(T) == typeof(float)) Run<float, Single512, Single256, Single128>(g, (ConvProblem<float>*)&problem, path);
            else if (typeof(T) == typeof(double)) Run<double, Double512, Double256, Double128>(g, (ConvProblem<double>*)&problem, path);
            else throw new NotSupportedException($"Convolution takes float and double, not {typeof(T).Name}.");
        }
    }

    private static void Run<T, O512, O256, O128>(ConvGeometry g, ConvProblem<T>* p, SimdPath path)
        where T : unmanaged where O512 : struct, ILanes512<T> where O256 : struct, ILanes256<T> where O128 : struct, ILanes128<T> {
        switch (path) {
            case SimdPath.Vector512: Run<T, Vector512<T>, O512>(g, p); break;
            case SimdPath.Vector256: Run<T, Vector256<T>, O256>(g, p); break;
            case SimdPath.Vector128: Run<T, Vector128<T>, O128>(g, p); break;
            default: Run<T, T, Lanes1<T>>(g, p); break;
        }
    }

    // Parts of a batch that is computed with a lane for each image should fill the lanes.
    private const int Lanes = 16;

    // Several images, or the channels of one: the order of summation depends on neither.
    private static void Run<T, V, O>(ConvGeometry g, ConvProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        const double multiplyAdd = 0.006;
        var whole = new Parts<T> { Geometry = g, Problem = p };
        var nanoseconds = multiplyAdd * sizeof(T) * g.N * g.O * g.Pixels * (g.C / g.Groups) * g.Taps;
        if (g.N > 1)
            ForkJoin.Over(g.N, nanoseconds, whole, static (in all, from, to) => {
                var part = *all.Problem;
                part.X += from * (nint)part.XStrides[0];
                part.Y += (nint)from * all.Geometry.O * (nint)all.Geometry.Pixels;
                Alone<T, V, O>(all.Geometry.Images(to - from), &part);
            }, g.N >= 2 * Lanes ? Lanes : 1, each: 1);
        else
            ForkJoin.Over(g.O, nanoseconds, whole, static (in all, from, to) => {
                var part = *all.Problem;
                part.X += all.Geometry.FirstInput(from) * (nint)part.XStrides[1];
                part.W += from * (nint)part.WStrides[0];
                part.Y += from * (nint)all.Geometry.Pixels;
                Alone<T, V, O>(all.Geometry.Channels(to - from), &part);
            }, g.Groups > 1 ? g.O / g.Groups : 1, each: 1);
    }

    private static void Alone<T, V, O>(ConvGeometry g, ConvProblem<T>* p) where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        switch (g.Order) {
            case ConvOrder.Dot: ConvDot.Run<T, V, O>(g, p); break;
            case ConvOrder.DotImages: ConvDotImages.Run<T, V, O>(g, p); break;
            case ConvOrder.Scatter: ConvScatter.Run<T, V, O>(g, p); break;
            case ConvOrder.Inside: ConvImages.Run<T, V, O>(g, p); break;
            default:
                if (O.Width > 1 && ConvImages.Pays(g)) ConvImages.Run<T, V, O>(g, p);
                else ConvChain.Run<T, V, O>(g, p);
                break;
        }
    }

    private struct Parts<T> where T : unmanaged {
        internal ConvGeometry Geometry;
        internal ConvProblem<T>* Problem;
    }

    /// <summary>The one look at the bounds: the least and the greatest element that the strides reach.</summary>
    private static void Fits(string name, int rank, int first, int second, int[] sizes, int length, int offset, ReadOnlySpan<nint> strides) {
        if (strides.Length != rank + 2) throw new ArgumentException($"Convolution: {name} has {rank + 2} dimensions and {strides.Length} strides.");
        nint low = offset, high = offset;
        for (var i = 0; i < strides.Length; i++) {
            var size = i == 0 ? first : i == 1 ? second : sizes[i - 2 + ConvGeometry.MaxRank - rank];
            if (size == 0) return;
            var reach = checked((size - 1) * strides[i]);
            if (reach < 0) low += reach;
            else high += reach;
        }
        if (low < 0 || high >= length) throw new ArgumentException($"Convolution: {name} reaches from element {low} to {high}, its span has {length}.");
    }
}

/// <summary>The arguments of one convolution behind the door, widened to three spatial dimensions.</summary>
internal unsafe struct ConvProblem<T> where T : unmanaged {
    /// <summary>Element (0, 0, 0, 0, 0).</summary>
    internal T* X, W;
    internal T* Y;
    internal fixed long XStrides[5];
    internal fixed long WStrides[5];
}
