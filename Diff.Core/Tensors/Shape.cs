using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>An immutable list of integers compared by value: what shapes and lists of axes have in common.</summary>
/// <remarks>The hash is computed once, so that a plan is found by its structure in nanoseconds.</remarks>
public abstract class IntList : IEquatable<IntList> {
    readonly int[] items;
    readonly int hash;

    private protected IntList(ReadOnlySpan<int> items) {
        this.items = items.ToArray();
        var h = new HashCode();
        foreach (var i in items) h.Add(i);
        hash = h.ToHashCode();
    }

    /// <summary>How many integers the list has.</summary>
    public int Count => items.Length;

    /// <summary>One of them, from the front.</summary>
    public int this[int i] => items[i];

    /// <summary>One of them, counted from either end: <c>shape[^1]</c>.</summary>
    public int this[Index i] => items[i.GetOffset(items.Length)];

    /// <summary>All of them.</summary>
    public ReadOnlySpan<int> Span => items;

    /// <summary>A copy of its own as an array.</summary>
    public int[] ToArray() => [.. items];

    /// <summary>Equal kind, equal integers.</summary>
    public bool Equals(IntList? other) =>
        ReferenceEquals(this, other)
        || other is not null && hash == other.hash && GetType() == other.GetType() && items.AsSpan().SequenceEqual(other.items);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as IntList);

    /// <inheritdoc/>
    public override int GetHashCode() => hash;

    /// <summary>As it is printed: <c>[64,1000]</c>.</summary>
    public override string ToString() => $"[{string.Join(",", items)}]";
}

/// <summary>The sizes of a tensor's axes, row-major: the last axis is contiguous in memory.</summary>
public sealed class Shape : IntList {
    Layout? contiguous;

    Shape(ReadOnlySpan<int> dims, int size) : base(dims) => Size = size;

    /// <summary>The shape of a scalar, <c>[]</c>.</summary>
    public static readonly Shape Scalar = new([], 1);

    /// <summary>A shape of these sizes.</summary>
    /// <exception cref="ShapeException">A size is negative, or there are more elements than .NET's largest array has, about 2³¹.</exception>
    public static Shape Of(params ReadOnlySpan<int> dims) {
        if (dims.Length == 0) return Scalar;
        long size = 1;
        foreach (var d in dims) {
            if (d < 0) throw new ShapeException($"Shape [{string.Join(",", dims.ToArray())}]: a size cannot be negative.");
            size *= d;
            if (size > Array.MaxLength) throw new ShapeException($"Shape [{string.Join(",", dims.ToArray())}] has more than {Array.MaxLength:N0} elements.");
        }
        return new(dims, (int)size);
    }

    /// <summary>The number of axes.</summary>
    public int Rank => Count;

    /// <summary>The number of elements: the product of the sizes, 1 for a scalar.</summary>
    public int Size { get; }

    /// <summary>The plain row-major layout of this shape.</summary>
    internal Layout Contiguous => contiguous ??= Layout.RowMajor(this);

    /// <summary>An axis given from either end (−1 is the last) as its index from the front.</summary>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public int Axis(int axis, [CallerMemberName] string op = "") =>
        axis >= -Rank && axis < Rank
            ? axis < 0 ? axis + Rank : axis
            : throw new ShapeException($"{op}: axis {axis} is outside shape {this}, which has axes {(Rank == 0 ? "none at all" : $"{-Rank} to {Rank - 1}")}.");

    /// <summary>The axes given from either end, each once, or all of them where none is given.</summary>
    internal Axes AxesOf(ReadOnlySpan<int> axes, [CallerMemberName] string op = "") {
        if (axes.Length == 0) return Axes.Range(Rank);
        if (axes.Length == 1) return Axes.Range(Axis(axes[0], op), 1);
        var taken = axes.ToArray().Select(a => Axis(a, op)).Order().ToArray();
        return taken.Distinct().Count() == taken.Length ? Axes.Of(taken) : throw new ShapeException($"{op}: the axes [{string.Join(",", axes.ToArray())}] of {this} name one axis twice.");
    }

    /// <summary>This shape without some axes.</summary>
    internal Shape Without(Axes axes) {
        Span<int> left = stackalloc int[Rank];
        var count = 0;
        for (var i = 0; i < Rank; i++)
            if (!axes.Span.Contains(i)) left[count++] = this[i];
        return Of(left[..count]);
    }

    /// <summary>This shape with the size of one axis changed.</summary>
    internal Shape With(int axis, int size) {
        var dims = ToArray();
        dims[axis] = size;
        return Of(dims);
    }
}

/// <summary>A list of axes, or of other integers that parameterize an operation.</summary>
internal sealed class Axes : IntList {
    Axes(ReadOnlySpan<int> axes) : base(axes) { }

    public static readonly Axes None = new([]);

    public static Axes Of(params ReadOnlySpan<int> axes) => axes.Length == 0 ? None : new(axes);

    /// <summary>start, start + 1, … : the few that broadcasts and reductions are made of are kept.</summary>
    public static Axes Range(int start, int count) => start < Few && count < Few ? ranges[start * Few + count] : From(start, count);

    public static Axes Range(int count) => Range(0, count);

    const int Few = 8;
    static readonly Axes[] ranges = [.. from start in Enumerable.Range(0, Few) from count in Enumerable.Range(0, Few) select From(start, count)];

    static Axes From(int start, int count) => Of([.. Enumerable.Range(start, count)]);

    /// <summary>The permutation that undoes this one.</summary>
    public Axes Inverse() {
        var inverse = new int[Count];
        for (var i = 0; i < Count; i++) inverse[this[i]] = i;
        return Of(inverse);
    }
}

/// <summary>What is known of a tensor without its values: printed <c>f32[64,1000]</c>.</summary>
/// <param name="DType">The type of the elements.</param>
/// <param name="Shape">The sizes of the axes.</param>
public readonly record struct TensorType(DType DType, Shape Shape) {
    /// <summary>The same with another size of the first axis.</summary>
    internal TensorType WithRows(int rows) => new(DType, Shape.With(0, rows));

    /// <summary>Bytes of the values, packed.</summary>
    public long Bytes => (long)Shape.Size * DType.Size();

    /// <inheritdoc/>
    public override string ToString() => DType.Name() + Shape;
}
