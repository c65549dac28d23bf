namespace Diff;

/// <summary>Numbers for tensors and calls, by reference: what a walk over a graph knows of each node. Marks inside nodes would not do,
/// since any number of threads may walk one graph.</summary>
internal sealed class RefTable {
    // The upper bits of a place are spread best.
    const int Shift = 7;

    object?[] keys = new object?[256];
    int[] numbers = new int[256];
    int count;

    /// <summary>The number of a key, or −1.</summary>
    public int this[Tensor key] {
        get => Find(key, key.Place);
        set => Put(key, key.Place, value);
    }

    /// <inheritdoc cref="this[Tensor]"/>
    public int this[Call key] {
        get => Find(key, key.Place);
        set => Put(key, key.Place, value);
    }

    /// <summary>Where a new node stands in every table: the runtime's own hash of an object takes ten times as long to make.</summary>
    public static int NextPlace() => place += unchecked((int)2654435769u);

    [ThreadStatic] static int place;

    int Find(object key, int place) {
        var mask = keys.Length - 1;
        for (var i = place >> Shift & mask; keys[i] is { } k; i = i + 1 & mask)
            if (ReferenceEquals(k, key)) return numbers[i];
        return -1;
    }

    void Put(object key, int place, int number) {
        if (count * 2 >= keys.Length) Grow();
        var mask = keys.Length - 1;
        var i = place >> Shift & mask;
        while (keys[i] is { } k && !ReferenceEquals(k, key)) i = i + 1 & mask;
        if (keys[i] is null) count++;
        (keys[i], numbers[i]) = (key, number);
    }

    void Grow() {
        var (oldKeys, oldNumbers) = (keys, numbers);
        (keys, numbers, count) = (new object?[keys.Length * 2], new int[keys.Length * 2], 0);
        for (var i = 0; i < oldKeys.Length; i++)
            if (oldKeys[i] is { } key) Put(key, key is Tensor t ? t.Place : ((Call)key).Place, oldNumbers[i]);
    }

    /// <summary>Empties the table. One that a huge graph has grown is not kept.</summary>
    public void Clear() {
        if (keys.Length > 1 << 16) (keys, numbers) = (new object?[256], new int[256]);
        else Array.Clear(keys);
        count = 0;
    }
}
