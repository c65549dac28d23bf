using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Xml.Linq;

namespace Diff.Examples;

/// <summary>A plot of points and lines: an immutable description, drawn as SVG by <see cref="Svg"/> and <see cref="Save"/>.</summary>
public sealed class Plot {
    const double Width = 760, Height = 480;
    const double Left = 74, Right = 28, Top = 88, Bottom = 62;          // room for tick labels, the title and the legend
    const string Font = "Inter, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif", Ink = "#1f2933", Pale = "#616e7c", Grid = "#e4e7eb";
    static readonly string[] Colors = ["#2b6cb0", "#dd6b20", "#2f855a", "#b83280", "#6b46c1", "#b7791f"];
    static readonly XNamespace Ns = "http://www.w3.org/2000/svg";

    readonly string title;
    readonly string xLabel = "", yLabel = "";
    readonly ImmutableArray<Series> all = [];

    sealed record Series(bool IsLine, ImmutableArray<(double X, double Y)> Data, string Label, string Color);

    internal Plot(string title) => this.title = title;

    Plot(string title, string xLabel, string yLabel, ImmutableArray<Series> all) => (this.title, this.xLabel, this.yLabel, this.all) = (title, xLabel, yLabel, all);

    /// <summary>This plot with points drawn on top.</summary>
    public Plot Points<T>(IEnumerable<T> xs, IEnumerable<T> ys, string label) where T : INumber<T> => With(false, xs, ys, label);

    /// <summary>This plot with a line through the points, in their order, drawn on top; it is broken where a value is not finite.</summary>
    public Plot Line<T>(IEnumerable<T> xs, IEnumerable<T> ys, string label) where T : INumber<T> => With(true, xs, ys, label);

    /// <summary>This plot with names at its axes.</summary>
    public Plot Axes(string x, string y) => new(title, x, y, all);

    Plot With<T>(bool isLine, IEnumerable<T> xs, IEnumerable<T> ys, string label) where T : INumber<T> {
        var (x, y) = (xs.Select(double.CreateChecked).ToArray(), ys.Select(double.CreateChecked).ToArray());
        return x.Length == y.Length
            ? new(title, xLabel, yLabel, all.Add(new(isLine, [.. x.Zip(y)], label, Colors[all.Length % Colors.Length])))
            : throw new ArgumentException($"Plot: \"{label}\" has {x.Length} xs and {y.Length} ys.");
    }

    /// <summary>Writes the picture to a file.</summary>
    public void Save(string path) => File.WriteAllText(path, Svg());

    /// <summary>The picture as the text of an SVG document.</summary>
    public string Svg() {
        var finite = all.SelectMany(s => s.Data).Where(IsFinite).ToArray();
        var x = Scale.Of(finite.Select(p => p.X), Left, Width - Right);
        var y = Scale.Of(finite.Select(p => p.Y), Height - Bottom, Top);
        return new XElement(Ns + "svg",
            new XAttribute("viewBox", $"0 0 {Width} {Height}"), new XAttribute("width", Width), new XAttribute("height", Height),
            new XAttribute("font-family", Font), new XAttribute("font-size", 13),
            Shape("rect", ("width", Width), ("height", Height), ("fill", "#ffffff")),
            Text(title, Left, 38, "start", Ink, ("font-size", 19), ("font-weight", 600)),
            Legend(),
            x.Ticks.Select(t => VerticalTick(x, t)), y.Ticks.Select(t => HorizontalTick(y, t)),
            Shape("path", ("d", $"M{Left},{Top} V{Height - Bottom} H{Width - Right}"), ("fill", "none"), ("stroke", Pale), ("stroke-width", 1.2)),
            xLabel == "" ? null : Text(xLabel, (Left + Width - Right) / 2, Height - 16, "middle", Ink),
            yLabel == "" ? null : Text(yLabel, 0, 0, "middle", Ink, ("transform", $"translate(20,{Number((Top + Height - Bottom) / 2)}) rotate(-90)")),
            all.Select(s => s.IsLine ? Curve(s, x, y) : Dots(s, x, y))).ToString();
    }

    // Beyond 1e150 (and below 1e-150, in Scale) the arithmetic of scales would overflow: no plot needs it.
    static bool IsFinite((double X, double Y) p) => Math.Abs(p.X) < 1e150 && Math.Abs(p.Y) < 1e150;

    static XElement[] VerticalTick(Scale x, double at) => [
        Shape("line", ("x1", x[at]), ("x2", x[at]), ("y1", Top), ("y2", Height - Bottom), ("stroke", Grid)),
        Text(x.Label(at), x[at], Height - Bottom + 20, "middle", Pale),
    ];

    static XElement[] HorizontalTick(Scale y, double at) => [
        Shape("line", ("x1", Left), ("x2", Width - Right), ("y1", y[at]), ("y2", y[at]), ("stroke", Grid)),
        Text(y.Label(at), Left - 10, y[at] + 4.5, "end", Pale),
    ];

    static XElement Dots(Series s, Scale x, Scale y) => new(Ns + "g",
        new XAttribute("fill", s.Color), new XAttribute("fill-opacity", 0.55), new XAttribute("stroke", "#ffffff"), new XAttribute("stroke-width", 0.7),
        s.Data.Where(IsFinite).Select(p => Shape("circle", ("cx", x[p.X]), ("cy", y[p.Y]), ("r", 4))));

    static XElement Curve(Series s, Scale x, Scale y) {
        // M starts a piece, L goes on: a value that is not finite ends the piece.
        var path = s.Data.Select((p, i) => IsFinite(p)
            ? $"{(i > 0 && IsFinite(s.Data[i - 1]) ? 'L' : 'M')}{Number(x[p.X])},{Number(y[p.Y])}" : "");
        return Shape("path", ("d", string.Join(' ', path.Where(d => d != ""))), ("fill", "none"), ("stroke", s.Color), ("stroke-width", 2.6),
            ("stroke-linejoin", "round"), ("stroke-linecap", "round"));
    }

    // One row below the title, where no data can be; a label's width is estimated at 7.4 units a character.
    IEnumerable<XElement> Legend() {
        var at = Left;
        foreach (var s in all.Where(s => s.Label != "")) {
            yield return s.IsLine
                ? Shape("line", ("x1", at), ("x2", at + 20), ("y1", 61), ("y2", 61), ("stroke", s.Color), ("stroke-width", 2.6), ("stroke-linecap", "round"))
                : Shape("circle", ("cx", at + 10), ("cy", 61), ("r", 4.5), ("fill", s.Color), ("fill-opacity", 0.7));
            yield return Text(s.Label, at + 28, 65.5, "start", Ink);
            at += 28 + 7.4 * s.Label.Length + 26;
        }
    }

    static XElement Text(string text, double x, double y, string anchor, string color, params (string Name, object Value)[] more) {
        var element = Shape("text", [("x", x), ("y", y), ("text-anchor", anchor), ("fill", color), .. more]);
        element.Value = text;
        return element;
    }

    static XElement Shape(string name, params (string Name, object Value)[] attributes) => new(Ns + name,
        attributes.Select(a => new XAttribute(a.Name, a.Value is double d ? Number(d) : a.Value)));

    static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>From data to the page along one axis, over a range that starts and ends a little beyond the data.</summary>
    sealed record Scale(double Low, double High, double From, double To, double Step) {
        public double this[double value] => From + (value - Low) / (High - Low) * (To - From);

        public static Scale Of(IEnumerable<double> values, double from, double to) {
            var sorted = values.DefaultIfEmpty(0).ToArray();
            var (low, high) = (sorted.Min(), sorted.Max());
            // All values alike (or nearly, for their size): a range around them, so that no step is lost in rounding.
            var room = high - low > Math.Max(1e-150, 1e-9 * Math.Max(Math.Abs(low), Math.Abs(high))) ? 0.04 * (high - low) : Math.Max(Math.Abs(high) * 0.1, 1);
            return new(low - room, high + room, from, to, NiceStep((high - low + 2 * room) / 6));
        }

        // The step next to the wish among 1, 2, 5 times a power of ten.
        static double NiceStep(double wish) {
            var power = Math.Pow(10, Math.Floor(Math.Log10(wish)));
            return (wish / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 } * power;
        }

        public IEnumerable<double> Ticks =>
            from i in Enumerable.Range(0, (int)(Math.Floor(High / Step) - Math.Ceiling(Low / Step)) + 1)
            select (Math.Ceiling(Low / Step) + i) * Step;

        public string Label(double tick) =>
            Math.Abs(tick) < Step / 1000 ? "0"
            : Math.Max(Math.Abs(Low), Math.Abs(High)) is < 1e-3 or >= 1e6 ? tick.ToString("0.###e+0", CultureInfo.InvariantCulture)
            : tick.ToString("F" + Math.Clamp((int)-Math.Floor(Math.Log10(Step) + 1e-9), 0, 12), CultureInfo.InvariantCulture).Replace('-', '−');
    }
}
