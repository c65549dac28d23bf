using System.Diagnostics;

namespace Diff;

/// <summary>A program ready to run: every layout known, every intermediate at its place in one arena.</summary>
/// <remarks>Elementwise equations run in groups, see <see cref="Fusion"/>. Values that are never alive together share memory; an elementwise result takes the place of an input that dies with
/// it; layouts cost nothing; only results are allocated. A plan may run on any number of threads: each has a frame.</remarks>
internal sealed class Plan {
    const int Line = View.Line, NoPlace = -1;

    /// <summary>So many runs earn a plan that its loops are compiled.</summary>
    public const int EarnsLoops = 8;

    readonly PlanStep[] steps;
    readonly int[] outputs;
    readonly TensorType[] types;
    readonly Layout[] layouts;
    readonly int[] roots;
    readonly long[] places;
    readonly long arenaBytes;
    readonly int recycled;
    readonly int arity, results;
    readonly int[] passing;
    readonly bool[] lands;
    readonly bool[]? given;
    readonly int[] heirs;
    readonly Compiled?[] loops;
    readonly RowPlan?[] nests;
    readonly Prepared?[] kernels;
    Plan? inPlace;
    int runs;
    readonly Spares<Frame> spares = new();
    bool[]? owned;

    public Plan(Program source) : this(source, PartSizes.Usual) { }

    /// <summary>A plan of which parts run in strips of other sizes than usual, for tests.</summary>
    public Plan(Program source, PartSizes sizes) : this(source, sizes, null, null) { }

    /// <summary>A plan for inputs of these layouts. It works on strips, and is not cut into strips again.</summary>
    public Plan(Program source, Layout[] inputs) : this(source, PartSizes.Usual with { Least = long.MaxValue }, inputs) { }

    /// <summary>The same with parts of other sizes than usual, for tests.</summary>
    public Plan(Program source, PartSizes sizes, Layout[] inputs) : this(source, sizes, null, inputs) { }

    Plan(Program source, PartSizes sizes, bool[]? given, Layout[]? strips) {
        (Source, this.given) = (source, given);
        var program = source.Simplify().Rewritten();
        var fused = Fusion.Steps(program, sizes);
        (outputs, types) = (program.Outputs, program.Types());
        var inputs = program.Inputs.Length;
        (layouts, roots, places) = (new Layout[types.Length], new int[types.Length], new long[types.Length]);
        heirs = new int[types.Length];
        Array.Fill(places, NoPlace);
        Array.Fill(heirs, NoPlace);
        for (var i = 0; i < inputs; i++) (layouts[i], roots[i]) = (strips?[i] ?? Layout.Plain(types[i].Shape, program.Inputs[i].Repeats), i);
        foreach (var step in fused) {
            (arity, results) = (Math.Max(arity, step.Inputs.Length), Math.Max(results, step.Outputs.Length));
            if (step.Part is { } part) {
                // What only the part has lies nowhere as a whole; Explain asks how it would.
                foreach (var e in step.Equations)
                    for (var o = e.First; o < e.First + e.Types.Length; o++) (layouts[o], roots[o]) = (e.Op.Relayout(layouts[e.Inputs[0]]) ?? types[o].Shape.Contiguous, o);
                part.Arrange(Array.ConvertAll(step.Inputs, x => layouts[x]));
                continue;
            }
            foreach (var e in step.Equations) {
                var layout = e.Inputs.Length > 0 ? e.Op.Relayout(layouts[e.Inputs[0]]) : null;
                for (var i = 0; i < e.Types.Length; i++)
                    (layouts[e.First + i], roots[e.First + i]) = layout is null ? (e.Op.LayoutOf(e.Types[i]), e.First + i) : (layout, roots[e.Inputs[0]]);
            }
        }
        var leaving = outputs.Select(o => roots[o]).ToHashSet();
        // Of the plan's own memory, and of what the arguments give.
        steps = Schedule.Of(fused, roots, root => root < inputs || leaving.Contains(root) ? 0 : SizeOf(root), root => given is not null && (root < inputs ? root < given.Length && given[root] : leaving.Contains(root)) ? SizeOf(root) : 0);
        arenaBytes = Arrange();
        recycled = leaving.Where(o => o >= inputs && heirs[o] == NoPlace).Sum(SizeOf) >= Recycling.Many ? Recycling.LeastOfMany : Recycling.Least;
        passing = [.. Enumerable.Range(0, types.Length).Where(i => places[roots[i]] == NoPlace)];
        // A result can be computed where it is wanted, if it is computed at all, and once.
        lands = [.. outputs.Select((o, i) => o >= inputs && roots[o] == o && layouts[o].IsContiguous && Array.IndexOf(outputs, o) == i)];
        // Layouts of what lies in the arena are made with it.
        steps = Array.FindAll(steps, s => roots[s.Outputs[0]] == s.Outputs[0] || places[roots[s.Outputs[0]]] == NoPlace);
        (loops, nests, kernels) = (new Compiled?[steps.Length], new RowPlan?[steps.Length], new Prepared?[steps.Length]);
    }

    /// <summary>The program as it was traced.</summary>
    public Program Source { get; }

    /// <summary>Bytes that a run borrows.</summary>
    public long ArenaBytes => arenaBytes;

    /// <summary>Gives a place to every root that neither comes in nor goes out; returns the size of the arena.</summary>
    long Arrange() {
        // What nothing reads is free before the first step.
        var last = new int[types.Length];
        Array.Fill(last, -1);
        for (var k = 0; k < steps.Length; k++)
            foreach (var x in steps[k].Inputs.Concat(steps[k].Outputs)) last[roots[x]] = k;
        foreach (var o in outputs) last[roots[o]] = int.MaxValue;
        var arena = new Arena();
        for (var k = 0; k < steps.Length; k++) {
            var step = steps[k];
            var inherited = new HashSet<int>();
            foreach (var slot in step.Outputs) {
                if (roots[slot] != slot) continue;
                if (last[slot] == int.MaxValue) {
                    if (GivenFor(step, k, slot) is { } memory) (heirs[slot], last[memory]) = (memory, int.MaxValue);
                } else if (HeirOf(step, k, slot, inherited) is { } heir) {
                    places[slot] = places[heir];
                    inherited.Add(heir);
                    arena.Inherit(places[slot]);
                } else {
                    places[slot] = arena.Take(SizeOf(slot));
                }
            }
            foreach (var root in step.Inputs.Select(x => roots[x]).Concat(step.Outputs.Where(s => roots[s] == s)).Distinct())
                if (last[root] == k && places[root] != NoPlace) arena.Release(places[root]);
        }
        return arena.Size;

        // An output may lie exactly over an input that nobody needs afterwards.
        bool MayLieOver(PlanStep step, int k, int slot, int root) => last[root] == k
            && step.Inputs.All(other => roots[other] != root || layouts[other].IsContiguous && types[other].Bytes == types[slot].Bytes)
            && step.MayLieOver(slot, y => roots[y] == root);

        int? HeirOf(PlanStep step, int k, int slot, HashSet<int> inherited) {
            foreach (var x in step.Inputs)
                if (roots[x] is var root && places[root] != NoPlace && !inherited.Contains(root) && SizeOf(root) == SizeOf(slot) && MayLieOver(step, k, slot, root)) return root;
            return null;
        }

        // A result in the memory of an argument that was given away: best of the one that is read here for the last time.
        int? GivenFor(PlanStep step, int k, int slot) {
            if (given is null || !layouts[slot].IsContiguous) return null;
            int? dead = null;
            for (var root = 0; root < given.Length; root++) {
                if (!given[root] || types[root] != types[slot] || !layouts[root].IsContiguous) continue;
                if (MayLieOver(step, k, slot, root)) return root;
                if (last[root] < k) dead ??= root;
            }
            return dead;
        }
    }

    long SizeOf(int slot) => Math.Max(Line, (View.WithSlack((long)layouts[slot].Extent * types[slot].DType.Size(), types[slot].DType) + Line - 1) / Line * Line);

    /// <summary>Computes the results from inputs of plain layout.</summary>
    public View[] Run(ReadOnlySpan<View> arguments) {
        var results = new View[outputs.Length];
        Run(arguments, results);
        return results;
    }

    /// <summary>The same, for a caller that has room for them.</summary>
    public void Run(ReadOnlySpan<View> arguments, Span<View> results) {
        var frame = Start(arguments);
        Run(frame);
        for (var i = 0; i < results.Length; i++) results[i] = frame.Slots[outputs[i]]!;
        Return(frame);
    }

    /// <summary>The plan that may compute results in the memory of the first arguments where they are marked: nobody else may hold that, nor may it be another's too.</summary>
    public Plan InPlace(bool[] mine) => Array.IndexOf(mine, true) < 0 ? this : given is null && inPlace is { } kept && kept.given.AsSpan().SequenceEqual(mine) ? kept : inPlace = new(Source, PartSizes.Usual, mine, null);

    /// <summary>Which results have memory that no one else has, where the arguments that this plan may compute in do: those computed, or handed through, once.</summary>
    public bool[] Owned => owned ??= Array.ConvertAll(outputs, o => layouts[o].IsContiguous && (roots[o] >= Source.Inputs.Length || given is not null && roots[o] < given.Length && given[roots[o]]) && outputs.Count(other => roots[other] == roots[o]) == 1);

    /// <summary>Computes the results into memory that is given, none of which an argument may share.</summary>
    public void RunInto(ReadOnlySpan<View> arguments, ReadOnlySpan<View> destinations) {
        var frame = Start(arguments);
        var slots = frame.Slots;
        for (var i = 0; i < outputs.Length; i++)
            if (lands[i] && destinations[i].Layout.IsContiguous) slots[outputs[i]] = destinations[i];
        Run(frame);
        for (var i = 0; i < outputs.Length; i++)
            if (!ReferenceEquals(slots[outputs[i]], destinations[i])) Strided.Copy(slots[outputs[i]]!, destinations[i]);
        Return(frame);
    }

    Frame Start(ReadOnlySpan<View> arguments) {
        var frame = spares.Take() ?? new Frame(this);
        arguments.CopyTo(frame.Slots!);
        return frame;
    }

    void Run(Frame frame) {
        if (runs < EarnsLoops && Interlocked.Increment(ref runs) == EarnsLoops) LoopCompiler.Later(this, static plan => plan.Compile());
        for (var k = 0; k < steps.Length; k++) Run(frame, k);
    }

    void Run(Frame frame, int k) {
        var (slots, step) = (frame.Slots, steps[k]);
        var first = step.Outputs[0];
        if (roots[first] != first) {
            slots[first] = frame.Lenses[first] is { } lens ? lens.On(slots[step.Inputs[0]]) : slots[step.Inputs[0]]!.As(layouts[first]);
            return;
        }
        var ins = frame.Inputs.AsSpan(0, step.Inputs.Length);
        var outs = frame.Outputs.AsSpan(0, step.Outputs.Length);
        for (var i = 0; i < ins.Length; i++) ins[i] = slots[step.Inputs[i]]!;
        for (var i = 0; i < outs.Length; i++) outs[i] = slots[step.Outputs[i]] ??= heirs[step.Outputs[i]] is >= 0 and var heir ? slots[heir]! : View.Allocate(types[step.Outputs[i]].DType, layouts[step.Outputs[i]], recycled);
        if ((step.Part ?? nests[k]) is { } part) part.Run(ins, outs);
        else if (step.Blocks is { } blocks) Blocks.Run(blocks, ins, outs, step.Registers, loops[k]);
        else (kernels[k] ??= Prepare(step))(ins, outs);
    }

    Prepared Prepare(PlanStep step) => step.Equations[0].Op.Prepare(Array.ConvertAll(step.Inputs, x => layouts[x]), Array.ConvertAll(step.Outputs, y => layouts[y]));

    // What is not the arena's is let go of, or a plan in the cache would keep somebody's tensors.
    void Return(Frame frame) {
        foreach (var slot in passing) {
            frame.Slots[slot] = null;
            frame.Lenses[slot]?.On(null);
        }
        Array.Clear(frame.Inputs);
        Array.Clear(frame.Outputs);
        spares.Return(frame);
    }

    /// <summary>Has the chains compiled, one after the other; each is used as soon as it is there.</summary>
    public void Compile() {
        for (var k = 0; k < steps.Length; k++) {
            steps[k].Part?.Compile();
            if (steps[k].Blocks is not { } blocks || loops[k] is not null) continue;
            var operands = Array.ConvertAll(steps[k].Inputs, x => layouts[x]);
            var nest = Nest.Of(operands);
            (DType, bool)[] inputs = [.. steps[k].Inputs.Select((x, i) => (types[x].DType, nest?.Repeats(i) ?? operands[i].IsSplat))];
            if (LoopCompiler.Find(new(blocks, inputs, steps[k].Outputs.Length)) is not { } loop) continue;
            if (nest is not null) nests[k] = new(steps[k], [.. steps[k].Inputs.Concat(steps[k].Outputs).Select(x => types[x].DType)], operands, nest, loop);
            loops[k] = loop;
        }
    }

    /// <summary>How it runs.</summary>
    /// <param name="microseconds">Of each step, if that was measured.</param>
    public Explanation Explain(double[]? microseconds = null) {
        var made = steps.Where(s => roots[s.Outputs[0]] == s.Outputs[0]).ToArray();
        long BytesOf(int slot) => (long)layouts[slot].Extent * types[slot].DType.Size();
        return new(
            [.. made.Select(s => new ExplainedStep(
                [.. s.Part is { } part ? [$"{part}"] : Array.Empty<string>(), .. s.Equations.Where(e => s.Part is null || e.Op is not MovingOp).Select(e => $"{e.Op.Describe()} {e.Op.Kernel([.. e.Inputs.Select(i => types[i])], [.. e.Inputs.Select(i => layouts[i])])}".TrimEnd())], [.. s.Outputs.Select(o => types[o])],
                s.Equations.Sum(e => e.Op.Flops([.. e.Inputs.Select(i => types[i])], e.Types)), s.Inputs.Concat(s.Outputs).Sum(x => (double)BytesOf(x)),
                microseconds?[Array.IndexOf(steps, s)]))],
            arenaBytes + steps.Sum(s => s.Part?.ArenaBytes ?? 0), outputs.Distinct().Where(o => roots[o] == o && places[o] == NoPlace && made.Any(s => s.Outputs.Contains(o))).Sum(BytesOf));
    }

    /// <summary>Has it compiled, runs it so many times, and gives the median of each step's microseconds.</summary>
    public double[] Time(ReadOnlySpan<View> arguments, int runs) {
        Compile();
        var times = Array.ConvertAll(steps, _ => new double[runs]);
        for (var run = 0; run < runs; run++) {
            var frame = Start(arguments);
            for (var k = 0; k < steps.Length; k++) {
                var start = Stopwatch.GetTimestamp();
                Run(frame, k);
                times[k][run] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            }
            Return(frame);
        }
        return Array.ConvertAll(times, t => t.Order().ElementAt(runs / 2));
    }

    /// <summary>Fills what the next run borrows with NaN, for tests: nothing may be read that this run did not write.</summary>
    internal void Poison() {
        foreach (var frame in spares.All)
            foreach (var view in frame.Slots) view?.Bytes.Fill(0xFF);
        foreach (var step in steps) step.Part?.Poison();
    }

    /// <summary>The memory of one run: views of the arena stay from run to run, all others are put in by it.</summary>
    sealed class Frame {
        public readonly View?[] Slots;
        public readonly View.Lens?[] Lenses;
        public readonly View[] Inputs, Outputs;

        public Frame(Plan plan) {
            if (plan.arenaBytes > Array.MaxLength - Line) throw new ShapeException($"This program needs {plan.arenaBytes:N0} bytes of intermediate values at once; {Array.MaxLength:N0} is the limit. Use smaller batches.");
            var arena = plan.arenaBytes == 0 ? [] : GC.AllocateUninitializedArray<byte>((int)plan.arenaBytes + Line, pinned: true);
            var start = plan.arenaBytes == 0 ? 0 : View.FirstLine(arena);
            (Slots, Lenses, Inputs, Outputs) = (new View?[plan.types.Length], new View.Lens?[plan.types.Length], new View[plan.arity], new View[plan.results]);
            // For what lies in memory of others, and is not handed out.
            var results = plan.outputs.ToHashSet();
            foreach (var step in plan.steps)
                if (step.Outputs[0] is var slot && plan.roots[slot] != slot && !results.Contains(slot)) Lenses[slot] = new(plan.types[slot].DType, plan.layouts[slot]);
            for (var i = 0; i < Slots.Length; i++)
                if (plan.places[plan.roots[i]] is var place && place != NoPlace) Slots[i] = new(arena, start + (int)place, plan.types[i].DType, plan.layouts[i], plan.roots[i] == i);
        }
    }
}
