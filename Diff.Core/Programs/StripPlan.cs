namespace Diff;

/// <summary>A part of a program that runs in strips of rows: see <see cref="Strips"/>.</summary>
/// <param name="part">The part for so many rows.</param>
/// <param name="strip">Its rows.</param>
/// <param name="rows">Those of the whole.</param>
/// <param name="whole">The inputs that every strip reads all of.</param>
internal sealed class StripPlan(Func<int, Program> part, int strip, int rows, bool[] whole) : PartPlan {
    readonly Program body = part(strip);
    readonly Spares<Cursors> spares = new();
    Plan? plan;
    Layout[] layouts = [];
    double nanoseconds;

    int Count => (rows + strip - 1) / strip;

    public override void Arrange(Layout[] inputs) {
        // What is read backwards is packed first.
        layouts = [.. inputs.Select((x, i) => whole[i] ? x : x.Strides[0] < 0 ? body.Inputs[i].Type.Shape.Contiguous : x.Rows(strip))];
        plan = new(body, layouts);
        nanoseconds = Count * body.Equations.Sum(e => 0.02 * e.Op.Flops([.. e.Inputs.Select(x => body.Types()[x])], e.Types) + 0.1 * e.Types.Sum(t => t.Shape.Size));
    }

    public override void Run(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        try {
            ForkJoin.Over(Count, nanoseconds, new Work(this, inputs, outputs), static (in w, from, to) => w.Plan.Run(w, from, to));
        } catch (ShapeException) {
            // An index that is outside is counted among all rows: all at once, the part says so itself.
            Evaluation.Interpret(part(rows), [.. inputs]);
            throw;
        }
    }

    readonly ref struct Work(StripPlan plan, ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        public readonly StripPlan Plan = plan;
        public readonly ReadOnlySpan<View> Inputs = inputs, Outputs = outputs;
    }

    void Run(in Work work, int from, int to) {
        var all = spares.Take() ?? new(body, layouts, whole);
        for (var i = 0; i < work.Inputs.Length; i++)
            all.Arguments[i] = all.Inputs[i] is not { } cursor ? work.Inputs[i] : cursor.Over(work.Inputs[i].Layout.Strides[0] < 0 ? work.Inputs[i].Packed() : work.Inputs[i]);
        for (var i = 0; i < work.Outputs.Length; i++) all.Results[i] = all.Outputs[i].Over(work.Outputs[i]);
        for (var k = from; k < to; k++) {
            // The last strip begins early enough to be whole: the rows that it computes again get the same bits.
            var row = Math.Min(k * strip, rows - strip);
            foreach (var cursor in all.Inputs) cursor?.MoveTo(row);
            foreach (var cursor in all.Outputs) cursor.MoveTo(row);
            plan!.RunInto(all.Arguments, all.Results);
        }
        // Nobody's values are held on to.
        foreach (var cursor in all.Inputs) cursor?.Over(null);
        foreach (var cursor in all.Outputs) cursor.Over(null);
        Array.Clear(all.Arguments);
        spares.Return(all);
    }

    public override void Compile() => plan!.Compile();

    public override void Poison() => plan!.Poison();

    public override long ArenaBytes => plan!.ArenaBytes;

    // The last strip computes rows again.
    public override bool MayLieOver(int output, int[] inputs) => false;

    public override string ToString() => $"Strips[{strip} of {rows}]";

    /// <summary>What moves over the inputs and outputs of one run.</summary>
    sealed class Cursors(Program body, Layout[] layouts, bool[] whole) {
        public readonly View.Cursor?[] Inputs = [.. layouts.Select((x, i) => whole[i] ? null : new View.Cursor(body.Inputs[i].Type.DType, x))];
        public readonly View.Cursor[] Outputs = [.. body.Outputs.Select(o => body.Types()[o]).Select(t => new View.Cursor(t.DType, t.Shape.Contiguous))];
        public readonly View[] Arguments = new View[layouts.Length], Results = new View[body.Outputs.Length];
    }
}
