namespace Diff.Tests;

/// <summary>Vmap's rule of every op: the op on a stack is the stack of the op, whichever inputs are stacked, along whichever axes.</summary>
public class BatchLaws {
    public static IEnumerable<object[]> Ops => OpTable.Names;

    const int Size = 3;

    [Theory, MemberData(nameof(Ops))]
    public void A_batch_is_a_loop(string op) => OpTable.Try(op, c => {
        var rows = Rows(c);
        foreach (var batched in Masks(c.Inputs.Length)) {
            var stacks = Enumerable.Range(0, batched.Length).Select(i => batched[i] ? Functions.Stack([.. rows.Select(r => r[i])]) : rows[0][i]).ToArray();
            var together = c.Op.Batch(stacks, batched, Size);
            for (var o = 0; o < together.Length; o++) Assert.Equal(Size, together[o].Shape[0]);
            AssertRows(together, row => Graph.ApplyAll(c.Op, Row(rows, batched, row)), $"{string.Join(",", batched)}");
        }
    }, s => s.Inputs.Length > 0);

    [Theory, MemberData(nameof(Ops))]
    public void A_map_is_a_loop_along_every_axis(string op) => OpTable.Try(op, c => {
        var rows = Rows(c);
        var masks = Masks(c.Inputs.Length).ToArray();
        var batched = masks[c.Random.Next(masks.Length)];
        var out_ = c.Op.Infer(c.Sample.Inputs).Min(t => t.Shape.Rank);
        // Every axis in its turn, from the front and from the back; None is an input that is the same for all.
        for (var axis = -1 - c.Inputs.Max(x => x.Rank); axis <= c.Inputs.Max(x => x.Rank); axis++) {
            int AxisOf(int i) => Math.Clamp(axis, -1 - c.Inputs[i].Rank, c.Inputs[i].Rank);
            var stacks = Enumerable.Range(0, batched.Length).Select(i => batched[i] ? Functions.Stack([.. rows.Select(r => r[i])], AxisOf(i)) : rows[0][i]).ToArray();
            var outAxis = Math.Clamp(axis, -1 - out_, out_);
            var together = Batching.Run(x => Graph.ApplyAll(c.Op, x), stacks, path => int.Parse(path.Trim('[', ']')) is var i && batched[i] ? AxisOf(i) : null, outAxis);
            AssertRows([.. together.Select(t => t.MoveAxis(outAxis, 0))], row => Graph.ApplyAll(c.Op, Row(rows, batched, row)), $"axis {axis} of {string.Join(",", batched)}");
        }
    }, s => s.Inputs.Length > 0);

    [Theory, MemberData(nameof(Ops))]
    public void A_map_of_the_pullback_is_a_loop(string op) => OpTable.Try(op, c => {
        var rows = Rows(c);
        var masks = Masks(c.Inputs.Length).ToArray();
        var batched = masks[c.Random.Next(masks.Length)];
        var (v, u) = (c.Directions(c.Sample.Inputs), c.Directions(c.Op.Infer(c.Sample.Inputs)));
        // Zeros that are symbolic have no shape to stack: these are told apart before.
        Tensor[] Derivative(Tensor[] x) => Derivatives.Both(xs => Graph.ApplyAll(c.Op, xs), x, v, u) is var (pushed, pulled) ? [.. pushed.Concat(pulled).Where(t => t is not null)!] : [];
        if (Derivative(rows[0]).Length == 0) return;
        var stacks = Enumerable.Range(0, batched.Length).Select(i => batched[i] ? Functions.Stack([.. rows.Select(r => r[i])]) : rows[0][i]).ToArray();
        var together = Batching.Run(Derivative, stacks, path => int.Parse(path.Trim('[', ']')) is var i && batched[i] ? 0 : null, 0);
        AssertRows(together, row => Derivative(Row(rows, batched, row)), $"derivatives of {string.Join(",", batched)}", 1e-10);
    }, s => s.Inputs.Length > 0);

    static Tensor[][] Rows(Case c) => [.. Enumerable.Range(0, Size).Select(_ => c.Draw(c.Sample.Inputs))];

    // What is not stacked is the first row's for every row.
    static Tensor[] Row(Tensor[][] rows, bool[] batched, int row) => [.. batched.Select((b, i) => rows[b ? row : 0][i])];

    static void AssertRows(Tensor[] together, Func<int, Tensor[]> alone, string what, double tolerance = 1e-12) {
        for (var row = 0; row < Size; row++) {
            var one = alone(row);
            Assert.Equal(one.Length, together.Length);
            for (var o = 0; o < one.Length; o++) {
                Assert.Equal(one[o].DType, together[o].DType);
                Values.AssertClose(one[o], together[o][row], one[o].DType == DType.F32 ? 1e-5 : tolerance, $"row {row} of {what}");
            }
        }
    }

    // Each input alone, then all but one, then all.
    static IEnumerable<bool[]> Masks(int inputs) {
        yield return [.. Enumerable.Repeat(true, inputs)];
        if (inputs == 1) yield break;
        for (var i = 0; i < inputs; i++) yield return [.. Enumerable.Range(0, inputs).Select(j => j == i)];
        if (inputs == 2) yield break;
        for (var i = 0; i < inputs; i++) yield return [.. Enumerable.Range(0, inputs).Select(j => j != i)];
    }
}
