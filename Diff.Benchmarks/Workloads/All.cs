namespace Diff.Benchmarks;

/// <summary>Every workload of the table, in its order.</summary>
static class Workloads {
    public static readonly Workload[] All = [
        .. TwoLayerNetwork.All, .. ConvolutionalNetwork.All, .. Perceptron.All, .. Transformer.All, .. Recurrent.All, .. AdBench.All, .. HigherOrder.All,
        .. Products.All, .. Chains.All, .. UnaryFunctions.All,
    ];

    /// <summary>Those named: by name, or by the words that it begins with: <c>cnn-64</c>, <c>unary</c>.</summary>
    /// <exception cref="ArgumentException">A name is nobody's.</exception>
    public static Workload[] Named(string[] names) {
        foreach (var name in names)
            if (!Array.Exists(All, w => Fits(w, name))) throw new ArgumentException($"There is no workload {name}; there are {string.Join(", ", All.Select(w => w.Name))}.");
        return names.Length == 0 ? All : Array.FindAll(All, w => Array.Exists(names, n => Fits(w, n)));
    }

    static bool Fits(Workload workload, string name) => workload.Name == name || workload.Name.StartsWith($"{name}-", StringComparison.Ordinal);
}
