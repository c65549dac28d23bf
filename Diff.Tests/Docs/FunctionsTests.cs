using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Diff.Tests.Docs;

/// <summary>docs/functions.md lists every public function, and nothing that does not exist.</summary>
public class FunctionsTests {
    const BindingFlags Declared = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    // What the language itself calls by other words.
    static readonly Dictionary<string, string[]> operators = new() {
        ["op_Addition"] = ["a + b"], ["op_Subtraction"] = ["a - b"], ["op_Multiply"] = ["a * b"], ["op_Division"] = ["a / b"], ["op_Modulus"] = ["a % b"], ["op_UnaryNegation"] = ["-x"],
        ["op_LessThan"] = ["a < b"], ["op_GreaterThan"] = ["a > b"], ["op_LessThanOrEqual"] = ["a <= b"], ["op_GreaterThanOrEqual"] = ["a >= b"], ["op_BitwiseAnd"] = ["a & b"], ["op_BitwiseOr"] = [@"a \| b"],
        ["op_ExclusiveOr"] = ["a ^ b"], ["op_LogicalNot"] = ["!x"], ["op_OnesComplement"] = ["~x"], ["op_LeftShift"] = ["a << b"], ["op_RightShift"] = ["a >> b"], ["get_Slices"] = ["x[…]"],
        // Conversions, if (x > 0), foreach, what every object has, and what does not compile.
        ["op_Implicit"] = [], ["op_Explicit"] = [], ["op_True"] = [], ["op_False"] = [], ["op_Equality"] = [], ["op_Inequality"] = [],
        ["GetEnumerator"] = [], ["Equals"] = [], ["GetHashCode"] = [], ["ToString"] = [],
    };

    static IEnumerable<string> Names(Type type, Func<MethodInfo, string> prefix) =>
        from m in type.GetMethods(Declared)
        where !m.IsDefined(typeof(CompilerGeneratedAttribute)) || m.Name.StartsWith("get_", StringComparison.Ordinal)
        from name in type == typeof(Functions) && m.Name == "op_Modulus" ? [".. % 2"]
            : operators.TryGetValue(m.Name, out var words) ? words
            : [prefix(m) + (m.Name.StartsWith("get_", StringComparison.Ordinal) ? m.Name[4..] : m.Name)]
        select name;

    static IEnumerable<string> Existing() =>
        Names(typeof(Functions), _ => "")
            .Concat(Names(typeof(Tensor), m => m.IsStatic ? "Tensor." : "x."))
            .Concat(Names(typeof(TensorProducts), _ => "x."))
            .Concat(Names(typeof(Threads), _ => "Threads."))
            .Concat(Names(typeof(RandomTensors), _ => "key."))
            .Concat(Names(typeof(Place), _ => "at."));

    static IEnumerable<string> Listed() =>
        from line in File.ReadLines(Path.Combine(DataFolder.Repository()!, "docs", "functions.md"))
        where line.StartsWith("| `", StringComparison.Ordinal)
        from Match name in Regex.Matches(Regex.Match(line, @"^\| (?<diff>.*?[^\\]) \|").Groups["diff"].Value, "`(?<name>[^`]+)`")
        select name.Groups["name"].Value;

    [Fact]
    public void Every_function_is_on_the_page() => Assert.Equal("", string.Join(" ", Existing().Distinct().Except(Listed()).Order()));

    [Fact]
    public void What_is_on_the_page_exists_and_stands_there_once() {
        Assert.Equal("", string.Join(" ", Listed().Except(Existing())));
        Assert.Equal([], Listed().GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    // All three are used without a prefix: a name in two of them would mean one thing or the other.
    [Fact]
    public void No_name_is_in_two_classes_of_functions() {
        string[][] names = [.. new[] { typeof(Functions), typeof(Diff.Layers), typeof(Optimizers) }.Select(t => t.GetMethods(Declared).Where(m => !m.IsSpecialName).Select(m => m.Name).Distinct().ToArray())];
        Assert.Equal([], names.SelectMany(n => n).GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Fact]
    public void Every_row_has_four_cells() =>
        Assert.All(File.ReadLines(Path.Combine(DataFolder.Repository()!, "docs", "functions.md")).Where(l => l.StartsWith('|')), l => Assert.Equal(5, Regex.Matches(l, @"(?<!\\)\|").Count));
}
