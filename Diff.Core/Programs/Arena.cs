namespace Diff;

/// <summary>First-fit places in a growing stretch of memory.</summary>
internal sealed class Arena {
    readonly SortedDictionary<long, long> free = [];
    readonly Dictionary<long, (long Size, int Users)> taken = [];

    public long Size { get; private set; }

    public long Take(long size) {
        foreach (var (at, room) in free) {
            if (room < size) continue;
            free.Remove(at);
            if (room > size) free[at + size] = room - size;
            taken[at] = (size, 1);
            return at;
        }
        // What is free at the very end grows rather than being left as a hole.
        var start = free.Count > 0 && free.Last() is var tail && tail.Key + tail.Value == Size ? tail.Key : Size;
        free.Remove(start);
        Size = start + size;
        taken[start] = (size, 1);
        return start;
    }

    public void Inherit(long at) => taken[at] = (taken[at].Size, taken[at].Users + 1);

    public void Release(long at) {
        var (size, users) = taken[at];
        if (users > 1) {
            taken[at] = (size, users - 1);
            return;
        }
        taken.Remove(at);
        if (free.Remove(at + size, out var after)) size += after;
        foreach (var (before, room) in free) {
            if (before + room != at) continue;
            free[before] = room + size;
            return;
        }
        free[at] = size;
    }
}
