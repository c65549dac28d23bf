using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Diff.Benchmarks.Kernels;

/// <summary>Benchmarks run in this process, with its runtime settings: no project is generated and restored for them.</summary>
static class InThisProcess {
    public static IConfig Config => DefaultConfig.Instance.AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(15).WithIterationTime(TimeInterval.FromMilliseconds(100))).AddDiagnoser(MemoryDiagnoser.Default);
}
