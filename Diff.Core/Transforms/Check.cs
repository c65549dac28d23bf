namespace Diff;

/// <summary>Checks for tests of your own: values, derivatives against differences, and where a NaN comes from.</summary>
public static class Check {
    /// <summary>Whether two trees have one structure and close values everywhere: |a − b| ≤ tolerance · max(1, |a|, |b|); NaN is close to NaN.</summary>
    /// <param name="a">A tensor or a tree of them.</param>
    /// <param name="b">Another of the same structure.</param>
    /// <param name="tolerance">0 asks for equal values.</param>
    public static bool Close<P>(P a, P b, double tolerance = 1e-6) {
        var (x, y) = (Tree.Leaves(a), Tree.Leaves(b));
        return x.Length == y.Length && !x.Where((t, i) => !CloseTensors(t, y[i], tolerance)).Any();
    }

    /// <summary>Checks a gradient against central differences along random directions.</summary>
    /// <param name="f">A scalar function.</param>
    /// <param name="at">The point; in f64, or there are no digits to compare.</param>
    /// <param name="order">2 checks the gradient's own derivative as well, 3 that one's, and so on.</param>
    /// <param name="tolerance">Of the difference, over max(1, size).</param>
    /// <param name="step">Half the distance of the two points; 1 is exact for linear and quadratic functions.</param>
    /// <exception cref="WrongDerivativeException">They differ; the message has both numbers.</exception>
    public static void Grad<P>(Func<P, Tensor> f, P at, int order = 1, double tolerance = 1e-5, double step = 6e-6) {
        Jvp(f.Given(), at, order: 1, tolerance, step);
        Vjp(f, at, order: 1, tolerance);
        if (order > 1) Grad(p => Inner(Functions.Grad<P>(f, p), Direction(at, order)), at, order - 1, tolerance, step);
    }

    /// <summary>Checks forward mode against central differences along random directions.</summary>
    /// <param name="f">Any function of a tensor or tree to a tensor.</param>
    /// <param name="at">The point, in f64.</param>
    /// <param name="order">2 checks the tangent's own derivative as well, and so on.</param>
    /// <param name="tolerance">Of the difference, over max(1, size).</param>
    /// <param name="step">Half the distance of the two points.</param>
    /// <exception cref="WrongDerivativeException">They differ.</exception>
    public static void Jvp<P>(Func<P, Tensor> f, P at, int order = 1, double tolerance = 1e-5, double step = 6e-6) {
        for (var trial = 0; trial < 3; trial++) {
            var v = Direction(at, trial);
            var tangent = Functions.Jvp<P, Tensor>(f.Given(), at, v).Tangent;
            var difference = (f(Tree.Map((x, d) => x + step * d, at, v)) - f(Tree.Map((x, d) => x - step * d, at, v))) / (2 * step);
            if (!CloseTensors(tangent, difference, tolerance)) throw new WrongDerivativeException($"Check.Jvp: the tangent is {tangent}, central differences give {difference}.");
        }
        if (order > 1) Jvp(p => Functions.Jvp<P, Tensor>(f, p, Direction(at, order)).Tangent, at, order - 1, tolerance, step);
    }

    /// <summary>Checks reverse mode against forward mode: ⟨Jv, u⟩ = ⟨v, Jᵀu⟩ for random directions and cotangents.</summary>
    /// <param name="f">Any function of a tensor or tree to a tensor.</param>
    /// <param name="at">The point.</param>
    /// <param name="order">2 checks the pullback's own derivative as well, and so on.</param>
    /// <param name="tolerance">Of the difference, over max(1, size).</param>
    /// <exception cref="WrongDerivativeException">They differ.</exception>
    public static void Vjp<P>(Func<P, Tensor> f, P at, int order = 1, double tolerance = 1e-9) {
        for (var trial = 0; trial < 3; trial++) {
            var v = Direction(at, trial);
            var tangent = Functions.Jvp<P, Tensor>(f.Given(), at, v).Tangent;
            var (y, pull) = Functions.Vjp(f, at);
            var u = Direction(y, trial + 10);
            var (left, right) = ((tangent * u).Sum(), Inner(pull(u), v));
            if (!CloseTensors(left, right, tolerance)) throw new WrongDerivativeException($"Check.Vjp: ⟨Jv, u⟩ is {left}, ⟨v, Jᵀu⟩ is {right}.");
        }
        if (order > 1) Vjp(p => Inner(Functions.Vjp(f, p).Pullback(Direction(f(at), order)), Direction(at, order)), at, order - 1, tolerance);
    }

    /// <summary>The result of a function, if all its numbers are finite; else an error that names the first operation that made one which is not, of
    /// finite ones, and where in its result it is.</summary>
    /// <param name="f">Any function; of <c>x => Grad(g, x)</c> its gradient is looked through.</param>
    /// <param name="at">The argument: a tensor or a tree of them.</param>
    /// <exception cref="NotFiniteException">An operation, or a leaf of the argument, is not finite.</exception>
    public static R Finite<P, R>(Func<P, R> f, P at) {
        var flat = Tree.Flatten(at);
        for (var i = 0; i < flat.Leaves.Length; i++)
            if (flat.Leaves[i].DType.IsFloat() && FirstBad(flat.Leaves[i].Value) is { } bad)
                throw new NotFiniteException($"Check.Finite: the argument{(flat.Paths[i] == "" ? "" : $" at {flat.Paths[i]}")}, {flat.Leaves[i].Type}, is {bad}.");
        using var scope = new Scope("Check.Finite");
        var result = Tree.Flatten(f.Given()(flat.Rebuild(Array.ConvertAll(flat.Leaves, x => Graph.Alias(x, scope)))));
        var outputs = Array.FindAll(result.Leaves, t => t.AbsentFrom is null);
        var graph = ProgramBuilder.Close(outputs, scope, []);
        var program = graph.ToProgram();
        var slots = new View[program.Count];
        for (var i = 0; i < graph.Leaves.Count; i++) slots[i] = graph.Leaves[i].Value;
        graph.Return();
        foreach (var e in program.Equations) {
            Graph.Execute(e.Op, Array.ConvertAll(e.Inputs, x => slots[x]), e.Types).CopyTo(slots, e.First);
            for (var i = 0; i < e.Types.Length; i++)
                if (e.Types[i].DType.IsFloat() && FirstBad(slots[e.First + i]) is { } bad)
                    throw new NotFiniteException($"Check.Finite: {e.Op.Describe()} of {string.Join(", ", e.Inputs.Select(x => slots[x].Type))} gives {e.Types[i]}, which is {bad}.");
        }
        scope.Dispose();
        Differentiation.Finish(outputs);
        return result.Rebuild(result.Leaves);
    }

    static string? FirstBad(View values) {
        var packed = values.Packed();
        for (var i = 0; i < packed.Shape.Size; i++) {
            if (double.IsFinite(Numbers.Read(packed, i))) continue;
            var index = new int[packed.Shape.Rank];
            for (int a = index.Length - 1, left = i; a >= 0; left /= packed.Shape[a--]) index[a] = left % packed.Shape[a];
            return FormattableString.Invariant($"{Numbers.Read(packed, i)} at [{string.Join(", ", index)}]");
        }
        return null;
    }

    // Fixed keys: a check that fails fails again.
    static P Direction<P>(P like, int number) {
        var key = Key.Of(number);
        return Tree.Map(x => {
            (key, var mine) = key.Split();
            return mine.Normal(x.DType, x.Shape.ToArray());
        }, like);
    }

    static Tensor Inner<P>(P a, P b) {
        var (x, y) = (Tree.Parameters(a), Tree.Parameters(b));
        return x.Select((t, i) => (t * y[i]).Sum()).Aggregate((s, t) => s + t);
    }

    static bool CloseTensors(Tensor a, Tensor b, double tolerance) {
        if (!a.Shape.Equals(b.Shape)) return false;
        var (x, y) = (a.To(DType.F64).ToArray<double>(), b.To(DType.F64).ToArray<double>());
        for (var i = 0; i < x.Length; i++)
            if (!(x[i] == y[i] || double.IsNaN(x[i]) && double.IsNaN(y[i]) || Math.Abs(x[i] - y[i]) <= tolerance * Math.Max(1, Math.Max(Math.Abs(x[i]), Math.Abs(y[i]))))) return false;
        return true;
    }
}
