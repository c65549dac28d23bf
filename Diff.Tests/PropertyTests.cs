using System.Reflection;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

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
