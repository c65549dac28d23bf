namespace Diff;

/// <summary>Values compared by their bits, for a parameter of an op.</summary>
internal sealed class Literal : IEquatable<Literal> {
    readonly int hash;

    public Literal(View values) {
        Values = values.Packed();
        var h = new HashCode();
        h.Add(values.Type);
        h.AddBytes(Values.Bytes);
        hash = h.ToHashCode();
    }

    public View Values { get; }

    public bool Equals(Literal? other) => other is not null && hash == other.hash && Values.Type == other.Values.Type && Values.Bytes.SequenceEqual(other.Values.Bytes);

    public override bool Equals(object? obj) => Equals(obj as Literal);

    public override int GetHashCode() => hash;
}

/// <summary>A constant that the derivative of a program brings along, such as an identity matrix: part of the structure.</summary>
internal sealed record LiteralOp(Literal Value) : Op {
    public override string Describe() => Name;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [Value.Values.Type];

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => Strided.Copy(Value.Values, outputs[0]);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override IEnumerable<Sample> Samples() => [new(new LiteralOp(new Literal(View.Of<double>([1, 0, 0, 1], Shape.Of(2, 2)))), [])];
}
