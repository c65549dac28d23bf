using System.Text;

namespace Diff;

/// <summary>A program to look at: what a transform recorded of a function.</summary>
/// <param name="Inputs">The leaves of the argument, then the tensors that the function captures.</param>
/// <param name="Lines">The operations, in an order in which they can run.</param>
/// <param name="Results">The names of what is returned.</param>
public sealed record Listing(IReadOnlyList<Line> Inputs, IReadOnlyList<Line> Lines, IReadOnlyList<string> Results) {
    /// <summary>The line that computes a value, or the input of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such value.</exception>
    public Line this[string name] => Lines.Concat(Inputs).FirstOrDefault(l => l.Name == name) ?? throw new KeyNotFoundException($"The program has no value {name}.");

    /// <summary>The program as a Graphviz digraph: values are nodes, what each is computed from its edges.</summary>
    public string ToDot() {
        var text = new StringBuilder("digraph program {\n  node [shape=box, fontname=\"sans-serif\"];\n");
        foreach (var line in Inputs.Concat(Lines)) {
            var result = Results.Contains(line.Name);
            text.Append($"  {line.Name} [label=\"{line.Operation}\\n{line.Type}\"{(line.From.Count == 0 ? ", style=rounded" : result ? ", style=bold" : "")}];\n");
            foreach (var from in line.From) text.Append($"  {from} -> {line.Name};\n");
        }
        return text.Append("}\n").ToString();
    }

    /// <summary>The program as a Mermaid flowchart, which many Markdown viewers draw.</summary>
    public string ToMermaid() {
        var text = new StringBuilder("flowchart TD\n");
        foreach (var line in Inputs.Concat(Lines)) {
            // "end" and a few more are words of Mermaid's: every name gets a prefix.
            text.Append($"  v{line.Name}{(line.From.Count == 0 ? $"([\"{line.Operation} {line.Type}\"])" : $"[\"{line.Operation} {line.Type}\"]")}\n");
            foreach (var from in line.From) text.Append($"  v{from} --> v{line.Name}\n");
        }
        return text.ToString();
    }

    /// <summary>The program as text: <c>let c : f32[64,100] = Dot a b</c> … A program inside of it that comes again is named instead.</summary>
    public override string ToString() {
        var text = new StringBuilder();
        Write(text, "", new(ReferenceEqualityComparer.Instance));
        return text.ToString();
    }

    void Write(StringBuilder text, string margin, Dictionary<object, int> known) {
        text.Append("fun ").AppendJoin(' ', Inputs.Select(i => $"({i.Name} : {i.Type})")).AppendLine(" ->");
        foreach (var line in Lines) {
            text.Append($"{margin}  let ").AppendLine(line.ToString());
            foreach (var (name, program) in line.Parts) {
                if (known.TryGetValue(program, out var number)) {
                    text.AppendLine($"{margin}    {name}: program {number} again");
                    continue;
                }
                known[program] = known.Count + 1;
                text.Append($"{margin}    {name}, program {known.Count}: ");
                program.Write(text, margin + "      ", known);
                text.AppendLine();
            }
        }
        text.Append($"{margin}  ").AppendJoin(", ", Results);
    }
}

/// <summary>One operation of a program.</summary>
/// <param name="Name">Of the value that it computes.</param>
/// <param name="Operation">The op and its parameters.</param>
/// <param name="Type">The value's dtype and shape.</param>
/// <param name="From">The names of what it is computed from.</param>
/// <param name="Parts">The programs inside of a loop, a branch or a checkpoint.</param>
public sealed record Line(string Name, string Operation, TensorType Type, IReadOnlyList<string> From, IReadOnlyList<Part> Parts) {
    /// <inheritdoc/>
    public override string ToString() => $"{Name} : {Type} = {Operation}{string.Concat(From.Select(f => " " + f))}";
}

/// <summary>A program inside of an operation.</summary>
/// <param name="Name">Its part in it: body, condition, branch 0.</param>
/// <param name="Program">Its own inputs and lines.</param>
public sealed record Part(string Name, Listing Program);
