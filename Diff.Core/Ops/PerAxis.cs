using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>A number for each spatial axis of a window: one for all of them, <c>2</c>, or one each, <c>(2, 1)</c> or <c>[2, 1]</c>.</summary>
/// <remarks>What PyTorch's <c>kernel_size</c>, <c>stride</c>, <c>padding</c> and <c>dilation</c> take. The default value says nothing: the function's own default.</remarks>
[CollectionBuilder(typeof(PerAxis), nameof(Of))]
public readonly record struct PerAxis {
    readonly int a, b, c;

    PerAxis(int count, int a, int b = 0, int c = 0) => (Count, this.a, this.b, this.c) = (count, a, b, c);

    /// <summary>How many numbers there are: none, one for every axis, or one for each of two or three.</summary>
    public int Count { get; }

    /// <summary>One number for all axes.</summary>
    public static implicit operator PerAxis(int all) => new(1, all);

    /// <summary>Rows and columns.</summary>
    public static implicit operator PerAxis((int Rows, int Columns) each) => new(2, each.Rows, each.Columns);

    /// <summary>Depth, rows and columns.</summary>
    public static implicit operator PerAxis((int Depth, int Rows, int Columns) each) => new(3, each.Depth, each.Rows, each.Columns);

    /// <summary>One to three numbers.</summary>
    public static implicit operator PerAxis(int[] each) => Of(each.Given(function: nameof(PerAxis)));

    /// <summary>One to three numbers: <c>[2, 1]</c>.</summary>
    /// <exception cref="ShapeException">There are more than three.</exception>
    public static PerAxis Of(ReadOnlySpan<int> each) => each switch {
        [] => default,
        [var a] => a,
        [var a, var b] => (a, b),
        [var a, var b, var c] => (a, b, c),
        _ => throw new ShapeException($"[{string.Join(", ", each.ToArray())}]: a window has one to three spatial axes, not {each.Length}."),
    };

    /// <summary>The numbers given, for collection expressions.</summary>
    public IEnumerator<int> GetEnumerator() {
        for (var i = 0; i < Count; i++) yield return At(i);
    }

    /// <summary>One number for each of so many axes; what is missing is what the function says.</summary>
    /// <exception cref="ShapeException">There are numbers for another count of axes.</exception>
    public int[] For(int axes, int otherwise = 0, string what = "window") {
        axes.AtLeast(0);
        if (Count > 1 && Count != axes) throw new ShapeException($"{what} {this} is for {Count} spatial axes, and there are {axes}.");
        var each = new int[axes];
        for (var i = 0; i < axes; i++) each[i] = Count == 0 ? otherwise : At(Count == 1 ? 0 : i);
        return each;
    }

    int At(int i) => i == 0 ? a : i == 1 ? b : c;

    /// <summary>As PyTorch prints it: <c>2</c> or <c>(2, 1)</c>.</summary>
    public override string ToString() => Count == 1 ? $"{a}" : $"({string.Join(", ", For(Count))})";
}
