using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Diff.Tests;

/// <summary>All ops of Diff.Core, found by reflection, with the samples that each gives of itself: nobody can add an op and forget its laws.</summary>
internal static class OpTable {
    /// <summary>What stands for the inputs of a program is never applied to anything.</summary>
    static readonly Type[] WithoutSamples = [typeof(InputOp)];

    public static readonly Type[] Types = [.. typeof(Op).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Op)) && !t.IsAbstract).Except(WithoutSamples).OrderBy(t => t.Name, StringComparer.Ordinal)];

    /// <summary>Names of the ops, for theories.</summary>
    public static IEnumerable<object[]> Names => Types.Select(t => new object[] { t.Name });

    /// <summary>The samples of an op. An op with parameters makes its own instances, so an empty one of it may be asked.</summary>
    public static Sample[] SamplesOf(Type type) {
        var instance = type.GetField("Op", BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy)?.GetValue(null) ?? RuntimeHelpers.GetUninitializedObject(type);
        return [.. ((Op)instance).Samples()];
    }

    public static Sample[] SamplesOf(string name) => SamplesOf(Types.Single(t => t.Name == name));

    /// <summary>How many cases each law tries of each op: 200, or what DIFF_MAXTEST says.</summary>
    public static int Cases => int.TryParse(Environment.GetEnvironmentVariable("DIFF_MAXTEST"), out var n) && n > 0 ? n : 200;

    /// <summary>Runs a law on all samples of an op with fresh random inputs, the same in every run; what fails says which they were.</summary>
    public static void Try(string name, Action<Case> law, Func<Sample, bool>? where = null) {
        var samples = SamplesOf(name).Where(where ?? (_ => true)).ToArray();
        for (var i = 0; i < samples.Length; i++)
            for (var n = 0; n < Math.Max(1, (Cases + samples.Length - 1) / samples.Length); n++) {
                var c = new Case(samples[i], HashOf(name) + 7919 * i + n);
                try {
                    law(c);
                } catch (Exception e) {
                    throw new Xunit.Sdk.XunitException($"{c.Describe()}\n{e}");
                }
            }
    }

    // string.GetHashCode differs from process to process; a failure has to come again.
    static int HashOf(string name) => (int)name.Aggregate(2166136261u, (h, c) => (h ^ c) * 16777619u) & 0xFFFFFF;
}

/// <summary>A sample with inputs drawn for it.</summary>
internal sealed class Case {
    public Case(Sample sample, int seed) {
        (Sample, Seed, Random) = (sample, seed, new(seed));
        Inputs = Draw(sample.Inputs);
    }

    public Sample Sample { get; }
    public int Seed { get; }
    public Random Random { get; }
    public Tensor[] Inputs { get; }
    public Op Op => Sample.Op;

    public string Describe() => $"{Op} of {string.Join(", ", Sample.Inputs.Select(t => t.ToString()))}, seed {Seed}:\n{string.Join("\n", Inputs.Select(x => x.Size <= 64 ? x.ToString() : x.Type.ToString()))}";

    /// <summary>Inputs of these types, drawn as the sample asks.</summary>
    public Tensor[] Draw(TensorType[] types) {
        if (!Sample.Distinct) return [.. types.Select(Draw)];
        // A grid in random order with a little jitter: no two values of any inputs are close.
        var n = types.Sum(t => t.Shape.Size);
        var grid = Enumerable.Range(0, n).Select(i => Sample.Low + (Sample.High - Sample.Low) * (i + 0.5 + 0.25 * (Random.NextDouble() - 0.5)) / n).ToArray();
        Random.Shuffle(grid);
        var at = 0;
        return Array.ConvertAll(types, t => Values.Make(t, [.. grid.Skip((at += t.Shape.Size) - t.Shape.Size).Take(t.Shape.Size)]));
    }

    Tensor Draw(TensorType type, int input) {
        double[] values = [.. Enumerable.Range(0, type.Shape.Size).Select(_ => Sample.Low + (Sample.High - Sample.Low) * Random.NextDouble())];
        Sample.Prepare?.Invoke(input, type, values);
        return Values.Make(type, values);
    }

    /// <summary>Directions: normal numbers for what has derivatives, null for the rest.</summary>
    public Tensor?[] Directions(IEnumerable<TensorType> types) => [.. types.Select(t => t.DType.IsFloat() ? Values.Make(t, [.. Enumerable.Range(0, t.Shape.Size).Select(_ => Normal())]) : null)];

    double Normal() => Math.Sqrt(-2 * Math.Log(1 - Random.NextDouble())) * Math.Cos(2 * Math.PI * Random.NextDouble());
}

/// <summary>Tensors from numbers and back without any op, which would be the thing under test.</summary>
internal static class Values {
    /// <summary>Integers take the floor, u32 what is not negative, bools the sign of the distance from the middle of 0 … 1.</summary>
    public static Tensor Make(TensorType type, double[] values) {
        var view = View.Allocate(type);
        for (var i = 0; i < values.Length; i++) {
            var v = values[i];
            switch (type.DType) {
                case DType.F64: view.Span<double>()[i] = v; break;
                case DType.F32: view.Span<float>()[i] = (float)v; break;
                case DType.I32: view.Span<int>()[i] = (int)Math.Floor(v); break;
                case DType.I64: view.Span<long>()[i] = (long)Math.Floor(v); break;
                case DType.U32: view.Span<uint>()[i] = (uint)Math.Max(0, Math.Floor(v)); break;
                default: view.Span<bool>()[i] = Math.Floor(v * 2) % 2 != 0; break;
            }
        }
        return new(view);
    }

    public static double[] Doubles(Tensor x) {
        var packed = x.Value.Packed();
        return [.. Enumerable.Range(0, x.Size).Select(i => Numbers.Read(packed, i))];
    }

    /// <summary>The bits of the values in row-major order, whatever the layout. All NaN are one: which of two a sum hands on, IEEE 754 leaves open,
    /// and a compiler that swaps the two decides it.</summary>
    public static byte[] Bits(View view) {
        if (view.Shape.Size == 0) return [];
        var bytes = view.Packed().Bytes.ToArray();
        if (view.DType == DType.F32) One<float>(MemoryMarshal.Cast<byte, float>(bytes.AsSpan()));
        else if (view.DType == DType.F64) One<double>(MemoryMarshal.Cast<byte, double>(bytes.AsSpan()));
        return bytes;

        static void One<T>(Span<T> values) where T : IFloatingPointIeee754<T> {
            foreach (ref var v in values)
                if (T.IsNaN(v)) v = T.NaN;
        }
    }

    public static byte[] Bits(Tensor x) => Bits(x.Value);

    /// <summary>Equal types, equal bits.</summary>
    public static void AssertSame(Tensor[] expected, Tensor[] actual, string what) {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++) AssertSame(expected[i], actual[i], what);
    }

    public static void AssertSame(Tensor expected, Tensor actual, string what) {
        Assert.Equal(expected.Type, actual.Type);
        if (!Bits(expected).AsSpan().SequenceEqual(Bits(actual))) Assert.Fail($"{what}: other bits.\n{Listed(expected)}\n{Listed(actual)}");
    }

    static string Listed(Tensor x) => string.Join(" ", Doubles(x).Select(v => v.ToString("R")));

    /// <summary>|a − b| ≤ tolerance · (1 + the largest number of either).</summary>
    public static void AssertClose(Tensor expected, Tensor actual, double tolerance, string what) {
        Assert.Equal(expected.Shape, actual.Shape);
        AssertClose(Doubles(expected), Doubles(actual), tolerance, what);
    }

    public static void AssertClose(double[] a, double[] b, double tolerance, string what) {
        var scale = 1 + a.Concat(b).Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        for (var i = 0; i < a.Length; i++)
            if (!(a[i].Equals(b[i]) || Math.Abs(a[i] - b[i]) <= tolerance * scale)) Assert.Fail($"{what}: element {i} is {b[i]:R}, not {a[i]:R} (scale {scale:G3}).\n{string.Join(" ", a)}\n{string.Join(" ", b)}");
    }

    /// <summary>Σ aᵢbᵢ over all pairs that exist, and Σ |aᵢbᵢ| to judge rounding by.</summary>
    public static (double Sum, double Size) Inner(IEnumerable<Tensor?> a, IEnumerable<Tensor?> b) {
        var (sum, size) = (0.0, 0.0);
        foreach (var (x, y) in a.Zip(b)) {
            if (x is null || y is null) continue;
            foreach (var (p, q) in Doubles(x).Zip(Doubles(y))) (sum, size) = (sum + p * q, size + Math.Abs(p * q));
        }
        return (sum, size);
    }
}

/// <summary>Derivatives of one op, by the two walks alone.</summary>
internal static class Derivatives {
    /// <summary>The tangents of the op's outputs along directions of its inputs; null where there is none.</summary>
    public static Tensor?[] Push(Op op, Tensor[] inputs, Tensor?[] along) => Push(xs => Graph.ApplyAll(op, xs), inputs, along);

    public static Tensor?[] Push(Func<Tensor[], Tensor?[]> f, Tensor[] inputs, Tensor?[] along) {
        using var scope = new Scope("law");
        var variables = inputs.Zip(along, (x, v) => v is null ? x : Graph.Alias(x, scope)).ToArray();
        var outputs = f(variables);
        var known = Enumerable.Range(0, inputs.Length).Where(i => along[i] is not null).ToArray();
        var there = outputs.Select(o => o ?? Graph.Fill(0, new(DType.F64, Shape.Scalar))).ToArray();
        return Linearization.Push(there, scope, [.. known.Select(i => variables[i])], [.. known.Select(i => along[i])]);
    }

    /// <summary>Tangents along v, and cotangents of the inputs for cotangents u of the outputs.</summary>
    public static (Tensor?[] Pushed, Tensor?[] Pulled) Both(Func<Tensor[], Tensor?[]> f, Tensor[] inputs, Tensor?[] v, Tensor?[] u) => (Push(f, inputs, v), Pull(f, inputs, v, u));

    /// <summary>Cotangents of the inputs that v has directions of, for cotangents u of the outputs.</summary>
    public static Tensor?[] Pull(Func<Tensor[], Tensor?[]> f, Tensor[] inputs, Tensor?[] v, Tensor?[] u) {
        using var scope = new Scope("law");
        var variables = inputs.Zip(v, (x, d) => d is null ? x : Graph.Alias(x, scope)).ToArray();
        var outputs = f(variables);
        using var linear = new Scope("law");
        var known = Enumerable.Range(0, inputs.Length).Where(i => v[i] is not null).ToArray();
        var ins = known.Select(i => Graph.Input(inputs[i].Type, linear)).ToArray();
        var there = outputs.Select(o => o ?? Graph.Fill(0, new(DType.F64, Shape.Scalar))).ToArray();
        var tangents = Linearization.Push(there, scope, [.. known.Select(i => variables[i])], ins);
        var some = Enumerable.Range(0, tangents.Length).Where(i => tangents[i] is not null).ToArray();
        var pulled = some.Length == 0 ? new Tensor?[known.Length] : Linearization.Pull([.. some.Select(i => tangents[i]!)], [.. some.Select(i => u[i])], linear, ins);
        var result = new Tensor?[inputs.Length];
        for (var k = 0; k < known.Length; k++) result[known[k]] = pulled[k];
        return result;
    }
}
