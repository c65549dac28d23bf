namespace Diff.Tests.Ops;

/// <summary>Einsum and its relatives against naive loops, NumPy's figures and differences.</summary>
public class ContractTests {
    static readonly Dictionary<char, int> sizes = new() { ['i'] = 2, ['j'] = 3, ['k'] = 4, ['l'] = 2, ['m'] = 5, ['b'] = 3, ['X'] = 2 };

    // Without ellipses: those have a test of their own.
    public static TheoryData<string, string> Specs => new() {
        { "ij,jk->ik", "" }, { "ij,jk", "ik" }, { "ij,kj->ki", "" }, { "ji,jk->ki", "" }, { "bij,bjk->bik", "" }, { "bij,jk->bik", "" }, { "ij->ji", "" }, { "ij", "" }, { "ji", "ij" }, { "ij->", "" },
        { "ii->i", "" }, { "ii", "" }, { "iji->j", "" }, { "iji->ji", "" }, { "iii->i", "" }, { "ijij->ij", "" }, { "iijj->", "" }, { "i,i->i", "" }, { "i,i", "" }, { "i,j->ij", "" }, { "i,j->ji", "" }, { "i,j->", "" },
        { "ij,ij->", "" }, { "ij,ij->i", "" }, { "ij,ij->ji", "" }, { "ij,j->i", "" }, { "ij,k->i", "" }, { "ij,kl->ijkl", "" }, { "ijk,ilk->jl", "" }, { "ijk,kji->", "" }, { "i,ij,j->", "" },
        { "ij,jk,kl->il", "" }, { "ij,jk,kl,lm->im", "" }, { "ij,kj,lj->ikl", "" }, { "i,i,i->i", "" }, { "ii,ij,jj->", "" }, { "mij,mjk,mk->im", "" }, { "ijk,jm,kmb->ib", "" }, { " i j , j k -> i k ", "" },
        { "bX,Xk", "bk" }, { ",ij->ij", "" }, { ",", "" }, { "", "" }, { "ij,,j->i", "" }, { "ba,a->b", "" },
    };

    [Theory, MemberData(nameof(Specs))]
    public void Einsum_is_its_definition(string spec, string implied) {
        var random = new Random(spec.Length);
        string[] inputs = [.. spec.Replace(" ", "").Split("->")[0].Split(',')];
        var operands = inputs.Select(s => Random(random, [.. s.Select(SizeOf)])).ToArray();
        var output = spec.Contains("->") ? spec.Replace(" ", "").Split("->")[1] : implied;
        if (spec is "ij") output = "ij";
        Near.Assert(Naive(inputs, output, operands), Einsum(spec, operands), 1e-13, spec);
        Assert.Equal([.. output.Select(SizeOf)], Einsum(spec, operands).Shape.ToArray());
    }

    // Heads within sequences are no single run of memory, read forwards or backwards.
    [Theory]
    [InlineData(false, false), InlineData(true, false), InlineData(false, true), InlineData(true, true)]
    public void Stacks_of_stacks_are_products_of_matrices(bool flipLeft, bool flipRight) {
        const int sequences = 3, heads = 4, rows = 20, width = 17;
        var random = new Random(1);
        Tensor x = Random(random, sequences, rows, heads, width), y = Random(random, sequences, rows, heads, width);
        var products = Jit((Tensor x, Tensor y) => Heads(x, flipLeft).MatMul(Heads(y, flipRight).SwapAxes(2, 3)));
        for (var again = 0; again < 3; again++)
            foreach (var all in new[] { Heads(x, flipLeft).MatMul(Heads(y, flipRight).SwapAxes(2, 3)), products(x, y) })
                for (var i = 0; i < sequences; i++)
                    for (var j = 0; j < heads; j++) Near.SameBits(Heads(x, flipLeft)[i, j].MatMul(Heads(y, flipRight)[i, j].T), all[i, j]);

        static Tensor Heads(Tensor t, bool flip) => (flip ? t.Flip(0) : t).SwapAxes(1, 2);
    }

    static int SizeOf(char c) => sizes.GetValueOrDefault(c, 2);

    static Tensor Random(Random random, params int[] shape) => Tensor.Of([.. Enumerable.Range(0, shape.Aggregate(1, (p, d) => p * d)).Select(_ => random.NextDouble() * 2 - 1)]).Reshape(shape);

    // Over all values of all letters.
    static double[] Naive(string[] inputs, string output, Tensor[] operands) {
        char[] letters = [.. string.Concat(inputs).Distinct()];
        var (values, result) = (operands.Select(o => o.Doubles()).ToArray(), new double[output.Aggregate(1, (p, c) => p * SizeOf(c))]);
        var at = letters.ToDictionary(c => c, _ => 0);
        for (var n = 0; n < letters.Aggregate(1, (p, c) => p * SizeOf(c)); n++) {
            var rest = n;
            foreach (var c in letters) (rest, at[c]) = (rest / SizeOf(c), rest % SizeOf(c));
            var product = 1.0;
            for (var i = 0; i < inputs.Length; i++) product *= values[i][Offset(inputs[i])];
            result[Offset(output)] += product;
        }
        return result;

        int Offset(string subscripts) => subscripts.Aggregate(0, (o, c) => o * SizeOf(c) + at[c]);
    }

    [Fact]
    public void Ellipses_broadcast() {
        var random = new Random(1);
        var (a, b) = (Random(random, 2, 1, 3, 4), Random(random, 5, 4, 2));
        Near.Assert(a.MatMul(b).Doubles(), Einsum("...ij,...jk->...ik", a, b), 1e-13);
        Near.Assert(a.MatMul(b).Doubles(), Einsum("...ij, ...jk", a, b), 1e-13);
        Assert.Equal([2, 5, 3, 2], Einsum("...ij,...jk", a, b).Shape.ToArray());
        Assert.Equal([3, 2, 2, 5], Einsum("...ij,...jk->ik...", a, b).Shape.ToArray());
        Near.Assert(a.Transpose(0, 1, 3, 2).Doubles(), Einsum("...ij->...ji", a), 0);
        Near.Assert(a.Sum(-1).Doubles(), Einsum("...j->...", a), 1e-13);
        Near.Assert(a.Sum(0, 1, 2).Doubles(), Einsum("...j->j", a), 1e-13);
        Near.Assert((a * b[..1, .., 0].Reshape(1, 4)).Doubles(), Einsum("...,...", a, b[..1, .., 0].Reshape(1, 4)), 1e-13);
        Near.Assert(a.Sum(1).Doubles(), Einsum("i...k->ik...", a.Squeeze(1)).Transpose(0, 2, 1), 1e-13);
    }

    [Fact]
    public void As_NumPy_has_it() {
        // The examples of numpy.einsum's page.
        var (a, b) = (Tensor.Arange(25).Reshape(5, 5), Tensor.Arange(5));
        Assert.Equal(60, Einsum("ii", a).Item());
        Assert.Equal([0, 6, 12, 18, 24], Einsum("ii->i", a).ToArray<int>());
        Assert.Equal([10, 35, 60, 85, 110], Einsum("ij->i", a).ToArray<int>());
        Assert.Equal([30, 80, 130, 180, 230], Einsum("ij,j", a, b).ToArray<int>());
        var (c, d) = (Tensor.Arange(60).Reshape(3, 4, 5), Tensor.Arange(24).Reshape(4, 3, 2));
        int[] expected = [4400, 4730, 4532, 4874, 4664, 5018, 4796, 5162, 4928, 5306];
        Assert.Equal(expected, Einsum("ijk,jil->kl", c, d).ToArray<int>());
        Assert.Equal(expected, Tensordot(c, d, [1, 0], [0, 1]).ToArray<int>());
        var (e, f) = (Tensor.Arange(6).Reshape(3, 2), Tensor.Arange(12).Reshape(4, 3));
        Assert.Equal([10, 28, 46, 64, 13, 40, 67, 94], Einsum("ki,jk->ij", e, f).ToArray<int>());
        Assert.Equal([14, 38, 62, 86, 110, 134], Inner(Tensor.Arange(24).Reshape(2, 3, 4), Tensor.Arange(4)).ToArray<int>());
        Assert.Equal([2, 3, 2, 3], Tensordot(Tensor.Zeros(2, 3, 4), Tensor.Zeros(4, 2, 3), 1).Shape.ToArray());
        Assert.Equal([2, 3, 4, 2], Tensordot(Tensor.Zeros(2, 3), Tensor.Zeros(4, 2), 0).Shape.ToArray());
        Assert.Equal(14, Dot(Tensor.Of(1, 2, 3), Tensor.Of(1, 2, 3)).Item());
        Assert.Equal(6, Dot(2, 3).Item());
        var (stack, other) = (Tensor.Arange(24).Reshape(2, 3, 4), Tensor.Arange(40).Reshape(2, 4, 5));
        Assert.Equal(Einsum("abk,ckn->abcn", stack, other).Doubles(), Dot(stack, other).Doubles());
        Assert.Equal([2, 3, 2, 5], Dot(stack, other).Shape.ToArray());
        Assert.Equal(stack.MatMul(other[0]).Doubles(), Dot(stack, other[0]).Doubles());
        Assert.Throws<ShapeException>(() => Dot(stack, stack));
        Assert.Equal(60, VecDot(Tensor.Arange(5), Tensor.Arange(5) * 2).Item());
        Assert.Equal([10, 13], VecDot(Tensor.Arange(6).Reshape(3, 2), Tensor.Arange(3)[.., NewAxis].BroadcastTo(3, 2), 0).ToArray<int>());
    }

    [Fact]
    public void Types_promote_and_bools_are_refused() {
        var (f, i) = (Tensor.Ones(2, 2), Tensor.Arange(2));
        Assert.Equal(DType.F32, Einsum("ij,j", f, i).DType);
        Assert.Equal(DType.F64, Einsum("ij,j->i", i[NewAxis], Tensor.Of(1, 2)).DType);
        Assert.Throws<DTypeException>(() => Einsum("i,i", i > 0, i > 0));
    }

    [Theory]
    [InlineData("ij,jk->ik", "'j' has size 4 in operand 1, f64[4,5], and 3 in operand 0, f64[2,3]")]
    [InlineData("ij,kl->iz", "the output names 'z', and no operand does")]
    [InlineData("ij,kl->ii", "the output names 'i' twice")]
    [InlineData("ij->i", "subscripts for 1 operand(s), and 2 are given")]
    [InlineData("i,kl->i", "operand 0 is f64[2,3], with 2 axes, and \"i\" names 1")]
    [InlineData("i1,kl->i", "'1' in the subscripts of operand 0 is no letter")]
    [InlineData("ii,kl->i", "'i' has size 3 in operand 0, f64[2,3], and 2 in operand 0, f64[2,3]")]
    [InlineData("...ijk,kl->i", "names 3 beside the ellipsis")]
    public void Errors_name_the_letter_and_the_operands(string spec, string says) =>
        Assert.Contains(says, Assert.Throws<ShapeException>(() => Einsum(spec, Tensor.Zeros(DType.F64, 2, 3), Tensor.Zeros(DType.F64, 4, 5))).Message);

    [Fact]
    public void Others_report_both_sizes() {
        Assert.Contains("axis 0 of left f32[2,3] has size 2, axis 1 of right f32[3,4] has 4", Assert.Throws<ShapeException>(() => Tensordot(Tensor.Zeros(2, 3), Tensor.Zeros(3, 4), [0], [1])).Message);
        Assert.Throws<ShapeException>(() => Tensordot(Tensor.Zeros(2, 3), Tensor.Zeros(3), 2));
        Assert.Throws<ShapeException>(() => Tensordot(Tensor.Zeros(2, 2), Tensor.Zeros(2, 2), [0, -2], [0, 1]));
        Assert.Contains("size 3", Assert.Throws<ShapeException>(() => Inner(Tensor.Zeros(2, 3), Tensor.Zeros(3, 4))).Message);
        Assert.Contains("size 3", Assert.Throws<ShapeException>(() => VecDot(Tensor.Zeros(2, 3), Tensor.Zeros(3, 1))).Message);
    }

    [Theory, InlineData("iji,jk,kl->il"), InlineData("i,ij,j->"), InlineData("bij,bjk,kb->ib"), InlineData("...j,jk,k->...k")]
    public void Gradients_are_differences_and_Vmap_is_a_loop(string spec) {
        var random = new Random(3);
        var operands = spec.Split("->")[0].Split(',').Select(s => Random(random, [.. s.Replace("...", "bi").Select(SizeOf)])).ToArray();
        for (var which = 0; which < operands.Length; which++) {
            Tensor F(Tensor x) => Tanh(Einsum(spec, [.. operands.Select((o, i) => i == which ? x : o)])).Sum();
            var (at, along) = (operands[which], Random(random, operands[which].Shape.ToArray()));
            var difference = (F(at + 1e-5 * along) - F(at - 1e-5 * along)).Item() / 2e-5;
            Assert.Equal(difference, (Grad(F, at) * along).Sum().Item(), 1e-8);
            Assert.Equal(difference, Jvp(F, at, along).Tangent.Item(), 1e-8);
            var stack = Stack([at, along, at * along]);
            Near.Assert(Stack([F(at), F(along), F(at * along)]).Doubles(), Vmap(F)(stack), 1e-13);
            Near.Assert(Stack([Grad(F, at), Grad(F, along)]).Doubles(), Vmap(Grad(F))(stack[..2]), 1e-12);
        }
    }

    [Fact]
    public void Many_operands_are_contracted_in_a_good_order() {
        // A chain of matrices and a vector: from the left it would be seconds, from the vector it is nothing.
        var m = Random(new(1), 300, 300);
        var chain = Einsum("ab,bc,cd,de,ef,fg,g->a", m, m, m, m, m, m, m[0]);
        var expected = m[0];
        for (var i = 0; i < 6; i++) expected = m.MatMul(expected);
        Near.Assert(expected.Doubles(), chain, 1e-10);
        // All of it depends on x, so all of it is recorded: products with the vector alone.
        var program = Show((Tensor x) => Einsum("ab,bc,cd,d->a", x, x, x, x[0]), m);
        Assert.Equal(3, program.ToString().Split("f64[300] = Dot").Length - 1);
        Assert.DoesNotContain("f64[300,300] = Dot", program.ToString());
    }
}
