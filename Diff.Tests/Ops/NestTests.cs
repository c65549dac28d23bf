namespace Diff.Tests;

/// <summary>Chains over operands that lie in rows: whatever the rows, a compiled chain has the bits of its ops one by one.</summary>
public class NestTests {
    static readonly (string Name, Func<Tensor, Tensor> Of)[] layouts = [
        ("plain", x => x), ("of rows", x => x.Mean([-1], keep: true)), ("of columns", x => x[0]), ("of the first axis", x => x.Mean([1, 2], keep: true)), ("of the middle", x => x.Mean([0, 2], keep: true)),
        ("a number", x => x[0, 0, 0]), ("part of a larger one", x => Concat([x, x], 2)[.., .., ..x.Shape[2]]), ("every other row", x => Concat([x, x], 1)[.., Slice.Every(.., 2)]), ("rows backwards", x => x.Flip(1)),
        ("the other way round", x => (x.SwapAxes(0, 1) + 0).SwapAxes(0, 1)), ("transposed", x => (x.SwapAxes(1, 2) + 0).SwapAxes(1, 2)),
    ];

    static readonly (string Name, Func<Tensor, Tensor, Tensor, Tensor> F)[] chains = [
        ("one loop", (a, b, c) => a * b - c), ("two long ones", (a, b, c) => (a * b).Tanh() + (c - a).Exp()), ("a choice", (a, b, c) => Where(a > b, c, a.Square())), ("integers", (a, b, c) => (a * 9).To(DType.I32) + (b * 9).To(DType.I32)),
    ];

    [Theory]
    [InlineData(3, 17, 16)]
    [InlineData(2, 5, 64)]
    [InlineData(4, 3, 65)]
    [InlineData(2, 9, 100)]
    [InlineData(1, 40, 79)]
    [InlineData(4, 8, 100)]
    [InlineData(3, 16, 50)]
    [InlineData(9, 32, 10)]
    [InlineData(3, 2, 528)]
    [InlineData(2, 2, 1030)]
    public void Rows_have_the_bits_of_ops_one_by_one(params int[] sizes) {
        Key[] keys = [.. Key.Of(sizes[2]).Split(3)];
        var (ka, kb, kc) = (keys[0], keys[1], keys[2]);
        foreach (var type in new[] { DType.F32, DType.F64 })
            foreach (var (name, f) in chains)
                foreach (var (first, left) in layouts)
                    foreach (var (second, right) in layouts) {
                        var (a, b, c) = (ka.Normal(sizes).To(type), left(kb.Normal(sizes).To(type)), right(kc.Normal(sizes).To(type)));
                        var want = f(a, b, c);
                        foreach (var threads in new[] { 1, 3 }) Near.SameBits(want, Compiled(f, a, b, c, threads, mine: false));
                        if (want.Type == a.Type) Near.SameBits(want, Compiled(f, a, b, c, 1, mine: true));
                    }
    }

    // In the memory of a copy of the first argument, if that is to be.
    static Tensor Compiled(Func<Tensor, Tensor, Tensor, Tensor> f, Tensor a, Tensor b, Tensor c, int threads, bool mine) {
        using var scope = new Scope("Compiled");
        Tensor[] variables = [Graph.InputLike(a, scope), Graph.InputLike(b, scope), Graph.InputLike(c, scope)];
        var graph = ProgramBuilder.Close([f(variables[0], variables[1], variables[2])], scope, variables);
        View[] arguments = [(a + 0).Value.Packed(), b.Value.Packed(), c.Value.Packed(), .. graph.Leaves.Skip(3).Select(t => t.Value)];
        Layout[] lie = [a.Value.Packed().Layout, b.Value.Layout, c.Value.Layout, .. graph.Leaves.Skip(3).Select(t => t.Value.Layout)];
        var program = graph.ToProgram();
        graph.Return();
        if (!mine) (arguments[1], arguments[2]) = (b.Value, c.Value);
        var plan = mine ? new Plan(program).InPlace([true, false, false]) : new Plan(program, lie);
        plan.Compile();
        return new(ForkJoin.Using(threads, () => plan.Run(arguments), always: threads > 1)[0]);
    }
}
