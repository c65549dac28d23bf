using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Training is a fold: of a step over batches.</summary>
public static class Train {
    /// <summary>The parameters after one step for each batch.</summary>
    /// <remarks>It is <c>batches.Aggregate(Train.Step(opt, loss).Start(start), step.Next).Params</c>, to the bit.
    /// <example><code>
    /// var net = Train.Fit(Recipe.Run(Key.Of(42)), data.Batches(64, shuffle: Key.Of(1), epochs: 3), Adam(1e-3),
    ///     (m, b) => CrossEntropy(m.Apply(b.X), b.Y).Mean(), observe: o => Console.WriteLine(o));
    /// </code></example></remarks>
    /// <typeparam name="P">The parameters: a tensor or a tree of them, such as a model.</typeparam>
    /// <typeparam name="B">What a batch is.</typeparam>
    /// <param name="start">Where to start; it is not changed.</param>
    /// <param name="batches">Read once, a batch at a time.</param>
    /// <param name="optimizer">How to step.</param>
    /// <param name="loss">A scalar, by the parameters and a batch.</param>
    /// <param name="observe">Called after each step with its number and loss.</param>
    /// <param name="jit">Whether the step is recorded once and its state updated in place: faster, for losses that may be recorded, see
    /// <see cref="Functions.Fold{S, B}(S, IEnumerable{B}, Func{S, B, S})"/>.</param>
    public static P Fit<P, B>(P start, IEnumerable<B> batches, Optimizer optimizer, Func<P, B, Tensor> loss, Action<Observation>? observe = null, bool jit = false) =>
        Fold(Step(optimizer.Given(), loss.Given()), start.Given(), default, batches.Given(), observe, jit);

    /// <inheritdoc cref="Fit{P, B}(P, IEnumerable{B}, Optimizer, Func{P, B, Tensor}, Action{Observation}?, bool)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Fit<B>(Tensor start, IEnumerable<B> batches, Optimizer optimizer, Func<Tensor, B, Tensor> loss, Action<Observation>? observe = null, bool jit = false) =>
        Fold(Step(optimizer.Given(), loss.Given()), start.Given(), default, batches.Given(), observe, jit);

    /// <summary>The parameters after one step for each batch, of a loss that draws random numbers, or gives the model for the next step with
    /// what is not trained changed (running statistics).</summary>
    /// <remarks><example><code>
    /// var net = Train.Fit(start, batches, Adam(1e-3), (m, b, key) => {
    ///     var (y, next) = m.Train(b.X, key);
    ///     return (CrossEntropy(y, b.Y).Mean(), next);
    /// }, Key.Of(7));
    /// </code></example></remarks>
    /// <param name="start">Where to start; it is not changed.</param>
    /// <param name="batches">Read once, a batch at a time.</param>
    /// <param name="optimizer">How to step.</param>
    /// <param name="loss">By the parameters, a batch and a key of its own for each step: a scalar, and the model for the next step.</param>
    /// <param name="key">What the steps' keys come from: step number t has <c>key.FoldIn(t)</c>.</param>
    /// <param name="observe">Called after each step with its number and loss.</param>
    public static P Fit<P, B>(P start, IEnumerable<B> batches, Optimizer optimizer, Func<P, B, Key, (Tensor Loss, P Next)> loss, Key key = default, Action<Observation>? observe = null, bool jit = false) =>
        Fold(Step(optimizer.Given(), loss.Given()), start.Given(), key, batches.Given(), observe, jit);

    /// <summary>The parameters after so many steps on one loss: all data at once, or no data at all.</summary>
    /// <remarks><example><code>
    /// var line = Train.Fit(new { W = (Tensor)0, B = (Tensor)0 }, 200, Sgd(0.2), p => SquaredError(x * p.W + p.B, y).Mean());
    /// </code></example></remarks>
    public static P Fit<P>(P start, int steps, Optimizer optimizer, Func<P, Tensor> loss, Action<Observation>? observe = null, bool jit = false) =>
        Fold(Step<P, int>(optimizer.Given(), Ignoring<P>(loss.Given())), start.Given(), default, new int[steps.AtLeast(0)], observe, jit);

    static Func<P, int, Tensor> Ignoring<P>(Func<P, Tensor> loss) => (p, _) => loss(p);

    /// <inheritdoc cref="Fit{P}(P, int, Optimizer, Func{P, Tensor}, Action{Observation}?, bool)"/>
    [OverloadResolutionPriority(1)]
    public static Tensor Fit(Tensor start, int steps, Optimizer optimizer, Func<Tensor, Tensor> loss, Action<Observation>? observe = null, bool jit = false) => Fit<Tensor>(start, steps, optimizer, loss, observe, jit);

    /// <summary>A step of training as a value: a start, and the function from a state and a batch to the next state.</summary>
    /// <remarks><example><code>
    /// var step = Train.Step(Adam(1e-3), (Mlp m, Batch b) => CrossEntropy(m.Apply(b.X), b.Y).Mean());
    /// var last = batches.Aggregate(step.Start(net), step.Next);
    /// </code></example></remarks>
    public static Step<P, B> Step<P, B>(Optimizer optimizer, Func<P, B, Tensor> loss) {
        loss.Given();
        return new(optimizer.Given(), (p, batch, _, _) => {
            var (value, gradient) = Functions.ValueAndGrad(loss, p, batch);
            return (value, p, gradient);
        });
    }

    /// <summary>A step of a loss that draws random numbers, or gives the model for the next step with what is not trained changed.</summary>
    public static Step<P, B> Step<P, B>(Optimizer optimizer, Func<P, B, Key, (Tensor Loss, P Next)> loss) {
        loss.Given();
        return new(optimizer.Given(), (p, batch, key, t) => Functions.ValueAndGrad(loss, p, batch, key.FoldIn((int)t.Item())));
    }

    static P Fold<P, B>(Step<P, B> step, P start, Key key, IEnumerable<B> batches, Action<Observation>? observe, bool jit) {
        var state = step.Start(start, key);
        if (jit) return Functions.Fold(state, batches, (s, b) => step.Next(s, b) is var next ? (next, (next.Step, next.Loss)) : default, y => Observe(y.Step, y.Loss)).Params;
        foreach (var batch in batches) {
            state = step.Next(state, batch);
            Observe(state.Step, state.Loss);
        }
        return state.Params;

        void Observe(Tensor number, Tensor loss) => observe?.Invoke(new((int)number.Item(), loss.Item()));
    }
}

/// <summary>What an observer of training gets to see: numbers, nothing that could be changed.</summary>
/// <param name="Step">How many steps are done, 1 after the first.</param>
/// <param name="Loss">That of the step's batch, before its update.</param>
public readonly record struct Observation(int Step, double Loss) {
    /// <summary>Such as <c>step 100  loss 0.1234</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"step {Step}  loss {Loss:G4}");
}

/// <summary>Everything that training goes on from: a tree, from which training can be resumed to the bit.</summary>
/// <param name="Params">The parameters.</param>
/// <param name="Opt">The optimizer's state.</param>
/// <param name="Key">What the steps' random keys come from.</param>
/// <param name="Step">How many steps are done, i32.</param>
/// <param name="Loss">That of the last batch, before its update; NaN at the start.</param>
public sealed record TrainState<P>(P Params, OptState<P> Opt, Key Key, Tensor Step, Tensor Loss);

/// <summary>A step of training: from a state and a batch to the next state. Made by <see cref="Train.Step{P, B}(Optimizer, Func{P, B, Tensor})"/>.</summary>
/// <typeparam name="P">The parameters.</typeparam>
/// <typeparam name="B">What a batch is.</typeparam>
public sealed class Step<P, B> {
    readonly Optimizer optimizer;
    readonly Func<P, B, Key, Tensor, (Tensor Loss, P Next, P Gradient)> derive;

    internal Step(Optimizer optimizer, Func<P, B, Key, Tensor, (Tensor, P, P)> derive) => (this.optimizer, this.derive) = (optimizer, derive);

    /// <summary>The state before the first step.</summary>
    /// <param name="start">The parameters.</param>
    /// <param name="key">For losses that draw random numbers.</param>
    public TrainState<P> Start(P start, Key key = default) => new(start, optimizer.Init(start), key, Tensor.Scalar(0), Tensor.Scalar(float.NaN));

    /// <summary>The state after a step on a batch.</summary>
    public TrainState<P> Next(TrainState<P> state, B batch) {
        var (loss, next, gradient) = derive(state.Given().Params, batch, state.Key, state.Step);
        // What the loss changed besides (statistics) stays: the step touches differentiable leaves alone.
        var (parameters, opt) = optimizer.Step(next, gradient, state.Opt);
        return new(parameters, opt, state.Key, state.Step + 1, loss);
    }
}
