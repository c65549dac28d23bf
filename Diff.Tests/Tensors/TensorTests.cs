using static Diff.Functions;

namespace Diff.Tests;

public class TensorTests {
    static void Is<T>(T[] expected, Tensor actual) where T : unmanaged => Assert.Equal(expected, actual.ToArray<T>());

    static void Type(string expected, Tensor actual) => Assert.Equal(expected, actual.Type.ToString());

    static readonly Tensor m = Tensor.Arange(12).Reshape(3, 4);

    [Fact]
    public void Making() {
        Tensor t = [[1, 2], [3, 4]];
        Type("f64[2,2]", t);
        Is([1.0, 2, 3, 4], t);
        Type("f32[2]", new float[] { 1, 2 });
        Type("f64[1,2]", new double[,] { { 1, 2 } });
        Type("f32[2,1]", new float[,] { { 1 }, { 2 } });
        Type("f64[2]", Tensor.Of(1, 2));
        Type("i32[2]", Tensor.Ints(1, 2));
        Type("i64[]", Tensor.Scalar(3L));
        Type("u32[2]", Tensor.From<uint>([1, 2], 2));
        Type("bool[2]", Tensor.From<bool>([true, false], 2));
        Type("f32[2,3]", Tensor.Zeros(2, 3));
        Type("f64[2]", Tensor.Ones(DType.F64, 2));
        Is([7f, 7], Tensor.Full(7, Shape.Of(2)));
        Is([1f, 0, 0, 0, 1, 0], Tensor.Eye(2, 3));
        Is([0, 1, 2], Tensor.Arange(3));
        Is([1f, 1.5f, 2], Tensor.Arange(1, 2.5, 0.5));
        Is([-1.0, -0.5, 0, 0.5, 1], Tensor.Linspace(-1, 1, 5, DType.F64));
        Is([1.0, 10, 100], Tensor.Logspace(0, 2, 3, type: DType.F64));
        Is([0f, 0, 1, 1, 0, 0, 0, 0, 0], Tensor.OneHot(Tensor.Ints(2, 0, 5), 3));
        Type("f32[2,0,3]", Tensor.Zeros(2, 0, 3));
        Type("f64[0]", (Tensor)(double[])[]);
        Tensor rows = [Tensor.Ints(1, 2), Tensor.Ints(3, 4)];
        Type("i32[2,2]", rows);
    }

    [Fact]
    public void What_cannot_be_made() {
        Assert.Contains("3 values", Assert.Throws<ShapeException>(() => Tensor.From<float>([1, 2, 3], 2, 2)).Message);
        Assert.Throws<ShapeException>(() => Tensor.Zeros(-1));
        Assert.Throws<ShapeException>(() => Tensor.Zeros(1 << 16, 1 << 16));
        Assert.Throws<ShapeException>(() => Tensor.Arange(-1));
        Assert.Throws<DomainException>(() => Tensor.Arange(0, 1, 0));
        Assert.Throws<DTypeException>(() => Tensor.From<short>([1], 1));
        Assert.Throws<DTypeException>(() => Tensor.Full(0.5, Shape.Of(2), DType.I32));
        Assert.Throws<DTypeException>(() => Tensor.OneHot(Tensor.Of(1), 3));
        Assert.Throws<ShapeException>(() => {
            Tensor ragged = [Tensor.Of(1, 2), Tensor.Of(1)];
        });
    }

    [Fact]
    public void A_tensor_never_changes() {
        double[] source = [1, 2, 3];
        double[,] table = { { 1, 2 } };
        Tensor of = source, from = Tensor.From<double>(source, 3), wide = table;
        (source[0], table[0, 0]) = (9, 9);
        Is([1.0, 2, 3], of);
        Is([1.0, 2, 3], from);
        Is([1.0, 2], wide);
        var copy = of.ToArray<double>();
        copy[1] = 9;
        Is([1.0, 2, 3], of);
        var view = of[1..];
        view.ToArray<double>()[0] = 9;
        Is([2.0, 3], view);
    }

    [Fact]
    public void Promotion_is_jax_s_table() {
        // Rows and columns: bool u32 i32 i64 f32 f64.
        string[] table = [
            "bool u32 i32 i64 f32 f64",
            "u32 u32 i64 i64 f32 f64",
            "i32 i64 i32 i64 f32 f64",
            "i64 i64 i64 i64 f32 f64",
            "f32 f32 f32 f32 f32 f64",
            "f64 f64 f64 f64 f64 f64"];
        foreach (var a in Enum.GetValues<DType>())
            foreach (var b in Enum.GetValues<DType>()) {
                var expected = table[(int)a].Split(' ')[(int)b];
                Assert.Equal(expected, DTypes.Promote(a, b).Name());
                if ((a, b) != (DType.Bool, DType.Bool)) Type(expected + "[2]", Tensor.Ones(a, 2) * Tensor.Ones(b, 2));
                Type(expected + "[2]", Where(Tensor.From<bool>([true, false], 2), Tensor.Ones(a, 2), Tensor.Ones(b, 2)));
                Type(expected + "[4]", Concat([Tensor.Ones(a, 2), Tensor.Ones(b, 2)]));
            }
    }

    [Fact]
    public void Literals_take_the_other_s_dtype() {
        foreach (var type in new[] { DType.U32, DType.I32, DType.I64, DType.F32, DType.F64 }) {
            Type($"{type.Name()}[2]", Tensor.Ones(type, 2) * 2);
            Type($"{type.Name()}[2]", 2 + Tensor.Ones(type, 2));
            Type(type.IsFloat() ? $"{type.Name()}[2]" : "f32[2]", Tensor.Ones(type, 2) * 0.5);
            Type(type.IsFloat() ? $"{type.Name()}[2]" : "f32[2]", Tensor.Ones(type, 2) / 2);
            Type($"{type.Name()}[2]", Max(Tensor.Ones(type, 2), 0));
        }
        // 0.1 meets f64 unrounded, f32 rounded once.
        Is([0.1], Tensor.Ones(DType.F64, 1) * 0.1);
        Is([0.1f], Tensor.Ones(1) * 0.1);
        Tensor tenth = 0.1;
        Is([0.1], Tensor.Ones(DType.F64, 1) * (tenth * 1));
        Is([0.2f], Tensor.Ones(1) * (tenth + 0.1));
        Assert.Equal(0.1 + 0.2, (tenth + 0.2).Item());
        // As the argument of a transform it is computed in f64, and takes the dtype of what it meets there.
        Assert.Equal(DType.F64, Grad(x => x * x)(0.1).DType);
        Assert.Equal(0.2, Grad(x => x * x)(0.1).Item());
        Assert.Equal(DType.F32, ValueAndGrad(x => (x * Tensor.Ones(2)).Sum(), 0.1).Value.DType);
        // Stacked, numbers are f64 data.
        Tensor two = [0.1, 0.2];
        Type("f64[2]", two * 1);
        Type("f64[2]", two * Tensor.Ones(2));
    }

    [Fact]
    public void Slices() {
        Is([4, 5, 6, 7], m[1]);
        Is([8, 9, 10, 11], m[-1]);
        Is([8, 9, 10, 11], m[^1]);
        Is([6], m[1, 2].Reshape(1));
        Assert.Equal(0, m[1, 2].Rank);
        Is([4, 5, 6, 8, 9, 10], m[1.., ..^1]);
        Is([0, 8], m[.. % 2, 0]);
        Is([11, 10, 9, 8], m[2, .. % -1]);
        Is([3, 1], m[0, .. % -2]);
        Is([1, 2], m[0, 1..3]);
        Type("i32[3,1,4]", m[.., NewAxis]);
        Type("i32[1,3,4]", m[NewAxis]);
        Is([3, 7, 11], m[Slice.Rest, -1]);
        Is([8, 9, 10, 11, 0, 1, 2, 3], m[Tensor.Ints(2, 0)]);
        Is([3, 0, 7, 4, 11, 8], m[.., Tensor.Ints(-1, 0)]);
        Type("i32[2,1,4]", m[Tensor.Ints(2, 0).Reshape(2, 1)]);
        Type("i32[0,4]", m[3..]);
        Is([4, 5, 6, 7], m[1..][0]);
        Is([2, 6, 10], m.T[2]);
        Is([10, 6, 2], m[.. % -1].T[2]);
        var rows = new List<string>();
        foreach (var row in m) rows.Add(row.ToString());
        Assert.Equal(["[0 1 2 3]", "[4 5 6 7]", "[ 8  9 10 11]"], rows);
    }

    [Fact]
    public void Outside_of_an_axis_is_an_error() {
        foreach (var bad in new Func<Tensor>[] { () => m[3], () => m[-4], () => m[^0], () => m[0, 4], () => m[..4], () => m[2..1], () => m[0, 0, 0], () => m[Slice.Rest, Slice.Rest], () => m[.. % 0],
            () => m[Tensor.Ints(3)], () => m[Tensor.Ints(-4)], () => m.Take(Tensor.Ints(4), 1), () => m.Sum(2), () => m.Sum(0, 0), () => m.Transpose(0), () => m.Transpose(0, 0), () => m.ExpandDims(4), () => m.Squeeze(0), () => m.Split([1, 1])[0],
            () => m.BroadcastTo(4), () => m.BroadcastTo(3, 5), () => Tensor.Zeros(2).ScatterAdd(Tensor.Ints(2), Tensor.Zeros(1)) })
            Assert.Throws<ShapeException>(() => bad());
        Assert.Contains("axis 1 of i32[3,4]", Assert.Throws<ShapeException>(() => m[0, 4]).Message);
        Assert.Throws<DTypeException>(() => m[Tensor.Of(1)]);
        // In a plan as well, and the first time as the third.
        for (var i = 0; i < 3; i++) Assert.Throws<ShapeException>(() => Grad(x => x.Take(Tensor.Ints(5)).Sum())(Tensor.Of(1, 2)));
    }

    [Fact]
    public void Shapes() {
        Type("i32[4,3]", m.Reshape(4, -1));
        Type("i32[12]", m.Reshape(-1));
        Type("i32[3,4]", m.Flatten());
        Type("i32[12]", m.Flatten(0));
        Is([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], m.T.Flatten(0));
        Is([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], m.T.Reshape(2, 6).Reshape(-1));
        Type("i32[1,3,4]", m.ExpandDims(0));
        Type("i32[3,4,1]", m.ExpandDims(-1));
        Type("i32[3,4]", m.ExpandDims(1).Squeeze());
        Type("i32[2,3,4]", m.BroadcastTo(2, 3, 4));
        Type("i32[4,1,3]", m.ExpandDims(1).MoveAxis(-1, 0).SwapAxes(1, 2));
        Assert.Contains("12 elements", Assert.Throws<ShapeException>(() => m.Reshape(5, 2)).Message);
        Assert.Throws<ShapeException>(() => m.Reshape(5, -1));
        Assert.Throws<ShapeException>(() => m.Reshape(-1, -1));
        Is([1f, 0, 0, 1], Tensor.Ones(1, 1).Pad(0, (0, 1))[0].Pad(0, (0, 0)).ExpandDims(0).Pad(0, (0, 1), (0, 0)) + Tensor.Of(0, 0, 0, 1).Reshape(2, 2).To(DType.F32));
        Is([5.0, 1, 5, 5], Tensor.Of(1).Pad(5, (1, 2)));
        Is([0, 1, 0, 1], Concat([Tensor.Arange(2), Tensor.Arange(2)]));
        Type("i32[2,3,4]", Stack([m, m]));
        Type("i32[3,4,2]", Stack([m, m], -1));
        Assert.Equal(["i32[1,4]", "i32[2,4]"], m.Split([1, 2]).Select(p => p.Type.ToString()));
    }

    [Fact]
    public void Broadcasting_and_its_errors() {
        Type("f32[4,3,2]", Tensor.Ones(4, 1, 2) + Tensor.Ones(3, 1));
        Type("f32[2,0]", Tensor.Ones(2, 1) * Tensor.Ones(0));
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones(3, 4) + Tensor.Ones(3));
        Assert.Contains("f32[3,4]", e.Message);
        Assert.Contains("f32[3]", e.Message);
        Assert.Contains("axis -1 has 4 on the left and 3 on the right", e.Message);
        Assert.Contains("x[.., NewAxis]", e.Message);
        Assert.Contains("x.T", Assert.Throws<ShapeException>(() => Tensor.Ones(3, 4) * Tensor.Ones(4, 3)).Message);
        var (x, w2) = (Tensor.Ones(64, 100), Tensor.Ones(10, 100));
        Assert.Equal("MatMul: x.MatMul(w2): left f32[64,100] has inner size 100, right f32[10,100] has 10. Did you mean w2.T?", Assert.Throws<ShapeException>(() => x.MatMul(w2)).Message);
    }

    [Fact]
    public void Operators_and_comparisons() {
        var (a, b) = (Tensor.Ints(1, 2, 3), Tensor.Ints(3, 2, 1));
        Is([4, 4, 4], a + b);
        Is([-2, 0, 2], a - b);
        Is([3, 4, 3], a * b);
        Is([1f / 3, 1, 3], a / b);
        Is([-1, -2, -3], -a);
        Is([true, false, false], a < b);
        Is([true, true, false], a <= b);
        Is([false, false, true], a > b);
        Is([false, true, true], a >= b);
        Is([false, true, false], a.Eq(b));
        Is([true, false, true], a.Ne(b));
        Is([false, true, false], (a <= b) & (a >= b));
        Is([true, false, true], (a < b) | (a > b));
        Is([true, false, true], (a <= b) ^ (a >= b));
        Is([false, true, true], !(a < b));
        Is([1, 2, 1], a & b);
        Is([3, 2, 3], a | b);
        Is([false, true], Tensor.Of(double.NaN, 1).Eq(Tensor.Of(double.NaN, 1)));
        Is([true, false], IsNaN(Tensor.Of(double.NaN, 1)));
        Is([false, false, true], IsFinite(Tensor.Of(double.NaN, double.NegativeInfinity, 1)));
        Assert.Throws<DTypeException>(() => -(a < b));
        Assert.Throws<DTypeException>(() => !a);
        Assert.Throws<DTypeException>(() => Tensor.Of(1) & Tensor.Of(1));
        Assert.False(a.Equals(Tensor.Ints(1, 2, 3)));
        Assert.True(a.Equals(a));
    }

    [Fact]
    public void Conversions_saturate_and_truncate() {
        Is([1, -1, int.MaxValue, int.MinValue, 0], Tensor.Of(1.9, -1.9, 1e30, -1e30, double.NaN).To(DType.I32));
        Is([0u, 4294967295], Tensor.Of(-5, 1e30).To(DType.U32));
        Is([true, false, true], Tensor.Of(0.5, 0, double.NaN).To(DType.Bool));
        Is([1f, 0], Tensor.From<bool>([true, false], 2).To(DType.F32));
        Is([16777216f], Tensor.Ints(16777217).To(DType.F32));
        Is([16777217.0], Tensor.Ints(16777217).To(DType.F64));
    }

    [Fact]
    public void Reading() {
        Assert.Equal(3, Tensor.Scalar(3f).Item());
        Assert.Equal(3f, Tensor.Scalar(3f).Item<float>());
        Assert.Equal(6, m[1, 2].Item());
        Assert.Contains("12 elements", Assert.Throws<ShapeException>(() => m.Item()).Message);
        Assert.Throws<DTypeException>(() => m.ToArray<double>());
        Assert.Equal(2.5, (double)(Tensor)2.5);
        Assert.Equal("[[ 0  1  2  3]\n [ 4  5  6  7]\n [ 8  9 10 11]]", m.ToString());
        Assert.Equal("2.50", $"{(Tensor)2.5:F2}");
    }
}
