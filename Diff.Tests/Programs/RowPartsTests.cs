namespace Diff.Tests;

/// <summary>Parts that go over rows: whatever the rows, and however the operands lie, they have the bits of their ops one by one, and write nothing but their results.</summary>
public class RowPartsTests {
    static readonly (string Name, Func<Tensor, Tensor, Tensor> F, int Steps)[] parts = [
        ("softmax", (x, y) => Softmax(x + y), 1),
        ("log softmax", (x, y) => LogSoftmax(x) * y, 1),
        ("standardize", (x, y) => Standardize(x) * y, 1),
        ("a chain and its sum", (x, y) => (x * y).Sum([-1]), 1),
        ("the largest and the product", (x, y) => (x - y).Max(-1) + (x * 0.5 + 1).Prod(-1), 1),
        ("two sums of one chain", (x, y) => (x * y).Sum([-1]) / (x * y).Square().Sum([-1]), 1),
        ("sums of two values", (x, y) => ((x * 2).Sum([-1]) * y.Sum([-1])).ExpandDims(-1) * x, 1),
        ("a narrow operand", (x, y) => ((x * 2).Sum([-1]) * y[.., .., 0]).ExpandDims(-1) * x, 1),
        ("two long functions", (x, y) => (x.Tanh() * y.Exp()).Sum([-1], keep: true) - x, 1),
        ("integers and bools", (x, y) => (x > y).To(DType.I32).Sum([-1], keep: true).To(x.DType) * x, 1),
        ("wide values kept", (x, y) => Concat([(x * y).Exp(), x - (x * y).Exp().Sum([-1], keep: true)], 0), 2),
        ("a gradient", (x, y) => Grad(p => (Standardize(p) * y).Square().Sum(), x), 0),
    ];

    static readonly (string Name, Func<Tensor, Tensor> Of)[] layouts = [
        ("plain", x => x), ("of rows", x => x.Mean([-1], keep: true) + 0 * x[0, 0, 0]), ("of columns", x => x[0]), ("part of a larger one", x => Concat([x, x], 2)[.., .., ..x.Shape[2]]),
        ("every other row", x => Concat([x, x], 1)[.., Slice.Every(.., 2)]), ("backwards", x => x.Flip(2)), ("transposed", x => (x.SwapAxes(1, 2) + 0).SwapAxes(1, 2)),
    ];

    [Theory]
    [InlineData(3, 17, 16)]
    [InlineData(5, 8, 100)]
    [InlineData(1, 3, 1030)]
    [InlineData(2, 33, 129)]
    [InlineData(1, 1, 4096)]
    [InlineData(70, 2, 47)]
    [InlineData(2, 300, 3)]
    public void Rows_have_the_bits_of_ops_one_by_one(params int[] sizes) {
        var (ka, kb) = Key.Of(sizes[2]).Split();
        foreach (var type in new[] { DType.F32, DType.F64 })
            foreach (var (name, f, steps) in parts)
                foreach (var (layout, of) in layouts) {
                    var (x, y) = (ka.Normal(sizes).To(type), of(kb.Normal(sizes).To(type)));
                    y = y.Rank == x.Rank && y.Shape[2] == 1 || y.Rank < x.Rank ? y + 0 * x : y;
                    Check($"{type}, {name}, {layout}", f, steps, x, of(x), y);
                }
    }

    static void Check(string what, Func<Tensor, Tensor, Tensor> f, int steps, Tensor x, Tensor lying, Tensor y) {
        using var scope = new Scope(what);
        Tensor[] variables = [Graph.InputLike(x, scope), Graph.InputLike(y, scope)];
        var graph = ProgramBuilder.Close([f(variables[0], variables[1])], scope, variables);
        var program = graph.ToProgram();
        if (lying.Shape.Equals(x.Shape)) x = lying;
        View[] arguments = [x.Value, y.Value, .. graph.Leaves.Skip(2).Select(t => t.Value)];
        graph.Return();
        var want = new Tensor(Evaluation.Interpret(program, arguments)[0]);
        // Everything in rows, and what pays.
        foreach (var rows in new[] { true, false }) {
            var plan = rows ? Over(program, arguments) : new Plan(program, Array.ConvertAll(arguments, a => a.Layout));
            if (rows && steps > 0) Assert.Equal(steps, plan.Explain().Steps.Count);
            foreach (var compiled in new[] { false, true }) {
                if (compiled) plan.Compile();
                foreach (var threads in new[] { 1, 3 }) {
                    var (to, isWhole) = Destination(want.Type);
                    ForkJoin.Using(threads, () => {
                        plan.RunInto(arguments, [to]);
                        return 0;
                    }, always: threads > 1);
                    Near.SameBits(want, new Tensor(to));
                    Assert.True(isWhole(), $"{what}: wrote beside its result");
                    plan.Poison();
                }
            }
        }
    }

    static Plan Over(Program program, View[] arguments) => new(program, new PartSizes(0, long.MaxValue, 2, 0), Array.ConvertAll(arguments, a => a.Layout));

    // Memory with something of others on both sides.
    static (View To, Func<bool> IsWhole) Destination(TensorType type) {
        var bytes = new byte[type.Bytes + 2 * 64];
        Array.Fill(bytes, (byte)0xA5);
        return (new View(bytes, 64, type.DType, type.Shape.Contiguous), () => bytes[..64].Concat(bytes[^64..]).All(b => b == 0xA5));
    }

    [Fact]
    public void A_softmax_is_one_pass_and_so_is_a_cross_entropy_and_a_layer_norm() {
        var x = Key.Of(1).Normal(64, 32);
        foreach (var f in new Func<Tensor, Tensor>[] { x => Softmax(x), x => Standardize(x) * 2 + 1, x => -(LogSoftmax(x) * x).Sum([-1]) })
            Assert.StartsWith("Rows[", Assert.Single(Explain(f, x).Steps).Operations[0]);
    }

    // What the way back needs of a layer norm follows from its input again.
    [Fact]
    public void Little_is_kept_of_a_part() {
        var x = Key.Of(1).Normal(512, 128);
        var explained = Explain(x => ValueAndGrad(p => (Standardize(p) * x).Sin().Sum(), x).Grad, x);
        Assert.All(explained.Steps, s => Assert.InRange(s.Results.Count(t => t.Shape.Size == x.Shape.Size), 0, 2));
    }

    [Fact]
    public void Rows_come_again_in_their_own_memory() {
        Tensor x = Key.Of(3).Normal(40, 64), want = Softmax(x);
        using var scope = new Scope("Rows");
        var variable = Graph.InputLike(x, scope);
        var graph = ProgramBuilder.Close([Softmax(variable)], scope, [variable]);
        var plan = new Plan(graph.ToProgram()).InPlace([true]);
        foreach (var compiled in new[] { false, true }) {
            if (compiled) plan.Compile();
            View[] mine = [(x + 0).Value, .. graph.Leaves.Skip(1).Select(t => t.Value)];
            var result = plan.Run(mine)[0];
            Near.SameBits(want, new Tensor(result));
            Assert.Same(mine[0].Memory.Array, result.Memory.Array);
        }
    }
}
