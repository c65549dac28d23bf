using System.Collections.Concurrent;

namespace Diff;

/// <summary>Plans by the structure of the graph they were made for.</summary>
/// <remarks>A structure met for the first time leaves only its hash; the second time it gets a plan: a graph that never comes
/// again costs nothing. The cache is bounded by equations and by bytes of arenas; what was not used for longest goes first.</remarks>
internal static class PlanCache {
    const int MostEquations = 200_000, MostSeen = 1 << 14;
    const long MostBytes = 1L << 28;

    static readonly ConcurrentDictionary<int, Plan> plans = new();
    static readonly ConcurrentDictionary<int, bool> seen = new();
    static readonly Lock evicting = new();
    static long clock, equations, bytes;

    /// <summary>How many plans were ever made.</summary>
    public static long Made;

    /// <summary>The plan of a graph, or null where its structure has not been seen twice and nobody wants one at once.</summary>
    public static Plan? Find(ProgramBuilder graph, bool atOnce = false) {
        if (plans.TryGetValue(graph.Hash, out var plan) && graph.Matches(plan.Source)) {
            plan.LastUse = Interlocked.Increment(ref clock);
            return plan;
        }
        if (!atOnce && seen.TryAdd(graph.Hash, true)) {
            if (seen.Count > MostSeen) seen.Clear();
            return null;
        }
        plan = new(graph.ToProgram()) { LastUse = Interlocked.Increment(ref clock) };
        Interlocked.Increment(ref Made);
        lock (evicting) {
            if (plans.TryRemove(graph.Hash, out var old)) Discount(old);
            plans[graph.Hash] = plan;
            equations += plan.Source.Equations.Length;
            bytes += plan.ArenaBytes;
            while ((equations > MostEquations || bytes > MostBytes) && plans.Count > 1) {
                var (hash, oldest) = plans.MinBy(p => p.Value.LastUse);
                if (plans.TryRemove(hash, out _)) Discount(oldest);
            }
        }
        return plan;
    }

    static void Discount(Plan plan) {
        equations -= plan.Source.Equations.Length;
        bytes -= plan.ArenaBytes;
    }
}
