using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>How images are laid out in scratch so that a convolution becomes shifted contiguous runs.</summary>
/// <remarks>
/// An output p and a tap q meet at u = p·stride + q·dilation. One of the two is walked <em>flat</em>, in vectors; the other is
/// looked up in a <em>table</em> of offsets. The image is copied with its padding and input dilation filled in, and split by
/// u modulo the flat step, so that one step of the flat index is one element: then element (flat, table) lies at
/// flatten(flat) + offset(table) for every stride, and no matrix of columns is ever written. Flat indices run over the
/// pitch of the copied rows; what falls between the end of one row and the next is computed and dropped, or masked.
/// </remarks>
internal unsafe struct ConvStage {
    /// <summary>Per dimension: number of flat and table indices, and their steps in u.</summary>
    internal fixed int Flat[3];
    internal fixed int FlatStep[3];
    internal fixed int Table[3];
    internal fixed int TableStep[3];

    /// <summary>Per dimension: distinct residues of u that occur, and the elements of each.</summary>
    internal fixed int Phases[3];
    internal fixed int Length[3];

    /// <summary>Elements between neighbours in each dimension of one phase, and of a whole staged channel.</summary>
    internal nint Pitch0, Pitch1, ChannelSize;

    /// <summary>From the first flat element to behind the last one.</summary>
    internal nint FlatLength;

    /// <summary>Source index, or −1 for a zero, of every (phase, element) of the three dimensions one after the other.</summary>
    internal nint* Map;
    private nint map1, map2;

    /// <summary>The last dimension's map is −1…, then consecutive elements, then −1…: rows are copied as runs.</summary>
    internal int RunStart, RunLength;

    /// <summary>Nothing is filled in or left out between the first and the last element of any dimension.</summary>
    internal bool Unpadded;
    internal nint RunSource;

    /// <summary>x meets outputs (flat) and taps (table), or taps (flat) and outputs (table).</summary>
    internal static ConvStage Create(ConvGeometry g, bool flatIsOutput, ReadOnlySpan<int> output, ReadOnlySpan<int> padLow) => flatIsOutput
        ? Create(output, g.Stride, g.Kernel, g.Dilation, padLow, g.InputDilation, g.Input)
        : Create(g.Kernel, g.Dilation, output, g.Stride, padLow, g.InputDilation, g.Input);

    /// <summary>The staged image has zeros where (u − padLow) / sourceStep is no index of the source.</summary>
    internal static ConvStage Create(ReadOnlySpan<int> flat, ReadOnlySpan<int> flatStep, ReadOnlySpan<int> table, ReadOnlySpan<int> tableStep,
        ReadOnlySpan<int> padLow, ReadOnlySpan<int> sourceStep, ReadOnlySpan<int> source) {
        ConvStage s = default;
        nint entries = 0;
        for (var d = 0; d < 3; d++) {
            (s.Flat[d], s.FlatStep[d], s.Table[d], s.TableStep[d]) = (flat[d], flatStep[d], table[d], tableStep[d]);
            var phases = 0;
            for (var r = 0; r < s.FlatStep[d]; r++)
                if (s.Occurs(d, r)) phases++;
            s.Phases[d] = phases;
            s.Length[d] = s.Flat[d] + (s.Table[d] - 1) * s.TableStep[d] / s.FlatStep[d];
            entries += phases * s.Length[d];
        }
        s.Pitch1 = s.Length[2];
        s.Pitch0 = s.Pitch1 * s.Length[1];
        s.ChannelSize = s.Pitch0 * s.Length[0] * s.Phases[0] * s.Phases[1] * s.Phases[2];
        s.FlatLength = (s.Flat[0] - 1) * s.Pitch0 + (s.Flat[1] - 1) * s.Pitch1 + s.Flat[2];
        s.Map = Scratch.Rent<nint>(Scratch.Slot.Maps, entries);
        s.map1 = s.Phases[0] * s.Length[0];
        s.map2 = s.map1 + s.Phases[1] * s.Length[1];
        var to = s.Map;
        for (var d = 0; d < 3; d++)
            for (var r = 0; r < s.FlatStep[d]; r++) {
                if (!s.Occurs(d, r)) continue;
                for (var i = 0; i < s.Length[d]; i++) *to++ = Source(r + i * s.FlatStep[d] - padLow[d], sourceStep[d], source[d]);
            }
        s.FindRun();
        return s;
    }

    private static nint Source(int u, int dilation, int size) => u < 0 ? -1 : dilation == 1 ? u < size ? u : -1 : u % dilation != 0 || u / dilation >= size ? -1 : u / dilation;

    /// <summary>Whether some table index has this residue.</summary>
    private readonly bool Occurs(int d, int residue) {
        if (FlatStep[d] == 1) return true;
        for (var q = 0; q < Table[d]; q++)
            if ((long)q * TableStep[d] % FlatStep[d] == residue) return true;
        return false;
    }

    private void FindRun() {
        RunLength = -1;
        if (Phases[2] != 1) return;
        var last = Map + map2;
        var start = 0;
        while (start < Length[2] && last[start] < 0) start++;
        var end = start;
        while (end < Length[2] && last[end] >= 0 && last[end] == last[start] + end - start) end++;
        for (var i = end; i < Length[2]; i++)
            if (last[i] >= 0) return;
        RunStart = start;
        RunLength = end - start;
        RunSource = RunLength > 0 ? last[start] : 0;
        Unpadded = RunLength == Length[2] && Phases[0] * Phases[1] == 1;
        for (var i = 0; i < Length[0]; i++) Unpadded &= Map[i] >= 0;
        for (var i = 0; i < Length[1]; i++) Unpadded &= Map[map1 + i] >= 0 && Map[map1 + i] == Map[map1] + i;
    }

    /// <summary>Writes the offsets of all table indices, in logical order.</summary>
    internal readonly void Offsets(nint* to) {
        var phase = Pitch0 * Length[0];
        var (n0, n1, n2) = (Table[0], Table[1], Table[2]);
        var at = stackalloc nint[MaxTable];
        var one = n0 + n1 + n2 <= MaxTable ? at : Scratch.Rent<nint>(Scratch.Slot.Tail, n0 + n1 + n2);
        Offsets(0, Pitch0, phase * Phases[2] * Phases[1], one);
        Offsets(1, Pitch1, phase * Phases[2], one + n0);
        Offsets(2, 1, phase, one + n0 + n1);
        for (var i = 0; i < n0; i++)
            for (var j = 0; j < n1; j++)
                for (var k = 0; k < n2; k++) *to++ = one[i] + one[n0 + j] + one[n0 + n1 + k];
    }

    private const int MaxTable = 256;

    /// <summary>Offsets along one dimension: the phase of u, then the place in it.</summary>
    private readonly void Offsets(int d, nint pitch, nint phaseSize, nint* to) {
        if (FlatStep[d] == 1) {
            for (var q = 0; q < Table[d]; q++) to[q] = q * TableStep[d] * pitch;
            return;
        }
        for (var q = 0; q < Table[d]; q++) {
            var u = q * TableStep[d];
            var slot = 0;
            for (var r = 0; r < u % FlatStep[d]; r++)
                if (Occurs(d, r)) slot++;
            to[q] = slot * phaseSize + u / FlatStep[d] * pitch;
        }
    }

    /// <summary>Copies one channel of one image; x is its element (0, 0, 0).</summary>
    internal readonly void Copy<T>(T* x, nint s0, nint s1, nint s2, T* to) where T : unmanaged {
        if (s2 == 1 && Unpadded) {
            for (nint i = 0; i < Length[0]; i++) {
                var plane = x + Map[i] * s0 + Map[map1] * s1 + RunSource;
                // A whole image is one row where its rows touch.
                if (s1 == Pitch1) GemmPacking.Rows(plane, 0, 1, Pitch0, to, 0);
                else GemmPacking.Rows(plane, s1, Length[1], Length[2], to, Pitch1);
                to += Pitch0;
            }
            return;
        }
        for (var a = 0; a < Phases[0]; a++)
            for (var b = 0; b < Phases[1]; b++)
                for (var c = 0; c < Phases[2]; c++)
                    for (var i = 0; i < Length[0]; i++) {
                        var plane = Map[a * Length[0] + i];
                        for (var j = 0; j < Length[1]; j++) {
                            var row = Map[map1 + b * Length[1] + j];
                            if (plane < 0 || row < 0) new Span<T>(to, Length[2]).Clear();
                            else CopyRow(x + plane * s0 + row * s1, s2, Map + map2 + c * Length[2], to);
                            to += Length[2];
                        }
                    }
    }

    /// <summary>The other way: every staged element that has a place in y is written there.</summary>
    internal readonly void CopyBack<T>(T* from, T* y, nint s0, nint s1) where T : unmanaged {
        for (var a = 0; a < Phases[0]; a++)
            for (var b = 0; b < Phases[1]; b++)
                for (var c = 0; c < Phases[2]; c++)
                    for (var i = 0; i < Length[0]; i++) {
                        var plane = Map[a * Length[0] + i];
                        for (var j = 0; j < Length[1]; j++) {
                            var row = Map[map1 + b * Length[1] + j];
                            var to = y + plane * s0 + row * s1;
                            var map = Map + map2 + c * Length[2];
                            if (plane >= 0 && row >= 0) {
                                if (RunLength >= 0) GemmPacking.Rows(from + RunStart, 0, 1, RunLength, to + RunSource, 0);
                                else
                                    for (var k = 0; k < Length[2]; k++)
                                        if (map[k] >= 0) to[map[k]] = from[k];
                            }
                            from += Length[2];
                        }
                    }
    }

    /// <summary>How many indices of the source are staged somewhere in dimension d.</summary>
    internal readonly int Covered(int d) {
        var map = Map + (d == 0 ? 0 : d == 1 ? map1 : map2);
        var count = 0;
        for (var i = 0; i < Phases[d] * Length[d]; i++)
            if (map[i] >= 0) count++;
        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void CopyRow<T>(T* x, nint stride, nint* map, T* to) where T : unmanaged {
        if (RunLength >= 0 && stride == 1) {
            for (var i = 0; i < RunStart; i++) to[i] = default;
            GemmPacking.Rows(x + RunSource, 0, 1, RunLength, to + RunStart, 0);
            for (var i = RunStart + RunLength; i < Length[2]; i++) to[i] = default;
        } else
            for (var i = 0; i < Length[2]; i++) to[i] = map[i] < 0 ? default : x[map[i] * stride];
    }
}
