namespace Diff;

/// <summary>A part of a model that is state rather than parameter: running statistics, counters, a table that is not trained.</summary>
/// <typeparam name="T">A tensor or a tree of tensors.</typeparam>
/// <remarks>The mark is in the type, so that it survives records, tuples and generics. Tensors inside are leaves for <see cref="Tree.Leaves{T}(T)"/>
/// and for checkpoints; gradients, optimizers and <see cref="Tree.Map{T}(Func{Tensor, Tensor}, T)"/> pass them by. It converts from and to its
/// value, prints as it, and equals another state whose value is equal.
/// <example><code>
/// record BatchNorm(Tensor Scale, Tensor Offset, State&lt;Tensor&gt; Mean, State&lt;Tensor&gt; Var);
/// var next = norm with { Mean = 0.9 * norm.Mean.Value + 0.1 * x.Mean(0) };
/// </code></example></remarks>
public sealed class State<T>(T value) : IEquatable<State<T>>, IFormattable {
    /// <summary>What is kept.</summary>
    public T Value { get; } = value;

    /// <summary>Marks a value as state.</summary>
    public static implicit operator State<T>(T value) => new(value);

    /// <summary>The value kept.</summary>
    public static implicit operator T(State<T> state) => state.Given(function: nameof(State<T>)).Value;

    /// <summary>Whether the values are equal.</summary>
    public bool Equals(State<T>? other) => other is not null && EqualityComparer<T>.Default.Equals(Value, other.Value);

    /// <inheritdoc/>
    public override bool Equals(object? other) => Equals(other as State<T>);

    /// <inheritdoc/>
    public override int GetHashCode() => Value is null ? 0 : EqualityComparer<T>.Default.GetHashCode(Value);

    /// <summary>The value, printed.</summary>
    public override string ToString() => Value?.ToString() ?? "";

    /// <summary>The value, printed in a format of its own.</summary>
    public string ToString(string? format, IFormatProvider? provider) => Value is IFormattable f ? f.ToString(format, provider) : ToString();
}
