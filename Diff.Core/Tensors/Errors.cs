namespace Diff;

/// <summary>The base of every error that Diff reports: its message says what was asked, what disagreed and what to do.</summary>
public abstract class DiffException(string message) : Exception(message);

/// <summary>Shapes that do not fit the operation, a wrong axis, or an index outside its axis.</summary>
public sealed class ShapeException(string message) : DiffException(message);

/// <summary>Values that the operation is not defined for: a singular matrix, one that is not positive definite.</summary>
/// <remarks>Thrown where the values are computed, which inside a transform is when the transform runs its plan; in a stack of matrices one of them is enough.</remarks>
public sealed class DomainException(string message) : DiffException(message);

/// <summary>An element type that the operation does not take.</summary>
public sealed class DTypeException(string message) : DiffException(message);

/// <summary>A value was asked for where a transform has none, or a derivative would have been lost silently.</summary>
public sealed class TraceException(string message) : DiffException(message) {
    /// <summary>The transform whose variable has no value, where that was it.</summary>
    internal object? Scope { get; init; }
}

/// <summary>A derivative that does not exist: of an integer, of a non-scalar without a cotangent, by a tree without tensors.</summary>
public sealed class GradientException(string message) : DiffException(message);

/// <summary>Trees (parameters, models) that cannot be read, or whose structures differ.</summary>
public sealed class TreeException(string message) : DiffException(message);

/// <summary>A file that is not what it should be.</summary>
public sealed class DataException(string message) : DiffException(message);

/// <summary>A NaN or an infinity where <see cref="Check.Finite"/> looked for one.</summary>
public sealed class NotFiniteException(string message) : DiffException(message);
