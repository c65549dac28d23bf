using System.Runtime.CompilerServices;

namespace Diff;

public static partial class Functions {
    /// <summary>The state after as many steps as it takes: step is applied while the condition holds.</summary>
    /// <typeparam name="S">The state: a tensor or a tree of them, of the same shapes after every step.</typeparam>
    /// <param name="start">The state before the first step.</param>
    /// <param name="condition">Of the state: a bool scalar. Called once, to be recorded: it may not look at values, nor may the step.</param>
    /// <param name="step">From a state to the next.</param>
    /// <remarks>Has derivatives in both modes and of any order: how many steps there are is found out when it runs. Reverse mode keeps about
    /// 2√n of n states and computes the others again. JAX's <c>lax.while_loop</c>, which has forward mode alone. Where a loop looks at its
    /// state by C#'s own <c>while</c>, that is differentiated too, and recorded step by step.
    /// <example><code>
    /// // √a by Newton's method, and the derivative of the steps that it took: 1/(2√a)
    /// var d = Grad(a => While(a + 1, x => Abs(x * x - a) > 1e-12, x => (x + a / x) / 2), 2);
    /// </code></example></remarks>
    /// <exception cref="ShapeException">A step changes the shape of the state.</exception>
    /// <exception cref="DTypeException">The condition is not a bool scalar.</exception>
    public static S While<S>(S start, Func<S, Tensor> condition, Func<S, S> step) {
        var state = Tree.Flatten(start.Given());
        var now = state.Leaves;
        for (var turn = 0; ; turn++) {
            var body = Recorded<S>.Of("While", now, [], v => step.Given()(state.Rebuild(v)));
            var next = StateAfter(state, body.Result.Rebuild(body.Result.Leaves), "While: the state after a step");
            if (turn < 2 && Adopted(now, next) is { } adopted) {
                now = adopted;
                continue;
            }
            CheckStays("While", state, now, next);
            var holds = Recorded<Tensor>.Of("While", now, [], v => condition.Given()(state.Rebuild(v)));
            if (holds.Result.Leaves.Length == 0) throw new NullException("While: the condition gives null.");
            if (holds.Result.Leaves[0].Type is var type && type != new TensorType(DType.Bool, Shape.Scalar))
                throw new DTypeException($"While: the condition is {type}; it has to be a bool scalar, a comparison such as x > 0 or (x > 0).Any().");
            var (captures, programs) = Recorded.Together((holds.Body, holds.Captures), (body.Body, body.Captures));
            return state.Rebuild(Graph.ApplyAll(new WhileOp(programs[0], programs[1], captures.Length), [.. captures, .. now]));
        }
    }

    /// <inheritdoc cref="While{S}(S, Func{S, Tensor}, Func{S, S})"/>
    [OverloadResolutionPriority(1)]
    public static Tensor While(Tensor start, Func<Tensor, Tensor> condition, Func<Tensor, Tensor> step) => While<Tensor>(start, condition, step);
}
