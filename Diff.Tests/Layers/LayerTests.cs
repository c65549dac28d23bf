namespace Diff.Tests.Layers;

public class LayerTests {
    sealed record LeNet(Conv2d Conv1, Conv2d Conv2, Dense Fc1, Dense Fc2, Dense Fc3) : Layer {
        public static readonly Init<LeNet> Init =
            from c1 in Conv2d(1, 6, 5)
            from c2 in Conv2d(6, 16, 5)
            from f1 in Dense(400, 120)
            from f2 in Dense(120, 84)
            from f3 in Dense(84, 10)
            select new LeNet(c1, c2, f1, f2, f3);

        public override Tensor Apply(Tensor x) {
            x = MaxPool(Relu(Conv1.Apply(x)), 2);
            x = MaxPool(Relu(Conv2.Apply(x)), 2).Flatten();
            return Fc3.Apply(Relu(Fc2.Apply(Relu(Fc1.Apply(x)))));
        }
    }

    sealed record Affine(Tensor Scale, Tensor Offset, double Floor) : Layer {
        public override Tensor Apply(Tensor x) => x * Scale + Offset;
    }

    sealed record Noisy(Dense Inner, State<Tensor> Seen) : Layer {
        public override Tensor Apply(Tensor x) => Inner.Apply(x);
        public override (Tensor Y, Layer Next) Forward(Tensor x, Key key) =>
            (Inner.Apply(x) + key.Normal(x.Shape[0], 2), this with { Seen = Seen.Value + 1 });
    }

    sealed record Wrong : Layer {
        public override Tensor Apply(Tensor x) => x;
        public override (Tensor Y, Layer Next) Forward(Tensor x, Key key) => (x, Flatten());
    }

    // Neither a layer nor known to the library.
    sealed record Encoder(Dense[] Blocks, (Dense A, Affine B) Heads, Tensor Table);

    static void Prints(string expected, object model) => Assert.Equal(expected.ReplaceLineEndings("\n"), model.ToString());

    [Fact]
    public void A_model_prints_as_a_module_of_PyTorch() => Prints("""
        LeNet(
          (Conv1): Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))
          (Conv2): Conv2d(6, 16, kernel_size=(5, 5), stride=(1, 1))
          (Fc1): Dense(in=400, out=120)
          (Fc2): Dense(in=120, out=84)
          (Fc3): Dense(in=84, out=10)
        )
        """, LeNet.Init.Run(Key.Of(0)));

    [Fact]
    public void A_chain_prints_its_links() => Prints("""
        Sequential(
          (0): Conv2d(1, 4, kernel_size=(3, 5), stride=(2, 1), padding=(1, 1), dilation=(1, 2), bias=false)
          (1): Relu()
          (2): MaxPool2d(kernel_size=2, stride=2)
          (3): AvgPool2d(kernel_size=(2, 1), stride=1, padding=(1, 0))
          (4): Flatten()
          (5): Lambda()
          (6): Dense(in=4, out=3, bias=false)
          (7): Conv1d(1, 1, kernel_size=(3,), stride=(1,))
          (8): Affine(Scale: f32[3], Offset: f32[3], Floor=0.5)
        )
        """, (Conv2d(1, 4, (3, 5), (2, 1), 1, (1, 2), bias: false) >> Relu >> MaxPool2d(2) >> AvgPool2d((2, 1), 1, (1, 0)) >> Flatten() >> (x => x * 2)
            >> Dense(4, 3, bias: false) >> Conv1d(1, 1, 3) >> new Affine(Tensor.Ones(3), Tensor.Zeros(3), 0.5)).Run(Key.Of(0)));

    [Fact]
    public void Any_record_can_be_described() {
        var (a, b) = (new Dense(Tensor.Zeros(2, 3), null), new Dense(Tensor.Zeros(3, 1), Tensor.Zeros(1)));
        var model = new Encoder([a, b], (b, new Affine(1, 2, 3)), Tensor.Zeros(4, 4));
        Assert.Equal("""
            Encoder(
              (Blocks): (
                (0): Dense(in=2, out=3, bias=false)
                (1): Dense(in=3, out=1)
              )
              (Heads): (
                (0): Dense(in=3, out=1)
                (1): Affine(Scale: f64[], Offset: f64[], Floor=3)
              )
              (Table): f32[4,4]
            )
            """.ReplaceLineEndings("\n"), Describe(model));
        Assert.Equal("(W: f32[2], B: f32[])", Describe(new { W = Tensor.Zeros(2), B = Tensor.Zeros() }));
    }

    [Fact]
    public void A_gradient_prints_as_its_model() {
        var model = new Noisy(Dense(3, 2).Run(Key.Of(0)), (State<Tensor>)Tensor.Zeros());
        var g = Grad(m => m.Apply(Tensor.Ones(1, 3)).Sum(), model);
        Assert.Contains("(Inner): Dense(in=3, out=2)", g.ToString());
    }

    [Fact]
    public void Shapes_of_the_ten_parameters() =>
        Assert.Equal(["Conv1.Weight [6,1,5,5]", "Conv1.Bias [6]", "Conv2.Weight [16,6,5,5]", "Conv2.Bias [16]", "Fc1.Weight [400,120]", "Fc1.Bias [120]",
            "Fc2.Weight [120,84]", "Fc2.Bias [84]", "Fc3.Weight [84,10]", "Fc3.Bias [10]"],
            LeNet.Init.Run(Key.Of(0)) is var net ? Tree.Paths(net).Zip(Tree.Leaves(net), (path, x) => $"{path} {x.Shape}") : []);

    [Fact]
    public void The_whole_network_has_an_output_and_a_gradient() {
        var net = LeNet.Init.Run(Key.Of(0));
        var x = Key.Of(1).Normal(3, 1, 32, 32);
        Assert.Equal([3, 10], net.Apply(x).Shape.ToArray());
        var (loss, g) = ValueAndGrad((m, x) => CrossEntropy(m.Apply(x), Tensor.Ints(1, 2, 3)).Mean(), net, x);
        Assert.InRange(loss.Item(), 1.8, 2.8);
        Assert.All(Tree.Leaves(g).Zip(Tree.Leaves(net)), p => Assert.Equal(p.Second.Type, p.First.Type));
        Assert.All(Tree.Leaves(g), d => Assert.True(d.Abs().Max().Item() > 0));
    }

    [Fact]
    public void Dense_is_a_product_and_a_sum() {
        var layer = new Dense(new double[,] { { 1, 2 }, { 3, 4 } }, Tensor.Of(10, 20));
        Assert.Equal([14, 26], layer.Apply(Tensor.Of(1, 1)).Doubles());
        Assert.Equal([14, 26, 11, 22, 13, 24, 10, 20], layer.Apply(new double[,] { { 1, 1 }, { 1, 0 }, { 0, 1 }, { 0, 0 } }.AsTensor().Reshape(2, 2, 2)).Doubles());
        Assert.Equal([4, 6], (layer with { Bias = null }).Apply(Tensor.Of(1, 1)).Doubles());
        var message = Assert.Throws<ShapeException>(() => layer.Apply(Tensor.Zeros(5, 3))).Message;
        Assert.Contains("Dense(in=2, out=2)", message);
        Assert.Contains("f32[5,3] has 3 in its last axis, not 2", message);
    }

    [Fact]
    public void A_convolution_takes_an_image_without_batch() {
        var layer = Conv2d(2, 4, 3, padding: 1, groups: 2).Run(Key.Of(0));
        var x = Key.Of(1).Normal(3, 2, 5, 6);
        Assert.Equal([4, 1, 3, 3], layer.Weight.Shape.ToArray());
        Assert.Equal([3, 4, 5, 6], layer.Apply(x).Shape.ToArray());
        Near.Assert(layer.Apply(x)[1].Doubles(), layer.Apply(x[1]), 1e-6);
        Near.Assert((Conv(x, layer.Weight, padding: 1, groups: 2) + layer.Bias!.Reshape(4, 1, 1)).Doubles(), layer.Apply(x), 0);
        var message = Assert.Throws<ShapeException>(() => layer.Apply(Tensor.Zeros(3, 5, 6, 7))).Message;
        Assert.Contains("f32[3,5,6,7] is not [batch, 2, rows, columns]", message);
        Assert.Contains("multiples of groups", Assert.Throws<ShapeException>(() => Conv2d(3, 4, 3, groups: 2)).Message);
        Assert.Equal([2, 8, 3], Conv1d(4, 8, 3, stride: 2).Run(Key.Of(0)).Apply(Tensor.Zeros(2, 4, 7)).Shape.ToArray());
        Assert.Equal([2, 8, 3, 3, 2], Conv3d(4, 8, (1, 2, 3)).Run(Key.Of(0)).Apply(Tensor.Zeros(2, 4, 3, 4, 4)).Shape.ToArray());
    }

    [Fact]
    public void Train_gives_back_the_layers_own_type() {
        var layer = new Noisy(Dense(3, 2).Run(Key.Of(0)), Tensor.Zeros());
        var (y, next) = layer.Train(Tensor.Ones(4, 3), Key.Of(1));
        Assert.Equal(1, next.Seen.Value.Item());
        Assert.Equal(0, layer.Seen.Value.Item());
        Near.SameBits(y, layer.Train(Tensor.Ones(4, 3), Key.Of(1)).Y);
        Near.SameBits(layer.Inner.Apply(Tensor.Ones(4, 3)), layer.Inner.Train(Tensor.Ones(4, 3)).Y);
        var chain = layer >> layer.Inner with { Weight = Tensor.Ones(2, 2) } >> Relu;
        var (_, after) = chain.Train(Tensor.Ones(4, 3), Key.Of(1));
        Assert.Equal(1, ((Noisy)((Sequential)after).Layers[0]).Seen.Value.Item());
        Assert.Contains("Wrong.Forward returns a Flatten", Assert.Throws<TreeException>(() => new Wrong().Train(Tensor.Ones(2))).Message);
    }

    [Fact]
    public void Starts_as_PyTorch_does() {
        var dense = Dense(400, 1000).Run(Key.Of(0));
        InUniform(dense.Weight, 1 / 20.0);
        InUniform(dense.Bias!, 1 / 20.0);
        var conv = Conv2d(8, 64, 5, groups: 2).Run(Key.Of(0));
        InUniform(conv.Weight, 1 / 10.0);
        InUniform(conv.Bias!, 1 / 10.0);

        static void InUniform(Tensor x, double bound) {
            Assert.InRange(x.Abs().Max().Item(), 0.95 * bound, bound);
            Assert.InRange(x.Mean().Item(), -0.2 * bound, 0.2 * bound);
        }
    }

    public static TheoryData<string, double> Deviations => new() {
        { nameof(Initializers.GlorotUniform), Math.Sqrt(2.0 / 700) }, { nameof(Initializers.GlorotNormal), Math.Sqrt(2.0 / 700) },
        { nameof(Initializers.HeUniform), Math.Sqrt(2.0 / 300) }, { nameof(Initializers.HeNormal), Math.Sqrt(2.0 / 300) },
        { nameof(Initializers.LecunUniform), Math.Sqrt(1.0 / 300) }, { nameof(Initializers.LecunNormal), Math.Sqrt(1.0 / 300) },
        { nameof(Initializers.Torch), Math.Sqrt(1.0 / 900) }, { nameof(Initializers.Normal), 0.01 }, { nameof(Initializers.TruncatedNormal), 0.0088 },
    };

    [Theory, MemberData(nameof(Deviations))]
    public void Initializers_have_their_deviation(string name, double deviation) {
        Initializer made = name switch {
            nameof(Initializers.GlorotUniform) => Initializers.GlorotUniform(),
            nameof(Initializers.GlorotNormal) => Initializers.GlorotNormal(),
            nameof(Initializers.HeUniform) => Initializers.HeUniform(),
            nameof(Initializers.HeNormal) => Initializers.HeNormal(),
            nameof(Initializers.LecunUniform) => Initializers.LecunUniform(),
            nameof(Initializers.LecunNormal) => Initializers.LecunNormal(),
            nameof(Initializers.Torch) => Initializers.Torch(),
            nameof(Initializers.Normal) => Initializers.Normal(),
            _ => Initializers.TruncatedNormal(),
        };
        var w = Dense(300, 400, weight: made, offset: Initializers.Constant(0.5)).Run(Key.Of(9));
        Assert.InRange(w.Weight.Std().Item(), 0.99 * deviation, 1.01 * deviation);
        Assert.InRange(w.Weight.Mean().Item(), -0.02 * deviation, 0.02 * deviation);
        Assert.All(w.Bias!.Doubles(), b => Assert.Equal(0.5, b));
        Assert.Equal(DType.F32, w.Weight.DType);
        Assert.Contains("[3,2]", Assert.Throws<ShapeException>(() => Dense(2, 3, weight: (_, _, _, _) => Tensor.Zeros(3, 2)).Run(default)).Message);
    }
}

static class Literals {
    public static Tensor AsTensor(this double[,] values) => values;
}
