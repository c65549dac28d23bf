using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Diff;

/// <summary>An op that works on each element alone. It gives its arithmetic once, on blocks.</summary>
/// <remarks>Eager and planned execution hand it the same blocks of a multiple of 16 elements, so their bits agree by
/// construction; <c>TensorPrimitives</c> would take another path for a tail of a few elements.</remarks>
internal abstract record ElementwiseOp(int Arity) : Op {
    public override bool KeepsWeakness => true;

    /// <summary>The output's dtype from the inputs', which are equal unless the op says otherwise.</summary>
    protected abstract DType DTypeOf(ReadOnlySpan<DType> inputs);

    /// <summary>Computes one block: inputs a, b, c (as many as the arity), output y, count a multiple of 16.</summary>
    /// <param name="type">The dtype of the last input.</param>
    public abstract void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count);

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        if (inputs.Length != Arity) throw new InvalidOperationException($"{Name} takes {Arity} inputs.");
        Span<DType> types = stackalloc DType[inputs.Length];
        for (var i = 0; i < types.Length; i++) {
            types[i] = inputs[i].DType;
            if (!inputs[i].Shape.Equals(inputs[0].Shape)) throw new ShapeException($"{Name}: shapes {inputs[0].Shape} and {inputs[i].Shape} differ.");
        }
        return [new(DTypeOf(types), inputs[0].Shape)];
    }

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => Blocks.Run(this, inputs, outputs[0]);

    protected DTypeException Refuses(DType type, string takes) =>
        new($"{Name} takes {takes}, not {type.Name()}. Convert it first: x.To(DType.F32).");

    protected DType Float(DType type) => type.IsFloat() ? type : throw Refuses(type, "f32 or f64");

    protected DType Number(DType type) => type != DType.Bool ? type : throw Refuses(type, "numbers");

    protected DType Same(ReadOnlySpan<DType> types) =>
        types.Length < 2 || types[0] == types[1] ? types[0] : throw new DTypeException($"{Name}: dtypes {types[0].Name()} and {types[1].Name()} differ.");

    protected static Span<T> Span<T>(ref byte start, int count) where T : unmanaged => MemoryMarshal.CreateSpan(ref Unsafe.As<byte, T>(ref start), count);
}

/// <summary>Runs an elementwise op over views of any layout, a block of the L1 cache at a time.</summary>
internal static class Blocks {
    const int Length = 1024, Vector = 16, MaxArity = 3;

    // Four operands of the widest type. Pinned, so that it starts on a cache line.
    [ThreadStatic] static byte[]? scratch;

    static Span<byte> Scratch(out int line) {
        scratch ??= GC.AllocateUninitializedArray<byte>((MaxArity + 1) * Length * 8 + 64, pinned: true);
        line = (int)(64 - (nint)Marshal.UnsafeAddrOfPinnedArrayElement(scratch, 0) % 64) % 64;
        return scratch.AsSpan(line, (MaxArity + 1) * Length * 8);
    }

    public static void Run(ElementwiseOp op, ReadOnlySpan<View> inputs, View output) {
        var n = output.Shape.Size;
        if (n == 0) return;
        var room = Scratch(out _);
        var type = inputs[^1].DType;
        Operand a = Operand.Of(inputs, 0, room, n), b = Operand.Of(inputs, 1, room, n), c = Operand.Of(inputs, 2, room, n);
        var y = output.Bytes;
        var size = output.DType.Size();
        var spare = room.Slice(MaxArity * Length * 8, Length * 8);
        for (var i = 0; i < n; i += Length) {
            var count = Math.Min(Length, n - i);
            // Whole vectors straight into the output, then the last few through a padded copy.
            var whole = count & ~(Vector - 1);
            if (whole > 0)
                op.Block(type, ref a.Next(i, whole, whole), ref b.Next(i, whole, whole), ref c.Next(i, whole, whole), ref MemoryMarshal.GetReference(y.Slice(i * size, whole * size)), whole);
            var rest = count - whole;
            if (rest > 0) {
                op.Block(type, ref a.Next(i + whole, rest, Vector), ref b.Next(i + whole, rest, Vector), ref c.Next(i + whole, rest, Vector), ref MemoryMarshal.GetReference(spare), Vector);
                spare[..(rest * size)].CopyTo(y.Slice((i + whole) * size, rest * size));
            }
        }
    }

    /// <summary>An input as the loop meets it: in place, one repeated element, or gathered into the scratch.</summary>
    ref struct Operand {
        Span<byte> memory, scratch;
        StridedReader reader;
        int size;
        bool inPlace, repeated;

        public static Operand Of(ReadOnlySpan<View> inputs, int i, Span<byte> room, int n) {
            var o = new Operand { scratch = room.Slice(i * Length * 8, Length * 8) };
            if (i >= inputs.Length) {
                o.repeated = true;
                return o;
            }
            var (view, layout) = (inputs[i], inputs[i].Layout);
            o.memory = view.Bytes;
            o.size = view.DType.Size();
            if (layout.IsSplat) {
                o.repeated = true;
                var first = o.memory.Slice(layout.Offset * o.size, o.size);
                var count = Math.Min(Length, (n + Vector - 1) & ~(Vector - 1));
                switch (o.size) {
                    case 1: o.scratch[..count].Fill(first[0]); break;
                    case 4: MemoryMarshal.Cast<byte, uint>(o.scratch)[..count].Fill(MemoryMarshal.Read<uint>(first)); break;
                    default: MemoryMarshal.Cast<byte, ulong>(o.scratch)[..count].Fill(MemoryMarshal.Read<ulong>(first)); break;
                }
            } else if (layout.IsContiguous) {
                o.inPlace = true;
            } else {
                o.reader = new(layout.Runs.Dims, layout.Runs.Strides, layout.Offset);
            }
            return o;
        }

        /// <summary>The next elements, which start at i, in memory that may be read up to padded.</summary>
        public ref byte Next(int i, int count, int padded) {
            if (repeated) return ref MemoryMarshal.GetReference(scratch);
            if (inPlace) {
                var there = memory.Slice(i * size, count * size);
                if (padded == count) return ref MemoryMarshal.GetReference(there);
                there.CopyTo(scratch);
            } else {
                switch (size) {
                    case 1: reader.Read<byte>(memory, scratch[..count]); break;
                    case 4: reader.Read(MemoryMarshal.Cast<byte, uint>(memory), MemoryMarshal.Cast<byte, uint>(scratch)[..count]); break;
                    default: reader.Read(MemoryMarshal.Cast<byte, ulong>(memory), MemoryMarshal.Cast<byte, ulong>(scratch)[..count]); break;
                }
            }
            // A padded lane must hold a harmless number: what an earlier block left there may trap slow paths.
            scratch[(count * size)..(padded * size)].Clear();
            return ref MemoryMarshal.GetReference(scratch);
        }
    }
}
