using FsCheck.Xunit;

namespace Diff.Tests.Optim;

public sealed class DatasetTests : IDisposable {
    readonly string folder = Directory.CreateTempSubdirectory("diff-data-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    static Dataset Numbered(int n) => new(Tensor.Arange(2 * n).To(DType.F32).Reshape(n, 2), Tensor.Arange(n));

    [Property(MaxTest = 50)]
    public void Every_example_comes_once_an_epoch(byte n, byte size, byte epochs, bool shuffled) {
        var (count, batch, times) = (n % 30, 1 + size % 12, epochs % 4);
        var all = Numbered(count).Batches(batch, shuffled ? Key.Of(n) : null, times).ToArray();
        Assert.Equal(Numbered(count).BatchCount(batch, times), all.Length);
        var labels = all.SelectMany(b => b.Y.ToArray<int>()).ToArray();
        Assert.Equal(times * count, labels.Length);
        for (var e = 0; e < times; e++) {
            var epoch = labels[(e * count)..((e + 1) * count)];
            Assert.Equal(Enumerable.Range(0, count), shuffled ? epoch.Order() : epoch);
        }
        // What belongs together stays together.
        Assert.All(all, b => Assert.Equal(b.Y.ToArray<int>().SelectMany(y => new[] { 2f * y, 2 * y + 1 }), b.X.ToArray<float>()));
    }

    [Fact]
    public void Each_epoch_has_an_order_of_its_own() {
        var labels = Numbered(20).Batches(20, Key.Of(1), 2).Select(b => b.Y.ToArray<int>()).ToArray();
        Assert.NotEqual(labels[0], labels[1]);
        Assert.Equal(labels, Numbered(20).Batches(20, Key.Of(1), 2).Select(b => b.Y.ToArray<int>()));
    }

    [Fact]
    public void The_rest_can_be_dropped() {
        Assert.Equal([8, 8, 4], Numbered(20).Batches(8).Select(b => b.Y.Size));
        Assert.Equal([8, 8], Numbered(20).Batches(8, dropLast: true).Select(b => b.Y.Size));
        Assert.Equal(4, Numbered(20).BatchCount(8, 2, dropLast: true));
        Assert.Equal([3, 4], Numbered(20).Rows(3..5).Y.ToArray<int>());
    }

    [Fact]
    public void Batches_are_made_as_they_are_asked_for() => Assert.Equal(3, Numbered(10).Batches(2, Key.Of(0), epochs: int.MaxValue).Take(3).Count());

    [Fact]
    public void What_makes_no_sense_is_an_error_at_once() {
        Assert.Throws<DomainException>(() => Numbered(3).Batches(0));
        Assert.Throws<DomainException>(() => Numbered(3).Batches(1, epochs: -1));
        Assert.Contains("f32[4,2]", Assert.Throws<DataException>(() => (Numbered(3) with { X = Tensor.Zeros(4, 2) }).Batches(1)).Message);
    }

    void Write(string name, int[] dims, byte[] values) => File.WriteAllBytes(Path.Combine(folder, name),
        [0, 0, 8, (byte)dims.Length, .. dims.SelectMany(d => new byte[] { 0, 0, (byte)(d >> 8), (byte)d }), .. values]);

    [Fact]
    public void A_folder_of_IDX_files() {
        Write("train-images-idx3-ubyte", [3, 2, 2], [0, 51, 102, 255, 1, 2, 3, 4, 5, 6, 7, 8]);
        Write("train-labels-idx1-ubyte", [3], [7, 0, 255]);
        Assert.Contains("t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte are missing", Assert.Throws<DataException>(() => Dataset.Mnist(folder)).Message);
        Write("t10k-images.idx3-ubyte", [1, 2, 2], [9, 9, 9, 9]);
        Write("t10k-labels-idx1-ubyte", [2], [1, 2]);
        Assert.Contains("1 images and", Assert.Throws<DataException>(() => Dataset.Mnist(folder)).Message);
        Write("t10k-labels-idx1-ubyte", [1], [1]);
        var (train, test) = Dataset.Mnist(folder);
        Assert.Equal([3, 1, 2, 2], train.X.Shape.ToArray());
        Assert.Equal([0, 51 / 255f, 102 / 255f, 1], train.X[0].Flatten(0).ToArray<float>());
        Assert.Equal([7, 0, 255], train.Y.ToArray<int>());
        Assert.Equal(1, test.Count);
        Assert.Contains("images have three dimensions", Assert.Throws<DataException>(() => Idx.Images(Path.Combine(folder, "t10k-labels-idx1-ubyte"))).Message);
        Assert.Contains("labels have one dimension", Assert.Throws<DataException>(() => Idx.Labels(Path.Combine(folder, "train-images-idx3-ubyte"))).Message);
        Assert.Contains("no such folder", Assert.Throws<DataException>(() => Dataset.Mnist(Path.Combine(folder, "none"))).Message);
    }

    [DataFact("mnist")]
    public void Mnist_itself() {
        var (train, test) = Dataset.Mnist(DataFolder.File("mnist"));
        Assert.Equal([60000, 1, 28, 28], train.X.Shape.ToArray());
        Assert.Equal([10000], test.Y.Shape.ToArray());
        Assert.Equal([5, 0, 4, 1, 9], train.Y[..5].ToArray<int>());
        Assert.Equal(0.1307, train.X.Mean().Item(), 1e-4);
    }
}
