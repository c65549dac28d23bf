using System.Runtime.CompilerServices;

namespace Diff.Tests;

/// <summary>The generator reaches everything, and what a failure prints is small and compiles.</summary>
public class RandomProgramTests {
    [Fact]
    public void Every_op_is_in_some_program() {
        var trials = Enumerable.Range(0, 200).SelectMany(seed => new[] { new ProgramGenerator(seed, false).Make(), new ProgramGenerator(seed, true).Make() }).ToArray();
        var seen = trials.SelectMany(t => t.Program.Equations).Select(e => e.Op.GetType()).ToHashSet();
        // A variable's own op and a rule's constant are what transforms put there.
        Assert.Equal("", string.Join(" ", OpTable.Types.Except([typeof(AliasOp), typeof(LiteralOp)]).Where(t => !seen.Contains(t)).Select(t => t.Name)));
        Assert.All(trials, t => Assert.InRange(t.Program.Equations.Length, 10, 120));
        // Hardly one of those for derivatives has none.
        Assert.InRange(trials.Count(t => t.Smooth && Laws.Floats(x => t.Program.Inline(x), t.At) is null), 0, 5);
        // Programs of one seed are the same in every run.
        Assert.Equal(trials[0].Program, new ProgramGenerator(0, false).Make().Program);
    }

    // Laws that are wrong, to see them fail.
    static void LogarithmsArePositive(Func<Tensor[], Tensor[]> f, params Tensor[] at) =>
        Assert.DoesNotContain(Recorded(f, at), c => c.Op is LogOp && Values.Doubles(c.Result).Any(v => v < 0));

    static void NoProductOfAnAngle(Func<Tensor[], Tensor[]> f, params Tensor[] at) =>
        Assert.DoesNotContain(Recorded(f, at), c => c.Op is MulOp && c.Inputs[0].Call?.Op is AtanOp);

    static void NoSumOverTheSecondAxis(Func<Tensor[], Tensor[]> f, params Tensor[] at) =>
        Assert.DoesNotContain(Recorded(f, at), c => c.Op is SumOp { Over: var axes } && axes.Span.Contains(1) && c.Inputs[0].Size > 0);

    static List<(Op Op, Tensor[] Inputs, Tensor Result)> Recorded(Func<Tensor[], Tensor[]> f, Tensor[] at) {
        using var scope = new Scope("law");
        var walk = Walk.Within(f(Array.ConvertAll(at, x => Graph.Alias(x, scope))), scope);
        var calls = walk.Calls.Select(c => (c.Op, c.Inputs, c.Results[0])).ToList();
        walk.Return();
        return calls;
    }

    // What the failure of a law prints after the program's size, beside the same code as the compiler reads it.
    static void Prints(Law wrong, Func<Tensor[], Tensor[]> function, Tensor[] at, [CallerArgumentExpression(nameof(function))] string text = "",
        [CallerArgumentExpression(nameof(at))] string point = "") {
        var failure = Assert.Throws<Xunit.Sdk.XunitException>(() => Trial.All(wrong, smooth: false, name: "Law"));
        Assert.True(Line(failure.Message).Contains($"Law({Line(text)}, {Line(point)[1..^1]});", StringComparison.Ordinal), failure.Message);
        Assert.ThrowsAny<Exception>(() => wrong(function, at));

        static string Line(string code) => string.Join(" ", code.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void What_fails_is_shrunk_to_one_line_and_one_number() => Prints(LogarithmsArePositive, x => {
        var a = Log(x[0]);
        return [a];
    }, [Tensor.From<double>([0])]);

    [Fact]
    public void What_two_ops_break_is_shrunk_to_them() => Prints(NoProductOfAnAngle, x => {
        var a = Atan(x[1]);
        var b = a * x[0];
        return [b];
    }, [Tensor.From<double>([0]), Tensor.From<double>([0])]);

    [Fact]
    public void An_op_with_parameters_prints_them() => Prints(NoSumOverTheSecondAxis, x => {
        var a = Graph.Apply(new SumOp(Axes.Of(1)), x[0]);
        return [a];
    }, [Tensor.From<double>([0], 1, 1)]);
}
