namespace Diff;

/// <summary>Orders the calls of a graph: inputs before users, depth first from the outputs, so that the order does not depend
/// on who built what first. Without recursion: a graph of a million nodes in a row is an ordinary graph.</summary>
internal sealed class Walk {
    [ThreadStatic] static Walk? spare;

    readonly RefTable seen = new();
    readonly List<Call> order = [];
    readonly Stack<(Call Call, int Next)> path = [];

    /// <summary>The calls, in order.</summary>
    public List<Call> Calls => order;

    /// <summary>The place of a call in the order, or −1.</summary>
    public int this[Call call] => seen[call];

    /// <summary>The calls that the outputs are computed by and that depend on the scope.</summary>
    public static Walk Within(ReadOnlySpan<Tensor> outputs, Scope scope) => Over(outputs, t => t.Call is { } c && c.DependsOn(scope) ? c : null);

    /// <summary>The calls that the walk enters, from the outputs.</summary>
    /// <param name="outputs">Where to start.</param>
    /// <param name="enter">The call behind a tensor, or null where the walk ends.</param>
    public static Walk Over(ReadOnlySpan<Tensor> outputs, Func<Tensor, Call?> enter) {
        var walk = spare ?? new();
        spare = null;
        walk.Run(outputs, enter);
        return walk;
    }

    /// <summary>Gives the tables back for the next walk of this thread.</summary>
    public void Return() {
        seen.Clear();
        if (order.Capacity > 1 << 16) return;
        order.Clear();
        path.Clear();
        spare = this;
    }

    void Run(ReadOnlySpan<Tensor> outputs, Func<Tensor, Call?> enter) {
        foreach (var output in outputs) {
            Push(enter(output));
            while (path.Count > 0) {
                var (call, next) = path.Pop();
                if (next < call.Inputs.Length) {
                    path.Push((call, next + 1));
                    Push(enter(call.Inputs[next]));
                } else {
                    seen[call] = order.Count;
                    order.Add(call);
                }
            }
        }
    }

    void Push(Call? call) {
        if (call is null || seen[call] >= 0 || seen[call] == Entered) return;
        seen[call] = Entered;
        path.Push((call, 0));
    }

    const int Entered = -2;
}
