namespace Diff;

/// <summary>Working memory of the kernels: one growing block per thread and use, so that no call allocates.</summary>
/// <remarks>Pinned arrays rather than native memory: the collector frees them when the thread ends.</remarks>
internal static unsafe class Scratch {
    /// <summary>Uses that may be alive at the same time need different slots.</summary>
    internal enum Slot { PackedA, PackedB, Lanes, Tail, Output, Input, Weights, Offsets, Masks, Maps, Left, Right, Third, Count }

    private const int Alignment = 64;

    [ThreadStatic] private static byte[]?[]? blocks;

    /// <summary>At least <paramref name="count"/> elements, aligned to a cache line, with whatever was in them before.</summary>
    internal static T* Rent<T>(Slot slot, nint count) where T : unmanaged {
        var bytes = count * sizeof(T) + Alignment;
        var mine = blocks ??= new byte[]?[(int)Slot.Count];
        var block = mine[(int)slot];
        if (block is null || block.Length < bytes) {
            // Doubling keeps a sequence of slowly growing shapes from allocating each time.
            block = GC.AllocateUninitializedArray<byte>(checked((int)Math.Max(bytes, Math.Min(2L * (block?.Length ?? 2048), Array.MaxLength))), pinned: true);
            mine[(int)slot] = block;
        }
        var address = (nint)System.Runtime.CompilerServices.Unsafe.AsPointer(ref System.Runtime.InteropServices.MemoryMarshal.GetArrayDataReference(block));
        return (T*)(address + Alignment - 1 & -Alignment);
    }

    /// <summary>So many elements for what a kernel works on, beside what kernels rent. What is large is not kept for ever.</summary>
    internal static Span<T> Room<T>(Slot slot, int count) where T : unmanaged =>
        (long)count * sizeof(T) < Recycling.Least ? new Span<T>(Rent<T>(slot, count), count)
            : System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(Recycling.Rent(checked(count * sizeof(T))).AsSpan())[..count];
}
