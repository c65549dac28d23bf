using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;

namespace Diff;

/// <summary>Which captured variables a lambda uses. C# puts all captured variables of a scope into one object, which every lambda of the scope
/// holds: to ask about all of them would make one wait on what only another one uses.</summary>
internal static class Closures {
    static readonly ConcurrentDictionary<MethodInfo, HashSet<(Module, int)>?> known = [];
    static readonly Dictionary<short, OpCode> opcodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    /// <summary>Whether the compiler made the type, to hold variables or the state of an iterator.</summary>
    public static bool IsClosure(Type? type) => type is not null && type.Name.StartsWith('<');

    /// <summary>Whether a method, or a function written inside of it, uses a field of a closure. True where that cannot be known.</summary>
    public static bool Uses(MethodInfo method, FieldInfo field) => known.GetOrAdd(method, FieldsOf) is not { } fields || fields.Contains((field.Module, field.MetadataToken));

    static HashSet<(Module, int)>? FieldsOf(MethodInfo method) {
        var fields = new HashSet<(Module, int)>();
        var (seen, waiting) = (new HashSet<MethodBase> { method }, new Stack<MethodBase>([method]));
        try {
            while (waiting.TryPop(out var m)) {
                if (m.GetMethodBody()?.GetILAsByteArray() is not { } code) return null;
                foreach (var (kind, token) in Tokens(code)) {
                    if (kind == OperandType.InlineField) {
                        if (m.Module.ResolveField(token, TypesOf(m), MethodTypesOf(m)) is { } field && IsClosure(field.DeclaringType)) fields.Add((field.Module, field.MetadataToken));
                    } else if (m.Module.ResolveMethod(token, TypesOf(m), MethodTypesOf(m)) is { } called && (IsClosure(called.DeclaringType) || called.Name.StartsWith('<'))) {
                        // Whoever makes an iterator runs all of it.
                        MethodBase[] runs = called is ConstructorInfo ? [called, .. called.DeclaringType!.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).Where(_ => !called.DeclaringType.Name.StartsWith("<>c", StringComparison.Ordinal))] : [called];
                        foreach (var run in runs)
                            if (seen.Add(run)) waiting.Push(run);
                    }
                }
            }
            return fields;
        } catch (Exception e) when (e is NotSupportedException or ArgumentException or InvalidOperationException or KeyNotFoundException or BadImageFormatException) {
            // Methods made at run time have no readable body.
            return null;
        }
    }

    static Type[]? TypesOf(MethodBase m) => m.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null;

    static Type[]? MethodTypesOf(MethodBase m) => m.IsGenericMethod ? m.GetGenericArguments() : null;

    /// <summary>The fields and methods that a body mentions (ECMA-335, III.1.2).</summary>
    public static IEnumerable<(OperandType, int Token)> Tokens(byte[] code) {
        for (var at = 0; at < code.Length;) {
            short value = code[at++];
            if (value == 0xFE) value = (short)(0xFE00 | code[at++]);
            var operand = opcodes[value].OperandType;
            if (operand is OperandType.InlineField or OperandType.InlineMethod) yield return (operand, BitConverter.ToInt32(code, at));
            at += operand switch {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(code, at),
                _ => 4,
            };
        }
    }
}
