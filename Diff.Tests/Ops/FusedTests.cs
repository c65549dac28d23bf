namespace Diff.Tests;

/// <summary>A composition that runs as one plan has the bits, the type and the errors of its ops one by one.</summary>
[Collection(nameof(Alone))]
public class FusedTests {
    static readonly (string Name, Func<Tensor, Tensor> F)[] functions = [
        ("Silu", Silu), ("Elu", Elu), ("Elu of α", x => Elu(x, 0.7)), ("Celu of α", x => Celu(x, 1.3)), ("Selu", Selu), ("LeakyRelu", LeakyRelu), ("LeakyRelu of a slope", x => LeakyRelu(x, 0.2)),
        ("Relu6", Relu6), ("HardTanh", HardTanh), ("HardSigmoid", HardSigmoid), ("HardSwish", HardSwish), ("Mish", Mish), ("Softsign", Softsign),
        ("Gelu", Gelu), ("GeluTanh", GeluTanh), ("IsInf", IsInf), ("IsFinite", IsFinite), ("Glu", Glu), ("LogAddExp", x => LogAddExp(x, 0.5)), ("LogAddExp of two", x => LogAddExp(x, -x)),
        ("Softmax", Softmax), ("Softmax down", x => Softmax(x, 0)), ("Softmax of an axis", x => Softmax(x, 1)), ("LogSoftmax", LogSoftmax), ("LogSumExp", x => LogSumExp(x, -1)), ("LogSumExp of all", x => LogSumExp(x, null, keep: true)),
        ("Standardize", x => Standardize(x)), ("Standardize over axes", x => Standardize(x, [0, 1], 1e-3)), ("Var", x => x.Var()), ("Std", x => x.Std([0], correction: 1, keep: true)),
    ];

    static Tensor OneByOne(Func<Tensor, Tensor> f, Tensor x) {
        using var scope = new Scope("OneByOne");
        var variable = Graph.InputLike(x, scope);
        var y = f(variable);
        var graph = ProgramBuilder.Close([y], scope, [variable]);
        var program = graph.ToProgram();
        View[] arguments = [x.Value, .. graph.Leaves.Skip(1).Select(t => t.Value)];
        graph.Return();
        return new(Evaluation.Interpret(program, arguments)[0], y.IsWeak, y.IsWhole);
    }

    // At first op by op, from then on as a plan.
    static void Same(string name, Func<Tensor, Tensor> f, Tensor x) {
        Tensor? want = null;
        var refusal = Record.Exception(() => want = OneByOne(f, x));
        for (var call = 1; call <= 3; call++) {
            if (refusal is null) Same($"{name} of {x.Type}, call {call}", want!, f(x));
            else Assert.Equal(refusal.Message, Assert.Throws(refusal.GetType(), () => f(x)).Message);
        }
    }

    static void Same(string name, Tensor want, Tensor got) {
        Assert.Equal((name, want.Type, want.IsWeak, want.IsWhole), (name, got.Type, got.IsWeak, got.IsWhole));
        Assert.True(want.Value.Packed().Bytes.SequenceEqual(got.Value.Packed().Bytes), name);
    }

    static IEnumerable<Tensor> Arguments() {
        foreach (var type in new[] { DType.F32, DType.F64, DType.I32 })
            foreach (var n in new[] { 0, 1, 5, 512, 517, 3000 }) yield return (Key.Of(n).Normal(n) * 4).To(type);
        yield return (Key.Of(1).Normal(40, 30) * 4).T;
        yield return Key.Of(2).Normal(3, 4, 50).To(DType.F64);
        yield return Key.Of(3).Normal(600, 400) * 4;
        yield return Tensor.Zeros(4, 0);
        yield return Tensor.Full(0.5, Shape.Of(700), DType.F32);
        yield return new Tensor(View.Of<float>([float.NegativeInfinity, -0f, 0, float.Epsilon, 6, float.PositiveInfinity, float.NaN], Shape.Of(7)));
        yield return 0.75;
        yield return -3;
    }

    [Fact]
    public void Bits_are_those_of_the_ops_one_by_one() {
        foreach (var (name, f) in functions)
            foreach (var x in Arguments()) Same(name, f, x);
    }

    [Fact]
    public void Its_parameters_are_told_apart_by_their_bits() {
        Tensor x = [1, 2];
        foreach (var slope in new[] { 0.0, -0.0, 0.0, -0.0, double.NaN, double.NaN, double.NaN })
            Same($"LeakyRelu of {slope}", OneByOne(x => LeakyRelu(x, slope), -x), LeakyRelu(-x, slope));
    }

    [Fact]
    public void What_is_met_again_is_one_plan() {
        var (x, made) = (Key.Of(0).Normal(5, 7, 3), PlanCache.Made);
        Softmax(x, 1);
        Assert.Equal(made, PlanCache.Made);
        for (var i = 0; i < 3; i++) Softmax(x + i, 1);
        Assert.Equal(made + 1, PlanCache.Made);
    }

    [Fact]
    public void Also_when_it_is_compiled() {
        var x = Key.Of(0).Normal(30, 100) * 4;
        foreach (var (name, f) in functions) {
            var want = OneByOne(f, x);
            for (var i = 0; i < 2 * Plan.EarnsLoops; i++) Same(name, want, f(x));
            Thread.Sleep(20);
            Same(name, want, f(x));
        }
    }

    // Each long function begins another loop, and what the others need lies between them.
    [Fact]
    public void A_chain_of_several_loops_has_the_bits_of_one_by_one() {
        static Tensor Chain(Tensor x) {
            var (a, b) = (Sin(x), x > 0.5);
            var c = Where(b, Exp(a * x), Erf(x) + a);
            return Where(!b, Tanh(c - a), Log1p(c.Square()) * a) - Where(b, x, Expm1(a));
        }
        foreach (var n in new[] { 1, 16, 100, 512, 600, 2048, 5000 }) {
            var x = Key.Of(n).Normal(n);
            using var scope = new Scope("Chain");
            var variable = Graph.InputLike(x, scope);
            var graph = ProgramBuilder.Close([Chain(variable)], scope, [variable]);
            var (plan, arguments) = (new Plan(graph.ToProgram()), (View[])[x.Value, .. graph.Leaves.Skip(1).Select(t => t.Plain)]);
            graph.Return();
            var want = plan.Run(arguments)[0].Bytes.ToArray();
            plan.Compile();
            Assert.Equal(want, plan.Run(arguments)[0].Bytes.ToArray());
            Assert.Equal(want, Chain(x).Value.Bytes.ToArray());
        }
    }

    [Fact]
    public void In_a_transform_it_is_its_ops() =>
        Assert.Equal(["Mul", "Mul", "Erf", "Add", "Mul"], Show(Gelu, Tensor.From<double>([1, 2], 2)).Lines.Select(l => l.Operation).Where(o => o is "Mul" or "Erf" or "Add"));
}
