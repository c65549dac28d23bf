namespace Diff.Benchmarks;

/// <summary>The least that a step has to do.</summary>
/// <param name="Flops">Of its products alone, two for each multiply-add.</param>
/// <param name="Bytes">That have to be read and written once.</param>
/// <param name="Double">Whether it computes in f64, of which half as many fit a vector.</param>
sealed record Cost(double Flops, double Bytes, bool Double = false);

/// <summary>A workload that was started: its step, and what the last step returned.</summary>
sealed record Run(Action Step, Func<Tensor[]> Result) {
    /// <summary>Whether a step returns what it was given, changed.</summary>
    public bool InPlace { get; init; }
}

/// <summary>A step to time.</summary>
/// <param name="Name">As the table and the peer call it.</param>
/// <param name="Cost">What it cannot do without.</param>
/// <param name="Start">Makes what it works on, always the same, and gives the step, under Jit or not.</param>
sealed record Workload(string Name, Cost Cost, Func<bool, Run> Start) {
    /// <summary>The same work by OpenBLAS in this process, where there is one.</summary>
    public Func<Action?>? OpenBlas { get; init; }

    /// <summary>The same work by one loop of vectors, written by hand.</summary>
    public Func<Action>? ByHand { get; init; }

    /// <summary>A step from state to state; jitted inside of a <c>Fold</c>, which updates it in place.</summary>
    public static Workload Fold<S>(string name, Cost cost, Func<(S State, Func<S, S> Step)> start) => new(name, cost, jitted => {
        var (state, step) = start();
        if (!jitted) return new(() => state = step(state), () => Tree.Leaves(state));
        var fold = new Folding<S, int, S>(state, new(step, s => step(s.Item1)), next => next);
        return new(() => fold.Next(0), () => Tree.Leaves(fold.State)) { InPlace = true };
    });

    /// <summary>A function of the same argument at each step.</summary>
    public static Workload Function<A, R>(string name, Cost cost, Func<(A At, Func<A, R> F)> start) => new(name, cost, jitted => {
        var (at, f) = start();
        if (jitted) f = Jit(f);
        R result = default!;
        return new(() => result = f(at), () => Tree.Leaves(result));
    });

    /// <summary>A training step: loss, gradient, and the optimizer's update.</summary>
    public static Workload Training<P>(string name, Cost cost, Func<(P, Optimizer, Func<P, Tensor>)> start) => Fold<(P Net, OptState<P> State, Tensor Loss)>(name, cost, () => {
        var (net, optimizer, loss) = start();
        return ((net, optimizer.Init(net), 0), Step);

        (P, OptState<P>, Tensor) Step((P Net, OptState<P> State, Tensor Loss) s) {
            var (value, gradient) = ValueAndGrad(loss, s.Net);
            var (next, state) = optimizer.Step(s.Net, gradient, s.State);
            return (next, state, value);
        }
    });

    public override string ToString() => Name;
}
