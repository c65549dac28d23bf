using static Diff.Functions;

namespace Diff.Tests;

public class ProgramTests {
    static readonly TensorType vector = new(DType.F64, Shape.Of(3));

    static Program Of(Equation[] equations, params int[] outputs) => new([new(vector), new(vector)], equations, outputs);

    static Equation Line(Op op, int first, params int[] inputs) => new(op, inputs, first, [vector]);

    [Fact]
    public void Equal_equations_become_one() {
        var simple = Of([Line(AddOp.Op, 2, 0, 1), Line(AddOp.Op, 3, 0, 1), Line(SinOp.Op, 4, 2), Line(SinOp.Op, 5, 3), Line(MulOp.Op, 6, 4, 5)], 6).Simplify();
        Assert.Equal(["Add", "Sin", "Mul"], simple.Equations.Select(e => e.Op.Name));
        Assert.Equal([3, 3], simple.Equations[2].Inputs);
    }

    [Fact]
    public void Equal_means_equal_parameters_and_order() {
        Equation[] different = [Line(SubOp.Op, 2, 0, 1), Line(SubOp.Op, 3, 1, 0), Line(new IntegerPowOp(3), 4, 2), Line(new IntegerPowOp(5), 5, 2), Line(new IntegerPowOp(5), 6, 3)];
        Assert.Equal(5, Of(different, 4, 5, 6).Simplify().Equations.Length);
        // −0 is not 0.
        Equation[] zeros = [Line(new FillOp(0.0, vector), 2), Line(new FillOp(-0.0, vector), 3), Line(new FillOp(0.0, vector), 4)];
        Assert.Equal(2, Of(zeros, 2, 3, 4).Simplify().Equations.Length);
    }

    [Fact]
    public void What_nobody_uses_drops_out() {
        var simple = Of([Line(SinOp.Op, 2, 0), Line(CosOp.Op, 3, 1), Line(ExpOp.Op, 4, 3), Line(NegOp.Op, 5, 2)], 5).Simplify();
        Assert.Equal(["Sin", "Neg"], simple.Equations.Select(e => e.Op.Name));
        Assert.Equal([3], simple.Outputs);
        Assert.Empty(Of([Line(SinOp.Op, 2, 0)], 0, 1).Simplify().Equations);
    }

    [Fact]
    public void Programs_are_compared_by_structure() {
        var (a, b) = (Of([Line(SinOp.Op, 2, 0)], 2), Of([Line(SinOp.Op, 2, 0)], 2));
        Assert.Equal(a, b);
        Assert.Equal(a.GetHashCode(), b.GetHashCode());
        Assert.NotEqual(a, Of([Line(SinOp.Op, 2, 1)], 2));
        Assert.NotEqual(a, Of([Line(CosOp.Op, 2, 0)], 2));
        Assert.NotEqual(a, Of([Line(SinOp.Op, 2, 0)], 0));
    }

    [Fact]
    public void Programs_print() {
        var text = Show(x => (x.Sin() * x.Sin() + 1).Sum(), Tensor.Of(1, 2, 3)).ToString();
        Assert.StartsWith("fun (a : f64[3])", text);
        Assert.Contains(": f64[3] = Sin a", text);
        // The sine is there once.
        Assert.Equal(2, text.Split("Sin a").Length);
        Assert.Contains(": f64[] = Sum", text);
    }

    [Fact]
    public void Structural_constants_are_in_the_key_and_leaves_are_not() {
        // x² and x³ are different programs, x·2 and x·3 the same with another leaf; both have to be right whichever came first.
        for (var round = 0; round < 3; round++)
            foreach (var n in new[] { 2, 3, 4 }) {
                Assert.Equal(n * Math.Pow(1.5, n - 1), Grad(x => x.Pow(n))(1.5).Item(), 12);
                Assert.Equal(n, Grad(x => x * n)(1.5).Item());
            }
    }
}

[Collection(nameof(Alone))]
public class PlanCacheTests {
    static long MadeBy(Action work) {
        var before = PlanCache.Made;
        work();
        return PlanCache.Made - before;
    }

    // Each test has ops of a shape that no other has, or it would find plans made before.
    [Fact]
    public void A_training_loop_makes_one_plan() {
        var random = new Random(1);
        Tensor Data() => Tensor.Of([.. Enumerable.Range(0, 1013).Select(_ => random.NextDouble())]);
        var w = Data();
        Assert.Equal(1, MadeBy(() => {
            for (var i = 0; i < 50; i++) {
                // Another rate, other data, another captured tensor in each step: values are not structure.
                var (x, rate) = (Data(), 0.1 / (i + 1));
                var (loss, g) = ValueAndGrad(p => (Tanh(p * x) * rate).Square().Sum(), w);
                w -= rate * g;
            }
        }));
    }

    [Fact]
    public void Another_shape_makes_another_plan() {
        void Step(int n) => Grad(p => Sin(p * p).Sum(), Tensor.Ones(n));
        Assert.Equal(0, MadeBy(() => Step(1031)));
        Assert.Equal(1, MadeBy(() => Step(1031)));
        Assert.Equal(0, MadeBy(() => Step(1031)));
        Assert.Equal(1, MadeBy(() => {
            for (var i = 0; i < 5; i++) Step(1033);
        }));
        // Another dtype too.
        Assert.Equal(1, MadeBy(() => {
            for (var i = 0; i < 5; i++) Grad(p => Sin(p * p).Sum(), Tensor.Ones(DType.F64, 1031));
        }));
    }

    [Fact]
    public void A_structure_met_once_makes_no_plan() =>
        Assert.Equal(0, MadeBy(() => {
            for (var n = 0; n < 20; n++) Grad(p => Cos(p * p).Sum(), Tensor.Ones(1100 + n));
        }));

    [Fact]
    public void The_cache_is_bounded() {
        // 30 plans with an arena of some 80 MB each would be 2.4 GB.
        for (var i = 0; i < 30; i++)
            for (var again = 0; again < 2; again++) Grad(p => Sin(Exp(p) * p).Sum(), Tensor.Zeros(5_000_000 + i));
        Assert.True(GC.GetTotalMemory(true) < 2_000_000_000, GC.GetTotalMemory(true).ToString());
    }
}
