using System.ComponentModel;

namespace Diff;

public sealed partial class Tensor {
    /// <summary>The sum, element by element. Shapes broadcast, dtypes promote.</summary>
    public static Tensor operator +(Tensor a, Tensor b) => Promotion.Apply(AddOp.Op, a, b, "+");

    /// <summary>The difference.</summary>
    public static Tensor operator -(Tensor a, Tensor b) => Promotion.Apply(SubOp.Op, a, b, "-");

    /// <summary>The product, element by element; the matrix product is <c>MatMul</c>.</summary>
    public static Tensor operator *(Tensor a, Tensor b) {
        (a, b) = Promotion.Match("*", a, b);
        // x·1 is x to the bit; a structural 1 is what seeds and linear rules are full of.
        return a.IsFill(out var one) && one == 1 && a.DType == b.DType ? b : b.IsFill(out one) && one == 1 ? a : Graph.Apply(MulOp.Op, a, b);
    }

    /// <summary>The quotient. Integers give f32, as in JAX.</summary>
    public static Tensor operator /(Tensor a, Tensor b) {
        (a, b) = Promotion.Match("/", a, b);
        return a.DType.IsFloat() ? Graph.Apply(DivOp.Op, a, b) : Graph.Apply(DivOp.Op, a.To(DType.F32), b.To(DType.F32));
    }

    /// <inheritdoc cref="op_Addition(Tensor, Tensor)"/>
    public static Tensor operator +(Tensor a, double b) => a + Promotion.Literal(b, a);

    /// <inheritdoc cref="op_Subtraction(Tensor, Tensor)"/>
    public static Tensor operator -(Tensor a, double b) => a - Promotion.Literal(b, a);

    /// <inheritdoc cref="op_Multiply(Tensor, Tensor)"/>
    public static Tensor operator *(Tensor a, double b) => a * Promotion.Literal(b, a);

    /// <inheritdoc cref="op_Division(Tensor, Tensor)"/>
    public static Tensor operator /(Tensor a, double b) => a / Promotion.Literal(b, a);

    /// <summary>With a C# int, which keeps an integer tensor's dtype.</summary>
    public static Tensor operator +(Tensor a, int b) => a + Promotion.Literal(b, a);

    /// <inheritdoc cref="op_Addition(Tensor, int)"/>
    public static Tensor operator +(int a, Tensor b) => Promotion.Literal(a, b) + b;

    /// <summary>With a C# int, which keeps an integer tensor's dtype.</summary>
    public static Tensor operator -(Tensor a, int b) => a - Promotion.Literal(b, a);

    /// <inheritdoc cref="op_Subtraction(Tensor, int)"/>
    public static Tensor operator -(int a, Tensor b) => Promotion.Literal(a, b) - b;

    /// <summary>With a C# int, which keeps an integer tensor's dtype.</summary>
    public static Tensor operator *(Tensor a, int b) => a * Promotion.Literal(b, a);

    /// <inheritdoc cref="op_Multiply(Tensor, int)"/>
    public static Tensor operator *(int a, Tensor b) => Promotion.Literal(a, b) * b;

    /// <summary>With a C# int, which keeps an integer tensor's dtype.</summary>
    public static Tensor operator /(Tensor a, int b) => a / Promotion.Literal(b, a);

    /// <inheritdoc cref="op_Division(Tensor, int)"/>
    public static Tensor operator /(int a, Tensor b) => Promotion.Literal(a, b) / b;

    /// <inheritdoc cref="op_Addition(Tensor, Tensor)"/>
    public static Tensor operator +(double a, Tensor b) => Promotion.Literal(a, b) + b;

    /// <inheritdoc cref="op_Subtraction(Tensor, Tensor)"/>
    public static Tensor operator -(double a, Tensor b) => Promotion.Literal(a, b) - b;

    /// <inheritdoc cref="op_Multiply(Tensor, Tensor)"/>
    public static Tensor operator *(double a, Tensor b) => Promotion.Literal(a, b) * b;

    /// <inheritdoc cref="op_Division(Tensor, Tensor)"/>
    public static Tensor operator /(double a, Tensor b) => Promotion.Literal(a, b) / b;

    /// <inheritdoc cref="Functions.Mod"/>
    public static Tensor operator %(Tensor a, Tensor b) => Functions.Mod(a, b);

    /// <inheritdoc cref="Functions.Mod"/>
    public static Tensor operator %(Tensor a, double b) => Functions.Mod(a, Promotion.Literal(b, a));

    /// <inheritdoc cref="Functions.Mod"/>
    public static Tensor operator %(double a, Tensor b) => Functions.Mod(Promotion.Literal(a, b), b);

    /// <inheritdoc cref="Functions.Mod"/>
    public static Tensor operator %(Tensor a, int b) => Functions.Mod(a, Promotion.Literal(b, a));

    /// <inheritdoc cref="Functions.Mod"/>
    public static Tensor operator %(int a, Tensor b) => Functions.Mod(Promotion.Literal(a, b), b);

    /// <summary>The negative.</summary>
    public static Tensor operator -(Tensor x) => x.Given(function: "-").Call is { Op: NegOp } negated ? negated.Inputs[0] : Graph.Apply(NegOp.Op, x);

    /// <summary>Whether less, element by element.</summary>
    public static Tensor operator <(Tensor a, Tensor b) => Compare(Comparison.Less, a, b, "<");

    /// <summary>Whether greater, element by element.</summary>
    public static Tensor operator >(Tensor a, Tensor b) => Compare(Comparison.Greater, a, b, ">");

    /// <summary>Whether less or equal, element by element.</summary>
    public static Tensor operator <=(Tensor a, Tensor b) => Compare(Comparison.LessOrEqual, a, b, "<=");

    /// <summary>Whether greater or equal, element by element.</summary>
    public static Tensor operator >=(Tensor a, Tensor b) => Compare(Comparison.GreaterOrEqual, a, b, ">=");

    /// <summary>Whether equal, element by element; NaN is unequal to itself.</summary>
    public Tensor Eq(Tensor other) => Compare(Comparison.Equal, this, other, "Eq");

    /// <summary>Whether unequal, element by element.</summary>
    public Tensor Ne(Tensor other) => Compare(Comparison.NotEqual, this, other, "Ne");

    static readonly CompareOp[] comparisons = [.. Enum.GetValues<Comparison>().Select(c => new CompareOp(c))];
    static readonly BitwiseOp[] bitwise = [.. Enum.GetValues<Bitwise>().Select(b => new BitwiseOp(b))];

    // No dtype is kept, so none is rounded to: beside a C# double integers are compared as f64.
    static Tensor Compare(Comparison how, Tensor a, Tensor b, string name) {
        if (IsDouble(a.Given("the left operand", name)) && !b.Given("the right operand", name).DType.IsFloat()) b = b.To(DType.F64);
        else if (IsDouble(b) && !a.DType.IsFloat()) a = a.To(DType.F64);
        return Promotion.Apply(comparisons[(int)how], a, b, name);

        static bool IsDouble(Tensor x) => x is { IsWeak: true, IsWhole: false };
    }

    /// <summary>And, of bools; bit by bit of integers.</summary>
    public static Tensor operator &(Tensor a, Tensor b) => Promotion.Apply(bitwise[(int)Bitwise.And], a, b, "&");

    /// <summary>Or, of bools; bit by bit of integers.</summary>
    public static Tensor operator |(Tensor a, Tensor b) => Promotion.Apply(bitwise[(int)Bitwise.Or], a, b, "|");

    /// <summary>Exclusive or, of bools; bit by bit of integers.</summary>
    public static Tensor operator ^(Tensor a, Tensor b) => Promotion.Apply(bitwise[(int)Bitwise.Xor], a, b, "^");

    /// <summary>Not, of bools.</summary>
    public static Tensor operator !(Tensor x) => Graph.Apply(NotOp.Op, x);

    /// <summary>The other value of every bit of integers; not, of bools.</summary>
    public static Tensor operator ~(Tensor x) =>
        x.Given(function: "~").DType == DType.Bool ? !x : x ^ Full(x.DType == DType.U32 ? uint.MaxValue : -1, Shape.Scalar, x.DType.IsFloat() ? throw new DTypeException($"~ takes bools or integers, not {x.DType.Name()}.") : x.DType);

    static readonly ShiftOp left = new(true), right = new(false);

    /// <summary>⌊x·2ˢ⌋ of integers, wrapped to the dtype, for every s: a shift by as many bits as there are leaves 0.</summary>
    public static Tensor operator <<(Tensor x, Tensor s) => Promotion.Apply(left, x, s, "<<");

    /// <summary>⌊x/2ˢ⌋ of integers for every s: a shift by as many bits as there are leaves 0, or −1 of negative numbers.</summary>
    public static Tensor operator >>(Tensor x, Tensor s) => Promotion.Apply(right, x, s, ">>");

    /// <summary>Would compare references, and read as if it compared values.</summary>
    [Obsolete("Write a.Eq(b) to compare values element by element, ReferenceEquals(a, b) to compare objects.", error: true)]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static bool operator ==(Tensor? a, Tensor? b) => ReferenceEquals(a, b);

    /// <inheritdoc cref="op_Equality"/>
    [Obsolete("Write a.Ne(b) to compare values element by element, !ReferenceEquals(a, b) to compare objects.", error: true)]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public static bool operator !=(Tensor? a, Tensor? b) => !ReferenceEquals(a, b);

    /// <summary>Equality of objects, so that tensors can be keys; values are compared with <see cref="Eq"/>.</summary>
    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    /// <summary>The nearest values of another type: this tensor where it has that type already.</summary>
    public Tensor To(DType type) =>
        type == DType && !IsWeak ? this
        : IsFill(out var value) && type.IsFloat() ? Graph.Fill(value, new(type, Shape))
        : Graph.Apply(new ConvertOp(type), this);

}
