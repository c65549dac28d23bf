namespace Diff;

/// <summary>Single elements as C# numbers, whatever their type.</summary>
internal static class Numbers {
    /// <summary>Writes a number into every element that the view reaches, rounded to its type.</summary>
    public static void Write(double value, View to) {
        switch (to.DType) {
            case DType.F32: to.Span<float>().Fill((float)value); break;
            case DType.F64: to.Span<double>().Fill(value); break;
            case DType.I32: to.Span<int>().Fill((int)value); break;
            case DType.I64: to.Span<long>().Fill((long)value); break;
            case DType.U32: to.Span<uint>().Fill((uint)value); break;
            default: to.Span<bool>().Fill(value != 0); break;
        }
    }

    /// <summary>The element at a place in memory.</summary>
    public static double Read(View from, int element) => from.DType switch {
        DType.F32 => from.Span<float>()[element],
        DType.F64 => from.Span<double>()[element],
        DType.I32 => from.Span<int>()[element],
        DType.I64 => from.Span<long>()[element],
        DType.U32 => from.Span<uint>()[element],
        _ => from.Span<bool>()[element] ? 1 : 0,
    };

    /// <summary>Whether a C# number is exactly one of this type.</summary>
    public static bool Fits(double value, DType type) => type switch {
        DType.I32 => value == (int)value,
        DType.I64 => value == (long)value && Math.Abs(value) < 9e18,
        DType.U32 => value == (uint)value,
        DType.Bool => false,
        _ => true,
    };
}
