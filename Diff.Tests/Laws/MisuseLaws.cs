using System.Reflection;
using System.Runtime.CompilerServices;

namespace Diff.Tests;

/// <summary>Whatever is asked of the public surface, it answers, or refuses with an error of Diff.</summary>
public class MisuseLaws {
    // A hundred rounds take ten seconds; more of them on demand.
    static int Rounds => OpTable.Cases / 4;

    static void None(IEnumerable<string> faults) => Assert.True(string.Join("\n", faults.Distinct()) is var all && all == "", all);

    [Fact]
    public void Random_arguments_are_computed_or_refused() => None(
        from member in Misuse.Members()
        let random = new Random(1)
        from round in Enumerable.Range(0, Rounds)
        let call = Misuse.Draw(member, random)
        let e = Misuse.Call(member, call.On, call.Arguments, random)
        where e is not (null or DiffException)
        select $"{Misuse.Named(member)} of {Misuse.Shown(call.Arguments.Prepend(call.On))}: {e}");

    [Fact]
    public void Nine_of_ten_are_also_answered() {
        // Else the law above would say little. Shapes that have to fit in several places are not met by chance.
        var members = Misuse.Members();
        var answered = members.Count(m => {
            var random = new Random(1);
            return Enumerable.Range(0, 100).Any(_ => Misuse.Draw(m, random) is var c && Misuse.Call(m, c.On, c.Arguments, random) is null);
        });
        Assert.InRange(answered, members.Length * 9 / 10, members.Length);
    }

    [Fact]
    public void Null_is_refused_by_the_name_of_the_parameter() => None(
        from member in Misuse.Members()
        where !member.IsConstructor
        from p in member.GetParameters()
        where !TakesNull(p)
        let thrown = Refusals(member, p)
        let strange = thrown.FirstOrDefault(e => e is not DiffException)
        where strange is not null || !(PassesOn(p) || thrown.Any(e => e is NullException && Names(e, p)))
        select $"{Misuse.Named(member)}: null for {p.Name} gives {strange?.ToString() ?? "no error that says so"}");

    static Exception[] Refusals(MethodBase member, ParameterInfo p) {
        var random = new Random(1);
        return [.. Enumerable.Range(0, Rounds).Select(_ => {
            var (on, arguments) = Misuse.Draw(member, random);
            arguments[p.Position] = null;
            return Misuse.Call(member, on, arguments, random);
        }).OfType<Exception>()];
    }

    // By its name; operands of operators have none, and some functions tell it in the caller's words.
    static bool Names(Exception e, ParameterInfo p) =>
        e.Message.Contains($": {p.Name} is null.", StringComparison.Ordinal) || e.Message.Contains("operand is null.", StringComparison.Ordinal)
        || p.Member is MethodBase m && m.GetParameters().Any(q => q.GetCustomAttribute<CallerArgumentExpressionAttribute>()?.ParameterName == p.Name);

    // None of them is no sizes, or all axes. What the function that is differentiated takes besides is between it and its caller.
    static bool PassesOn(ParameterInfo p) =>
        p.IsDefined(typeof(ParamArrayAttribute)) || p.Member.Name is "Grad" or "ValueAndGrad" && p.Name is "a" or "b" or "c";

    static readonly NullabilityInfoContext nullability = new();

    // Of a tree of any type null is a part without tensors.
    static bool TakesNull(ParameterInfo p) =>
        p.ParameterType.IsValueType || p.HasDefaultValue || Declared(p).ParameterType.IsGenericParameter || nullability.Create(p).WriteState == NullabilityState.Nullable;

    static ParameterInfo Declared(ParameterInfo p) =>
        p.Member is MethodInfo { IsGenericMethod: true } m ? m.GetGenericMethodDefinition().GetParameters()[p.Position]
        : p.Member.DeclaringType!.IsGenericType ? ((MethodBase)p.Member.Module.ResolveMethod(p.Member.MetadataToken)!).GetParameters()[p.Position] : p;
}
