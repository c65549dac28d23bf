namespace Diff;

/// <summary>What ops that hold programs share.</summary>
internal static class Programs {
    public static TensorType[] Infer(Program body, ReadOnlySpan<TensorType> inputs, string op) {
        if (inputs.Length != body.Inputs.Length) throw new InvalidOperationException($"{op}: {inputs.Length} inputs for a program of {body.Inputs.Length}.");
        for (var i = 0; i < inputs.Length; i++)
            if (inputs[i] != body.Inputs[i].Type) throw new ShapeException($"{op}: input {i} is {inputs[i]}; the program takes {body.Inputs[i].Type}.");
        var types = body.Types();
        return Array.ConvertAll(body.Outputs, o => types[o]);
    }

    /// <summary>Results at the places that are marked, symbolic zeros elsewhere.</summary>
    public static Tensor?[] Spread(Tensor[] results, bool[] places) {
        var next = 0;
        return Array.ConvertAll(places, p => p ? results[next++] : null);
    }

    /// <summary>Marks what the state of a loop's body spreads: an input of the state that is marked after some step. Returns the outputs
    /// that are marked in the end.</summary>
    public static bool[] Spreading(bool[] marks, int first, int carries, Func<bool[], bool[]> outputs) {
        while (true) {
            var (reached, more) = (outputs(marks), false);
            for (var i = 0; i < carries; i++) {
                // What comes in as one stays one.
                reached = reached[i] || !marks[first + i] ? reached : [.. reached[..i], true, .. reached[(i + 1)..]];
                if (reached[i] && !marks[first + i]) more = marks[first + i] = true;
            }
            if (!more) return reached;
        }
    }

    /// <summary>Inputs of a batch of which some lanes alone count: the others get what the first of those has, so that whatever is done to
    /// them is as right, and as finite, as there.</summary>
    public static Tensor[] Lanes(Tensor counts, Tensor[] inputs, bool[] batched) {
        var lane = counts.To(DType.I32).ArgMax();
        return [.. inputs.Select((x, i) => batched[i] ? Select(counts, x, x.Take(lane).Stacked(counts.Size)) : x)];
    }

    /// <summary>In each lane of a batch one or the other.</summary>
    public static Tensor Select(Tensor lanes, Tensor a, Tensor b) => Functions.Where(lanes.BroadcastBy(a.Shape, Axes.Of(0)), a, b);

    /// <summary>A program of the same signature that gives zeros.</summary>
    public static Program Zeros(Program like) {
        var (types, first) = (like.Types(), like.Inputs.Length);
        return new(like.Inputs, [.. like.Outputs.Select((o, i) => new Equation(new FillOp(0, types[o]), [], first + i, [types[o]]))], [.. like.Outputs.Select((_, i) => first + i)]);
    }

    /// <summary>A program whose outputs are those marked in some, with zeros where it has none.</summary>
    public static Program WithZeros(Program program, bool[] has, bool[] some, TensorType[] types) {
        var (equations, outputs, next, count) = (program.Equations.ToList(), new List<int>(), 0, program.Count);
        for (var i = 0; i < some.Length; i++) {
            if (has[i]) outputs.Add(program.Outputs[next++]);
            else if (some[i]) {
                equations.Add(new(new FillOp(0, types[i]), [], count, [types[i]]));
                outputs.Add(count++);
            }
        }
        return new(program.Inputs, [.. equations], [.. outputs]);
    }
}
