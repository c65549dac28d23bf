namespace Diff;

/// <summary>A program that an op holds.</summary>
internal sealed class ProgramRun(Program body) : IRun {
    readonly PackedInputs arguments = new(body.Inputs.Length);

    public void Over(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        body.Plan.RunInto(arguments.Of(inputs), outputs);
        arguments.Clear();
    }
}
