using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Reflection;

namespace Diff;

/// <summary>A collection by position: its elements are its children.</summary>
internal abstract class SequenceCodec<C, E> : Codec<C> {
    static readonly bool Holds = TreeTypes.MayHold(typeof(E));

    /// <summary>The elements in order; the caller does not write to them.</summary>
    protected abstract E[] Elements(C sequence);

    /// <summary>The same kind of collection with other elements.</summary>
    protected abstract C From(E[] elements, C like);

    /// <summary>An element's part of a path.</summary>
    protected virtual string Segment(int i) => $"[{i}]";

    public override TreeKind Kind => Holds ? TreeKind.Node : TreeKind.Static;

    public override void Collect(C node, Collector into) {
        if (!Holds || node is null) return;
        if (into.Enter())
            foreach (var element in Elements(node)) Codec<E>.Instance.Collect(element, into);
        into.Leave();
    }

    public override C Rebuild(C node, ref LeafReader from) {
        if (!Holds || node is null) return node;
        var before = from.Position;
        var elements = Elements(node);
        var rebuilt = new E[elements.Length];
        for (var i = 0; i < rebuilt.Length; i++) rebuilt[i] = Codec<E>.Instance.Rebuild(elements[i], ref from);
        return from.Position == before ? node : From(rebuilt, node);
    }

    public override bool Same(C a, C b) {
        if (a is null || b is null) return a is null && b is null;
        if (!typeof(C).IsValueType && ReferenceEquals(a, b)) return true;
        var (x, y) = (Elements(a), Elements(b));
        if (x.Length != y.Length) return false;
        for (var i = 0; i < x.Length; i++)
            if (!Codec<E>.Instance.Same(x[i], y[i])) return false;
        return true;
    }

    public override IReadOnlyList<(string, object?)> Children(object node) {
        var elements = Elements((C)node);
        var children = new (string, object?)[elements.Length];
        for (var i = 0; i < children.Length; i++) children[i] = (Segment(i), elements[i]);
        return children;
    }
}

internal sealed class ArrayCodec<E> : SequenceCodec<E[], E> {
    protected override E[] Elements(E[] sequence) => sequence;

    // A Dense[] may stand where a Layer[] is declared; it stays one.
    protected override E[] From(E[] elements, E[] like) {
        if (typeof(E).IsValueType || like.GetType() == typeof(E[])) return elements;
        var rebuilt = (E[])like.Clone();
        elements.CopyTo(rebuilt, 0);
        return rebuilt;
    }
}

internal sealed class ListCodec<E> : SequenceCodec<List<E>, E> {
    protected override E[] Elements(List<E> sequence) => [.. sequence];
    protected override List<E> From(E[] elements, List<E> like) => [.. elements];
}

internal sealed class ReadOnlyCodec<E> : SequenceCodec<ReadOnlyCollection<E>, E> {
    protected override E[] Elements(ReadOnlyCollection<E> sequence) => [.. sequence];
    protected override ReadOnlyCollection<E> From(E[] elements, ReadOnlyCollection<E> like) => new(elements);
}

internal sealed class ImmutableArrayCodec<E> : SequenceCodec<ImmutableArray<E>, E> {
    protected override E[] Elements(ImmutableArray<E> sequence) => sequence.IsDefault ? [] : [.. sequence];
    protected override ImmutableArray<E> From(E[] elements, ImmutableArray<E> like) => [.. elements];
}

internal sealed class ImmutableListCodec<E> : SequenceCodec<ImmutableList<E>, E> {
    protected override E[] Elements(ImmutableList<E> sequence) => [.. sequence];
    protected override ImmutableList<E> From(E[] elements, ImmutableList<E> like) => [.. elements];
}

internal sealed class SeqCodec<E> : SequenceCodec<LanguageExt.Seq<E>, E> {
    protected override E[] Elements(LanguageExt.Seq<E> sequence) => [.. sequence.AsEnumerable()];
    protected override LanguageExt.Seq<E> From(E[] elements, LanguageExt.Seq<E> like) => new(elements);
}

internal sealed class ArrCodec<E> : SequenceCodec<LanguageExt.Arr<E>, E> {
    protected override E[] Elements(LanguageExt.Arr<E> sequence) => [.. sequence.AsEnumerable()];
    protected override LanguageExt.Arr<E> From(E[] elements, LanguageExt.Arr<E> like) => new(elements);
}

internal sealed class LstCodec<E> : SequenceCodec<LanguageExt.Lst<E>, E> {
    protected override E[] Elements(LanguageExt.Lst<E> sequence) => [.. sequence.AsEnumerable()];
    protected override LanguageExt.Lst<E> From(E[] elements, LanguageExt.Lst<E> like) => new(elements);
}

/// <summary>Some or none, without a segment of its own.</summary>
internal sealed class OptionCodec<E> : SequenceCodec<LanguageExt.Option<E>, E> {
    protected override E[] Elements(LanguageExt.Option<E> sequence) => sequence.Match(Some: x => new[] { x }, None: () => []);
    protected override LanguageExt.Option<E> From(E[] elements, LanguageExt.Option<E> like) => LanguageExt.Option<E>.Some(elements[0]);
    protected override string Segment(int i) => "";
}

/// <summary>F#'s list, known by its name alone: the library does not reference FSharp.Core.</summary>
internal sealed class FSharpListCodec<C, E> : SequenceCodec<C, E> where C : IEnumerable<E> {
    static readonly Func<E, C, C> Cons = typeof(C).GetMethod("Cons", BindingFlags.Static | BindingFlags.Public)!.CreateDelegate<Func<E, C, C>>();
    static readonly C Empty = (C)typeof(C).GetProperty("Empty", BindingFlags.Static | BindingFlags.Public)!.GetValue(null)!;

    protected override E[] Elements(C sequence) => [.. sequence];

    protected override C From(E[] elements, C like) {
        var list = Empty;
        for (var i = elements.Length - 1; i >= 0; i--) list = Cons(elements[i], list);
        return list;
    }
}

/// <summary>F#'s option, without a segment of its own. None is null.</summary>
internal sealed class FSharpOptionCodec<C, E> : SequenceCodec<C, E> {
    static readonly Func<C, E> Value = typeof(C).GetProperty("Value")!.GetMethod!.CreateDelegate<Func<C, E>>();
    static readonly Func<E, C> Some = typeof(C).GetMethod("Some", BindingFlags.Static | BindingFlags.Public)!.CreateDelegate<Func<E, C>>();

    protected override E[] Elements(C sequence) => [Value(sequence)];
    protected override C From(E[] elements, C like) => Some(elements[0]);
    protected override string Segment(int i) => "";
}
