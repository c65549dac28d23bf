namespace Diff.Tests.Docs;

/// <summary>The examples of docs/errors.md, to the letter, each as it fails and as it is mended: ErrorsTests finds them there and runs them.</summary>
internal static class Errors {
    record Affine(Tensor Weight, Tensor Bias);

    static void Field_without_tensor() {
        var layer = new Affine(Tensor.Ones(3, 2), Bias: null!);
        var y = Tensor.Ones(4, 3).MatMul(layer.Weight) + layer.Bias;
    }

    static void Field_with_tensor() {
        var layer = new Affine(Tensor.Ones(3, 2), Bias: Tensor.Zeros(2));
        var y = Tensor.Ones(4, 3).MatMul(layer.Weight) + layer.Bias;
    }

    static void No_function() {
        Func<Tensor, Tensor> loss = null!;
        var slope = Grad(loss, 2);
    }

    static void A_function() {
        Func<Tensor, Tensor> loss = x => x * x;
        var slope = Grad(loss, 2);
    }

    static void Inner_sizes() {
        Tensor images = Tensor.Ones(64, 100), weight = Tensor.Ones(10, 100);
        var y = images.MatMul(weight);
    }

    static void Inner_sizes_mended() {
        Tensor images = Tensor.Ones(64, 100), weight = Tensor.Ones(10, 100);
        var y = images.MatMul(weight.T);
    }

    static void Broadcast() {
        var scores = Tensor.Ones(4, 3);
        var shares = scores / scores.Sum(1);
    }

    static void Broadcast_mended() {
        var scores = Tensor.Ones(4, 3);
        var shares = scores / scores.Sum([1], keep: true);
    }

    static void Index() {
        var x = Tensor.Of(1, 2, 3);
        var last = x[3];
    }

    static void Index_mended() {
        var x = Tensor.Of(1, 2, 3);
        var last = x[^1];
    }

    static void State_that_grows() {
        var xs = Tensor.Ones(5, 2);
        var (sum, _) = Scan(Tensor.Of(0), xs, (s, x) => (s + x, s));
    }

    static void State_that_stays() {
        var xs = Tensor.Ones(5, 2);
        var (sum, _) = Scan(Tensor.Zeros(2), xs, (s, x) => (s + x, s));
    }

    static void Narrowed() {
        var weights = Tensor.Ones(2);
        var changed = weights.At(0).Set(Tensor.Scalar(0.5));
    }

    static void Narrowed_on_purpose() {
        var weights = Tensor.Ones(2);
        var changed = weights.At(0).Set(Tensor.Scalar(0.5).To(DType.F32));
    }

    static void Condition() {
        var x = Tensor.Scalar(3);
        if (x) x += 1;
    }

    static void Condition_mended() {
        var x = Tensor.Scalar(3);
        if (x > 0) x += 1;
    }

    static void Labels_of_floats() {
        var logits = Tensor.Ones(2, 10);
        var loss = CrossEntropy(logits, Tensor.Of(7, 3));
    }

    static void Labels_of_integers() {
        var logits = Tensor.Ones(2, 10);
        var loss = CrossEntropy(logits, Tensor.Ints(7, 3));
    }

    static void Hyper_parameter() {
        var optimizer = Adam(1e-3, b1: 9);
    }

    static void Hyper_parameter_mended() {
        var optimizer = Adam(1e-3, b1: 0.9);
    }

    static void Singular() {
        Tensor a = [[1, 2], [2, 4]];
        var x = Solve(a, [1, 1]);
    }

    static void Regularized() {
        Tensor a = [[1, 2], [2, 4]];
        var x = Solve(a + 1e-3 * Tensor.Eye(2), [1, 1]);
    }

    static void Divided_by_zero() {
        var remainder = Tensor.Ints(7, 8) % Tensor.Ints(0, 3);
    }

    static void Divided_as_floats() {
        var remainder = Tensor.Ints(7, 8).To(DType.F32) % Tensor.Ints(0, 3);
    }

    static void If_under_Vmap() {
        var f = Vmap(x => x > 0 ? x : x * 0.1);
        var y = f([-1, 2]);
    }

    static void Where_under_Vmap() {
        var f = Vmap(x => Where(x > 0, x, x * 0.1));
        var y = f([-1, 2]);
    }

    static void Mask_under_Vmap() {
        var sums = Vmap(x => x[x > 1].Sum())([[1, 2], [3, 4]]);
    }

    static void Where_instead_of_mask() {
        var sums = Vmap(x => Where(x > 1, x, 0).Sum())([[1, 2], [3, 4]]);
    }

    static void If_in_Scan() {
        var (last, _) = Scan(0, Tensor.Of(3, -1, 4), (best, x) => (x > best ? x : best, x));
    }

    static void Max_in_Scan() {
        var (last, _) = Scan(0, Tensor.Of(3, -1, 4), (best, x) => (Max(x, best), x));
    }

    static void Float_read() {
        var slope = Grad(x => x * Math.Exp((double)x), 1);
    }

    static void Float_kept() {
        var slope = Grad(x => x * Exp(x), 1);
    }

    static void Float_compared() {
        var slope = Grad(x => {
            var square = x * x;
            return square.Item() > 100 ? x : square;
        }, 3);
    }

    static void Tensor_compared() {
        var slope = Grad(x => {
            var square = x * x;
            return square > 100 ? x : square;
        }, 3);
    }

    static void Escaped() {
        Tensor? hidden = null;
        var y = Vmap(x => Exp(hidden = x * x))([1, 2]);
        var next = hidden! + 1;
    }

    static void Returned() {
        var (y, hidden) = Vmap((Tensor x) => x * x is var h ? (Exp(h), h) : default)([1, 2]);
        var next = hidden + 1;
    }

    static void Shape_without_value() {
        var y = EvalShape(x => x.MatMul(x), Tensor.Ones(2, 2));
        var first = y[0, 0].Item();
    }

    static void Shape_read() {
        var y = EvalShape(x => x.MatMul(x), Tensor.Ones(2, 2));
        var size = y.Shape[0];
    }

    static void Captured() {
        Tensor Scaled(Tensor w) => CustomVjp(x => w * x, (x, y, g) => w * g)(w + 3);
        var slope = Grad(Scaled, 2);
    }

    static void Passed() {
        var product = CustomVjp(((Tensor W, Tensor X) p) => p.W * p.X, (p, y, g) => (p.X * g, p.W * g));
        var slope = Grad(w => product((w, w + 3)), 2);
    }

    static void Not_linear() {
        var signed = CustomVjp(x => x, (x, y, g) => Sign(g) * Sqrt(Abs(g)));
        var tangent = Jvp(signed, 1, 1).Tangent;
    }

    static void Reverse_mode() {
        var signed = CustomVjp(x => x, (x, y, g) => Sign(g) * Sqrt(Abs(g)));
        var slope = Grad(signed, 1);
    }

    static void Not_a_scalar() {
        var slope = Grad(x => x * x, [1, 2, 3]);
    }

    static void A_scalar() {
        var slope = Grad(x => (x * x).Sum(), [1, 2, 3]);
    }

    static void An_integer() {
        var slope = Grad(x => x.ArgMax(), [1, 2, 3]);
    }

    static void A_float() {
        var slope = Grad(x => Softmax(x)[0], [1, 2, 3]);
    }

    static void Numbers_of_CSharp() {
        var slope = Grad(p => (Tensor)p.A * p.B, (A: 2.0, B: 3.0));
    }

    static void Tensors() {
        var slope = Grad(p => p.A * p.B, (A: (Tensor)2, B: (Tensor)3));
    }

    static void Trees_differ() {
        Tensor[] weights = [1, 2, 3], gradients = [0.1, 0.2];
        var next = Tree.Map((w, g) => w - g, weights, gradients);
    }

    static void Trees_agree() {
        Tensor[] weights = [1, 2, 3], gradients = [0.1, 0.2, 0.3];
        var next = Tree.Map((w, g) => w - g, weights, gradients);
    }

    static void State_of_another() {
        Tensor w = Tensor.Ones(2), g = Tensor.Ones(2);
        var (next, state) = Adam().Step(w, g, Sgd(0.1).Init(w));
    }

    static void State_of_its_own() {
        Tensor w = Tensor.Ones(2), g = Tensor.Ones(2);
        var (next, state) = Adam().Step(w, g, Adam().Init(w));
    }

    static void Too_few_labels() {
        var data = new Dataset(Tensor.Ones(4, 2), Tensor.Ints(0, 1, 1));
        var batches = data.Batches(2);
    }

    static void As_many_labels() {
        var data = new Dataset(Tensor.Ones(4, 2), Tensor.Ints(0, 1, 1, 0));
        var batches = data.Batches(2);
    }

    static void No_file() {
        var labels = Idx.Labels("missing/labels.idx");
    }

    static void A_file() {
        File.WriteAllBytes("labels.idx", [0, 0, 8, 1, 0, 0, 0, 2, 7, 3]);
        var labels = Idx.Labels("labels.idx");
    }

    static void Infinite_value() {
        var y = Check.Finite(x => Log(x).Sum(), Tensor.Of(1, 0));
    }

    static void Finite_value() {
        var y = Check.Finite(x => Log(x + 1e-9).Sum(), Tensor.Of(1, 0));
    }

    static void Infinite_slope() {
        var slope = Check.Finite(x => Grad(v => Sqrt(v.Square().Sum()), x), Tensor.Of(0, 0));
    }

    static void Finite_slope() {
        var slope = Check.Finite(x => Grad(v => Sqrt(v.Square().Sum() + 1e-12), x), Tensor.Of(0, 0));
    }

    static void Wrong_rule() {
        var square = CustomVjp(x => x * x, (x, y, g) => x * g);
        Check.Grad(square, Tensor.Scalar(3.0));
    }

    static void Right_rule() {
        var square = CustomVjp(x => x * x, (x, y, g) => 2 * x * g);
        Check.Grad(square, Tensor.Scalar(3.0));
    }

    static void Too_few_digits() {
        Check.Grad(x => Exp(x).Sum(), Tensor.Ones(2));
    }

    static void Digits_enough() {
        Check.Grad(x => Exp(x).Sum(), Tensor.Of(1, 1));
    }
}
