namespace Diff;

/// <summary>Inputs of a program as its plan takes them: where they lie, or packed into memory that is kept from run to run.</summary>
internal sealed class PackedInputs(int count) {
    readonly Room copies = new(count);

    /// <summary>Those of this run.</summary>
    public View[] Views { get; } = new View[count];

    /// <summary>All of them.</summary>
    public View[] Of(ReadOnlySpan<View> inputs) {
        for (var i = 0; i < inputs.Length; i++) Views[i] = Of(inputs[i], i);
        return Views;
    }

    /// <summary>One of them.</summary>
    public View Of(View input, int i) {
        if (input.Layout.IsContiguous) return input;
        var copy = copies.Of(i, input.Type);
        Strided.Copy(input, copy);
        return copy;
    }

    /// <summary>Lets go of what is somebody's.</summary>
    public void Clear() {
        Array.Clear(Views);
        copies.Return();
    }
}
