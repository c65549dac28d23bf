using System.Buffers.Binary;
using System.IO.Compression;

namespace Diff;

/// <summary>Readers of IDX files, the format of MNIST and its family, plain or gzip.</summary>
/// <remarks>The format: two zero bytes, the element type, the number of dimensions, each size as a big-endian 32-bit number, then
/// the elements in row-major order. Source: <c>http://yann.lecun.com/exdb/mnist/</c>.</remarks>
public static class Idx {
    const byte UnsignedByte = 0x08;
    const int MaxRank = 4;

    /// <summary>Grey images, f32 [count, rows, columns] in [0, 1].</summary>
    /// <remarks><example><code>
    /// var x = Idx.Images("mnist/train-images-idx3-ubyte.gz");        // f32[60000,28,28]
    /// </code></example></remarks>
    /// <exception cref="DataException">There is no such file, or it does not hold what its header declares, or no images.</exception>
    public static Tensor Images(string path) {
        var (bytes, dims) = ReadBytes(path);
        if (dims.Length != 3) throw new DataException($"{path}: holds [{string.Join(", ", dims)}] bytes; images have three dimensions. Is this the file of the labels?");
        // Every quotient is correctly rounded, once.
        Span<float> greys = stackalloc float[256];
        for (var i = 0; i < greys.Length; i++) greys[i] = i / 255f;
        var view = View.Allocate(new(DType.F32, Shape.Of(dims)));
        var values = view.Span<float>();
        for (var i = 0; i < bytes.Length; i++) values[i] = greys[bytes[i]];
        return new(view);
    }

    /// <summary>Labels, i32 [count].</summary>
    /// <exception cref="DataException">There is no such file, or it does not hold what its header declares, or no labels.</exception>
    public static Tensor Labels(string path) {
        var (bytes, dims) = ReadBytes(path);
        return dims.Length == 1 ? Tensor.Ints([.. bytes])
            : throw new DataException($"{path}: holds [{string.Join(", ", dims)}] bytes; labels have one dimension. Is this the file of the images?");
    }

    /// <summary>Reads a file of unsigned bytes. A file is not to be trusted: whatever it claims, memory is taken only for what it holds.</summary>
    internal static (byte[] Values, int[] Dims) ReadBytes(string path) {
        if (path.Given() == "") throw new DataException("Idx: the path is empty.");
        try {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return IsGzip(file) ? ReadGzip(path, file) : Read(path, file, file.Length);
        } catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException) {
            throw new DataException($"{path}: there is no such file.");
        } catch (Exception e) when (e is UnauthorizedAccessException or IOException or NotSupportedException) {
            throw new DataException($"{path}: cannot be read: {e.Message}");
        }
    }

    static bool IsGzip(FileStream file) {
        Span<byte> magic = stackalloc byte[2];
        var gzip = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic is [0x1f, 0x8b];
        file.Position = 0;
        return gzip;
    }

    static (byte[], int[]) ReadGzip(string path, FileStream file) {
        try {
            using var plain = new GZipStream(file, CompressionMode.Decompress);
            return Read(path, plain, length: null);
        } catch (InvalidDataException e) {
            throw new DataException($"{path}: starts as gzip (1f 8b), but cannot be decompressed: {e.Message} Download it again.");
        }
    }

    // length is the file's own where it is known: then the header is checked against it before anything is allocated.
    static (byte[], int[]) Read(string path, Stream stream, long? length) {
        var (dims, header) = ReadHeader(path, stream);
        var count = Count(path, dims);
        return length is { } bytes && bytes - header != count
            ? throw Mismatch(path, dims, bytes, header + count)
            : (ReadValues(path, stream, dims, header, (int)count), dims);
    }

    static (int[] Dims, int Header) ReadHeader(string path, Stream stream) {
        Span<byte> header = stackalloc byte[4 + 4 * MaxRank];
        var got = stream.ReadAtLeast(header[..4], 4, throwOnEndOfStream: false);
        if (got == 0) {
            throw new DataException($"{path}: is empty; expected an IDX file. Download it again.");
        }
        var start = Convert.ToHexStringLower(header[..got]);
        if (got < 4 || header[0] != 0 || header[1] != 0) {
            throw new DataException($"{path}: starts with the bytes {start}; an IDX file starts with 0000, then the element type "
                + "and the number of dimensions, as 00000803 (images) or 00000801 (labels). Is this the right file?");
        }
        if (header[2] != UnsignedByte) {
            throw new DataException($"{path}: holds elements of type 0x{header[2]:x2}{TypeName(header[2])}; only unsigned bytes (0x08) are read.");
        }
        var rank = header[3];
        if (rank is < 1 or > MaxRank) {
            throw new DataException($"{path}: declares {rank} dimensions; expected 1 to {MaxRank}.");
        }
        var sizes = header.Slice(4, 4 * rank);
        var read = stream.ReadAtLeast(sizes, sizes.Length, throwOnEndOfStream: false);
        if (read < sizes.Length) {
            throw new DataException($"{path}: the file ends after {4 + read} of {4 + sizes.Length} bytes of its header. Download it again.");
        }
        var dims = new int[rank];
        for (var i = 0; i < rank; i++) {
            var size = BinaryPrimitives.ReadUInt32BigEndian(sizes[(4 * i)..]);
            dims[i] = size <= int.MaxValue ? (int)size : throw TooLarge(path, $"dimension {i} is {size}");
        }
        return (dims, 4 + sizes.Length);
    }

    static long Count(string path, int[] dims) {
        // A zero makes the product zero whatever the others are, so it must not be reached by way of an overflow.
        var count = 1L;
        foreach (var size in dims.Contains(0) ? [0] : dims) {
            count *= size;                        // below 2^31 * 2^31: cannot overflow before it is checked
            if (count > Array.MaxLength) {
                throw TooLarge(path, $"[{string.Join(", ", dims)}] bytes");
            }
        }
        return count;
    }

    static DataException TooLarge(string path, string what) =>
        new($"{path}: the header declares {what}, more than the {Array.MaxLength} that fit an array. The header is damaged: download the file again.");

    // Compressed data may claim any size, so the buffer doubles as bytes arrive, and never beyond what was declared.
    static byte[] ReadValues(string path, Stream stream, int[] dims, int header, int count) {
        const int first = 1 << 20;
        var values = new byte[stream.CanSeek ? count : Math.Min(count, first)];
        var have = 0;
        while (true) {
            have += stream.ReadAtLeast(values.AsSpan(have), values.Length - have, throwOnEndOfStream: false);
            if (have < values.Length) {
                throw Mismatch(path, dims, header + have, (long)header + count);
            }
            if (have == count) {
                return stream.ReadByte() < 0 ? values : throw Mismatch(path, dims, null, (long)header + count);
            }
            Array.Resize(ref values, (int)Math.Min(count, 2L * values.Length));
        }
    }

    static DataException Mismatch(string path, int[] dims, long? bytes, long expected) =>
        new($"{path}: " + (bytes < expected
            ? $"the file ends after {bytes} of {expected} bytes that its header, [{string.Join(", ", dims)}], declares: download it again."
            : $"more data follows the {expected} bytes that its header, [{string.Join(", ", dims)}], declares"
                + (bytes is null ? "" : $" (the file has {bytes})") + ": it is damaged or not an IDX file; download it again."));

    static string TypeName(byte type) => type switch {
        0x09 => " (signed byte)",
        0x0b => " (16-bit integer)",
        0x0c => " (32-bit integer)",
        0x0d => " (32-bit float)",
        0x0e => " (64-bit float)",
        _ => "",
    };
}
