using System.Runtime.InteropServices;

namespace Diff;

/// <summary>What lets a collection expression be a tensor: <c>Tensor m = [[1, 2], [3, 4]]</c>.</summary>
public static class TensorBuilder {
    /// <summary>Stacks tensors of one shape along a new first axis. Plain numbers become f64.</summary>
    public static Tensor Stack(ReadOnlySpan<Tensor> items) {
        if (items.Length == 0) return new(View.Of<double>([], Shape.Of(0)));
        var numbers = new double[items.Length];
        for (var i = 0; i < items.Length; i++) {
            if (!items[i].IsWeak || items[i].Call is not null || items[i].Rank > 0) return Functions.Stack([.. items]);
            numbers[i] = items[i].Value.Span<double>()[items[i].Value.Layout.Offset];
        }
        return Tensor.Of(numbers);
    }
}

public sealed partial class Tensor {
    static readonly TensorType Number = new(DType.F64, Shape.Scalar);

    /// <summary>A C# number. It takes the dtype of what it meets; alone it is computed in f64.</summary>
    public static implicit operator Tensor(double value) => new(View.Of<double>([value], Shape.Scalar), weak: true);

    /// <summary>A C# int. It takes the dtype of what it meets, an integer's too; alone it is computed in f64.</summary>
    public static implicit operator Tensor(int value) => new(View.Of<double>([value], Shape.Scalar), weak: true, whole: true);

    /// <summary>f64[n].</summary>
    public static implicit operator Tensor(double[] values) => Of(values);

    /// <summary>f32[n].</summary>
    public static implicit operator Tensor(float[] values) => From<float>(values.Given(), values.Length);

    /// <summary>f64[rows, columns].</summary>
    public static implicit operator Tensor(double[,] values) => From(Flat(values.Given()), values.GetLength(0), values.GetLength(1));

    /// <summary>f32[rows, columns].</summary>
    public static implicit operator Tensor(float[,] values) => From(Flat(values.Given()), values.GetLength(0), values.GetLength(1));

    static ReadOnlySpan<T> Flat<T>(T[,] values) where T : unmanaged =>
        values.Length == 0 ? [] : MemoryMarshal.CreateReadOnlySpan(ref values[0, 0], values.Length);

    /// <summary>f64[n] of these numbers: C# doubles are kept whole.</summary>
    public static Tensor Of(params double[] values) => From<double>(values.Given(), values.Length);

    /// <summary>i32[n] of these integers.</summary>
    public static Tensor Ints(params int[] values) => From<int>(values.Given(), values.Length);

    /// <summary>A tensor of this shape with a copy of the values, in row-major order.</summary>
    /// <typeparam name="T">float, double, int, long, uint or bool.</typeparam>
    /// <exception cref="ShapeException">There are more or fewer values than the shape has elements.</exception>
    /// <exception cref="DTypeException">Another C# type.</exception>
    public static Tensor From<T>(ReadOnlySpan<T> values, params int[] shape) where T : unmanaged {
        var to = Shape.Of(shape);
        if (values.Length != to.Size) throw new ShapeException($"From: {values.Length} values do not fill shape {to}, which has {to.Size} elements.");
        return new(View.Of(values, to));
    }

    /// <summary>A scalar of exactly this type.</summary>
    /// <typeparam name="T">float, double, int, long, uint or bool.</typeparam>
    public static Tensor Scalar<T>(T value) where T : unmanaged => From<T>([value]);

    /// <summary>One value everywhere, f32 unless told.</summary>
    /// <exception cref="DTypeException">An integer type does not have the value.</exception>
    public static Tensor Full(double value, Shape shape, DType type = DType.F32) {
        if (type != DType.Bool && !Numbers.Fits(value, type)) throw new DTypeException($"Full: {value} is not a value of {type.Name()}.");
        var view = View.Allocate(type, Layout.Splat(shape.Given()));
        Numbers.Write(value, view);
        return new(view);
    }

    /// <summary>f32 zeros.</summary>
    public static Tensor Zeros(params int[] shape) => Full(0, Shape.Of(shape));

    /// <summary>f32 ones.</summary>
    public static Tensor Ones(params int[] shape) => Full(1, Shape.Of(shape));

    /// <summary>Zeros of this type and shape.</summary>
    public static Tensor Zeros(DType type, params int[] shape) => Full(0, Shape.Of(shape), type);

    /// <summary>Ones of this type and shape.</summary>
    public static Tensor Ones(DType type, params int[] shape) => Full(1, Shape.Of(shape), type);

    /// <summary>Zeros of the dtype and shape of another tensor.</summary>
    public static Tensor ZerosLike(Tensor x) => Full(0, x.Given().Shape, x.DType);

    /// <summary>Ones of the dtype and shape of another tensor.</summary>
    public static Tensor OnesLike(Tensor x) => Full(1, x.Given().Shape, x.DType);

    /// <summary>The identity matrix [n, n], or ones on the main diagonal of [n, m].</summary>
    public static Tensor Eye(int n, int? m = null, DType type = DType.F32) {
        var columns = m ?? n;
        return (Arange(n).ReshapeTo(Shape.Of(n, 1)).BroadcastTo(n, columns)).Eq(Arange(columns).BroadcastTo(n, columns)).To(type);
    }

    /// <summary>i32: 0, 1, … n − 1.</summary>
    /// <exception cref="ShapeException">n is negative.</exception>
    public static Tensor Arange(int n) => Ints([.. Enumerable.Range(0, Shape.Of(n)[0])]);

    /// <summary>start, start + step, … up to but without stop.</summary>
    /// <exception cref="DomainException">The step is zero or not finite.</exception>
    public static Tensor Arange(double start, double stop, double step = 1, DType type = DType.F32) {
        if (step == 0 || !double.IsFinite((stop - start) / step)) throw new DomainException($"Arange: from {start} to {stop} by {step} does not end.");
        var count = Math.Max(0, Math.Ceiling((stop - start) / step));
        if (count > int.MaxValue) throw new ShapeException($"Arange: from {start} to {stop} by {step} are more than {int.MaxValue} elements.");
        return Of([.. Enumerable.Range(0, (int)count).Select(i => start + i * step)]).To(type);
    }

    /// <summary>count numbers at equal distances, from start to stop inclusive.</summary>
    /// <exception cref="ShapeException">count is negative.</exception>
    public static Tensor Linspace(double start, double stop, int count, DType type = DType.F32) =>
        // Both ends are exact: each half is measured from its own.
        Of([.. Enumerable.Range(0, Shape.Of(count)[0]).Select(i => count == 1 ? start
            : 2 * i < count ? start + (stop - start) * i / (count - 1) : stop - (stop - start) * (count - 1 - i) / (count - 1))]).To(type);

    /// <summary>count numbers from base^start to base^stop inclusive, at equal ratios.</summary>
    public static Tensor Logspace(double start, double stop, int count, double @base = 10, DType type = DType.F32) =>
        Functions.Pow(@base, Linspace(start, stop, count, DType.F64)).To(type);

    /// <summary>Rows of zeros with a one where the class is: integers [...] → [..., classes].</summary>
    /// <remarks>A class outside 0 … classes − 1 gives a row of zeros.</remarks>
    public static Tensor OneHot(Tensor labels, int classes, DType type = DType.F32) {
        if (labels.Given().DType is not (DType.I32 or DType.I64 or DType.U32)) throw new DTypeException($"OneHot: the labels are {labels.Type}; they have to be integers.");
        var shape = Shape.Of([.. labels.Shape.Span, classes]);
        var spread = labels.BroadcastBy(shape, Axes.Range(labels.Rank));
        return spread.Eq(Arange(classes).To(labels.DType).BroadcastBy(shape, Axes.Of(labels.Rank))).To(type);
    }
}
