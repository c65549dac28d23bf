using System.Reflection;
using System.Reflection.Emit;

namespace Diff.Tests.Kernels;

/// <summary>The runtime compiles a method quickly at first, and well when it has been called thirty times. Compiled quickly, an operation on vectors is a
/// call that copies its operands: up to a thousand times slower. So what computes with vectors has to ask to be compiled well at once, or to be
/// inlined into what does.</summary>
public class VectorCodeTests {
    // What the compiler inlines without being asked, wherever it optimizes.
    const int AlwaysInlined = 16;

    // Nobody waits for these, and they are called where nothing is computed: one instruction, that tells the cache what to fetch.
    static readonly string[] exempt = ["Diff.GemmDriver.Prefetch"];

    [Fact]
    public void Methods_with_vectors_are_compiled_well_at_once() {
        var methods = typeof(Tensor).Assembly.GetTypes().SelectMany(Methods).Where(m => m.GetMethodBody() is not null).ToDictionary(Id);
        var withVectors = methods.Where(m => Called(m.Value).Any(IsOfVectors)).Select(m => m.Key).ToHashSet();
        // Who is inlined brings its vectors along.
        while (methods.Where(m => !withVectors.Contains(m.Key) && Called(m.Value).Any(c => withVectors.Contains(Id(c)) && IsInlined(methods[Id(c)]))).Select(m => m.Key).ToArray() is { Length: > 0 } more)
            withVectors.UnionWith(more);
        Assert.InRange(withVectors.Count, 200, 10_000);
        Assert.Empty(withVectors.Select(id => methods[id]).Where(m => !IsInlined(m) && !Has(m, MethodImplAttributes.AggressiveOptimization)).Select(m => $"{m.DeclaringType}.{m.Name}").Except(exempt));
    }

    static IEnumerable<MethodInfo> Methods(Type type) =>
        type.GetMethods(BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance);

    static (Module, int) Id(MethodBase method) => (method.Module, method.MetadataToken);

    static IEnumerable<MethodBase> Called(MethodInfo method) =>
        Closures.Tokens(method.GetMethodBody()!.GetILAsByteArray()!).Where(t => t.Item1 == OperandType.InlineMethod)
            .Select(t => method.Module.ResolveMethod(t.Token, method.DeclaringType!.GetGenericArguments(), method.GetGenericArguments())!);

    static bool IsOfVectors(MethodBase method) => method.DeclaringType is { } type && !method.Name.StartsWith("get_", StringComparison.Ordinal)
        && (type.Namespace?.StartsWith("System.Runtime.Intrinsics", StringComparison.Ordinal) == true || type.Namespace == "System.Numerics" && type.Name.StartsWith("Vector", StringComparison.Ordinal));

    static bool IsInlined(MethodInfo method) => Has(method, MethodImplAttributes.AggressiveInlining)
        || method.GetMethodBody()!.GetILAsByteArray()!.Length <= AlwaysInlined && !Has(method, MethodImplAttributes.NoInlining);

    static bool Has(MethodInfo method, MethodImplAttributes flag) => method.MethodImplementationFlags.HasFlag(flag);
}
