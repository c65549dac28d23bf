using System.Reflection;

namespace Diff;

/// <summary>An op that works on each element alone. It gives its arithmetic once, on a vector.</summary>
/// <remarks>Eager and planned execution hand it blocks of a multiple of 16 elements, over which it loops; a plan that runs often has its chains
/// compiled into loops over many ops at once, which call the same arithmetic. So their bits agree by construction.</remarks>
internal abstract record ElementwiseOp(int Arity) : Op {
    public override bool KeepsWeakness => true;

    /// <summary>The output's dtype from the inputs', which are equal unless the op says otherwise.</summary>
    protected abstract DType DTypeOf(ReadOnlySpan<DType> inputs);

    /// <summary>Computes one block: inputs a, b, c (as many as the arity), output y, count a multiple of 16.</summary>
    /// <param name="type">The dtype of the last input.</param>
    public abstract void Block(DType type, ref byte a, ref byte b, ref byte c, ref byte y, int count);

    /// <summary>The arithmetic on one vector of lanes, for compiled loops: a static method that takes the inputs (bools as masks), then <see cref="Constant"/>
    /// if there is one. Null where only blocks have it.</summary>
    /// <param name="type">The dtype of the last input.</param>
    /// <param name="lane">The C# type of its lanes; of bools an integer of the size of the loop's numbers.</param>
    public virtual MethodInfo? Vector(DType type, Type lane) => null;

    /// <summary>A parameter that the arithmetic takes besides.</summary>
    public virtual int? Constant => null;

    /// <summary>Whether computing it takes no longer than reading what it gives from memory.</summary>
    public virtual bool IsCheap => false;

    public override TensorType[] Infer(ReadOnlySpan<TensorType> inputs) {
        if (inputs.Length != Arity) throw new InvalidOperationException($"{Name} takes {Arity} inputs.");
        Span<DType> types = stackalloc DType[inputs.Length];
        for (var i = 0; i < types.Length; i++) {
            types[i] = inputs[i].DType;
            if (!inputs[i].Shape.Equals(inputs[0].Shape)) throw new ShapeException($"{Name}: shapes {inputs[0].Shape} and {inputs[i].Shape} differ.");
        }
        return [new(DTypeOf(types), inputs[0].Shape)];
    }

    public override Op? OnRows(int rows, ReadOnlySpan<TensorType> inputs, Span<bool> whole) => this;

    public override void Evaluate(ReadOnlySpan<View> inputs, ReadOnlySpan<View> outputs) => Blocks.Run(this, inputs, outputs[0]);

    public override Tensor[] Batch(Tensor[] inputs, bool[] batched, int size) => Graph.ApplyAll(this, Repeated(inputs, batched, size));

    protected DTypeException Refuses(DType type, string takes) =>
        new($"{Name} takes {takes}, not {type.Name()}. Convert it first: x.To(DType.F32).");

    protected DType Float(DType type) => type.IsFloat() ? type : throw Refuses(type, "f32 or f64");

    protected DType Number(DType type) => type != DType.Bool ? type : throw Refuses(type, "numbers");

    protected DType Same(ReadOnlySpan<DType> types) =>
        types.Length < 2 || types[0] == types[1] ? types[0] : throw new DTypeException($"{Name}: dtypes {types[0].Name()} and {types[1].Name()} differ.");

}
