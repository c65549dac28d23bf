using System.Collections;
using System.Linq.Expressions;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Diff.Tests;

/// <summary>The public surface, found by reflection, and arguments for it, right and wrong.</summary>
internal static class Misuse {
    const BindingFlags Declared = BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    static readonly Assembly[] assemblies = [typeof(Tensor).Assembly, typeof(Layer).Assembly, typeof(Optimizer).Assembly];

    /// <summary>Every public method and constructor that takes something, generic ones of tensors.</summary>
    public static MethodBase[] Members() => [..
        from type in assemblies.SelectMany(a => a.GetExportedTypes())
        where !type.IsSpecialName && !type.IsSubclassOf(typeof(Exception)) && !type.IsSubclassOf(typeof(Delegate)) && !type.IsEnum && !type.IsInterface
        let closed = Close(type)
        from member in closed.GetMethods(Declared).Cast<MethodBase>().Concat(closed.IsAbstract ? [] : closed.GetConstructors())
        where !member.IsDefined(typeof(CompilerGeneratedAttribute)) && member.GetParameters().Length > 0 && member.Name is not "Equals"
        let m = Close(member)
        where (m.IsStatic || m.IsConstructor || CanMake(closed)) && m.GetParameters().All(p => CanMake(p.ParameterType))
        select m];

    static Type Close(Type type) => type.IsGenericTypeDefinition ? type.MakeGenericType([.. type.GetGenericArguments().Select(_ => typeof(Tensor))]) : type;

    static MethodBase Close(MethodBase m) => m is MethodInfo { IsGenericMethodDefinition: true } g ? g.MakeGenericMethod(Array.ConvertAll(g.GetGenericArguments(), For)) : m;

    // Of the type parameters a few are numbers or layers.
    static Type For(Type parameter) =>
        parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint) ? typeof(float)
        : parameter.GetGenericParameterConstraints() is [{ IsInterface: false } only, ..] ? only : typeof(Tensor);

    public static string Named(MethodBase m) => $"{m.DeclaringType!.Name.Split('`')[0]}.{m.Name}({string.Join(", ", m.GetParameters().Select(p => $"{p.ParameterType.Name.Split('`')[0]} {p.Name}"))})";

    /// <summary>Arguments for a member, and what it is called on.</summary>
    public static (object? On, object?[] Arguments) Draw(MethodBase member, Random random) =>
        (member.IsStatic || member.IsConstructor ? null : Make(member.DeclaringType!, random), Array.ConvertAll(member.GetParameters(), p => Make(p.ParameterType, random)));

    public static string Shown(IEnumerable<object?> arguments) =>
        string.Join("; ", arguments.Select(x => x switch { null => "null", Tensor t => t.Type.ToString(), Array a => $"[{Shown(a.Cast<object?>())}]", _ => x.ToString() }));

    /// <summary>Calls it and looks at what it gives: an iterator at its first element, a function at what it is of some argument. Returns what was thrown.</summary>
    public static Exception? Call(MethodBase member, object? on, object?[] arguments, Random random) {
        try {
            Use(member is ConstructorInfo c ? c.Invoke(arguments) : member.Invoke(on, arguments), random);
            return null;
        } catch (Exception thrown) {
            var e = thrown;
            while (e is TargetInvocationException { InnerException: { } inner }) e = inner;
            return e;
        }
    }

    static void Use(object? result, Random random) {
        if (result is IEnumerable rows) foreach (var _ in rows) break;
        if (result is Delegate d && d.Method.GetParameters() is var ps && ps.All(p => CanMake(p.ParameterType))) d.DynamicInvoke(Array.ConvertAll(ps, p => Make(p.ParameterType, random)));
    }

    static bool CanMake(Type type) => Make(type, new Random(0)) is not null;

    /// <summary>A small value of a type, or null where nobody here can make one.</summary>
    public static object? Make(Type type, Random random) {
        if (Nullable.GetUnderlyingType(type) is { } inner) return Make(inner, random);
        if (type.IsArray) return MakeArray(type.GetElementType()!, random, type.GetArrayRank());
        if (type.IsSubclassOf(typeof(Delegate))) return MakeFunction(type, random);
        if (type.IsEnum) return Enum.GetValues(type).GetValue(random.Next(Enum.GetValues(type).Length));
        if (type.IsGenericType && type.FullName!.StartsWith("System.ValueTuple", StringComparison.Ordinal))
            return Array.ConvertAll(type.GetGenericArguments(), a => Make(a, random)) is var items && items.All(i => i is not null) ? Activator.CreateInstance(type, items) : null;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>)) return MakeArray(type.GetGenericArguments()[0], random);
        return makers.TryGetValue(type, out var make) ? make(random) : null;
    }

    static readonly int[] integers = [0, 1, 1, 2, 2, 2, 3, 4, -1, -1, -2, -3, 7];
    static readonly double[] numbers = [0, 0.1, 0.5, 0.9, 1, 1, 2, -1, double.NaN, double.PositiveInfinity];
    static readonly string[] texts = ["", "ij,jk->ik", "i,i", "...i", "ii", "x", "->", "i->ij", "?"];
    static readonly int[][] shapes = [[], [], [2], [2], [3], [2, 2], [2, 2], [2, 3], [0], [2, 0], [1, 2, 2], [2, 1, 3], [1, 1, 2, 2], [1, 1, 2, 2], [1, 1, 3, 3], [1, 2, 3, 3], [2, 2, 2, 2, 2]];

    static T One<T>(this T[] of, Random random) => of[random.Next(of.Length)];

    static readonly Dictionary<Type, Func<Random, object>> makers = new() {
        [typeof(Tensor)] = r => MakeTensor(r),
        [typeof(int)] = r => integers.One(r),
        [typeof(uint)] = r => (uint)integers.One(r),
        [typeof(long)] = r => (long)integers.One(r),
        [typeof(ulong)] = r => (ulong)integers.One(r),
        [typeof(float)] = r => (float)numbers.One(r),
        [typeof(double)] = r => numbers.One(r),
        [typeof(bool)] = r => r.Next(2) == 0,
        [typeof(string)] = r => texts.One(r),
        [typeof(Shape)] = r => Shape.Of(shapes.One(r)),
        [typeof(Key)] = r => Key.Of(r.Next()),
        [typeof(Index)] = r => new Index(r.Next(3), r.Next(2) == 0),
        [typeof(Range)] = r => new Range(new Index(r.Next(3), r.Next(2) == 0), new Index(r.Next(3), r.Next(2) == 0)),
        [typeof(Slice)] = r => r.Next(6) switch { 0 => MakeTensor(r), 1 => Slice.NewAxis, 2 => Slice.Rest, 3 => (Range)Make(typeof(Range), r)!, 4 => Slice.Every(.., integers.One(r)), _ => (Slice)integers.One(r) },
        [typeof(Place)] = r => Tensor.Ones(2, 2).At(r.Next(2), ..),
        [typeof(PerAxis)] = r => r.Next(2) == 0 ? 1 : r.Next(3) == 0 ? PerAxis.Of([integers.One(r), integers.One(r)]) : integers.One(r),
        [typeof(Layer)] = r => Dense(2, 2).Run(Key.Of(1)),
        [typeof(Flatten)] = r => Flatten(integers.One(r)),
        [typeof(Init<Layer>)] = r => Dense(2, 2),
        [typeof(Init<Tensor>)] = r => Init.Of(MakeTensor(r)),
        [typeof(Optimizer)] = r => r.Next(2) == 0 ? Adam(0.1) : Sgd(0.1, 0.9),
        [typeof(OptState<Tensor>)] = r => r.Next(2) == 0 ? Adam(0.1).Init(MakeTensor(r)) : Sgd(0.1, 0.9).Init(MakeTensor(r)),
        [typeof(TrainState<Tensor>)] = r => new TrainState<Tensor>(MakeTensor(r), Adam(0.1).Init(MakeTensor(r)), Key.Of(0), 0, 0),
        [typeof(Step<Tensor, Tensor>)] = r => Train.Step<Tensor, Tensor>(Adam(0.1), (p, b) => (p * b).Sum()),
        [typeof(Dataset)] = r => new Dataset(Tensor.Ones(2, 2), Tensor.Ints(0, 1)),
        [typeof(State<Tensor>)] = r => new State<Tensor>(MakeTensor(r)),
    };

    static Tensor MakeTensor(Random random) {
        var shape = Shape.Of(shapes.One(random));
        var type = random.Next(2) == 0 ? DType.F32 : (DType)random.Next(6);
        return random.Next(8) == 0 ? (Tensor)numbers.One(random) : Values.Make(new(type, shape), [.. Enumerable.Range(0, shape.Size).Select(_ => (double)random.Next(type is DType.Bool or DType.U32 ? 0 : -1, type == DType.Bool ? 2 : 3))]);
    }

    static Array? MakeArray(Type element, Random random, int rank = 1) {
        if (Make(element, random) is null) return null;
        if (rank == 2) return Array.CreateInstance(element, random.Next(3), random.Next(3));
        var array = Array.CreateInstance(element, random.Next(4));
        for (var i = 0; i < array.Length; i++) array.SetValue(Make(element, random), i);
        return array;
    }

    static object? MakeFunction(Type type, Random random) {
        var invoke = type.GetMethod("Invoke")!;
        var parameters = Array.ConvertAll(invoke.GetParameters(), p => Expression.Parameter(p.ParameterType));
        if (invoke.ReturnType == typeof(void)) return Expression.Lambda(type, Expression.Empty(), parameters).Compile();
        if (Make(invoke.ReturnType, random) is null) return null;
        Func<Type, object[], object> answer = (to, from) => Answer(to, from, random);
        var call = Expression.Invoke(Expression.Constant(answer), Expression.Constant(invoke.ReturnType), Expression.NewArrayInit(typeof(object), parameters.Select(p => Expression.Convert(p, typeof(object)))));
        return Expression.Lambda(type, Expression.Convert(call, invoke.ReturnType), parameters).Compile();
    }

    // A function gives back an argument, something made of one, or something of its own.
    static object Answer(Type to, object[] from, Random random) =>
        to == typeof(Tensor) && from.OfType<Tensor>().ToArray() is { Length: > 0 } tensors && random.Next(8) > 0
            ? tensors.One(random) is var x && random.Next(3) == 0 ? x : random.Next(2) == 0 ? x.Sum() : x * x
            : from.FirstOrDefault(to.IsInstanceOfType) ?? Make(to, random)!;
}
