using System.Runtime.InteropServices;

namespace Diff;

/// <summary>A number or a choice known to the compiler: one source of a kernel, with its unused rows and branches gone.</summary>
/// <remarks>A count is the size of its type, a flag a type's identity: what the compiler knows while it reads the code, so that
/// what is cut off is never looked at. A static property would be inlined first, with everything it decides about, and that is
/// most of what compiling a kernel takes.</remarks>
internal interface ICount;

[StructLayout(LayoutKind.Explicit, Size = 1)] internal readonly struct N1 : ICount;
[StructLayout(LayoutKind.Explicit, Size = 2)] internal readonly struct N2 : ICount;
[StructLayout(LayoutKind.Explicit, Size = 3)] internal readonly struct N3 : ICount;
[StructLayout(LayoutKind.Explicit, Size = 4)] internal readonly struct N4 : ICount;
[StructLayout(LayoutKind.Explicit, Size = 5)] internal readonly struct N5 : ICount;
[StructLayout(LayoutKind.Explicit, Size = 6)] internal readonly struct N6 : ICount;
[StructLayout(LayoutKind.Explicit, Size = 7)] internal readonly struct N7 : ICount;
[StructLayout(LayoutKind.Explicit, Size = 8)] internal readonly struct N8 : ICount;
[StructLayout(LayoutKind.Explicit, Size = 9)] internal readonly struct N9 : ICount;
[StructLayout(LayoutKind.Explicit, Size = 10)] internal readonly struct N10 : ICount;
[StructLayout(LayoutKind.Explicit, Size = 11)] internal readonly struct N11 : ICount;
[StructLayout(LayoutKind.Explicit, Size = 12)] internal readonly struct N12 : ICount;

/// <summary>A choice known to the compiler.</summary>
internal interface IFlag;

internal readonly struct No : IFlag;
internal readonly struct Yes : IFlag;
