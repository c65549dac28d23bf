using System.Diagnostics;

namespace Diff;

// Reading values on the host. Under Grad a bool or an integer may be read at any time, since it has no derivative; a float
// that depends on the argument may not: x.Item() * x would silently lose half of its derivative.
[DebuggerDisplay("{Describe(),nq}")]
public sealed partial class Tensor : IFormattable {
    /// <summary>The single element as a C# number.</summary>
    /// <exception cref="ShapeException">There are more elements than one, or none.</exception>
    /// <exception cref="LostDerivativeException">It is a float that depends on what is being differentiated.</exception>
    /// <exception cref="UnknownValueException">It depends on the argument of a running transform that knows no values.</exception>
    public double Item() {
        if (Size != 1) throw new ShapeException($"Item: {Type} has {Size} elements, not one. Index it first, x[0, 2].Item(), or take ToArray<double>().");
        var view = Read();
        return Numbers.Read(view, view.Layout.Offset);
    }

    /// <summary>The single element as it is.</summary>
    /// <typeparam name="T">The C# type of the dtype: float for f32, …</typeparam>
    /// <exception cref="DTypeException">The dtype is another.</exception>
    public T Item<T>() where T : unmanaged => Size == 1 ? ToArray<T>()[0] : throw new ShapeException($"Item: {Type} has {Size} elements, not one.");

    /// <summary>A copy of the values in row-major order.</summary>
    /// <typeparam name="T">The C# type of the dtype: float for f32, double for f64, int for i32, …</typeparam>
    /// <exception cref="DTypeException">The dtype is another: convert first, <c>x.To(DType.F64).ToArray&lt;double&gt;()</c>.</exception>
    public T[] ToArray<T>() where T : unmanaged {
        if (DTypes.Of<T>() != DType) throw new DTypeException($"ToArray: {Type} does not hold {typeof(T).Name}. Convert first: x.To(DType.{DTypes.Of<T>()}).");
        return Read().Packed().Span<T>().ToArray();
    }

    /// <summary>The single element.</summary>
    public static explicit operator double(Tensor x) => x.Given(function: "(double)").Item();

    /// <summary>The single element, rounded to f32.</summary>
    public static explicit operator float(Tensor x) => (float)x.Given(function: "(float)").Item();

    /// <summary>The single element, without its fraction.</summary>
    public static explicit operator int(Tensor x) => (int)x.Given(function: "(int)").Item();

    /// <summary>The single bool, so that <c>if (x &gt; 0)</c> reads.</summary>
    /// <exception cref="DTypeException">It is a number, not a comparison.</exception>
    public static bool operator true(Tensor x) => x.Given(function: "if").Holds();

    /// <inheritdoc cref="op_True"/>
    public static bool operator false(Tensor x) => !x.Given(function: "if").Holds();

    bool Holds() =>
        DType != DType.Bool ? throw new DTypeException($"if: {Type} is not a bool; compare it, if (x > 0).")
        : Size != 1 ? throw new ShapeException($"if: {Type} has {Size} elements, not one. Take x.All() or x.Any(), or choose element by element with Where.")
        : Item() != 0;

    View Read() {
        if (DType.IsFloat() && IsLive && Variable() is { } variable)
            throw variable.Op is InputOp ? ProgramBuilder.NoValue(variable)
                : new LostDerivativeException($"A float was read that depends on the argument of {Free.First(s => s.IsOpen).Transform}, which would lose its derivative. Go on with the tensor itself; if losing it is meant: StopGradient(x).Item().") { Scope = Free.First(s => s.IsOpen) };
        return Value;
    }

    // The variable from which a derivative gets here, through floats alone and not past StopGradient: if there are several, one that has no value.
    Call? Variable() {
        var walk = Walk.Over([this], t => t.DType.IsFloat() && t.Call is { Op: not StopGradientOp } c && Scope.IsAnyOpen(c.Free) ? c : null);
        var variable = walk.Calls.Find(c => c.Op is InputOp) ?? walk.Calls.Find(c => c.Op is AliasOp);
        walk.Return();
        return variable;
    }

    /// <summary>The rows: the tensor's parts along its first axis.</summary>
    public IEnumerator<Tensor> GetEnumerator() {
        if (Rank == 0) throw new ShapeException("foreach: a scalar has no rows.");
        for (var i = 0; i < Shape[0]; i++) yield return SliceAxis(0, i, 1).ReshapeTo(Shape.Of(Shape.Span[1..]));
    }

    /// <summary>The values as NumPy prints them; inside a transform, what it is and what it depends on.</summary>
    public override string ToString() => ToString(null, null);

    /// <summary>The values with a C# number format, <c>$"{loss:F4}"</c>.</summary>
    public string ToString(string? format, IFormatProvider? provider = null) {
        if (AbsentFrom is not null) return "–";
        if (IsLive && (DType.IsFloat() ? Variable() is not null : !HasValue)) return Describe();
        var view = Value.Packed();
        return DType switch {
            DType.F32 => Printing.Format<float>(view.Span<float>(), Shape.Span, format),
            DType.F64 => Printing.Format<double>(view.Span<double>(), Shape.Span, format),
            DType.I32 => Printing.Format<int>(view.Span<int>(), Shape.Span, format),
            DType.I64 => Printing.Format<long>(view.Span<long>(), Shape.Span, format),
            DType.U32 => Printing.Format<uint>(view.Span<uint>(), Shape.Span, format),
            _ => Printing.Format<bool>(view.Span<bool>(), Shape.Span, format),
        };
    }

    // Never computes: a debugger that looks must not change what happens.
    string Describe() =>
        AbsentFrom is not null ? "–"
        : IsLive ? $"{type} = {call!.Op.Describe()} inside {Free.First(s => s.IsOpen).Transform}"
        : HasValue ? ToString()
        : $"{type}, not computed yet";
}
