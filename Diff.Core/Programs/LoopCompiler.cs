using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Diff;

/// <summary>A chain of elementwise ops over rows of memory, one at least: count is the elements of each, not 0, and there is memory up to a multiple of 16 of them; of a
/// repeated operand the first is read. Where the chain ends in reductions a row has 16 elements and more.</summary>
internal delegate void Loop(Operand[] operands, int count, int rows);

/// <summary>A chain compiled: one loop, or several that follow each other over a block, where what is between them lies in registers of the chain.</summary>
/// <param name="Loops">In order.</param>
internal sealed record Compiled(Loop[] Loops);

/// <summary>Writes a chain down as one loop whose intermediate values are registers, in the machine's own code.</summary>
/// <remarks>Each op contributes the method that the interpreter of blocks loops over, so the bits are the same. What an op has no such method
/// for, and chains over numbers of two sizes, stay with the interpreter; so does everything where no code can be made at run time.</remarks>
internal static class LoopCompiler {
    // A loop is a pure function of the chain, so that many plans share it: each last batch of an epoch is another plan.
    static readonly ConcurrentDictionary<Chain, Lazy<Compiled?>> loops = new();

    const int MostKept = 4096;

    /// <summary>The loops of a chain, or null where there can be none.</summary>
    public static Compiled? Find(Chain chain) {
        if (!RuntimeFeature.IsDynamicCodeCompiled) return null;
        if (loops.Count > MostKept) loops.Clear();
        return loops.GetOrAdd(chain, static c => new(() => Compile(c))).Value;
    }

    static Compiled? Compile(Chain chain) {
        // One function that is long to a loop: the others begin loops of their own.
        int[] longs = [.. Enumerable.Range(0, chain.Steps.Length).Where(k => IsLong(chain.Steps[k]))];
        int[] bounds = [0, .. longs.Skip(1), chain.Steps.Length];
        var loops = new Loop[bounds.Length - 1];
        for (var i = 0; i < loops.Length; i++) {
            if (new Writer(chain, bounds[i], bounds[i + 1]).Write() is not { } loop) return null;
            loops[i] = loop;
        }
        return new(loops);

        static bool IsLong(BlockStep s) => s.Map?.Vector(s.Type, typeof(int))?.DeclaringType!.IsAssignableTo(typeof(ILong)) ?? false;
    }

    /// <summary>Has something compiled on another thread. A chain that cannot be is interpreted; it must not end somebody's process from there.</summary>
    public static void Later<T>(T what, Action<T> compile) => ThreadPool.UnsafeQueueUserWorkItem(static work => {
        try {
            work.compile(work.what);
        } catch (Exception e) {
            System.Diagnostics.Debug.Fail(e.ToString());
        }
    }, (what, compile), preferLocal: false);

    /// <summary>Emits the steps from … end − 1 of a chain.</summary>
    sealed class Writer {
        readonly Chain chain;
        readonly int from, end;
        readonly Type maskLane;
        readonly bool possible;
        readonly LocalBuilder?[] blocks, steps;
        readonly Value?[] values;
        readonly DynamicMethod method = new("Loop", null, [typeof(Operand[]), typeof(int), typeof(int)], typeof(LoopCompiler).Module, skipVisibility: true);
        readonly ILGenerator il;
        readonly LocalBuilder index;
        readonly LocalBuilder[]?[] ends;

        public Writer(Chain chain, int from, int end) {
            (this.chain, this.from, this.end) = (chain, from, end);
            il = method.GetILGenerator();
            var sizes = chain.Inputs.Select(x => x.Type).Concat(chain.Steps.Select(s => s.Result)).Where(t => t != DType.Bool).Select(t => t.Size()).Distinct().ToArray();
            possible = sizes.Length <= 1;
            maskLane = sizes is [8] ? typeof(long) : typeof(int);
            var operands = Math.Max(chain.Inputs.Length + chain.Outputs, chain.Steps.Max(s => s.To) + 1);
            (blocks, steps, values) = (new LocalBuilder?[operands], new LocalBuilder?[operands], new Value?[operands]);
            index = il.DeclareLocal(typeof(nint));
            ends = new LocalBuilder[]?[chain.Steps.Length];
        }

        public Loop? Write() {
            if (!possible || chain.Steps.Any(s => s.End is null && MethodOf(s) is null)) return null;
            for (var k = 0; k < blocks.Length; k++) {
                if (!IsInMemory(k)) continue;
                Emit(k, nameof(Operand.Start), blocks[k] = il.DeclareLocal(typeof(byte).MakeByRefType()));
                Emit(k, nameof(Operand.Step), steps[k] = il.DeclareLocal(typeof(nint)));
            }
            var row = il.DefineLabel();
            il.MarkLabel(row);
            for (var k = 0; k < chain.Inputs.Length; k++) {
                if (!chain.Inputs[k].Repeats || blocks[k] is not { } block) continue;
                il.Emit(OpCodes.Ldloc, block);
                values[k] = Call(chain.Inputs[k].Type == DType.Bool ? Of(typeof(Masks), nameof(Masks.Repeat), maskLane) : Of(typeof(Loops), nameof(Loops.Repeat), Lane(chain.Inputs[k].Type)), chain.Inputs[k].Type);
            }
            for (var k = from; k < end; k++)
                if (chain.Steps[k].End is not null) Begin(k);
            il.Emit(OpCodes.Ldc_I4_0);
            il.Emit(OpCodes.Conv_I);
            il.Emit(OpCodes.Stloc, index);
            var again = il.DefineLabel();
            il.MarkLabel(again);
            for (var k = from; k < end; k++) Emit(k);
            il.Emit(OpCodes.Ldloc, index);
            il.Emit(OpCodes.Ldc_I4, maskLane == typeof(long) ? Vector512<long>.Count : Vector512<int>.Count);
            il.Emit(OpCodes.Conv_I);
            il.Emit(OpCodes.Add);
            il.Emit(OpCodes.Stloc, index);
            il.Emit(OpCodes.Ldloc, index);
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Conv_I);
            il.Emit(OpCodes.Blt, again);
            for (var k = from; k < end; k++) {
                if (ends[k] is not { } kept) continue;
                il.Emit(OpCodes.Ldloc, kept[0]);
                il.Emit(OpCodes.Ldloc, blocks[chain.Steps[k].To]!);
                il.Emit(OpCodes.Call, Combining(chain.Steps[k], nameof(Reductions.Finish)));
            }
            for (var k = 0; k < blocks.Length; k++) {
                if (blocks[k] is not { } block) continue;
                il.Emit(OpCodes.Ldloc, block);
                il.Emit(OpCodes.Ldloc, steps[k]!);
                il.Emit(OpCodes.Add);
                il.Emit(OpCodes.Stloc, block);
            }
            il.Emit(OpCodes.Ldarg_2);
            il.Emit(OpCodes.Ldc_I4_1);
            il.Emit(OpCodes.Sub);
            il.Emit(OpCodes.Starg, 2);
            il.Emit(OpCodes.Ldarg_2);
            il.Emit(OpCodes.Ldc_I4_0);
            il.Emit(OpCodes.Bgt, row);
            il.Emit(OpCodes.Ret);
            var loop = method.CreateDelegate<Loop>();
            // The machine's code is made here, not at the first call in the middle of somebody's step.
            RuntimeHelpers.PrepareDelegate(loop);
            return loop;
        }

        void Emit(int operand, string property, LocalBuilder to) {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldc_I4, operand);
            il.Emit(OpCodes.Ldelema, typeof(Operand));
            il.Emit(OpCodes.Call, typeof(Operand).GetProperty(property)!.GetMethod!);
            il.Emit(OpCodes.Stloc, to);
        }

        void Emit(int at) {
            var step = chain.Steps[at];
            if (step.End is not null) {
                Take(at);
                return;
            }
            var called = MethodOf(step)!;
            var parameters = called.GetParameters();
            int[] operands = [step.A, step.B, step.C];
            foreach (var o in operands[..step.Map!.Arity]) Read(o, at);
            for (var k = 0; k < step.Map.Arity; k++) {
                var value = values[operands[k]]!;
                il.Emit(OpCodes.Ldloc, value.Local);
                var lane = parameters[k].ParameterType.GenericTypeArguments[0];
                if (value.Type == DType.Bool && lane != maskLane) il.Emit(OpCodes.Call, Of(typeof(Masks), nameof(Masks.As), maskLane, lane));
            }
            if (step.Map.Constant is { } constant) il.Emit(OpCodes.Ldc_I4, constant);
            var made = called.ReturnType.GenericTypeArguments[0];
            if (step.Result == DType.Bool && made != maskLane) {
                il.Emit(OpCodes.Call, called);
                called = Of(typeof(Masks), nameof(Masks.As), made, maskLane);
            }
            var result = values[step.To] = Call(called, step.Result);
            if (!IsWritten(at)) return;
            il.Emit(OpCodes.Ldloc, result.Local);
            il.Emit(OpCodes.Ldloc, blocks[step.To]!);
            il.Emit(OpCodes.Ldloc, index);
            il.Emit(OpCodes.Call, step.Result == DType.Bool ? Of(typeof(Masks), nameof(Masks.Store), maskLane) : Of(typeof(Loops), nameof(Loops.Store), Lane(step.Result)));
        }

        // What is kept of a row: four vectors, and where their turns end.
        void Begin(int at) {
            var lane = Lane(chain.Steps[at].Type);
            LocalBuilder[] kept = ends[at] ??= [.. Enumerable.Range(0, 4).Select(_ => il.DeclareLocal(typeof(Vector512<>).MakeGenericType(lane))), il.DeclareLocal(typeof(nint))];
            foreach (var vector in kept[..4]) {
                il.Emit(OpCodes.Call, Combining(chain.Steps[at], nameof(Reductions.Nothing)));
                il.Emit(OpCodes.Stloc, vector);
            }
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Call, Of(typeof(Reductions), nameof(Reductions.Rounds), lane));
            il.Emit(OpCodes.Stloc, kept[4]);
        }

        void Take(int at) {
            var step = chain.Steps[at];
            Read(step.A, at);
            foreach (var vector in ends[at]![..4]) il.Emit(OpCodes.Ldloca, vector);
            il.Emit(OpCodes.Ldloc, values[step.A]!.Local);
            il.Emit(OpCodes.Ldloc, index);
            il.Emit(OpCodes.Ldloc, ends[at]![4]);
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Call, Combining(step, nameof(Reductions.Take)));
        }

        MethodInfo Combining(BlockStep step, string name) => Of(typeof(Reductions), name, Lane(step.Type), step.End!.Combine);

        // An input, or what an earlier loop computed, is read once a turn, when it is first needed.
        void Read(int operand, int at) {
            if (values[operand] is not null) return;
            var type = operand < chain.Inputs.Length ? chain.Inputs[operand].Type : chain.Steps[Array.FindLastIndex(chain.Steps, at - 1, s => s.To == operand)].Result;
            il.Emit(OpCodes.Ldloc, blocks[operand]!);
            il.Emit(OpCodes.Ldloc, index);
            values[operand] = Call(type == DType.Bool ? Of(typeof(Masks), nameof(Masks.Load), maskLane) : Of(typeof(Loops), nameof(Loops.Load), Lane(type)), type);
        }

        // Inputs and outputs are, and of registers those that go from loop to loop.
        bool IsInMemory(int operand) {
            for (var k = from; k < end; k++)
                if (Reads(chain.Steps[k], operand) || chain.Steps[k].To == operand && IsWritten(k)) return operand < Inside || from > 0 || end < chain.Steps.Length;
            return false;
        }

        // An output is, and a register that a later loop reads.
        bool IsWritten(int step) {
            var to = chain.Steps[step].To;
            if (to < Inside) return true;
            for (var k = step + 1; k < chain.Steps.Length; k++) {
                if (k >= end && Reads(chain.Steps[k], to)) return true;
                if (chain.Steps[k].To == to) return false;
            }
            return false;
        }

        int Inside => chain.Inputs.Length + chain.Outputs;

        static bool Reads(BlockStep s, int operand) => s.A == operand || s.B == operand || s.C == operand;

        Value Call(MethodInfo called, DType type) {
            il.Emit(OpCodes.Call, called);
            var local = il.DeclareLocal(called.ReturnType);
            il.Emit(OpCodes.Stloc, local);
            return new(local, type);
        }

        MethodInfo? MethodOf(BlockStep step) => step.Map!.Vector(step.Type, Lane(step.Type));

        Type Lane(DType type) => type == DType.Bool ? maskLane : type.Lane();

        static MethodInfo Of(Type type, string name, params Type[] lanes) => type.GetMethod(name)!.MakeGenericMethod(lanes);

        sealed record Value(LocalBuilder Local, DType Type);
    }
}

/// <summary>What a compiled loop is a function of.</summary>
/// <param name="Steps">The ops, over operands: inputs are numbered first, then outputs, then registers.</param>
/// <param name="Inputs">Their dtypes, and whether each is one element for all.</param>
/// <param name="Outputs">How many there are.</param>
internal sealed record Chain(BlockStep[] Steps, (DType Type, bool Repeats)[] Inputs, int Outputs) {
    public bool Equals(Chain? other) => other is not null && Outputs == other.Outputs && Steps.AsSpan().SequenceEqual(other.Steps) && Inputs.AsSpan().SequenceEqual(other.Inputs);

    public override int GetHashCode() {
        var hash = new HashCode();
        foreach (var s in Steps) hash.Add(s);
        foreach (var x in Inputs) hash.Add(x);
        return hash.ToHashCode();
    }
}
