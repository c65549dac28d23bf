namespace Diff;

/// <summary>A loop over slices.</summary>
internal sealed class ScanRun(ScanOp loop) : IRun {
    readonly PackedInputs packed = new(loop.Body.Inputs.Length);
    readonly View[] results = new View[loop.Outputs];
    readonly Room spare = new(loop.Carries);
    // Of slices that come in, then of those that go out.
    readonly View.Cursor[] rows = Rows(loop);

    public void Over(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var (plan, length, carries, first) = (loop.Body.Plan, loop.Length, loop.Carries, loop.Constants + loop.Carries);
        var (arguments, slices) = (packed.Views, inputs.Length - first);
        for (var i = 0; i < loop.Constants; i++) arguments[i] = packed.Of(inputs[i], i);
        for (var i = 0; i < slices; i++) arguments[first + i] = rows[i].Over(packed.Of(inputs[first + i], first + i));
        for (var i = carries; i < outputs.Length; i++) results[i] = rows[slices + i - carries].Over(outputs[i]);
        // A step reads the carry that the one before it wrote, and writes over the one before that: the last writes where the result is wanted.
        var carry = arguments.AsSpan(loop.Constants, carries);
        for (var i = 0; i < carries; i++) {
            var start = inputs[loop.Constants + i];
            carry[i] = start.Layout.IsContiguous && length > 0 ? start : length % 2 == 0 ? outputs[i] : Spare(i);
            if (carry[i] != start) Strided.Copy(start, carry[i]);
        }
        for (var k = 0; k < length; k++) {
            foreach (var row in rows) row.MoveTo(loop.Backwards ? length - 1 - k : k);
            for (var i = 0; i < carries; i++) results[i] = (length - k) % 2 == 1 ? outputs[i] : Spare(i);
            plan.RunInto(arguments, results);
            results.AsSpan(0, carries).CopyTo(carry);
        }
        // Nobody's values are held on to.
        foreach (var row in rows) row.Over(null);
        Array.Clear(results);
        packed.Clear();
        spare.Return();
    }

    View Spare(int i) => spare.Of(i, loop.Body.Inputs[loop.Constants + i].Type);

    static View.Cursor[] Rows(ScanOp loop) {
        var types = loop.Body.Types();
        var slices = loop.Body.Inputs[(loop.Constants + loop.Carries)..].Select(i => i.Type).Concat(loop.Body.Outputs[loop.Carries..].Select(o => types[o]));
        return [.. slices.Select(t => new View.Cursor(t.DType, t.Shape.Contiguous))];
    }
}
