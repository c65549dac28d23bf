using System.Reflection;
using System.Reflection.Emit;

namespace Diff;

/// <summary>A record, class, struct, tuple or anonymous type: its instance fields are its children.</summary>
/// <remarks>The three walks are compiled on first use. A rebuilt object is a shallow copy with its fields set, whatever their access or
/// <c>readonly</c>: no constructor of the user's runs, and a derived record stays what it is.</remarks>
internal sealed class FieldsCodec<T> : Codec<T> {
    delegate void Collecting(T node, Collector into);
    delegate T Rebuilding(T node, ref LeafReader from);
    delegate bool Comparing(T a, T b);

    readonly TreeField[] fields = TreeField.Of(typeof(T));
    readonly bool holds = TreeTypes.MayHoldExactly(typeof(T));
    Collecting? collect;
    Rebuilding? rebuild;
    Comparing? same;

    public override TreeKind Kind => holds ? TreeKind.Node : TreeKind.Static;

    public override void Collect(T node, Collector into) {
        if (!holds || node is null) return;
        if (into.Enter()) (collect ??= CompileCollect())(node, into);
        into.Leave();
    }

    public override T Rebuild(T node, ref LeafReader from) => !holds || node is null ? node : (rebuild ??= CompileRebuild())(node, ref from);

    public override bool Same(T a, T b) =>
        !typeof(T).IsValueType && ReferenceEquals(a, b) || a is not null && b is not null && (same ??= CompileSame())(a, b);

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

    // static void (codec, node, into) { into.Add(node.Tensor); Codec<F>.Instance.Collect(node.Field, into); … }
    Collecting CompileCollect() {
        var (method, il) = Emit("Collect", typeof(void), typeof(T), typeof(Collector));
        foreach (var field in fields) {
            if (!TreeTypes.MayHold(field.Type)) continue;
            if (field.Type == typeof(Tensor)) il.Emit(OpCodes.Ldarg_2);
            else il.Emit(OpCodes.Ldsfld, CodecOf(field.Type).GetField(nameof(Codec<>.Instance))!);
            LoadField(il, 1, field);
            if (field.Type == typeof(Tensor)) {
                il.Emit(OpCodes.Call, typeof(Collector).GetMethod(nameof(Collector.Add))!);
            } else {
                il.Emit(OpCodes.Ldarg_2);
                il.Emit(OpCodes.Callvirt, CodecOf(field.Type).GetMethod(nameof(Codec<>.Collect))!);
            }
        }
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Collecting>(this);
    }

    // static T (codec, node, ref from) { var a = from.Next(node.Tensor); var b = Codec<F>.Instance.Rebuild(node.Field, ref from); …
    //     if (from.Position is what it was) return node; copy = node.MemberwiseClone(); copy.Tensor = a; copy.Field = b; … return copy; }
    Rebuilding CompileRebuild() {
        var (method, il) = Emit("Rebuild", typeof(T), typeof(T), typeof(LeafReader).MakeByRefType());
        var position = typeof(LeafReader).GetField(nameof(LeafReader.Position))!;
        var before = il.DeclareLocal(typeof(int));
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Ldfld, position);
        il.Emit(OpCodes.Stloc, before);
        var rebuilt = new List<(TreeField Field, LocalBuilder Value)>();
        foreach (var field in fields) {
            if (!TreeTypes.MayHold(field.Type)) continue;
            var value = il.DeclareLocal(field.Type);
            if (field.Type == typeof(Tensor)) {
                il.Emit(OpCodes.Ldarg_2);
                LoadField(il, 1, field);
                il.Emit(OpCodes.Call, typeof(LeafReader).GetMethod(nameof(LeafReader.Next))!);
            } else {
                il.Emit(OpCodes.Ldsfld, CodecOf(field.Type).GetField(nameof(Codec<>.Instance))!);
                LoadField(il, 1, field);
                il.Emit(OpCodes.Ldarg_2);
                il.Emit(OpCodes.Callvirt, CodecOf(field.Type).GetMethod(nameof(Codec<>.Rebuild))!);
            }
            il.Emit(OpCodes.Stloc, value);
            rebuilt.Add((field, value));
        }
        var changed = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Ldfld, position);
        il.Emit(OpCodes.Ldloc, before);
        il.Emit(OpCodes.Bne_Un, changed);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(changed);
        if (!typeof(T).IsValueType) {
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Call, typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!);
            il.Emit(OpCodes.Starg_S, (byte)1);
        }
        foreach (var (field, value) in rebuilt) {
            LoadOwner(il, 1);
            il.Emit(OpCodes.Ldloc, value);
            il.Emit(OpCodes.Stfld, field.Info);
        }
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Rebuilding>(this);
    }

    // static bool (codec, a, b) { return Codec<F>.Instance.Same(a.Field, b.Field) && …; }
    Comparing CompileSame() {
        var (method, il) = Emit("Same", typeof(bool), typeof(T), typeof(T));
        var differ = il.DefineLabel();
        foreach (var field in fields) {
            il.Emit(OpCodes.Ldsfld, CodecOf(field.Type).GetField(nameof(Codec<>.Instance))!);
            LoadField(il, 1, field);
            LoadField(il, 2, field);
            il.Emit(OpCodes.Callvirt, CodecOf(field.Type).GetMethod(nameof(Codec<>.Same))!);
            il.Emit(OpCodes.Brfalse, differ);
        }
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(differ);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Comparing>(this);
    }

    // A first argument that is not used: a delegate with a target is called faster than one without.
    static (DynamicMethod, ILGenerator) Emit(string name, Type result, params Type[] parameters) {
        var method = new DynamicMethod($"{name}<{typeof(T).Name}>", result, [typeof(object), .. parameters], typeof(Codec).Module, skipVisibility: true);
        return (method, method.GetILGenerator());
    }

    static Type CodecOf(Type field) => typeof(Codec<>).MakeGenericType(field);

    static void LoadOwner(ILGenerator il, byte argument) => il.Emit(typeof(T).IsValueType ? OpCodes.Ldarga_S : OpCodes.Ldarg_S, argument);

    static void LoadField(ILGenerator il, byte argument, TreeField field) {
        LoadOwner(il, argument);
        il.Emit(OpCodes.Ldfld, field.Info);
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
