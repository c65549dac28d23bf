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

    /// <summary>The last dimension has a copy per table index in place of phases: no gaps between rows.</summary>
    internal bool Unrolled;
    private nint* runs;

    /// <summary>Nothing is filled in or left out between the first and the last element of any dimension.</summary>
    internal bool Unpadded;

    /// <summary>x meets outputs (flat) and taps (table), or taps (flat) and outputs (table).</summary>
    internal static ConvStage Create(ConvGeometry g, bool flatIsOutput, ReadOnlySpan<int> output, ReadOnlySpan<int> padLow) => flatIsOutput
        ? Create(output, g.Stride, g.Kernel, g.Dilation, padLow, g.InputDilation, g.Input, g.O / g.Groups)
        : Create(g.Kernel, g.Dilation, output, g.Stride, padLow, g.InputDilation, g.Input, g.Meeting);

    /// <summary>The staged image has zeros where (u − padLow) / sourceStep is no index of the source.</summary>
    /// <param name="flat">Sizes of the flat index.</param>
    /// <param name="flatStep">Its steps in u.</param>
    /// <param name="table">Sizes of the table index.</param>
    /// <param name="tableStep">Its steps in u.</param>
    /// <param name="padLow">The u of the source's first element.</param>
    /// <param name="sourceStep">The source's steps in u.</param>
    /// <param name="source">Sizes of the source.</param>
    /// <param name="uses">How often each staged element is multiplied per table index; 0 where it may be staged once only.</param>
    internal static ConvStage Create(ReadOnlySpan<int> flat, ReadOnlySpan<int> flatStep, ReadOnlySpan<int> table, ReadOnlySpan<int> tableStep,
        ReadOnlySpan<int> padLow, ReadOnlySpan<int> sourceStep, ReadOnlySpan<int> source, int uses) {
        ConvStage s = default;
        nint entries = 0;
        for (var d = 0; d < 3; d++) {
            (s.Flat[d], s.FlatStep[d], s.Table[d], s.TableStep[d]) = (flat[d], flatStep[d], table[d], tableStep[d]);
            var phases = 0;
            for (var r = 0; r < s.FlatStep[d]; r++)
                if (s.Occurs(d, r)) phases++;
            s.Phases[d] = phases;
            s.Length[d] = s.Flat[d] + (s.Table[d] - 1) * s.TableStep[d] / s.FlatStep[d];
        }
        if (s.Unrolling(uses)) {
            s.Unrolled = true;
            s.Phases[2] = s.Table[2];
            s.Length[2] = s.Flat[2];
        }
        for (var d = 0; d < 3; d++) entries += s.Phases[d] * s.Length[d];
        s.Pitch1 = s.Length[2];
        s.Pitch0 = s.Pitch1 * s.Length[1];
        s.ChannelSize = s.Pitch0 * s.Length[0] * s.Phases[0] * s.Phases[1] * s.Phases[2];
        s.FlatLength = (s.Flat[0] - 1) * s.Pitch0 + (s.Flat[1] - 1) * s.Pitch1 + s.Flat[2];
        s.Map = Scratch.Rent<nint>(Scratch.Slot.Maps, entries + 3 * s.Phases[2]);
        s.runs = s.Map + entries;
        s.map1 = s.Phases[0] * s.Length[0];
        s.map2 = s.map1 + s.Phases[1] * s.Length[1];
        var to = s.Map;
        for (var d = 0; d < 3; d++) {
            var unrolled = d == 2 && s.Unrolled;
            var origins = unrolled ? s.Table[d] : s.FlatStep[d];
            for (var r = 0; r < origins; r++) {
                if (!unrolled && !s.Occurs(d, r)) continue;
                var origin = (unrolled ? r * s.TableStep[d] : r) - padLow[d];
                for (var i = 0; i < s.Length[d]; i++) *to++ = Source(origin + i * s.FlatStep[d], sourceStep[d], source[d]);
            }
        }
        s.FindRuns();
        return s;
    }

    private static nint Source(int u, int step, int size) =>
        u < 0 ? -1
        : step == 1 ? u < size ? u : -1
        : u % step != 0 || u / step >= size ? -1
        : u / step;

    /// <summary>Whether some table index has this residue.</summary>
    private readonly bool Occurs(int d, int residue) {
        if (FlatStep[d] == 1) return true;
        for (var q = 0; q < Table[d]; q++)
            if ((long)q * TableStep[d] % FlatStep[d] == residue) return true;
        return false;
    }

    /// <summary>Whether to stage each row once per index of the last table dimension, without gaps, rather than once.</summary>
    /// <remarks>That is the inner half of a matrix of columns: for narrow images, where the gaps are a good part of a row, the
    /// copies cost less than the products they save. Counted in cycles: two products of a vector each, or two fifths of a copy.</remarks>
    private readonly bool Unrolling(int uses) {
        const double vector = 16, copy = 2.5, worth = 1.3;
        if (uses == 0 || Table[2] == 1) return false;
        double gapped = ((Flat[0] - 1.0) * Length[1] + Flat[1] - 1) * Length[2] + Flat[2];
        double dense = ((Flat[0] - 1.0) * Length[1] + Flat[1] - 1) * Flat[2] + Flat[2];
        var saved = (Math.Ceiling(gapped / vector) - Math.Ceiling(dense / vector)) * uses * Table[0] * Table[1] * Table[2] / 2;
        return saved > worth * copy * Table[2] * Length[0] * Length[1] * Math.Ceiling(Flat[2] / vector) * Phases[0] * Phases[1];
    }

    /// <summary>Rows of each phase of the last dimension: start, length and source of the run of elements between zeros, or
    /// length −1 where they are not consecutive.</summary>
    private void FindRuns() {
        Unpadded = Phases[0] * Phases[1] == 1;
        for (var i = 0; i < Length[0]; i++) Unpadded &= Map[i] >= 0;
        for (var i = 0; i < Length[1]; i++) Unpadded &= Map[map1 + i] >= 0 && Map[map1 + i] == Map[map1] + i;
        for (var c = 0; c < Phases[2]; c++) {
            var row = Map + map2 + c * Length[2];
            var start = 0;
            while (start < Length[2] && row[start] < 0) start++;
            var end = start;
            while (end < Length[2] && row[end] >= 0 && row[end] == row[start] + end - start) end++;
            var length = end - start;
            for (var i = end; i < Length[2]; i++)
                if (row[i] >= 0) length = -1;
            runs[3 * c] = start;
            runs[3 * c + 1] = length;
            runs[3 * c + 2] = length > 0 ? row[start] : 0;
            Unpadded &= length == Length[2];
        }
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
        if (d == 2 && Unrolled) {
            for (var q = 0; q < Table[d]; q++) to[q] = q * phaseSize;
            return;
        }
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

    /// <summary>Copies one channel of one image; x is its element (0, 0, 0). Needs <see cref="GemmPacking.Spill"/> elements behind.</summary>
    internal readonly void Copy<T>(T* x, nint s0, nint s1, nint s2, T* to) where T : unmanaged {
        if (s2 == 1 && Unpadded) {
            for (var c = 0; c < Phases[2]; c++)
                for (nint i = 0; i < Length[0]; i++) {
                    var plane = x + Map[i] * s0 + Map[map1] * s1 + runs[3 * c + 2];
                    // A whole image is one row where its rows touch.
                    if (s1 == Pitch1) GemmPacking.RowsUpwards(plane, 0, 1, Pitch0, to, 0);
                    else GemmPacking.RowsUpwards(plane, s1, Length[1], Length[2], to, Pitch1);
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
                            else CopyRow(x + plane * s0 + row * s1, s2, c, to);
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
                                if (runs[3 * c + 1] >= 0) GemmPacking.Rows(from + runs[3 * c], 0, 1, runs[3 * c + 1], to + runs[3 * c + 2], 0);
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
    private readonly void CopyRow<T>(T* x, nint stride, int phase, T* to) where T : unmanaged {
        var length = runs[3 * phase + 1];
        if (length >= 0 && stride == 1) {
            var start = runs[3 * phase];
            for (nint i = 0; i < start; i++) to[i] = default;
            GemmPacking.RowsUpwards(x + runs[3 * phase + 2], 0, 1, length, to + start, 0);
            for (var i = start + length; i < Length[2]; i++) to[i] = default;
        } else {
            var map = Map + map2 + phase * Length[2];
            for (var i = 0; i < Length[2]; i++) to[i] = map[i] < 0 ? default : x[map[i] * stride];
        }
    }
}
