namespace Diff.Tests;

/// <summary>Vmap's rule of every op: the op on a stack is the stack of the op, whichever inputs are stacked.</summary>
public class BatchLaws {
    public static IEnumerable<object[]> Ops => OpTable.Names;

    [Theory, MemberData(nameof(Ops))]
    public void A_batch_is_a_loop(string op) => OpTable.Try(op, c => {
        const int size = 3;
        var rows = Enumerable.Range(0, size).Select(_ => c.Draw(c.Sample.Inputs)).ToArray();
        // Each input alone, then all but one, then all: what is not stacked is the first row's for every row.
        foreach (var batched in Masks(c.Inputs.Length)) {
            var stacks = Enumerable.Range(0, batched.Length).Select(i => batched[i] ? Stack(rows.Select(r => r[i])) : rows[0][i]).ToArray();
            var together = c.Op.Batch(stacks, batched, size);
            for (var o = 0; o < together.Length; o++) Assert.Equal(size, together[o].Shape[0]);
            for (var row = 0; row < size; row++) {
                var alone = Graph.ApplyAll(c.Op, [.. batched.Select((b, i) => rows[b ? row : 0][i])]);
                for (var o = 0; o < alone.Length; o++) {
                    Assert.Equal(alone[o].DType, together[o].DType);
                    var single = alone[o].DType == DType.F32;
                    Values.AssertClose(alone[o], together[o][row], single ? 1e-5 : 1e-12, $"row {row} of {string.Join(",", batched)}");
                }
            }
        }
    }, s => s.Inputs.Length > 0);

    static IEnumerable<bool[]> Masks(int inputs) {
        yield return [.. Enumerable.Repeat(true, inputs)];
        if (inputs == 1) yield break;
        for (var i = 0; i < inputs; i++) yield return [.. Enumerable.Range(0, inputs).Select(j => j == i)];
        if (inputs == 2) yield break;
        for (var i = 0; i < inputs; i++) yield return [.. Enumerable.Range(0, inputs).Select(j => j != i)];
    }

    static Tensor Stack(IEnumerable<Tensor> rows) => Functions.Stack([.. rows]);
}
