namespace Diff;

/// <summary>A function recorded once, for ops that hold programs: what it captures comes first among the program's inputs.</summary>
internal sealed record Recorded<R>(Program Body, Tensor[] Captures, Flat<R> Result) {
    /// <summary>Calls the function on variables without values.</summary>
    /// <param name="transform">Who calls it.</param>
    /// <param name="like">What the first variables stand for.</param>
    /// <param name="others">The types of the others.</param>
    /// <param name="f">The function of all of them.</param>
    public static Recorded<R> Of(string transform, Tensor[] like, TensorType[] others, Func<Tensor[], R> f) {
        using var scope = new Scope(transform);
        Tensor[] variables = [.. like.Select(t => Graph.InputLike(t, scope)), .. others.Select(t => Graph.Input(t, scope))];
        var result = Tree.Flatten(f(variables));
        var graph = ProgramBuilder.Close(result.Leaves, scope, variables);
        var captures = graph.Leaves.Skip(variables.Length).ToArray();
        var program = graph.ToProgram();
        graph.Return();
        // Each op packs what it is given, so no input of a body repeats.
        program = new([.. program.Inputs.Select(i => new ProgramInput(i.Type))], program.Equations, program.Outputs);
        var order = Enumerable.Range(variables.Length, captures.Length).Concat(Enumerable.Range(0, variables.Length)).ToArray();
        return new(program.Reordered(order).Simplify().Known(), captures, result);
    }
}

/// <summary>Recorded functions of the same arguments as programs of the same inputs.</summary>
internal static class Recorded {
    /// <summary>Each takes what any of them captures.</summary>
    public static (Tensor[] Captures, Program[] Bodies) Together(params (Program Body, Tensor[] Captures)[] all) {
        Tensor[] captures = [.. all.SelectMany(r => r.Captures).Distinct()];
        return (captures, Array.ConvertAll(all, r => Widen(r.Body, Array.ConvertAll(r.Captures, c => Array.IndexOf(captures, c)))));

        Program Widen(Program body, int[] places) {
            int Place(int value) => value < places.Length ? places[value] : value - places.Length + captures.Length;
            return new Program([.. captures.Select(c => new ProgramInput(c.Type)), .. body.Inputs[places.Length..]],
                [.. body.Equations.Select(e => e with { Inputs = Array.ConvertAll(e.Inputs, Place), First = Place(e.First) })], Array.ConvertAll(body.Outputs, Place)).Known();
        }
    }
}
