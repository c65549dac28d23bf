namespace Diff;

/// <summary>A program as one op: run by a plan of its own, and differentiated as a whole, so that nothing of its inside is kept.</summary>
/// <remarks>What Checkpoint makes: both derivatives run the program again from its inputs.</remarks>
internal sealed record ProgramOp(Program Body) : Op {
    public override string Name => "Checkpoint";

    public override int Outputs => Body.Outputs.Length;

    public override IReadOnlyList<(string, Program)> Bodies => [("body", Body)];

    public override double Flops(ReadOnlySpan<TensorType> inputs, ReadOnlySpan<TensorType> outputs) => Body.Plan.Explain().Flops;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => Programs.Infer(Body, inputs, Name);

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => new ProgramRun(Body).Over(inputs, outputs);

    public override Prepared Prepare(Layout[] inputs, Layout[] outputs) => IRun.Kept(() => new ProgramRun(Body));

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) {
        var (tangent, some) = Body.Tangent(Array.ConvertAll(tangents, t => t is not null));
        if (!some.Contains(true)) return new Tensor?[Outputs];
        if (!Array.Exists(some, s => s)) return new Tensor?[Outputs];
        return Programs.Spread(Graph.ApplyAll(new ProgramOp(tangent), [.. inputs, .. tangents.Where(t => t is not null)!]), some);
    }

    public override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) {
        var types = Infer(Array.ConvertAll(inputs, x => x.Type));
        return Programs.Spread(Graph.ApplyAll(new ProgramOp(Body.Transposed(linear)), [.. inputs.Where((_, i) => !linear[i]), .. cotangents.Select((c, i) => c ?? Graph.Fill(0, types[i]))]), linear);
    }

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(new ProgramOp(Body.Batched(size, batched)), inputs);

    public override IEnumerable<Sample> Samples() {
        // x·sin x
        var type = new TensorType(DType.F64, Shape.Of(3));
        return [new(new ProgramOp(new Program([new(type)], [new(SinOp.Op, [0], 1, [type]), new(MulOp.Op, [0, 1], 2, [type])], [2])), [type])];
    }
}
