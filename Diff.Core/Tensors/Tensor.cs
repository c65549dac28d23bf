namespace Diff;

/// <summary>An immutable n-dimensional array, or the expression of one inside a transform.</summary>
/// <remarks>
/// Outside a transform every operation runs at once. Inside a transform's function (<c>Grad(x => …)</c>) operations on what
/// depends on its argument are recorded instead, and the transform derives and runs a program from them; the code that is
/// written is the same. Equality is by reference; compare values with <c>Eq</c> or <c>Check.Close</c>.
/// <example><code>
/// Tensor m = [[1, 2], [3, 4]];
/// var y = Relu(m.MatMul(m.T) - 10);        // [[0, 1], [1, 15]]
/// </code></example>
/// </remarks>
[System.Runtime.CompilerServices.CollectionBuilder(typeof(TensorBuilder), nameof(TensorBuilder.Stack))]
public sealed partial class Tensor {
    // A tensor is a value, or an application of an op, or (once forced) both. It only ever moves towards the value:
    // the value is written before the call is forgotten, so a reader that looks at the call first sees one of them.
    volatile Call? call;
    volatile View? value;
    readonly int output;
    readonly TensorType type;

    internal Tensor(View value, bool weak = false, bool whole = false) => (this.value, type, IsWeak, IsWhole) = (value, value.Type, weak, whole);

    internal Tensor(TensorType type, Call call, int output, bool weak, bool whole) => (this.type, this.call, this.output, IsWeak, IsWhole) = (type, call, output, weak, whole);

    Tensor(TensorType type, string absent) => (this.type, AbsentFrom) = (type, absent);

    /// <summary>A leaf that has no derivative, at this path of a tree: it prints – and throws when it is used.</summary>
    internal static Tensor Absent(Tensor of, string path) => of.AbsentFrom is null ? new(of.type, path) : of;

    /// <summary>The path of a leaf without derivative, or null for every usable tensor.</summary>
    internal string? AbsentFrom { get; }

    /// <summary>A C# number that has not met a tensor yet: it takes the other operand's dtype.</summary>
    internal bool IsWeak { get; }

    /// <summary>Such a number that was a C# int, or a choice between such: among integers it is one of them.</summary>
    internal bool IsWhole { get; }

    /// <summary>Element type and shape.</summary>
    internal TensorType Type => AbsentFrom is null ? type : throw new GradientException(
        $"{(AbsentFrom == "" ? "This value" : AbsentFrom)} is {type}{(type.DType.IsFloat() ? " kept as State" : "")}: it has no derivative. Optimizers and Tree.Map(f, parameters, gradients) pass such leaves by.");

    /// <summary>The type of the elements.</summary>
    public DType DType => Type.DType;

    /// <summary>The sizes of the axes.</summary>
    public Shape Shape => Type.Shape;

    /// <summary>The number of axes; 0 for a scalar.</summary>
    public int Rank => Shape.Rank;

    /// <summary>The number of elements.</summary>
    public int Size => Shape.Size;

    /// <summary>What is applied to what, or null for a plain value.</summary>
    internal Call? Call => call;

    /// <summary>Which of the call's outputs this is.</summary>
    internal int Output => output;

    /// <summary>See <see cref="RefTable.NextPlace"/>.</summary>
    internal int Place { get; } = RefTable.NextPlace();

    internal Scope[] Free => call?.Free ?? Scope.None;

    /// <summary>Whether it depends on an open transform's variable.</summary>
    internal bool IsLive => Scope.IsAnyOpen(Free);

    /// <summary>Whether values are there already.</summary>
    internal bool HasValue => value is not null;

    /// <summary>The values, computed now if they are not there yet.</summary>
    /// <exception cref="UnknownValueException">They depend on a variable without a value.</exception>
    internal View Value {
        get {
            if (value is { } known) return known;
            _ = Type;
            Evaluation.Force(this);
            return value!;
        }
    }

    /// <summary>The values in a plain layout, for plans. A copy that this takes is kept.</summary>
    internal View Plain {
        get {
            var view = Value;
            return view.Layout.IsPlain ? view : value = view.Plain();
        }
    }

    /// <summary>Keeps computed values; forgets how they came about unless an open transform may still ask.</summary>
    internal void Remember(View computed) {
        value = computed;
        if (call?.Op is not FillOp && !IsLive) call = null;
    }

    /// <summary>Makes this a plain value if its transforms have closed.</summary>
    internal void Settle() {
        if (call is not { } c || c.Op is FillOp || IsLive) return;
        if (value is null) Evaluation.Force(this);
        call = null;
    }

    /// <summary>Whether this is a structural constant, and which.</summary>
    internal bool IsFill(out double constant) {
        constant = call?.Op is FillOp fill ? fill.Value : 0;
        return call?.Op is FillOp;
    }
}
