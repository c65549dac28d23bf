using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml.Linq;
using Diff.Examples;
using FsCheck.Xunit;

namespace Diff.Tests.Examples;

public class DigitsTests {
    const int Pixels = Digits.Side * Digits.Side;

    [Fact]
    public void SameSeedSameImages() {
        var (images, labels) = Digits.Draw(200, 7);
        var (again, labelsAgain) = Digits.Draw(200, 7);
        Assert.Equal(images, again);
        Assert.Equal(labels, labelsAgain);
        Assert.NotEqual(images, Digits.Draw(200, 8).Images);
        Assert.NotEqual(labels, Digits.Draw(200, 8).Labels);
    }

    [Property(MaxTest = 20)]
    public void ImageDependsOnSeedAndIndexAlone(byte count, ulong seed) {
        var (images, labels) = Digits.Draw(300, seed);
        var (fewer, fewerLabels) = Digits.Draw(count, seed);
        Assert.True(images.AsSpan(0, count * Pixels).SequenceEqual(fewer));
        Assert.Equal(labels[..count], fewerLabels);
    }

    [Fact]
    public void ValuesAreGreyLevelsAndEveryImageShowsSomething() {
        var (images, _) = Digits.Draw(1000, 3);
        Assert.All(images, value => Assert.InRange(value, 0, 1));
        Assert.All(images.Chunk(Pixels), image => {
            Assert.InRange(image.Max(), 0.8f, 1f);
            Assert.InRange(image.Average(), 0.03f, 0.3f);
        });
        Assert.Equal(1000, images.Chunk(Pixels).Select(image => string.Join(',', image)).Distinct().Count());
    }

    [Fact]
    public void EveryTenImagesHoldEachDigitOnceInRandomOrder() {
        var (_, labels) = Digits.Draw(1000, 5);
        Assert.All(labels.Chunk(10), ten => Assert.Equal(Enumerable.Range(0, 10), ten.Order()));
        Assert.True(labels.Chunk(10).Select(ten => string.Concat(ten)).Distinct().Count() > 95);
    }

    [Fact]
    public void NoneIsNoImage() {
        Assert.Empty(Digits.Draw(0, 1).Images);
        Assert.Throws<ArgumentOutOfRangeException>(() => Digits.Draw(-1, 1));
    }

    // Too easy a task would show nothing: the nearest mean image must be wrong often, but far better than chance.
    [Fact]
    public void NearestMeanImageIsRightOftenButNotAlways() {
        var (images, labels) = Digits.Draw(2000, 11);
        var (test, answers) = Digits.Draw(500, 12);
        var means = Enumerable.Range(0, 10).Select(k => Enumerable.Range(0, Pixels)
            .Select(p => Enumerable.Range(0, 2000).Where(i => labels[i] == k).Average(i => images[i * Pixels + p])).ToArray()).ToArray();
        var right = test.Chunk(Pixels).Zip(answers).Count(pair =>
            Enumerable.Range(0, 10).MinBy(k => pair.First.Zip(means[k], (a, b) => (a - b) * (a - b)).Sum()) == pair.Second);
        Assert.InRange(right / 500.0, 0.4, 0.9);
    }
}

public class PictureTests {
    [Fact]
    public void PngDecodesToThePixels() {
        var png = Picture.Png([0, 0.5f, 1, 2, -1, float.NaN], 3, 2);
        Assert.Equal([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], png[..8]);
        var parts = Parts(png).ToArray();
        Assert.Equal(["IHDR", "IDAT", "IEND"], parts.Select(p => p.Name));
        Assert.Equal([0, 0, 0, 3, 0, 0, 0, 2, 8, 0, 0, 0, 0], parts[0].Data);
        using var zlib = new ZLibStream(new MemoryStream(parts[1].Data), CompressionMode.Decompress);
        using var rows = new MemoryStream();
        zlib.CopyTo(rows);
        Assert.Equal([0, 0, 128, 255, 0, 255, 0, 0], rows.ToArray());
        Assert.Equal(0xAE426082u, parts[2].Crc);             // the checksum of IEND, the same in every PNG
    }

    static IEnumerable<(string Name, byte[] Data, uint Crc)> Parts(byte[] png) {
        for (var at = 8; at < png.Length;) {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            yield return (Encoding.ASCII.GetString(png, at + 4, 4), png[(at + 8)..(at + 8 + length)], BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at + 8 + length)));
            at += 12 + length;
        }
    }

    [Fact]
    public void PngOfTheWrongSizeIsAnError() =>
        Assert.Contains("5 values are not an image of width 3 and height 2", Assert.Throws<ArgumentException>(() => Picture.Png(new float[5], 3, 2)).Message);

    [Fact]
    public void SheetPutsImagesSideBySide() {
        var (grey, width, height) = Picture.Sheet([1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1], 2, 2);
        Assert.Equal((7, 7), (width, height));
        Assert.Equal([0.35f, 1, 1, 0.35f, 0, 0, 0.35f], grey[7..14]);
        Assert.Equal([0.35f, 1, 1, 0.35f, 0.35f, 0.35f, 0.35f], grey[28..35]);
    }

    static XElement Parse(Plot plot) => XElement.Parse(plot.Svg());
    static IEnumerable<XElement> All(XElement svg, string name) => svg.Descendants(XName.Get(name, "http://www.w3.org/2000/svg"));

    [Fact]
    public void PlotIsWellFormedWithEveryPointAndItsTitle() {
        var svg = Parse(Picture.Plot("x² <&> \"more\"").Points([-1.0, 0, 1], [1.0, 0, 1], "a < b").Line([-1f, 1], [1f, 1], "fit").Axes("x", "y"));
        Assert.Equal(3 + 1, All(svg, "circle").Count());                // and one in the legend
        Assert.Contains("x² <&> \"more\"", All(svg, "text").Select(t => t.Value));
        Assert.Contains("a < b", All(svg, "text").Select(t => t.Value));
        Assert.Contains("−0.5", All(svg, "text").Select(t => t.Value));
    }

    [Fact]
    public void PlotIsImmutable() {
        var empty = Picture.Plot("t");
        var before = empty.Svg();
        Assert.NotEqual(before, empty.Points([1], [2], "p").Svg());
        Assert.Equal(before, empty.Svg());
    }

    [Fact]
    public void LineIsBrokenWhereThereIsNoValue() {
        var svg = Parse(Picture.Plot("t").Line([0, 1, 2, 3, 4], [0, 1, double.NaN, 1, double.PositiveInfinity], "l"));
        var path = All(svg, "path").Select(p => (string)p.Attribute("d")!).Single(d => d.Contains('L'));
        Assert.Equal(2, path.Count(c => c == 'M'));
        Assert.Equal(1, path.Count(c => c == 'L'));
    }

    [Property(MaxTest = 200)]
    public void AnyDataStaysOnThePage((double, double)[] data) {
        var svg = Parse(Picture.Plot("t").Points(data.Select(p => p.Item1), data.Select(p => p.Item2), "p"));
        var numbers = All(svg, "circle").Attributes().Where(a => a.Name == "cx" || a.Name == "cy").Select(a => double.Parse(a.Value, CultureInfo.InvariantCulture));
        Assert.All(numbers, n => Assert.InRange(n, 0, 760));
        Assert.InRange(All(svg, "line").Count(), 0, 40);
    }

    [Fact]
    public void ListsOfDifferentLengthAreAnError() =>
        Assert.Contains("\"p\" has 2 xs and 1 ys", Assert.Throws<ArgumentException>(() => Picture.Plot("t").Points([1, 2], [1], "p")).Message);
}

public class BarTests {
    [Fact]
    public void PlainLinesComeAtEachTenthAndTheResultComesBack() {
        using var lines = new StringWriter();
        var result = Bar.Run("epoch 1/1", 1000, report => {
            for (var step = 1; step <= 1000; step++) {
                report(step, $"loss [{step}]");
            }
            return 42;
        }, lines);
        var printed = lines.ToString().TrimEnd().Split('\n');
        Assert.Equal(42, result);
        Assert.Equal(10, printed.Length);
        Assert.StartsWith("epoch 1/1  100/1000  loss [100]  ", printed[0]);
        Assert.StartsWith("epoch 1/1  1000/1000  loss [1000]  ", printed[9]);
    }

    [Fact]
    public void ConfusionShowsCountsAndRecallIn80Columns() {
        using var text = new StringWriter();
        var table = new int[10, 10];
        for (var i = 0; i < 10; i++) {
            (table[i, i], table[i, (i + 1) % 10]) = (1000, 1000 + i);
        }
        Bar.Confusion(table, text);
        var lines = text.ToString().Split('\n');
        Assert.All(lines, line => Assert.InRange(line.Length, 0, 80));
        Assert.Contains(lines, line => line.Contains("1009") && line.Contains("1000") && line.Contains("0.498") && line.Contains('·'));
        Assert.Throws<ArgumentException>(() => Bar.Confusion(new int[2, 3], text));
    }
}
