using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Layers {
    /// <summary>A model as PyTorch prints a module: any record, tuple or list of layers and tensors. A layer's <c>ToString</c> is this.</summary>
    /// <remarks><code>
    /// LeNet(
    ///   (Conv1): Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))
    ///   (Fc1): Dense(in=400, out=120)
    /// )
    /// </code></remarks>
    public static string Describe(object model) => ModelText.Of(model);
}

/// <summary>Prints layers by their fields, in the order of declaration, base types first: as trees name their leaves.</summary>
static class ModelText {
    public static string Of(object? value) => value switch {
        null => "null",
        Tensor tensor => Type(tensor),
        Layer { Settings: { } settings } layer => $"{Name(layer)}({settings})",
        Sequential chain => Block("Sequential", Items(chain.Layers)),
        string or ValueType and not ITuple => $"{value}",
        Delegate function => function.Method.Name.Contains('<') ? "function" : function.Method.Name,
        ITuple tuple => Block("", Enumerable.Range(0, tuple.Length).Select(i => ($"{i}", tuple[i]))),
        IDictionary table => Block("", table.Keys.Cast<object>().Select(key => ($"{key}", table[key]))),
        IEnumerable items => Block("", Items(items)),
        _ when value.GetType().Namespace?.Split('.')[0] == "System" => value.ToString() ?? "",
        _ => Record(value),
    };

    static IEnumerable<(string, object?)> Items(IEnumerable items) => items.Cast<object?>().Select((item, i) => ($"{i}", item));

    // Where every field is short, one line holds them; a model of models has a line for each.
    static string Record(object value) {
        var fields = Fields(value.GetType()).Select(f => (Name: Clean(f.Name), Value: f.GetValue(value))).ToArray();
        return fields.All(f => f.Value is null or Tensor or string or ValueType and not ITuple)
            ? $"{Name(value)}({string.Join(", ", fields.Select(f => f.Value is Tensor t ? $"{f.Name}: {Type(t)}" : $"{f.Name}={Of(f.Value)}"))})"
            : Block(Name(value), fields.Select(f => (f.Name, f.Value)));
    }

    static string Block(string name, IEnumerable<(string Name, object? Value)> children) {
        var lines = children.Select(c => $"  ({c.Name}): {Of(c.Value).Replace("\n", "\n  ")}\n").ToArray();
        return lines.Length == 0 ? $"{name}()" : $"{name}(\n{string.Concat(lines)})";
    }

    static string Name(object value) => value is Lambda f ? f.Name : value.GetType().Name.Split('`')[0] is var name && name.Contains("AnonymousType") ? "" : name;

    static IEnumerable<FieldInfo> Fields(Type type) =>
        (type.BaseType is { } above && above != typeof(object) ? Fields(above) : [])
        .Concat(type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly).OrderBy(f => f.MetadataToken));

    // <Weight>k__BackingField, and <W>i__Field of anonymous types
    static string Clean(string field) => field.StartsWith('<') ? field[1..field.IndexOf('>')] : field;

    static string Type(Tensor tensor) {
        try {
            return tensor.DType.Name() + tensor.Shape;
        } catch (GradientException) {
            return "–";         // a leaf without derivative, in a gradient
        }
    }
}
