// The surface of FsCheck.Xunit, which the registry that builds here does not carry. To move to the package: delete this
// file and add the PackageReference; no test changes, for the namespace and the names are the package's own.
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FsCheck.Xunit;

/// <summary>Runs a method as an FsCheck property: its parameters are generated, its result (void, bool, Task or Property) judged.</summary>
/// <remarks>Unlike the package, the seed is a function of the test's name, so that every run on every machine tries the same
/// values. The environment variable DIFF_MAXTEST overrides <see cref="MaxTest"/> everywhere: the long mode.</remarks>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("FsCheck.Xunit.PropertyDiscoverer", "Diff.Tests")]
public class PropertyAttribute : FactAttribute {
    /// <summary>The seed to start from, as a failure prints it: <c>"(123,457)"</c>, or <c>"(123,457,size)"</c> for that one case.</summary>
    public string? Replay { get; set; }
    /// <summary>How many cases must pass; 100 where it is not set.</summary>
    public int MaxTest { get; set; } = -1;
    /// <summary>How many cases a precondition may reject before the property counts as exhausted.</summary>
    public int MaxRejected { get; set; } = -1;
    /// <summary>Size of the first case.</summary>
    public int StartSize { get; set; } = -1;
    /// <summary>Size of the last case.</summary>
    public int EndSize { get; set; } = -1;
    /// <summary>Cases run at once.</summary>
    public int Parallelism { get; set; } = -1;
    /// <summary>Whether to print every generated argument.</summary>
    public bool Verbose { get; set; }
    /// <summary>Whether a passing property prints nothing.</summary>
    public bool QuietOnSuccess { get; set; }
    /// <summary>Classes whose static members make Arbitrary instances; the first wins.</summary>
    public Type[] Arbitrary { get; set; } = [];
}

/// <summary>Settings shared by all properties of a class, or of the assembly.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Assembly)]
public sealed class PropertiesAttribute : PropertyAttribute;

/// <summary>A property that is false, or that ran out of cases; the message holds the shrunk counterexample and the seed.</summary>
public sealed class PropertyFailedException(string message, Exception? inner) : Exception(message, inner);

/// <summary>Finds one test case for each method with <see cref="PropertyAttribute"/>.</summary>
public sealed class PropertyDiscoverer(IMessageSink sink) : IXunitTestCaseDiscoverer {
    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions options, ITestMethod method, IAttributeInfo attribute) =>
        [new PropertyTestCase(sink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method)];
}

/// <summary>A test case that xunit runs in every respect (constructor, fixtures, skip, output, disposal) but the call itself.</summary>
public sealed class PropertyTestCase : XunitTestCase {
    /// <summary>Only for xunit's deserializer.</summary>
    [Obsolete("Called by the deserializer; only for it.", error: true)]
    public PropertyTestCase() { }

    /// <summary>A case of the method.</summary>
    public PropertyTestCase(IMessageSink sink, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
        : base(sink, display, options, method) { }

    /// <inheritdoc/>
    public override Task<RunSummary> RunAsync(IMessageSink sink, IMessageBus bus, object[] constructorArguments, ExceptionAggregator aggregator,
        CancellationTokenSource cancel) =>
        new CaseRunner(this, DisplayName, SkipReason, constructorArguments, TestMethodArguments, bus, aggregator, cancel).RunAsync();

    sealed class CaseRunner(IXunitTestCase testCase, string name, string skip, object[] constructorArguments, object[] arguments, IMessageBus bus,
        ExceptionAggregator aggregator, CancellationTokenSource cancel)
        : XunitTestCaseRunner(testCase, name, skip, constructorArguments, arguments, bus, aggregator, cancel) {
        protected override XunitTestRunner CreateTestRunner(ITest test, IMessageBus messageBus, Type testClass, object[] constructorArgs,
            MethodInfo method, object[] args, string skipReason, IReadOnlyList<BeforeAfterTestAttribute> beforeAfter,
            ExceptionAggregator exceptions, CancellationTokenSource cancelSource) =>
            new TestRunner(test, messageBus, testClass, constructorArgs, method, args, skipReason, beforeAfter, exceptions, cancelSource);
    }

    sealed class TestRunner(ITest test, IMessageBus bus, Type testClass, object[] constructorArguments, MethodInfo method, object[] arguments,
        string skip, IReadOnlyList<BeforeAfterTestAttribute> beforeAfter, ExceptionAggregator aggregator, CancellationTokenSource cancel)
        : XunitTestRunner(test, bus, testClass, constructorArguments, method, arguments, skip, beforeAfter, aggregator, cancel) {
        readonly StringBuilder text = new();

        // What the test wrote, as xunit gathers it, and then FsCheck's report.
        protected override async Task<Tuple<decimal, string>> InvokeTestAsync(ExceptionAggregator exceptions) {
            var (time, written) = await base.InvokeTestAsync(exceptions);
            return Tuple.Create(time, written + text);
        }

        protected override Task<decimal> InvokeTestMethodAsync(ExceptionAggregator exceptions) =>
            new Invoker(text, Test, MessageBus, TestClass, ConstructorArguments, TestMethod, TestMethodArguments,
                BeforeAfterAttributes, exceptions, CancellationTokenSource).RunAsync();
    }

    sealed class Invoker(StringBuilder text, ITest test, IMessageBus bus, Type testClass, object[] constructorArguments, MethodInfo method,
        object[] arguments, IReadOnlyList<BeforeAfterTestAttribute> beforeAfter, ExceptionAggregator aggregator, CancellationTokenSource cancel)
        : XunitTestInvoker(test, bus, testClass, constructorArguments, method, arguments, beforeAfter, aggregator, cancel) {
        protected override async Task<decimal> InvokeTestMethodAsync(object testClassInstance) {
            // A thread of its own: FsCheck blocks, and a property that awaits would wait for xunit's context for ever.
            await Aggregator.RunAsync(() => Timer.AggregateAsync(() => Task.Run(() =>
                text.Append(PropertyRun.Check(TestMethod, testClassInstance, line => text.AppendLine(line))))));
            return Timer.Total;
        }
    }
}

/// <summary>From attributes to one run of FsCheck.</summary>
public static class PropertyRun {
    /// <summary>Checks the method; returns FsCheck's report, throws <see cref="PropertyFailedException"/> where the property does not hold.</summary>
    public static string Check(MethodInfo method, object? target, Action<string> write) {
        var recorder = new Recorder();
        FsCheck.Check.Method(Configure(method, write).WithRunner(recorder), method, target is null ? null : FSharpOption<object>.Some(target));
        var result = recorder.Result ?? throw new InvalidOperationException($"FsCheck did not run {method.Name}.");
        var report = Runner.onFinishedToString("", result);
        return result switch {
            TestResult.Passed passed => passed.Item2 ? "" : report,
            TestResult.Failed { Item4: Outcome.Failed failed } => throw new PropertyFailedException(Environment.NewLine + report, failed.Item),
            _ => throw new PropertyFailedException(Environment.NewLine + report, null),
        };
    }

    /// <summary>The settings of a property: its own before its class's, its class's before the assembly's, then FsCheck's.</summary>
    public static Config Configure(MethodInfo method, Action<string> write) {
        var layers = Layers(method).ToArray();
        int Number(Func<PropertyAttribute, int> field, int otherwise) => layers.Select(field).Where(n => n >= 0).Append(otherwise).First();
        var defaults = Config.Default;
        var maxTest = Number(a => a.MaxTest, defaults.MaxTest);
        // The long mode rejects in proportion, or a precondition that holds often enough for 100 cases would fail it.
        var times = Math.Max(1.0, (LongMode ?? maxTest) / (double)Math.Max(1, maxTest));
        var seeded = defaults
            .WithReplay(FSharpOption<Replay>.Some(layers.Select(a => a.Replay).FirstOrDefault(s => !string.IsNullOrEmpty(s)) is { } given
                ? ParseReplay(given) : new Replay(SeedOf(method), null)))
            .WithMaxTest(LongMode ?? maxTest)
            .WithMaxRejected((int)Math.Min(int.MaxValue, times * Number(a => a.MaxRejected, defaults.MaxRejected)))
            .WithStartSize(Number(a => a.StartSize, defaults.StartSize))
            .WithEndSize(Number(a => a.EndSize, defaults.EndSize))
            .WithQuietOnSuccess(layers.Any(a => a.QuietOnSuccess))
            .WithArbitrary(ListModule.OfSeq(layers.SelectMany(a => a.Arbitrary)));
        var parallel = Number(a => a.Parallelism, 0) is > 0 and var n
            ? seeded.WithParallelRunConfig(FSharpOption<ParallelRunConfig>.Some(new ParallelRunConfig(n))) : seeded;
        return layers.Any(a => a.Verbose)
            ? parallel
                .WithEvery(Curried<int, FSharpList<object>>((i, args) => write(Config.Verbose.Every.Invoke(i).Invoke(args))))
                .WithEveryShrink(FuncConvert.FromFunc<FSharpList<object>, string>(args => Silently(() => write(Config.Verbose.EveryShrink.Invoke(args)))))
            : parallel;
    }

    /// <summary>The seed of a test: its full name hashed, so that it is the same in every process and on every machine.</summary>
    public static Rnd SeedOf(MethodInfo method) {
        var name = $"{method.DeclaringType?.FullName}.{method.Name}({string.Join(",", method.GetParameters().Select(p => p.ParameterType.FullName))})";
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(name));
        return new Rnd(BitConverter.ToUInt64(hash, 0), BitConverter.ToUInt64(hash, 8) | 1);    // FsCheck's stream needs an odd step
    }

    static int? LongMode => int.TryParse(Environment.GetEnvironmentVariable("DIFF_MAXTEST"), CultureInfo.InvariantCulture, out var n) && n > 0 ? n : null;

    static IEnumerable<PropertyAttribute> Layers(MethodInfo method) {
        yield return method.GetCustomAttribute<PropertyAttribute>() ?? new PropertyAttribute();
        for (var type = method.ReflectedType; type is not null; type = type.DeclaringType) {
            if (type.GetCustomAttribute<PropertiesAttribute>() is { } onClass) {
                yield return onClass;
            }
        }
        if (method.Module.Assembly.GetCustomAttribute<PropertiesAttribute>() is { } onAssembly) {
            yield return onAssembly;
        }
    }

    static Replay ParseReplay(string text) {
        var parts = text.Trim('(', ')', ' ').Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        ulong Part(int i) => ulong.TryParse(parts[i], CultureInfo.InvariantCulture, out var value) ? value : throw Unreadable();
        FormatException Unreadable() => new($"Replay = \"{text}\": expected \"(seed,gamma)\" or \"(seed,gamma,size)\" as a failed run prints it.");
        return parts.Length is 2 or 3
            ? new Replay(new Rnd(Part(0), Part(1)), parts.Length == 3 ? FSharpOption<int>.Some((int)Part(2)) : null)
            : throw Unreadable();
    }

    static string Silently(Action act) {
        act();
        return "";
    }

    static FSharpFunc<A, FSharpFunc<B, string>> Curried<A, B>(Action<A, B> act) =>
        FuncConvert.FromFunc<A, FSharpFunc<B, string>>(a => FuncConvert.FromFunc<B, string>(b => Silently(() => act(a, b))));

    sealed class Recorder : IRunner {
        public TestResult? Result { get; private set; }
        public void OnStartFixture(Type fixture) { }
        public void OnArguments(int number, FSharpList<object> arguments, FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> every) =>
            every.Invoke(number).Invoke(arguments);
        public void OnShrink(FSharpList<object> arguments, FSharpFunc<FSharpList<object>, string> everyShrink) => everyShrink.Invoke(arguments);
        public void OnFinished(string name, TestResult result) => Result = result;
    }
}
