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

    /// <inheritdoc/>
    public override string ToString() {
        var text = new StringBuilder($"{Steps.Count} steps, {Size(Flops, "flop")}, {Size(BytesMoved, "B")} moved, {Size(ArenaBytes, "B")} borrowed, {Size(ResultBytes, "B")} allocated");
        for (var i = 0; i < Steps.Count; i++) text.AppendLine().Append($"{i + 1,4}  {Steps[i]}");
        return text.ToString();
    }

    internal static string Size(double n, string unit) =>
        n < 1e3 ? FormattableString.Invariant($"{n:F0} {unit}") : n < 1e6 ? FormattableString.Invariant($"{n / 1e3:F1} k{unit}") : n < 1e9 ? FormattableString.Invariant($"{n / 1e6:F1} M{unit}") : FormattableString.Invariant($"{n / 1e9:F1} G{unit}");
}

/// <summary>One step of a plan.</summary>
/// <param name="Operations">The ops that run in it: more than one are a chain over blocks whose intermediate values never leave the cache.</param>
/// <param name="Results">What it writes to memory.</param>
/// <param name="Flops">Its arithmetic.</param>
/// <param name="BytesMoved">What it reads and writes.</param>
public sealed record ExplainedStep(IReadOnlyList<string> Operations, IReadOnlyList<TensorType> Results, double Flops, double BytesMoved) {
    /// <inheritdoc/>
    public override string ToString() =>
        $"{string.Join(" ", Operations)} -> {string.Join(", ", Results)}  ({Explanation.Size(Flops, "flop")}, {Explanation.Size(BytesMoved, "B")})";
}
