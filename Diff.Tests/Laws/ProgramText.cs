using System.Collections;
using System.Globalization;
using System.Reflection;

namespace Diff.Tests;

/// <summary>A program as C# that can be pasted into a test.</summary>
internal static class ProgramText {
    static readonly Dictionary<Type, Func<string[], string>> operators = new() {
        [typeof(AddOp)] = x => $"{x[0]} + {x[1]}", [typeof(SubOp)] = x => $"{x[0]} - {x[1]}", [typeof(MulOp)] = x => $"{x[0]} * {x[1]}", [typeof(DivOp)] = x => $"{x[0]} / {x[1]}",
        [typeof(NegOp)] = x => $"-{x[0]}", [typeof(SelectOp)] = x => $"Where({string.Join(", ", x)})",
    };

    /// <summary>The law applied to the function and the point.</summary>
    public static string Of(Trial trial, string law) {
        var p = trial.Program;
        var names = Enumerable.Range(0, p.Count).Select(i => i < p.Inputs.Length ? $"x[{i}]" : i - p.Inputs.Length < 26 ? $"{(char)('a' + i - p.Inputs.Length)}" : $"v{i}").ToArray();
        var lines = new List<string> { $"{law}(x => {{" };
        foreach (var e in p.Equations) {
            var inputs = e.Inputs.Select(i => names[i]).ToArray();
            if (e.Types.Length == 1) lines.Add($"    var {names[e.First]} = {Call(e.Op, inputs)};");
            else {
                lines.Add($"    var {names[e.First]} = Graph.ApplyAll({Text(e.Op)}{string.Concat(inputs.Select(i => ", " + i))});");
                for (var i = e.Types.Length - 1; i >= 0; i--) names[e.First + i] = $"{names[e.First]}[{i}]";
            }
        }
        lines.Add($"    return [{string.Join(", ", p.Outputs.Select(o => names[o]))}];");
        return string.Join("\n", lines) + $"\n}}{string.Concat(trial.At.Select(x => ", " + Text(x)))});";
    }

    // By the name that a user has for it, where that is all there is to say.
    static string Call(Op op, string[] inputs) =>
        operators.TryGetValue(op.GetType(), out var text) ? text(inputs)
        : op is FillOp f ? $"Graph.Fill({Text(f.Value)}, {Text(f.Type)})"
        : HasOne(op) && typeof(Functions).GetMethod(op.Name, [.. inputs.Select(_ => typeof(Tensor))]) is not null ? $"{op.Name}({string.Join(", ", inputs)})"
        : $"Graph.Apply({Text(op)}{string.Concat(inputs.Select(i => ", " + i))})";

    static bool HasOne(Op op) => op.GetType().GetField("Op", BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy) is not null;

    static string Text(object? value) => value switch {
        null => "null",
        bool b => b ? "true" : "false",
        double.NaN => "double.NaN",
        double.PositiveInfinity => "double.PositiveInfinity",
        double.NegativeInfinity => "double.NegativeInfinity",
        0.0 when double.IsNegative((double)value) => "-0.0",
        double d => d.ToString("R", CultureInfo.InvariantCulture),
        int i => i.ToString(CultureInfo.InvariantCulture),
        Enum e => $"{e.GetType().Name}.{e}",
        Axes { Count: 0 } => "Axes.None",
        Axes axes => $"Axes.Of({string.Join(", ", axes.ToArray())})",
        Shape { Rank: 0 } => "Shape.Scalar",
        Shape shape => $"Shape.Of({string.Join(", ", shape.ToArray())})",
        TensorType type => $"new TensorType({Text(type.DType)}, {Text(type.Shape)})",
        ProgramInput input => $"new ProgramInput({Text(input.Type)})",
        Equation e => $"new Equation({Text(e.Op)}, {Text(e.Inputs)}, {e.First}, {Text(e.Types)})",
        ProgramList list => $"new ProgramList({Text(list.Items)})",
        Program p => $"new Program({Text(p.Inputs)}, {Text(p.Equations)}, {Text(p.Outputs)})",
        Op op => HasOne(op) ? op.GetType().Name + ".Op" : $"new {op.GetType().Name}({string.Join(", ", Parameters(op).Select(Text))})",
        Tensor x => $"Tensor.From<{CSharp(x.DType)}>([{string.Join(", ", Values.Doubles(x).Select(v => Number(v, x.DType)))}]{string.Concat(x.Shape.ToArray().Select(d => $", {d}"))})",
        IEnumerable many => $"[{string.Join(", ", many.Cast<object>().Select(Text))}]",
        _ => $"({value.GetType().Name}){value}",
    };

    // A record's parameters are properties of their names.
    static IEnumerable<object?> Parameters(Op op) =>
        op.GetType().GetConstructors().OrderByDescending(c => c.GetParameters().Length).First().GetParameters().Select(p => op.GetType().GetProperty(p.Name!)?.GetValue(op));

    static string CSharp(DType type) => type switch {
        DType.F32 => "float",
        DType.F64 => "double",
        DType.I32 => "int",
        DType.I64 => "long",
        DType.U32 => "uint",
        _ => "bool",
    };

    static string Number(double v, DType type) =>
        type == DType.Bool ? v != 0 ? "true" : "false"
        : type == DType.F32 ? double.IsFinite(v) ? ((float)v).ToString("R", CultureInfo.InvariantCulture) + "f" : Text(v).Replace("double", "float")
        : type == DType.F64 ? Text(v) : ((long)v).ToString(CultureInfo.InvariantCulture);
}
