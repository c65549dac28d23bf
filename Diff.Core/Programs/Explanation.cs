using System.Text;

namespace Diff;

/// <summary>How a plan runs.</summary>
/// <param name="Steps">In order; layouts (transposes, slices, broadcasts) take none.</param>
/// <param name="ArenaBytes">What a run borrows for intermediate values at its peak, from memory that is kept from run to run.</param>
/// <param name="ResultBytes">What a run allocates for its results.</param>
public sealed record Explanation(IReadOnlyList<ExplainedStep> Steps, long ArenaBytes, long ResultBytes) {
    /// <summary>Arithmetic of one run: a multiply-add is two, an elementary function one.</summary>
    public double Flops => Steps.Sum(s => s.Flops);

    /// <summary>Bytes that the steps of one run read and write.</summary>
    public double BytesMoved => Steps.Sum(s => s.BytesMoved);

    /// <summary>Of one run, the steps' together; null where nothing was measured.</summary>
    public double? Microseconds => Steps.Aggregate((double?)0, (sum, s) => sum + s.Microseconds);

    /// <inheritdoc/>
    public override string ToString() {
        var text = new StringBuilder($"{Steps.Count} steps, {Time(Microseconds)}{Size(Flops, "flop")}, {Size(BytesMoved, "B")} moved, {Size(ArenaBytes, "B")} borrowed, {Size(ResultBytes, "B")} allocated");
        for (var i = 0; i < Steps.Count; i++) text.AppendLine().Append($"{i + 1,4}  {Steps[i]}");
        return text.ToString();
    }

    internal static string Time(double? microseconds) => microseconds is { } t ? FormattableString.Invariant($"{t:F1} µs, ") : "";

    internal static string Size(double n, string unit) =>
        n < 1e3 ? FormattableString.Invariant($"{n:F0} {unit}") : n < 1e6 ? FormattableString.Invariant($"{n / 1e3:F1} k{unit}") : n < 1e9 ? FormattableString.Invariant($"{n / 1e6:F1} M{unit}") : FormattableString.Invariant($"{n / 1e9:F1} G{unit}");
}

/// <summary>One step of a plan.</summary>
/// <param name="Operations">The ops that run in it: more than one are a chain over blocks whose intermediate values never leave the cache.</param>
/// <param name="Results">What it writes to memory.</param>
/// <param name="Flops">Its arithmetic.</param>
/// <param name="BytesMoved">What it reads and writes.</param>
/// <param name="Microseconds">How long it took, the median of the runs that were asked for; null where none was.</param>
public sealed record ExplainedStep(IReadOnlyList<string> Operations, IReadOnlyList<TensorType> Results, double Flops, double BytesMoved, double? Microseconds = null) {
    /// <inheritdoc/>
    public override string ToString() =>
        $"{string.Join(" ", Operations)} -> {string.Join(", ", Results)}  ({Explanation.Time(Microseconds)}{Explanation.Size(Flops, "flop")}, {Explanation.Size(BytesMoved, "B")})";
}
