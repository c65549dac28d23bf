using System.Collections.Concurrent;

namespace Diff;

/// <summary>Plans by the structure of the graph they were made for, and by what of it they compute.</summary>
/// <remarks>A structure met for the first time leaves only its hash; the second time it gets a plan: a graph that never comes
/// again costs nothing. The cache is bounded by equations and by bytes of arenas; what was not used for longest goes first.</remarks>
internal static class PlanCache {
    const int MostEquations = 200_000, MostSeen = 1 << 14;
    const long MostBytes = 1L << 28;

    static readonly ConcurrentDictionary<int, Known> plans = new();
    static readonly ConcurrentDictionary<int, bool> seen = new();
    static readonly Lock evicting = new();
    static long clock, equations, bytes;

    /// <summary>How many plans were ever made.</summary>
    public static long Made;

    /// <summary>A plan in the cache.</summary>
    /// <param name="Graph">What a graph is compared with.</param>
    /// <param name="By">By how many of its inputs the plan differentiates it.</param>
    sealed record Known(Program Graph, int By, Plan Plan) {
        public long LastUse { get; set; }
        public int Equations => Plan.Source.Equations.Length + (By == 0 ? 0 : Graph.Equations.Length);
    }

    /// <summary>The plan of a graph, or null where its structure has not been seen twice and nobody wants one at once.</summary>
    /// <param name="by">If not 0: the plan of the graph's outputs and of the gradients of the first of them by so many inputs. Nothing has to be derived to find it.</param>
    public static Plan? Find(ProgramBuilder graph, bool atOnce = false, int by = 0) {
        var key = HashCode.Combine(graph.Hash, by);
        if (plans.TryGetValue(key, out var known) && known.By == by && graph.Matches(known.Graph)) {
            known.LastUse = Interlocked.Increment(ref clock);
            return known.Plan;
        }
        if (!atOnce && seen.TryAdd(key, true)) {
            if (seen.Count > MostSeen) seen.Clear();
            return null;
        }
        var program = graph.ToProgram();
        known = new(program, by, new(by == 0 ? program : program.WithGradients(by))) { LastUse = Interlocked.Increment(ref clock) };
        Interlocked.Increment(ref Made);
        lock (evicting) {
            if (plans.TryRemove(key, out var old)) Discount(old);
            plans[key] = known;
            equations += known.Equations;
            bytes += known.Plan.ArenaBytes;
            while ((equations > MostEquations || bytes > MostBytes) && plans.Count > 1) {
                var (oldest, last) = plans.MinBy(p => p.Value.LastUse);
                if (plans.TryRemove(oldest, out _)) Discount(last);
            }
        }
        return known.Plan;
    }

    static void Discount(Known known) {
        equations -= known.Equations;
        bytes -= known.Plan.ArenaBytes;
    }
}
