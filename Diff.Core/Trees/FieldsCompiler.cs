using System.Reflection;
using System.Reflection.Emit;

namespace Diff;

/// <summary>Writes the walks of <see cref="FieldsCodec{T}"/> over the fields of one type, as a person would by hand for that type.</summary>
/// <remarks>In IL, since expression trees do not assign readonly fields. The first argument, a target that is not used, makes the
/// delegates faster to call. This class is not generic so that its own code is compiled once, not for every struct.</remarks>
internal static class FieldsCompiler {
    // static void (_, node, into) { into.Add(node.Tensor); Codec<F>.Instance.Collect(node.Field, into); … }
    public static DynamicMethod Collect(Type type, TreeField[] fields) {
        var (method, il) = Emit("Collect", typeof(void), type, typeof(Collector));
        foreach (var field in fields) {
            if (!TreeTypes.MayHold(field.Type)) continue;
            if (field.Type == typeof(Tensor)) il.Emit(OpCodes.Ldarg_2);
            else il.Emit(OpCodes.Ldsfld, CodecOf(field.Type).GetField(nameof(Codec<>.Instance))!);
            LoadField(il, type, 1, field);
            if (field.Type == typeof(Tensor)) {
                il.Emit(OpCodes.Call, typeof(Collector).GetMethod(nameof(Collector.Add))!);
            } else {
                il.Emit(OpCodes.Ldarg_2);
                il.Emit(OpCodes.Callvirt, CodecOf(field.Type).GetMethod(nameof(Codec<>.Collect))!);
            }
        }
        il.Emit(OpCodes.Ret);
        return method;
    }

    // static T (_, node, ref from) { var a = from.Next(node.Tensor); var b = Codec<F>.Instance.Rebuild(node.Field, ref from); …
    //     if (from.Position is what it was) return node; copy = node.MemberwiseClone(); copy.Tensor = a; copy.Field = b; … return copy; }
    public static DynamicMethod Rebuild(Type type, TreeField[] fields) {
        var (method, il) = Emit("Rebuild", type, type, typeof(LeafReader).MakeByRefType());
        var position = typeof(LeafReader).GetField(nameof(LeafReader.Position))!;
        var before = il.DeclareLocal(typeof(int));
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Ldfld, position);
        il.Emit(OpCodes.Stloc, before);
        var rebuilt = new List<(TreeField Field, LocalBuilder Value)>();
        foreach (var field in fields) {
            if (!TreeTypes.MayHold(field.Type)) continue;
            var value = il.DeclareLocal(field.Type);
            if (field.Type == typeof(Tensor)) {
                il.Emit(OpCodes.Ldarg_2);
                LoadField(il, type, 1, field);
                il.Emit(OpCodes.Call, typeof(LeafReader).GetMethod(nameof(LeafReader.Next))!);
            } else {
                il.Emit(OpCodes.Ldsfld, CodecOf(field.Type).GetField(nameof(Codec<>.Instance))!);
                LoadField(il, type, 1, field);
                il.Emit(OpCodes.Ldarg_2);
                il.Emit(OpCodes.Callvirt, CodecOf(field.Type).GetMethod(nameof(Codec<>.Rebuild))!);
            }
            il.Emit(OpCodes.Stloc, value);
            rebuilt.Add((field, value));
        }
        var changed = il.DefineLabel();
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Ldfld, position);
        il.Emit(OpCodes.Ldloc, before);
        il.Emit(OpCodes.Bne_Un, changed);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(changed);
        if (!type.IsValueType) {
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Call, typeof(object).GetMethod("MemberwiseClone", BindingFlags.Instance | BindingFlags.NonPublic)!);
            il.Emit(OpCodes.Starg_S, (byte)1);
        }
        foreach (var (field, value) in rebuilt) {
            LoadOwner(il, type, 1);
            il.Emit(OpCodes.Ldloc, value);
            il.Emit(OpCodes.Stfld, field.Info);
        }
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ret);
        return method;
    }

    // static bool (_, a, b) { return Codec<F>.Instance.Same(a.Field, b.Field) && …; }
    public static DynamicMethod Same(Type type, TreeField[] fields) {
        var (method, il) = Emit("Same", typeof(bool), type, type);
        var differ = il.DefineLabel();
        foreach (var field in fields) {
            il.Emit(OpCodes.Ldsfld, CodecOf(field.Type).GetField(nameof(Codec<>.Instance))!);
            LoadField(il, type, 1, field);
            LoadField(il, type, 2, field);
            il.Emit(OpCodes.Callvirt, CodecOf(field.Type).GetMethod(nameof(Codec<>.Same))!);
            il.Emit(OpCodes.Brfalse, differ);
        }
        il.Emit(OpCodes.Ldc_I4_1);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(differ);
        il.Emit(OpCodes.Ldc_I4_0);
        il.Emit(OpCodes.Ret);
        return method;
    }

    static (DynamicMethod, ILGenerator) Emit(string name, Type result, params Type[] parameters) {
        var method = new DynamicMethod($"{name}<{parameters[0].Name}>", result, [typeof(object), .. parameters], typeof(Codec).Module, skipVisibility: true);
        return (method, method.GetILGenerator());
    }

    static Type CodecOf(Type field) => typeof(Codec<>).MakeGenericType(field);

    static void LoadOwner(ILGenerator il, Type type, byte argument) => il.Emit(type.IsValueType ? OpCodes.Ldarga_S : OpCodes.Ldarg_S, argument);

    static void LoadField(ILGenerator il, Type type, byte argument, TreeField field) {
        LoadOwner(il, type, argument);
        il.Emit(OpCodes.Ldfld, field.Info);
    }
}
