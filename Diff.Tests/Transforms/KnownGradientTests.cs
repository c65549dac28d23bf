namespace Diff.Tests;

/// <summary>A gradient that was derived is found again by the structure of the function's graph alone: whatever else changes, it is the right one.</summary>
[Collection(nameof(Alone))]
public class KnownGradientTests {
    static long DerivedBy(Action work) {
        var before = Differentiation.Derived;
        work();
        return Differentiation.Derived - before;
    }

    // So often that the last calls find what the first ones left.
    const int Often = 5;

    static void Always(double[] expected, Func<Tensor> gradient) {
        for (var i = 0; i < Often; i++) Near.Assert(expected, gradient(), 1e-14, $"call {i}");
    }

    [Fact]
    public void A_loop_derives_its_gradient_twice() {
        var random = new Random(2);
        Tensor Data() => Tensor.Of([.. Enumerable.Range(0, 1117).Select(_ => random.NextDouble())]);
        var w = Data();
        // Once to be interpreted, once to be planned; data, captures and rates are not structure.
        Assert.Equal(2, DerivedBy(() => {
            for (var i = 0; i < 20; i++) {
                var (x, rate) = (Data(), 0.1 / (i + 1));
                var (loss, g) = ValueAndGrad((p, q) => (Tanh(p * x) * q * rate).Square().Sum(), w, Data());
                w -= rate * g;
            }
        }));
    }

    [Fact]
    public void Captures_and_literals_are_read_at_each_call() {
        for (var i = 1; i < 8; i++) {
            Tensor a = Tensor.Of(i, 2 * i);
            double b = i;
            Near.Assert([2 * i * b, 8 * i * b], Grad(x => (x.Square() * a * b).Sum(), Tensor.Of(1, 2)), 1e-15);
        }
    }

    [Fact]
    public void Other_turns_of_the_control_flow_are_other_structures() {
        static Tensor Power(Tensor x) {
            var y = x;
            while (y < 100) y = y * x;
            return y;
        }
        for (var i = 0; i < 3 * Often; i++) {
            var x = 2.0 + i % 3;
            var n = (int)Math.Ceiling(Math.Log(100, x) - 1e-12);
            Assert.Equal(n * Math.Pow(x, n - 1), Grad(Power)(x).Item(), 9);
            Assert.Equal(i % 2 == 0 ? 2 * x : 3 * x * x, Grad(p => i % 2 == 0 ? p * p : p * p * p)(x).Item(), 12);
            Assert.Equal(i + 1, Grad(p => Enumerable.Range(0, i % 4).Aggregate(p * (i + 1), (y, _) => y + 0.0))(x).Item());
        }
    }

    [Fact]
    public void Shapes_dtypes_and_layouts() {
        for (var i = 0; i < 2 * Often; i++)
            foreach (var n in new[] { 1, 3, 4 }) {
                Tensor m = Tensor.Of([.. Enumerable.Range(0, 3 * n).Select(k => (double)k)]).Reshape(3, n);
                static Tensor F(Tensor p) => (p * p * p[.., 0..1]).Sum();
                var expected = Grad(F, m.To(DType.F64) + 0);
                // The same numbers as they lie, as a transpose of its transpose, and as a number that repeats.
                Near.SameBits(expected, Grad(F, m));
                Near.SameBits(expected, Grad(F, (m.T + 0).T));
                Near.SameBits(Grad(F, Tensor.Full(1.5, Shape.Of(3, n), DType.F64) * 1), Grad(F, ((Tensor)1.5).To(DType.F64).BroadcastTo(3, n)));
                Assert.Equal(DType.F32, Grad(F, m.To(DType.F32)).DType);
            }
    }

    [Fact]
    public void One_tensor_in_two_places_is_two_variables() {
        Tensor x = Tensor.Of(3);
        for (var i = 0; i < Often; i++) {
            var (a, b) = Grads((p, q) => (p * p * q).Sum(), x, x);
            Assert.Equal((18, 9), (a.Item(), b.Item()));
            (a, b) = Grads((p, q) => (p * p * q * x).Sum(), x, Tensor.Of(2));
            Assert.Equal((36, 27), (a.Item(), b.Item()));
        }
    }

    [Fact]
    public void Nested() {
        for (var i = 1; i < 2 * Often; i++) {
            Tensor at = i;
            Assert.Equal(2.0 * i, Grad(x => x * Grad(y => x * y)(2))(at).Item());
            Assert.Equal(6.0 * i, Grad(Grad(x => x * x * x))(at).Item());
            // A gradient that depends on nothing outside is found; the transform around goes on.
            Assert.Equal(12.0 * i, Grad(x => x * x * Grad(y => y * y)(3))(at).Item());
            Assert.Equal(2.0 * i * i, Vmap(x => x * Grad(y => x * y * y)(x))(at.Reshape(1)).Item() / i);
            Assert.Equal(2.0 * i, Jvp(x => Grad(y => y * y)(x), at, 1).Value.Item());
            // A parameter that belongs to somebody else and is not used.
            Assert.Equal(1, Jit((Tensor x) => Grad(((Tensor A, Tensor B) p) => p.B * p.B / 2, (x, (Tensor)1)).Item2)(at).Item());
        }
    }

    [Fact]
    public void Other_names_inside_keep_its_bits() {
        var x = Key.Of(3).Normal(DType.F32, 41);
        Func<Tensor, Tensor>[] functions = [
            p => Grad(y => (Sin(y) * y * p).Sum(), p) is var g ? (p * p * g + Exp(p) * Tanh(g)).Sum() : p,
            p => ValueAndGrad(y => (Cos(y) * Exp(y)).Sum(), p) is var (v, g) ? (Sin(p) * g * v).Sum() + (p * p).Sum() : p,
            p => Jvp(y => y * Sin(y) * Exp(y), p, Cos(p)) is var (v, t) ? (v * t * p + p * p).Sum() : p,
            p => (Vmap(y => y * Sin(y) * Exp(y))(p) * p + Tanh(p) * p).Sum()];
        foreach (var f in functions) {
            var derived = Jit((Tensor p) => Grad(f, p))(x);
            for (var i = 0; i < Often; i++) Near.SameBits(derived, Grad(f, x));
        }
    }

    // The sum is the inner gradient's alone: nobody has its value when the outer function is looked at, and it repeats.
    [Theory]
    [InlineData(3), InlineData(17), InlineData(700)]
    public void What_an_inner_transform_left_behind_lies_as_it_lies(int n) {
        var (kc, kx) = Key.Of(n).Split();
        Tensor c = kc.Normal(n), x = kx.Normal(n);
        Tensor Inner(Tensor p) => Grad(y => (p * p * y.Sum() * y).Sum(), c);
        var (gradient, value) = (Grad(p => Inner(p).Sum(), x), Inner(x));
        var jitted = Jit((Tensor p) => Inner(p));
        for (var i = 0; i < 30; i++) {
            Near.SameBits(gradient, Grad(p => Inner(p).Sum(), x));
            Near.SameBits(value, jitted(x));
            // By now its loops are earned: they are compiled beside this.
            if (i == 15) Thread.Sleep(200);
        }
    }

    [Fact]
    public void Values_that_were_read() {
        for (var i = 1; i < 2 * Often; i++) {
            Assert.Equal(i < 5 ? 2.0 * i : 3.0 * i * i, Grad(x => x * x < 25 ? x * x : x * x * x)(i).Item());
            Assert.Equal(Math.Pow(i, 4), Grad(x => StopGradient(x * x).Item() * x * (x * x) / 3)(i).Item(), 6);
            Assert.Throws<LostDerivativeException>(() => Grad(x => (x * x).Item() * x)(i));
        }
    }

    [Fact]
    public void What_is_returned_besides() {
        Tensor outside = Tensor.Of(7);
        for (var i = 1; i < 2 * Often; i++) {
            var (value, aux, grad) = ValueAndGrad(p => (p.W.Square().Sum(), (p, Twice: p.W * 2, outside, Constant: Tensor.Of(i), Count: p.N + 1)), (W: Tensor.Of(i, 1), N: Tensor.Ints(i)));
            Assert.Equal(i * i + 1, value.Item());
            Assert.Equal([2 * i, 2], grad.W.Doubles());
            Assert.Equal([2 * i, 2], aux.Twice.Doubles());
            Assert.Equal([i, 1], aux.p.W.Doubles());
            Assert.Equal((7, i, i + 1), (aux.outside.Item(), aux.Constant.Item(), aux.Count.Item()));
            Assert.Throws<GradientException>(() => grad.N.DType);
        }
    }

    [Fact]
    public void Rules_of_a_users_own() {
        for (var i = 1; i < 2 * Often; i++) {
            var factor = (Tensor)i;
            Assert.Equal(i * 6.0, Grad(CustomVjp(x => x.Square(), (x, y, g) => g * 2 * x * factor))(3).Item());
            Assert.Equal(i * 3.0, Grad(CustomJvp(x => x.Square(), (x, y, t) => t * x * factor))(3).Item());
            Assert.Equal(i % 2 == 0 ? 6.0 : 5, Grad(CustomVjp(x => x.Square(), (x, y, g) => i % 2 == 0 ? g * 2 * x : g * (x + 2)))(3).Item());
        }
    }

    [Fact]
    public void What_does_not_depend_on_the_argument_has_gradient_zero() {
        Always([0, 0], () => Grad(x => Tensor.Of(5, 6).Sum(), Tensor.Of(1, 2)));
        Always([0, 0], () => Grad(x => StopGradient(x).Sum(), Tensor.Of(1, 2)));
        Always([0, 0], () => Grad(x => x.To(DType.I32).Sum().To(DType.F64), Tensor.Of(1, 2)));
        Always([1], () => Grad(x => x)(4));
    }

    [Fact]
    public void Mistakes_stay_mistakes() {
        Tensor x = Tensor.Of(1, 2, 3);
        for (var i = 0; i < Often; i++) {
            Assert.Throws<GradientException>(() => Grad(p => p * 2, x));
            Assert.Throws<ShapeException>(() => Grad(p => (p * Tensor.Of(1, 2)).Sum(), x));
            Assert.Equal([1, 0, 1], Grad(Picked(2), x).Doubles());
            Assert.ThrowsAny<DiffException>(() => Grad(Picked(7), x));
            Func<Tensor, Tensor> Picked(int last) => p => p.Take(Tensor.Ints(0, last)).Sum();
        }
    }

    [Fact]
    public void A_number_stays_a_number() {
        for (var i = 0; i < Often; i++) {
            var (value, d) = ValueAndGrad(x => x * x * 1.5, 2);
            Assert.Equal((6, 6), (value.Item(), d.Item()));
            Assert.Equal(DType.F32, (d * Tensor.Ones(2)).DType);
        }
    }
}
