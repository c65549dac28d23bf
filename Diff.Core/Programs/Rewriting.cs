namespace Diff;

/// <summary>Writes what takes the place of an equation, and says which value that is.</summary>
/// <param name="renamed">What a value before it is called now.</param>
/// <param name="write">Adds an equation of such values, for a result of a type; its value.</param>
internal delegate int Replacement(Func<int, int> renamed, Func<Op, int[], TensorType, int> write);

/// <summary>Programs for the machine: other operations for the same bits.</summary>
internal static class Rewriting {
    /// <param name="program">A simplified one.</param>
    public static Program Rewritten(this Program program) {
        var replacements = new Dictionary<int, Replacement>();
        SumsOfPads.Find(program, replacements);
        TurnedProducts.Find(program, replacements);
        EarlyGathers.Find(program, replacements);
        var types = program.Types();
        foreach (var e in program.Equations) {
            // Where derivatives end is nothing to the machine.
            if (e.Op is StopGradientOp or AliasOp) replacements[e.First] = (renamed, _) => renamed(e.Inputs[0]);
            // What is reduced of one element each is that.
            if (e.Op is ReduceOp && e.Types[0].Shape.Size is > 0 and var size && types[e.Inputs[0]].Shape.Size == size)
                replacements[e.First] = (renamed, write) => write(new ReshapeOp(e.Types[0].Shape), [renamed(e.Inputs[0])], e.Types[0]);
        }
        if (replacements.Count == 0) return program;
        var (written, renamed, next) = (new List<Equation>(), new int[program.Count], program.Inputs.Length);
        for (var i = 0; i < next; i++) renamed[i] = i;
        foreach (var e in program.Equations) {
            var first = replacements.TryGetValue(e.First, out var replacement)
                ? replacement(x => renamed[x], (op, inputs, type) => Write(op, inputs, [type]))
                : Write(e.Op, Array.ConvertAll(e.Inputs, x => renamed[x]), e.Types);
            for (var i = 0; i < e.Types.Length; i++) renamed[e.First + i] = first + i;
        }
        // What only replaced equations read is still in it.
        return new Program(program.Inputs, [.. written], Array.ConvertAll(program.Outputs, o => renamed[o])).Simplify();

        int Write(Op op, int[] inputs, TensorType[] types) {
            written.Add(new(op, inputs, next, types));
            return (next += types.Length) - types.Length;
        }
    }
}
