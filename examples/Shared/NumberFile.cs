using System.Globalization;

namespace Diff.Examples;

/// <summary>Text files of numbers, in rows and separated by blanks.</summary>
public static class NumberFile {
    /// <summary>The rows of a file that have numbers.</summary>
    public static double[][] Rows(string file) => [.. File.ReadLines(file)
        .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(n => double.Parse(n, CultureInfo.InvariantCulture)).ToArray())
        .Where(row => row.Length > 0)];

    /// <summary>All numbers of some rows, f64.</summary>
    public static Tensor Vector(double[][] rows) => Tensor.Of([.. rows.SelectMany(r => r)]);

    /// <summary>Rows of one length, f64[rows, length].</summary>
    public static Tensor Matrix(double[][] rows) => Vector(rows).Reshape(rows.Length, -1);
}
