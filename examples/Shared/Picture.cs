using System.Buffers.Binary;
using System.IO.Compression;

namespace Diff.Examples;

/// <summary>Pictures of results, without a package: plots as SVG, grey images as PNG.</summary>
public static class Picture {
    /// <summary>An empty plot: <c>Picture.Plot("fit").Points(xs, ys, "data").Line(xs, fit, "model").Save("fit.svg")</c>.</summary>
    public static Plot Plot(string title) => new(title);

    /// <summary>Writes a grey image, row-major, 0 black to 1 white (what lies outside is clamped), as an 8-bit PNG.</summary>
    public static void SavePng(string path, ReadOnlySpan<float> grey, int width, int height) => File.WriteAllBytes(path, Png(grey, width, height));

    /// <summary>The bytes of such a PNG.</summary>
    public static byte[] Png(ReadOnlySpan<float> grey, int width, int height) {
        if (width < 1 || height < 1 || grey.Length != (long)width * height) {
            throw new ArgumentException($"Png: {grey.Length} values are not an image of width {width} and height {height}.");
        }
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        (header[8], header[9]) = (8, 0);            // eight bits a pixel, grey; no interlacing
        return [0x89, .. "PNG\r\n"u8, 0x1a, (byte)'\n', .. Part("IHDR"u8, header), .. Part("IDAT"u8, Compress(grey, width)), .. Part("IEND"u8, [])];
    }

    /// <summary>Many square images, <c>[count, side, side]</c>, in one: so many to a row, with a grey line between them.</summary>
    public static (float[] Grey, int Width, int Height) Sheet(ReadOnlySpan<float> images, int side, int columns) {
        var (count, cell) = (images.Length / (side * side), side + 1);
        var (width, height) = (columns * cell + 1, (count + columns - 1) / columns * cell + 1);
        var sheet = new float[width * height];
        Array.Fill(sheet, 0.35f);
        for (var i = 0; i < count; i++) {
            for (var row = 0; row < side; row++) {
                images.Slice((i * side + row) * side, side).CopyTo(sheet.AsSpan((i / columns * cell + 1 + row) * width + i % columns * cell + 1));
            }
        }
        return (sheet, width, height);
    }

    static byte[] Compress(ReadOnlySpan<float> grey, int width) {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) {
            for (var start = 0; start < grey.Length; start += width) {
                zlib.WriteByte(0);                  // this row is stored as it is, not as differences
                foreach (var value in grey.Slice(start, width)) {
                    zlib.WriteByte((byte)(255 * Math.Clamp(float.IsNaN(value) ? 0 : value, 0, 1) + 0.5f));
                }
            }
        }
        return packed.ToArray();
    }

    // Length, name, data, and the checksum of name and data.
    static byte[] Part(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data) {
        var part = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(part, data.Length);
        name.CopyTo(part.AsSpan(4));
        data.CopyTo(part.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(part.AsSpan(8 + data.Length), Crc(part.AsSpan(4, 4 + data.Length)));
        return part;
    }

    static uint Crc(ReadOnlySpan<byte> data) {
        var crc = uint.MaxValue;
        foreach (var value in data) {
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        }
        return ~crc;
    }

    static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(n =>
        Enumerable.Range(0, 8).Aggregate((uint)n, (c, _) => (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1))];
}
