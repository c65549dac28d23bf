using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>One run of one transform: what depends on its variables is recorded while it is open.</summary>
/// <param name="transform">The transform's name, for messages.</param>
internal sealed class Scope(string transform) : IDisposable {
    volatile bool open = true;
    Scope[]? alone;

    public string Transform { get; } = transform;

    public bool IsOpen => open;

    public void Dispose() => open = false;

    public static readonly Scope[] None = [];

    /// <summary>The set of this scope alone, which its variables share.</summary>
    public Scope[] Alone => alone ??= [this];

    public static bool IsAnyOpen(Scope[] scopes) {
        foreach (var s in scopes)
            if (s.IsOpen) return true;
        return false;
    }

    /// <summary>The open scopes that any of the tensors depends on: one of their own sets where it holds the others, so
    /// that a graph of one transform shares one array. Closed scopes drop out, or a long history would drag them along.</summary>
    public static Scope[] Union(ReadOnlySpan<Tensor> tensors) {
        var union = None;
        foreach (var t in tensors) {
            var free = t.Free;
            if (free.Length == 0 || ReferenceEquals(free, union)) continue;
            free = OnlyOpen(free);
            if (union.Length == 0) union = free;
            else if (!Holds(union, free)) union = [.. union.Union(free)];
        }
        return union;
    }

    /// <summary>Whether any of the tensors depends on an open scope that is not this one.</summary>
    public bool IsNotAlone(ReadOnlySpan<Tensor> tensors) {
        foreach (var t in tensors)
            foreach (var s in t.Free)
                if (s != this && s.IsOpen) return true;
        return false;
    }

    static bool Holds(Scope[] scopes, Scope[] others) {
        foreach (var s in others)
            if (Array.IndexOf(scopes, s) < 0) return false;
        return true;
    }

    static Scope[] OnlyOpen(Scope[] scopes) => Array.TrueForAll(scopes, s => s.IsOpen) ? scopes : Array.FindAll(scopes, s => s.IsOpen);
}

/// <summary>An operation applied to tensors: a node of the expression graph, shared by the op's outputs.</summary>
/// <param name="op">What is applied.</param>
/// <param name="inputs">To what; none of them changes what it means.</param>
/// <param name="free">The scopes that the result depends on.</param>
internal sealed class Call(Op op, Tensor[] inputs, Scope[] free) {
    public Op Op { get; } = op;
    public Tensor[] Inputs { get; } = inputs;
    public Scope[] Free { get; } = free;

    /// <summary>See <see cref="RefTable.NextPlace"/>.</summary>
    public int Place { get; } = RefTable.NextPlace();

    /// <summary>The tensors that are its outputs.</summary>
    public Tensor[] Results { get; private set; } = [];

    /// <summary>The outputs of a new call.</summary>
    public Tensor[] Produce(ReadOnlySpan<TensorType> types, bool weak, bool whole = false) {
        var results = new Tensor[types.Length];
        for (var i = 0; i < results.Length; i++) results[i] = new(types[i], this, i, weak, whole);
        return Results = results;
    }

    public bool DependsOn(Scope scope) => Array.IndexOf(Free, scope) >= 0;
}

/// <summary>Strict outside a transform, symbolic inside: the one place where operations are applied.</summary>
internal static class Graph {
    /// <summary>Applies an op of one output. Nothing decides whether it runs now but the scopes that its inputs depend on.</summary>
    public static Tensor Apply(Op op, params ReadOnlySpan<Tensor> inputs) => ApplyAll(op, inputs)[0];

    /// <inheritdoc cref="Apply(Op, ReadOnlySpan{Tensor})"/>
    /// <exception cref="NullException">The tensor is null: the message has the caller's words for it.</exception>
    public static Tensor Apply(Op op, Tensor x, [CallerArgumentExpression(nameof(x))] string name = "") => ApplyAll(op, [Given(x, name, op)])[0];

    /// <inheritdoc cref="Apply(Op, Tensor, string)"/>
    public static Tensor Apply(Op op, Tensor a, Tensor b, [CallerArgumentExpression(nameof(a))] string left = "", [CallerArgumentExpression(nameof(b))] string right = "") =>
        ApplyAll(op, [Given(a, left, op), Given(b, right, op)])[0];

    /// <summary>Applies an op, giving all its outputs.</summary>
    public static Tensor[] ApplyAll(Op op, params ReadOnlySpan<Tensor> inputs) {
        Few<TensorType> few = default;
        Span<TensorType> types = inputs.Length <= Few<TensorType>.Count ? few[..inputs.Length] : new TensorType[inputs.Length];
        for (var i = 0; i < types.Length; i++)
            types[i] = Given(inputs[i], "an operand", op).Type;
        var outputs = op.Infer(types);
        // A condition has no dtype to pass on: Where(mask, 1, 0) is a number like those it chooses from.
        var (weak, whole, numbers) = (op.KeepsWeakness, op.KeepsWholeNumbers, 0);
        foreach (var x in inputs) {
            if (x.DType == DType.Bool) continue;
            weak &= x.IsWeak;
            whole &= x.IsWhole;
            numbers++;
        }
        weak &= numbers > 0 && outputs.Length > 0 && outputs[0].DType != DType.Bool;
        whole &= weak;
        var free = Scope.Union(inputs);
        if (free.Length > 0) {
            // What is no longer live but not yet computed would drag its closed transform along.
            foreach (var x in inputs) x.Settle();
            return new Call(op, inputs.ToArray(), free).Produce(outputs, weak, whole);
        }
        var views = new View[inputs.Length];
        for (var i = 0; i < views.Length; i++) views[i] = inputs[i].Value;
        var values = Execute(op, views, outputs);
        return Array.ConvertAll(values, v => new Tensor(v, weak, whole));
    }

    // The op's name is a new string: made for the message alone.
    static Tensor Given(Tensor? x, string name, Op op) => x ?? x.Given(name, op.Name);

    /// <summary>Room for the inputs of an ordinary op without an array.</summary>
    [InlineArray(Count)]
    struct Few<T> {
        public const int Count = 4;
        T first;
    }

    /// <summary>Runs one op on values: a new layout where that is enough, else a kernel into fresh memory.</summary>
    public static View[] Execute(Op op, View[] inputs, TensorType[] types) {
        if (inputs.Length > 0 && op.Relayout(inputs[0].Layout) is { } layout) return [inputs[0].As(layout)];
        var outputs = new View[types.Length];
        for (var i = 0; i < outputs.Length; i++) outputs[i] = View.Allocate(types[i].DType, op.LayoutOf(types[i]));
        op.Evaluate(inputs, outputs);
        return outputs;
    }

    /// <summary>A structural constant, which takes part in the plan's key and is never materialized.</summary>
    public static Tensor Fill(double value, TensorType type) => new Call(new FillOp(value, type), [], Scope.None).Produce([type], weak: false)[0];

    /// <summary>A fresh variable of a transform that stands for a tensor, whatever that tensor depends on.</summary>
    public static Tensor Alias(Tensor of, Scope scope) {
        of.Settle();
        return new Call(AliasOp.Op, [of], of.Free.Length == 0 ? scope.Alone : [.. of.Free.Where(s => s.IsOpen), scope]).Produce([of.Type], of.IsWeak)[0];
    }

    /// <summary>A derivative by a C# number, which is such a number again: it takes the dtype of what it meets.</summary>
    public static Tensor Weak(Tensor derivative, Tensor by) =>
        !by.IsWeak || derivative.IsWeak ? derivative
        : derivative.IsLive ? new Call(AliasOp.Op, [derivative], derivative.Free).Produce([derivative.Type], weak: true)[0]
        : new(derivative.Value, weak: true);

    /// <summary>A fresh variable of a transform whose value nobody knows.</summary>
    public static Tensor Input(TensorType type, Scope scope) => new Call(new InputOp(type), [], scope.Alone).Produce([type], weak: false)[0];

    /// <summary>The same in the place of a tensor: a C# number, where that is one.</summary>
    public static Tensor InputLike(Tensor like, Scope scope) => new Call(new InputOp(like.Type), [], scope.Alone).Produce([like.Type], like.IsWeak, like.IsWhole)[0];
}
