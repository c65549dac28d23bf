namespace Diff.Tests;

/// <summary>Traps that others have fallen into, beside those of single functions: what is captured, shared, an integer, or out of range.</summary>
public class TransformTrapTests {
    static void Is(Tensor expected, Tensor actual) => Assert.True(Check.Close(expected.To(DType.F64), actual.To(DType.F64), 1e-12), $"{actual}, not {expected}");

    static readonly Tensor xs = new double[] { 1, -2, 3 };

    /// <summary>Σᵢ sin(w·xᵢ)·w with w captured by an inner transform, and its derivatives by hand.</summary>
    public static TheoryData<string> Inner => ["Jit", "Vmap", "Scan", "Map", "Cond", "Checkpoint", "Grad", "CustomVjp's rule"];

    [Theory, MemberData(nameof(Inner))]
    public void An_outer_variable_captured_by_an_inner_transform_keeps_its_derivative(string inner) {
        Tensor F(Tensor w) => inner switch {
            "Jit" => Jit(x => Sin(w * x) * w)(xs).Sum(),
            "Vmap" => Vmap(x => Sin(w * x) * w)(xs).Sum(),
            "Scan" => Scan(0, xs, (s, x) => (s + Sin(w * x) * w, s)).Final,
            "Map" => Map(x => Sin(w * x) * w, xs).Sum(),
            "Cond" => Cond(w > 0, xs, x => Sin(w * x) * w, x => x).Sum(),
            "Checkpoint" => Checkpoint(x => Sin(w * x) * w)(xs).Sum(),
            "Grad" => Grad(x => -Cos(w * x).Sum(), xs).Sum(),
            _ => Grad(x => CustomVjp(y => y, (y, _, u) => u * Sin(w * y) * w)(x).Sum(), xs).Sum(),
        };
        Tensor first = (Sin(0.7 * xs) + 0.7 * xs * Cos(0.7 * xs)).Sum(), second = (2 * xs * Cos(0.7 * xs) - 0.7 * xs.Square() * Sin(0.7 * xs)).Sum();
        Is((Sin(0.7 * xs) * 0.7).Sum(), F(0.7));
        Is(first, Grad(F)(0.7));
        Is(first, Jvp(F, 0.7, 1).Tangent);
        Is(second, Grad(Grad(F))(0.7));
        Is(second, Jvp(Grad(F), 0.7, 1).Tangent);
        Is(second, Grad(w => Jvp(F, w, 1).Tangent)(0.7));
        if (inner != "Cond") Is(Stack([first, first]), Vmap(Grad(F))([0.7, 0.7]));
    }

    sealed record Net(Tensor Encoder, Tensor Decoder, Tensor Steps, (Tensor Bias, Tensor Mask) Rest);

    static Net Tied(Tensor w) => new(w, w, Tensor.Ints(3, 4), (Tensor.Of(0.5), Tensor.From<bool>([true, false], 2)));

    static Tensor Loss(Net n) => (n.Encoder.Square() * n.Decoder).Sum() + n.Rest.Bias.Sum() * n.Steps.Sum().To(DType.F64);

    [Fact]
    public void Tied_weights_are_two_parameters_with_a_gradient_each() {
        // The same tensor in two places of a record: each place has its own derivative, and their sum is that of the tensor.
        var w = Tensor.Of(1, 2);
        var g = Grad(Loss, Tied(w));
        Is(2 * w.Square(), g.Encoder);
        Is(w.Square(), g.Decoder);
        Is(3 * w.Square(), Grad(v => Loss(Tied(v)), w));
        Is(3 * w.Square() * w, Jvp(v => Tied(v) is var n ? n.Encoder.Square() * n.Decoder : v, w, w).Tangent);
        // And a step moves them apart.
        var net = Tied(w);
        Is(2 * w, Tree.Map((p, d) => p + d, net, Grad(n => (n.Encoder.Sum() - n.Decoder.Sum()) * 1.0, net)) is var moved ? moved.Encoder + moved.Decoder : 0);
        // A capture of the argument itself is a constant.
        Is(w, Grad(v => (v * w).Sum(), w));
    }

    [Fact]
    public void Integers_and_bools_of_a_record_have_no_derivative_in_any_mode() {
        var net = Tied(Tensor.Of(1, 2));
        var g = Grad(Loss, net);
        Assert.NotNull(g.Steps.AbsentFrom);
        Assert.NotNull(g.Rest.Mask.AbsentFrom);
        Is([7], g.Rest.Bias);
        var (_, tangent) = Jvp<Net, Net>(n => n with { Encoder = n.Encoder * 2 }, net, net);
        Assert.NotNull(tangent.Steps.AbsentFrom);
        Is([2, 4], tangent.Encoder);
        var pulled = Vjp<Net, Tensor>(Loss, net).Pullback(1);
        Assert.NotNull(pulled.Rest.Mask.AbsentFrom);
        Is(g.Decoder, pulled.Decoder);
        Is(2 * net.Encoder * net.Encoder + 2 * net.Encoder * net.Decoder, Hvp(Loss, net, net).Encoder);
        // What has no derivative says so, rather than being 0 somewhere.
        Assert.ThrowsAny<DiffException>(() => g.Steps + 1);
    }

    [Fact]
    public void Negative_indices_count_from_the_end_in_every_transform() {
        Tensor x = [1, 2, 3, 4], one = new double[] { 0, 0, 1, 0 };
        Func<Tensor, Tensor>[] ways = [v => v[-2], v => v.Take(Tensor.Ints(-2)).Sum(), v => v.DynamicSlice(Tensor.Ints(-2), 1).Sum(), v => v.Gather(Tensor.From<int>([-2], 1))];
        foreach (var f in ways)
            for (var run = 0; run < 3; run++) {
                Is(3, f(x));
                Is(3, Jit(f)(x));
                Is(one, Grad(f)(x));
                Is(1, Jvp(f, x, Tensor.OnesLike(x)).Tangent);
                Is([3, 6], Vmap(f)(Stack([x, 2 * x])));
                Is(Stack([one, one]), Vmap(Grad(f))(Stack([x, 2 * x])));
            }
        Is([1, 9, 3, 4], x.At(-3).Set(9));
        Is([1, 0, 1, 1], Grad(v => v.At(-3).Set(9).Sum(), x));
    }

    [Fact]
    public void Indices_out_of_range_are_errors_in_every_transform() {
        Tensor x = [1, 2, 3, 4];
        foreach (var index in new[] { 4, -5, int.MaxValue, int.MinValue }) {
            Func<Tensor, Tensor>[] ways = [v => v.Take(Tensor.Ints(index)).Sum(), v => v.Gather(Tensor.From<int>([index], 1)).Sum(), v => v.At(Tensor.Ints(index)).Add(Tensor.Of(1)).Sum(), v => v.DynamicSlice(Tensor.Ints(index), 1).Sum()];
            foreach (var f in ways)
                for (var run = 0; run < 3; run++) {
                    Assert.Throws<ShapeException>(() => f(x));
                    Assert.Throws<ShapeException>(() => Jit(f)(x));
                    Assert.Throws<ShapeException>(() => Grad(f)(x));
                    Assert.Throws<ShapeException>(() => Vmap(f)(Stack([x, x])));
                    Assert.Throws<ShapeException>(() => Scan(0, x, (s, e) => (s + f(x * e), s)).Final);
                }
        }
        // Also where the index is computed inside.
        Assert.Throws<ShapeException>(() => Jit(v => v.Take(v.ArgMax() + 1))(x));
    }

    [Fact]
    public void Gradients_through_sort_go_where_the_elements_came_from() {
        Is([3, 1, 2], Grad(x => (x.Sort() * Tensor.Of(1, 2, 3)).Sum(), [5, 1, 2]));
        // Equals stay in their order, and so do their gradients.
        Is([1, 2, 3], Grad(x => (x.Sort() * Tensor.Of(1, 2, 3)).Sum(), [7, 7, 7]));
        Is([2, 3, 1], Grad(x => (x.Sort(descending: true) * Tensor.Of(1, 2, 3)).Sum(), [4, 4, 5]));
        Is([3, 1, 2], Vmap(Grad(x => (x.Sort() * Tensor.Of(1, 2, 3)).Sum()))(new double[,] { { 5, 1, 2 } })[0]);
    }
}
