using System.Runtime.CompilerServices;

namespace Diff.Tests;

/// <summary>A law of functions of tensors, tried at a point.</summary>
internal delegate void Law(Func<Tensor[], Tensor[]> f, params Tensor[] at);

/// <summary>A program and a point for it.</summary>
internal sealed record Trial(Program Program, Tensor[] At, bool Smooth) {
    /// <summary>Throws where the law does not hold here.</summary>
    public void Check(Law law) => law(x => Program.Inline(x), At);

    /// <summary>Tries a law on random programs of all ops. What fails is made as small as it still fails and printed as C# for a test.</summary>
    /// <param name="law">A law; it may throw anything.</param>
    /// <param name="smooth">Only programs that have derivatives at their point and beside it, in f64; else every type and every special value.</param>
    /// <param name="name">The law's name, for the test that is printed.</param>
    public static void All(Law law, bool smooth, [CallerArgumentExpression(nameof(law))] string name = "") {
        for (var seed = 0; seed < OpTable.Cases; seed++) {
            var trial = new ProgramGenerator(seed, smooth).Make();
            if (Failure(trial, law) is not { } failure) continue;
            var (small, why) = Shrinking.Smallest(trial, law, failure);
            throw new Xunit.Sdk.XunitException($"Program {seed} of {trial.Program.Equations.Length} equations, shrunk to {small.Program.Equations.Length}: {why.Message}\n{ProgramText.Of(small, name)}\n{why}");
        }
    }

    public static Exception? Failure(Trial trial, Law law) {
        try {
            trial.Check(law);
            return null;
        } catch (Exception e) {
            return e;
        }
    }
}

/// <summary>Random programs of all ops there are: each in its turn is given values that are there already, reshaped and brought into its
/// domain where they have to be.</summary>
internal sealed class ProgramGenerator(int seed, bool smooth) {
    // What stands for a transform's variable, and constants, which are put in where they are needed.
    static readonly Sample[][] all = Samples(_ => true);

    // Against differences: f64 throughout, since f32 has not the digits.
    static readonly Sample[][] differentiable = Samples(s => !s.Awkward && s.Inputs.All(t => t.DType != DType.F32) && s.Op is not ConvertOp { To: DType.F32 });

    static Sample[][] Samples(Func<Sample, bool> where) => [.. OpTable.Types.Where(t => t != typeof(AliasOp) && t != typeof(FillOp))
        .Select(t => OpTable.SamplesOf(t).Where(s => s.Inputs.Length > 0 && where(s)).ToArray()).Where(s => s.Length > 0)];

    static readonly double[] special = [0, -0.0, double.PositiveInfinity, double.NegativeInfinity, double.NaN, 1e-310, 1e-45, -1, 1, 1000];

    readonly Random random = new(seed * 2 + (smooth ? 1 : 0));
    readonly List<Tensor> values = [];
    readonly List<(Op? Op, int[] Inputs, int First)> makers = [];

    public Trial Make() {
        for (var i = 0; i < 3; i++) Leaf(Drawn(new(DType.F64, new[] { Shape.Of(3, 7), Shape.Of(5), Shape.Of(6, 4) }[i])));
        var (fewest, calls) = (random.Next(10, 41), 0);
        while (makers.Count(m => m.Op is not null) < fewest && calls++ < 200) Step();
        return Program();
    }

    void Step() {
        var table = smooth ? differentiable : all;
        var samples = table[random.Next(table.Length)];
        var sample = samples[random.Next(samples.Length)];
        var (known, made) = (values.Count, makers.Count);
        try {
            var types = TypesFor(sample);
            var drawn = new Case(sample, random.Next()).Draw(types);
            var inputs = types.Select((t, i) => Input(sample, i, drawn[i])).ToArray();
            Apply(sample.Op, inputs);
            if (!smooth || values.Skip(known).All(v => Values.Doubles(v).All(x => Math.Abs(x) < 1e4))) return;
        } catch (DiffException) {
            // What is outside of the op's domain after all; and then there is nothing of this step.
        }
        values.RemoveRange(known, values.Count - known);
        makers.RemoveRange(made, makers.Count - made);
    }

    /// <summary>The sample's types, or others that the op takes as well: shapes of values that are there, and f32.</summary>
    TensorType[] TypesFor(Sample sample) {
        var types = sample.Inputs;
        if (sample.Prepare is not null || sample.Op.GetType().GetProperties().Any(p => p.PropertyType == typeof(Program) || p.PropertyType == typeof(ProgramList))) return types;
        var single = !smooth && random.Next(3) == 0;
        if (sample.Op is ElementwiseOp) {
            var shape = values[random.Next(values.Count)].Shape;
            types = [.. types.Select(t => new TensorType(t.DType, shape))];
        } else if (random.Next(2) == 0) {
            types = [.. types.Select(t => values.Where(v => v.DType == t.DType).ToArray() is { Length: > 0 } some ? some[random.Next(some.Length)].Type : t)];
        }
        if (single) types = [.. types.Select(t => t.DType == DType.F64 ? new TensorType(DType.F32, t.Shape) : t)];
        try {
            sample.Op.Infer(types);
            // A place of one shape need not be one of another.
            return sample.Inputs.Any(t => !t.DType.IsFloat() && t.DType != DType.Bool) && sample.Op is not ElementwiseOp ? sample.Inputs : types;
        } catch (Exception e) when (e is DiffException or InvalidOperationException or IndexOutOfRangeException or ArgumentException) {
            return sample.Inputs;
        }
    }

    /// <summary>A value for an input: what was drawn for it, or one that is there, adapted.</summary>
    int Input(Sample sample, int i, Tensor drawn) {
        var type = drawn.Type;
        if (type.Shape.Size == 0 || random.Next(6) == 0) return Leaf(Spoiled(drawn, sample));
        if (!type.DType.IsFloat()) return Integer(sample, drawn);
        var x = Adapted(Pick(t => t.DType.IsFloat() && (!smooth || t.DType == DType.F64)), type);
        if (sample.Prepare is not null || sample.Distinct) {
            // It stays what was drawn, nearly.
            var step = (sample.High - sample.Low) / Math.Max(1, sample.Inputs.Sum(t => t.Shape.Size)) * 0.2;
            return Apply(AddOp.Op, Leaf(drawn), Apply(MulOp.Op, Apply(TanhOp.Op, x), Fill(Math.Min(step, 0.01), type)));
        }
        var margin = 0.02 * (sample.High - sample.Low);
        var inside = Values.Doubles(values[x]).All(v => v > sample.Low + margin && v < sample.High - margin);
        if (inside || !smooth && random.Next(2) == 0) return x;
        var half = (sample.High - sample.Low) / 2 - margin;
        return Apply(AddOp.Op, Apply(MulOp.Op, Apply(AtanOp.Op, x), Fill(half * 2 / Math.PI, type)), Fill((sample.High + sample.Low) / 2, type));
    }

    int Integer(Sample sample, Tensor drawn) {
        var type = drawn.Type;
        // What is computed from floats jumps; differences want none of that.
        if (smooth || sample.Prepare is not null || sample.Distinct || random.Next(2) == 0) return Leaf(drawn);
        if (type.DType == DType.Bool) return Adapted(Pick(t => t.DType == DType.Bool), type);
        var (low, count) = (Math.Floor(sample.Low), Math.Ceiling(sample.High) - Math.Floor(sample.Low));
        if (type.DType == DType.U32 && low < 0) return Leaf(drawn);
        var x = Adapted(Pick(t => t.DType is DType.I32 or DType.I64), type);
        return Apply(AddOp.Op, Apply(new IntegerDivOp(Remainder: true), x, Fill(count, type)), Fill(low, type));
    }

    int Pick(Func<Tensor, bool> where) {
        var some = Enumerable.Range(0, values.Count).Where(i => values[i].Size > 0 && where(values[i])).ToArray();
        return some.Length > 0 ? some[random.Next(some.Length)] : random.Next(3);
    }

    int Adapted(int x, TensorType type) {
        if (values[x].DType != type.DType) x = Apply(new ConvertOp(type.DType), x);
        if (values[x].Shape.Equals(type.Shape)) return x;
        var (have, need) = (values[x].Size, type.Shape.Size);
        if (values[x].Rank != 1) x = Apply(new ReshapeOp(Shape.Of(have)), x);
        if (have < need) {
            var times = (need + have - 1) / have;
            x = Apply(new ReshapeOp(Shape.Of(times * have)), Apply(new BroadcastOp(Shape.Of(times, have), Axes.Of(1)), x));
        }
        if (values[x].Size > need) x = Apply(new SliceOp(Axes.Of(random.Next(values[x].Size - need + 1)), Axes.Of(1), Shape.Of(need)), x);
        return values[x].Shape.Equals(type.Shape) ? x : Apply(new ReshapeOp(type.Shape), x);
    }

    // Special values take the places of some numbers where nothing but bits is compared.
    Tensor Spoiled(Tensor x, Sample sample) => smooth || !x.DType.IsFloat() || sample.Prepare is not null || random.Next(2) == 0 ? x
        : Values.Make(x.Type, [.. Values.Doubles(x).Select(v => random.Next(4) == 0 ? special[random.Next(special.Length)] : v)]);

    Tensor Drawn(TensorType type) => Values.Make(type, [.. Enumerable.Range(0, type.Shape.Size).Select(_ => random.NextDouble() * 3 - 1.5)]);

    int Fill(double value, TensorType type) => Apply(new FillOp(value, type));

    int Leaf(Tensor x) {
        makers.Add((null, [], values.Count));
        values.Add(x);
        return values.Count - 1;
    }

    int Apply(Op op, params int[] inputs) {
        var results = op is FillOp fill ? [Graph.Fill(fill.Value, fill.Type)] : Graph.ApplyAll(op, [.. inputs.Select(i => values[i])]);
        makers.Add((op, inputs, values.Count));
        values.AddRange(results);
        return values.Count - results.Length;
    }

    /// <summary>Inputs first, then equations; what nobody has read is the result, so that all else dies where it is read last.</summary>
    Trial Program() {
        var leaves = makers.Where(m => m.Op is null).Select(m => m.First).ToArray();
        var place = new int[values.Count];
        for (var i = 0; i < leaves.Length; i++) place[leaves[i]] = i;
        var next = leaves.Length;
        var equations = new List<Equation>();
        foreach (var (op, inputs, first) in makers) {
            if (op is null) continue;
            TensorType[] types = op.Infer([.. inputs.Select(i => values[i].Type)]);
            equations.Add(new(op, [.. inputs.Select(i => place[i])], next, types));
            for (var i = 0; i < types.Length; i++) place[first + i] = next++;
        }
        var read = equations.SelectMany(e => e.Inputs).ToHashSet();
        return new(new([.. leaves.Select(l => new ProgramInput(values[l].Type))], [.. equations],
            [.. Enumerable.Range(leaves.Length, next - leaves.Length).Where(v => !read.Contains(v))]), [.. leaves.Select(l => values[l])], smooth);
    }
}
