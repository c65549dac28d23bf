namespace Diff;

/// <summary>Things that are costly to make and used by one run at a time: kept for the next, one for each thread at most.</summary>
internal sealed class Spares<T> where T : class {
    readonly T?[] kept = new T?[ForkJoin.Cores];

    /// <summary>One that nobody has, or null.</summary>
    public T? Take() {
        for (var i = 0; i < kept.Length; i++)
            if (kept[i] is not null && Interlocked.Exchange(ref kept[i], null) is { } mine) return mine;
        return null;
    }

    /// <summary>Gives it to whoever comes next.</summary>
    public void Return(T spare) {
        for (var i = 0; i < kept.Length; i++)
            if (kept[i] is null && Interlocked.CompareExchange(ref kept[i], spare, null) is null) return;
    }

    /// <summary>Those that nobody has now, for tests.</summary>
    public IEnumerable<T> All => kept.OfType<T>();
}
