namespace Diff;

/// <summary>Chains and reductions that go over rows together: a few rows through all of them, then the next, so that what is between them stays in the first cache.</summary>
/// <remarks>Rows need not be whole vectors. What is computed then lies in slots, with room behind each row, and is copied from there, so no row runs into the next.</remarks>
internal sealed class RowPlan : PartPlan {
    // Elements of a wide value that are worked on at once.
    const int Block = 4096;

    const int Vector = 16, Line = View.Line, Gap = 3 * Line;

    readonly Unit[] units;
    readonly DType[] types;
    readonly bool[] narrow;
    readonly int[] roots, outputs;
    readonly int inputs, rows, length, together, most;
    readonly Spares<Room> spares = new();

    // A wide input that lies in rows has a place in the nest, all others are brought into slots: before each block, or once.
    const int Brought = -1, Once = -2;
    readonly int[] nested;
    readonly int[] places;
    Layout[] layouts = [];
    Nest nest = null!;
    int memory;
    double nanoseconds;

    /// <summary>A part of a program.</summary>
    /// <param name="part">It for so many rows: wide values have two axes, narrow ones one.</param>
    /// <param name="rows">How many there are.</param>
    /// <param name="length">Elements of a row.</param>
    public RowPlan(Func<int, Program> part, int rows, int length) {
        (this.rows, this.length, most, together) = (rows, length, length, Math.Clamp(Block / length, 1, rows));
        var body = part(together);
        (inputs, outputs, types) = (body.Inputs.Length, body.Outputs, [.. body.Types().Select(t => t.DType)]);
        narrow = [.. body.Types().Select(t => t.Shape.Rank == 1)];
        (roots, places, nested) = ([.. Enumerable.Range(0, types.Length)], new int[types.Length], new int[inputs]);
        var steps = Fusion.Steps(body, null);
        foreach (var s in steps)
            if (s.Equations is [{ Op: BroadcastOp } e]) roots[e.First] = e.Inputs[0];
        units = [.. from s in steps
                    where s.Equations[0].Op is not BroadcastOp
                    select new Unit(s, s.Registers, narrow[s.Inputs[0]], [.. s.Inputs.Select(x => roots[x] != x)], [.. s.Inputs.Concat(s.Outputs).Select(x => roots[x])])];
    }

    /// <summary>A chain over operands that lie in rows.</summary>
    public RowPlan(PlanStep chain, DType[] types, Layout[] layouts, Nest nest, Compiled loop) {
        (inputs, this.types, this.layouts, this.nest, rows, length) = (chain.Inputs.Length, types, layouts, nest, layouts[0].Shape.Size / nest.Length, nest.Length);
        // What goes from loop to loop has to fit the cache: several rows, or a part of one.
        var isOnePass = loop.Loops.Length == 1;
        (together, most) = isOnePass && !IsBroken ? (rows, length) : (Math.Clamp(Block / length, 1, rows), Math.Min(length, Block));
        (narrow, roots, places) = (new bool[types.Length], [.. Enumerable.Range(0, types.Length)], new int[types.Length]);
        (nested, outputs) = ([.. Enumerable.Range(0, inputs).Select(k => nest.IsOnce(k) ? Once : k)], [.. Enumerable.Range(inputs, types.Length - inputs)]);
        // Those of a loop alone are the processor's.
        units = [new(chain, isOnePass ? 0 : chain.Registers, false, [.. Enumerable.Range(0, inputs).Select(nest.Repeats)], roots) { Loop = loop }];
        Place();
    }

    bool IsBroken => length % Vector != 0;

    static int Padded(int count) => (count + Vector - 1) & ~(Vector - 1);

    public override void Arrange(Layout[] inputs) {
        layouts = inputs;
        var wide = new List<Layout>();
        var shape = Shape.Scalar;
        for (var k = 0; k < inputs.Length; k++) {
            nested[k] = Brought;
            if (narrow[k] || inputs[k].Shape.Size == 0) continue;
            // Rows end where a row of the part does.
            var (rank, tail) = (inputs[k].Shape.Rank, 1);
            while (tail < length) tail *= inputs[k].Shape[--rank];
            shape = Shape.Of([.. inputs[k].Shape.Span[..rank], length]);
            if (inputs[k].Reshape(shape) is not { } x || x.Strides[rank] is not (0 or 1) || IsSummed(k) && (x.Strides[rank] == 0 || x.Strides.ContainsAnyInRange(int.MinValue, -1))) continue;
            nested[k] = wide.Count;
            wide.Add(x);
        }
        nest = Nest.OfLastAxis(wide, wide.Count > 0 ? shape : Shape.Of(rows, length));
        foreach (var unit in units)
            for (var i = 0; i < unit.Step.Inputs.Length; i++)
                if (unit.Step.Inputs[i] is var x && x < inputs.Length && nested[x] >= 0) unit.Repeats[i] |= nest.Repeats(nested[x]);
        Place();
    }

    bool IsSummed(int input) => Array.Exists(units, u => u.Reduction is not null && u.Operands[0] == input);

    /// <summary>Gives a slot to what does not lie where the caller has it.</summary>
    void Place() {
        var (arena, last) = (new Arena(), new int[types.Length]);
        for (var u = 0; u < units.Length; u++)
            foreach (var x in units[u].Operands) last[x] = u;
        foreach (var o in outputs) last[o] = units.Length;
        Array.Fill(places, -1);
        for (var k = 0; k < inputs; k++)
            if (nested[k] < 0 || IsBroken && !nest.Repeats(nested[k])) places[k] = (int)arena.Take(Size(k));
        for (var u = 0; u < units.Length; u++) {
            var unit = units[u];
            foreach (var x in unit.Operands)
                if (x >= inputs && places[x] < 0 && !LiesOutside(x)) places[x] = (int)arena.Take(Size(x));
            for (var r = 0; r < unit.Registers.Length; r++) unit.Registers[r] = (int)arena.Take(unit.Pitch(together, most) * 8 * (unit.IsNarrow ? 1 : together) + Gap);
            foreach (var register in unit.Registers) arena.Release(register);
            foreach (var x in unit.Operands.Distinct())
                if (x >= inputs && last[x] == u && places[x] >= 0) arena.Release(places[x]);
        }
        memory = (int)arena.Size;
        nanoseconds = rows * (double)length * (0.1 * (inputs + outputs.Length) + 0.05 * units.Sum(u => u.Step.Equations.Length));
        foreach (var unit in units)
            unit.IsFlat = !unit.IsNarrow && !unit.HasEnds && !IsBroken && most == length && Array.IndexOf(unit.Repeats, true) < 0
                && Array.TrueForAll(unit.Operands, x => x >= inputs || nested[x] == Brought || nested[x] >= 0 && nest.Step(nested[x]) == length);
    }

    // A wide output does, where its rows are whole vectors.
    bool LiesOutside(int value) => !IsBroken && !narrow[value] && Array.IndexOf(outputs, value) >= 0;

    // Elements from row to row of a slot.
    int Pitch(int value) => value < inputs && nested[value] == Once ? 0 : narrow[value] ? 1 : Padded(most);

    // Slots are not a power of two apart: stores at equal distances of 4096 bytes would stall the loads behind them.
    int Size(int value) => ((narrow[value] ? Padded(together) : Pitch(value) == 0 ? Padded(most) : together * Padded(most)) * types[value].Size() + Line - 1) / Line * Line + Gap;

    public override void Run(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        ForkJoin.Over(rows, nanoseconds, new Work(this, inputs, outputs), static (in w, from, end) => w.Plan.Run(w, from, end));
    }

    readonly ref struct Work(RowPlan plan, ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        public readonly RowPlan Plan = plan;
        public readonly ReadOnlySpan<View> Inputs = inputs, Outputs = outputs;
    }

    void Run(in Work work, int from, int end) {
        var room = spares.Take() ?? new(this);
        for (var k = 0; k < inputs; k++)
            if (nested[k] >= 0) room.Put(k, new(work.Inputs[k], 0, nest.Step(nested[k])));
            else if (nested[k] == Once) Read(work.Inputs[k], 0, room.Slots[k], length);
        for (var o = 0; o < outputs.Length; o++)
            if (LiesOutside(outputs[o])) room.Put(outputs[o], new(work.Outputs[o], 0, length));
        for (int r = from, here; r < end; r += here) {
            here = Math.Min(Math.Min(together, end - r), nest.Rows - r % nest.Rows);
            for (var at = 0; at < length; at += most) {
                var count = Math.Min(most, length - at);
                for (var k = 0; k < inputs; k++)
                    if (nested[k] != Once) Bring(work.Inputs[k], k, room, r, here, at, count);
                for (var o = 0; o < outputs.Length; o++)
                    if (LiesOutside(outputs[o])) room.MoveTo(outputs[o], work.Outputs[o], r * length + at);
                for (var u = 0; u < units.Length; u++) units[u].Run(this, room, room.Operands[u], here, count);
                for (var o = 0; o < outputs.Length; o++)
                    if (!LiesOutside(outputs[o])) TakeAway(room.Slots[outputs[o]], work.Outputs[o], narrow[outputs[o]], r, here, at, count);
            }
        }
        room.Forget(this);
        spares.Return(room);
    }

    void Bring(View view, int input, Room room, int row, int here, int at, int count) {
        if (nested[input] is >= 0 and var k) {
            var place = layouts[input].Offset + nest.PlaceOf(k, row) + (nest.Repeats(k) ? 0 : at);
            if (nest.Repeats(k) || !IsBroken) {
                room.MoveTo(input, view, place);
                return;
            }
            // The last vector of a row ends behind it: what lies there is read, and not looked at, if it is memory.
            var isThere = view.Reaches(place + (here - 1) * Math.Max(0, nest.Step(k)) + Padded(count));
            room.Put(input, isThere ? new(view, place, nest.Step(k)) : room.Slots[input]);
            var bytes = count * view.DType.Size();
            for (var r = 0; r < here && !isThere; r++) new Operand(view, place + r * nest.Step(k)).Span(bytes).CopyTo(room.Slots[input].Row(r).Span(bytes));
            return;
        }
        // Brought in the order of the elements, a row or what there is of it at a time.
        if (narrow[input]) Read(view, row, room.Slots[input], here);
        else for (var r = 0; r < here; r++) Read(view, (row + r) * length + at, room.Slots[input].Row(r), count);
    }

    void TakeAway(Operand from, View to, bool isNarrow, int row, int here, int at, int count) {
        var (size, (array, start)) = (to.DType.Size(), to.Memory);
        if (isNarrow) {
            from.Span(here * size).CopyTo(array.AsSpan(start + row * size));
            return;
        }
        for (var r = 0; r < here; r++) from.Row(r).Span(count * size).CopyTo(array.AsSpan(start + ((row + r) * length + at) * size));
    }

    static void Read(View from, int element, Operand to, int count) {
        var reader = from.Layout.Reader(element);
        reader.Read(from, count, to);
    }

    public override void Compile() {
        foreach (var unit in units)
            if (unit.Step is { Blocks: { } blocks } step && (length >= Vector || !unit.HasEnds))
                unit.Loop ??= LoopCompiler.Find(new(blocks, [.. step.Inputs.Select((x, i) => (types[x], unit.Repeats[i]))], step.Outputs.Length));
    }

    public override void Poison() {
        foreach (var room in spares.All) room.Memory.AsSpan().Fill(0xFF);
    }

    public override long ArenaBytes => memory;

    // An element is written when nobody reads it any more, of the same rows at least.
    public override bool MayLieOver(int output, int[] inputs) {
        var (made, read, k) = (-1, -1, 0);
        foreach (var unit in units)
            foreach (var e in unit.Step.Equations) {
                if (e.First == outputs[output]) made = k;
                if (Array.Exists(e.Inputs, x => Array.IndexOf(inputs, roots[x]) >= 0)) read = k;
                k++;
            }
        return read <= made;
    }

    public override string ToString() => $"Rows[{together} of {rows}]";

    /// <summary>A chain over rows, or over a number for each of them, or the reduction of rows to such.</summary>
    /// <param name="step">It, over the part's values.</param>
    /// <param name="registers">Values inside of it that have slots.</param>
    /// <param name="isNarrow">Whether it reads numbers for rows.</param>
    /// <param name="repeats">Which of its inputs are one element for all of a row.</param>
    /// <param name="operands">The values that its inputs and outputs are.</param>
    sealed class Unit(PlanStep step, int registers, bool isNarrow, bool[] repeats, int[] operands) {
        public PlanStep Step => step;

        public bool IsNarrow => isNarrow;

        public bool[] Repeats => repeats;

        public int[] Operands => operands;

        /// <summary>Where the slots of its registers begin.</summary>
        public int[] Registers { get; } = new int[registers];

        /// <summary>A reduction alone.</summary>
        public ReduceOp? Reduction { get; } = step.Blocks is null ? (ReduceOp)step.Equations[0].Op : null;

        /// <summary>Whether it is a chain that ends in reductions.</summary>
        public bool HasEnds { get; } = step.Blocks is { } blocks && Array.Exists(blocks, s => s.End is not null);

        /// <summary>The chain compiled, once it is.</summary>
        public Compiled? Loop { get; set; }

        /// <summary>Elements from row to row of a slot.</summary>
        public int Pitch(int rows, int length) => Padded(isNarrow ? rows : length);

        /// <summary>Whether the rows of all operands lie one behind the other.</summary>
        public bool IsFlat { get; set; }

        public void Run(RowPlan plan, Room room, Operand[] all, int rows, int length) {
            if (Reduction is { } op) {
                op.Rows(plan.types[operands[0]], ref all[0].Start, all[0].Step, length, ref all[1].Start, rows);
                return;
            }
            var (count, times) = isNarrow ? (rows, 1) : IsFlat ? (rows * length, 1) : (length, rows);
            if (Loop is { } compiled)
                foreach (var loop in compiled.Loops) loop(all, count, times);
            else
                for (var row = 0; row < times; row++) Interpret(plan, room, all, row, count);
        }

        void Interpret(RowPlan plan, Room room, Operand[] all, int row, int length) {
            var count = Padded(length);
            foreach (ref readonly var s in step.Blocks.AsSpan()) {
                if (s.End is { } end) end.Rows(s.Type, ref Of(s.A, 0), 0, length, ref Of(s.To, 3), 1);
                else s.Map!.Block(s.Type, ref Of(s.A, 0), ref Of(s.B, 1), ref Of(s.C, 2), ref Of(s.To, 3), count);
            }

            ref byte Of(int operand, int k) {
                var from = all[operand].Row(row);
                if (operand >= repeats.Length || !repeats[operand]) return ref from.Start;
                var to = room.Filled(k, count);
                Blocks.Fill(ref from.Start, plan.types[step.Inputs[operand]].Size(), to, count);
                return ref to.Start;
            }
        }
    }

    /// <summary>What one run works with, kept from run to run.</summary>
    sealed class Room {
        /// <summary>What the units work on, and where each value that has a slot has it.</summary>
        public readonly Operand[][] Operands;
        public readonly Operand[] Slots;

        public readonly byte[] Memory;
        readonly (Operand[] Operands, int Place)[][] uses;
        byte[]? filled;

        public Room(RowPlan plan) {
            Memory = GC.AllocateUninitializedArray<byte>(plan.memory + Line, pinned: true);
            var start = View.FirstLine(Memory);
            Slots = [.. plan.places.Select((place, x) => place < 0 ? default : new Operand(Memory, start + place, plan.Pitch(x) * plan.types[x].Size()))];
            Operands = [.. from u in plan.units
                           let pitch = u.Pitch(plan.together, plan.most) * 8
                           select (Operand[])[.. u.Operands.Select(x => Slots[x]), .. u.Registers.Select(r => new Operand(Memory, start + r, pitch))]];
            var all = Operands.SelectMany((mine, u) => plan.units[u].Operands.Select((x, i) => (x, Use: (mine, i)))).ToLookup(p => p.x, p => p.Use);
            uses = [.. Enumerable.Range(0, Slots.Length).Select(x => all[x].ToArray())];
        }

        /// <summary>Has a value lie there.</summary>
        public void Put(int value, Operand operand) {
            foreach (var (all, place) in uses[value]) all[place] = operand;
        }

        /// <summary>Has a value begin with another element of the view that it lies in.</summary>
        public void MoveTo(int value, View view, int element) {
            var offset = view.Memory.Start + element * view.DType.Size();
            foreach (var (all, place) in uses[value]) all[place].MoveTo(offset);
        }

        /// <summary>Room to repeat an element in: only chains that are not compiled need it.</summary>
        public Operand Filled(int k, int count) {
            if (filled is null || filled.Length < 3 * count * 8) filled = new byte[3 * count * 8];
            return new(filled, k * count * 8);
        }

        /// <summary>Nobody's values are held on to.</summary>
        public void Forget(RowPlan plan) {
            for (var x = 0; x < Slots.Length; x++)
                if (x < plan.inputs || plan.places[x] < 0) Put(x, Slots[x]);
        }
    }
}
