using System.Reflection;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace Diff.Tests;

/// <summary>The [Property] attribute itself: true properties pass, false ones fail with a shrunk counterexample, seeds repeat.</summary>
public class PropertyTests {
    /// <summary>Small even numbers, to see that Arbitrary is used.</summary>
    public static class Evens {
        /// <summary>2n for a small n.</summary>
        public static Arbitrary<int> Even() => Gen.Choose(-50, 50).Select(n => 2 * n).ToArbitrary();
    }

    [Property(MaxTest = 200)]
    public bool ReverseTwiceIsTheList(int[] xs) => xs.Reverse().Reverse().SequenceEqual(xs);

    [Property(Arbitrary = [typeof(Evens)])]
    public void ArbitraryIsUsed(int n) => Assert.Equal(0, n % 2);

    [Property]
    public FsCheck.Property PreconditionsAndLabels(int a, int b) => (a + b - b == a).When(a < b).Label("sum");

    [Property]
    public async Task TasksAreAwaited(int n) {
        await Task.Yield();
        Assert.Equal(n, n);
    }

    // The properties below are run by hand by the tests after them: they carry no attribute that xunit would discover.
    static class Cases {
        public static readonly List<int> Seen = [];
        public static bool False(int n) => n < 20;
        public static void Throws(int a, int b) => Assert.True(Math.Abs((long)a) + Math.Abs((long)b) < 30, "too big");
        public static bool Record(int n) {
            Seen.Add(n);
            return true;
        }
        public static async Task FailsLate(int n) {
            await Task.Yield();
            Assert.True(n < 10);
        }
        public static FsCheck.Property Never(int n) => (n > 0).When(false);
    }

    static string Check(string name) => PropertyRun.Check(Case(name), null, _ => { });
    static MethodInfo Case(string name) => typeof(Cases).GetMethod(name, BindingFlags.Public | BindingFlags.Static)!;

    [Fact]
    public void FalsePropertyFailsWithTheShrunkCounterexample() {
        var failure = Assert.Throws<PropertyFailedException>(() => Check("False"));
        Assert.Contains("Falsifiable", failure.Message);
        Assert.Matches(@"Shrunk:\s+20\s", failure.Message + "\n");
    }

    [Fact]
    public void ExceptionIsInTheMessageAndInside() {
        var failure = Assert.Throws<PropertyFailedException>(() => Check("Throws"));
        Assert.Contains("too big", failure.Message);
        Assert.IsAssignableFrom<Xunit.Sdk.XunitException>(failure.InnerException);
    }

    [Fact]
    public void ReplayOfTheFailingStepRunsThatOneCase() {
        var failure = Assert.Throws<PropertyFailedException>(() => Check("False")).Message;
        var step = System.Text.RegularExpressions.Regex.Match(failure, @"failing step with \((\d+),(\d+),(\d+)\)").Groups;
        var runs = 0;
        var config = PropertyRun.Configure(Case("False"), _ => { })
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(ulong.Parse(step[1].Value), ulong.Parse(step[2].Value)),
                FSharpOption<int>.Some(int.Parse(step[3].Value)))))
            .WithRunner(new Runs(() => runs++));
        FsCheck.Check.Method(config, Case("False"), null);
        Assert.Equal(1, runs);
    }

    sealed class Runs(Action count) : IRunner {
        public void OnStartFixture(Type fixture) { }
        public void OnArguments(int n, FSharpList<object> arguments, FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> every) => count();
        public void OnShrink(FSharpList<object> arguments, FSharpFunc<FSharpList<object>, string> everyShrink) { }
        public void OnFinished(string name, TestResult result) => Assert.IsType<TestResult.Failed>(result);
    }

    [Fact]
    public void SettingsOfTheAttributeAndOfItsClassReachFsCheck() {
        var printed = new List<string>();
        var own = PropertyRun.Configure(typeof(Settings).GetMethod("Own")!, printed.Add);
        var shared = PropertyRun.Configure(typeof(Settings).GetMethod("Shared")!, printed.Add);
        Assert.Equal((new Rnd(3, 5), 7, 9), (own.Replay.Value.Rnd, own.StartSize, own.EndSize));
        Assert.True(shared.QuietOnSuccess);
        own.Every.Invoke(1).Invoke(ListModule.OfSeq<object>([42]));
        Assert.Contains("42", Assert.Single(printed));
        if (Environment.GetEnvironmentVariable("DIFF_MAXTEST") is null) {
            Assert.Equal((11, 33), (own.MaxTest, shared.MaxTest));
        }
    }

    [Properties(MaxTest = 33, QuietOnSuccess = true)]
    public static class Settings {
        [Property(MaxTest = 11, Replay = "(3,5)", StartSize = 7, EndSize = 9, Verbose = true)]
        public static void Own(int n) => Assert.Equal(n, n);
        [Property]
        public static void Shared(int n) => Assert.Equal(n, n);
    }

    [Fact]
    public void TaskThatFailsIsAFailure() => Assert.Throws<PropertyFailedException>(() => Check("FailsLate"));

    [Fact]
    public void PreconditionThatNeverHoldsIsAFailure() =>
        Assert.Contains("exhausted", Assert.Throws<PropertyFailedException>(() => Check("Never")).Message, StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void SeedsRepeatAndDiffer() {
        Check("Record");
        var first = Cases.Seen.ToArray();
        Cases.Seen.Clear();
        Check("Record");
        Assert.Equal(first, Cases.Seen);
        Assert.True(first.Length >= 100 && first.Distinct().Count() > 20);
        Assert.Equal(PropertyRun.SeedOf(Case("False")), PropertyRun.SeedOf(Case("False")));
        Assert.NotEqual(PropertyRun.SeedOf(Case("False")), PropertyRun.SeedOf(Case("Throws")));
    }
}

/// <summary>Constructor, output and disposal are xunit's: one instance for all cases of a property.</summary>
public sealed class PropertyFixtureTests : IDisposable {
    readonly Xunit.Abstractions.ITestOutputHelper output;
    bool disposed;

    public PropertyFixtureTests(Xunit.Abstractions.ITestOutputHelper output) {
        this.output = output;
        output.WriteLine("made");
    }

    public void Dispose() => disposed = true;

    [Property]
    public bool OutputIsActiveAndNothingDisposed(int n) {
        output.WriteLine($"case {n}");
        return !disposed;
    }
}
