using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Diff;

/// <summary>Copies a view of a matrix into rows that the micro-kernel can stream.</summary>
/// <remarks>Copying has no bits to keep: it uses the widest vectors there are, on every path.</remarks>
internal static unsafe class GemmPacking {
    /// <summary>to[i·toRow + j] = from[i·fromRow + j·fromCol].</summary>
    internal static void Columns<T>(T* from, nint fromRow, nint fromCol, int rows, int columns, T* to, nint toRow) where T : unmanaged {
        if (fromCol == 1) Rows(from, fromRow, rows, columns, to, toRow);
        else if (fromRow != 1 || !Avx.IsSupported || rows < 4 || columns < 4) Elements(from, fromRow, fromCol, rows, columns, to, toRow);
        else if (typeof(T) == typeof(float)) Transpose<float, Single512, Single256>((float*)from, fromCol, rows, columns, (float*)to, toRow);
        else Transpose<double, Double512, Double256>((double*)from, fromCol, rows, columns, (double*)to, toRow);
    }

    private static void Transpose<T, O512, O256>(T* from, nint fromCol, int rows, int columns, T* to, nint toRow)
        where T : unmanaged where O512 : struct, ILanes512<T> where O256 : struct, ILanes256<T> {
        if (Avx512F.IsSupported) Transpose512<T, O512>(from, fromCol, rows, columns, to, toRow);
        else Transpose256<T, O256>(from, fromCol, rows, columns, to, toRow);
    }

    /// <summary>Packs rows of A as tiles, one behind the other, in each of which the rows of a k are neighbours.</summary>
    /// <remarks>Where they are neighbours already, a line that two tiles share is read once for both.</remarks>
    internal static void Tiles<T>(T* from, nint fromRow, nint fromCol, int k, int height, int tiles, int taller, T* to) where T : unmanaged {
        if (fromRow == 1 && Vector512.IsHardwareAccelerated && height < Vector512<T>.Count) {
            if (typeof(T) == typeof(float)) Tiles<float, Vector512<float>, Single512>((float*)from, fromCol, k, height, tiles, taller, (float*)to);
            else Tiles<double, Vector512<double>, Double512>((double*)from, fromCol, k, height, tiles, taller, (double*)to);
            return;
        }
        for (var t = 0; t < tiles; t++) {
            var rows = t < taller ? height + 1 : height;
            Columns(from, fromCol, fromRow, k, rows, to, rows);
            from += rows * fromRow;
            to += rows * k;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tiles<T, V, O>(T* from, nint fromCol, nint k, nint height, int tiles, int taller, T* to)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
        var (tall, low) = (O.Mask((int)height + 1), O.Mask((int)height));
        for (nint i = 0; i < k; i++) {
            var source = from + i * fromCol;
            var target = to + i * (height + 1);
            for (var t = 0; t < taller; t++) {
                O.StoreMasked(target, tall, O.LoadMasked(source, tall));
                source += height + 1;
                target += k * (height + 1);
            }
            target -= i;
            for (var t = taller; t < tiles; t++) {
                O.StoreMasked(target, low, O.LoadMasked(source, low));
                source += height;
                target += k * height;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Elements<T>(T* from, nint fromRow, nint fromCol, nint rows, nint columns, T* to, nint toRow) where T : unmanaged {
        for (nint i = 0; i < rows; i++) {
            var source = from + i * fromRow;
            var target = to + i * toRow;
            for (nint j = 0; j < columns; j++) {
                target[j] = *source;
                source += fromCol;
            }
        }
    }

    /// <summary>Copies rows of contiguous elements from one pitch to another.</summary>
    internal static void Rows<T>(T* from, nint fromRow, nint rows, nint columns, T* to, nint toRow) where T : unmanaged {
        if (typeof(T) == typeof(float)) Rows<float, Single512, Single256, No>((float*)from, fromRow, rows, columns, (float*)to, toRow);
        else Rows<double, Double512, Double256, No>((double*)from, fromRow, rows, columns, (double*)to, toRow);
    }

    /// <summary>As <see cref="Rows{T}"/> into scratch that is filled upwards: up to <see cref="Spill"/> elements behind each
    /// row are overwritten with zeros, which spares the masked stores.</summary>
    internal static void RowsUpwards<T>(T* from, nint fromRow, nint rows, nint columns, T* to, nint toRow) where T : unmanaged {
        if (typeof(T) == typeof(float)) Rows<float, Single512, Single256, Yes>((float*)from, fromRow, rows, columns, (float*)to, toRow);
        else Rows<double, Double512, Double256, Yes>((double*)from, fromRow, rows, columns, (double*)to, toRow);
    }

    /// <summary>Elements that must exist behind the end of what is filled by <see cref="RowsUpwards"/>.</summary>
    internal const int Spill = 16;

    private static void Rows<T, O512, O256, TSpill>(T* from, nint fromRow, nint rows, nint columns, T* to, nint toRow)
        where T : unmanaged where O512 : struct, ILanes512<T> where O256 : struct, ILanes256<T> where TSpill : struct, IFlag {
        if (Vector512.IsHardwareAccelerated) Copy<T, Vector512<T>, O512, TSpill>(from, fromRow, rows, columns, to, toRow);
        else if (Vector256.IsHardwareAccelerated) Copy<T, Vector256<T>, O256, No>(from, fromRow, rows, columns, to, toRow);
        else
            for (nint i = 0; i < rows; i++) new ReadOnlySpan<T>(from + i * fromRow, (int)columns).CopyTo(new Span<T>(to + i * toRow, (int)columns));
    }

    // A call of a general copy per row costs more than the ten or thirty elements that a row of an image has.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy<T, V, O, TSpill>(T* from, nint fromRow, nint rows, nint columns, T* to, nint toRow)
        where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> where TSpill : struct, IFlag {
        var full = columns / O.Width * O.Width;
        var mask = O.Mask((int)(columns - full));
        for (; rows > 0; rows--) {
            for (nint j = 0; j < full; j += O.Width) O.Store(to + j, O.Load(from + j));
            if (full < columns) {
                var rest = O.LoadMasked(from + full, mask);
                if (typeof(TSpill) == typeof(Yes)) O.Store(to + full, rest);
                else O.StoreMasked(to + full, mask, rest);
            }
            from += fromRow;
            to += toRow;
        }
    }

    // Sixteen bytes of each of several source rows fill the lanes of one vector, as they are loaded: what remains to be
    // transposed are small squares inside the lanes, half the shuffles of the textbook's network.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose512<T, O>(T* from, nint fromCol, int rows, int columns, T* to, nint toRow) where T : unmanaged where O : struct, ILanes512<T> {
        var square = 16 / sizeof(T);
        var wide = 4 * square;
        var done = rows / square * square;
        for (nint j = 0; j < columns; j += wide) {
            var left = (int)(columns - j);
            var mask = O.Mask(Math.Min(left, wide));
            var source = from + j * fromCol;
            for (nint i = 0; i < done; i += square) {
                var p = source + i;
                var target = to + i * toRow + j;
                if (typeof(T) == typeof(float)) {
                    var r0 = Four(p, fromCol, 0, 4, left).AsSingle();
                    var r1 = Four(p, fromCol, 1, 4, left).AsSingle();
                    var r2 = Four(p, fromCol, 2, 4, left).AsSingle();
                    var r3 = Four(p, fromCol, 3, 4, left).AsSingle();
                    var a = Avx512F.UnpackLow(r0, r1).AsDouble();
                    var b = Avx512F.UnpackHigh(r0, r1).AsDouble();
                    var c = Avx512F.UnpackLow(r2, r3).AsDouble();
                    var d = Avx512F.UnpackHigh(r2, r3).AsDouble();
                    O.StoreMasked(target, mask, Avx512F.UnpackLow(a, c).As<double, T>());
                    O.StoreMasked(target + toRow, mask, Avx512F.UnpackHigh(a, c).As<double, T>());
                    O.StoreMasked(target + 2 * toRow, mask, Avx512F.UnpackLow(b, d).As<double, T>());
                    O.StoreMasked(target + 3 * toRow, mask, Avx512F.UnpackHigh(b, d).As<double, T>());
                } else {
                    var r0 = Four(p, fromCol, 0, 2, left).AsDouble();
                    var r1 = Four(p, fromCol, 1, 2, left).AsDouble();
                    O.StoreMasked(target, mask, Avx512F.UnpackLow(r0, r1).As<double, T>());
                    O.StoreMasked(target + toRow, mask, Avx512F.UnpackHigh(r0, r1).As<double, T>());
                }
            }
        }
        Elements(from + done, 1, fromCol, rows - done, columns, to + done * toRow, toRow);
    }

    /// <summary>The lanes of rows first, first + step …; rows that do not exist repeat the last.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Four<T>(T* p, nint pitch, int first, int step, int rows) where T : unmanaged {
        var last = rows - 1;
        if (rows >= 4 * step)
            return Vector512.Create(
                Vector256.Create(Vector128.Load(p + first * pitch), Vector128.Load(p + (first + step) * pitch)),
                Vector256.Create(Vector128.Load(p + (first + 2 * step) * pitch), Vector128.Load(p + (first + 3 * step) * pitch)));
        return Vector512.Create(
            Vector256.Create(Vector128.Load(p + Math.Min(first, last) * pitch), Vector128.Load(p + Math.Min(first + step, last) * pitch)),
            Vector256.Create(Vector128.Load(p + Math.Min(first + 2 * step, last) * pitch), Vector128.Load(p + Math.Min(first + 3 * step, last) * pitch)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose256<T, O>(T* from, nint fromCol, int rows, int columns, T* to, nint toRow) where T : unmanaged where O : struct, ILanes256<T> {
        var square = 16 / sizeof(T);
        var wide = 2 * square;
        var done = rows / square * square;
        for (nint j = 0; j < columns; j += wide) {
            var left = (int)(columns - j);
            var mask = O.Mask(Math.Min(left, wide));
            var source = from + j * fromCol;
            for (nint i = 0; i < done; i += square) {
                var p = source + i;
                var target = to + i * toRow + j;
                if (typeof(T) == typeof(float)) {
                    var r0 = Two(p, fromCol, 0, 4, left).AsSingle();
                    var r1 = Two(p, fromCol, 1, 4, left).AsSingle();
                    var r2 = Two(p, fromCol, 2, 4, left).AsSingle();
                    var r3 = Two(p, fromCol, 3, 4, left).AsSingle();
                    var a = Avx.UnpackLow(r0, r1).AsDouble();
                    var b = Avx.UnpackHigh(r0, r1).AsDouble();
                    var c = Avx.UnpackLow(r2, r3).AsDouble();
                    var d = Avx.UnpackHigh(r2, r3).AsDouble();
                    O.StoreMasked(target, mask, Avx.UnpackLow(a, c).As<double, T>());
                    O.StoreMasked(target + toRow, mask, Avx.UnpackHigh(a, c).As<double, T>());
                    O.StoreMasked(target + 2 * toRow, mask, Avx.UnpackLow(b, d).As<double, T>());
                    O.StoreMasked(target + 3 * toRow, mask, Avx.UnpackHigh(b, d).As<double, T>());
                } else {
                    var r0 = Two(p, fromCol, 0, 2, left).AsDouble();
                    var r1 = Two(p, fromCol, 1, 2, left).AsDouble();
                    O.StoreMasked(target, mask, Avx.UnpackLow(r0, r1).As<double, T>());
                    O.StoreMasked(target + toRow, mask, Avx.UnpackHigh(r0, r1).As<double, T>());
                }
            }
        }
        Elements(from + done, 1, fromCol, rows - done, columns, to + done * toRow, toRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Two<T>(T* p, nint pitch, int first, int step, int rows) where T : unmanaged =>
        Vector256.Create(Vector128.Load(p + Math.Min(first, rows - 1) * pitch), Vector128.Load(p + Math.Min(first + step, rows - 1) * pitch));
}
