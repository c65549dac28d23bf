using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;

namespace Diff;

/// <summary>Prints arrays as NumPy does with <c>precision=4</c>: aligned columns, the digits that tell a number apart and no more,
/// powers of ten where the range asks for them, <c>...</c> where there is too much to read.</summary>
internal static class Printing {
    const int Precision = 4;            // PyTorch's choice; NumPy's own 8 makes rows of a matrix wrap
    const int Threshold = 1000;         // more elements than this are summarized …
    const int EdgeItems = 3;            // … by so many at each end of an axis
    const int LineWidth = 75;

    /// <summary>The text of a row-major array; a format such as "F4" or "0.00" replaces the choice of digits.</summary>
    public static string Format<T>(ReadOnlySpan<T> values, ReadOnlySpan<int> dims, string? format = null) where T : unmanaged {
        var custom = string.IsNullOrEmpty(format) || format == "G" ? null : format;
        if (dims.IsEmpty) {
            return custom is null ? Scalar(values[0]) : Custom(values[..1], custom)[0];
        }
        if (values.IsEmpty) {
            return "[]";
        }
        var summarize = values.Length > Threshold;
        var shown = new List<T>();
        Keep(values, dims, summarize, shown);
        return new Layout(Words<T>(CollectionsMarshal.AsSpan(shown), custom), dims.ToArray(), summarize).Print();
    }

    // The elements that will be seen, in row-major order: NumPy chooses digits by these alone.
    static void Keep<T>(ReadOnlySpan<T> values, ReadOnlySpan<int> dims, bool summarize, List<T> shown) {
        if (dims.IsEmpty) {
            shown.Add(values[0]);
            return;
        }
        var step = values.Length / dims[0];
        for (var i = 0; i < dims[0]; i++) {
            if (summarize && IsLong(dims[0]) && i == EdgeItems) {
                i = dims[0] - EdgeItems;
            }
            Keep(values.Slice(i * step, step), dims[1..], summarize, shown);
        }
    }

    static bool IsLong(int size) => size > 2 * EdgeItems;

    // One word an element, all equally wide where NumPy aligns them.
    static string[] Words<T>(ReadOnlySpan<T> shown, string? custom) where T : unmanaged =>
        custom is not null ? Aligned(Custom(shown, custom))
        : typeof(T) == typeof(float) ? Floats(MemoryMarshal.Cast<T, float>(shown))
        : typeof(T) == typeof(double) ? Floats(MemoryMarshal.Cast<T, double>(shown))
        : typeof(T) == typeof(bool) ? [.. Strings(shown).Select(word => word.PadLeft(5))]
        : Aligned(Strings(shown));

    static string[] Aligned(string[] words) {
        var width = words.Max(word => word.Length);
        return [.. words.Select(word => word.PadLeft(width))];
    }

    static string[] Strings<T>(ReadOnlySpan<T> values) => [.. values.ToArray().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)!)];

    static string[] Custom<T>(ReadOnlySpan<T> values, string format) => [.. values.ToArray().Select(value => value switch {
        double x when !double.IsFinite(x) => NotFinite(x),
        float x when !float.IsFinite(x) => NotFinite(x),
        IFormattable x => x.ToString(format, CultureInfo.InvariantCulture),
        _ => $"{value}",
    })];

    static string Scalar<T>(T value) where T : unmanaged => value switch {
        float x => float.IsFinite(x) ? Scalar(Numeral.Of(x)) : NotFinite(x),
        double x => double.IsFinite(x) ? Scalar(Numeral.Of(x)) : NotFinite(x),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    // A number by itself is never rounded: what is printed reads back as the same number.
    static string Scalar(Numeral shortest) =>
        shortest.IsZero || shortest.Exponent is >= -4 and < 16 ? shortest.Positional(int.MaxValue).Text.TrimEnd('.')
        : Power(shortest.Scientific(int.MaxValue));

    static string Power((string Whole, string Fraction, int Exponent) n) => $"{n.Whole}{(n.Fraction == "" ? "" : ".")}{n.Fraction}e{Signed(n.Exponent, 2)}";

    static string NotFinite(double x) => double.IsNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";

    static string Signed(int exponent, int digits) => (exponent < 0 ? "-" : "+") + Math.Abs(exponent).ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');

    static string[] Floats<T>(ReadOnlySpan<T> values) where T : struct, IBinaryFloatingPointIeee754<T> {
        var all = values.ToArray();
        var finite = all.Where(T.IsFinite).ToArray();
        var numerals = finite.Select(Numeral.Of).ToArray();
        var sizes = finite.Where(x => !T.IsZero(x)).Select(T.Abs).ToArray();
        var scientific = sizes.Length > 0 && (sizes.Max() >= T.CreateChecked(1e8) || sizes.Min() < T.CreateChecked(1e-4)
            || sizes.Max() / sizes.Min() > T.CreateChecked(1000));
        var (words, left, right) = scientific ? Scientific(numerals) : Positional(numerals);

        // Numbers that are not finite end where the digits end, and widen the column only if they must.
        var odd = all.Where(x => !T.IsFinite(x)).Select(x => NotFinite(double.CreateChecked(x)).Length).DefaultIfEmpty(0).Max();
        var width = Math.Max(left + 1 + right, odd);
        var next = 0;
        return [.. all.Select(x => (T.IsFinite(x) ? words[next++] : NotFinite(double.CreateChecked(x))).PadLeft(width))];
    }

    // 0.25, 1.  and 10.  with their points one above the other.
    static (string[] Words, int Left, int Right) Positional(Numeral[] numerals) {
        var parts = numerals.Select(n => n.Positional(Precision)).ToArray();
        var right = parts.Select(p => p.Fraction).DefaultIfEmpty(0).Max();
        var words = parts.Select(p => p.Text + new string(' ', right - p.Fraction)).ToArray();
        return (words, words.Select(w => w.Length - right - 1).DefaultIfEmpty(0).Max(), right);
    }

    // 2.50e-07 and 1.00e+10: equally many digits everywhere.
    static (string[] Words, int Left, int Right) Scientific(Numeral[] numerals) {
        var parts = numerals.Select(n => n.Scientific(Precision)).ToArray();
        var digits = parts.Max(p => p.Fraction.Length);
        var exponent = parts.Max(p => Math.Max(2, Math.Abs(p.Exponent).ToString(CultureInfo.InvariantCulture).Length));
        var words = parts.Select(p => $"{p.Whole}.{p.Fraction.PadRight(digits, '0')}e{Signed(p.Exponent, exponent)}").ToArray();
        return (words, parts.Max(p => p.Whole.Length), digits + 2 + exponent);
    }

    /// <summary>Puts words into nested brackets: rows wrap at 75 columns, an axis of rank k is separated by k − 1 line ends.</summary>
    sealed class Layout(string[] words, int[] dims, bool summarize) {
        int next;

        public string Print() => Nested(0, " ", LineWidth);

        string Nested(int axis, string indent, int width) {
            var text = new StringBuilder("[");
            if (axis == dims.Length - 1) {
                Row(text, indent, width - 1);
            } else {
                var gap = new string('\n', dims.Length - 1 - axis) + indent;
                text.AppendJoin(gap, Items(dims[axis], () => Nested(axis + 1, indent + " ", width - 1)));
            }
            return text.Append(']').ToString();
        }

        void Row(StringBuilder text, string indent, int width) {
            var line = indent.Length;           // the length of the line so far; nothing is wrapped where that would not help
            var first = true;
            foreach (var word in Items(dims[^1], () => words[next++])) {
                if (!first) {
                    line++;
                    if (line + word.Length > width) {
                        while (text[^1] == ' ') {
                            text.Length--;      // words that are padded on the right leave no spaces at a line's end
                        }
                        text.Append('\n').Append(indent);
                        line = indent.Length;
                    } else {
                        text.Append(' ');
                    }
                }
                text.Append(word);
                line += word.Length;
                first = false;
            }
        }

        IEnumerable<string> Items(int size, Func<string> item) {
            var cut = summarize && IsLong(size);
            for (var i = 0; i < (cut ? 2 * EdgeItems : size); i++) {
                if (cut && i == EdgeItems) {
                    yield return "...";
                }
                yield return item();
            }
        }
    }

    /// <summary>A finite number as its shortest decimal digits d₁.d₂d₃… × 10^Exponent, beside its exact value for rounding.</summary>
    readonly record struct Numeral(bool Negative, string Digits, int Exponent, double Size) {
        public bool IsZero => Size == 0;

        string Sign => Negative ? "-" : "";

        public static Numeral Of<T>(T x) where T : IBinaryFloatingPointIeee754<T> {
            var text = T.Abs(x).ToString("R", CultureInfo.InvariantCulture);
            var (mantissa, power) = text.Split('E') is [var m, var e] ? (m, int.Parse(e, CultureInfo.InvariantCulture)) : (text, 0);
            var point = mantissa.IndexOf('.') is >= 0 and var at ? at : mantissa.Length;
            var digits = mantissa.Replace(".", "");
            var leading = digits.TakeWhile(c => c == '0').Count();
            return T.IsZero(x)
                ? new(T.IsNegative(x), "0", 0, 0)
                : new(T.IsNegative(x), digits.Trim('0'), power + point - 1 - leading, Math.Abs(double.CreateChecked(x)));
        }

        /// <summary>As 12.5 or 3., with at most so many decimals.</summary>
        public (string Text, int Fraction) Positional(int precision) {
            var decimals = Digits.Length - 1 - Exponent;
            var (digits, scale) = decimals > precision
                ? (Rounded(precision).ToString(CultureInfo.InvariantCulture), precision)
                : decimals < 0 ? (Rounded(0).ToString(CultureInfo.InvariantCulture), 0)     // an integer prints as what it is: 95000472, not 95000470
                : (Digits, decimals);
            var padded = digits.PadLeft(scale + 1, '0');
            var fraction = padded[^scale..].TrimEnd('0');
            return ($"{Sign}{padded[..^scale]}.{fraction}", fraction.Length);
        }

        /// <summary>As 1.25 × 10^Exponent, with at most so many decimals.</summary>
        public (string Whole, string Fraction, int Exponent) Scientific(int precision) {
            var digits = Digits.Length - 1 > precision
                ? Rounded(precision - Exponent).ToString(CultureInfo.InvariantCulture) : Digits;
            // 9.99996 rounds to 10.0000: one digit more, one power up.
            var carry = digits.Length > precision + 1L ? 1 : 0;
            return ($"{Sign}{digits[0]}", digits[1..].TrimEnd('0'), Exponent + carry);
        }

        // Size · 10^scale to the nearest integer, ties to even: exact, for the digits of a double can decide at the 50th place.
        BigInteger Rounded(int scale) {
            var bits = BitConverter.DoubleToInt64Bits(Size);
            var biased = (int)(bits >> 52) & 0x7ff;
            var significand = (bits & ((1L << 52) - 1)) | (biased == 0 ? 0 : 1L << 52);
            var power = Math.Max(biased, 1) - 1075;
            var numerator = significand * BigInteger.Pow(10, Math.Max(scale, 0)) << Math.Max(power, 0);
            var denominator = BigInteger.Pow(10, Math.Max(-scale, 0)) << Math.Max(-power, 0);
            var (whole, rest) = BigInteger.DivRem(numerator, denominator);
            var half = (2 * rest).CompareTo(denominator);
            return half > 0 || (half == 0 && !whole.IsEven) ? whole + 1 : whole;
        }
    }
}
