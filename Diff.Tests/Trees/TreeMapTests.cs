using FsCheck.Xunit;
using static Diff.Functions;
using static Diff.Tests.Trees.TreeTests;

namespace Diff.Tests.Trees;

/// <summary>Laws of mapping and rebuilding, on random trees; gradients of every kind of tree; threads.</summary>
public class TreeMapTests {
    static double[] Numbers(Tensor x) => [.. Enumerable.Range(0, x.Size).Select(i => x.Reshape(x.Size)[i].Item())];

    static void Equal<P>(P expected, P actual) {
        var (x, y) = (Tree.Leaves(expected), Tree.Leaves(actual));
        Assert.Equal(Tree.Paths(expected), Tree.Paths(actual));
        Assert.Equal(x.Select(Numbers), y.Select(Numbers));
    }

    // A tree drawn from a number: every kind of node, some empty, some without tensors, integers and state among the leaves.
    static object? Random(Random random, int depth) => random.Next(depth > 3 ? 4 : 13) switch {
        0 => T(random.Next(9)),
        1 => random.Next(2) == 0 ? null : "static",
        2 => Tensor.Ints(random.Next(9)),
        3 => random.Next(9),
        4 => new[] { Random(random, depth + 1), Random(random, depth + 1) },
        5 => new List<object?> { Random(random, depth + 1) },
        6 => (Random(random, depth + 1), T(1)),
        7 => new Dictionary<string, object?> { ["b"] = Random(random, depth + 1), ["a"] = Random(random, depth + 1) },
        8 => new Named("n", random.Next(9), L(random.Next(9))),
        9 => new State<object?>(Random(random, depth + 1)),
        10 => new { A = Random(random, depth + 1), B = 2.5 },
        11 => new Net([new Affine(T(1), 2), new Relu6()], [L(2)], null),
        _ => new Point(T(3), T(4)),
    };

    [Property(MaxTest = 300)]
    public void Rebuilding_with_leaves_is_identity_and_leaves_of_what_is_rebuilt_are_what_it_was_rebuilt_with(int seed) {
        var tree = Random(new(seed), 0);
        var flat = Tree.Flatten(tree);
        Assert.Equal(flat.Leaves.Length, flat.Paths.Length);
        Equal(tree, flat.Rebuild(flat.Leaves));
        var fresh = Array.ConvertAll(flat.Leaves, _ => T(seed));
        var again = Tree.Leaves(Tree.Rebuild(tree, fresh));
        Assert.All(fresh.Zip(again), p => Assert.Same(p.First, p.Second));
        flat.CheckSame(Tree.Flatten(Random(new(seed), 0)), "the same tree made twice");
    }

    [Property(MaxTest = 100)]
    public void Map_keeps_identity_and_composition(int seed) {
        var tree = Random(new(seed), 0);
        Equal(tree, Tree.Map(x => x, tree));
        Equal(Tree.Map(x => (x + 1) * 2, tree), Tree.Map(x => x * 2, Tree.Map(x => x + 1, tree)));
        Equal(Tree.Map(x => x * 3, tree), Tree.Map((x, y) => x + y * 2, tree, tree));
        Equal(Tree.Map(x => x * 3, tree), Tree.Map((x, y, z) => x + y + z, tree, tree, tree));
        Equal(Tree.Map(x => x * 4, tree), Tree.Map((x, y, z, w) => x + y + z + w, tree, tree, tree, tree));
    }

    [Fact]
    public void Map_visits_parameters_and_copies_the_rest_from_the_first() {
        var (a, b) = (new Norm(T(1), T(2), Tensor.Ints(3)), new Norm(T(10), T(20), Tensor.Ints(30)));
        var sum = Tree.Map((x, y) => x + y, a, b);
        Assert.Equal([11, 13], Numbers(sum.Scale));
        Assert.Same(a.Mean.Value, sum.Mean.Value);
        Assert.Same(a.Steps, sum.Steps);
        Assert.Equal(["Scale"], Seen(a));
        Assert.Single(Tree.Parameters(a));
        var both = Tree.MapMany(2, x => [x[0] + x[1], x[0] - x[1]], a, b);
        Assert.Equal([11, 13], Numbers(both[0].Scale));
        Assert.Equal([-9, -9], Numbers(both[1].Scale));
        Assert.Same(b.Steps, both[1].Steps);

        static List<string> Seen(Norm norm) {
            var seen = new List<string>();
            Tree.MapWithPath((path, x) => { seen.Add(path); return x; }, norm);
            return seen;
        }
    }

    [Fact]
    public void Gradients_have_the_type_of_the_parameters() {
        var g = Grad(p => (p.Weight.Square() * 3 + p.Bias).Sum(), L(1));
        Assert.Equal([6, 12], Numbers(g.Weight));
        Assert.Equal([1, 1], Numbers(g.Bias));
        var (x, (y, n)) = Grad(p => (p.Item1 * p.Item2.Item1).Sum(), (T(1), (T(5), 7)));
        Assert.Equal([5, 6], Numbers(x));
        Assert.Equal([1, 2], Numbers(y));
        Assert.Equal(7, n);
        Assert.Equal([2, 2], Numbers(Grad(p => (p[0] + p[1] * 2).Sum(), new[] { T(1), T(2) })[1]));
        Assert.Equal([1, 2], Numbers(Grad(p => (p.W * p.B).Sum(), new { W = T(3), B = T(1) }).W));
        Assert.Equal([3, 3], Numbers(Grad(p => (p["a"].Weight * 3).Sum(), new Dictionary<string, Linear> { ["a"] = L(1) })["a"].Weight));
        var net = new Net([new Affine(T(1), 2), new Relu6()], [L(2)], null);
        var gn = Grad(m => (((Affine)m.Blocks[0]).W * ((Affine)m.Blocks[0]).Gain * m.Heads[0].Bias).Sum(), net);
        Assert.Equal([5, 7], Numbers(((Affine)gn.Blocks[0]).W));
        Assert.Equal([0, 0], Numbers(gn.Heads[0].Weight));
    }

    [Fact]
    public void State_and_integers_are_absent_in_gradients_and_survive_a_step() {
        var norm = new Norm(T(1), T(2), Tensor.Ints(3));
        var (value, g) = ValueAndGrad(n => (n.Scale * n.Mean.Value * n.Steps).Sum(), norm);
        Assert.Equal(24, value.Item());
        Assert.Equal([6, 9], Numbers(g.Scale));
        Assert.Contains("Mean", Assert.Throws<GradientException>(() => g.Mean.Value + 1).Message);
        Assert.Contains("Steps", Assert.Throws<GradientException>(() => g.Steps + 1).Message);
        var next = Tree.Map((p, d) => p - d, norm, g);
        Assert.Equal([-5, -7], Numbers(next.Scale));
        Assert.Same(norm.Mean.Value, next.Mean.Value);
        Assert.Equal(g.ToString(), Tree.Map(d => d, g).ToString());
        var moments = Tree.MapMany(2, x => [x[0] * 2, x[0] + x[1]], g, norm);
        Assert.Same(norm.Steps, moments[1].Steps);
    }

    [Fact]
    public void Results_of_functions_are_trees_too() {
        var (y, pull) = Vjp(p => (p.Weight * 2, new List<Tensor> { p.Bias.Sum() }), L(1));
        Assert.Equal([2, 4], Numbers(y.Item1));
        var back = pull((T(1), [5]));
        Assert.Equal([2, 4], Numbers(back.Weight));
        Assert.Equal([5, 5], Numbers(back.Bias));
        var (_, tangent) = Jvp(p => new Point(p.Weight * p.Bias, p.Bias), new Linear(T(1), T(2)), new Linear(T(0), T(1)));
        Assert.Equal([1, 7], Numbers(tangent.X));
    }

    [Fact]
    public void Many_threads_at_once() {
        var failures = 0;
        Parallel.For(0, 64, i => {
            var tree = (L(i), new[] { L(i), L(i) }, new { A = T(i), P = new Point(T(i), T(i)) }, new Dictionary<int, Tensor> { [i] = T(i) });
            for (var k = 0; k < 50; k++)
                if (Tree.Leaves(Tree.Map(x => x, tree)).Length != 10) Interlocked.Increment(ref failures);
        });
        Assert.Equal(0, failures);
    }
}
