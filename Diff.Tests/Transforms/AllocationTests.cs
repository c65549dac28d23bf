using static Diff.Functions;
using static Diff.Optimizers;

namespace Diff.Tests;

/// <summary>A step of a fold allocates next to nothing, whatever its operations copy, gather, loop over or work with on the way.</summary>
public class AllocationTests {
    /// <summary>Bytes, beside those of numbers that a step returns.</summary>
    const long Most = 10_000;

    static readonly Key key = Key.Of(7);

    static void AllocatesLittle<S>(S start, Func<S, S> step, long most = Most) {
        long Allocated(int steps) {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Fold(start, new int[steps], (s, _) => step(s));
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Allocated(50);
        // Loops that are compiled in the background come with memory of their own, once.
        Assert.InRange(Enumerable.Range(0, 5).Select(_ => (Allocated(60) - Allocated(10)) / 50).Order().ElementAt(2), 0, most);
    }

    static void Trains<P>(P start, Func<P, Tensor> loss) {
        var optimizer = Adam(1e-3);
        AllocatesLittle((Net: start, State: optimizer.Init(start)), s => optimizer.Step(s.Net, Grad(loss, s.Net), s.State));
    }

    [Fact]
    public void Of_large_tensors() => AllocatesLittle((Tensor.Ones(200_000), Tensor.Zeros(200_000) + 1), s => (s.Item1 * 0.5 + s.Item2, s.Item2 * 0.9));

    [Fact]
    public void Through_a_recurrent_network() {
        Tensor x = key.Normal(50, 4, 8), zeros = Tensor.Zeros(4, 16);
        Trains((Dense(8, 64).Run(key), Dense(16, 64).Run(key)), net => Scan<(Tensor H, Tensor C), Tensor, Tensor[]>((zeros, zeros), net.Item1.Apply(x), (s, outside) => {
            var gates = (outside + net.Item2.Apply(s.H)).Split(4, -1);
            var c = Sigmoid(gates[1]) * s.C + Sigmoid(gates[0]) * Tanh(gates[2]);
            return ((Sigmoid(gates[3]) * Tanh(c), c), []);
        }).Final.H.Square().Mean());
    }

    [Fact]
    public void Through_attention() {
        Tensor x = key.Normal(6, 10, 24);
        Trains((Dense(24, 72).Run(key), Dense(24, 24).Run(key)), net => {
            var qkv = net.Item1.Apply(Standardize(x)).Reshape(6, 10, 3, 4, 6).Transpose(2, 0, 3, 1, 4);
            var seen = DotProductAttention(qkv[0], qkv[1], qkv[2], causal: true);
            return (x + net.Item2.Apply(seen.SwapAxes(1, 2).Reshape(6, 10, 24))).Square().Mean();
        });
    }

    [Fact]
    public void Through_a_convolutional_network() {
        Tensor x = key.Normal(32, 1, 16, 16), labels = key.RandInt(0, 10, 32);
        Trains((Conv2d(1, 6, 5).Run(key), Conv2d(6, 16, 3).Run(key), Dense(64, 10).Run(key)), net => {
            var images = MaxPool(Relu(net.Item2.Apply(MaxPool(Relu(net.Item1.Apply(x)), 2))), 2);
            return CrossEntropy(net.Item3.Apply(images.Flatten()), labels).Mean();
        });
    }

    [Fact]
    public void To_a_Hessian() {
        Tensor x = key.Normal(32, 3), y = key.Normal(32, 2);
        var net = (Dense(3, 8) >> Functions.Tanh >> Dense(8, 2)).Run(key);
        var (p, unravel) = Tree.Ravel((Layer)net);
        AllocatesLittle(p, p => p - 1e-3 * Hessian(q => SquaredError(unravel(q).Apply(x), y).Mean(), p).Sum(0));
    }

    [Fact]
    public void Through_loops_and_choices() {
        var x = key.Normal(40, 5, 6);
        AllocatesLittle(Tensor.Ones(6), s => Scan(s, x, (c, row) => (Tanh(c + row.T[1..].Flip(0).Mean(1)[0] + row[1..3].MatMul(row.T)[0, 1]), c)).Ys.Mean(0));
        AllocatesLittle(Tensor.Ones(100, 100), s => s + While(s.T, c => c.Sum() < 1e6, c => c * 2 + 1) * 1e-9);
        AllocatesLittle(Tensor.Ones(100, 100), s => s + Cond(s.Sum() > 0, s.T, a => a * 0.5, a => a + 1) * 1e-9);
    }

    [Fact]
    public void Of_copies_and_sums() {
        Tensor rows = key.RandInt(0, 700, 900), wide = rows.To(DType.I64);
        AllocatesLittle(Tensor.Ones(700, 30), s => s + s.Take(rows).Take(wide - 1).Sum(0) * 1e-9);
        AllocatesLittle(Tensor.Ones(700, 30), s => s + s.T.CumSum(0).T * 1e-9);
        AllocatesLittle(Tensor.Ones(700, 30), s => s + Concat([s[350..], s[..350]]).Flip(1) * 1e-9);
        AllocatesLittle(Tensor.Ones(20, 300, 4), s => s + s.Transpose(2, 1, 0).Sum(0, 2).Reshape(300, 1) * 1e-9 + s.Sum(0, 2).Reshape(300, 1) * 1e-9);
    }
}
