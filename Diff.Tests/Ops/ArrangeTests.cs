using static Diff.Functions;

namespace Diff.Tests;

/// <summary>Shapes, masks, places and dynamic slices: against figures that NumPy gives, and their derivatives by both modes.</summary>
public class ArrangeTests {
    const double NaN = double.NaN;

    static void Is(double[] expected, Tensor actual, params int[] shape) {
        if (shape.Length > 0) Assert.Equal(shape, actual.Shape.ToArray());
        Assert.Equal(expected, Values.Doubles(actual));
    }

    static readonly Tensor m = Tensor.Arange(6).Reshape(2, 3).To(DType.F64);

    [Fact]
    public void Taking_apart_and_repeating() {
        Assert.Equal(3, m.Unstack(1).Length);
        Is([1, 4], m.Unstack(1)[1], 2);
        Is([2, 5], m.Split(3, 1)[2], 2, 1);
        Assert.Throws<ShapeException>(() => m.Split(2, 1));
        Assert.Throws<ShapeException>(() => m.Split(0, 1));
        Is([2, 0, 1, 5, 3, 4], m.Roll(1));
        Is([1, 2, 0, 4, 5, 3], m.Roll(-4));
        Is([3, 4, 5, 0, 1, 2], m.Roll(1, 0));
        Is([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], m.Repeat(2), 2, 6);
        Is([0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5], m.Repeat(2, 0), 4, 3);
        Is([0, 2, 2, 3, 5, 5], m.Repeat([1, 0, 2]), 2, 3);
        Is([], m.Repeat(0), 2, 0);
        Is([0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5], m.Tile(2), 2, 6);
        Is([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5], m.Tile(2, 1), 4, 3);
        Assert.Equal([2, 2, 3], m.Tile(2, 1, 1).Shape.ToArray());
        Is([2, 5, 1, 4, 0, 3], m.Rot90(), 3, 2);
        Is([5, 4, 3, 2, 1, 0], m.Rot90(2));
        Is([3, 0, 4, 1, 5, 2], m.Rot90(-1), 3, 2);
        Is([0, 1, 2, 3, 4, 5], m.Rot90(4));
        Is([4, 4, 4, 4, 4, 4], Grad(x => (x.Tile(2, 2)).Sum(), m));
        Is([2, 2, 2, 2, 2, 2], Grad(x => x.Repeat(2).Sum(), m));
    }

    [Fact]
    public void Padding_with_own_elements() {
        var v = Tensor.Ints(1, 2, 3);
        Is([1, 1, 1, 2, 3, 3], v.Pad(PadMode.Edge, (2, 1)));
        Is([3, 2, 1, 2, 3, 2], v.Pad(PadMode.Reflect, (2, 1)));
        Is([2, 1, 1, 2, 3, 3], v.Pad(PadMode.Symmetric, (2, 1)));
        Is([2, 3, 1, 2, 3, 1], v.Pad(PadMode.Wrap, (2, 1)));
        // Wider than the row, as numpy.pad does it.
        Is([2, 3, 2, 1, 2, 3, 2, 1, 2, 3], v.Pad(PadMode.Reflect, (3, 4)));
        Is([3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1, 2], v.Pad(PadMode.Symmetric, (4, 5)));
        Is([3, 1, 2, 3, 1, 2, 3, 1, 2], v.Pad(PadMode.Wrap, (4, 2)));
        Is([7, 7, 7], Tensor.Ints(7).Pad(PadMode.Reflect, (1, 1)));
        Is([0, 0, 1, 2, 2, 0, 0, 1, 2, 2, 3, 3, 4, 5, 5, 3, 3, 4, 5, 5], m.Pad(PadMode.Edge, (1, 1)), 4, 5);
        Is([1, 1, 2], Grad(x => x.Pad(PadMode.Reflect, (0, 1))[^1] + x.Pad(PadMode.Edge, (0, 1)).Sum(), Tensor.Of(1, 2, 3)) - Tensor.Of(0, 1, 0));
        Assert.Throws<ShapeException>(() => Tensor.Zeros(0).Pad(PadMode.Edge, (1, 0)));
    }

    [Fact]
    public void Triangles_diagonals_and_grids() {
        Is([1, 0, 0, 1, 1, 0], Tensor.Tri(2, 3));
        Is([1, 1, 1, 1, 1, 1], Tensor.Tri(2, 3, 2));
        Is([0, 0, 0, 1, 0, 0], Tensor.Tri(2, 3, -1));
        Is([0, 0, 0, 3, 4, 0], m.Tril());
        Is([0, 1, 2, 0, 4, 5], m.Triu());
        Is([0, 1, 2, 3, 4, 5], m.Triu(-1));
        Is([0, 0, 2, 0, 0, 0], m.Triu(2));
        Is([0, 0, 0, 3, 0, 0], m.Tril(-1));
        Is([0, 4], m.Diag());
        Is([1, 5], m.Diag(1));
        Is([3], m.Diag(-1));
        Is([], m.Diag(3), 0);
        Is([0, 4, 0, 4], m.Tile(2, 1, 1).Diag(), 2, 2);
        Is([1, 0, 0, 2], Tensor.Of(1, 2).Diag(), 2, 2);
        Is([0, 1, 0, 0, 0, 2, 0, 0, 0], Tensor.Of(1, 2).Diag(1), 3, 3);
        Is([0, 0, 0, 1, 0, 0, 0, 2, 0], Tensor.Of(1, 2).Diag(-1), 3, 3);
        Assert.Equal([2, 2], Tensor.Zeros(0).Diag(2).Shape.ToArray());
        Is([1, 0, 0, 0, 1, 0], Grad(x => x.Diag().Sum(), m));
        Is([1, 5], Grad(x => (x.Diag() * Tensor.Of(1, 2, 4, 5).Reshape(2, 2)).Sum(), Tensor.Of(0, 0)));
        var grid = Tensor.Meshgrid(Tensor.Of(1, 2), Tensor.Of(3, 4, 5));
        Is([1, 1, 1, 2, 2, 2], grid[0], 2, 3);
        Is([3, 4, 5, 3, 4, 5], grid[1], 2, 3);
        Is([7, 7], Tensor.FullLike(Tensor.Ints(1, 2), 7));
        Assert.Throws<DTypeException>(() => Tensor.FullLike(Tensor.Ints(1, 2), 0.5));
    }

    [Fact]
    public void Masks_select_where_values_are_known() {
        Is([4, 5], m[m > 3]);
        Is([3, 4, 5], m[Tensor.From<bool>([false, true], 2)], 1, 3);
        Is([0, 2, 3, 5], m[.., Tensor.From<bool>([true, false, true], 3)], 2, 2);
        Is([], m[m > 9], 0);
        Is([0, 0, 0, 0, 8, 10], Grad(x => x[x > 3].Square().Sum(), m));
        Is([0, 2, 1, 0], (m > 1.5).Nonzero()[..2], 2, 2);
        var e = Assert.Throws<UnknownValueException>(() => Vmap(x => x[x > 3].Sum())(m));
        Assert.Contains("Where", e.Message);
        Assert.Throws<UnknownValueException>(() => Vmap(x => x.Nonzero())(m));
        Assert.Throws<ShapeException>(() => m[Tensor.From<bool>([true], 1)]);
        var (values, inverse, counts) = Tensor.Of(3, 1, NaN, 3, NaN, 1, 1).Unique();
        Is([1, 3, NaN], values);
        Is([1, 0, 2, 1, 2, 0, 0], inverse);
        Is([3, 2, 2], counts);
        Is([], Tensor.Zeros(0).Unique().Counts);
        Is([1, 1, 0], Grad(x => x.Unique().Values.Sum(), Tensor.Of(2, 1, 2)));
    }

    [Fact]
    public void Places_are_set_in_another_tensor() {
        Is([9, 9, 9, 3, 4, 5], m.At(0).Set(9));
        Is([0, 1, 2, 3, 7, 8], m.At(^1, 1..).Set(Tensor.Of(7, 8)));
        Is([0, 9, 2, 3, 9, 5], m.At(.., 1).Set(9));
        Is([9, 1, 8, 7, 4, 6], m.At(.., .. % 2).Set(Tensor.Of(9, 8, 7, 6).Reshape(2, 2)));
        Is([2, 1, 0, 3, 4, 5], m.At(0, .. % -1).Set(Tensor.Of(0, 1, 2)));
        Is([0, 1, 2, 3, 4, 5], m);
        Is([1, 2, 3, 3, 4, 5], m.At(0).Add(1));
        Is([0, 2, 4, 3, 4, 5], m.At(0).Mul(2));
        Is([2, 2, 2, 3, 4, 5], m.At(0).Max(2));
        Is([0, 1, 2, 2, 2, 2], m.At(1).Min(2));
        Is([0, 1, 2, 3, 0, 0], m.At(m > 3).Set(0));
        Is([0, 1, 2, 6, 8, 10], m.At(Tensor.From<bool>([false, true], 2)).Mul(2));
        Is([9, 9, 9, 9, 9, 9], m.At().Set(9));
        // Integers in a tensor, some of them twice.
        var at = Tensor.Ints(0, 2, 0, -1);
        Is([3, 0, 4], Tensor.Of(9, 0, 9).At(at).Set(Tensor.Of(1, 2, 3, 4)));
        Is([13, 0, 15], Tensor.Of(9, 0, 9).At(at).Add(Tensor.Of(1, 2, 3, 4)));
        Is([27, 5, 72], Tensor.Of(9, 5, 9).At(at).Mul(Tensor.Of(1, 2, 3, 4)));
        Is([9, 5, 12], Tensor.Of(9, 5, 9).At(at).Max(Tensor.Of(1, 2, 3, 12)));
        Is([-1, 5, 2], Tensor.Of(9, 5, 9).At(at).Min(Tensor.Of(1, 2, -1, 4)));
        Is([1, 1, 3, 4, 4, 6], m.At(.., Tensor.Ints(0, 2)).Add(1));
        Is([9, 1, 2, 3, 8, 5], m.AtEach(Tensor.Ints(0, 0, -1, 1).Reshape(2, 2)).Set(Tensor.Of(9, 8)));
        Is([4, 0], m.Gather(Tensor.Ints(1, 1, 0, 0).Reshape(2, 2)));
        Is([3, 4, 5], m.Gather(Tensor.Ints(1).Reshape(1, 1)), 1, 3);
        Is([3, 4, 5, 3, 4, 5], m.At(0).Set(m[1]));
        Assert.Throws<ShapeException>(() => m.At(2).Set(0));
        Assert.Throws<ShapeException>(() => m.At(0).Set(Tensor.Of(1, 2)));
        Assert.Throws<ShapeException>(() => m.At(Tensor.Ints(5)).Set(0));
        Assert.Throws<ShapeException>(() => m.Gather(Tensor.Ints(0, 3).Reshape(1, 2)));
        Assert.Throws<DTypeException>(() => Tensor.Ints(1, 2).At(0).Set(0.5));
        Assert.Throws<DTypeException>(() => Tensor.Ones(2).At(0).Set(Tensor.Of(1)));
        Is([5, 2], Tensor.Ints(1, 2).At(0).Set(5));
    }

    [Fact]
    public void Derivatives_go_to_tensor_and_values() {
        var (x, at) = (Tensor.Of(2, 3, 5), Tensor.Ints(0, 2, 0));
        var w = Tensor.Of(1, 10, 100);
        foreach (var v in new[] { Tensor.Of(7, 11, 13), Tensor.Of(0, 11, 0), Tensor.Of(0, 1, 3) })
            foreach (var (name, f) in new Dictionary<string, Func<Tensor, Tensor, Tensor>> {
                ["Set"] = (a, b) => a.At(at).Set(b), ["Add"] = (a, b) => a.At(at).Add(b), ["Mul"] = (a, b) => a.At(at).Mul(b), ["Max"] = (a, b) => a.At(at).Max(b), ["Min"] = (a, b) => a.At(at).Min(b),
                ["Block"] = (a, b) => a.At(1..).Mul(b[..2]), ["Steps"] = (a, b) => a.At(.. % 2).Set(b[..2]), ["Mask"] = (a, b) => a.At(a > 2.5).Mul(b)
            }) {
                if (name is "Max" or "Min" && v[0].Item() == 0) continue;     // a tie: the first has it
                var (gx, gv) = Grads((a, b) => (f(a, b) * w).Sum())(x, v);
                var (dx, dv) = (new double[3], new double[3]);
                for (var i = 0; i < 3; i++) {
                    var h = Tensor.OneHot(Tensor.Ints(i), 3, DType.F64)[0] * 1e-6;
                    double D(Tensor a, Tensor b) => (f(a, b) * w).Sum().Item();
                    (dx[i], dv[i]) = ((D(x + h, v) - D(x - h, v)) / 2e-6, (D(x, v + h) - D(x, v - h)) / 2e-6);
                }
                Values.AssertClose(dx, Values.Doubles(gx), 1e-6, name + " by x");
                Values.AssertClose(dv, Values.Doubles(gv), 1e-6, name + " by values");
                // Vmap is a loop, also over the places.
                var places = Tensor.Ints(0, 2, 0, 1, -1, 1).Reshape(2, 3);
                if (name is "Set" or "Add" or "Mul" or "Max" or "Min") {
                    Tensor Once(Tensor p) => name switch { "Set" => x.At(p).Set(v), "Add" => x.At(p).Add(v), "Mul" => x.At(p).Mul(v), "Max" => x.At(p).Max(v), _ => x.At(p).Min(v) };
                    Is(Values.Doubles(Stack([Once(places[0]), Once(places[1])])), Vmap(Once)(places));
                }
            }
    }

    [Fact]
    public void Parts_whose_place_is_computed() {
        Is([4, 5], m.DynamicSlice(Tensor.Ints(1, 1), 1, 2), 1, 2);
        Is([1, 2], m.DynamicSlice(Tensor.Ints(0, -2), 1, 2));
        Assert.Throws<ShapeException>(() => m.DynamicSlice(Tensor.Ints(0, 2), 1, 2));
        Assert.Throws<ShapeException>(() => m.DynamicSlice(Tensor.Ints(0, -4), 1, 2));
        Assert.Throws<ShapeException>(() => m.DynamicSlice(Tensor.Ints(0), 1, 2));
        Is([0, 1, 2, 3, 8, 9], m.DynamicUpdate(Tensor.Of(8, 9).Reshape(1, 2), Tensor.Ints(1, 1)));
        Assert.Throws<ShapeException>(() => m.DynamicUpdate(Tensor.Of(8, 9).Reshape(1, 2), Tensor.Ints(1, 2)));
        Is([0, 0, 0, 0, 1, 1], Grad(x => x.DynamicSlice(Tensor.Ints(1, 1), 1, 2).Sum(), m));
        Is([0, 1, 4, 5], Vmap(i => m.DynamicSlice(i, 1, 2).Flatten(0))(Tensor.Ints(0, 0, 1, 1).Reshape(2, 2)), 2, 2);
    }

    [Fact]
    public void Segments_have_extremes() {
        var (x, segments) = (Tensor.Of(3, 1, 4, 1, 5).Reshape(5, 1) * Tensor.Of(1, -1), Tensor.Ints(0, 2, 0, 2, 2));
        Is([4, -3, double.NegativeInfinity, double.NegativeInfinity, 5, -1], SegmentMax(x, segments, 3), 3, 2);
        Is([3, -4, double.PositiveInfinity, double.PositiveInfinity, 1, -5], SegmentMin(x, segments, 3), 3, 2);
        Is([0, 1, 0, 1, 1, 0, 0, 0, 1, 0], Grad(x => SegmentMax(x, segments, 3).Take(Tensor.Ints(0, 2)).Sum(), x), 5, 2);
        Assert.Equal([4L, long.MinValue], SegmentMax(Tensor.From<long>([4, 3], 2), Tensor.Ints(0, 0), 2).ToArray<long>());
        Assert.Equal([int.MaxValue, 3], SegmentMin(Tensor.Ints(4, 3), Tensor.Ints(1, 1), 2).ToArray<int>());
        Assert.Equal([0u, 4u], SegmentMax(Tensor.From<uint>([4, 3], 2), Tensor.Ints(1, 1), 2).ToArray<uint>());
        Assert.Throws<ShapeException>(() => SegmentMax(x, segments, 2));
        Assert.Throws<ShapeException>(() => SegmentMax(x, Tensor.Ints(0), 2));
        Assert.Throws<ShapeException>(() => SegmentMin(Tensor.Scalar(1.0), Tensor.Ints(0), 2));
        Assert.Throws<DTypeException>(() => SegmentMax(x > 0, segments, 3));
    }

    [Fact]
    public void Segments_and_counts() {
        Is([5, 7, 9, 0, 0, 0], SegmentSum(m.At(0).Add(2), Tensor.Ints(0, 0), 2), 2, 3);
        Is([2, 0, 1], Bincount(Tensor.Ints(0, 2, 0), 3));
        Is([4, 0, 2], Bincount(Tensor.Ints(0, 2, 0), 3, Tensor.Of(1, 2, 3)));
        Assert.Throws<ShapeException>(() => Bincount(Tensor.Ints(0, -1), 3));
        Assert.Throws<ShapeException>(() => Bincount(Tensor.Ints(3), 3));
    }

    [Fact]
    public void Places_inside_transforms() {
        var at = Tensor.Ints(0, 2, 0);
        Is([7, 1, 7, 7, 7, 4], Jit(x => x.At(.., 0).Set(7).Flatten(0).At(Tensor.Ints(2, 5)).Set(Tensor.Of(7, 4)).At(4).Set(7))(m));
        // Of each row alone.
        Is([3, 1, 2, 3, 1, 2], Vmap(Grad(x => x.At(at).Add(x[at]).Sum()))(m));
        Is([0, 2, 4, 6, 8, 10], Vmap(x => x.At(x > 0.5).Mul(2))(m));
        Is([6, 10], Vmap(i => m.Flatten(0).DynamicSlice(i.Reshape(1), 2).Sum() + i)(Tensor.Ints(2, 3)) - Tensor.Ints(1, 0));
        var e = Assert.Throws<ShapeException>(() => Jit(i => m.At(i).Set(1))(Tensor.Ints(2)));
        Assert.Contains("2", e.Message);
    }
}
