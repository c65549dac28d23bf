namespace Diff;

/// <summary>The slow walks over a tree, with paths: for names, messages and checkpoints.</summary>
internal static class TreeWalk {
    /// <summary>The paths of the leaves, in their order.</summary>
    public static string[] Paths(object? tree) {
        var paths = new List<string>();
        Walk(tree, "", paths);
        return [.. paths];
    }

    static void Walk(object? node, string path, List<string> paths) {
        if (node is null) return;
        if (node is Tensor) {
            paths.Add(path);
            return;
        }
        var codec = Codec.Exact(node.GetType());
        if (codec.Kind != TreeKind.Node) return;
        foreach (var (segment, child) in codec.Children(node)) Walk(child, Join(path, segment), paths);
    }

    /// <summary>The objects of reference types that are part of the structure, strings apart.</summary>
    public static object[] Statics(object? tree) {
        var statics = new List<object>();
        Walk(tree);
        return [.. statics];

        void Walk(object? node) {
            if (node is null or Tensor or string) return;
            var codec = Codec.Exact(node.GetType());
            if (codec.Kind == TreeKind.Static && !node.GetType().IsValueType) statics.Add(node);
            if (codec.Kind != TreeKind.Node) return;
            foreach (var (_, child) in codec.Children(node)) Walk(child);
        }
    }

    /// <summary>What is wrong with a tree that could not be collected.</summary>
    public static TreeException Fault(object? tree) =>
        new($"Tree: {Fault(tree, "", new(ReferenceEqualityComparer.Instance)) ?? "this value nests deeper than a tree may"}.");

    static string? Fault(object? node, string path, HashSet<object> above) {
        if (node is null or Tensor) return null;
        var type = node.GetType();
        var codec = Codec.Exact(type);
        var here = path == "" ? "this value" : path;
        if (codec.Kind == TreeKind.Refused)
            return $"{here} is {TreeNames.Article(type)}, which would hide tensors from gradients, optimizers and checkpoints. "
                + "Compute it first, or hold them in an array, a list or a dictionary";
        if (codec.Kind != TreeKind.Node) return null;
        if (!type.IsValueType && !above.Add(node)) return $"{here} is {TreeNames.Article(type)} that it is inside of, and a tree has no cycles";
        if (above.Count > 1000) return $"{path[..Math.Min(path.Length, 200)]}… nests deeper than the 1000 levels that a tree may have";
        foreach (var (segment, child) in codec.Children(node))
            if (Fault(child, Join(path, segment), above) is { } fault) return fault;
        if (!type.IsValueType) above.Remove(node);
        return null;
    }

    /// <summary>Where two trees first differ otherwise than in their tensors, as the end of a sentence about the first; null where they do not.</summary>
    public static string? Difference(object? node, object? like, string path) {
        if (node is null && like is null) return null;
        var at = path == "" ? "" : $"at {path} ";
        if (node is null || like is null || node.GetType() != like.GetType())
            return $"{at}is {Kind(node)}; it has to be {Kind(like)}, like the value it goes with";
        var codec = Codec.Exact(node.GetType());
        if (codec.Kind == TreeKind.Leaf || codec.SameObject(node, like)) return null;
        var (children, others) = (codec.Children(node), codec.Children(like));
        for (var i = 0; i < Math.Min(children.Count, others.Count); i++) {
            if (children[i].Segment != others[i].Segment)
                return $"{at}has {children[i].Segment} where the value it goes with has {others[i].Segment}";
            if (Difference(children[i].Value, others[i].Value, Join(path, children[i].Segment)) is { } difference) return difference;
        }
        return children.Count != others.Count
            ? $"{at}has {children.Count} element{(children.Count == 1 ? "" : "s")}; it has to have {others.Count}, like the value it goes with"
            : $"{at}is {Static(node)}; it has to be {Static(like)}, like the value it goes with";
    }

    static string Kind(object? value) => value switch { null => "null", Tensor => "a tensor", _ => TreeNames.Article(value.GetType()) };

    static string Static(object value) =>
        FormattableString.Invariant($"{value}") is { Length: > 0 and < 60 } text ? text : "another " + TreeNames.Of(value.GetType());

    /// <summary>A path and the next segment: <c>Layers</c>, <c>[0]</c>, <c>Weight</c>.</summary>
    static string Join(string path, string segment) => path == "" || segment == "" || segment[0] == '[' ? path + segment : $"{path}.{segment}";
}
