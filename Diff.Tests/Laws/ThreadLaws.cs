namespace Diff.Tests;

/// <summary>The bits of a result do not depend on the number of threads, however the work is cut.</summary>
public class ThreadLaws {
    public static IEnumerable<object[]> Ops => OpTable.Names;

    // More of them than there are cores are parts all the same.
    static readonly int[] counts = [2, 3, 5];

    [Theory, MemberData(nameof(Ops))]
    public void Every_number_of_threads_gives_the_bits_of_one(string op) => Try(op, c => Agree(() => Graph.ApplyAll(c.Op, c.Inputs)));

    // A sample a hundred times over: as large as it takes to be cut everywhere.
    [Theory, MemberData(nameof(Ops))]
    public void The_same_of_many_at_once(string op) => Try(op, c => {
        const int many = 101;
        var stacks = Enumerable.Range(0, c.Inputs.Length).Select(_ => new List<Tensor>()).ToArray();
        for (var i = 0; i < many; i++)
            foreach (var (stack, x) in stacks.Zip(c.Draw(c.Sample.Inputs))) stack.Add(x);
        var inputs = stacks.Select(s => Functions.Stack([.. s])).ToArray();
        Agree(() => c.Op.Batch(inputs, [.. inputs.Select(_ => true)], many));
        // The same numbers in other places.
        var moved = inputs.Select(x => x.MoveAxis(0, -1).Value.Packed()).Select(v => new Tensor(v).MoveAxis(-1, 0)).ToArray();
        Agree(() => c.Op.Batch(moved, [.. moved.Select(_ => true)], many));
    }, s => s.Inputs.Length > 0);

    [Fact]
    public void Programs_too() => Trial.All((f, at) => Laws.Parted(f, at), smooth: false);

    // Whether the image is unrolled says which lane an element goes to, and must not depend on how many channels a part has.
    [Theory]
    [InlineData(8)]
    [InlineData(20)]
    [InlineData(40)]
    public void Channels_of_one_image_are_summed_alike_in_all_parts(int channels) {
        var (x, w) = (Key.Of(1).Normal(1, 1, 8, 11), Key.Of(2).Normal(channels, 1, 7, 11));
        Agree(() => [Conv(x, w, padding: 1)]);
    }

    static void Try(string op, Action<Case> law, Func<Sample, bool>? where = null) {
        foreach (var (sample, i) in OpTable.SamplesOf(op).Where(where ?? (_ => true)).Select((s, i) => (s, i)))
            for (var seed = 0; seed < Math.Max(2, OpTable.Cases / 100); seed++) law(new(sample, 31 * i + seed));
    }

    static void Agree(Func<Tensor[]> f) {
        var one = Computed(1);
        foreach (var threads in counts) Values.AssertSame(one, Computed(threads), $"{threads} threads");

        Tensor[] Computed(int threads) => ForkJoin.Using(threads, () => {
            var results = f();
            foreach (var r in results) _ = r.Value;
            return results;
        }, always: true);
    }
}
