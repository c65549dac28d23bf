using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Diff;

/// <summary>One op of a block program.</summary>
/// <param name="Map">The arithmetic, or null where the step is an end.</param>
/// <param name="End">The reduction of rows, one result for each, or null.</param>
/// <param name="Type">The dtype that the op works in: that of its last input.</param>
/// <param name="A">Its operands: the program's inputs are numbered first, then its outputs, then its registers.</param>
/// <param name="B">As A, or any operand where the op takes fewer.</param>
/// <param name="C">As A, or any operand where the op takes fewer.</param>
/// <param name="To">The output or register that is written.</param>
/// <param name="Result">The dtype of what is written.</param>
internal readonly record struct BlockStep(ElementwiseOp? Map, ReduceOp? End, DType Type, int A, int B, int C, int To, DType Result);

/// <summary>Where an operand's block lies: in its own memory, or in a slot.</summary>
/// <param name="array">The memory.</param>
/// <param name="offset">Where in it, in bytes.</param>
/// <param name="step">How far from row to row, in bytes.</param>
internal struct Operand(byte[] array, int offset, int step = 0) {
    int offset = offset;

    public Operand(View view, int element, int step = 0) : this(view.Memory.Array, view.Memory.Start + element * view.DType.Size(), step * view.DType.Size()) { }

    public readonly ref byte Start => ref array[offset];

    public readonly nint Step => step;

    /// <summary>So many steps on.</summary>
    public readonly Operand Row(int rows) => new(array, offset + rows * step, step);

    /// <summary>Goes to another place in its memory.</summary>
    public void MoveTo(int offset) => this.offset = offset;

    public readonly Span<byte> Span(int count) => array.AsSpan(offset, count);
}

/// <summary>Runs elementwise ops over views of any layout, a block of the L1 cache at a time: one op, or a chain of them whose
/// intermediate values never leave the cache. One op alone is the chain of one, so the bits are the same.</summary>
internal static class Blocks {
    /// <summary>The elements of a block: where a step's overhead no longer shows and its operands still fit the cache.</summary>
    public const int Length = 512;

    // A compiled loop keeps what is inside of it in registers: only what has to be gathered goes through the cache.
    const int CompiledLength = 2048;

    const int Vector = 16, Line = View.Line;

    [ThreadStatic] static Operand[]? places;
    [ThreadStatic] static StridedReader[]? readers;
    [ThreadStatic] static byte[]? scratch;

    /// <summary>y = op(inputs).</summary>
    public static void Run(ElementwiseOp op, ReadOnlySpan<View> inputs, View output) {
        var last = inputs.Length - 1;
        BlockStep only = new(op, null, inputs[last].DType, 0, Math.Min(1, last), last, inputs.Length, output.DType);
        Run(new ReadOnlySpan<BlockStep>(in only), inputs, new ReadOnlySpan<View>(in output), 0, null);
    }

    /// <summary>Runs a chain. All views have one shape; outputs are contiguous, and may lie exactly over an input that no later step reads.</summary>
    /// <param name="loop">The chain compiled, where it is.</param>
    public static void Run(ReadOnlySpan<BlockStep> steps, ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs, int registers, Compiled? loop) {
        var n = outputs[0].Shape.Size;
        if (n == 0) return;
        var work = new Work { Steps = steps, Inputs = inputs, Outputs = outputs, Registers = registers, Loop = loop };
        if (n <= Length) Run(work, 0, n);
        else ForkJoin.Over(n, Nanoseconds(work, n), work, Run, Length);
    }

    /// <summary>A chain and what it works on, for several threads.</summary>
    ref struct Work {
        public ReadOnlySpan<BlockStep> Steps;
        public ReadOnlySpan<View> Inputs, Outputs;
        public int Registers;
        public Compiled? Loop;
    }

    // A step on an element of a block, and an element that comes from memory or goes there.
    static double Nanoseconds(in Work work, int n) => n * ((work.Loop is null ? 0.15 : 0.05) * work.Steps.Length + 0.1 * (work.Inputs.Length + work.Outputs.Length));

    // Nothing goes from step to step through the cache.
    static bool IsOnePass(in Work work) => work.Loop is { Loops.Length: 1 } || work.Steps.Length == 1;

    // Elements from … end − 1; from is a multiple of Length.
    static void Run(in Work work, int from, int end) {
        var n = end - from;
        var inputs = work.Inputs;
        var outputs = work.Outputs;
        var loop = work.Loop;
        var count = inputs.Length + outputs.Length + (loop is { Loops.Length: 1 } ? 0 : work.Registers);
        var padded = Math.Min(IsOnePass(work) ? CompiledLength : Length, (n + Vector - 1) & ~(Vector - 1));
        // Slots are no longer than they have to be, to share few pages, and not a power of two apart: stores at equal distances of
        // 4096 bytes would stall the loads behind them.
        var slot = padded * 8 + 3 * Line;
        var room = Scratch(count * slot, out var line);
        var all = Rent(ref places, count);
        for (var k = inputs.Length + outputs.Length; k < count; k++) all[k] = new(room, line + k * slot);
        for (var k = 0; k < inputs.Length; k++) {
            if (!inputs[k].Layout.IsSplat) continue;
            if (loop is null) Fill(inputs[k], all[k] = new(room, line + k * slot), padded);
            else all[k] = new(inputs[k], inputs[k].Layout.Offset);
        }
        if (n <= padded && n == outputs[0].Shape.Size) OneBlock(work, all, n, padded, line, slot);
        else ManyBlocks(work, all, from, end, line, slot);
        // The thread must not hold on to anybody's values.
        Array.Clear(all, 0, count);
    }

    // What is not in whole vectors goes through slots, all at once.
    static void OneBlock(in Work work, Operand[] all, int n, int padded, int line, int slot) {
        var inputs = work.Inputs;
        var outputs = work.Outputs;
        for (var k = 0; k < inputs.Length; k++) {
            var layout = inputs[k].Layout;
            if (layout.IsSplat) continue;
            // What lies behind the last is read and not looked at.
            if (layout.IsContiguous && inputs[k].Reaches(padded)) {
                all[k] = new(inputs[k], 0);
                continue;
            }
            all[k] = new(scratch!, line + k * slot);
            if (layout.IsContiguous) Copy(inputs[k], 0, n, all[k]);
            else Gather(inputs[k], n, all[k]);
            Pad(inputs[k], n, all[k]);
        }
        var isRoom = n == padded || HaveSlack(outputs);
        for (var k = 0; k < outputs.Length; k++) all[inputs.Length + k] = isRoom ? new(outputs[k], 0) : new(scratch!, line + (inputs.Length + k) * slot);
        Pass(work, all, padded);
        if (!isRoom)
            for (var k = 0; k < outputs.Length; k++) Store(outputs[k], 0, n, all[inputs.Length + k]);
    }

    static bool HaveSlack(ReadOnlySpan<View> outputs) {
        foreach (var y in outputs)
            if (!y.HasSlack) return false;
        return true;
    }

    static bool Reach(ReadOnlySpan<View> inputs, int elements) {
        foreach (var x in inputs)
            if (x.Layout.IsContiguous && !x.Reaches(elements)) return false;
        return true;
    }

    // Whole vectors in place, then the last few elements through padded copies, unless there is room for a vector behind them.
    static void ManyBlocks(in Work work, Operand[] all, int from, int end, int line, int slot) {
        var inputs = work.Inputs;
        var outputs = work.Outputs;
        var strided = Rent(ref readers, inputs.Length);
        var gathers = false;
        for (var k = 0; k < inputs.Length; k++) {
            if (inputs[k].Layout.IsContiguous) continue;
            if (!inputs[k].Layout.IsSplat) (strided[k], all[k], gathers) = (inputs[k].Layout.Reader(from), new(scratch!, line + k * slot), true);
            // A slot is full of it, where it is not the loop that repeats it.
            else gathers |= work.Loop is null;
        }
        var length = !IsOnePass(work) ? Length : gathers ? CompiledLength : end - from;
        for (var i = from; i < end; i += length) {
            var here = Math.Min(length, end - i);
            var (whole, vectors) = (here & ~(Vector - 1), (here + Vector - 1) & ~(Vector - 1));
            var isRoom = whole < here && HaveSlack(outputs) && Reach(inputs, i + vectors);
            var direct = isRoom ? here : whole;
            if (direct > 0) {
                for (var k = 0; k < inputs.Length; k++) {
                    if (inputs[k].Layout.IsContiguous) all[k] = new(inputs[k], i);
                    else if (!inputs[k].Layout.IsSplat) strided[k].Read(inputs[k], direct, all[k]);
                }
                for (var k = 0; k < outputs.Length; k++) all[inputs.Length + k] = new(outputs[k], i);
                Pass(work, all, isRoom ? vectors : whole);
            }
            if (direct == here) continue;
            var rest = here - whole;
            for (var k = 0; k < inputs.Length; k++) {
                if (inputs[k].Layout.IsSplat) continue;
                if (inputs[k].Layout.IsContiguous) Copy(inputs[k], i + whole, rest, all[k] = new(scratch!, line + k * slot));
                else strided[k].Read(inputs[k], rest, all[k]);
                Pad(inputs[k], rest, all[k]);
            }
            for (var k = inputs.Length; k < inputs.Length + outputs.Length; k++) all[k] = new(scratch!, line + k * slot);
            Pass(work, all, Vector);
            for (var k = 0; k < outputs.Length; k++) Store(outputs[k], i + whole, rest, all[inputs.Length + k]);
        }
        Array.Clear(strided, 0, inputs.Length);
    }

    static void Pass(in Work work, Operand[] all, int count) {
        if (work.Loop is { } compiled)
            foreach (var loop in compiled.Loops) loop(all, count, 1);
        else foreach (ref readonly var s in work.Steps) s.Map!.Block(s.Type, ref all[s.A].Start, ref all[s.B].Start, ref all[s.C].Start, ref all[s.To].Start, count);
    }

    static void Fill(View splat, Operand slot, int count) => Fill(ref new Operand(splat, splat.Layout.Offset).Start, splat.DType.Size(), slot, count);

    /// <summary>An element of so many bytes again and again.</summary>
    public static void Fill(ref byte first, int size, Operand slot, int count) {
        var to = slot.Span(count * size);
        switch (size) {
            case 1: to.Fill(first); break;
            case 4: MemoryMarshal.Cast<byte, uint>(to).Fill(Unsafe.ReadUnaligned<uint>(ref first)); break;
            default: MemoryMarshal.Cast<byte, ulong>(to).Fill(Unsafe.ReadUnaligned<ulong>(ref first)); break;
        }
    }

    static void Gather(View from, int count, Operand to) {
        var reader = from.Layout.Reader();
        reader.Read(from, count, to);
    }

    static void Copy(View from, int i, int count, Operand to) {
        var size = from.DType.Size();
        var (memory, start) = from.Memory;
        memory.AsSpan(start + i * size, count * size).CopyTo(to.Span(count * size));
    }

    static void Store(View to, int i, int count, Operand from) {
        var size = to.DType.Size();
        var (memory, start) = to.Memory;
        from.Span(count * size).CopyTo(memory.AsSpan(start + i * size));
    }

    // A padded lane must hold a harmless number: what an earlier block left there may take a slow path.
    static void Pad(View view, int count, Operand to) {
        var size = view.DType.Size();
        to.Span(((count + Vector - 1) & ~(Vector - 1)) * size)[(count * size)..].Clear();
    }

    static T[] Rent<T>(ref T[]? kept, int count) => kept is { } mine && mine.Length >= count ? mine : kept = new T[Math.Max(16, count)];

    static byte[] Scratch(int bytes, out int line) {
        if (scratch is null || scratch.Length < bytes + Line) scratch = GC.AllocateUninitializedArray<byte>(Math.Max(1 << 16, bytes) + Line, pinned: true);
        line = View.FirstLine(scratch);
        return scratch;
    }

    /// <summary>Reads the next elements of a view.</summary>
    public static void Read(this ref StridedReader reader, View from, int count, Operand to) {
        var (memory, start) = from.Memory;
        var source = memory.AsSpan(start);
        var destination = to.Span(count * from.DType.Size());
        switch (from.DType.Size()) {
            case 1: reader.Read<byte>(source, destination); break;
            case 4: reader.Read<uint>(MemoryMarshal.Cast<byte, uint>(source), MemoryMarshal.Cast<byte, uint>(destination)); break;
            default: reader.Read<ulong>(MemoryMarshal.Cast<byte, ulong>(source), MemoryMarshal.Cast<byte, ulong>(destination)); break;
        }
    }
}
