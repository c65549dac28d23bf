using System.Globalization;
using BenchmarkDotNet.Running;
using Diff.Benchmarks;
using Diff.Benchmarks.Kernels;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
switch (args) {
    case ["table", .. var rest]:
        return Table.Print(rest);
    case ["cold"]:
        Cold.Print();
        return 0;
    case [Cold.Child, .. var work]:
        Cold.Run(work is [Cold.Step]);
        return 0;
    case ["plan"]:
        Planning.Print();
        return 0;
    case ["bdn", .. var rest]:
        BenchmarkSwitcher.FromAssembly(typeof(Products).Assembly).Run(rest is [var filter] ? ["--filter", filter] : rest, InThisProcess.Config);
        return 0;
    default:
        Console.Error.WriteLine("""
            usage: table [--json] [--quick] [NAME …]    every workload, or those named: time, floor, bytes, hash, beside PyTorch, OpenBLAS and loops by hand where they are
                   cold                                 milliseconds of the first jitted training step of a process
                   plan                                 milliseconds to plan graphs of 25,000, 50,000 and 100,000 nodes
                   bdn [FILTER]                         BenchmarkDotNet for single kernels, such as '*Gemm*'
            """);
        return 2;
}
