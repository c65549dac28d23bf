using static Diff.Functions;
using static Diff.Optimizers;

namespace Diff.Tests;

/// <summary>A fold is Aggregate, to the bit, whatever its steps do with the memory they are given.</summary>
public class FoldTests {
    /// <summary>Folds and aggregates over the same items, each item a tensor of its number; neither the start nor the items may change.</summary>
    static void IsAggregate<S>(S start, Func<S, Tensor, S> step, int items = 20) {
        var xs = Enumerable.Range(1, items).Select(i => 0.1 * i * Tensor.Ones(3, 4) + Tensor.Arange(4)).ToArray();
        var before = (Tree.Leaves(start).Select(Values.Bits).ToArray(), xs.Select(Values.Bits).ToArray());
        var expected = xs.Aggregate(start, step);
        for (var n = 0; n <= items; n += n < 4 ? 1 : 7) Near.SameBits(xs.Take(n).Aggregate(start, step), Fold(start, xs.Take(n), step));
        Near.SameBits(expected, Fold(start, xs, step));
        Assert.Equal(before.Item1, Tree.Leaves(start).Select(Values.Bits));
        Assert.Equal(before.Item2, xs.Select(Values.Bits));
    }

    static Tensor Ones => Tensor.Ones(3, 4);

    [Fact]
    public void A_fold_is_aggregate() {
        IsAggregate(Ones, (s, x) => s * 0.5 + x);
        IsAggregate((A: Ones, B: Ones * 2), (s, x) => (s.A + s.B * x, s.A * 0.5));
        IsAggregate((A: Ones, B: Ones * 2), (s, x) => (s.B, s.A + x));
        IsAggregate((A: Ones, B: Ones * 2, C: (Tensor)0), (s, x) => (s.B + 1, s.A * s.A.Sum(), s.C + x.Sum()));
    }

    [Fact]
    public void One_tensor_may_be_twice_in_the_state() {
        var one = Ones;
        IsAggregate((A: one, B: one), (s, x) => (s.A + x, s.B - x));
        IsAggregate((A: one, B: one), (s, x) => s.A + x is var y ? (y, y) : s);
        IsAggregate((A: one, B: one), (s, x) => (s.A * 0.9 + x, s.A));
    }

    [Fact]
    public void What_is_not_the_folds_own_is_left_alone() {
        var captured = Ones * 3;
        var bits = Values.Bits(captured);
        IsAggregate((A: Ones, B: Ones), (s, x) => (x, s.A));
        IsAggregate((A: Ones, B: Ones), (s, x) => (captured, s.A + s.B + x));
        IsAggregate((A: Ones, B: Ones), (s, x) => (Concat([s.A[.., ..2], x[.., ..2]], 1), s.B.T.T + s.A));
        Assert.Equal(bits, Values.Bits(captured));
    }

    [Fact]
    public void Views_of_the_state_are_read_before_they_are_written() {
        IsAggregate(Ones, (s, x) => s.Flip(1) * 0.5 + x);
        IsAggregate(Ones, (s, x) => s - s.Mean(0) + x);
        IsAggregate((A: Ones, B: Tensor.Ones(4, 3)), (s, x) => (s.B.T + x, s.A.T * 0.5));
        IsAggregate((A: Tensor.Ones(3, 3) / 4, B: Ones), (s, x) => (s.A.MatMul(s.A) + x[.., ..3] * 1e-3, s.A.MatMul(s.B)));
    }

    [Fact]
    public void What_lies_otherwise_than_computed_goes_round() {
        IsAggregate((A: Ones, B: Tensor.Ones(4, 3)), (s, x) => (s.B.T, (s.A + x).T));
        IsAggregate((A: Ones, B: Ones), (s, x) => (Tensor.Zeros(3, 4), s.A + s.B + x));
        IsAggregate((A: Ones, B: Ones), (s, x) => (x.Sum(0).BroadcastTo(3, 4), s.A[..1].BroadcastTo(3, 4) + s.B));
    }

    [Fact]
    public void A_fold_that_repeats_itself_sees_what_changes() {
        var rate = 1.0;
        var items = Enumerable.Range(0, 40).Select(i => Tensor.Full(i, i < 30 ? Shape.Of(2) : Shape.Of(3, 2))).ToArray();
        Func<Tensor, (Tensor X, string Mode), Tensor> step = (s, item) => item.Mode == "add" ? s + rate * item.X.Sum() : s - item.X.Sum();
        (Tensor, string)[] given = [.. items.Select((x, i) => (x, i is > 10 and < 15 ? "subtract" : "add"))];
        var expected = given.Select((item, i) => (item, i)).Aggregate(Ones, (s, n) => {
            if (n.i == 20) rate = 0.5;
            return step(s, n.item);
        });
        rate = 1;
        var jitted = Jit(step);
        Near.SameBits(expected, Fold(Ones, given.Select((item, i) => {
            if (i == 20) rate = 0.5;
            return item;
        }), jitted));
        // Recorded for each mode, for the other rate, for the other shape.
        Assert.InRange(Explain(jitted).Recorded, 4, 8);
    }

    [Fact]
    public void A_step_that_looks_at_values_is_simply_called() {
        var seen = new List<Tensor>();
        IsAggregate(Ones, (s, x) => s.Sum().Item() > 20 ? s * 0.5 : s + x);
        var last = Fold(Ones, Enumerable.Range(0, 9).Select(i => (Tensor)i), (s, x) => {
            if (x.Item() < 0) return s;
            seen.Add(s);
            return s + x;
        });
        Assert.Equal([1, 1, 2, 4, 7, 11, 16, 22, 29], seen.Select(s => s[0, 0].Item()));
        Assert.Equal(37, last[0, 0].Item());
    }

    [Fact]
    public void A_fold_has_a_derivative() {
        var items = new Tensor[] { 2, 3, 4 };
        Assert.Equal(24, Grad(w => Fold(w, items, (s, x) => s * x))(5).Item());
        Assert.Equal(3 * 25, Grad(w => Fold((Tensor)1, new int[3], (s, _) => s * w))(5).Item());
    }

    [Fact]
    public void Training_in_place_is_training() {
        var (kn, kx, ky) = Key.Of(0).Split();
        Tensor x = kx.Normal(8, 5), y = ky.Normal(8, 2);
        var net = (Dense(5, 7) >> Functions.Relu >> Dense(7, 2)).Run(kn);
        foreach (var optimizer in new[] { Sgd(0.1), Adam(1e-2), Sgd(0.1, momentum: 0.9, nesterov: true) }) {
            (Layer, OptState<Layer>) Step((Layer Net, OptState<Layer> State) s, int _) => optimizer.Step(s.Net, Grad(n => SquaredError(n.Apply(x), y).Sum(), s.Net), s.State);
            var start = ((Layer)net, optimizer.Init<Layer>(net));
            Near.SameBits(new int[30].Aggregate(start, Step), Fold(start, new int[30], Step));
        }
    }

    [Fact]
    public void What_steps_give_besides_may_be_kept() {
        var kept = new List<(Tensor Half, Tensor State)>();
        var last = Fold(Ones, new int[20], (s, _) => s + 1 is var next ? (next, (s * 0.5, next)) : default, kept.Add);
        Assert.Equal(21, last[0, 0].Item());
        Assert.Equal(Enumerable.Range(1, 20).Select(i => 0.5 * i), kept.Select(k => k.Half[1, 1].Item()));
        Assert.Equal(Enumerable.Range(1, 20).Select(i => i + 1.0), kept.Select(k => k.State[1, 1].Item()));
    }

    [Fact]
    public void Fit_may_be_jitted() {
        var x = Tensor.Linspace(-1, 1, 50);
        var (plain, jitted) = (new List<double>(), new List<double>());
        Tensor Loss((Tensor W, Tensor B) p) => SquaredError(x * p.W + p.B, x * 3 + 1).Mean();
        Near.SameBits(Train.Fit(((Tensor)0, (Tensor)0), 40, Adam(0.1), Loss, o => plain.Add(o.Loss)), Train.Fit(((Tensor)0, (Tensor)0), 40, Adam(0.1), Loss, o => jitted.Add(o.Loss), jit: true));
        Assert.Equal(plain, jitted);
    }
}
