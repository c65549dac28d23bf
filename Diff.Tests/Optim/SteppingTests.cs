namespace Diff.Tests.Optim;

/// <summary>A step is one plan, recorded once where that is safe, and gives what its update gives op by op.</summary>
[Collection(nameof(Alone))]
public class SteppingTests {
    sealed record Model(Tensor W, (Tensor B, Tensor Count) Rest, State<Tensor> Statistic, Func<Tensor, Tensor> F, string Name);

    static Model Start(int size) => new(Key.Of(1).Normal(size), (Key.Of(2).Normal(DType.F64, 2, 3), Tensor.Ints(1, 2)), (State<Tensor>)Tensor.Of(5, 6), Relu, "name");

    static Model Gradient(Model m, int step) => Grad(m => (m.W * m.W * Key.Of(step).Normal(m.W.Size)).Sum() + (m.Rest.B.Square() * m.Statistic.Value.Sum()).Sum(), m);

    public static IEnumerable<object[]> All => from o in Every() select new object[] { o };

    static Optimizer[] Every() => [
        Sgd(0.1), Sgd(t => 0.1 / (t + 1)), Sgd(t => t < 2 ? 0.1 : 0.01), Sgd(0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1), Sgd(0.1, momentum: 0.9, dampening: 0.5),
        Adam(0.1), Adam(t => 0.1 * Pow(0.99, t), weightDecay: 0.01), AdamW(0.1), Amsgrad(0.1), RmsProp(0.1), RmsProp(t => 0.1 / (t + 1), centered: true, momentum: 0.5),
        ClipByGlobalNorm(0.01) >> Adam(0.1), Scale(-0.1), AddDecayedWeights(0.1) >> Scale(-1) >> Scale(2), new Halved() >> Sgd(0.1),
    ];

    [Theory, MemberData(nameof(All))]
    public void A_step_has_the_bits_of_its_update_op_by_op(Optimizer opt) {
        foreach (var size in new[] { 5, 40, 5 }) {
            var (p, s) = (Start(size), opt.Init(Start(size)));
            var (q, t) = (p, s);
            for (var i = 0; i < 5; i++) {
                (p, s) = opt.Step(p, Gradient(p, i), s);
                var (updates, next) = opt.Update(Gradient(q, i), t, q);
                (q, t) = (Tree.Map((p, u) => p + u.To(p.DType), q, updates), next);
                Near.SameBits(q, p);
                Near.SameBits(t, s);
                Assert.Equal(Tree.Leaves(t).Select(x => x.IsWeak), Tree.Leaves(s).Select(x => x.IsWeak));
            }
        }
    }

    [Fact]
    public void The_rate_may_change_at_each_step_and_nothing_is_recorded_again() {
        var rate = 0.1;
        var (calls, counts) = (0, new List<double>());
        var opt = Adam(t => {
            calls++;
            counts.Add(t.Item());
            return rate;
        });
        var (p, s) = (Start(7), opt.Init(Start(7)));
        var g = Gradient(p, 0);
        (calls, counts) = (0, []);
        for (var i = 0; i < 3; i++) (p, s) = opt.Step(p, g, s);
        Assert.Equal((3, 3), (calls, counts.Count));
        Assert.Equal([0, 1, 2], counts);
        // Recording allocates some 100 kB.
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++) {
            rate *= 0.5;
            var was = p;
            (p, s) = opt.Step(p, g, s);
            Assert.Equal(rate, ((RateState<Model>)((ChainState<Model>)s).Parts[1]).Rate.Item());
        }
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 20, 0, 30_000);
        Assert.Equal(23, calls);
    }

    /// <summary>A part of a user's own, which counts.</summary>
    sealed record Halved : Optimizer {
        public int Calls { get; set; }
        public override OptState<P> Init<P>(P parameters) => new NoState<P>();
        public override (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters) {
            Calls++;
            return (Tree.Map(g => g * 0.5, gradients), state);
        }
    }

    /// <summary>One that looks at values.</summary>
    sealed record Bounded : Optimizer {
        public override OptState<P> Init<P>(P parameters) => new NoState<P>();
        public override (P Updates, OptState<P> State) Update<P>(P gradients, OptState<P> state, P parameters) =>
            (Tree.Map(g => g.Abs().Max().Item() > 1 ? g * 0 : -g, gradients), state);
    }

    [Fact]
    public void An_update_of_a_users_own_runs_at_each_step() {
        var own = new Halved();
        foreach (var opt in new[] { own, own >> Sgd(0.1), ClipByGlobalNorm(1) >> own >> Sgd(0.1) }) {
            var (p, s) = (Tensor.Of(1, 2), opt.Init(Tensor.Of(1, 2)));
            own.Calls = 0;
            for (var i = 0; i < 5; i++) (p, s) = opt.Step(p, p, s);
            Assert.Equal(5, own.Calls);
        }
        var bounded = new Bounded();
        var x = Tensor.Of(1, 0.5);
        for (var i = 0; i < 4; i++) {
            Assert.Equal([0, 0], bounded.Step(x, x, bounded.Init(x)).Parameters.Doubles());
            Assert.Equal([1, 0.5], bounded.Step(x, x * 4, bounded.Init(x)).Parameters.Doubles());
        }
    }

    [Fact]
    public void In_a_transform_a_step_is_differentiated() {
        foreach (var opt in new[] { Sgd(0.1), Adam(0.1) })
            for (var i = 0; i < 4; i++) {
                // After steps that were replayed.
                var (p, s) = opt.Step(Tensor.Of(i, 2), Tensor.Of(1, -1), opt.Init(Tensor.Of(1, 2)));
                var step = (Tensor x) => opt.Step(x, x.Square(), s).Parameters.Sum();
                Check.Grad(step, p);
                Near.Assert(Grad(step)(p).Doubles(), Jit(x => Grad(step)(x))(p), 1e-14);
            }
        // By the rate: a schedule may depend on what is differentiated.
        for (var i = 1; i < 4; i++)
            Assert.Equal(-i, Grad(rate => Sgd(_ => rate) is var opt ? opt.Step(Tensor.Of(3), Tensor.Of(i), opt.Init(Tensor.Of(3))).Parameters.Sum() : rate)(0.1).Item());
    }

    [Fact]
    public void Mistakes_are_told_at_each_step() {
        var p = Tensor.Zeros(3);
        for (var i = 0; i < 3; i++) {
            var opt = Adam(0.1);
            opt.Step(p, p, opt.Init(p));
            Assert.Contains("Optimizer: the gradient is f32[2], its parameter f32[3]", Assert.Throws<ShapeException>(() => opt.Step(p, Tensor.Zeros(2), opt.Init(p))).Message);
            Assert.Contains("ScaleByRate: the state is a", Assert.Throws<TreeException>(() => Sgd(0.1).Step(p, p, Adam().Init(p))).Message);
            Assert.Contains("ScaleByAdam: the state is a RmsState", Assert.Throws<TreeException>(() => opt.Step(p, p, RmsProp().Init(p))).Message);
            Assert.Contains("Chain: the state is of 2 parts", Assert.Throws<TreeException>(() => (opt >> Scale(1)).Step(p, p, opt.Init(p))).Message);
            Assert.Throws<ShapeException>(() => Sgd(t => t < 1 ? 0.1 : Tensor.Of(1, 2)) is var bad && bad.Init(p) is var s ? bad.Step(p, p, bad.Step(p, p, s).State) : default);
        }
    }

    [Fact]
    public void What_an_optimizer_recorded_goes_with_it() {
        static WeakReference Stepped() {
            var (opt, p) = (Adam(0.1), Start(3));
            for (var i = 0; i < 3; i++) opt.Step(p, Gradient(p, i), opt.Init(p));
            return new(opt);
        }
        var gone = Stepped();
        for (var i = 0; i < 4 && gone.IsAlive; i++) {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
        Assert.False(gone.IsAlive);
    }
}
