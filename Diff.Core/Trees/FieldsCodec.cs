using System.Reflection;

namespace Diff;

/// <summary>A record, class, struct, tuple or anonymous type: its instance fields are its children.</summary>
/// <remarks>The three walks are compiled on first use (<see cref="FieldsCompiler"/>). A rebuilt object is a shallow copy with its
/// fields set, whatever their access or <c>readonly</c>: no constructor of the user's runs, and a derived record stays what it is.</remarks>
internal sealed class FieldsCodec<T> : Codec<T> {
    delegate void Collecting(T node, Collector into);
    delegate T Rebuilding(T node, ref LeafReader from);
    delegate bool Comparing(T a, T b);

    readonly TreeField[] fields = TreeField.Of(typeof(T));
    readonly bool holds = TreeTypes.MayHoldExactly(typeof(T));
    Collecting? collect;
    Rebuilding? rebuild;
    Comparing? same;

    // Made by the first thread that needs it; where two do at once, either's will do.
    Collecting Collector => collect ??= FieldsCompiler.Collect(typeof(T), fields).CreateDelegate<Collecting>(this);
    Rebuilding Rebuilder => rebuild ??= FieldsCompiler.Rebuild(typeof(T), fields).CreateDelegate<Rebuilding>(this);
    Comparing Comparer => same ??= FieldsCompiler.Same(typeof(T), fields).CreateDelegate<Comparing>(this);

    public override TreeKind Kind => holds ? TreeKind.Node : TreeKind.Static;

    public override void Collect(T node, Collector into) {
        if (!holds || node is null) return;
        if (into.Enter()) Collector(node, into);
        into.Leave();
    }

    public override T Rebuild(T node, ref LeafReader from) => !holds || node is null ? node : Rebuilder(node, ref from);

    public override bool Same(T a, T b) =>
        !typeof(T).IsValueType && ReferenceEquals(a, b) || a is not null && b is not null && Comparer(a, b);

    public override IReadOnlyList<(string, object?)> Children(object node) {
        var children = new List<(string, object?)>(fields.Length);
        foreach (var field in fields) {
            var value = field.Info.GetValue(node);
            // The eighth field of a long tuple is a tuple of the rest; C# calls its first item Item8.
            if (field.IsRest && value is not null)
                foreach (var (segment, item) in Exact(value.GetType()).Children(value)) children.Add(($"Item{7 + int.Parse(segment.AsSpan(4))}", item));
            else children.Add((field.Segment, value));
        }
        return children;
    }
}

/// <summary>An instance field and its name in a path.</summary>
internal sealed record TreeField(FieldInfo Info, string Segment) {
    public Type Type => Info.FieldType;

    /// <summary>The field that holds a long tuple's items from the eighth on.</summary>
    public bool IsRest => Segment == "Rest" && Info.DeclaringType is { IsGenericType: true, Namespace: "System" };

    /// <summary>The instance fields of a type, base type first, each type's in the order of their declaration.</summary>
    public static TreeField[] Of(Type type) {
        var fields = new List<TreeField>();
        var names = new HashSet<string>();
        foreach (var level in Levels(type)) {
            // What a class of the framework keeps for a user's that derives from it is its own affair.
            if (level != type && TreeTypes.IsForeign(level) && !TreeTypes.IsForeign(type)) continue;
            var declared = level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);
            Array.Sort(declared, (a, b) => a.MetadataToken.CompareTo(b.MetadataToken));
            foreach (var field in declared) {
                // Pointers have no codec, and nothing to compare that would mean the same tomorrow.
                if (field.FieldType.IsPointer || field.FieldType.IsFunctionPointer) continue;
                var name = SegmentOf(field);
                fields.Add(new(field, name == "" || names.Add(name) ? name : $"{level.Name}.{name}"));
            }
        }
        return [.. fields];
    }

    static Stack<Type> Levels(Type type) {
        var levels = new Stack<Type>();
        for (var level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType) levels.Push(level);
        return levels;
    }

    static string SegmentOf(FieldInfo field) {
        var (name, owner) = (field.Name, field.DeclaringType!);
        // What `IReadOnlyList<Tensor> xs = [a, b]` makes.
        if (owner.Name.StartsWith("<>z__ReadOnly", StringComparison.Ordinal)) return name == "_item" ? "[0]" : "";
        // <Weight>k__BackingField of a property, <W>i__Field of an anonymous type, <w>P of a constructor's parameter.
        if (name[0] == '<' && name.IndexOf('>') is > 1 and var end) return name[1..end];
        if (owner is { Name: "FSharpValueOption`1", Namespace: "Microsoft.FSharp.Core" } && name == "item") return "";
        // _weight, weight, m_Item1, Weight@ behind a property of that name.
        var bare = name.StartsWith("m_", StringComparison.Ordinal) ? name[2..] : name.Trim('_', '@');
        foreach (var property in owner.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly))
            if (property.PropertyType == field.FieldType && property.Name.Equals(bare, StringComparison.OrdinalIgnoreCase)) return property.Name;
        return name;
    }
}
