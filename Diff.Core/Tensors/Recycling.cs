using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Memory of large results, which comes back when nobody can reach it any more.</summary>
/// <remarks>A fresh array of megabytes costs the system's pages, each cleared and mapped at its first touch: five to ten times what it takes to
/// compute a sum into it. So an array is not given up to the collector: beside each that is handed out there is an object with a finalizer, kept
/// alive by the array alone, and the finalizer puts the array here again. A span or a view that is still read keeps its array, so nothing is
/// handed out twice.</remarks>
internal static class Recycling {
    /// <summary>Smaller arrays are the young generation's, which is as fast.</summary>
    public const int Least = 1 << 20;

    // How much may be handed out before the collector is asked what became of it, beside half of what else there is.
    const long Patience = 1L << 26;

    static readonly ConditionalWeakTable<byte[], Return> returns = [];
    static readonly ConcurrentDictionary<int, ConcurrentBag<byte[]>> kept = new();
    static long made, handedOut;

    /// <summary>So many bytes at least, with whatever is in them.</summary>
    public static byte[] Rent(int bytes) {
        // Eight sizes to each power of two: an eighth of waste at most, and the next size may well be another's.
        var step = 1 << Math.Max(0, BitOperations.Log2((uint)bytes) - 3);
        var size = bytes > Array.MaxLength - step ? bytes : (bytes + step - 1) & -step;
        var array = Take(size) ?? (Interlocked.Read(ref handedOut) > Patience + Math.Max(0, GC.GetTotalMemory(false) - Interlocked.Read(ref made)) / 2 ? Collect(size) : null);
        if (array is null) {
            array = GC.AllocateUninitializedArray<byte>(size, pinned: true);
            returns.Add(array, new(array));
            Interlocked.Add(ref made, size);
        } else {
            GC.ReRegisterForFinalize(returns.TryGetValue(array, out var known) ? known : throw new InvalidOperationException());
        }
        Interlocked.Add(ref handedOut, size);
        return array;
    }

    static byte[]? Take(int size) => kept.TryGetValue(size, out var bag) && bag.TryTake(out var array) ? array : null;

    static byte[]? Collect(int wanted) {
        Interlocked.Exchange(ref handedOut, 0);
        // What waits here now was not needed for a while: half of it is given up.
        foreach (var bag in kept.Values)
            for (var surplus = (bag.Count + 1) / 2; surplus > 0 && bag.TryTake(out var array); surplus--) Interlocked.Add(ref made, -array.Length);
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: false);
        // The finalizers run on a thread of their own. It has a moment, and is not waited for: somebody may hold what one of them wants.
        for (var i = 0; i < 100; i++) {
            if (Take(wanted) is { } array) return array;
            Thread.Yield();
        }
        return null;
    }

    sealed class Return(byte[] array) {
        ~Return() => kept.GetOrAdd(array.Length, static _ => []).Add(array);
    }
}
