using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Which types are trees, and of what: the one place that reads types.</summary>
internal static class TreeTypes {
    enum Role { Leaf, Static, Open, Fields, Known, Suspect }

    // Collections of the framework, each with its codec; the generic arguments are the same.
    static readonly Dictionary<Type, Type> Known = new() {
        [typeof(State<>)] = typeof(StateCodec<>),
        [typeof(Nullable<>)] = typeof(NullableCodec<>),
        [typeof(List<>)] = typeof(ListCodec<>),
        [typeof(ReadOnlyCollection<>)] = typeof(ReadOnlyCodec<>),
        [typeof(ImmutableArray<>)] = typeof(ImmutableArrayCodec<>),
        [typeof(ImmutableList<>)] = typeof(ImmutableListCodec<>),
        [typeof(Dictionary<,>)] = typeof(DictionaryCodec<,>),
        [typeof(SortedDictionary<,>)] = typeof(SortedDictionaryCodec<,>),
        [typeof(ImmutableDictionary<,>)] = typeof(ImmutableDictionaryCodec<,>),
        [typeof(ImmutableSortedDictionary<,>)] = typeof(ImmutableSortedDictionaryCodec<,>),
    };

    // LanguageExt's by name, so that its assembly is not loaded for those who have none of it.
    static readonly Dictionary<string, Func<Type>> KnownOfLanguageExt = new() {
        ["Seq`1"] = () => typeof(SeqCodec<>),
        ["Arr`1"] = () => typeof(ArrCodec<>),
        ["Lst`1"] = () => typeof(LstCodec<>),
        ["Option`1"] = () => typeof(OptionCodec<>),
        ["Map`2"] = () => typeof(MapCodec<,>),
        ["Map`3"] = () => typeof(MapCodec<,,>),
        ["HashMap`2"] = () => typeof(HashMapCodec<,>),
        ["HashMap`3"] = () => typeof(HashMapCodec<,,>),
    };

    // F#'s by name, for the library does not reference FSharp.Core; the codec's first generic argument is the type itself.
    static readonly Dictionary<string, Type> KnownOfFSharp = new() {
        ["FSharpList`1"] = typeof(FSharpListCodec<,>),
        ["FSharpOption`1"] = typeof(FSharpOptionCodec<,>),
        ["FSharpMap`2"] = typeof(FSharpMapCodec<,,>),
    };

    static readonly ConcurrentDictionary<Type, bool> Holders = new();

    /// <summary>Whether a value declared as this type may be of another.</summary>
    public static bool IsOpen(Type type) => RoleOf(type, exact: false).Role is var role && (role == Role.Open || role == Role.Known && !type.IsSealed);

    /// <summary>Whether a tensor can be inside a value that is of this type and no other.</summary>
    public static bool MayHoldExactly(Type type) => Holds(type, exact: true, []);

    /// <summary>Whether a tensor can be inside a value declared as this type.</summary>
    public static bool MayHold(Type type) => Holders.TryGetValue(type, out var holds) ? holds : Holders.GetOrAdd(type, t => Holds(t, exact: false, []));

    // Of types that refer to each other, those hold tensors that reach one: the least solution.
    static bool Holds(Type type, bool exact, HashSet<Type> visited) {
        var (role, parts) = RoleOf(type, exact);
        if (role is Role.Leaf or Role.Open) return true;
        if (role == Role.Static || !visited.Add(type)) return false;
        foreach (var part in parts)
            // Inside what may be refused, a concrete class counts by its own fields: a HashSet of words is not to blame for what could derive from Word.
            if (Holds(part, exact: role == Role.Suspect && part.IsClass && !part.IsAbstract && part != typeof(object), visited)) return true;
        return false;
    }

    /// <summary>The codec of values that are of this type and no other.</summary>
    public static Codec MakeExact(Type type) {
        var (role, _) = RoleOf(type, exact: true);
        var codec = role switch {
            Role.Leaf => typeof(LeafCodec),
            Role.Static => typeof(StaticCodec<>).MakeGenericType(type),
            Role.Known => KnownCodec(type)!,
            Role.Suspect => (MayHoldExactly(type) ? typeof(RefusedCodec<>) : typeof(StaticCodec<>)).MakeGenericType(type),
            _ => (MayHoldExactly(type) || IsStructural(type) ? typeof(FieldsCodec<>) : typeof(StaticCodec<>)).MakeGenericType(type),
        };
        return (Codec)Activator.CreateInstance(codec)!;
    }

    // What a type is, and the types of what is inside.
    static (Role Role, Type[] Parts) RoleOf(Type type, bool exact) {
        if (type == typeof(Tensor)) return (Role.Leaf, []);
        if (type.IsPrimitive || type.IsEnum || type == typeof(string) || type.IsPointer || type.IsByRefLike || IsFunction(type)) return (Role.Static, []);
        if (type.IsSZArray && !type.GetElementType()!.IsPointer) return (Role.Known, [type.GetElementType()!]);
        if (type.IsArray) return (Role.Suspect, [type.GetElementType()!]);
        if (KnownCodec(type) is not null) return (Role.Known, type.GetGenericArguments());
        if (!exact && (type.IsInterface || type == typeof(object) || type == typeof(Array) || type == typeof(ValueType))) return (Role.Open, []);
        if (IsForeign(type)) return IsPlain(type) ? (Role.Fields, FieldTypes(type)) : (Role.Suspect, Hidden(type));
        // A user's own collection is what its fields are; one derived from the framework's, or an iterator method's, has no fields to go by.
        if (Collection(type) is { } element && (IsIterator(type) || HasForeignBase(type))) return (Role.Suspect, [element]);
        return exact || type.IsSealed ? (Role.Fields, FieldTypes(type)) : (Role.Open, []);
    }

    static Type[] FieldTypes(Type type) => Array.ConvertAll(TreeField.Of(type), f => f.Type);

    static Type? KnownCodec(Type type) {
        if (type.IsSZArray) return typeof(ArrayCodec<>).MakeGenericType(type.GetElementType()!);
        if (!type.IsGenericType) return null;
        var arguments = type.GetGenericArguments();
        return type.Namespace switch {
            "LanguageExt" => KnownOfLanguageExt.TryGetValue(type.Name, out var codec) ? codec().MakeGenericType(arguments) : null,
            "Microsoft.FSharp.Core" or "Microsoft.FSharp.Collections" =>
                KnownOfFSharp.TryGetValue(type.Name, out var codec) ? codec.MakeGenericType([type, .. arguments]) : null,
            _ => Known.TryGetValue(type.GetGenericTypeDefinition(), out var codec) ? codec.MakeGenericType(arguments) : null,
        };
    }

    // Delegates, F#'s functions, and reflection.
    static bool IsFunction(Type type) {
        if (typeof(Delegate).IsAssignableFrom(type) || typeof(MemberInfo).IsAssignableFrom(type)) return true;
        for (var level = type; level is not null; level = level.BaseType)
            if (level is { Name: "FSharpFunc`2", Namespace: "Microsoft.FSharp.Core" }) return true;
        return false;
    }

    /// <summary>Whether a type is the framework's or LanguageExt's: what is inside is its own affair.</summary>
    public static bool IsForeign(Type type) =>
        type.Namespace is { } space && (space == "System" || space == "LanguageExt" || space.StartsWith("System.", StringComparison.Ordinal)
            || space.StartsWith("LanguageExt.", StringComparison.Ordinal) || space.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal));

    // Tuples and pairs: nothing but their fields.
    static bool IsPlain(Type type) => type.IsGenericType
        && (typeof(ITuple).IsAssignableFrom(type) || type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>));

    // What a type of the framework would hide: a computation's result, a sequence's elements.
    static Type[] Hidden(Type type) {
        for (var level = type; level is not null; level = level.BaseType)
            if (level.IsGenericType && (level.GetGenericTypeDefinition() is var d) && (d == typeof(Lazy<>) || d == typeof(Task<>) || d == typeof(ValueTask<>)))
                return level.GetGenericArguments();
        return Collection(type) is { } element ? [element] : [];
    }

    static Type? Collection(Type type) {
        foreach (var face in type.GetInterfaces())
            if (face.IsGenericType && face.GetGenericTypeDefinition() is var d && (d == typeof(IEnumerable<>) || d == typeof(IAsyncEnumerable<>)))
                return face.GetGenericArguments()[0];
        return null;
    }

    static bool IsIterator(Type type) =>
        type.Name[0] == '<' && (typeof(IEnumerator).IsAssignableFrom(type) || typeof(IAsyncStateMachine).IsAssignableFrom(type));

    static bool HasForeignBase(Type type) {
        for (var level = type.BaseType; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
            if (IsForeign(level)) return true;
        return false;
    }

    // Records and plain structs are equal where their fields are, and going by the fields avoids the equality of LanguageExt's collections,
    // which scans every loaded assembly once; a type that says what equality is for it has its way.
    static bool IsStructural(Type type) =>
        type.GetMethod(nameof(Equals), [typeof(object)]) is not { } equals || equals.DeclaringType == typeof(ValueType)
        || equals.IsDefined(typeof(CompilerGeneratedAttribute)) || type.IsDefined(typeof(CompilerGeneratedAttribute));
}
