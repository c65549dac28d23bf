using static Diff.Functions;

namespace Diff.Tests;

/// <summary>What every op obeys, tried on every op there is.</summary>
public class OpLaws {
    public static IEnumerable<object[]> Ops => OpTable.Names;

    [Theory, MemberData(nameof(Ops))]
    public void Gives_samples(string op) {
        var samples = OpTable.SamplesOf(op);
        Assert.NotEmpty(samples);
        Assert.Contains(samples, s => s.Op.GetType().Name == op);
    }

    [Theory, MemberData(nameof(Ops))]
    public void Types_are_as_inferred(string op) => OpTable.Try(op, c => {
        var inferred = c.Op.Infer(c.Sample.Inputs);
        Assert.Equal(c.Op.Outputs, inferred.Length);
        var outputs = Graph.Execute(c.Op, ViewsOf(c.Inputs), inferred);
        Assert.Equal(inferred, outputs.Select(o => o.Type));
    });

    [Theory, MemberData(nameof(Ops))]
    public void Inputs_are_never_changed(string op) => OpTable.Try(op, c => {
        var before = Array.ConvertAll(c.Inputs, Values.Bits);
        Graph.ApplyAll(c.Op, c.Inputs);
        Assert.Equal(before, Array.ConvertAll(c.Inputs, Values.Bits));
    });

    [Theory, MemberData(nameof(Ops))]
    public void Twice_gives_the_same_bits(string op) => OpTable.Try(op, c => Values.AssertSame(Graph.ApplyAll(c.Op, c.Inputs), Graph.ApplyAll(c.Op, c.Inputs), "again"));

    [Theory, MemberData(nameof(Ops))]
    public void Rows_alone_have_the_bits_that_they_have_among_all(string op) => OpTable.Try(op, c => {
        var types = c.Op.Infer(c.Sample.Inputs);
        if (types[0].Shape.Rank == 0 || types[0].Shape[0] < 2 || Array.Exists(types, t => t.Shape.Rank == 0 || t.Shape[0] != types[0].Shape[0])) return;
        var all = Graph.ApplyAll(c.Op, c.Inputs);
        for (var rows = 1; rows < types[0].Shape[0]; rows++) {
            var whole = new bool[c.Inputs.Length];
            if (c.Op.OnRows(rows, c.Sample.Inputs, whole) is not { } some) return;
            for (var from = 0; from + rows <= types[0].Shape[0]; from++) {
                Tensor Strip(Tensor x) => x.SliceAxis(0, from, rows);
                var inputs = c.Inputs.Select((x, i) => whole[i] ? x : Strip(x)).ToArray();
                Values.AssertSame(Array.ConvertAll(all, Strip), Graph.ApplyAll(some, inputs), $"rows {from} to {from + rows - 1}");
            }
        }
    }, s => s.Inputs.Length > 0);

    // What is linear in each of its inputs alone, at most two of them together, has no third derivative: a step of 1 is exact but for rounding. Whether
    // an op is, its own transpose says.
    static bool IsExact(Case c) {
        if (c.Op is SquareOp or FmaOp || !Array.Exists(c.Op.Infer(c.Sample.Inputs), t => t.DType.IsFloat())) return true;
        var floats = Enumerable.Range(0, c.Inputs.Length).Where(i => c.Inputs[i].DType.IsFloat()).ToArray();
        try {
            foreach (var i in floats) _ = Transposed(c, [.. c.Inputs.Select((_, j) => i == j)]);
            return floats.Length is > 0 and <= 2 || c.Op is LinearOp;
        } catch (InvalidOperationException) {
            return false;
        }
    }

    static Tensor?[] Transposed(Case c, bool[] linear) =>
        c.Op.Transpose(c.Directions(c.Op.Infer(c.Sample.Inputs)), [.. c.Inputs.Select((x, i) => linear[i] ? Unread(x) : x)], linear);

    // A rule never reads what it is linear in: here it cannot.
    static Tensor Unread(Tensor x) => Graph.Input(x.Type, new Scope("law"));

    [Fact]
    public void Linear_and_bilinear_ops_are_known_to_be() {
        string[] exact = [.. OpTable.Types.Where(t => OpTable.SamplesOf(t).Where(s => s.Inputs.Any(i => i.DType.IsFloat())).ToArray() is { Length: > 0 } some && some.All(s => IsExact(new(s, 1)))).Select(t => t.Name)];
        foreach (var op in new[] { "AddOp", "SubOp", "MulOp", "NegOp", "SquareOp", "SumOp", "DotOp", "ConvOp", "SelectOp", "TakeOp", "PutOp", "TransposeOp", "ReshapeOp", "BroadcastOp", "SliceOp", "PadOp", "FlipOp", "ConcatOp", "TriangleOp" }) Assert.Contains(op, exact);
        foreach (var op in new[] { "ExpOp", "DivOp", "MaxOp", "SolveOp", "DetOp", "ScanOp", "PowOp", "ProdOp" }) Assert.DoesNotContain(op, exact);
    }

    [Theory, MemberData(nameof(Ops))]
    public void Jvp_is_the_central_difference(string op) => OpTable.Try(op, c => {
        var v = c.Directions(c.Sample.Inputs);
        var pushed = Derivatives.Push(c.Op, c.Inputs, v);
        var (step, tolerance) = StepOf(c);
        var (up, down) = (Graph.ApplyAll(c.Op, Moved(c.Inputs, v, step)), Graph.ApplyAll(c.Op, Moved(c.Inputs, v, -step)));
        AssertDifference(up, down, step, pushed, tolerance);
    }, s => !s.Awkward && s.Inputs.Length > 0);

    [Theory, MemberData(nameof(Ops))]
    public void Second_derivative_is_the_difference_of_the_first(string op) => OpTable.Try(op, c => {
        var (v, w) = (c.Directions(c.Sample.Inputs), c.Directions(c.Sample.Inputs));
        Tensor?[] First(Tensor[] x) => Derivatives.Push(c.Op, x, v);
        var second = Derivatives.Push(First, c.Inputs, w);
        var (step, tolerance) = StepOf(c);
        AssertDifference(First(Moved(c.Inputs, w, step)), First(Moved(c.Inputs, w, -step)), step, second, 20 * tolerance);
    }, s => !s.Awkward && s.Inputs.Length > 0);

    static (double Step, double Tolerance) StepOf(Case c) {
        var single = c.Sample.Inputs.Concat(c.Op.Infer(c.Sample.Inputs)).Any(t => t.DType == DType.F32);
        return IsExact(c) ? (1, single ? 1e-5 : 1e-12) : (6e-6, 1e-6);
    }

    static void AssertDifference(Tensor?[] up, Tensor?[] down, double step, Tensor?[] tangents, double tolerance) {
        for (var i = 0; i < tangents.Length; i++) {
            if (up[i] is not { } high || down[i] is not { } low) {
                if (tangents[i] is { } t) Assert.All(Values.Doubles(t), x => Assert.Equal(0, x));
                continue;
            }
            if (!high.DType.IsFloat()) {
                Assert.Null(tangents[i]);
                continue;
            }
            var difference = Values.Doubles(high).Zip(Values.Doubles(low), (a, b) => (a - b) / (2 * step)).ToArray();
            Values.AssertClose(difference, tangents[i] is { } tangent ? Values.Doubles(tangent) : new double[difference.Length], tolerance, "Jvp");
        }
    }

    static Tensor[] Moved(Tensor[] x, Tensor?[] v, double step) =>
        [.. x.Zip(v, (a, d) => d is null ? a : Values.Make(a.Type, [.. Values.Doubles(a).Zip(Values.Doubles(d), (p, q) => p + step * q)]))];

    [Theory, MemberData(nameof(Ops))]
    public void Pullback_is_the_adjoint(string op) => OpTable.Try(op, c => {
        var (v, u) = (c.Directions(c.Sample.Inputs), c.Directions(c.Op.Infer(c.Sample.Inputs)));
        AssertAdjoint(xs => Graph.ApplyAll(c.Op, xs), c.Inputs, v, u);
    }, s => s.Inputs.Length > 0);

    [Theory, MemberData(nameof(Ops))]
    public void Pullback_of_the_tangent_is_its_adjoint(string op) => OpTable.Try(op, c => {
        var (v, w, u) = (c.Directions(c.Sample.Inputs), c.Directions(c.Sample.Inputs), c.Directions(c.Op.Infer(c.Sample.Inputs)));
        AssertAdjoint(xs => Derivatives.Push(c.Op, xs, v), c.Inputs, w, u);
    }, s => s.Inputs.Length > 0);

    [Theory, MemberData(nameof(Ops))]
    public void Tangent_of_the_pullback_is_its_adjoint(string op) => OpTable.Try(op, c => {
        var (v, w, u) = (c.Directions(c.Sample.Inputs), c.Directions(c.Sample.Inputs), c.Directions(c.Op.Infer(c.Sample.Inputs)));
        AssertAdjoint(xs => Derivatives.Both(ys => Graph.ApplyAll(c.Op, ys), xs, v, u).Pulled, c.Inputs, w, v);
    }, s => s.Inputs.Length > 0);

    [Theory, MemberData(nameof(Ops))]
    public void Transpose_of_the_transpose_is_the_tangent(string op) => OpTable.Try(op, c => {
        var (v, u) = (c.Directions(c.Sample.Inputs), c.Directions(c.Op.Infer(c.Sample.Inputs)));
        using var scope = new Scope("law");
        var cotangents = Array.ConvertAll(u, t => t is null ? null : Graph.Input(t.Type, scope));
        // The pullback as a graph of its cotangents, pulled back in its turn.
        var pulled = Derivatives.Pull(xs => Graph.ApplyAll(c.Op, xs), c.Inputs, v, cotangents);
        var some = Enumerable.Range(0, pulled.Length).Where(i => pulled[i] is not null).ToArray();
        var given = cotangents.Where(t => t is not null).ToArray();
        var twice = some.Length == 0 ? new Tensor?[given.Length] : Linearization.Pull([.. some.Select(i => pulled[i]!)], [.. some.Select(i => v[i])], scope, given!);
        var pushed = Derivatives.Push(c.Op, c.Inputs, v).Where((_, i) => u[i] is not null).ToArray();
        for (var i = 0; i < twice.Length; i++) {
            var expected = pushed[i] is { } p ? Values.Doubles(p) : new double[given[i]!.Size];
            var single = given[i]!.DType == DType.F32 || c.Inputs.Any(x => x.DType == DType.F32);
            Values.AssertClose(expected, twice[i] is { } t ? Values.Doubles(t) : new double[expected.Length], single ? 1e-5 : 1e-11, "transposed twice");
        }
    }, s => s.Inputs.Length > 0);

    // ⟨Jv, u⟩ = ⟨v, Jᵀu⟩
    static void AssertAdjoint(Func<Tensor[], Tensor?[]> f, Tensor[] x, Tensor?[] v, Tensor?[] u) {
        var (pushed, pulled) = Derivatives.Both(f, x, v, u);
        for (var i = 0; i < x.Length; i++)
            if (pulled[i] is { } p) Assert.Equal(x[i].Type, p.Type);
        var ((left, size), (right, other)) = (Values.Inner(pushed, u), Values.Inner(v, pulled));
        var single = x.Concat(pushed.Where(p => p is not null)).Any(t => t!.DType == DType.F32);
        if (!(Math.Abs(left - right) <= (single ? 1e-5 : 1e-12) * (1 + size + other))) Assert.Fail($"⟨Jv, u⟩ = {left:R}, ⟨v, Jᵀu⟩ = {right:R}");
    }

    [Theory, MemberData(nameof(Ops))]
    public void Jvp_is_linear_in_the_tangents(string op) => OpTable.Try(op, c => {
        var (v, w) = (c.Directions(c.Sample.Inputs), c.Directions(c.Sample.Inputs));
        AssertLinear(d => Derivatives.Push(c.Op, c.Inputs, d), v, w, c.Random);
    }, s => s.Inputs.Length > 0);

    [Theory, MemberData(nameof(Ops))]
    public void Pullback_is_linear_in_the_cotangents(string op) => OpTable.Try(op, c => {
        var outputs = c.Op.Infer(c.Sample.Inputs);
        var (v, a, b) = (c.Directions(c.Sample.Inputs), c.Directions(outputs), c.Directions(outputs));
        AssertLinear(u => Derivatives.Both(xs => Graph.ApplyAll(c.Op, xs), c.Inputs, v, u).Pulled, a, b, c.Random);
    }, s => s.Inputs.Length > 0);

    static void AssertLinear(Func<Tensor?[], Tensor?[]> f, Tensor?[] v, Tensor?[] w, Random random) {
        var (a, b) = (random.NextDouble() * 4 - 2, random.NextDouble() * 4 - 2);
        var both = v.Zip(w, (p, q) => p is null ? null : Values.Make(p.Type, [.. Values.Doubles(p).Zip(Values.Doubles(q!), (x, y) => a * x + b * y)])).ToArray();
        var (fv, fw, sum) = (f(v), f(w), f(both));
        for (var i = 0; i < sum.Length; i++) {
            Assert.Equal(fv[i] is null, sum[i] is null);
            if (sum[i] is not { } s) continue;
            var single = s.DType == DType.F32 || v.Any(t => t?.DType == DType.F32);
            Values.AssertClose([.. Values.Doubles(fv[i]!).Zip(Values.Doubles(fw[i]!), (x, y) => a * x + b * y)], Values.Doubles(s), single ? 1e-5 : 1e-12, "linear");
        }
    }

    [Theory, MemberData(nameof(Ops))]
    public void A_zero_tangent_may_be_left_out(string op) => OpTable.Try(op, c => {
        // One direction at a time, symbolic zeros for the others: together they are the whole.
        var v = c.Directions(c.Sample.Inputs);
        var whole = Derivatives.Push(c.Op, c.Inputs, v);
        var sums = new double[]?[whole.Length];
        for (var i = 0; i < v.Length; i++) {
            if (v[i] is null) continue;
            var part = Derivatives.Push(c.Op, c.Inputs, [.. v.Select((d, j) => j == i ? d : null)]);
            for (var o = 0; o < part.Length; o++)
                if (part[o] is { } p) sums[o] = sums[o] is { } s ? [.. s.Zip(Values.Doubles(p), (x, y) => x + y)] : Values.Doubles(p);
        }
        for (var o = 0; o < whole.Length; o++) {
            if (whole[o] is not { } t) Assert.True(sums[o] is null || sums[o]!.All(x => x == 0));
            else Values.AssertClose(Values.Doubles(t), sums[o]!, t.DType == DType.F32 || c.Inputs.Any(x => x.DType == DType.F32) ? 1e-5 : 1e-12, "parts");
        }
    }, s => s.Inputs.Length > 0);

    [Theory, MemberData(nameof(Ops))]
    public void Layout_does_not_matter(string op) => OpTable.Try(op, c => {
        foreach (var how in Enum.GetValues<Layouts>()) {
            var views = Array.ConvertAll(c.Inputs, x => Relaid(x, how));
            var packed = Array.ConvertAll(views, v => new Tensor(v.Packed()));
            // Rows that repeat are a singular matrix, which some ops refuse: in every layout.
            if (Refuses(c.Op, packed)) Assert.Throws<DomainException>(() => Graph.ApplyAll(c.Op, Array.ConvertAll(views, v => new Tensor(v))));
            else Values.AssertSame(Graph.ApplyAll(c.Op, packed), Graph.ApplyAll(c.Op, Array.ConvertAll(views, v => new Tensor(v))), how.ToString());
        }
    }, s => s.Inputs.Length > 0);

    static bool Refuses(Op op, Tensor[] inputs) {
        try {
            Graph.ApplyAll(op, inputs);
            return false;
        } catch (DomainException) {
            return true;
        }
    }

    enum Layouts { Transposed, Flipped, Sliced, Stepped, Broadcast, Splat }

    /// <summary>The same values, or where they have to repeat some of them, found in memory another way.</summary>
    static View Relaid(Tensor x, Layouts how) {
        var rank = x.Rank;
        var all = Axes.Range(rank);
        var ones = Axes.Of([.. Enumerable.Repeat(1, rank)]);
        var zeros = Axes.Of(new int[rank]);
        switch (how) {
            case Layouts.Transposed:
                var back = Axes.Of([.. Enumerable.Range(0, rank).Reverse()]);
                return Packed(x.Value.As(x.Value.Layout.Transpose(back))) is var t ? t.As(t.Layout.Transpose(back)) : x.Value;
            case Layouts.Flipped:
                return Packed(x.Value.As(x.Value.Layout.Flip(all))) is var f ? f.As(f.Layout.Flip(all)) : x.Value;
            case Layouts.Sliced:
            case Layouts.Stepped:
                var inner = how == Layouts.Stepped ? ones : zeros;
                var padded = Graph.Apply(new PadOp(ones, ones, inner), x).Value;
                return padded.As(padded.Layout.Slice(ones, Axes.Of([.. inner.Span.ToArray().Select(i => i + 1)]), x.Shape));
            case Layouts.Broadcast:
                if (rank == 0 || x.Size == 0) return x.Value;
                var row = x.Value.Layout.Slice(zeros, ones, x.Shape.With(0, 1));
                return x.Value.As(row.Broadcast(x.Shape, all));
            default:
                if (x.Size == 0) return x.Value;
                var first = x.Value.Layout.Slice(zeros, ones, Shape.Of([.. Enumerable.Repeat(1, rank)]));
                return x.Value.As(first.Broadcast(x.Shape, all));
        }

        static View Packed(View v) => v.Packed();
    }

    [Theory, MemberData(nameof(Ops))]
    public void Planned_is_eager(string op) => OpTable.Try(op, c => {
        var eager = Graph.ApplyAll(c.Op, c.Inputs);
        var (program, arguments) = Surrounded(c.Op, c.Inputs);
        var interpreted = Evaluation.Interpret(program, arguments);
        Values.AssertSame(eager, Array.ConvertAll(interpreted, v => new Tensor(v)), "interpreted");
        var plan = new Plan(program);
        for (var run = 0; run < 3; run++) {
            Values.AssertSame(eager, Array.ConvertAll(plan.Run(arguments), v => new Tensor(v)), $"run {run}");
            plan.Poison();
        }
    });

    [Theory, MemberData(nameof(Ops))]
    public void Jitted_is_eager(string op) => OpTable.Try(op, c => {
        var eager = Graph.ApplyAll(c.Op, c.Inputs);
        var jitted = Jit<Tensor[], Tensor[]>(x => Graph.ApplyAll(c.Op, x));
        for (var run = 0; run < 3; run++) Values.AssertSame(eager, jitted(c.Inputs), $"run {run}");
    }, s => s.Inputs.Length > 0 && s.Op is not AliasOp);

    [Theory, MemberData(nameof(Ops))]
    public void Derivatives_have_the_same_bits_in_every_way_to_run(string op) => OpTable.Try(op, c => {
        var u = c.Directions(c.Op.Infer(c.Sample.Inputs));
        var floats = Enumerable.Range(0, c.Inputs.Length).Where(i => c.Inputs[i].DType.IsFloat()).ToArray();
        if (floats.Length == 0 || u.All(t => t is null)) return;
        Laws.OneResult(x => {
            var inputs = c.Inputs.ToArray();
            for (var k = 0; k < floats.Length; k++) inputs[floats[k]] = x[k];
            var (pushed, pulled) = Derivatives.Both(xs => Graph.ApplyAll(c.Op, xs), inputs, [.. inputs.Select((t, i) => t.DType.IsFloat() ? x[floats.Length + Array.IndexOf(floats, i)] : null)], u);
            return [.. pushed.Concat(pulled).Where(t => t is not null)!];
        }, [.. floats.Select(i => c.Inputs[i]), .. c.Directions(floats.Select(i => c.Sample.Inputs[i])).Select(t => t!)]);
    }, s => s.Inputs.Length > 0);

    static readonly double[] special = [0, -0.0, double.PositiveInfinity, double.NegativeInfinity, double.NaN, double.Epsilon, -double.Epsilon, 1e-45, 1, -1];

    [Theory, MemberData(nameof(Ops))]
    public void Special_values_have_the_same_bits_in_every_way_to_run(string op) => OpTable.Try(op, c => {
        var inputs = Array.ConvertAll(c.Inputs, x => !x.DType.IsFloat() ? x
            : Values.Make(x.Type, [.. Values.Doubles(x).Select(v => c.Random.Next(2) == 0 ? special[c.Random.Next(special.Length)] : v)]));
        Laws.OneResult(x => Graph.ApplyAll(c.Op, x), inputs);
        if (!Array.Exists(c.Op.Infer(c.Sample.Inputs), t => t.DType.IsFloat())) return;
        Laws.OneGradient(x => Graph.ApplyAll(c.Op, x), inputs);
    }, s => s.Inputs.Any(t => t.DType.IsFloat()) && s.Op is not AliasOp);

    // The op between elementwise ops that leave every bit as it is, so that its inputs and outputs live in the plan's arena
    // and it may take the place of an input. What is multiplied by is not structural, or a planner could see through it.
    static (Program, View[]) Surrounded(Op op, Tensor[] inputs) {
        var (leaves, equations) = (inputs.Select(x => x.Value).ToList(), new List<Equation>());
        var outputs = op.Infer([.. inputs.Select(x => x.Type)]);
        var neutral = inputs.Select(x => x.Type).Concat(outputs).Select(t => Values.Make(t, [.. Enumerable.Repeat(1.5, t.Shape.Size)]).Value).Select(v => Rounded(v)).ToArray();
        leaves.AddRange(neutral);
        var next = leaves.Count;
        var ins = new int[inputs.Length];
        for (var i = 0; i < ins.Length; i++) ins[i] = Keep(i, inputs.Length + i, inputs[i].Type);
        equations.Add(new(op, ins, next, outputs));
        var first = next;
        next += outputs.Length;
        var results = outputs.Select((t, o) => Keep(first + o, 2 * inputs.Length + o, t)).ToArray();
        return (new([.. leaves.Select(v => new ProgramInput(v.Type))], [.. equations], results), [.. leaves.Select(v => v.Packed())]);

        int Keep(int x, int by, TensorType type) {
            equations.Add(new(type.DType == DType.Bool ? new BitwiseOp(Bitwise.And) : MulOp.Op, [x, by], next, [type]));
            return next++;
        }

        // 1.5 is true and floors to 1; floats get their 1 here.
        static View Rounded(View v) {
            if (v.DType == DType.F32) v.Span<float>().Fill(1);
            if (v.DType == DType.F64) v.Span<double>().Fill(1);
            return v;
        }
    }

    // Ops that hold a program have the types that it has.
    static bool HoldsProgram(Op op) => op.GetType().GetProperties().Any(p => p.PropertyType == typeof(Program) || p.PropertyType == typeof(ProgramList));

    [Theory, MemberData(nameof(Ops))]
    public void In_f32_as_in_f64_to_rounding(string op) => OpTable.Try(op, c => {
        var single = Array.ConvertAll(c.Inputs, x => x.DType == DType.F64 ? Values.Make(new(DType.F32, x.Shape), Values.Doubles(x)) : x);
        var twice = Array.ConvertAll(single, x => x.DType == DType.F32 ? Values.Make(new(DType.F64, x.Shape), Values.Doubles(x)) : x);
        var (low, high) = (Graph.ApplyAll(c.Op, single), Graph.ApplyAll(c.Op, twice));
        // What cancels in a sum of n terms leaves the rounding of all of them.
        var terms = Math.Sqrt(single.Max(x => Math.Max(1, x.Size)));
        for (var i = 0; i < low.Length; i++)
            if (low[i].DType.IsFloat()) Values.AssertClose(high[i], low[i], 2e-6 * terms, "f32");
            else Values.AssertSame(high[i], low[i], "f32");
        var v = c.Directions(single.Select(x => x.Type));
        var wide = Array.ConvertAll(v, d => d is null ? null : Values.Make(new(DType.F64, d.Shape), Values.Doubles(d)));
        var (t32, t64) = (Derivatives.Push(c.Op, single, v), Derivatives.Push(c.Op, twice, wide));
        for (var i = 0; i < t32.Length; i++) {
            Assert.Equal(t64[i] is null, t32[i] is null);
            if (t32[i] is not { } t) continue;
            Assert.Equal(low[i].Type, t.Type);
            Values.AssertClose(t64[i]!, t, 1e-5 * terms, "the tangent in f32");
        }
    }, s => s.Inputs.Length > 0 && s.Inputs.All(t => t.DType != DType.F32) && s.Inputs.Any(t => t.DType == DType.F64) && !HoldsProgram(s.Op) && s.Op is not ConvertOp);

    [Theory, MemberData(nameof(Ops))]
    public void Integers_are_refused_or_exact(string op) => OpTable.Try(op, c => {
        foreach (var type in new[] { DType.Bool, DType.U32, DType.I32, DType.I64 }) {
            var inputs = Array.ConvertAll(c.Inputs, x => x.DType == DType.F64 ? Values.Make(new(type, x.Shape), [.. Values.Doubles(x).Select(_ => Small())]) : x);
            try {
                c.Op.Infer([.. inputs.Select(x => x.Type)]);
            } catch (DTypeException) {
                continue;
            }
            var doubles = inputs.Zip(c.Inputs, (x, was) => was.DType == DType.F64 ? Values.Make(new(DType.F64, x.Shape), Values.Doubles(x)) : x).ToArray();
            var (exact, expected) = (Graph.ApplyAll(c.Op, inputs), Graph.ApplyAll(c.Op, doubles));
            for (var i = 0; i < exact.Length; i++) {
                var numbers = Values.Doubles(expected[i]);
                // Unsigned numbers wrap below zero.
                if (exact[i].DType == DType.U32) numbers = [.. numbers.Select(n => (double)unchecked((uint)(long)n))];
                Assert.Equal(numbers, Values.Doubles(exact[i]));
            }
        }

        // Products of hundreds have to fit, too.
        double Small() => c.Op is ProdOp ? c.Random.Next(40) == 0 ? 2 : 1 : c.Random.Next(1, 4);
    }, s => s.Inputs.Length > 0 && s.Inputs.Any(t => t.DType == DType.F64) && !HoldsProgram(s.Op) && s.Op is not ConvertOp);

    [Theory, MemberData(nameof(Ops))]
    public void Empty_shapes_are_refused_or_right(string op) => OpTable.Try(op, c => {
        var sizes = c.Sample.Inputs.SelectMany(t => t.Shape.ToArray()).Distinct().ToArray();
        if (sizes.Length == 0) return;
        var gone = sizes[c.Random.Next(sizes.Length)];
        var types = Array.ConvertAll(c.Sample.Inputs, t => new TensorType(t.DType, Shape.Of([.. t.Shape.ToArray().Select(d => d == gone ? 0 : d)])));
        AssertRefusedOrRight(c, types);
    }, s => !HoldsProgram(s.Op));

    [Theory, MemberData(nameof(Ops))]
    public void Other_types_are_refused_or_right(string op) => OpTable.Try(op, c => {
        var types = Array.ConvertAll(c.Sample.Inputs, t => {
            var dims = t.Shape.ToArray().ToList();
            switch (c.Random.Next(4)) {
                case 0: break;
                case 1 when dims.Count > 0: dims[c.Random.Next(dims.Count)] = c.Random.Next(6); break;
                case 2 when dims.Count > 0: dims.RemoveAt(c.Random.Next(dims.Count)); break;
                default: dims.Insert(c.Random.Next(dims.Count + 1), c.Random.Next(4)); break;
            }
            return new TensorType(c.Random.Next(3) == 0 ? (DType)c.Random.Next(6) : t.DType, Shape.Of([.. dims]));
        });
        AssertRefusedOrRight(c, types);
    }, s => !HoldsProgram(s.Op));

    // Whatever an op does not refuse it computes, and it refuses in no other way than these.
    static void AssertRefusedOrRight(Case c, TensorType[] types) {
        var told = string.Join(", ", types.Select(t => t.ToString()));
        TensorType[] outputs;
        try {
            outputs = c.Op.Infer(types);
        } catch (Exception e) when (e is ShapeException or DTypeException) {
            Assert.NotEmpty(e.Message);
            return;
        } catch (Exception e) {
            throw new Xunit.Sdk.XunitException($"Infer of {told}: {e}");
        }
        var inputs = c.Draw(types);
        try {
            var values = Graph.Execute(c.Op, ViewsOf(inputs), outputs);
            Assert.Equal(outputs, values.Select(v => v.Type));
            foreach (var v in values) Values.Bits(v);
            var (v1, u) = (c.Directions(types), c.Directions(outputs));
            if (inputs.Length > 0) AssertAdjoint(xs => Graph.ApplyAll(c.Op, xs), inputs, v1, u);
        } catch (ShapeException) when (c.Op is IndexOp or SetRowsOp or WinnerOp or DynamicSliceOp or DynamicUpdateOp or RavelOp) {
            // The indices were drawn for another axis.
        } catch (DomainException e) {
            Assert.NotEmpty(e.Message);
        } catch (Exception e) {
            throw new Xunit.Sdk.XunitException($"Evaluate of {told}: {e}");
        }
    }

    static View[] ViewsOf(Tensor[] tensors) => Array.ConvertAll(tensors, t => t.Value);
}
