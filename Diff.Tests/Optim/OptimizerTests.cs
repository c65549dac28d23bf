using System.Text.Json;

namespace Diff.Tests.Optim;

/// <summary>Optimizers against PyTorch's in f64 (functions.json), and what all of them keep.</summary>
public class OptimizerTests {
    static readonly JsonElement Figures = References.Functions.GetProperty("optimizers");

    public static TheoryData<string> Names => [.. Figures.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("name").GetString()!)];

    static Optimizer Make(string kind, JsonElement o) {
        double Get(string name, double otherwise) => o.TryGetProperty(name, out var v) ? v.GetDouble() : otherwise;
        bool Is(string name) => o.TryGetProperty(name, out var v) && v.GetBoolean();
        var (b1, b2) = o.TryGetProperty("betas", out var b) ? (b[0].GetDouble(), b[1].GetDouble()) : (0.9, 0.999);
        var (rate, decay, eps) = (Get("lr", 0), Get("weight_decay", 0), Get("eps", 1e-8));
        return kind switch {
            "SGD" => Sgd(rate, Get("momentum", 0), Is("nesterov"), decay, Get("dampening", 0)),
            "Adam" when Is("amsgrad") => Amsgrad(rate, b1, b2, eps, decay),
            "Adam" => Adam(rate, b1, b2, eps, decay),
            "AdamW" => AdamW(rate, decay, b1, b2, eps),
            "RMSprop" => RmsProp(rate, Get("alpha", 0.99), eps, Is("centered"), Get("momentum", 0), decay),
            _ => throw new InvalidOperationException(kind),
        };
    }

    static Tensor Loss(Tensor x) {
        var (a, c) = (Tensor.Of(Figures.GetProperty("a").Doubles()), Tensor.Of(Figures.GetProperty("c").Doubles()));
        return (a / 2 * (x - c).Square()).Sum() + x.Pow(4).Sum() / 4 + x.Sum().Square() / 20;
    }

    [Theory, MemberData(nameof(Names))]
    public void Twenty_steps_are_PyTorchs(string name) {
        var c = Figures.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("name").GetString() == name);
        var start = Tensor.Of(Hash.Values(5, Figures.GetProperty("x_seed").GetUInt32(), Figures.GetProperty("x_scale").GetDouble()));
        var opt = Make(c.GetProperty("kind").GetString()!, c.GetProperty("options"));
        var losses = new List<double>();
        var end = Train.Fit(start, 20, opt, Loss, o => losses.Add(o.Loss));
        Near.Assert(c.GetProperty("losses").Doubles(), [.. losses], 1e-13, "losses");
        Near.Assert(c.GetProperty("final").Doubles(), end, 1e-13, "final");
        // A schedule that is constant is the constant, and f32 stays f32.
        var single = Train.Fit(start.To(DType.F32), 20, opt, x => Loss(x.To(DType.F64)));
        Assert.Equal(DType.F32, single.DType);
        Near.Assert(c.GetProperty("final").Doubles(), single, 2e-5, "f32");
    }

    public static IEnumerable<object[]> All => from o in Every() select new object[] { o };

    static Optimizer[] Every() => [Sgd(0.1), Sgd(0.1, momentum: 0.9, nesterov: true), Adam(0.1), AdamW(0.1), Amsgrad(0.1), RmsProp(0.1), RmsProp(0.1, centered: true, momentum: 0.5), ClipByGlobalNorm(1) >> Adam(0.1)];

    sealed record Model(Tensor W, (Tensor B, Tensor Count) Rest, State<Tensor> Statistic, Func<Tensor, Tensor> F, string Name);

    [Theory, MemberData(nameof(All))]
    public void Only_parameters_change(Optimizer opt) {
        var model = new Model(Tensor.Ones(3), (Tensor.Ones(DType.F64, 2), Tensor.Ints(1, 2)), (State<Tensor>)Tensor.Of(5, 6), Relu, "name");
        var (p, s) = (model, opt.Init(model));
        for (var i = 0; i < 3; i++) (p, s) = opt.Step(p, Grad(m => m.W.Sum() + (m.Rest.B * m.Statistic.Value).Sum(), p), s);
        Assert.Equal([DType.F32, DType.F64, DType.I32, DType.F64], Tree.Leaves(p).Select(x => x.DType));
        Assert.Equal([1, 2], p.Rest.Count.Doubles());
        Assert.Equal([5, 6], p.Statistic.Value.Doubles());
        Assert.Equal("name", p.Name);
        Assert.All(p.W.Doubles(), w => Assert.True(w < 1));
        Assert.All(p.Rest.B.Doubles(), b => Assert.True(b < 1));
    }

    [Theory, MemberData(nameof(All))]
    public void A_step_changes_nothing_that_was_there(Optimizer opt) {
        Tensor x = Tensor.Of(1, 2), g = Tensor.Of(3, 4);
        var s = opt.Init(x);
        var before = Tree.Leaves(s).Select(l => l.Doubles()).ToArray();
        var (a, next) = opt.Step(x, g, s);
        Near.SameBits(a, opt.Step(x, g, s).Parameters);
        Assert.Equal([1, 2], x.Doubles());
        Assert.Equal(before, Tree.Leaves(s).Select(l => l.Doubles()));
        Assert.Equal(Tree.Paths(s), Tree.Paths(next));
        Assert.Equal(Tree.Leaves(s).Select(l => l.Type), Tree.Leaves(next).Select(l => l.Type));
    }

    [Theory, MemberData(nameof(All))]
    public void The_minimum_of_a_bowl_is_found(Optimizer opt) {
        var end = Train.Fit(new { A = Tensor.Of(1, -2), B = (Tensor)3 }, 400, opt, p => p.A.Square().Sum() + (p.B - 1).Square());
        Assert.InRange(end.A.Abs().Max().Item(), 0, 0.06);
        Assert.InRange(end.B.Item(), 0.93, 1.07);
    }

    [Fact]
    public void Chains_do_not_depend_on_their_brackets() {
        Optimizer a = ClipByGlobalNorm(0.1), b = ScaleByAdam(), c = Scale(-0.5);
        var x = Tensor.Of(1, 2, 3);
        foreach (var opt in new[] { a >> b >> c, a >> (b >> c), Chain(a, b, c), a.Then(b).Then(c) })
            Near.SameBits(Train.Fit(x, 5, (a >> b) >> c, Loss3), Train.Fit(x, 5, opt, Loss3));
        static Tensor Loss3(Tensor x) => x.Square().Sum();
    }

    [Fact]
    public void States_print_match_and_have_paths() {
        var p = (W: Tensor.Zeros(2), B: Tensor.Zeros(1));
        var s = Adam(0.1).Init(p);
        Assert.Equal(["Parts[0].Count", "Parts[0].Mu.Item1", "Parts[0].Mu.Item2", "Parts[0].Nu.Item1", "Parts[0].Nu.Item2", "Parts[1].Count", "Parts[1].Rate"], Tree.Paths(s));
        Assert.True(s is ChainState<(Tensor W, Tensor B)> { Parts: [AdamState<(Tensor W, Tensor B)>, RateState<(Tensor W, Tensor B)> { Rate: var rate }] } && rate.Item() == 0.1);
        Assert.Equal("ScaleByAdam { B1 = 0.9, B2 = 0.999, Eps = 1E-08 } >> ScaleByRate { Rate = 0.1 }", Adam(0.1).ToString());
        Assert.Equal("ScaleByRate { Rate = t => … }", Sgd(t => 1 / t).ToString());
    }

    [Fact]
    public void A_state_of_another_optimizer_is_an_error() {
        Tensor x = Tensor.Zeros(2);
        Assert.Contains("ScaleByRate: the state is a ChainState", Assert.Throws<TreeException>(() => Sgd(0.1).Step(x, x, Adam().Init(x))).Message);
        Assert.Contains("AdamState", Assert.Throws<TreeException>(() => ScaleByRms().Update(x, ScaleByAdam().Init(x), x)).Message);
        Assert.Contains("2 parts", Assert.Throws<TreeException>(() => (Scale(1) >> Scale(2) >> Scale(3)).Update(x, Adam().Init(x), x)).Message);
    }

    [Fact]
    public void A_schedule_is_a_function_of_the_count_and_can_be_read() {
        var opt = Sgd(t => 1 / (t + 1.0));
        var (x, s) = ((Tensor)Tensor.Of(0), opt.Init(Tensor.Of(0)));
        var steps = new List<double>();
        for (var i = 0; i < 4; i++) {
            (x, s) = opt.Step(x, Tensor.Of(-1), s);
            steps.Add(((RateState<Tensor>)s).Rate.Item());
        }
        Near.Assert([1, 1 / 2.0, 1 / 3.0, 1 / 4.0], [.. steps], 1e-7);
        Near.Assert([25 / 12.0], x, 1e-7);
        Assert.Throws<ShapeException>(() => Sgd(_ => Tensor.Of(1, 2)).Init(x));
    }

    [Fact]
    public void A_schedule_may_look_at_the_count_or_choose_by_it() {
        foreach (var opt in new[] { Sgd(t => t < 2 ? 1 : 0.5), Sgd(t => Where(t < 2, 1, 0.5)) })
            Assert.Equal(-3, Train.Fit(Tensor.Of(0), 4, opt, x => x.Sum())[0].Item());
    }

    [Fact]
    public void A_step_keeps_dtypes_and_shapes() {
        var p = Tensor.Zeros(3);
        foreach (var opt in new[] { Sgd(0.1), Adam(0.1) }) {
            Assert.Equal(DType.F32, opt.Step(p, Tensor.Of(1, 2, 3), opt.Init(p)).Parameters.DType);
            Assert.Contains("f32[4,3]", Assert.Throws<ShapeException>(() => opt.Step(p, Tensor.Ones(4, 3), opt.Init(p))).Message);
            Assert.Contains(" at B ", Assert.Throws<ShapeException>(() => opt.Step(new Two(p, p), new Two(p, 1), opt.Init(new Two(p, p)))).Message);
        }
    }

    sealed record Two(Tensor A, Tensor B);

    [Fact]
    public void Clipping_by_the_global_norm() {
        var opt = ClipByGlobalNorm(5);
        var g = (Tensor.Of(3, 0), Tensor.Ones(DType.F32, 1) * 4);
        Near.SameBits(g, opt.Update(g, opt.Init(g), g).Updates);
        var (a, b) = opt.Update((g.Item1 * 2, g.Item2 * 2), opt.Init(g), g).Updates;
        Near.Assert([3, 0], a, 1e-7);
        Near.Assert([4], b, 1e-7);
        Assert.Equal(DType.F32, b.DType);
    }
}
