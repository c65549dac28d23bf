namespace Diff.Examples;

/// <summary>The ways of writing each digit: strokes in a square, x to the right, y down, both from 0 to 1.</summary>
/// <remarks>A path is written in the commands of SVG: M moves, L draws a line, Q a quadratic curve (control point, end), and O a whole
/// ellipse (centre, radii). Styles differ as people's do: a 1 with and without its foot, a 4 open and closed, a 7 with its bar.</remarks>
static class Glyphs {
    static readonly string[][] Paths = [
        ["O .50 .50 .27 .42", "O .50 .50 .20 .42", "M .58 .10 Q .22 .06 .22 .52 Q .24 .92 .52 .92 Q .80 .90 .78 .48 Q .76 .12 .50 .10"],
        ["M .50 .08 L .50 .92", "M .34 .26 L .54 .08 L .54 .92", "M .32 .28 L .52 .08 L .52 .92 M .30 .92 L .74 .92"],
        ["M .24 .28 Q .28 .08 .52 .08 Q .78 .10 .76 .32 Q .74 .48 .24 .92 L .80 .92",
         "M .24 .24 Q .34 .06 .56 .10 Q .80 .16 .70 .42 Q .58 .66 .30 .86 Q .20 .92 .24 .80 Q .34 .70 .50 .84 Q .66 .96 .82 .84"],
        ["M .24 .16 Q .44 .02 .64 .10 Q .80 .20 .70 .36 Q .62 .48 .42 .48 Q .72 .48 .78 .66 Q .80 .86 .58 .92 Q .36 .96 .20 .82",
         "M .24 .10 L .74 .10 L .46 .42 Q .78 .44 .78 .68 Q .76 .92 .50 .92 Q .32 .92 .22 .80"],
        ["M .60 .92 L .60 .08 L .20 .64 L .82 .64", "M .26 .08 L .24 .52 L .76 .52 M .72 .10 L .68 .92",
         "M .30 .10 Q .18 .40 .26 .50 Q .50 .58 .74 .46 M .76 .08 Q .72 .50 .64 .92"],
        ["M .74 .08 L .32 .08 L .28 .44 Q .52 .36 .68 .46 Q .84 .62 .70 .82 Q .52 1.00 .24 .84",
         "M .34 .10 L .30 .46 Q .74 .36 .76 .66 Q .74 .94 .42 .92 Q .30 .92 .22 .84 M .34 .10 L .78 .12"],
        ["M .66 .08 Q .24 .30 .24 .66 Q .26 .94 .52 .92 Q .78 .88 .74 .66 Q .68 .46 .46 .52 Q .28 .58 .26 .70",
         "M .44 .08 Q .24 .46 .26 .72 Q .32 .94 .52 .92 Q .76 .88 .72 .68 Q .62 .50 .30 .66"],
        ["M .20 .10 L .80 .10 L .42 .92", "M .22 .12 L .78 .10 Q .56 .46 .48 .92 M .34 .52 L .72 .50", "M .20 .22 Q .24 .08 .40 .12 Q .60 .18 .80 .08 Q .54 .50 .50 .92"],
        ["O .50 .28 .20 .20 O .50 .70 .25 .22", "M .74 .18 Q .50 .00 .30 .18 Q .22 .34 .50 .48 Q .84 .66 .70 .82 Q .50 1.00 .28 .82 Q .18 .66 .50 .48 Q .80 .32 .74 .18"],
        ["O .50 .32 .22 .23 M .72 .32 Q .74 .66 .58 .92", "O .48 .30 .22 .21 M .70 .16 L .68 .92", "M .72 .24 Q .54 .00 .32 .18 Q .20 .40 .38 .52 Q .62 .56 .72 .24 Q .82 .74 .56 .90 Q .40 .96 .28 .84"],
    ];

    /// <summary>Of each digit its styles; of each style its strokes; of each stroke its points, x and y in turn.</summary>
    public static readonly float[][][][] Strokes = [.. Paths.Select(styles => styles.Select(path => Parse(path).ToArray()).ToArray())];

    // Curves become chords short enough that no pixel sees the corners.
    const int Chords = 7, Round = 18;

    static IEnumerable<float[]> Parse(string path) {
        var words = path.Split(' ');
        var stroke = new List<float>();
        for (var i = 0; i < words.Length;) {
            var command = words[i++];
            float Number() => float.Parse(words[i++], System.Globalization.CultureInfo.InvariantCulture);
            if (command is "M" or "O" && stroke.Count > 0) {
                yield return [.. stroke];
                stroke = [];
            }
            stroke.AddRange(command switch {
                "Q" => Curve(stroke[^2], stroke[^1], Number(), Number(), Number(), Number()),
                "O" => Ellipse(Number(), Number(), Number(), Number()),
                _ => [Number(), Number()],
            });
        }
        yield return [.. stroke];
    }

    static IEnumerable<float> Curve(float x0, float y0, float x1, float y1, float x2, float y2) =>
        from i in Enumerable.Range(1, Chords)
        let t = i / (float)Chords
        let s = 1 - t
        from v in (float[])[s * s * x0 + 2 * s * t * x1 + t * t * x2, s * s * y0 + 2 * s * t * y1 + t * t * y2]
        select v;

    static IEnumerable<float> Ellipse(float x, float y, float rx, float ry) =>
        from i in Enumerable.Range(0, Round + 1)
        let angle = 2 * MathF.PI * i / Round - MathF.PI / 2
        from v in (float[])[x + rx * MathF.Cos(angle), y + ry * MathF.Sin(angle)]
        select v;
}
