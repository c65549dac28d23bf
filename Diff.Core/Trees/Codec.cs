using System.Collections.Concurrent;

namespace Diff;

/// <summary>What a type is to a tree.</summary>
internal enum TreeKind {
    /// <summary>A tensor.</summary>
    Leaf,
    /// <summary>No tensor inside: part of the structure.</summary>
    Static,
    /// <summary>Something with children.</summary>
    Node,
    /// <summary>Something that would hide tensors.</summary>
    Refused,
}

/// <summary>How values of one type are taken apart and put together again: made once per type, used by any number of threads.</summary>
/// <remarks>Collecting and rebuilding is what every transform and optimizer does at each step, so those are typed and compiled; naming and
/// comparing at length serve messages, printing and checkpoints, and go through <see cref="Children"/>.</remarks>
internal abstract class Codec {
    static readonly ConcurrentDictionary<Type, Codec> Exacts = new();

    /// <summary>The codec of values whose runtime type is this one.</summary>
    public static Codec Exact(Type type) => Exacts.TryGetValue(type, out var codec) ? codec : Exacts.GetOrAdd(type, TreeTypes.MakeExact);

    public virtual TreeKind Kind => TreeKind.Node;

    /// <summary>All children with their path segments, in the order of the leaves; for the slow walks.</summary>
    public virtual IReadOnlyList<(string Segment, object? Value)> Children(object node) => [];

    public abstract void CollectObject(object node, Collector into);
    public abstract object RebuildObject(object node, ref LeafReader from);
    public abstract bool SameObject(object a, object b);
}

/// <inheritdoc/>
/// <typeparam name="T">The declared type of a field, element or argument; values may be of a derived one.</typeparam>
internal abstract class Codec<T> : Codec {
    /// <summary>The codec of things declared as T.</summary>
    public static readonly Codec<T> Instance = TreeTypes.IsOpen(typeof(T)) ? new DynamicCodec<T>() : (Codec<T>)Exact(typeof(T));

    /// <summary>Appends the tensors inside.</summary>
    public abstract void Collect(T node, Collector into);

    /// <summary>The same thing with the next tensors in the places of its own; itself where it has none.</summary>
    public abstract T Rebuild(T node, ref LeafReader from);

    /// <summary>Whether two differ in nothing but which tensors they hold.</summary>
    public abstract bool Same(T a, T b);

    public sealed override void CollectObject(object node, Collector into) => Collect((T)node, into);
    public sealed override object RebuildObject(object node, ref LeafReader from) => Rebuild((T)node, ref from)!;
    public sealed override bool SameObject(object a, object b) => Same((T)a, (T)b);
}

/// <summary>Gathers the leaves of a tree, and which of them are state.</summary>
internal sealed class Collector {
    // Deep enough for any model, shallow enough for the smallest stack; a cycle ends here.
    const int MaxDepth = 1000;

    [ThreadStatic] static Collector? pooled;

    Tensor[] leaves = new Tensor[16];
    bool[]? state;
    int count, depth, stateDepth;

    /// <summary>Something cannot be a tree; the slow walk finds out what.</summary>
    public bool Failed { get; set; }

    /// <summary>The thread's collector, unless it is in use (a lazy sequence may run a transform of its own while it is read).</summary>
    public static Collector Rent() {
        var rented = pooled ?? new();
        pooled = null;
        return rented;
    }

    public void Add(Tensor? leaf) {
        if (leaf is null) return;
        if (count == leaves.Length) Grow();
        leaves[count] = leaf;
        if (stateDepth > 0) {
            state ??= new bool[leaves.Length];
            state[count] = true;
        }
        count++;
    }

    void Grow() {
        Array.Resize(ref leaves, 2 * count);
        if (state is not null) Array.Resize(ref state, 2 * count);
    }

    /// <summary>Goes down a level; false where there is something wrong.</summary>
    public bool Enter() {
        if (++depth > MaxDepth) Failed = true;
        return !Failed;
    }

    public void Leave() => depth--;

    public void EnterState() => stateDepth++;

    public void LeaveState() => stateDepth--;

    /// <summary>The leaves gathered, and the marks of those that are state (null: none is). The collector is given back.</summary>
    public (Tensor[] Leaves, bool[]? State) Finish() {
        var result = count == 0 ? [] : leaves.AsSpan(0, count).ToArray();
        var marks = state;
        Array.Clear(leaves, 0, count);
        (count, depth, state) = (0, 0, null);
        pooled = this;
        return (result, marks);
    }
}

/// <summary>Hands out new leaves in order.</summary>
internal ref struct LeafReader(ReadOnlySpan<Tensor> leaves) {
    readonly ReadOnlySpan<Tensor> leaves = leaves;

    /// <summary>How many have been handed out.</summary>
    public int Position;

    /// <summary>The tensor that takes the place of this one; a missing one stays missing.</summary>
    public Tensor? Next(Tensor? old) => old is null ? null : leaves[Position++];
}
