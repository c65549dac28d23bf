using System.Text.RegularExpressions;

namespace Diff.Tests.Docs;

/// <summary>The code that the documentation shows is code that is compiled and run: in Diff.Tests/Docs, or an example.</summary>
public class DocsTests {
    static readonly string root = DataFolder.Repository()!;

    static string[] Pages() => [.. Directory.GetFiles(root, "*.md"), .. Directory.GetFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories)];

    static void None(IEnumerable<string> faults) => Assert.True(string.Join("\n", faults) is var all && all == "", all);

    static string Named(string path) => Path.GetRelativePath(root, path).Replace('\\', '/');

    [Fact]
    public void Every_block_of_code_is_compiled_somewhere() {
        var sources = Directory.GetFiles(Path.Combine(root, "Diff.Tests", "Docs"), "*.cs").Concat(Directory.GetFiles(Path.Combine(root, "examples"), "*.cs"))
            .Select(f => Lines(File.ReadLines(f))).ToArray();
        None(from page in Pages()
             from block in Blocks(page)
             where block.Language != "text" && !IsIn(block, sources)
             select $"{Named(page)}:{block.Line}: this block is in no file of Diff.Tests/Docs or examples, or not as ```csharp");
    }

    // From one blank line of a block to the next the lines have to follow one another in a file, and all of a block in one file.
    static bool IsIn(Block block, Line[][] sources) =>
        block.Language == "csharp" && Array.Exists(sources, source => Array.TrueForAll(Paragraphs(block.Text), p => Contains(source, p)));

    static Line[][] Paragraphs(string[] text) {
        var paragraphs = new List<Line[]>();
        for (var i = 0; i < text.Length; i++) {
            var length = text.Skip(i).TakeWhile(l => l.Trim() != "").Count();
            if (length > 0) paragraphs.Add(Lines(text.Skip(i).Take(length)));
            i += length;
        }
        return [.. paragraphs];
    }

    readonly record struct Line(int Indent, string Text);

    static Line[] Lines(IEnumerable<string> text) =>
        [.. text.Where(l => l.Trim() != "").Select(l => new Line(l.Length - l.TrimStart().Length, l.Trim()))];

    // Up to an indentation that is the same for all lines.
    static bool Contains(Line[] source, Line[] part) {
        for (var at = 0; at + part.Length <= source.Length; at++) {
            var shift = source[at].Indent - part[0].Indent;
            var same = 0;
            while (same < part.Length && source[at + same] == part[same] with { Indent = part[same].Indent + shift }) same++;
            if (same == part.Length) return true;
        }
        return false;
    }

    sealed record Block(int Line, string Language, string[] Text);

    static IEnumerable<Block> Blocks(string page) {
        var lines = File.ReadAllLines(page);
        for (var i = 0; i < lines.Length; i++) {
            if (!lines[i].StartsWith("```", StringComparison.Ordinal)) continue;
            var end = Array.FindIndex(lines, i + 1, l => l.StartsWith("```", StringComparison.Ordinal));
            Assert.True(end > i, $"{Named(page)}:{i + 1}: this block does not end.");
            yield return new(i + 1, lines[i][3..].Trim(), lines[(i + 1)..end]);
            i = end;
        }
    }

    [Fact]
    public void Relative_links_lead_somewhere() =>
        None(from page in Pages()
             from line in File.ReadLines(page).Index()
             from Match link in Regex.Matches(line.Item, @"\]\((?<to>[^)\s#]+)")
             let to = link.Groups["to"].Value
             where !Regex.IsMatch(to, "^[a-z]+:") && !Path.Exists(Path.Combine(Path.GetDirectoryName(page)!, to))
             select $"{Named(page)}:{line.Index + 1}: there is no {to}");

    [Fact]
    public void The_inside_fits_into_one_sitting() {
        Assert.InRange(File.ReadLines(Path.Combine(root, "docs", "inside.md")).Count(), 100, 299);
        // All of the miniature is in it, not only parts.
        var shown = Blocks(Path.Combine(root, "docs", "inside.md")).SelectMany(b => Lines(b.Text)).Select(l => l.Text).ToHashSet();
        var body = Lines(File.ReadLines(Path.Combine(root, "Diff.Tests", "Docs", "Inside.cs"))).SkipWhile(l => !l.Text.Contains("class Miniature", StringComparison.Ordinal)).Skip(1).SkipLast(1).ToArray();
        None(body.Select(l => l.Text).Except(shown));
        Assert.InRange(body.Length, 100, 160);
    }

    [Fact]
    public void A_changed_block_would_be_noticed() {
        var source = Lines(["class A {", "    int x = 1;", "", "    int y = 2;", "}"]);
        Assert.True(IsIn(new(1, "csharp", ["int x = 1;", "", "int y = 2;"]), [source]));
        Assert.True(IsIn(new(1, "csharp", ["    int x = 1;", "    int y = 2;"]), [source]));
        Assert.False(IsIn(new(1, "csharp", ["int x = 1;", "  int y = 2;"]), [source]));
        Assert.False(IsIn(new(1, "csharp", ["int x = 2;"]), [source]));
        Assert.False(IsIn(new(1, "", ["int x = 1;"]), [source]));
    }
}
