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
    public void A_weights_gradient_is_computed_as_soon_as_it_frees_memory() {
        const int Depth = 16, Width = 32, Batch = 512, Activation = 4 * Batch * Width;
        var (kx, kw) = Key.Of(1).Split();
        var x = kx.Normal(Batch, Width);
        Tensor[] weights = [.. kw.Split(Depth).Select(k => k.Normal(Width, Width))];
        var plan = Explain(w => Grad(v => v.Aggregate(x, (h, layer) => h.MatMul(layer).Tanh()).Sum(), w), weights);
        // What the way back needs of the way there is kept. What it makes itself is gone a layer later.
        Assert.InRange(plan.ArenaBytes, Depth * Activation, (Depth + 4) * Activation);
    }

    [Fact]
    public void What_is_cheap_is_computed_again_instead_of_kept() {
        var (kx, kw) = Key.Of(1).Split();
        var (x, w) = (kx.Normal(64, 64), kw.Normal(64, 64));
        IReadOnlyList<ExplainedStep> StepsOf(Func<Tensor, Tensor> f) => Explain(v => Grad(u => f(u.MatMul(w)).MatMul(w).Square().Sum(), v), x).Steps;
        // Of x from the product the gradient needs ½x, x/√2 and 1 + erf(x/√2), the next product their value: the first two follow from x.
        Assert.Equal(2, Assert.Single(StepsOf(Gelu), s => s.Operations.Contains("Erf")).Results.Count);
        // 3x is kept by nobody: each sine has its own.
        Assert.Single(StepsOf(v => (v * 3).Sin()), s => s.Operations.Contains("Cos") && s.Operations.Count(o => o == "Mul") > 1);
    }

    [Fact]
    public void What_is_computed_again_from_what_was_computed_again_is_there() {
        TensorType row = new(DType.F32, Shape.Of(600)), number = new(DType.F32, Shape.Scalar);
        List<Equation> lines = [];
        int Line(Op op, TensorType type, params int[] inputs) {
            lines.Add(new(op, inputs, lines.Count + 4, [type]));
            return lines.Count + 3;
        }
        int Sum(int x) => Line(new BroadcastOp(row.Shape, Axes.None), row, Line(new SumOp(Axes.Of(0)), number, x));
        var (a, b, c, d) = (0, 1, 2, 3);
        // x is computed again in the second chain, for xc and xd; those are in the third, from the first x, and nobody is left who reads the second.
        int x = Line(AddOp.Op, row, a, b), first = Sum(Line(MulOp.Op, row, a, b));
        var between = Line(AddOp.Op, row, Line(MulOp.Op, row, Line(AddOp.Op, row, Line(MulOp.Op, row, first, a), b), c), d);
        int xc = Line(MulOp.Op, row, x, c), xd = Line(AddOp.Op, row, x, d), second = Sum(between), last = Line(MulOp.Op, row, Line(MulOp.Op, row, second, c), d);
        var y = Line(AddOp.Op, row, Line(MulOp.Op, row, xc, last), Line(MulOp.Op, row, xd, last));
        var program = new Program([new(row), new(row), new(row), new(row)], [.. lines], [y]);
        View[] at = [.. Key.Of(1).Normal(4, 600).Unstack().Select(t => t.Value.Packed())];
        Near.SameBits(new Tensor(Evaluation.Interpret(program, at)[0]), new Tensor(new Plan(program).Run(at)[0]));
        var steps = Fusion.Steps(program, null);
        Assert.All(steps, s => Assert.All(s.Outputs, o => Assert.True(o == y || steps.Exists(later => later.Inputs.Contains(o)))));
    }

    [Fact]
    public void What_slices_give_back_is_joined() {
        // Each part times weights that are −0 here and there: a sum with zeros leaves 0 of them.
        var x = Key.Of(1).Normal(5, 600);
        var weights = Where(x > 0, -0.0f, x);
        Tensor Loss(Tensor v, Tensor w) => (v[3..] * w[3..]).Sum() + (v[0] * w[0]).Sum() + (v[1..3] * w[1..3]).Sum();
        Tensor Gradient(Tensor w) => Grad(v => Loss(v, w), x);
        Assert.DoesNotContain("Pad", Explain(Gradient, weights).ToString());
        Assert.Contains("Concat", Explain(Gradient, weights).ToString());
        var wanted = Where(x > 0, 0.0f, x);
        for (var run = 0; run < 3; run++) Near.SameBits(wanted, Gradient(weights));
        Near.SameBits(wanted, Jit(Gradient)(weights));
        // A gap is no join, nor is a part that is there twice; what is read besides is added.
        foreach (var loss in new Func<Tensor, Tensor, Tensor>[] { (v, w) => (v[3..] * w[3..]).Sum() + v[1..3].Sum(), (v, w) => (v[2..] * w[2..]).Sum() + v[..3].Sum(), (v, w) => (v[1..] * w[1..]).Sum() + Loss(v, w) })
            Near.SameBits(Grad(v => loss(v, weights), x), Jit(w => Grad(v => loss(v, w), x))(weights));
        Assert.Single(Explain(w => Grad(v => (v[1..] * w[1..]).Sum() + Loss(v, w), x), weights).Steps, s => s.Operations.Any(o => o.StartsWith("Pad")));
    }

    [Fact]
    public void Thousands_of_slices_are_joined_at_once() {
        using var scope = new Scope("test");
        var x = Graph.Input(new(DType.F32, Shape.Of(4000, 3)), scope);
        var program = ProgramTransforms.Close([Grad(v => Enumerable.Range(0, 4000).Select(i => v[i..(i + 1)].Square().Sum()).Aggregate((a, b) => a + b), x)], scope, [x]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = new Plan(program);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 150_000_000);
    }

    [Theory]
    [InlineData(24, 40, 56)]
    [InlineData(1, 40, 56)]
    [InlineData(40, 1, 56)]
    [InlineData(1, 200, 8)]
    [InlineData(3, 2, 300)]
    public void A_product_that_is_read_transposed_is_computed_so(int rows, int columns, int sum) {
        var (kx, kw) = Key.Of(1).Split();
        var (x, w) = (kx.Normal(2, sum, rows), kw.Normal(2, columns, sum));
        Tensor F((Tensor X, Tensor W) p) => p.W.MatMul(p.X).SwapAxes(1, 2) * 2;
        var wanted = F((x, w));
        Near.SameBits(wanted, Jit<(Tensor, Tensor), Tensor>(F)((x, w)));
        if (rows > 1 && columns > 1) Assert.Equal($"f32[2,{rows},{columns}]", Explain(F, (x, w)).Steps[0].Results[0].ToString());
    }

    [Fact]
    public void Of_a_chain_only_what_is_taken_is_computed() {
        var (kx, kl) = Key.Of(5).Split();
        Tensor x = kx.Normal(DType.F64, 60, 40), labels = kl.RandInt(0, 40, 60);
        var explained = Explain(x => CrossEntropy(x, labels).Mean(), x);
        Assert.DoesNotContain(explained.Steps, s => s.Results.Any(r => r.Shape.Size == x.Shape.Size));
        var taken = Jit((Tensor x) => (x.Exp() * 2 - x.Mean([1], keep: true) + x[..1]).TakeAlong(labels.ExpandDims(-1), 1));
        var want = (x.Exp() * 2 - x.Mean([1], keep: true) + x[..1]).TakeAlong(labels.ExpandDims(-1), 1);
        for (var i = 0; i < 3; i++) Near.SameBits(want, taken(x));
        Assert.Contains("40", Assert.Throws<ShapeException>(() => Jit((Tensor x) => (x * 2).TakeAlong(labels.ExpandDims(-1) + 40, 1))(x)).Message);
    }

    [Fact]
    public void Reductions_of_one_element_are_layouts() {
        var x = Tensor.Of(-0.0, double.NaN, double.NegativeInfinity, 3).Reshape(4, 1);
        foreach (var f in new Func<Tensor, Tensor>[] { x => x.Sum([1]), x => x.Max(1), x => x.Min(1), x => x.Prod(1), x => x.Reshape(1, 4).Sum([0]) }) {
            Assert.Empty(Explain(x => f(x), x).Steps);
            var jitted = Jit(f);
            for (var i = 0; i < 3; i++) Near.SameBits(f(x), jitted(x));
        }
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

    [Fact]
    public void What_only_strips_have_lies_nowhere() {
        TensorType matrix = new(DType.F64, Shape.Of(40, 5)), rows = new(DType.F64, Shape.Of(40)), stack = new(DType.F64, Shape.Of(40, 3, 3));
        // No input at all, so that the first value has a place in the arena.
        Program alone = new([], [new(new LiteralOp(new Literal(Key.Of(1).Normal(DType.F64, 40, 5).Value)), [], 0, [matrix]), new(ExpOp.Op, [0], 1, [matrix]),
            new(new CumulativeOp(Cumulation.Sum, 1, false), [1], 2, [matrix]), new(ExpOp.Op, [2], 3, [matrix]), new(new SumOp(Axes.Of(1)), [3], 4, [rows])], [4]);
        // A product of what strips made.
        Program product = new([new(stack)], [new(TanhOp.Op, [0], 1, [stack]), new(new TransposeOp(Axes.Of(0, 2, 1)), [1], 2, [stack]), new(DotOp.MatMul(1), [1, 2], 3, [stack]),
            new(ExpOp.Op, [3], 4, [stack])], [4]);
        foreach (var (program, arguments) in new[] { (alone, new View[0]), (product, [Key.Of(2).Normal(DType.F64, 40, 3, 3).Value]) }) {
            var plan = new Plan(program, new PartSizes(300, 0, 2, 0));
            Assert.Contains("Strips[", plan.Explain().ToString());
            Near.SameBits(new Tensor(Evaluation.Interpret(program, arguments)[0]), new Tensor(plan.Run(arguments)[0]));
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

    // Runs of whole vectors and not, of one element that repeats, of columns, of heads within sequences, of what was read backwards.
    [Theory]
    [InlineData(40, 64), InlineData(9, 100), InlineData(7, 129), InlineData(3, 1000), InlineData(600, 2), InlineData(12, 96)]
    public void Operands_of_any_layout_give_the_same_bits(int rows, int columns) {
        var (kx, ky, kr, kc) = Key.Of(rows).Split();
        Tensor x = kx.Normal(rows, columns), y = ky.Normal(columns, rows), row = kr.Normal(rows, 1), column = kc.Normal(columns), wide = kx.Normal(rows, columns + 16);
        Func<Tensor[], Tensor[]>[] chains = [
            t => [(t[0] - t[2]) * t[3] + Exp(t[0])],
            t => [Where(t[0] > t[2], t[3], t[0]) * 2, t[0] + t[3]],
            t => [t[0] * t[1].T + t[2]],
            t => [t[4][.., 8..(columns + 8)] * t[0], Sin(t[4][.., 8..(columns + 8)]) - t[2]],
            t => [t[0].Flip(0) * t[3], t[0].Flip(1) - t[2]],
            t => [t[0].Reshape(1, rows, columns) * Stack([t[2], t[2] + 1]), t[2] * t[3]]];
        Tensor[] at = [x, y, row, column, wide];
        foreach (var chain in chains)
            foreach (var threads in new[] { 1, 3 })
                ForkJoin.Using(threads, () => {
                    Laws.OneResult(chain, at);
                    Laws.OneResult(chain, Array.ConvertAll(at, t => t.To(DType.F64)));
                    return 0;
                }, always: true);
    }

    // Of a run that is a block and less than a vector, the last loop may write no further than that. The result lies over the argument, as in folds.
    [Theory]
    [InlineData(513), InlineData(527), InlineData(1025)]
    public void What_is_left_of_a_run_is_no_more_than_that(int columns) {
        Tensor x = Key.Of(columns).Normal(6, columns).To(DType.F64), row = Tensor.Arange(columns).To(DType.F64);
        using var scope = new Scope("test");
        var (a, b) = (Graph.Input(x.Type, scope), Graph.Input(row.Type, scope));
        var plan = new Plan(ProgramTransforms.Close([Tanh(Tanh(a + b)) * 0.5 + b], scope, [a, b])).InPlace([true, false]);
        plan.Compile();
        var mine = new View(new byte[x.Size * sizeof(double)], 0, DType.F64, x.Shape.Contiguous);
        Strided.Copy(x.Value, mine);
        Near.SameBits(Tanh(Tanh(x + row)) * 0.5 + row, new Tensor(ForkJoin.Using(3, () => plan.Run([mine, row.Value]), always: true)[0]));
    }

    [Fact]
    public void Rows_without_elements_have_strips_too() {
        Tensor x = Key.Of(1).Normal(42, 5), none = x[2.., 5..], all = x[2..];
        using var scope = new Scope("test");
        var (a, b) = (Graph.Input(all.Type, scope), Graph.Input(none.Type, scope));
        var plan = new Plan(ProgramTransforms.Close([Softmax(a * 2) + b.Sum([1], keep: true), b.Exp()], scope, [a, b]), new PartSizes(150, 0, 2, 0));
        Assert.Contains("Strips[", plan.Explain().ToString());
        Near.SameBits(Softmax(all * 2) + 0, new Tensor(plan.Run([all.Value.Packed(), none.Value.Packed()])[0]));
    }

    [Fact]
    public void An_error_in_a_strip_is_that_of_the_whole() {
        var (x, at) = (Key.Of(1).Normal(40, 8), View.Of<int>([.. Enumerable.Range(0, 320).Select(i => i == 300 ? 9 : i % 8)], Shape.Of(40, 8)));
        using var scope = new Scope("test");
        var (a, i) = (Graph.Input(x.Type, scope), Graph.Input(at.Type, scope));
        var plan = new Plan(ProgramTransforms.Close([Softmax((a * 2).TakeAlong(i, 1), 1)], scope, [a, i]), new PartSizes(150, 0, 2, 0));
        Assert.Contains("Strips[", plan.Explain().ToString());
        Assert.Contains("Index 9 (number 300 of 320)", Assert.Throws<ShapeException>(() => plan.Run([x.Value, at])).Message);
    }
}
