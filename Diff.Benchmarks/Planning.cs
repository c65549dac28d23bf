using System.Diagnostics;

namespace Diff.Benchmarks;

/// <summary>How long it takes to record and to plan an unrolled loop, node by node: linear in the nodes, if all is well.</summary>
static class Planning {
    public static void Print() {
        Measure(1000);
        foreach (var nodes in new[] { 25_000, 50_000, 100_000 }) {
            var (recorded, planned) = Enumerable.Range(0, 3).Select(_ => Measure(nodes)).MinBy(t => t.Planned);
            Console.WriteLine($"plan-{nodes / 1000}k: recorded in {recorded:F0} ms, planned in {planned:F0} ms, {planned / nodes * 1e3:F2} µs a node");
        }
    }

    static (double Recorded, double Planned) Measure(int nodes) {
        var (x, w) = (Key.Of(0).Normal(8), Key.Of(1).Normal(8));
        var clock = Stopwatch.StartNew();
        EvalShape(Unrolled, x);
        var recorded = clock.Elapsed.TotalMilliseconds;
        clock.Restart();
        Explain(Unrolled, x);
        return (recorded, clock.Elapsed.TotalMilliseconds - recorded);

        Tensor Unrolled(Tensor x) => Enumerable.Range(0, nodes / 2).Aggregate(x, (y, _) => Tanh(y) * w);
    }
}
