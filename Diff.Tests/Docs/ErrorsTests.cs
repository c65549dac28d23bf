using System.Reflection;
using System.Text.RegularExpressions;

namespace Diff.Tests.Docs;

/// <summary>docs/errors.md has a section on every type of error, and each of its examples fails as it says, and works as it is mended.</summary>
public class ErrorsTests {
    static readonly string root = DataFolder.Repository()!;

    static readonly Type[] types = [.. typeof(DiffException).Assembly.GetExportedTypes().Where(t => t.IsSubclassOf(typeof(DiffException)) && !t.IsAbstract)];

    /// <summary>An example: how it fails, what is said, how it is mended.</summary>
    sealed record Example(string Fails, string Message, string Works);

    // Sections by the name of the type, each with blocks in threes.
    static Dictionary<string, Example[]> Sections() =>
        File.ReadAllText(Path.Combine(root, "docs", "errors.md")).Split("\n## ").Skip(1).ToDictionary(s => s[..s.IndexOf('\n')].Trim(), s => {
            var blocks = Regex.Matches(s, @"^```(?<language>\w*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline);
            Assert.All(blocks.Index(), b => Assert.Equal(b.Index % 3 == 1 ? "text" : "csharp", b.Item.Groups["language"].Value));
            Assert.Equal(0, blocks.Count % 3);
            return blocks.Select(b => b.Groups["text"].Value).Chunk(3).Select(b => new Example(b[0], b[1], b[2])).ToArray();
        });

    // The body of each method of Errors.cs, and the method.
    static Dictionary<string, MethodInfo> Methods() =>
        Regex.Matches(File.ReadAllText(Path.Combine(root, "Diff.Tests", "Docs", "Errors.cs")), @"^    static void (?<name>\w+)\(\) \{\n(?<body>.*?)^    \}$", RegexOptions.Multiline | RegexOptions.Singleline)
            .ToDictionary(m => Regex.Replace(m.Groups["body"].Value, "^        ", "", RegexOptions.Multiline), m => typeof(Errors).GetMethod(m.Groups["name"].Value, BindingFlags.Static | BindingFlags.NonPublic)!);

    static Exception? Run(MethodInfo method) => Record.Exception(() => method.CreateDelegate<Action>()());

    public static IEnumerable<object[]> Names => types.Select(t => new object[] { t.Name });

    [Fact]
    public void Every_type_of_error_has_a_section_and_nothing_else_has() =>
        Assert.Equal(types.Select(t => t.Name).Order(), Sections().Keys.Order());

    [Theory, MemberData(nameof(Names))]
    public void Examples_fail_as_the_page_says_and_work_as_it_mends_them(string type) {
        var (examples, methods) = (Sections()[type], Methods());
        Assert.InRange(examples.Length, 2, 4);
        foreach (var (fails, message, works) in examples) {
            var e = Run(methods[fails]);
            Assert.Equal((type, string.Join(' ', message.Split('\n')).Trim()), (e?.GetType().Name, e?.Message));
            Assert.Null(Run(methods[works]));
        }
    }

    [Fact]
    public void Every_example_is_on_the_page() =>
        Assert.Equal(Methods().Count, Sections().Values.Sum(examples => 2 * examples.Length));

    [Fact]
    public void An_error_knows_its_section() {
        var e = Assert.Throws<ShapeException>(() => Tensor.Zeros(-1));
        Assert.Equal("docs/errors.md#shapeexception", e.HelpLink);
    }
}
