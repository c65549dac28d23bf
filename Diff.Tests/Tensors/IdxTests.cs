using System.Buffers.Binary;
using System.IO.Compression;
using FsCheck.Xunit;

namespace Diff.Tests.Tensors;

public sealed class IdxTests : IDisposable {
    readonly string folder = Directory.CreateTempSubdirectory("diff-idx-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static byte[] File(byte type, uint[] dims, byte[] values) =>
        [0, 0, type, (byte)dims.Length, .. dims.SelectMany(Size), .. values];

    static byte[] Size(uint size) {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, size);
        return bytes;
    }

    static byte[] Gzip(byte[] plain) {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) {
            gzip.Write(plain);
        }
        return packed.ToArray();
    }

    string Write(byte[] bytes) {
        var path = Path.Combine(folder, Path.GetRandomFileName());
        System.IO.File.WriteAllBytes(path, bytes);
        return path;
    }

    // What the reader says of these bytes, which must name the file.
    string Fault(byte[] bytes) {
        var path = Write(bytes);
        var message = Assert.Throws<DataException>(() => Idx.ReadBytes(path)).Message;
        Assert.StartsWith(path, message);
        return message[(path.Length + 2)..];
    }

    [Property(MaxTest = 50)]
    public void ReadsWhatWasWritten(byte a, byte b, bool packed) {
        var (rows, columns) = (a % 40, b % 40);
        var values = Enumerable.Range(0, rows * columns).Select(i => (byte)(i * 7)).ToArray();
        var bytes = File(8, [(uint)rows, (uint)columns], values);
        var (read, dims) = Idx.ReadBytes(Write(packed ? Gzip(bytes) : bytes));
        Assert.Equal(values, read);
        Assert.Equal([rows, columns], dims);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void ReadsOneToFourDimensions(int rank) {
        var (values, dims) = Idx.ReadBytes(Write(File(8, [.. Enumerable.Repeat(2u, rank)], new byte[1 << rank])));
        Assert.Equal(1 << rank, values.Length);
        Assert.Equal(Enumerable.Repeat(2, rank), dims);
    }

    [Fact]
    public void GzipLargerThanTheFirstBufferIsRead() {
        var values = new byte[3_000_001];
        new Random(1).NextBytes(values);
        Assert.Equal(values, Idx.ReadBytes(Write(Gzip(File(8, [3_000_001], values)))).Values);
    }

    [Fact]
    public void MissingFile() {
        var path = Path.Combine(folder, "none");
        Assert.Contains("there is no such file", Assert.Throws<DataException>(() => Idx.ReadBytes(path)).Message);
        Assert.Contains("there is no such file", Assert.Throws<DataException>(() => Idx.ReadBytes(Path.Combine(path, "none"))).Message);
        Assert.Contains("cannot be read", Assert.Throws<DataException>(() => Idx.ReadBytes(folder)).Message);
    }

    [Fact]
    public void EmptyFile() {
        Assert.Equal("is empty; expected an IDX file. Download it again.", Fault([]));
        Assert.Equal("is empty; expected an IDX file. Download it again.", Fault(Gzip([])));
    }

    [Fact]
    public void WrongMagic() {
        Assert.StartsWith("starts with the bytes 89504e47; an IDX file starts with 0000", Fault([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]));
        Assert.StartsWith("starts with the bytes 0000;", Fault([0, 0]));
        Assert.StartsWith("starts with the bytes 3c68746d", Fault(Gzip("<html>"u8.ToArray())));
    }

    [Fact]
    public void WrongElementTypeOrRank() {
        Assert.Equal("holds elements of type 0x0d (32-bit float); only unsigned bytes (0x08) are read.", Fault(File(0x0d, [1], new byte[4])));
        Assert.Equal("holds elements of type 0x42; only unsigned bytes (0x08) are read.", Fault(File(0x42, [1], new byte[4])));
        Assert.Equal("declares 0 dimensions; expected 1 to 4.", Fault(File(8, [], [])));
        Assert.Equal("declares 255 dimensions; expected 1 to 4.", Fault([0, 0, 8, 255, 0, 0, 0, 1]));
    }

    [Fact]
    public void TruncatedOrTooLong() {
        var whole = File(8, [2, 3], [1, 2, 3, 4, 5, 6]);
        Assert.Equal("the file ends after 6 of 12 bytes of its header. Download it again.", Fault(whole[..6]));
        Assert.Equal("the file ends after 15 of 18 bytes that its header, [2, 3], declares: download it again.", Fault(whole[..15]));
        Assert.Equal("the file ends after 15 of 18 bytes that its header, [2, 3], declares: download it again.", Fault(Gzip(whole[..15])));
        Assert.StartsWith("more data follows the 18 bytes that its header, [2, 3], declares (the file has 19)", Fault([.. whole, 0]));
        Assert.StartsWith("more data follows the 18 bytes that its header, [2, 3], declares:", Fault(Gzip([.. whole, 0])));
    }

    [Fact]
    public void HeaderThatLiesAboutItsSizeAllocatesNothing() {
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.StartsWith("the header declares dimension 1 is 4294967295", Fault(File(8, [0, uint.MaxValue], [])));
        Assert.StartsWith("the header declares [65536, 65536, 65536, 65536] bytes", Fault(File(8, [65536, 65536, 65536, 65536], [])));
        Assert.StartsWith("the file ends after 12 of 2000000012 bytes", Fault(File(8, [2_000_000, 1000], [])));
        Assert.StartsWith("the file ends after 15 of 2000000012 bytes", Fault(Gzip(File(8, [2_000_000, 1000], [1, 2, 3]))));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 20_000_000);
        Assert.Empty(Idx.ReadBytes(Write(File(8, [int.MaxValue, 0, int.MaxValue], []))).Values);
    }

    [Fact]
    public void DamagedGzip() {
        var good = Gzip(File(8, [1000], [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * i))]));
        Assert.Contains("cannot be decompressed", Fault([0x1f, 0x8b, 0x00, 0x17, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
        Fault([0x1f, 0x8b]);
        Fault(good[..(good.Length / 2)]);
    }

    [Property(MaxTest = 300)]
    public void AnyDamageIsADataExceptionOrHarmless(byte at, byte value, bool packed) {
        var bytes = File(8, [4, 5], new byte[20]);
        var damaged = packed ? Gzip(bytes) : bytes;
        damaged[at % damaged.Length] = value;
        try {
            Idx.ReadBytes(Write(damaged));
        } catch (DataException) {
        }
    }

    [DataFact("mnist")]
    public void ReadsMnist() {
        var train = Idx.ReadBytes(DataFolder.File("mnist/train-labels-idx1-ubyte.gz"));
        var test = Idx.ReadBytes(DataFolder.File("mnist/t10k-labels-idx1-ubyte.gz"));
        var images = Idx.ReadBytes(DataFolder.File("mnist/t10k-images-idx3-ubyte.gz"));
        Assert.Equal([60000], train.Dims);
        Assert.Equal([5, 0, 4, 1, 9, 2, 1, 3, 1, 4], train.Values[..10]);
        Assert.Equal([10000], test.Dims);
        Assert.Equal([7, 2, 1, 0, 4, 1, 4, 9, 5, 9], test.Values[..10]);
        Assert.Equal([10000, 28, 28], images.Dims);
        Assert.Equal(10000 * 28 * 28, images.Values.Length);
    }
}
