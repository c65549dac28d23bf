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

    // Collections of the framework and of LanguageExt, each with its codec; the generic arguments are the same.
    static readonly Dictionary<Type, Type> Known = new() {
        [typeof(State<>)] = typeof(StateCodec<>),
        [typeof(Nullable<>)] = typeof(NullableCodec<>),
        [typeof(List<>)] = typeof(ListCodec<>),
        [typeof(ReadOnlyCollection<>)] = typeof(ReadOnlyCodec<>),
        [typeof(ImmutableArray<>)] = typeof(ImmutableArrayCodec<>),
        [typeof(ImmutableList<>)] = typeof(ImmutableListCodec<>),
        [typeof(LanguageExt.Seq<>)] = typeof(SeqCodec<>),
        [typeof(LanguageExt.Arr<>)] = typeof(ArrCodec<>),
        [typeof(LanguageExt.Lst<>)] = typeof(LstCodec<>),
        [typeof(LanguageExt.Option<>)] = typeof(OptionCodec<>),
        [typeof(Dictionary<,>)] = typeof(DictionaryCodec<,>),
        [typeof(SortedDictionary<,>)] = typeof(SortedDictionaryCodec<,>),
        [typeof(ImmutableDictionary<,>)] = typeof(ImmutableDictionaryCodec<,>),
        [typeof(ImmutableSortedDictionary<,>)] = typeof(ImmutableSortedDictionaryCodec<,>),
        [typeof(LanguageExt.Map<,>)] = typeof(MapCodec<,>),
        [typeof(LanguageExt.Map<,,>)] = typeof(MapCodec<,,>),
        [typeof(LanguageExt.HashMap<,>)] = typeof(HashMapCodec<,>),
        [typeof(LanguageExt.HashMap<,,>)] = typeof(HashMapCodec<,,>),
    };

    // F#'s, by name; the codec's first generic argument is the type itself.
    static readonly Dictionary<string, Type> KnownByName = new() {
        ["Microsoft.FSharp.Collections.FSharpList`1"] = typeof(FSharpListCodec<,>),
        ["Microsoft.FSharp.Core.FSharpOption`1"] = typeof(FSharpOptionCodec<,>),
        ["Microsoft.FSharp.Collections.FSharpMap`2"] = typeof(FSharpMapCodec<,,>),
    };

    static readonly ConcurrentDictionary<Type, bool> Holders = new();

    /// <summary>Whether a value declared as this type may be of another.</summary>
    public static bool IsOpen(Type type) => RoleOf(type, exact: false).Role == Role.Open;

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
            if (Holds(part, exact: false, visited)) return true;
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
        if (type.IsSZArray) return (Role.Known, [type.GetElementType()!]);
        if (type.IsArray) return (Role.Suspect, [type.GetElementType()!]);
        if (KnownCodec(type) is not null) return (Role.Known, type.GetGenericArguments());
        if (!exact && (type.IsInterface || type == typeof(object) || type == typeof(Array) || type == typeof(ValueType))) return (Role.Open, []);
        if (IsForeign(type)) return IsPlain(type) ? (Role.Fields, FieldTypes(type)) : (Role.Suspect, Hidden(type));
        // A user's own collection is what its fields are; an iterator method's is a computation that has not run.
        if (Collection(type) is { } element && (IsIterator(type) || IsForeign(type.BaseType!) && type.BaseType != typeof(object) && !type.IsValueType))
            return (Role.Suspect, [element]);
        return exact || type.IsSealed ? (Role.Fields, FieldTypes(type)) : (Role.Open, []);
    }

    static Type[] FieldTypes(Type type) => Array.ConvertAll(TreeField.Of(type), f => f.Type);

    static Type? KnownCodec(Type type) {
        if (type.IsSZArray) return typeof(ArrayCodec<>).MakeGenericType(type.GetElementType()!);
        if (!type.IsGenericType) return null;
        var definition = type.GetGenericTypeDefinition();
        return Known.TryGetValue(definition, out var codec) ? codec.MakeGenericType(type.GetGenericArguments())
            : KnownByName.TryGetValue(definition.FullName ?? "", out codec) ? codec.MakeGenericType([type, .. type.GetGenericArguments()])
            : null;
    }

    // Delegates, F#'s functions, and reflection.
    static bool IsFunction(Type type) {
        if (typeof(Delegate).IsAssignableFrom(type) || typeof(MemberInfo).IsAssignableFrom(type)) return true;
        for (var level = type; level is not null; level = level.BaseType)
            if (level is { Name: "FSharpFunc`2", Namespace: "Microsoft.FSharp.Core" }) return true;
        return false;
    }

    // Types that are not a user's: what is inside is their own affair.
    static bool IsForeign(Type type) =>
        type.Namespace is { } space && (space == "System" || space == "LanguageExt" || space.StartsWith("System.", StringComparison.Ordinal)
            || space.StartsWith("LanguageExt.", StringComparison.Ordinal) || space.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal));

    // Tuples and pairs: nothing but their fields.
    static bool IsPlain(Type type) => type == typeof(KeyValuePair<,>) || type.IsGenericType
        && (typeof(ITuple).IsAssignableFrom(type) || type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>));

    // What a type of the framework would hide: a computation's result, a sequence's elements.
    static Type[] Hidden(Type type) {
        for (var level = type; level is not null; level = level.BaseType)
            if (level.IsGenericType && (level.GetGenericTypeDefinition() is var d) && (d == typeof(Lazy<>) || d == typeof(Task<>) || d == typeof(ValueTask<>)))
                return level.GetGenericArguments();
        return Collection(type) is { } element ? [element] : [];
    }

    static Type? Collection(Type type) {
        if (!typeof(IEnumerable).IsAssignableFrom(type)) return null;
        foreach (var face in type.GetInterfaces())
            if (face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IEnumerable<>)) return face.GetGenericArguments()[0];
        return null;
    }

    static bool IsIterator(Type type) => type.Name[0] == '<' && typeof(IEnumerator).IsAssignableFrom(type) && type.IsDefined(typeof(CompilerGeneratedAttribute));

    // Records and plain structs are equal where their fields are, and going by the fields avoids the equality of LanguageExt's collections,
    // which scans every loaded assembly once; a type that says what equality is for it has its way.
    static bool IsStructural(Type type) =>
        type.GetMethod(nameof(Equals), [typeof(object)]) is not { } equals || equals.DeclaringType == typeof(ValueType)
        || equals.IsDefined(typeof(CompilerGeneratedAttribute)) || type.IsDefined(typeof(CompilerGeneratedAttribute));
}
