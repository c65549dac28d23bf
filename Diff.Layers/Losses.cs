using System.Runtime.CompilerServices;
using static Diff.Functions;

namespace Diff;

/// <summary>The functions of Diff.Layers, without a prefix: recipes of layers, and losses.</summary>
// Losses are elementwise, or one for each example: the caller reduces them, .Mean() or .Sum().
public static partial class Layers {
    /// <summary>(y − t)², element by element.</summary>
    /// <remarks>Shapes do not broadcast: [100, 1] against [100] would compare every prediction with every target. PyTorch's <c>mse_loss</c> before its reduction.
    /// <example><code>
    /// var loss = SquaredError(net.Apply(x), y).Mean();
    /// </code></example></remarks>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public static Tensor SquaredError(Tensor y, Tensor t, [CallerArgumentExpression(nameof(y))] string of = "", [CallerArgumentExpression(nameof(t))] string against = "") =>
        Difference(y.Given(of), t.Given(against), of, against).Square();

    /// <summary>|y − t|, element by element; its slope at 0 is 0. PyTorch's <c>l1_loss</c> before its reduction.</summary>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public static Tensor Absolute(Tensor y, Tensor t, [CallerArgumentExpression(nameof(y))] string of = "", [CallerArgumentExpression(nameof(t))] string against = "") =>
        Difference(y.Given(of), t.Given(against), of, against).Abs();

    /// <summary>(y − t)²/2 where |y − t| ≤ δ, else δ·(|y − t| − δ/2): squares near 0, outliers by their distance (Huber 1964). PyTorch's <c>huber_loss</c>.</summary>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public static Tensor Huber(Tensor y, Tensor t, double delta = 1, [CallerArgumentExpression(nameof(y))] string of = "", [CallerArgumentExpression(nameof(t))] string against = "") {
        var distance = Difference(y.Given(of), t.Given(against), of, against).Abs();
        return Where(distance <= delta, 0.5 * distance.Square(), delta * (distance - 0.5 * delta));
    }

    /// <summary>−t·ln σ(x) − (1 − t)·ln(1 − σ(x)) of logits x and probabilities t, element by element: ln(1 + eˣ) − t·x, without overflow.
    /// PyTorch's <c>binary_cross_entropy_with_logits</c>.</summary>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    public static Tensor SigmoidBce(Tensor logits, Tensor targets, [CallerArgumentExpression(nameof(logits))] string of = "", [CallerArgumentExpression(nameof(targets))] string against = "") {
        Check(logits.Given(of), targets.Given(against), of, against);
        // ln(1 + eˣ) with all its digits, and with every derivative at 0: choosing both parts keeps both slopes.
        var (above, below) = (Where(logits > 0, logits, 0), Where(logits > 0, 0, logits));
        return above - targets * logits + Log1p(Exp(below - above));
    }

    /// <summary>−ln of the probability that Softmax(logits) gives the label: [.., classes] → [..], one for each example.</summary>
    /// <remarks>PyTorch's <c>cross_entropy</c> before its reduction, with the classes in the last axis.
    /// <example><code>
    /// var loss = CrossEntropy(net.Apply(x), labels).Mean();        // f32[64,10], i32[64]
    /// </code></example></remarks>
    /// <param name="logits">[.., classes]; any numbers, not normalized.</param>
    /// <param name="labels">Integers [..], or distributions [.., classes] of floats.</param>
    /// <param name="smoothing">Share of each label that is spread evenly over all classes (Szegedy et al. 2016).</param>
    /// <exception cref="ShapeException">The shapes do not fit, or a label is not a class.</exception>
    /// <exception cref="DTypeException">The labels are bools.</exception>
    public static Tensor CrossEntropy(Tensor logits, Tensor labels, double smoothing = 0, [CallerArgumentExpression(nameof(logits))] string of = "", [CallerArgumentExpression(nameof(labels))] string against = "") {
        if (logits.Given(of).Rank == 0) throw new ShapeException($"CrossEntropy: {of} {Type(logits)} is a scalar; the classes are its last axis.");
        if (labels.Given(against).DType == DType.Bool) throw new DTypeException($"CrossEntropy: {against} {Type(labels)} are bools; labels are integers, or distributions of floats.");
        var classes = logits.Shape[^1];
        var log = LogSoftmax(logits);
        Tensor loss;
        if (labels.DType.IsFloat()) {
            if (labels.Shape.Span.SequenceEqual(logits.Shape.Span[..^1]))
                throw new DTypeException($"CrossEntropy: {against} is {Type(labels)}, one number for each example: labels are integers, {against}.To(DType.I32) or Tensor.Ints(…); distributions have the classes as a last axis, as {of} {Type(logits)}.");
            Check(logits, labels, of, against);
            loss = -(labels * log).Sum(-1);
        } else {
            if (!labels.Shape.Span.SequenceEqual(logits.Shape.Span[..^1]))
                throw new ShapeException($"CrossEntropy: {of} {Type(logits)} asks for labels {Shape.Of(logits.Shape.Span[..^1])}, one for each row of {classes} classes, and {against} is {Type(labels)}.");
            loss = -log.TakeAlong(labels.ExpandDims(-1), wrap: false).Squeeze(-1);
        }
        return smoothing == 0 ? loss : (1 - smoothing) * loss - smoothing * log.Mean(-1);
    }

    static Tensor Difference(Tensor y, Tensor t, string of, string against, [CallerMemberName] string name = "") {
        Check(y, t, of, against, name);
        return y - t;
    }

    static void Check(Tensor y, Tensor t, string of, string against, [CallerMemberName] string name = "") {
        if (!y.Shape.Equals(t.Shape))
            throw new ShapeException($"{name}: {of} is {Type(y)}, {against} is {Type(t)}; they have to have one shape, losses do not broadcast.{Hint(y, t)}");
    }

    static string Hint(Tensor y, Tensor t) =>
        y.Rank == t.Rank + 1 && y.Shape[^1] == 1 ? " Did you mean to add an axis to the second, [.., NewAxis]?"
        : t.Rank == y.Rank + 1 && t.Shape[^1] == 1 ? " Did you mean to drop the last axis of the second, Squeeze(-1)?"
        : "";

    static string Type(Tensor x) => x.DType.Name() + x.Shape;
}
