using System.Collections.Immutable;
using System.Globalization;
using LanguageExt.TypeClasses;

namespace Diff;

/// <summary>A collection by key: its values are its children, in the order of their keys, so that two dictionaries filled in different
/// orders are the same tree. Keys are static.</summary>
internal abstract class KeyedCodec<C, K, V> : Codec<C> where K : notnull {
    static readonly bool Holds = TreeTypes.MayHold(typeof(V));

    static readonly Comparison<(K Key, V)> Order =
        typeof(K) == typeof(string) ? (a, b) => string.CompareOrdinal((string)(object)a.Key, (string)(object)b.Key)
        : typeof(K).IsAssignableTo(typeof(IComparable<K>)) || typeof(K).IsAssignableTo(typeof(IComparable))
            ? (a, b) => Comparer<K>.Default.Compare(a.Key, b.Key)
        : (a, b) => string.CompareOrdinal(a.Key.ToString(), b.Key.ToString());

    /// <summary>Keys and values in any order.</summary>
    protected abstract IEnumerable<(K, V)> Pairs(C map);

    /// <summary>The same kind of collection with other values.</summary>
    protected abstract C From((K Key, V Value)[] pairs, C like);

    (K Key, V Value)[] Sorted(C map) {
        (K, V)[] pairs = [.. Pairs(map)];
        Array.Sort(pairs, Order);
        return pairs;
    }

    public override TreeKind Kind => Holds ? TreeKind.Node : TreeKind.Static;

    public override void Collect(C node, Collector into) {
        if (!Holds || node is null) return;
        if (into.Enter())
            foreach (var (_, value) in Sorted(node)) Codec<V>.Instance.Collect(value, into);
        into.Leave();
    }

    public override C Rebuild(C node, ref LeafReader from) {
        if (!Holds || node is null) return node;
        var before = from.Position;
        var pairs = Sorted(node);
        foreach (ref var pair in pairs.AsSpan()) pair.Value = Codec<V>.Instance.Rebuild(pair.Value, ref from);
        return from.Position == before ? node : From(pairs, node);
    }

    public override bool Same(C a, C b) {
        if (a is null || b is null) return a is null && b is null;
        if (!typeof(C).IsValueType && ReferenceEquals(a, b)) return true;
        var (x, y) = (Sorted(a), Sorted(b));
        if (x.Length != y.Length) return false;
        for (var i = 0; i < x.Length; i++)
            if (!EqualityComparer<K>.Default.Equals(x[i].Key, y[i].Key) || !Codec<V>.Instance.Same(x[i].Value, y[i].Value)) return false;
        return true;
    }

    public override IReadOnlyList<(string, object?)> Children(object node) =>
        [.. Sorted((C)node).Select(p => (p.Key is string s ? $"[\"{s}\"]" : string.Create(CultureInfo.InvariantCulture, $"[{p.Key}]"), (object?)p.Value))];

    /// <summary>The pairs of a .NET dictionary.</summary>
    protected static IEnumerable<(K, V)> Of(IEnumerable<KeyValuePair<K, V>> map) => map.Select(p => (p.Key, p.Value));

    /// <summary>The pairs as a .NET dictionary takes them.</summary>
    protected static IEnumerable<KeyValuePair<K, V>> For((K Key, V Value)[] pairs) => pairs.Select(p => KeyValuePair.Create(p.Key, p.Value));
}

internal sealed class DictionaryCodec<K, V> : KeyedCodec<Dictionary<K, V>, K, V> where K : notnull {
    protected override IEnumerable<(K, V)> Pairs(Dictionary<K, V> map) => Of(map);
    protected override Dictionary<K, V> From((K Key, V Value)[] pairs, Dictionary<K, V> like) => new(For(pairs), like.Comparer);
}

internal sealed class SortedDictionaryCodec<K, V> : KeyedCodec<SortedDictionary<K, V>, K, V> where K : notnull {
    protected override IEnumerable<(K, V)> Pairs(SortedDictionary<K, V> map) => Of(map);

    protected override SortedDictionary<K, V> From((K Key, V Value)[] pairs, SortedDictionary<K, V> like) {
        var map = new SortedDictionary<K, V>(like.Comparer);
        foreach (var (key, value) in pairs) map.Add(key, value);
        return map;
    }
}

internal sealed class ImmutableDictionaryCodec<K, V> : KeyedCodec<ImmutableDictionary<K, V>, K, V> where K : notnull {
    protected override IEnumerable<(K, V)> Pairs(ImmutableDictionary<K, V> map) => Of(map);
    protected override ImmutableDictionary<K, V> From((K Key, V Value)[] pairs, ImmutableDictionary<K, V> like) => like.SetItems(For(pairs));
}

internal sealed class ImmutableSortedDictionaryCodec<K, V> : KeyedCodec<ImmutableSortedDictionary<K, V>, K, V> where K : notnull {
    protected override IEnumerable<(K, V)> Pairs(ImmutableSortedDictionary<K, V> map) => Of(map);
    protected override ImmutableSortedDictionary<K, V> From((K Key, V Value)[] pairs, ImmutableSortedDictionary<K, V> like) => like.SetItems(For(pairs));
}

internal sealed class MapCodec<K, V> : KeyedCodec<LanguageExt.Map<K, V>, K, V> where K : notnull {
    protected override IEnumerable<(K, V)> Pairs(LanguageExt.Map<K, V> map) => map.Pairs;
    protected override LanguageExt.Map<K, V> From((K Key, V Value)[] pairs, LanguageExt.Map<K, V> like) => new(pairs);
}

internal sealed class MapCodec<O, K, V> : KeyedCodec<LanguageExt.Map<O, K, V>, K, V> where O : struct, Ord<K> where K : notnull {
    protected override IEnumerable<(K, V)> Pairs(LanguageExt.Map<O, K, V> map) => map.AsEnumerable();
    protected override LanguageExt.Map<O, K, V> From((K Key, V Value)[] pairs, LanguageExt.Map<O, K, V> like) => new(pairs);
}

internal sealed class HashMapCodec<K, V> : KeyedCodec<LanguageExt.HashMap<K, V>, K, V> where K : notnull {
    protected override IEnumerable<(K, V)> Pairs(LanguageExt.HashMap<K, V> map) => map.AsEnumerable();
    protected override LanguageExt.HashMap<K, V> From((K Key, V Value)[] pairs, LanguageExt.HashMap<K, V> like) => new(pairs);
}

internal sealed class HashMapCodec<Q, K, V> : KeyedCodec<LanguageExt.HashMap<Q, K, V>, K, V> where Q : struct, Eq<K> where K : notnull {
    protected override IEnumerable<(K, V)> Pairs(LanguageExt.HashMap<Q, K, V> map) => map.AsEnumerable();
    protected override LanguageExt.HashMap<Q, K, V> From((K Key, V Value)[] pairs, LanguageExt.HashMap<Q, K, V> like) => new(pairs);
}

/// <summary>F#'s map, known by its name alone: the library does not reference FSharp.Core.</summary>
internal sealed class FSharpMapCodec<C, K, V> : KeyedCodec<C, K, V> where C : IEnumerable<KeyValuePair<K, V>> where K : notnull {
    protected override IEnumerable<(K, V)> Pairs(C map) => Of(map);

    protected override C From((K Key, V Value)[] pairs, C like) =>
        (C)Activator.CreateInstance(typeof(C), pairs.Select(p => Tuple.Create(p.Key, p.Value)))!;
}
