using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>What the user-facing functions do to operands before an op sees them: common dtype, common shape.</summary>
internal static class Promotion {
    /// <summary>Two operands in one dtype and one shape: JAX's promotion, NumPy's broadcasting.</summary>
    public static (Tensor, Tensor) Match(string op, Tensor a, Tensor b) {
        (a, b) = MatchTypes(a.Given("the left operand", op), b.Given("the right operand", op));
        if (a.Shape.Equals(b.Shape)) return (a, b);
        var shape = Broadcast(op, a.Type, b.Type);
        return (a.BroadcastTo(shape), b.BroadcastTo(shape));
    }

    /// <summary>A lone C# number takes the other's dtype (f32 where it is a double and the other an integer); two dtypes are promoted.</summary>
    public static (Tensor, Tensor) MatchTypes(Tensor a, Tensor b) {
        if (a.DType == b.DType && a.IsWeak == b.IsWeak) return (a, b);
        if (a.IsWeak && !b.IsWeak) return Weak(a, b.DType) is var type ? (a.To(type), b.To(type)) : default;
        if (b.IsWeak && !a.IsWeak) return Weak(b, a.DType) is var other ? (a.To(other), b.To(other)) : default;
        var common = DTypes.Promote(a.DType, b.DType);
        return (a.To(common), b.To(common));
    }

    /// <summary>A C# double that meets this tensor: of its dtype where that is a float, else f32. Never of a dtype that its value decides.</summary>
    public static Tensor Literal(double number, Tensor other) => other.Given("an operand", "Arithmetic") switch {
        { IsWeak: true } => number,
        { DType: DType.F64 } => new Tensor(View.Of<double>([number], Shape.Scalar)),
        _ => new Tensor(View.Of<float>([(float)number], Shape.Scalar)),
    };

    /// <summary>A C# int that meets this tensor: of its dtype, where that has it; i32 where it meets bools, i64 where it would not fit.</summary>
    public static Tensor Literal(int number, Tensor other) =>
        other.Given("an operand", "Arithmetic").IsWeak ? number
        : other.DType.IsFloat() ? Literal((double)number, other)
        : Tensor.Full(number, Shape.Scalar, other.DType == DType.Bool ? DType.I32 : Numbers.Fits(number, other.DType) ? other.DType : DType.I64);

    // What it was in C# decides, an int or a double. The value does only where it may be negative and the other is u32.
    static DType Weak(Tensor number, DType other) => other switch {
        DType.F32 or DType.F64 => other,
        _ when !number.IsWhole => DType.F32,
        DType.Bool => DType.I32,
        DType.U32 => number is { Call: null, Rank: 0 } && number.Item() >= 0 ? DType.U32 : DType.I64,
        _ => other,
    };

    /// <summary>The shape both repeat to: axes are matched from the last; an axis of size 1, or none, repeats.</summary>
    public static Shape Broadcast(string op, TensorType a, TensorType b) {
        var rank = Math.Max(a.Shape.Rank, b.Shape.Rank);
        var dims = new int[rank];
        for (var i = 1; i <= rank; i++) {
            var (m, n) = (i <= a.Shape.Rank ? a.Shape[^i] : 1, i <= b.Shape.Rank ? b.Shape[^i] : 1);
            if (m != n && m != 1 && n != 1)
                throw new ShapeException($"{op}: {a} and {b} do not broadcast: axis {-i} has {m} on the left and {n} on the right. Sizes must be equal, or one of them 1{Hint(a.Shape, b.Shape)}.");
            dims[^i] = m == 1 ? n : m;
        }
        return Shape.Of(dims);
    }

    static string Hint(Shape a, Shape b) =>
        a.Rank == 1 && b.Rank == 2 && a[0] == b[0] ? "; the left one would fit as a column: x[.., NewAxis]"
        : b.Rank == 1 && a.Rank == 2 && b[0] == a[0] ? "; the right one would fit as a column: x[.., NewAxis]"
        : a.Rank == 2 && b.Rank == 2 && a[0] == b[1] && a[1] == b[0] ? "; one of them would fit transposed: x.T"
        : "";

    public static Tensor Apply(ElementwiseOp op, Tensor a, Tensor b, [CallerMemberName] string name = "") {
        (a, b) = Match(name, a, b);
        return Graph.Apply(op, a, b);
    }

    /// <summary>An op of floats applied to what may be integers: they become f32, as in JAX.</summary>
    public static Tensor ApplyFloat(ElementwiseOp op, Tensor x, [CallerArgumentExpression(nameof(x))] string name = "") => Graph.Apply(op, x.Given(name, op.Name).DType.IsFloat() ? x : x.To(DType.F32));
}
