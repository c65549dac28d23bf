using System.Runtime.CompilerServices;

namespace Diff.Tests;

/// <summary>Memory of large results comes back, and never while somebody can still read it.</summary>
[Collection(nameof(Alone))]
public class RecyclingTests {
    const int Large = Recycling.Least / sizeof(float);

    [Fact]
    public void What_is_kept_never_changes() {
        Parallel.For(0, 4, thread => {
            var random = new Random(thread);
            var kept = new List<(Tensor Values, float Number)>();
            for (var i = 0; i < 150; i++) {
                var number = 1000 * thread + i;
                kept.Add((Tensor.Zeros(Large + random.Next(Large)) + number, number));
                if (random.Next(3) > 0) kept.RemoveAt(random.Next(kept.Count));
                if (kept.Count > 8) kept.RemoveRange(0, 4);
                foreach (var (values, expected) in kept) Assert.Equal([expected, expected], [values[0].Item(), values[-1].Item()]);
            }
            foreach (var (values, expected) in kept) Assert.Equal(0, values.ToArray<float>().AsSpan().IndexOfAnyExcept(expected) + 1);
        });
    }

    [Fact]
    public void A_span_alone_keeps_its_memory() {
        var span = View.Of<float>(new float[Large], Shape.Of(Large)).Span<float>();
        for (var i = 0; i < 100; i++) {
            View.Allocate(new(DType.F32, Shape.Of(Large))).Span<float>().Fill(1);
            if (i % 25 == 0) GC.Collect();
        }
        Assert.Equal(-1, span.IndexOfAnyExcept(0));
    }

    [Fact]
    public void What_a_finalizer_brings_back_is_not_handed_out() {
        Drop();
        for (var i = 0; i < 5; i++) {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        var others = Enumerable.Range(0, 60).Select(i => Tensor.Zeros(Large) + 1000).ToArray();
        lock (Phoenix.Saved) {
            Assert.NotEmpty(Phoenix.Saved);
            Assert.All(Phoenix.Saved, p => Assert.Equal((p.Number, p.Number), (p.Values[0].Item(), p.Values[-1].Item())));
        }
        GC.KeepAlive(others);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Drop() {
            for (var i = 0; i < 20; i++) _ = new Phoenix(Tensor.Zeros(Large) + i, i);
        }
    }

    sealed class Phoenix(Tensor values, double number) {
        public static readonly List<(Tensor Values, double Number)> Saved = [];

        ~Phoenix() {
            lock (Saved) Saved.Add((values, number));
        }
    }

    [Fact]
    public void What_waits_is_the_collectors_when_it_wants_it() {
        // Of 1,600 MB nothing stays; what other tests left may only become less.
        var before = Alone.LiveBytes();
        Drop();
        Assert.InRange(Alone.LiveBytes(), 0, before + (50L << 20));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Drop() {
            var kept = new List<Tensor>();
            for (var i = 0; i < 100; i++) kept.Add(Tensor.Zeros(4 * Large) + i);
        }
    }

    [Fact]
    public void Results_that_nobody_keeps_do_not_add_up() {
        long Allocated() {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 400; i++) View.Allocate(new(DType.F32, Shape.Of(Large))).Span<float>().Fill(1);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        for (var i = 0; i < 3; i++) Allocated();
        Assert.InRange(Allocated(), 0, 200L * Recycling.Least);
    }

    [Fact]
    public void Many_results_at_once_are_not_the_young_generations() {
        var x = Key.Of(1).Normal(256, 256);
        var many = Jit((Tensor v) => Enumerable.Range(0, 40).Select(i => v * i).ToArray());
        foreach (var y in many(x)) Assert.True(IsAtLine(y));
        Assert.Contains(Enumerable.Range(0, 40).Select(i => x * i), y => !IsAtLine(y));

        static unsafe bool IsAtLine(Tensor t) => (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref t.Value.Bytes[0]) % View.Line == 0;
    }
}
