namespace Diff;

/// <summary>Stub.</summary>
public static class Tree {
    /// <summary>Leaves.</summary>
    public static Tensor[] Leaves<T>(T tree) => tree is Tensor t ? [t] : [];

    internal static Flat<P> Flatten<P>(P tree) => new(tree);
}

internal sealed class Flat<P>(P tree) {
    public Tensor[] Leaves { get; } = tree is Tensor t ? [t] : [];
    public string[] Paths { get; } = [""];
    public bool IsParameter(int i) => Leaves[i].DType.IsFloat();
    public P Rebuild(ReadOnlySpan<Tensor> leaves) => (P)(object)leaves[0];
    public string Describe() => typeof(P).Name;
    public void CheckSame(Flat<P> other, string what) { }
}
