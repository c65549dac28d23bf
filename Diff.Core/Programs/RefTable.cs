using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Numbers for objects, by reference: what a walk over a graph knows of each node. Marks inside nodes would not do,
/// since any number of threads may walk one graph.</summary>
internal sealed class RefTable {
    object?[] keys = new object?[256];
    int[] numbers = new int[256];
    int count;

    /// <summary>The number of a key, or −1.</summary>
    public int this[object key] {
        get {
            var mask = keys.Length - 1;
            for (var i = Hash(key) & mask; keys[i] is { } k; i = i + 1 & mask)
                if (ReferenceEquals(k, key)) return numbers[i];
            return -1;
        }
        set {
            if (count * 2 >= keys.Length) Grow();
            var mask = keys.Length - 1;
            var i = Hash(key) & mask;
            while (keys[i] is { } k && !ReferenceEquals(k, key)) i = i + 1 & mask;
            if (keys[i] is null) count++;
            (keys[i], numbers[i]) = (key, value);
        }
    }

    static int Hash(object key) => (int)((uint)RuntimeHelpers.GetHashCode(key) * 2654435769u >> 7);

    void Grow() {
        var (oldKeys, oldNumbers) = (keys, numbers);
        (keys, numbers, count) = (new object?[keys.Length * 2], new int[keys.Length * 2], 0);
        for (var i = 0; i < oldKeys.Length; i++)
            if (oldKeys[i] is { } key) this[key] = oldNumbers[i];
    }

    /// <summary>Empties the table. One that a huge graph has grown is not kept.</summary>
    public void Clear() {
        if (keys.Length > 1 << 16) (keys, numbers) = (new object?[256], new int[256]);
        else Array.Clear(keys);
        count = 0;
    }
}
