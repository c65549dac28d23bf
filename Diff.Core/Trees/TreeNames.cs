using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Types as one writes them.</summary>
internal static class TreeNames {
    /// <summary>A value for a message: a tensor by dtype and shape, anything else by its type.</summary>
    public static string Describe(object? value, Type declared) => value switch {
        Tensor { AbsentFrom: null } t => $"{t.Type}",
        null => Of(declared),
        _ => Of(value.GetType()),
    };

    /// <summary>With its article.</summary>
    public static string Article(Type type) => Of(type) is var name && "AEIOUaeio".Contains(name[0]) ? $"an {name}" : $"a {name}";

    /// <summary>The C# name: <c>(double, Tensor[])</c>, <c>List&lt;Dense&gt;</c>.</summary>
    public static string Of(Type type) {
        if (type.IsArray) return $"{Of(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (Nullable.GetUnderlyingType(type) is { } value) return $"{Of(value)}?";
        if (Keyword(type) is { } keyword) return keyword;
        var arguments = type.GetGenericArguments();
        if (typeof(ITuple).IsAssignableFrom(type) && type.IsValueType) return $"({string.Join(", ", Items(type))})";
        if (type.Name.StartsWith("<>f__Anonymous", StringComparison.Ordinal))
            return $"new {{ {string.Join(", ", TreeField.Of(type).Select(f => f.Segment))} }}";
        var name = type.Name.IndexOf('`') is > 0 and var tick ? type.Name[..tick] : type.Name;
        return arguments.Length == 0 ? name : $"{name}<{string.Join(", ", arguments.Select(Of))}>";
    }

    // A tuple of more than seven keeps the others in a tuple of its own.
    static IEnumerable<string> Items(Type tuple) {
        var arguments = tuple.GetGenericArguments();
        return arguments.Length < 8 ? arguments.Select(Of) : arguments[..7].Select(Of).Concat(Items(arguments[7]));
    }

    static string? Keyword(Type type) => type.IsEnum ? null : Type.GetTypeCode(type) switch {
        TypeCode.Boolean => "bool",
        TypeCode.Byte => "byte",
        TypeCode.SByte => "sbyte",
        TypeCode.Char => "char",
        TypeCode.Int16 => "short",
        TypeCode.UInt16 => "ushort",
        TypeCode.Int32 => "int",
        TypeCode.UInt32 => "uint",
        TypeCode.Int64 => "long",
        TypeCode.UInt64 => "ulong",
        TypeCode.Single => "float",
        TypeCode.Double => "double",
        TypeCode.Decimal => "decimal",
        TypeCode.String => "string",
        _ => type == typeof(object) ? "object" : null,
    };
}
