namespace Diff.Tests.Optim;

public class TrainTests {
    // A user's own record: no attribute, base class or registration.
    record Line(Tensor Slope, Tensor Offset, string Label = "line");

    record Deep(Line[] Lines, (Line A, Tensor Scale) Pair, Dictionary<string, Tensor> Named);

    sealed record Counting(Dense Inner, State<Tensor> Steps) : Layer {
        public override Tensor Apply(Tensor x) => Inner.Apply(x);
        public override (Tensor Y, Layer Next) Forward(Tensor x, Key key) =>
            (Inner.Apply(x + 0.1 * key.Normal(x.Shape.ToArray())), this with { Steps = Steps.Value + 1 });
    }

    static readonly Dataset Data = new(Key.Of(0).Normal(100, 3), Key.Of(1).Normal(100, 2));

    [Fact]
    public void A_users_own_record_trains() {
        Tensor x = Tensor.Linspace(-1, 1, 50), y = 3 * x + 2;
        var line = Train.Fit(new Line(Tensor.Zeros(), Tensor.Zeros()), 300, Sgd(0.2), p => SquaredError(x * p.Slope + p.Offset, y).Mean());
        Assert.Equal(3, line.Slope.Item(), 1e-4);
        Assert.Equal(2, line.Offset.Item(), 1e-4);
        Assert.Equal("line", line.Label);
        Assert.Equal(DType.F32, line.Slope.DType);
        var nested = new Deep([line with { Slope = Tensor.Zeros() }], (new(Tensor.Ones(), Tensor.Zeros()), Tensor.Ones()), new() { ["w"] = Tensor.Ones() });
        var end = Train.Fit(nested, 200, Adam(0.05), p => SquaredError(x * p.Lines[0].Slope * p.Named["w"] + p.Pair.A.Offset * p.Pair.Scale, y).Mean());
        Assert.Equal(3, (end.Lines[0].Slope * end.Named["w"]).Item(), 0.05);
        Assert.Equal(1, end.Pair.A.Slope.Item());
    }

    [Fact]
    public void Anonymous_types_and_numbers_train() {
        Tensor x = Tensor.Linspace(-1, 1, 50), y = 3 * x + 2;
        var line = Train.Fit(new { W = (Tensor)0, B = (Tensor)0 }, 200, Sgd(0.2), p => SquaredError(x * p.W + p.B, y).Mean());
        Assert.Equal(3, line.W.Item(), 1e-3);
        Assert.Equal(1, Train.Fit(3, 200, Sgd(0.1), x => (x - 1).Square()).Item(), 1e-6);
        Assert.Equal(2, Train.Fit(0, Enumerable.Repeat(2, 100), Sgd(0.1), (x, b) => (x - b).Square()).Item(), 1e-6);
    }

    [Fact]
    public void Fit_is_the_fold_of_its_step() {
        var net = Dense(3, 2).Run(Key.Of(2));
        var batches = Data.Batches(16, shuffle: Key.Of(3), epochs: 2).ToArray();
        Func<Dense, Batch, Tensor> loss = (m, b) => SquaredError(m.Apply(b.X), b.Y).Mean();
        var step = Train.Step(Adam(1e-2), loss);
        var last = batches.Aggregate(step.Start(net), step.Next);
        Near.SameBits(last.Params, Train.Fit(net, batches, Adam(1e-2), loss));
        Assert.Equal(14, last.Step.Item());
        // Anew, and resumed in the middle.
        Near.SameBits(last, batches[5..].Aggregate(batches[..5].Aggregate(step.Start(net), step.Next), step.Next));
        // By hand.
        var (w, s) = (net, Adam(1e-2).Init(net));
        foreach (var b in batches) (w, s) = Adam(1e-2).Step(w, Grad(loss, w, b), s);
        Near.SameBits(last.Params, w);
        Near.SameBits(last.Opt, s);
    }

    [Fact]
    public void Keys_and_statistics_go_from_step_to_step() {
        var net = new Counting(Dense(3, 2).Run(Key.Of(2)), Tensor.Zeros());
        var batches = Data.Batches(25).ToArray();
        Func<Counting, Batch, Key, (Tensor, Counting)> loss = (m, b, key) => {
            var (y, next) = m.Train(b.X, key);
            return (SquaredError(y, b.Y).Mean(), next);
        };
        var end = Train.Fit(net, batches, Adam(1e-2), loss, Key.Of(7));
        Assert.Equal(4, end.Steps.Value.Item());
        Assert.NotEqual(net.Inner.Weight.Doubles(), end.Inner.Weight.Doubles());
        Near.SameBits(end, Train.Fit(net, batches, Adam(1e-2), loss, Key.Of(7)));
        Assert.NotEqual(end.Inner.Weight.Doubles(), Train.Fit(net, batches, Adam(1e-2), loss, Key.Of(8)).Inner.Weight.Doubles());
        var step = Train.Step(Adam(1e-2), loss);
        Near.SameBits(end, batches.Aggregate(step.Start(net, Key.Of(7)), step.Next).Params);
        Assert.Equal(0, net.Steps.Value.Item());
    }

    [Fact]
    public void The_observer_gets_numbers() {
        var seen = new List<Observation>();
        Train.Fit(Dense(3, 2).Run(Key.Of(2)), Data.Batches(50, epochs: 10), Adam(1e-2), (m, b) => SquaredError(m.Apply(b.X), b.Y).Mean(), seen.Add);
        Assert.Equal(Enumerable.Range(1, 20), seen.Select(o => o.Step));
        Assert.True(seen[^1].Loss < seen[0].Loss);
        Assert.Equal("step 3  loss 0.25", new Observation(3, 0.25).ToString());
    }

    [Fact]
    public void No_batches_no_change() {
        var net = Dense(3, 2).Run(Key.Of(2));
        Assert.Same(net, Train.Fit(net, Enumerable.Empty<Batch>(), Adam(), (m, b) => m.Apply(b.X).Sum()));
        Assert.True(double.IsNaN(Train.Step(Adam(), (Dense m, Batch b) => m.Apply(b.X).Sum()).Start(net).Loss.Item()));
    }

    [Fact]
    public void A_loss_that_is_no_scalar_says_so() {
        var net = Dense(3, 2).Run(Key.Of(2));
        Assert.Contains("f32[50,2]", Assert.Throws<GradientException>(() => Train.Fit(net, Data.Batches(50), Adam(), (m, b) => SquaredError(m.Apply(b.X), b.Y))).Message);
    }

    [Fact]
    public void A_chain_of_layers_trains() {
        var (x, labels) = (Key.Of(0).Normal(200, 2), Key.Of(0).Normal(200, 2)[.., 0] > 0);
        var net = (Dense(2, 16) >> Relu >> Dense(16, 2)).Run(Key.Of(4));
        var data = new Dataset(x, labels.To(DType.I32));
        var end = Train.Fit(net, data.Batches(50, Key.Of(5), epochs: 40), Adam(1e-2), (m, b) => CrossEntropy(m.Apply(b.X), b.Y).Mean());
        Assert.True(end.Apply(x).ArgMax().Eq(data.Y).Mean().Item() > 0.97);
    }
}
