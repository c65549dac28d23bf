using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Memory of large results, which comes back when nobody can reach it any more.</summary>
/// <remarks>A fresh array of megabytes costs the system's pages, each cleared and mapped at its first touch: five to ten times what it takes to
/// compute a sum into it. So beside each array that is handed out there is an object with a finalizer, kept alive by the array alone, and the
/// finalizer offers the array here again. A span or a view that is still read keeps its array, so nothing is handed out twice. What waits here
/// is held weakly: whenever the collector goes through all memory, for whatever reason, it may have it.</remarks>
internal static class Recycling {
    /// <summary>Smaller arrays are the young generation's, which is as fast.</summary>
    public const int Least = 1 << 20;

    /// <summary>Of results that are made together and take as much as a young generation, smaller ones come from here too: the collector would look for what is alive while they
    /// are made, and copy it.</summary>
    public const int Many = 1 << 23, LeastOfMany = 1 << 16;

    // How much may be handed out before the collector is asked what became of it, beside an eighth of all memory: three times as much is then
    // on its way, handed out, unreachable once, and unreachable twice.
    const long Patience = 1L << 26;

    static readonly ConditionalWeakTable<byte[], Return> returns = [];
    static readonly ConcurrentDictionary<int, ConcurrentBag<Return>> waiting = new();
    static long handedOut;

    /// <summary>So many bytes at least, with whatever is in them.</summary>
    public static byte[] Rent(int bytes) {
        // Eight sizes to each power of two: an eighth of waste at most, and the next size may well be another's.
        var step = 1 << Math.Max(0, BitOperations.Log2((uint)bytes) - 3);
        var size = bytes > Array.MaxLength - step ? bytes : (bytes + step - 1) & -step;
        var array = Take(size) ?? (Interlocked.Read(ref handedOut) > Patience + GC.GetTotalMemory(false) / 8 ? Collect(size) : null);
        if (array is null) {
            array = GC.AllocateUninitializedArray<byte>(size, pinned: true);
            returns.Add(array, new(array));
        }
        Interlocked.Add(ref handedOut, size);
        return array;
    }

    static byte[]? Take(int size) {
        if (waiting.TryGetValue(size, out var bag))
            while (bag.TryTake(out var one))
                if (one.Revive() is { } array) return array;
        return null;
    }

    static byte[]? Collect(int wanted) {
        Interlocked.Exchange(ref handedOut, 0);
        // What waits here now was not needed for a while.
        waiting.Clear();
        GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: false);
        // The finalizers run on a thread of their own. It has a moment, and is not waited for: somebody may hold what one of them wants.
        for (var i = 0; i < 100; i++) {
            if (Take(wanted) is { } array) return array;
            Thread.Yield();
        }
        return null;
    }

    sealed class Return(byte[] of) {
        WeakReference<byte[]>? weak;
        byte[]? array = of;
        bool wasUnreachable;

        /// <summary>The array for somebody else; null where the collector has it.</summary>
        public byte[]? Revive() {
            if (weak is null || !weak.TryGetTarget(out array)) return null;
            wasUnreachable = false;
            GC.ReRegisterForFinalize(this);
            return array;
        }

        // Another finalizer of the same collection may have made a tensor reachable again: only who is unreachable at the next one too is nobody's.
        ~Return() {
            if (!wasUnreachable) {
                wasUnreachable = true;
                GC.ReRegisterForFinalize(this);
                return;
            }
            var size = array!.Length;
            // A new one: the last has a finalizer too, which may have run.
            weak = new(array);
            array = null;
            waiting.GetOrAdd(size, static _ => []).Add(this);
        }
    }
}
