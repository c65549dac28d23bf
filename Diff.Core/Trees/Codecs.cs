namespace Diff;

/// <summary>A tensor.</summary>
internal sealed class LeafCodec : Codec<Tensor> {
    public override TreeKind Kind => TreeKind.Leaf;
    public override void Collect(Tensor node, Collector into) => into.Add(node);
    public override Tensor Rebuild(Tensor node, ref LeafReader from) => from.Next(node)!;
    public override bool Same(Tensor a, Tensor b) => a is null == b is null;
}

/// <summary>A part of the structure, compared by equality.</summary>
internal sealed class StaticCodec<T> : Codec<T> {
    public override TreeKind Kind => TreeKind.Static;
    public override void Collect(T node, Collector into) { }
    public override T Rebuild(T node, ref LeafReader from) => node;
    public override bool Same(T a, T b) => EqualityComparer<T>.Default.Equals(a, b);
}

/// <summary>Something that would hide tensors.</summary>
internal sealed class RefusedCodec<T> : Codec<T> {
    public override TreeKind Kind => TreeKind.Refused;
    public override void Collect(T node, Collector into) => into.Failed |= node is not null;
    public override T Rebuild(T node, ref LeafReader from) => node;
    public override bool Same(T a, T b) => EqualityComparer<T>.Default.Equals(a, b);
}

/// <summary>Something declared as an interface or a class that may be derived from: the value's own type decides.</summary>
internal sealed class DynamicCodec<T> : Codec<T> {
    // The usual case is a record that nobody derives from and nobody sealed.
    readonly Type declared = typeof(T);
    readonly Codec<T>? own = typeof(T).IsAbstract ? null : Exact(typeof(T)) as Codec<T>;

    public override void Collect(T node, Collector into) {
        if (node is null) return;
        var type = node.GetType();
        if (type == declared && own is not null) own.Collect(node, into);
        else Exact(type).CollectObject(node, into);
    }

    public override T Rebuild(T node, ref LeafReader from) {
        if (node is null) return node;
        var type = node.GetType();
        return type == declared && own is not null ? own.Rebuild(node, ref from) : (T)Exact(type).RebuildObject(node, ref from);
    }

    public override bool Same(T a, T b) =>
        a is null ? b is null : b is not null && a.GetType() == b.GetType() && Exact(a.GetType()).SameObject(a, b);
}

/// <summary>A tree whose tensors are state. It has no segment of its own in a path.</summary>
internal sealed class StateCodec<T> : Codec<State<T>> {
    public override void Collect(State<T> node, Collector into) {
        if (node is null) return;
        into.EnterState();
        Codec<T>.Instance.Collect(node.Value, into);
        into.LeaveState();
    }

    public override State<T> Rebuild(State<T> node, ref LeafReader from) {
        if (node is null) return node!;
        var before = from.Position;
        var value = Codec<T>.Instance.Rebuild(node.Value, ref from);
        return from.Position == before ? node : new(value);
    }

    public override bool Same(State<T> a, State<T> b) =>
        ReferenceEquals(a, b) || a is not null && b is not null && Codec<T>.Instance.Same(a.Value, b.Value);

    public override IReadOnlyList<(string, object?)> Children(object node) => [("", ((State<T>)node).Value)];
}

/// <summary>A struct or nothing. It has no segment of its own in a path.</summary>
internal sealed class NullableCodec<T> : Codec<T?> where T : struct {
    public override void Collect(T? node, Collector into) {
        if (node is { } value) Codec<T>.Instance.Collect(value, into);
    }

    public override T? Rebuild(T? node, ref LeafReader from) => node is { } value ? Codec<T>.Instance.Rebuild(value, ref from) : null;

    public override bool Same(T? a, T? b) => a is { } x ? b is { } y && Codec<T>.Instance.Same(x, y) : b is null;

    // A boxed nullable is its value, so the slow walks never come here.
}
