using System.Collections;
using System.Collections.Concurrent;
using System.Reflection;

namespace Diff;

/// <summary>What a delegate uses besides its arguments, as it was at one moment: C# captures variables, not values, so a program recorded
/// from a function holds only as long as these are the same.</summary>
/// <remarks>Tensors count by reference, numbers and strings by value, and objects and closures by their fields in turn. What the framework keeps to
/// itself (a <c>Random</c>, a <c>Stopwatch</c>, an open file) cannot be compared: then there is no program to keep. Static fields are not seen.</remarks>
internal sealed class Captures {
    // More than any function should be asked about at each of its calls.
    const int Most = 10_000;

    static readonly ConcurrentDictionary<Type, FieldInfo[]> fieldsOf = new();

    readonly object[] roots;
    readonly List<(object? Value, string Name)> atoms = [];
    readonly HashSet<object> visited = new(ReferenceEqualityComparer.Instance);
    readonly HashSet<(object, FieldInfo)> variables = [];
    readonly List<(object Owner, FieldInfo Field, object? Value)> slots = [];
    readonly List<(Array Live, Array Copy)> arrays = [];
    readonly List<(IList Live, object?[] Copy)> lists = [];

    /// <summary>Why nothing can be compared, or null.</summary>
    public string? Obstacle { get; private set; }

    /// <summary>Everything that these use now.</summary>
    public Captures(params object[] roots) {
        this.roots = roots;
        foreach (var root in roots) Walk(root, "");
    }

    /// <summary>What is different now, or null; or why that cannot be known.</summary>
    public string? Change() {
        if (Obstacle is null && SlotsAreSame()) return null;
        var now = new Captures(roots);
        if (now.Obstacle is { } obstacle) return obstacle;
        for (var i = 0; i < Math.Min(atoms.Count, now.atoms.Count); i++)
            if (!Same(atoms[i].Value, now.atoms[i].Value)) return $"{(atoms[i].Name == "" ? "what it captures" : atoms[i].Name)} was {Text(atoms[i].Value)}, is {Text(now.atoms[i].Value)}";
        return atoms.Count == now.atoms.Count ? null : "what it captures has another structure";
    }

    // Where every field holds the very object that it held, and numbers are equal, there is nothing to walk: the objects' own fields are asked too.
    bool SlotsAreSame() {
        foreach (var (owner, field, value) in slots) {
            if (!IsStill(value, field.GetValue(owner))) return false;
        }
        foreach (var (live, copy) in arrays)
            if (!BytesOf(live).SequenceEqual(BytesOf(copy))) return false;
        foreach (var (live, copy) in lists)
            if (!AreStill(copy, live)) return false;
        return true;
    }

    static bool AreStill(object?[] copy, IList live) {
        if (live.Count != copy.Length) return false;
        // An array of several axes has no item of one number.
        if (live is Array { Rank: > 1 }) return live.Cast<object?>().Zip(copy, IsStill).All(static same => same);
        for (var i = 0; i < copy.Length; i++)
            if (!IsStill(copy[i], live[i])) return false;
        return true;
    }

    // A struct is another box at each reading, with the same in it.
    static bool IsStill(object? value, object? now) =>
        ReferenceEquals(value, now) || value is ValueType && now is not null && now.GetType() == value.GetType()
        && (IsAtom(value) ? Same(value, now) : Array.TrueForAll(fieldsOf.GetOrAdd(value.GetType(), FieldsOf), f => IsStill(f.GetValue(value), f.GetValue(now))));

    static bool IsAtom(object value) => value is decimal || value.GetType() is { IsPrimitive: true } or { IsEnum: true };

    object? Read(object owner, FieldInfo field) {
        var value = field.GetValue(owner);
        if (owner is not ValueType) slots.Add((owner, field, value));
        return value;
    }

    static bool Same(object? a, object? b) => a switch {
        null => b is null,
        Tensor or MethodInfo or Type => ReferenceEquals(a, b) || a is not Tensor && a.Equals(b),
        // Bits, for NaN is NaN and −0 is not 0.
        double x => b is double y && BitConverter.DoubleToInt64Bits(x) == BitConverter.DoubleToInt64Bits(y),
        float x => b is float y && BitConverter.SingleToInt32Bits(x) == BitConverter.SingleToInt32Bits(y),
        Array x => b is Array y && x.GetType() == y.GetType() && x.Length == y.Length && BytesOf(x).SequenceEqual(BytesOf(y)),
        _ => a.Equals(b),
    };

    static ReadOnlySpan<byte> BytesOf(Array numbers) =>
        System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(numbers), Buffer.ByteLength(numbers));

    static string Text(object? value) => value switch {
        null => "null",
        Tensor t => $"another {t.Type}",
        Array a => $"another {a.GetType().GetElementType()!.Name}[{a.Length}]",
        MethodInfo m => m.Name,
        _ => FormattableString.Invariant($"{value}"),
    };

    void Walk(object? value, string name) {
        if (Obstacle is not null) return;
        if (atoms.Count > Most) {
            Obstacle = "it captures too much to compare at each call";
            return;
        }
        switch (value) {
            case null or Tensor or string or Type:
                atoms.Add((value, name));
                break;
            case Delegate d:
                if (!visited.Add(d)) break;
                if (Jitted.Behind(d) is { } jitted) {
                    Walk(jitted.Function, name);
                    break;
                }
                foreach (var one in d.GetInvocationList()) {
                    atoms.Add((one.Method, name));
                    if (Closures.IsClosure(one.Target?.GetType())) WalkVariables(one.Target!, one.Method, name);
                    else Walk(one.Target, name);
                }
                break;
            case Array { Rank: 1 } numbers when numbers.GetType().GetElementType()!.IsPrimitive:
                arrays.Add((numbers, (Array)numbers.Clone()));
                atoms.Add((arrays[^1].Copy, name));
                break;
            case Array or IList when value is Array || value.GetType() is { IsGenericType: true } list && list.GetGenericTypeDefinition() == typeof(List<>):
                if (!visited.Add(value)) break;
                var (items, i) = ((IList)value, 0);
                lists.Add((items, [.. items.Cast<object?>()]));
                atoms.Add((items.Count, $"the length of {name}"));
                // The same items may lie in other rows.
                if (value is Array { Rank: > 1 } grid)
                    for (var axis = 0; axis < grid.Rank; axis++) atoms.Add((grid.GetLength(axis), $"the length of {name} along axis {axis}"));
                foreach (var item in items) Walk(item, $"{name}[{i++}]");
                break;
            default:
                WalkObject(value, value.GetType(), name);
                break;
        }
    }

    void WalkObject(object value, Type type, string name) {
        if (IsAtom(value)) {
            atoms.Add((value, name));
            return;
        }
        if (!type.IsValueType && !visited.Add(value)) return;
        if (!type.IsValueType && IsFrameworks(type)) {
            Obstacle = $"it captures {name}, a {type.Name}, which may change";
            return;
        }
        atoms.Add((type, name));
        foreach (var field in fieldsOf.GetOrAdd(type, FieldsOf)) {
            if (field.FieldType.IsPointer || field.FieldType.IsFunctionPointer) Obstacle = $"it captures a pointer, {field.Name}";
            else Walk(Read(value, field), NameOf(field, name));
        }
    }

    // One object holds the variables of several lambdas, and each looks at its own. Scopes inside of each other are objects that hold each other.
    void WalkVariables(object closure, MethodInfo method, string name) {
        foreach (var field in fieldsOf.GetOrAdd(closure.GetType(), FieldsOf)) {
            if (!Closures.Uses(method, field)) continue;
            if (Closures.IsClosure(field.FieldType) && Read(closure, field) is { } outer) WalkVariables(outer, method, name);
            else if (variables.Add((closure, field))) Walk(Read(closure, field), NameOf(field, name));
        }
    }

    static bool IsFrameworks(Type type) => type.Namespace is { } space && (space == "System" || space.StartsWith("System.", StringComparison.Ordinal) || space.StartsWith("Microsoft.Extensions", StringComparison.Ordinal));

    static FieldInfo[] FieldsOf(Type type) {
        var fields = new List<FieldInfo>();
        for (var level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
            fields.AddRange(level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly));
        return [.. fields];
    }

    // The names that the user gave: of a variable, a property, a constructor's parameter.
    static string NameOf(FieldInfo field, string inside) {
        var name = field.Name;
        if (name.StartsWith("CS$<>", StringComparison.Ordinal)) return inside;
        if (name.StartsWith("<>4__this", StringComparison.Ordinal)) name = "this";
        else if (name[0] == '<' && name.IndexOf('>') is > 1 and var end) name = name[1..end];
        return inside == "" ? name : $"{inside}.{name}";
    }
}
