namespace Diff;

/// <summary>The type of a tensor's elements.</summary>
/// <remarks>In the order of promotion: where two meet, see <see cref="DTypes.Promote"/>. None is ever narrowed silently.</remarks>
public enum DType : byte {
    /// <summary>True or false, one byte.</summary>
    Bool,
    /// <summary>32-bit unsigned integer.</summary>
    U32,
    /// <summary>32-bit signed integer.</summary>
    I32,
    /// <summary>64-bit signed integer.</summary>
    I64,
    /// <summary>32-bit IEEE 754 number, the default of everything the library makes itself.</summary>
    F32,
    /// <summary>64-bit IEEE 754 number, what C#'s <c>double</c> data stays.</summary>
    F64,
}

/// <summary>Facts about element types.</summary>
public static class DTypes {
    /// <summary>The printed name: <c>f32</c>, <c>i64</c>, <c>bool</c> …</summary>
    public static string Name(this DType type) => type switch {
        DType.Bool => "bool",
        DType.U32 => "u32",
        DType.I32 => "i32",
        DType.I64 => "i64",
        DType.F32 => "f32",
        _ => "f64",
    };

    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType type) => type switch { DType.Bool => 1, DType.I64 or DType.F64 => 8, _ => 4 };

    /// <summary>The C# type of an element in a vector; bools are masks there, and have none.</summary>
    internal static Type Lane(this DType type) => type switch {
        DType.U32 => typeof(uint),
        DType.I32 => typeof(int),
        DType.I64 => typeof(long),
        DType.F32 => typeof(float),
        DType.F64 => typeof(double),
        _ => throw new InvalidOperationException($"{type} is no lane."),
    };

    /// <summary>Whether values of this type have derivatives.</summary>
    public static bool IsFloat(this DType type) => type >= DType.F32;

    /// <summary>The type two operands are computed in, JAX's table: bool gives way to any integer, an integer to any
    /// float, <c>u32</c> with <c>i32</c> is <c>i64</c>, <c>f32</c> with <c>f64</c> is <c>f64</c>.</summary>
    public static DType Promote(DType a, DType b) =>
        a == b ? a
        : (a, b) is (DType.U32, DType.I32) or (DType.I32, DType.U32) ? DType.I64
        : a > b ? a : b;

    /// <summary>The element type of a C# type, or <see cref="DTypeException"/> where Diff has none.</summary>
    public static DType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? DType.F32
        : typeof(T) == typeof(double) ? DType.F64
        : typeof(T) == typeof(int) ? DType.I32
        : typeof(T) == typeof(long) ? DType.I64
        : typeof(T) == typeof(uint) ? DType.U32
        : typeof(T) == typeof(bool) ? DType.Bool
        : throw new DTypeException($"Diff has no element type for C#'s {typeof(T).Name}; it has float, double, int, long, uint and bool.");
}
