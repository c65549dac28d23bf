using System.Reflection;

namespace Diff.Tests;

/// <summary>Training is a function: the loss after it has a derivative by the learning rate and by where it began, whatever the optimizer.</summary>
public class MetaLaws {
    static readonly MethodInfo[] makers = [.. typeof(Optimizers).GetMethods(BindingFlags.Public | BindingFlags.Static)
        .Where(m => m.ReturnType == typeof(Optimizer) && m.Name is not nameof(Optimizers.Chain) && !m.IsSpecialName)];

    /// <summary>Every way to make an optimizer, found by reflection, with its defaults and with every option that has another.</summary>
    public static IEnumerable<object[]> All() =>
        from m in makers
        // Those that take a rate as a function also take it as a number, which is not differentiated.
        where !(m.GetParameters() is [{ ParameterType: var first, Name: "rate" }, ..] && first == typeof(double))
        from options in new[] { false, true }
        where !options || m.GetParameters().Any(p => p.HasDefaultValue)
        select new object[] { $"{m.Name}({string.Join(", ", m.GetParameters().Select(p => p.Name))})", options };

    static Optimizer Make(string name, bool options, Tensor rate) {
        var m = makers.First(m => $"{m.Name}({string.Join(", ", m.GetParameters().Select(p => p.Name))})" == name && m.GetParameters().All(p => p.Name != "rate" || p.ParameterType != typeof(double)));
        var optimizer = (Optimizer)m.Invoke(null, [.. m.GetParameters().Select(p => Argument(p, options, rate))])!;
        // A part alone gives a direction.
        return m.GetParameters().Any(p => p.Name == "rate") ? optimizer : optimizer >> ScaleByRate(_ => rate);
    }

    static object? Argument(ParameterInfo p, bool options, Tensor rate) =>
        p.ParameterType == typeof(Func<Tensor, Tensor>) ? (Tensor t) => rate * Pow(0.95, t.To(DType.F64))
        : p.ParameterType == typeof(bool) ? options
        : options && p.HasDefaultValue ? p.Name switch {
            "eps" => 1e-3,
            "b1" or "decay" => 0.7,
            "b2" => 0.8,
            "momentum" => 0.5,
            "dampening" => 0.0,     // as Nesterov's momentum has it
            _ => 0.02,
        }
        : p.HasDefaultValue ? p.DefaultValue : 0.6;

    static readonly Tensor x = Key.Of(0).Normal(DType.F64, 8, 3), target = Key.Of(1).Normal(DType.F64, 8);

    [Theory, MemberData(nameof(All))]
    public void Gradients_go_through_training(string name, bool options) {
        for (var trial = 0; trial < Math.Max(1, OpTable.Cases / 100); trial++) {
            Tensor start = Key.Of(2 + trial).Normal(DType.F64, 3) * 0.5, along = Key.Of(1000 + trial).Normal(DType.F64, 3);
            var (value, (byRate, byStart)) = ValueAndGrad(p => Final(p.Rate, p.Start), (Rate: (Tensor)0.05, Start: start));
            Assert.True(double.IsFinite(value.Item()));
            Near(h => Final(0.05 + h, start) - Final(0.05 - h, start), byRate.Item(), "rate");
            Near(h => Final(0.05, start + along * h) - Final(0.05, start - along * h), (byStart * along).Sum().Item(), "start");
            // Forward mode says the same.
            var pushed = Jvp(p => Final(p.Rate, p.Start), (Rate: (Tensor)0.05, Start: start), (Rate: (Tensor)1, Start: along)).Tangent.Item();
            Assert.Equal(byRate.Item() + (byStart * along).Sum().Item(), pushed, 1e-9 * (1 + Math.Abs(pushed)));

            // Two steps: what they disagree by, at a tie of two maxima, is how far they can be trusted.
            static void Near(Func<double, Tensor> difference, double derivative, string by) {
                var (d, finer) = (difference(1e-6).Item() / 2e-6, difference(2e-7).Item() / 4e-7);
                if (!(Math.Abs(d - derivative) <= 1e-5 * (1 + Math.Abs(d)) + 3 * Math.Abs(d - finer))) Assert.Fail($"by the {by}: {derivative:R}, differences {d:R} and {finer:R}");
            }
        }

        // One parameter has no gradient at all: roots of 0 must not make NaN of it.
        Tensor Final(Tensor rate, Tensor start) {
            var optimizer = Make(name, options, rate);
            var w = (W: start, Unused: Tensor.Of(1));
            var s = optimizer.Init(w);
            for (var i = 0; i < 5; i++) (w, s) = optimizer.Step(w, Grad(p => Loss(p.W), w), s);
            return Loss(w.W);
        }
        static Tensor Loss(Tensor w) => SquaredError(x.MatMul(w), target).Mean();
    }
}
