namespace Diff.Tests.Kernels;

public class ForkJoinTests {
    static int[] Counted(int count, int unit, int threads) {
        var hits = new int[count];
        ForkJoin.Using(threads, () => {
            ForkJoin.Over(count, 0, (hits, unit), static (in s, from, to) => {
                Assert.Equal(0, from % s.unit);
                for (var i = from; i < to; i++) Interlocked.Increment(ref s.hits[i]);
            }, unit);
            return 0;
        }, always: true);
        return hits;
    }

    [Theory, InlineData(0, 1), InlineData(1, 1), InlineData(2, 1), InlineData(1000, 1), InlineData(1000, 512), InlineData(511, 512), InlineData(1025, 512), InlineData(99_999, 7)]
    public void Every_index_is_met_once(int count, int unit) {
        foreach (var threads in new[] { 1, 2, 3, 5, 40_000 }) Assert.All(Counted(count, unit, threads), n => Assert.Equal(1, n));
    }

    [Fact]
    public void The_first_error_reaches_the_caller_and_nothing_is_left_behind() {
        for (var round = 0; round < 1000; round++) {
            var e = Assert.Throws<InvalidOperationException>(() => ForkJoin.Using(2, () => {
                ForkJoin.Over(6, 0, 0, static (in _, from, to) => {
                    for (var i = from; i < to; i++)
                        if (i % 2 == 1) throw new InvalidOperationException($"{i}");
                });
                return 0;
            }, always: true));
            Assert.Equal("1", e.Message);
        }
        Assert.All(Counted(100, 1, 2), n => Assert.Equal(1, n));
    }

    [Fact]
    public void A_part_may_fork_again() {
        var hits = new int[36];
        ForkJoin.Using(3, () => {
            ForkJoin.Over(6, 0, hits, static (in hits, from, to) => {
                for (var i = from; i < to; i++)
                    ForkJoin.Over(6, 1e9, (hits, i), static (in s, from, to) => {
                        for (var j = from; j < to; j++) Interlocked.Increment(ref s.hits[6 * s.i + j]);
                    });
            });
            return 0;
        }, always: true);
        Assert.All(hits, n => Assert.Equal(1, n));
    }

    [Fact]
    public void Many_threads_may_fork_at_once() {
        var threads = Enumerable.Range(0, 64).Select(_ => {
            var ok = false;
            var thread = new Thread(() => ok = Enumerable.Range(0, 200).All(i => Counted(50 + i, 1, 3).All(n => n == 1)));
            thread.Start();
            return (Thread: thread, Ok: (Func<bool>)(() => ok));
        }).ToArray();
        foreach (var t in threads) t.Thread.Join();
        Assert.All(threads, t => Assert.True(t.Ok()));
    }

    [Fact]
    public void It_wakes_who_sleeps() {
        for (var round = 0; round < 50; round++) {
            Thread.Sleep(1);
            Assert.All(Counted(64, 1, 2), n => Assert.Equal(1, n));
        }
    }

    [Fact]
    public void The_number_of_threads_holds_for_a_function() {
        var outside = Threads.Count;
        Assert.Equal((3, 1, 3), Threads.Using(3, () => (Threads.Count, Threads.Using(1, () => Threads.Count), Threads.Count)));
        Assert.Throws<InvalidOperationException>(() => Threads.Using(1, int () => throw new InvalidOperationException()));
        Assert.Equal(outside, Threads.Count);
        Assert.Throws<DomainException>(() => Threads.Using(0, () => 1));
    }

    [Fact]
    public void A_fork_allocates_nothing() => Assert.Equal(0, ForkJoin.Using(2, () => {
        static void Fork() => ForkJoin.Over(2, 0, 0, static (in _, _, _) => { });
        Fork();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) Fork();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }, always: true));

    // Shapes on both sides of every decision, each with its neighbours.
    [Theory, InlineData(1, 600, 300), InlineData(600, 1, 300), InlineData(7, 1030, 65), InlineData(130, 515, 40), InlineData(257, 129, 600), InlineData(2, 3, 1000), InlineData(40, 40, 0)]
    public void Products_in_parts_have_the_same_bits(int m, int n, int k) {
        foreach (var type in new[] { DType.F32, DType.F64 }) {
            Tensor a = Key.Of(1).Normal(type, m, k), b = Key.Of(2).Normal(type, k, n), at = Key.Of(1).Normal(type, k, m).T, bt = Key.Of(2).Normal(type, n, k).T;
            foreach (var (left, right) in new[] { (a, b), (at, b), (a, bt), (at, bt) }) {
                var one = Threads.Using(1, () => left.MatMul(right));
                foreach (var threads in new[] { 2, 3, 5 }) Values.AssertSame(one, ForkJoin.Using(threads, () => left.MatMul(right), always: true), $"{threads} threads");
            }
        }
    }

    [Fact]
    public void Random_numbers_in_parts_are_the_same() {
        Tensor[] Drawn() => [Key.Of(1).Normal(10_007), Key.Of(2).Uniform(DType.F64, 3000), Key.Of(3).Bits(5001)];
        Values.AssertSame(Threads.Using(1, Drawn), ForkJoin.Using(3, Drawn, always: true), "three threads");
    }

    // The trees of sums are cut where they branch.
    [Theory, InlineData(1, 4096, 1), InlineData(1, 4097, 1), InlineData(1, 100_003, 1), InlineData(1, 70_000, 3), InlineData(2, 600, 130), InlineData(5, 9000, 1), InlineData(1, 1000, 1000)]
    public void Sums_in_parts_have_the_same_bits(int outer, int size, int inner) {
        foreach (var type in new[] { DType.F32, DType.F64 }) {
            var x = Key.Of(1).Normal(type, outer, size, inner);
            foreach (var threads in new[] { 2, 3, 5 }) Values.AssertSame(Threads.Using(1, () => x.Sum(1)), ForkJoin.Using(threads, () => x.Sum(1), always: true), $"{threads} threads");
        }
    }

    [Theory, InlineData(1, 8, 1), InlineData(7, 8, 1), InlineData(1, 8, 4), InlineData(5, 8, 2), InlineData(1, 1, 1)]
    public void Convolutions_in_parts_have_the_same_bits(int images, int channels, int groups) {
        var x = Key.Of(1).Normal(images, groups, 12, 11);
        var w = Key.Of(2).Normal(channels, 1, 3, 4);
        Tensor[] Convolved() {
            var (y, pull) = Vjp(p => Conv(p[0], p[1], padding: 2, groups: groups), new[] { x, w });
            return [y, .. pull(y)];
        }
        var one = Threads.Using(1, Convolved);
        foreach (var threads in new[] { 2, 3, 5 }) Values.AssertSame(one, ForkJoin.Using(threads, Convolved, always: true), $"{threads} threads");
    }
}
