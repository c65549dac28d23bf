namespace Diff;

/// <summary>Some examples: what goes in, and what should come out.</summary>
/// <param name="X">[size, …].</param>
/// <param name="Y">[size, …].</param>
public sealed record Batch(Tensor X, Tensor Y);

/// <summary>Examples in memory, one for each element of the first axis.</summary>
/// <param name="X">What goes in, [count, …].</param>
/// <param name="Y">What should come out, [count, …].</param>
public sealed record Dataset(Tensor X, Tensor Y) {
    /// <summary>How many examples there are.</summary>
    /// <exception cref="DataException">X and Y have different numbers of them.</exception>
    public int Count =>
        X.Rank > 0 && Y.Rank > 0 && X.Shape[0] == Y.Shape[0] ? X.Shape[0]
        : throw new DataException($"Dataset: X is {X.DType.Name()}{X.Shape} and Y is {Y.DType.Name()}{Y.Shape}; both have to have one element of the first axis for each example.");

    /// <summary>Some of the examples: <c>data.Rows(..1000)</c>.</summary>
    public Dataset Rows(Range rows) => new(X[rows], Y[rows]);

    /// <summary>Batches of the examples, made as they are asked for.</summary>
    /// <remarks><example><code>
    /// foreach (var b in data.Batches(64, shuffle: Key.Of(1), epochs: 3)) …
    /// </code></example></remarks>
    /// <param name="size">Examples in each batch.</param>
    /// <param name="shuffle">A key to draw them in random order, another one each epoch: epoch e is in the order of <c>shuffle.FoldIn(e).Permutation(Count)</c>. In their own order without.</param>
    /// <param name="epochs">How often each example comes.</param>
    /// <param name="dropLast">Whether to leave out what is left at an epoch's end, when it does not fill a batch.</param>
    /// <exception cref="DomainException">The size is not positive, or the epochs are negative.</exception>
    /// <exception cref="DataException">X and Y do not fit.</exception>
    public IEnumerable<Batch> Batches(int size, Key? shuffle = null, int epochs = 1, bool dropLast = false) {
        size.AtLeast(1);
        epochs.AtLeast(0);
        return Make(Count);

        IEnumerable<Batch> Make(int count) {
            for (var epoch = 0; epoch < epochs; epoch++) {
                var order = shuffle?.FoldIn(epoch).Permutation(count);
                for (var from = 0; from < count; from += size) {
                    var to = Math.Min(count, from + size);
                    if (dropLast && to - from < size) break;
                    yield return order is null ? new(X[from..to], Y[from..to]) : new(X.Take(order[from..to]), Y.Take(order[from..to]));
                }
            }
        }
    }

    /// <summary>How many batches <see cref="Batches"/> makes.</summary>
    /// <exception cref="DomainException">The size is not positive, or the epochs are negative.</exception>
    public int BatchCount(int size, int epochs = 1, bool dropLast = false) =>
        size.AtLeast(1) is var n && dropLast ? epochs.AtLeast(0) * (Count / n) : epochs.AtLeast(0) * ((Count + n - 1) / n);

    /// <summary>MNIST, Fashion-MNIST or another of the family, from a folder with its four IDX files, plain or gzip: images f32
    /// [count, 1, rows, columns] in [0, 1], labels i32 [count].</summary>
    /// <remarks><example><code>
    /// var (train, test) = Dataset.Mnist("data/mnist");        // 60,000 and 10,000 images of 28 × 28
    /// </code></example></remarks>
    /// <param name="folder">Holds train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each with or without .gz.</param>
    /// <exception cref="DataException">Files are missing (all are named) or damaged, or there are not as many labels as images.</exception>
    public static (Dataset Train, Dataset Test) Mnist(string folder) {
        if (!Directory.Exists(folder.Given())) throw new DataException($"{folder}: there is no such folder.");
        string[] names = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];
        var paths = Array.ConvertAll(names, name => Find(folder, name));
        var missing = names.Where((_, i) => paths[i] is null).ToArray();
        if (missing.Length > 0) throw new DataException($"{folder}: {string.Join(", ", missing)} {(missing.Length == 1 ? "is" : "are")} missing, plain or as .gz.");
        return (Load(paths[0]!, paths[1]!), Load(paths[2]!, paths[3]!));
    }

    // The files go by two names: train-images-idx3-ubyte, and train-images.idx3-ubyte as some tools unpack them.
    static string? Find(string folder, string name) =>
        new[] { name, name.Replace("-idx", ".idx") }.SelectMany(n => new[] { n, n + ".gz" }).Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists);

    static Dataset Load(string images, string labels) {
        var (x, y) = (Idx.Images(images), Idx.Labels(labels));
        return x.Shape[0] == y.Shape[0] ? new(x.ExpandDims(1), y)
            : throw new DataException($"{images} has {x.Shape[0]} images and {labels} {y.Shape[0]} labels: they do not belong together.");
    }
}
