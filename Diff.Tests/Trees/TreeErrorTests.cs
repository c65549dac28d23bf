using System.Collections;
using static Diff.Functions;
using static Diff.Tests.Trees.TreeTests;

namespace Diff.Tests.Trees;

/// <summary>What is part of the structure, what is refused, and what the messages say.</summary>
public class TreeErrorTests {
    internal enum Mode { Same, Valid }
    internal record Config(
        int Size, string Padding, Mode Mode, double? Slope, Type Kind, Func<Tensor, Tensor> F, int[] Stride, DateTime When, Version? Version);
    internal record Layer(Tensor W, Config Config);
    internal record Lazily(Lazy<Tensor> L);
    internal class Node { public Tensor W = 1; public Node? Next; public List<Node> All = []; }
    internal class Own(params Tensor[] items) : IEnumerable<Tensor> {
        readonly Tensor[] items = items;
        public IEnumerator<Tensor> GetEnumerator() => ((IEnumerable<Tensor>)items).GetEnumerator();
        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
    internal class Derived : List<Tensor>;
    internal record Word(string Text);
    internal sealed class Table(int n) { public int N => n; public override bool Equals(object? o) => o is Table; public override int GetHashCode() => 0; }

    static Layer Make(int size = 3, int stride = 1) =>
        new(T(1), new(size, "same", Mode.Valid, null, typeof(int), Double, [stride, 1], DateTime.UnixEpoch, new(1, 2)));

    static Tensor Double(Tensor x) => x * 2;

    static string Message(Action act) => Assert.Throws<TreeException>(act).Message;

    [Fact]
    public void What_is_not_a_tensor_is_structure_and_shared() {
        var layer = Make();
        var next = Tree.Map(x => x + 1, layer);
        Assert.Same(layer.Config, next.Config);
        Assert.Equal(["W"], Tree.Paths(layer));
        Tree.Map((x, y) => x + y, layer, Make());        // equal by value: another Config, another array
        object?[] nothing = [
            null, 1, "x", 2.5, typeof(int), Mode.Same, (Func<Tensor, Tensor>)Double, new HashSet<Word>(), new Version(1, 2), new int[3, 3],
            new Lazy<int>(3), Enumerable.Range(0, 3), Task.CompletedTask, new object(), new HashSet<string>()];
        Assert.All(nothing, x => Assert.Empty(Tree.Leaves(x)));
        Tree.Map((x, _) => x, (T(1), new Table(1)), (T(1), new Table(2)));      // its own equality
    }

    [Fact]
    public void Structures_that_differ_are_told_apart_with_the_path() {
        Assert.Equal("Tree.Map: the second tree at Config.Size is 4; it has to be 3, like the value it goes with.",
            Message(() => Tree.Map((x, y) => x + y, Make(), Make(4))));
        Assert.Equal("Tree.Map: the third tree at [1].Config.Stride[0] is 2; it has to be 1, like the value it goes with.",
            Message(() => Tree.Map((x, y, z) => x, [Make(), Make()], [Make(), Make()], new[] { Make(), Make(stride: 2) })));
        Assert.Contains("has 1 element; it has to have 2", Message(() => Tree.Map((x, y) => x, [T(1), T(2)], new[] { T(1) })));
        Assert.Contains("""has ["b"] where the value it goes with has ["a"]""",
            Message(() => Tree.Map((x, y) => x, new Dictionary<string, Tensor> { ["a"] = T(1) }, new Dictionary<string, Tensor> { ["b"] = T(1) })));
        Assert.Contains("at Blocks[0] is a Gated; it has to be an Affine",
            Message(() => Tree.Map((x, y) => x, new Net([new Affine(T(1), 2)], [], null), new Net([new Gated(T(1), 2, T(3))], [], null))));
        Assert.Contains("at Scale is a tensor; it has to be null", Message(() => Tree.Map((x, y) => x, new Net([], [], null), new Net([], [], T(1)))));
        Assert.Contains("Item2 is 3; it has to be 2", Message(() => Tree.Map((x, y) => x, (T(1), 2), (T(1), 3))));
        var (_, pull) = Vjp(p => new[] { p.Weight, p.Bias }, L(1));
        Assert.StartsWith("Vjp: the cotangent has 1 element;", Message(() => pull([T(1)])));
        Assert.Contains("leaves", Message(() => Tree.Rebuild(L(1), T(1))));
    }

    [Fact]
    public void What_would_hide_tensors_is_refused_with_the_path() {
        Assert.StartsWith("Tree: L is a Lazy<Tensor>, which would hide tensors", Message(() => Tree.Leaves(new Lazily(new(() => T(1))))));
        Assert.StartsWith("Tree: Item2[0] is a Task<Tensor>,", Message(() => Tree.Leaves((1, new[] { Task.FromResult(T(1)) }))));
        Assert.Contains("would hide", Message(() => Tree.Leaves(Enumerable.Range(0, 3).Select(i => T(i)))));
        Assert.Contains("would hide", Message(() => Tree.Leaves(Iterate())));
        Assert.Contains("would hide", Message(() => Tree.Leaves(IterateAsync())));
        Assert.Contains("HashSet<Tensor>", Message(() => Tree.Leaves(new HashSet<Tensor>())));
        Assert.Contains("Tensor[,]", Message(() => Tree.Leaves(new Tensor[1, 1])));
        Assert.Contains("a Derived", Message(() => Tree.Leaves<List<Tensor>>(new Derived { T(1) })));
        Assert.Contains("a Queue<Affine>", Message(() => Tree.Leaves(new { Q = new Queue<Affine>() })));
        Assert.Equal(["items[0]", "items[1]"], Tree.Paths(new Own(T(1), T(2))));

        static IEnumerable<Tensor> Iterate() { yield return T(1); }
        static async IAsyncEnumerable<Tensor> IterateAsync() { await Task.Yield(); yield return T(1); }
    }

    [Fact]
    public void Cycles_are_errors_and_not_the_end_of_the_process() {
        var node = new Node();
        Assert.Equal(["W"], Tree.Paths(node));
        node.Next = new() { Next = node };
        Assert.Equal("Tree: Next.Next is a Node that it is inside of, and a tree has no cycles.", Message(() => Tree.Leaves(node)));
        node.Next = null;
        node.All.AddRange([new(), node, node, node]);
        Assert.Contains("All[1] is a Node that it is inside of", Message(() => Grad(n => n.W, node)));
        object[] self = [T(1), null!];
        self[1] = self;
        Assert.Contains("[1] is an object[]", Message(() => Tree.Leaves(self)));
        Deep? deep = null;
        for (var i = 0; i < 900; i++) deep = new(T(i), deep);
        var thread = new Thread(() => Assert.Equal(900, Tree.Leaves(Tree.Map(x => x, deep)).Length), 1 << 20);
        thread.Start();
        thread.Join();
        for (var i = 0; i < 200; i++) deep = new(T(i), deep);
        Assert.Contains("nests deeper than the 1000 levels", Message(() => Tree.Leaves(deep)));
        Assert.Equal(2, Tree.Leaves(new[] { T(1), T(2) }).Length);      // nothing is left over from what failed
    }

    [Fact]
    public void Types_are_described_as_they_are_written() {
        Assert.Equal("(double, double)", Tree.Flatten((1.0, 2.0)).Describe());
        Assert.Equal("(int, Linear[], List<Dictionary<string, Tensor>>, int?)",
            Tree.Flatten((1, new[] { L(1) }, new List<Dictionary<string, Tensor>>(), (int?)1)).Describe());
        Assert.Equal("(int, int, int, int, int, int, int, string, bool)", Tree.Flatten((1, 2, 3, 4, 5, 6, 7, "", true)).Describe());
        Assert.Equal("new { W, B }", Tree.Flatten(new { W = 1, B = 2 }).Describe());
        Assert.Equal("i32[3]", Tree.Flatten(Tensor.Ints(1, 2, 3)).Describe());
        Assert.Contains("(double, double) has no differentiable leaf", Assert.Throws<GradientException>(() => Grad(p => T(p.Item1).Sum(), (1.0, 2.0))).Message);
    }

    [Fact]
    public void Records_print_their_state_as_its_value() =>
        Assert.Equal(new Linear(T(1), T(2)).ToString().Replace("Linear", "").Replace("Weight", "").Replace("Bias", ""),
            new Stated(T(1), T(2)).ToString().Replace("Stated", "").Replace("A", "").Replace("B", ""));

    internal record Stated(State<Tensor> A, State<Tensor> B);
}
