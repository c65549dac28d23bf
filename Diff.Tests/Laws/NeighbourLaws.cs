namespace Diff.Tests;

/// <summary>The bits of an element come from the elements that it is computed from, not from those beside it, nor from where in memory it lies.</summary>
public class NeighbourLaws {
    public static IEnumerable<object[]> Ops => OpTable.Types.Where(t => t.IsSubclassOf(typeof(ElementwiseOp))).Select(t => new object[] { t.Name });

    [Theory, MemberData(nameof(Ops))]
    public void Neighbours_do_not_matter(string op) => OpTable.Try(op, c => {
        foreach (var type in new[] { DType.F64, DType.F32 }) {
            // Of every magnitude, beside what is special: a vector that holds one of those may go another way.
            var inputs = Array.ConvertAll(c.Inputs, x => x.DType.IsFloat() ? Values.Make(new(type, Shape.Of(40)), [.. Enumerable.Range(0, 40).Select(_ => Number(c.Random, type))])
                : Values.Make(new(x.DType, Shape.Of(40)), [.. Enumerable.Range(0, 40).Select(_ => (double)c.Random.Next(0, 5))]));
            var together = Graph.Apply(c.Op, inputs);
            for (var i = 0; i < 40; i++) Values.AssertSame(Graph.Apply(c.Op, Array.ConvertAll(inputs, x => x[i])), together[i], $"element {i} of {type}, {string.Join(", ", inputs.Select(x => Values.Doubles(x)[i]))}");
        }
    }, s => s.Inputs.Any(t => t.DType.IsFloat()));

    static double Number(Random random, DType type) {
        var sign = random.Next(2) == 0 ? 1 : -1;
        return sign * random.Next(8) switch {
            0 => 0,
            1 => double.PositiveInfinity,
            2 => double.NaN,
            3 or 4 => Math.Pow(10, random.NextDouble() * (type == DType.F32 ? 80 : 640) - (type == DType.F32 ? 42 : 322)),
            _ => Math.Pow(10, random.NextDouble() * 6 - 4),
        };
    }
}
