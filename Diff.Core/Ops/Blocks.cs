using System.Runtime.InteropServices;

namespace Diff;

/// <summary>One op of a block program.</summary>
/// <param name="Op">The arithmetic.</param>
/// <param name="Type">The dtype that the op works in: that of its last input.</param>
/// <param name="A">Its operands: the program's inputs are numbered first, then its outputs, then its registers.</param>
/// <param name="B">As A, or any operand where the op takes fewer.</param>
/// <param name="C">As A, or any operand where the op takes fewer.</param>
/// <param name="To">The output or register that is written.</param>
internal readonly record struct BlockStep(ElementwiseOp Op, DType Type, int A, int B, int C, int To);

/// <summary>Runs elementwise ops over views of any layout, a block of the L1 cache at a time: one op, or a chain of them whose
/// intermediate values never leave the cache. One op alone is the chain of one, so the bits are the same.</summary>
internal static class Blocks {
    // 512 is where a step's overhead no longer shows and its operands still fit the cache. Slots are not a power of two apart:
    // stores at equal distances of 4096 bytes would stall the loads behind them.
    const int Length = 512, Vector = 16, Line = 64, Slot = Length * 8 + 3 * Line;

    [ThreadStatic] static Operand[]? operands;
    [ThreadStatic] static byte[]? scratch;

    /// <summary>y = op(inputs).</summary>
    public static void Run(ElementwiseOp op, ReadOnlySpan<View> inputs, View output) {
        var last = inputs.Length - 1;
        BlockStep only = new(op, inputs[last].DType, 0, Math.Min(1, last), last, inputs.Length);
        Run(new ReadOnlySpan<BlockStep>(in only), inputs, new ReadOnlySpan<View>(in output), 0);
    }

    /// <summary>Runs a chain. All views have one shape; outputs are contiguous, and may lie exactly over an input that no later step reads.</summary>
    public static void Run(ReadOnlySpan<BlockStep> steps, ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs, int registers) {
        var n = outputs[0].Shape.Size;
        if (n == 0) return;
        var count = inputs.Length + outputs.Length + registers;
        var room = Scratch(count, out var line);
        var all = operands is { } mine && mine.Length >= count ? mine : operands = new Operand[Math.Max(16, count)];
        for (var k = 0; k < inputs.Length; k++) all[k] = Operand.Input(inputs[k], room, line + k * Slot, n);
        for (var k = 0; k < outputs.Length; k++) all[inputs.Length + k] = Operand.Output(outputs[k], room, line + (inputs.Length + k) * Slot);
        for (var k = inputs.Length + outputs.Length; k < count; k++) all[k] = new() { Array = room, Offset = line + k * Slot };
        var memory = all.AsSpan(0, inputs.Length + outputs.Length);
        for (var i = 0; i < n; i += Length) {
            // Whole vectors in place, then the last few elements through padded copies.
            var here = Math.Min(Length, n - i);
            var whole = here & ~(Vector - 1);
            if (whole > 0) {
                foreach (ref var operand in memory) operand.Load(i, whole, padded: false);
                Pass(steps, all, whole);
            }
            if (whole < here) {
                foreach (ref var operand in memory) operand.Load(i + whole, here - whole, padded: true);
                Pass(steps, all, Vector);
                foreach (ref var operand in memory[inputs.Length..]) operand.Store(i + whole, here - whole);
            }
        }
        // The thread must not hold on to anybody's values.
        all.AsSpan(0, count).Clear();
    }

    static void Pass(ReadOnlySpan<BlockStep> steps, Operand[] all, int count) {
        foreach (ref readonly var s in steps) s.Op.Block(s.Type, ref all[s.A].Start, ref all[s.B].Start, ref all[s.C].Start, ref all[s.To].Start, count);
    }

    static byte[] Scratch(int slots, out int line) {
        if (scratch is null || scratch.Length < slots * Slot + Line) scratch = GC.AllocateUninitializedArray<byte>(Math.Max(16, slots) * Slot + Line, pinned: true);
        line = (int)(Line - Marshal.UnsafeAddrOfPinnedArrayElement(scratch, 0) % Line) % Line;
        return scratch;
    }

    enum Kind : byte { Register, InPlace, Repeated, Strided, Output }

    /// <summary>An operand as the loop meets it: in place, one repeated element, gathered into its slot, or a register.</summary>
    struct Operand {
        public byte[] Array;
        public int Offset;
        byte[] memory, room;
        int start, slot, size;
        Kind kind;
        StridedReader reader;

        public readonly ref byte Start => ref Array[Offset];

        public static Operand Input(View view, byte[] room, int slot, int n) {
            var layout = view.Layout;
            var (memory, start) = view.Memory;
            var o = new Operand { Array = room, Offset = slot, memory = memory, start = start, room = room, slot = slot, size = view.DType.Size() };
            if (layout.IsSplat) {
                o.kind = Kind.Repeated;
                var first = memory.AsSpan(start + layout.Offset * o.size, o.size);
                var to = room.AsSpan(slot, Math.Min(Length, (n + Vector - 1) & ~(Vector - 1)) * o.size);
                switch (o.size) {
                    case 1: to.Fill(first[0]); break;
                    case 4: MemoryMarshal.Cast<byte, uint>(to).Fill(MemoryMarshal.Read<uint>(first)); break;
                    default: MemoryMarshal.Cast<byte, ulong>(to).Fill(MemoryMarshal.Read<ulong>(first)); break;
                }
            } else if (layout.IsContiguous) {
                o.kind = Kind.InPlace;
            } else {
                o.kind = Kind.Strided;
                o.reader = new(layout.Runs.Dims, layout.Runs.Strides, layout.Offset);
            }
            return o;
        }

        public static Operand Output(View view, byte[] room, int slot) {
            var (memory, start) = view.Memory;
            return new() { memory = memory, start = start, room = room, slot = slot, size = view.DType.Size(), kind = Kind.Output };
        }

        /// <summary>Makes the elements from i on readable, or the output's writable; padded to a vector where they are fewer.</summary>
        public void Load(int i, int count, bool padded) {
            if (kind == Kind.Repeated) return;
            if (kind != Kind.Strided && !padded) {
                (Array, Offset) = (memory, start + i * size);
                return;
            }
            (Array, Offset) = (room, slot);
            if (kind == Kind.Output) return;
            var to = room.AsSpan(slot, count * size);
            var from = memory.AsSpan(start);
            if (kind == Kind.InPlace) from.Slice(i * size, count * size).CopyTo(to);
            else
                switch (size) {
                    case 1: reader.Read<byte>(from, to); break;
                    case 4: reader.Read<uint>(MemoryMarshal.Cast<byte, uint>(from), MemoryMarshal.Cast<byte, uint>(to)); break;
                    default: reader.Read<ulong>(MemoryMarshal.Cast<byte, ulong>(from), MemoryMarshal.Cast<byte, ulong>(to)); break;
                }
            // A padded lane must hold a harmless number: what an earlier block left there may take a slow path.
            if (padded) room.AsSpan(slot + count * size, (Vector - count) * size).Clear();
        }

        /// <summary>Writes the few elements of a padded block to where they belong.</summary>
        public readonly void Store(int i, int count) => room.AsSpan(slot, count * size).CopyTo(memory.AsSpan(start + i * size));
    }
}
