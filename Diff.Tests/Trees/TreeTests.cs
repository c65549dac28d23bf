extern alias LangExt;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using FsCheck.Xunit;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using LE = LangExt::LanguageExt;

namespace Diff.Tests.Trees;

/// <summary>Every kind of tree, taken apart and put together again.</summary>
public class TreeTests {
    // Types as a user writes them: no attribute, no base class of ours, nothing registered.
    internal record Linear(Tensor Weight, Tensor Bias);
    internal record Named(string Name, int Size, Linear Inner) { public Tensor Doubled => Inner.Weight * 2; }
    internal abstract record Block;
    internal record Relu6 : Block;
    internal record Affine(Tensor W, double Gain) : Block;
    internal sealed record Gated(Tensor W, double Gain, Tensor Gate) : Affine(W, Gain);
    internal record Net(Block[] Blocks, IReadOnlyList<Linear> Heads, Tensor? Scale);
    internal class Plain {
        readonly Tensor hidden;
        public Tensor Shown = 2;
        public Tensor Set { get; init; } = 3;
        public static Tensor Shared = 9;
        public static int Built;
        public Plain(double x) => (hidden, Built) = (x, Built + 1);
        public Tensor Hidden => hidden;
    }
    internal struct Pair { public Tensor A; public readonly Tensor B; public Pair(Tensor a, Tensor b) => (A, B) = (a, b); }
    internal readonly record struct Point(Tensor X, Tensor Y);
    internal record Norm(Tensor Scale, State<Tensor> Mean, Tensor Steps);
    internal record Deep(Tensor W, Deep? Next);

    internal record Box<A>(A Value) { public required Tensor Needed { get; init; } Tensor Made { get; } = T(9); }
    internal class Under { public Tensor W = 1; }
    internal class Over : Under { public new Tensor W = 2; }
    internal class Failed(Tensor seen) : Exception { public Tensor Seen { get; } = seen; }

    internal static Tensor T(double x) => Tensor.Of(x, x + 1);
    internal static Linear L(double x) => new(T(x), T(x + 0.5));

    // Rebuilding with the leaves gives the leaves; with others, the others, in the same places.
    static P RoundTrip<P>(P tree, params string[] paths) {
        var flat = Tree.Flatten(tree);
        Assert.Equal(paths, flat.Paths);
        Assert.Equal(paths.Length, flat.Leaves.Length);
        var fresh = Array.ConvertAll(flat.Leaves, x => x + 1);
        var rebuilt = flat.Rebuild(fresh);
        Assert.Equal(tree!.GetType(), rebuilt!.GetType());
        var again = Tree.Flatten(rebuilt);
        for (var i = 0; i < fresh.Length; i++) Assert.Same(fresh[i], again.Leaves[i]);
        Assert.Equal(paths, again.Paths);
        flat.CheckSame(again, "the rebuilt tree");
        var old = Tree.Flatten(tree).Leaves;
        for (var i = 0; i < old.Length; i++) Assert.Same(flat.Leaves[i], old[i]);
        return rebuilt;
    }

    [Fact]
    public void Tensors() => RoundTrip(T(1), "");

    [Fact]
    public void Records() {
        RoundTrip(L(1), "Weight", "Bias");
        var named = RoundTrip(new Named("a", 3, L(1)), "Inner.Weight", "Inner.Bias");
        Assert.Equal(("a", 3), (named.Name, named.Size));
        var gated = RoundTrip<Block>(new Gated(T(1), 2, T(3)), "W", "Gate");
        Assert.Equal(2, Assert.IsType<Gated>(gated).Gain);
    }

    [Fact]
    public void Derived_records_stay_what_they_are_and_subtrees_without_tensors_are_shared() {
        var relu = new Relu6();
        var net = new Net([new Affine(T(1), 2), relu, new Gated(T(2), 3, T(4))], [L(5), L(6)], null);
        var rebuilt = RoundTrip(net, "Blocks[0].W", "Blocks[2].W", "Blocks[2].Gate", "Heads[0].Weight", "Heads[0].Bias", "Heads[1].Weight", "Heads[1].Bias");
        Assert.Same(relu, rebuilt.Blocks[1]);
        Assert.Null(rebuilt.Scale);
        RoundTrip(net with { Scale = T(0), Heads = [L(7)] }, "Blocks[0].W", "Blocks[2].W", "Blocks[2].Gate", "Heads[0].Weight", "Heads[0].Bias", "Scale");
    }

    [Fact]
    public void Classes_and_structs_without_running_constructors() {
        var plain = new Plain(1);
        var built = Plain.Built;
        var rebuilt = RoundTrip(plain, "Hidden", "Shown", "Set");
        Assert.Equal(built, Plain.Built);
        Assert.NotSame(plain, rebuilt);
        RoundTrip(new Pair(T(1), T(2)), "A", "B");
        RoundTrip(new Point(T(1), T(2)), "X", "Y");
        RoundTrip<Point?>(new Point(T(1), T(2)), "X", "Y");
        RoundTrip(new { W = T(1), Rest = new { B = T(2), N = 3 } }, "W", "Rest.B");
    }

    [Fact]
    public void Generic_types_hidden_fields_and_classes_of_the_framework_below() {
        RoundTrip(new Box<Box<Tensor>?>(new(T(1)) { Needed = T(2) }) { Needed = T(3) },
            "Value.Value", "Value.Needed", "Value.Made", "Needed", "Made");
        RoundTrip<Under>(new Over(), "W", "Over.W");
        RoundTrip(new Failed(T(1)), "Seen");
    }

    [Fact]
    public void Tuples() {
        RoundTrip((T(1), 2, L(3)), "Item1", "Item3.Weight", "Item3.Bias");
        RoundTrip(Tuple.Create(T(1), T(2)), "Item1", "Item2");
        RoundTrip((T(1), 2, 3, 4, 5, 6, 7, T(8), (9, T(10))), "Item1", "Item8", "Item9.Item2");
        RoundTrip(KeyValuePair.Create("a", T(1)), "Value");
    }

    [Fact]
    public void Arrays_and_lists() {
        RoundTrip<Tensor[]>([T(1), T(2)], "[0]", "[1]");
        RoundTrip<Linear[][]>([[L(1)], [], [L(2)]], "[0][0].Weight", "[0][0].Bias", "[2][0].Weight", "[2][0].Bias");
        RoundTrip<Block[]>(new Affine[] { new(T(1), 0) }, "[0].W");
        RoundTrip<object[]>([T(1), "a", 2, L(3)], "[0]", "[3].Weight", "[3].Bias");
        RoundTrip<List<Tensor>>([T(1), T(2)], "[0]", "[1]");
        RoundTrip<IReadOnlyList<Tensor>>([T(1), T(2)], "[0]", "[1]");
        RoundTrip<IReadOnlyList<Tensor>>([T(1)], "[0]");
        RoundTrip<IReadOnlyList<Tensor>>(new List<Tensor> { T(1) }, "[0]");
        RoundTrip(new ReadOnlyCollection<Tensor>([T(1)]), "[0]");
        RoundTrip(ImmutableArray.Create(T(1), T(2)), "[0]", "[1]");
        RoundTrip(ImmutableList.Create(T(1), T(2)), "[0]", "[1]");
        Assert.Empty(Tree.Leaves(default(ImmutableArray<Tensor>)));
    }

    [Fact]
    public void Dictionaries_in_the_order_of_their_keys() {
        var d = RoundTrip(new Dictionary<string, Linear> { ["b"] = L(1), ["B"] = L(2), ["a"] = L(3) },
            """["B"].Weight""", """["B"].Bias""", """["a"].Weight""", """["a"].Bias""", """["b"].Weight""", """["b"].Bias""");
        Assert.Equal(3, d["B"].Weight[0].Item());
        RoundTrip(new Dictionary<int, Tensor> { [10] = T(1), [9] = T(2) }, "[9]", "[10]");
        RoundTrip(new SortedDictionary<string, Tensor> { ["b"] = T(1), ["a"] = T(2) }, """["a"]""", """["b"]""");
        RoundTrip(ImmutableDictionary.CreateRange([KeyValuePair.Create("b", T(1)), KeyValuePair.Create("a", T(2))]), """["a"]""", """["b"]""");
        RoundTrip(ImmutableSortedDictionary.CreateRange([KeyValuePair.Create("b", T(1)), KeyValuePair.Create("a", T(2))]), """["a"]""", """["b"]""");
        var folded = RoundTrip(new Dictionary<string, Tensor>(StringComparer.OrdinalIgnoreCase) { ["Key"] = T(1) }, """["Key"]""");
        Assert.True(folded.ContainsKey("KEY"));
    }

    [Fact]
    public void LanguageExts() {
        RoundTrip(new LE.Seq<Tensor>([T(1), T(2)]), "[0]", "[1]");
        RoundTrip(new LE.Arr<Tensor>([T(1), T(2)]), "[0]", "[1]");
        RoundTrip(new LE.Lst<Linear>([L(1)]), "[0].Weight", "[0].Bias");
        RoundTrip(new LE.Map<string, Tensor>([("b", T(1)), ("a", T(2))]), """["a"]""", """["b"]""");
        RoundTrip(new LE.HashMap<string, Tensor>([("b", T(1)), ("a", T(2))]), """["a"]""", """["b"]""");
        RoundTrip(new LE.Map<LE.ClassInstances.OrdString, string, Tensor>([("b", T(1)), ("a", T(2))]), """["a"]""", """["b"]""");
        RoundTrip(new LE.HashMap<LE.ClassInstances.EqString, string, Tensor>([("b", T(1))]), """["b"]""");
        RoundTrip((LE.Option<Tensor>.Some(T(1)), LE.Option<Tensor>.None), "Item1");
        RoundTrip((new LE.Seq<Tensor>(Enumerable.Range(0, 3).Select(i => Functions.Grad(x => x * x, i))), T(1)), "Item1[0]", "Item1[1]", "Item1[2]", "Item2");
        RoundTrip((T(1), new LE.Arr<int>([1, 2]), new LE.Seq<string>(["a"])), "Item1");
        Assert.Empty(Tree.Leaves((default(LE.Seq<Tensor>), default(LE.Arr<Tensor>), default(LE.Lst<Tensor>))));
        Assert.Empty(Tree.Leaves((default(LE.Map<string, Tensor>), default(LE.HashMap<string, Tensor>))));
    }

    [Fact]
    public void FSharp() {
        RoundTrip(ListModule.OfSeq([T(1), T(2)]), "[0]", "[1]");
        RoundTrip(FSharpOption<Tensor>.Some(T(1)), "");
        RoundTrip((FSharpOption<Tensor>.None, FSharpValueOption<Tensor>.Some(T(2))), "Item2");
        RoundTrip(new FSharpMap<string, Tensor>([Tuple.Create("b", T(1)), Tuple.Create("a", T(2))]), """["a"]""", """["b"]""");
        RoundTrip(FSharpResult<Tensor, string>.NewOk(T(1)), "ResultValue");
        RoundTrip(new FSharpRef<Tensor>(T(1)), "contents");
        Assert.Empty(Tree.Leaves(FuncConvert.FromFunc<Tensor, Tensor>(x => x)));
    }

    [Fact]
    public void State_is_a_leaf_but_no_parameter() {
        var norm = new Norm(T(1), T(2), Tensor.Ints(3));
        var flat = Tree.Flatten(RoundTrip(norm, "Scale", "Mean", "Steps"));
        Assert.Equal([true, false, false], Enumerable.Range(0, 3).Select(flat.IsParameter));
        var (nested, plain) = (Tree.Flatten((new State<Linear>(L(1)), T(2))), Tree.Flatten((T(1), T(2))));
        Assert.Equal([false, false, true], Enumerable.Range(0, 3).Select(nested.IsParameter));
        Assert.Equal([true, true], Enumerable.Range(0, 2).Select(plain.IsParameter));
        Assert.Equal(norm.Scale.ToString(), new State<Tensor>(norm.Scale).ToString());
        Assert.Equal(3, (int)new State<int>(3));
    }
}
