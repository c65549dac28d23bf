namespace Diff;

/// <summary>The base of every error that Diff reports: its message says what was asked, what disagreed and what to do.</summary>
/// <remarks>One type for each kind of misuse; docs/errors.md has for each how it comes about and how it is mended.</remarks>
public abstract class DiffException(string message) : Exception(message) {
    /// <summary>The section of docs/errors.md about this kind of error.</summary>
    public override string? HelpLink {
        get => base.HelpLink ?? $"docs/errors.md#{GetType().Name.ToLowerInvariant()}";
        set => base.HelpLink = value;
    }
}

/// <summary>Nothing, null, where a tensor, a function or another argument is needed.</summary>
public sealed class NullException(string message) : DiffException(message);

/// <summary>Shapes that do not fit the operation, a wrong axis, or an index outside its axis.</summary>
public sealed class ShapeException(string message) : DiffException(message);

/// <summary>Numbers that the operation is not defined for: a stride of 0, a negative rate, a matrix that is singular, an integer divided by 0.</summary>
/// <remarks>Where it is about the values of tensors it is thrown where they are computed, which inside a transform is when the transform runs
/// its plan; in a stack of matrices one of them is enough.</remarks>
public sealed class DomainException(string message) : DiffException(message);

/// <summary>An element type that the operation does not take.</summary>
public sealed class DTypeException(string message) : DiffException(message);

/// <summary>What cannot be done inside a transform, or with what is left of one.</summary>
public abstract class TraceException(string message) : DiffException(message) {
    /// <summary>The transform whose variable has no value, where that was it.</summary>
    internal object? Scope { get; init; }
}

/// <summary>A value was read inside a transform that runs its function once for all values: Vmap, Scan, Cond and their relatives.</summary>
public sealed class UnknownValueException(string message) : TraceException(message);

/// <summary>A float was read that depends on what is being differentiated: its derivative would have been lost silently.</summary>
public sealed class LostDerivativeException(string message) : TraceException(message);

/// <summary>A tensor from inside a transform without values is used after that transform has ended.</summary>
public sealed class EscapedTensorException(string message) : TraceException(message);

/// <summary>A function with a rule of its own that the rule does not cover: it captures what is differentiated, or forward mode needs a rule that is linear.</summary>
public sealed class CustomRuleException(string message) : TraceException(message);

/// <summary>A derivative that does not exist: of an integer, of a non-scalar without a cotangent, by a tree without tensors.</summary>
public sealed class GradientException(string message) : DiffException(message);

/// <summary>Trees (parameters, models) that cannot be read, or whose structures differ.</summary>
public sealed class TreeException(string message) : DiffException(message);

/// <summary>A file, or a set of examples, that is not what it should be.</summary>
public sealed class DataException(string message) : DiffException(message);

/// <summary>A NaN or an infinity where <see cref="Check.Finite"/> looked for one.</summary>
public sealed class NotFiniteException(string message) : DiffException(message);

/// <summary>A derivative that disagrees with differences, or forward mode that disagrees with reverse mode, where <see cref="Check"/> compared them.</summary>
public sealed class WrongDerivativeException(string message) : DiffException(message);
