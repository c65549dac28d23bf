using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace Diff.Examples;

/// <summary>What a training run shows: a progress bar with its latest figures, and at the end a confusion table.</summary>
public static class Bar {
    /// <summary>Runs the body, which reports the step it has reached and a text such as <c>loss 0.123  accuracy 0.98</c>.</summary>
    /// <remarks>In a terminal a bar with the time left; where the output goes to a file or a CI log, a line at each tenth.</remarks>
    /// <param name="title">What runs: <c>epoch 1/3</c>.</param>
    /// <param name="total">How many steps there are.</param>
    /// <param name="body">The work. Reporting every step costs little: the screen is redrawn ten times a second at most.</param>
    /// <param name="plain">Where lines go instead of a bar; by default the console, if it is no terminal.</param>
    public static void Run(string title, int total, Action<Action<int, string>> body, TextWriter? plain = null) => Run(title, total, report => {
        body(report);
        return true;
    }, plain);

    /// <summary>The same for a body with a result, as a fold over batches has.</summary>
    public static R Run<R>(string title, int total, Func<Action<int, string>, R> body, TextWriter? plain = null) =>
        plain is not null || Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive
            ? Lines(title, total, body, plain ?? Console.Out)
            : Live(title, total, body);

    static R Lines<R>(string title, int total, Func<Action<int, string>, R> body, TextWriter to) {
        var (clock, printed) = (Stopwatch.StartNew(), 0);
        return body((step, text) => {
            var tenth = total > 0 ? (int)(10L * step / total) : 10;
            if (tenth > printed) {
                printed = tenth;
                to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{title}  {step}/{total}  {text}  {clock.Elapsed.TotalSeconds:F1} s"));
            }
        });
    }

    static R Live<R>(string title, int total, Func<Action<int, string>, R> body) => AnsiConsole.Progress()
        .AutoClear(false)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 30 }, new PercentageColumn(), new RemainingTimeColumn())
        .Start(context => {
            var task = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, total));
            var (clock, next, last) = (Stopwatch.StartNew(), 0L, "");
            void Show(int step) {
                task.Description = $"{Markup.Escape(title)}  [grey]{Markup.Escape(last)}[/]";
                task.Value = step;
            }
            var result = body((step, text) => {
                last = text;
                if (step >= total || clock.ElapsedMilliseconds >= next) {
                    next = clock.ElapsedMilliseconds + 100;
                    Show(step);
                }
            });
            Show(total);
            return result;
        });

    /// <summary>Prints a square table of counts: rows are the true classes, columns the predicted ones, and recall at the end of each row.</summary>
    public static void Confusion(int[,] table, TextWriter? to = null) {
        var n = table.GetLength(0);
        if (table.GetLength(1) != n) {
            throw new ArgumentException($"Confusion: the table is {n} by {table.GetLength(1)}; true and predicted classes must be equally many.");
        }
        // Spectre would colour a redirected output where TERM names a colour terminal: no escape codes in logs.
        var console = (to ?? (Console.IsOutputRedirected ? Console.Out : null)) is { } plain
            ? AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(plain), Ansi = AnsiSupport.No }) : AnsiConsole.Console;
        var classes = Enumerable.Range(0, n).ToArray();
        var view = new Table().Border(TableBorder.Simple).Title("true class by row, predicted by column");
        view.AddColumn(Column(""));
        foreach (var k in classes) {
            view.AddColumn(Column($"[bold]{k}[/]"));
        }
        view.AddColumn(Column("[bold]recall[/]"));
        foreach (var row in classes) {
            var sum = classes.Sum(k => table[row, k]);
            view.AddRow([$"[bold]{row}[/]", .. classes.Select(k => Cell(table[row, k], row == k, sum)),
                sum == 0 ? "–" : string.Create(CultureInfo.InvariantCulture, $"{(double)table[row, row] / sum:F3}")]);
        }
        console.Write(view);
    }

    // Narrow enough that ten classes of thousands fit the 80 columns of a log.
    static TableColumn Column(string head) => new(head) { Alignment = Justify.Right, Padding = new Padding(1, 0, 0, 0), NoWrap = true };

    static string Cell(int count, bool right, int sum) =>
        count == 0 ? "[grey]·[/]"
        : right ? $"[green]{count}[/]"
        : 50L * count >= sum ? $"[red]{count}[/]"       // a mistake made with one in fifty of the class deserves a look
        : $"{count}";
}
