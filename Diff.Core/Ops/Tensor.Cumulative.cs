namespace Diff;

// Running results along an axis, from its front or (reverse) from its end; the shape stays.
public sealed partial class Tensor {
    /// <summary>The sum of each element and all before it along the axis. f32 is added up in f64; bools are counted, in i32.</summary>
    /// <param name="axis">Along which, the last unless told.</param>
    /// <param name="reverse">Each element with all behind it instead.</param>
    public Tensor CumSum(int axis = -1, bool reverse = false) => Graph.Apply(new CumulativeOp(Cumulation.Sum, Shape.Axis(axis), reverse), DType == DType.Bool ? To(DType.I32) : this);

    /// <summary>The product of each element and all before it along the axis. Its derivative is right where elements are zero.</summary>
    /// <inheritdoc cref="CumSum"/>
    public Tensor CumProd(int axis = -1, bool reverse = false) => Graph.Apply(new CumulativeOp(Cumulation.Prod, Shape.Axis(axis), reverse), this);

    /// <summary>The largest so far along the axis; NaN wins, and stays. Of equals the one met first has the whole derivative.</summary>
    /// <inheritdoc cref="CumSum"/>
    public Tensor CumMax(int axis = -1, bool reverse = false) => CumArg(true, axis, reverse);

    /// <summary>The smallest so far along the axis; NaN wins, and stays. Of equals the one met first has the whole derivative.</summary>
    /// <inheritdoc cref="CumSum"/>
    public Tensor CumMin(int axis = -1, bool reverse = false) => CumArg(false, axis, reverse);

    /// <summary>ln Σ eˣ over each element and all before it along the axis, without overflow.</summary>
    /// <inheritdoc cref="CumSum"/>
    public Tensor CumLogSumExp(int axis = -1, bool reverse = false) => Graph.Apply(new CumulativeOp(Cumulation.LogSumExp, Shape.Axis(axis), reverse), DType.IsFloat() ? this : To(DType.F32));

    Tensor CumArg(bool largest, int axis, bool reverse) => TakeAlong(Graph.Apply(new CumulativeArgOp(largest, Shape.Axis(axis), reverse), this), axis);
}
