namespace Diff.Tests;

/// <summary>What does not fit an operation it refuses with an error of Diff; what it accepts it computes, in the type that it said.</summary>
public class RefusalLaws {
    public static IEnumerable<object[]> Ops => OpTable.Names;

    [Theory, MemberData(nameof(Ops))]
    public void Inputs_that_do_not_fit_are_refused(string op) {
        var (seed, faults) = (0, new List<string>());
        foreach (var sample in OpTable.SamplesOf(op))
            foreach (var types in Misfits(sample.Inputs)) {
                try {
                    var outputs = sample.Op.Infer(types);
                    var inputs = new Case(sample, seed++).Draw(types);
                    var computed = Graph.ApplyAll(sample.Op, inputs).Select(y => new TensorType(y.Value.DType, y.Value.Shape));
                    if (!computed.SequenceEqual(outputs)) faults.Add($"{Told(sample, types)} was inferred as {string.Join(", ", outputs)} and is {string.Join(", ", computed)}");
                } catch (DiffException e) {
                    Assert.False(string.IsNullOrWhiteSpace(e.Message));
                } catch (Exception e) {
                    faults.Add($"{Told(sample, types)}: {e}");
                }
            }
        Assert.True(faults.Count == 0, string.Join("\n", faults.Take(3)));
    }

    static string Told(Sample sample, TensorType[] types) => $"{sample.Op} of {string.Join(", ", types)}";

    // One input at a time: an axis more, an axis less, another size along each, every other dtype.
    static IEnumerable<TensorType[]> Misfits(TensorType[] fit) =>
        from i in Enumerable.Range(0, fit.Length)
        from type in MisfitsOf(fit[i])
        select (TensorType[])[.. fit[..i], type, .. fit[(i + 1)..]];

    static IEnumerable<TensorType> MisfitsOf(TensorType fit) {
        var sizes = fit.Shape.ToArray();
        var shapes = Enumerable.Range(0, sizes.Length + 1).Select(a => (int[])[.. sizes[..a], 2, .. sizes[a..]])
            .Concat(Enumerable.Range(0, sizes.Length).Select(a => (int[])[.. sizes[..a], .. sizes[(a + 1)..]]))
            .Concat(from a in Enumerable.Range(0, sizes.Length)
                    from n in new[] { 0, 1, sizes[a] - 1, sizes[a] + 1 }
                    where n >= 0
                    select (int[])[.. sizes[..a], n, .. sizes[(a + 1)..]]);
        return shapes.Select(s => fit with { Shape = Shape.Of(s) }).Concat(Enum.GetValues<DType>().Where(d => d != fit.DType).Select(d => fit with { DType = d }));
    }
}
