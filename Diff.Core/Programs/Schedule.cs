namespace Diff;

/// <summary>The order of a plan's steps: what sets at least as much memory free as it takes runs as soon as it can.</summary>
/// <remarks>A graph is walked from its outputs, one after the other, so the gradients of a network's weights come behind the whole way back: what they read would
/// lie there until then, and be cold. No arithmetic changes, so no bit does.</remarks>
internal static class Schedule {
    /// <param name="steps">In an order in which they can run.</param>
    /// <param name="roots">The value of which the memory is, for each value.</param>
    /// <param name="sizes">How much of each kind of memory a value takes while it is needed; no step may take more of any kind than it frees.</param>
    public static PlanStep[] Of(IReadOnlyList<PlanStep> steps, int[] roots, params Func<int, long>[] sizes) {
        var maker = new Dictionary<int, int>();
        // How much more of each kind a step takes than it frees.
        var (users, reads, lacks) = (new List<int>[steps.Count], new int[steps.Count][], new long[steps.Count][]);
        var (missing, placed) = (new int[steps.Count], new bool[steps.Count]);
        var (readers, unread) = (new List<int>?[roots.Length], new int[roots.Length]);
        for (var k = 0; k < steps.Count; k++) {
            users[k] = [];
            foreach (var before in steps[k].Inputs.Where(maker.ContainsKey).Select(x => maker[x]).Distinct()) {
                users[before].Add(k);
                missing[k]++;
            }
            foreach (var y in steps[k].Outputs) maker[y] = k;
            reads[k] = [.. steps[k].Inputs.Select(x => roots[x]).Distinct()];
            lacks[k] = Array.ConvertAll(sizes, size => steps[k].Outputs.Where(y => roots[y] == y).Sum(size));
            foreach (var root in reads[k]) {
                (readers[root] ??= []).Add(k);
                unread[root]++;
            }
        }
        for (var root = 0; root < roots.Length; root++)
            if (unread[root] == 1) LastReader(root);
        var (order, atOnce) = (new List<PlanStep>(steps.Count), new SortedSet<int>());
        for (var next = 0; next < steps.Count;) {
            if (atOnce.Count > 0) Place(atOnce.Min);
            else if (placed[next]) next++;
            else Place(next);
        }
        return [.. order];

        void Place(int k) {
            atOnce.Remove(k);
            placed[k] = true;
            order.Add(steps[k]);
            foreach (var root in reads[k])
                if (--unread[root] == 1) Consider(LastReader(root));
            foreach (var user in users[k])
                if (--missing[user] == 0) Consider(user);
        }

        // Who frees a root, as soon as that is known.
        int LastReader(int root) {
            var k = readers[root]!.Find(r => !placed[r]);
            for (var i = 0; i < sizes.Length; i++) lacks[k][i] -= sizes[i](root);
            return k;
        }

        void Consider(int k) {
            if (missing[k] == 0 && Array.TrueForAll(lacks[k], lack => lack <= 0)) atOnce.Add(k);
        }
    }
}
