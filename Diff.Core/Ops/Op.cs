using System.Numerics;

namespace Diff;

/// <summary>An op ready to run on values that lie in a certain way: computes the outputs into memory that is already there, on any number of threads.</summary>
internal delegate void Prepared(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs);

/// <summary>What one run of an op at a time works with, kept from run to run as an arena is.</summary>
internal interface IRun {
    /// <inheritdoc cref="Prepared"/>
    void Over(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs);

    /// <summary>An op that runs so.</summary>
    static Prepared Kept<R>(Func<R> make) where R : class, IRun {
        var spares = new Spares<R>();
        return (inputs, outputs) => {
            var run = spares.Take() ?? make();
            run.Over(inputs, outputs);
            spares.Return(run);
        };
    }
}

/// <summary>A primitive operation, with everything that is known about it in one place.</summary>
/// <remarks>
/// Parameters are the record's own and compared by value, which gives the key of a plan, the merging of equal nodes and the
/// printed program for nothing. So an op holds plain data only: no delegate, no array, no tensor. Ops take equal shapes and
/// equal dtypes; broadcasting and promotion are put in by the user-facing functions, so no rule ever undoes them by hand.
/// Laws every op obeys (the suite tries them on its <see cref="Samples"/>): the inferred types are those computed;
/// Jvp agrees with central differences; ⟨Jv, u⟩ = ⟨v, Jᵀu⟩; both are linear; the inputs' bytes never change.
/// </remarks>
internal abstract record Op {
    /// <summary>As it is printed in programs.</summary>
    public virtual string Name => GetType().Name is var n && n.EndsWith("Op") ? n[..^2] : n;

    /// <summary>Name and parameters, as a program prints them.</summary>
    public virtual string Describe() => Name;

    /// <summary>Sizes and the kernel that computes it from inputs that lie so, where there is a choice: for <c>Explain</c>.</summary>
    public virtual string Kernel(ReadOnlySpan<TensorType> types, ReadOnlySpan<Layout> inputs) => "";

    /// <inheritdoc/>
    public sealed override string ToString() => Describe();

    /// <summary>The programs that it holds: what is looped over, or chosen from.</summary>
    public virtual IReadOnlyList<(string Name, Program Body)> Bodies => [];

    /// <summary>How many outputs there are.</summary>
    public virtual int Outputs => 1;

    /// <summary>The types of the outputs, from those of the inputs.</summary>
    /// <exception cref="ShapeException">Shapes that do not fit.</exception>
    /// <exception cref="DTypeException">An element type the op does not take.</exception>
    public abstract TensorType[] Infer(ReadOnlySpan<TensorType> inputs);

    /// <summary>What it has in common with ops that can run as one with it on the same inputs: itself, unless outputs can be asked for.</summary>
    public virtual Op Stem => this;

    /// <summary>One op of the same stem with the outputs of both, this one's first; and where in it the other's are.</summary>
    public virtual (Op Joined, int[] Places) Join(Op other) => (this, [.. Enumerable.Range(0, Outputs)]);

    /// <summary>Computes the outputs into memory that is already there.</summary>
    /// <remarks>Unless an op says how, by the kernel for the elements of the first input; bools are bytes to it.</remarks>
    public virtual void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        switch (inputs[0].DType) {
            case DType.F32: Evaluate<float>(inputs, outputs); break;
            case DType.F64: Evaluate<double>(inputs, outputs); break;
            case DType.I32: Evaluate<int>(inputs, outputs); break;
            case DType.I64: Evaluate<long>(inputs, outputs); break;
            case DType.U32: Evaluate<uint>(inputs, outputs); break;
            default: Evaluate<byte>(inputs, outputs); break;
        }
    }

    /// <summary>The kernel for elements of one type.</summary>
    protected virtual void Evaluate<T>(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) where T : unmanaged, INumber<T> =>
        throw new InvalidOperationException($"{Name} says neither how it runs nor has a kernel.");

    /// <summary>The same for values that lie so: what follows from layouts alone is found here, once for a plan.</summary>
    public virtual Prepared Prepare(Layout[] inputs, Layout[] outputs) => Evaluate;

    /// <summary>Prepares and runs, for an op that says how it does that.</summary>
    protected void Unprepared(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) {
        var (from, to) = (new Layout[inputs.Length], new Layout[outputs.Length]);
        for (var i = 0; i < from.Length; i++) from[i] = inputs[i].Layout;
        for (var i = 0; i < to.Length; i++) to[i] = outputs[i].Layout;
        Prepare(from, to)(inputs, outputs);
    }

    /// <summary>How much arithmetic there is in it, roughly: one for each element that is read or made, unless the op says more.</summary>
    public virtual double Flops(ReadOnlySpan<TensorType> inputs, ReadOnlySpan<TensorType> outputs) {
        var most = 0.0;
        foreach (var t in inputs) most = Math.Max(most, t.Shape.Size);
        foreach (var t in outputs) most = Math.Max(most, t.Shape.Size);
        return most;
    }

    /// <summary>Where the output is the first input's memory read another way: how. Null where it has to be computed.</summary>
    public virtual Layout? Relayout(Layout input) => null;

    /// <summary>The layout an output is computed into.</summary>
    public virtual Layout LayoutOf(TensorType output) => output.Shape.Contiguous;

    /// <summary>The op for some rows of its results, a row being an index of the first axis, to the bit as it computes them among all. Null where rows depend on one another.</summary>
    /// <param name="rows">How many; the results have at least as many.</param>
    /// <param name="inputs">The types of all rows.</param>
    /// <param name="whole">Set for an input of which a row needs more than the same row.</param>
    public virtual Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => null;

    /// <summary>Whether a result of C# numbers alone is still a number without a dtype of its own.</summary>
    public virtual bool KeepsWeakness => false;

    /// <summary>Whether of C# ints alone its result is such again.</summary>
    public virtual bool KeepsWholeNumbers => false;

    /// <summary>The derivative: tangents of the outputs, a program linear in the tangents. A null tangent is zero.</summary>
    /// <remarks>Called only where an input has a tangent. Outputs of integers or bools have none.</remarks>
    public abstract Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs);

    /// <summary>The transpose of the op as a function of the inputs marked linear: their cotangents from those of the outputs.</summary>
    /// <remarks>Never reads an input that is linear. A null cotangent is zero; called only where one is not.</remarks>
    public virtual Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => throw NotLinear();

    /// <summary>The op on a stack of inputs: those marked have a first axis of that size, and so have all outputs. The rule of Vmap.</summary>
    /// <remarks>Unless an op says how, each in its turn.</remarks>
    public virtual Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) {
        if (size == 0) {
            var types = new TensorType[inputs.Length];
            for (var i = 0; i < types.Length; i++) types[i] = batched[i] ? new(inputs[i].DType, Shape.Of(inputs[i].Shape.Span[1..])) : inputs[i].Type;
            return Array.ConvertAll(Infer(types), t => Graph.Fill(0, new(t.DType, Shape.Of([0, .. t.Shape.Span]))));
        }
        var rows = new Tensor[size][];
        for (var row = 0; row < size; row++) {
            var one = new Tensor[inputs.Length];
            for (var i = 0; i < one.Length; i++) one[i] = batched[i] ? inputs[i].SliceAxis(0, row, 1).ReshapeTo(Shape.Of(inputs[i].Shape.Span[1..])) : inputs[i];
            rows[row] = Graph.ApplyAll(this, one);
        }
        var results = new Tensor[Outputs];
        for (var i = 0; i < results.Length; i++) results[i] = Functions.Stack(Array.ConvertAll(rows, r => r[i]));
        return results;
    }

    /// <summary>The inputs with those that are the same for the whole batch repeated along it.</summary>
    protected static Tensor[] Repeated(Tensor[] inputs, bool[] batched, int size) {
        var all = new Tensor[inputs.Length];
        for (var i = 0; i < all.Length; i++)
            all[i] = batched[i] ? inputs[i] : inputs[i].BroadcastBy(Shape.Of([size, .. inputs[i].Shape.Span]), Axes.Range(1, inputs[i].Rank));
        return all;
    }

    /// <summary>Inputs to try the laws on: valid ones, and awkward ones.</summary>
    public abstract IEnumerable<Sample> Samples();

    protected InvalidOperationException NotLinear() => new($"{Name} is not linear in what it was transposed by.");
}

/// <summary>One way to call an op: the op with its parameters, and what to call it with.</summary>
/// <param name="Op">The op; a family gives samples of several parameters.</param>
/// <param name="Inputs">The types of the inputs.</param>
/// <param name="Low">Float inputs are drawn from Low …</param>
/// <param name="High">… to High, where the op is smooth. Integers likewise.</param>
/// <param name="Distinct">No two values of an input may be close: maxima, sorting.</param>
/// <param name="Awkward">Also right at kinks and ends; tried for values and shapes, not against differences.</param>
/// <param name="Prepare">What makes numbers that were drawn for an input (its place, its type) ones that the op is defined for.</param>
internal sealed record Sample(Op Op, TensorType[] Inputs, double Low = -2, double High = 2, bool Distinct = false, bool Awkward = false, Action<int, TensorType, double[]>? Prepare = null);

/// <summary>An op that is linear in all its inputs together: the tangent goes the way of the value.</summary>
internal abstract record LinearOp : Op {
    public sealed override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) =>
        Graph.ApplyAll(this, [.. tangents.Select((t, i) => t ?? Graph.Fill(0, inputs[i].Type))]);
}

/// <summary>An op of one input that is linear in it.</summary>
internal abstract record UnaryLinearOp : Op {
    /// <summary>The cotangent of the input, which is known here by its type alone.</summary>
    protected abstract Tensor Transpose(Tensor cotangent, TensorType input);

    public sealed override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => Graph.ApplyAll(this, tangents[0]!);

    public sealed override Tensor?[] Transpose(Tensor?[] cotangents, Tensor[] inputs, bool[] linear) => [Transpose(cotangents[0]!, inputs[0].Type)];
}

/// <summary>A constant of any shape known when the program is written: one element in memory, part of the structure.</summary>
internal sealed record FillOp(double Value, TensorType Type) : Op {
    public override string Describe() => FormattableString.Invariant($"{Name}({Value})");

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [Type];

    public override Layout LayoutOf(TensorType output) => Layout.Splat(output.Shape);

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => Numbers.Write(Value, outputs[0]);

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    // −0 and +0 are different programs; record equality on double already tells NaN equal to itself.
    public bool Equals(FillOp? other) => other is not null && BitConverter.DoubleToInt64Bits(Value) == BitConverter.DoubleToInt64Bits(other.Value) && Type == other.Type;

    public override int GetHashCode() => HashCode.Combine(Value, Type);

    public override IEnumerable<Sample> Samples() =>
        from type in Enum.GetValues<DType>()
        from shape in new[] { Shape.Scalar, Shape.Of(3, 7), Shape.Of(0, 2) }
        select new Sample(new FillOp(1, new(type, shape)), []);
}

/// <summary>A transform's variable: another name for a tensor, owned by one scope.</summary>
internal sealed record AliasOp : UnaryLinearOp {
    public static readonly AliasOp Op = new();

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [inputs[0]];

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => this;

    public override Layout? Relayout(Layout input) => input;

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => throw new InvalidOperationException();

    protected override Tensor Transpose(Tensor cotangent, TensorType input) => cotangent;

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => inputs;

    public override IEnumerable<Sample> Samples() => [new(this, [new(DType.F64, Shape.Of(2, 3))])];
}

/// <summary>A transform's variable whose value is not known: it stands for the inputs of a program.</summary>
internal sealed record InputOp(TensorType Type) : Op {
    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) => [Type];

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => throw new InvalidOperationException();

    public override Tensor?[] Jvp(Tensor[] inputs, Tensor?[] tangents, Tensor[] outputs) => [null];

    public override IEnumerable<Sample> Samples() => [];
}
