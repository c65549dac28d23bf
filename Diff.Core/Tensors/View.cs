using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Diff;

/// <summary>Values in memory: bytes that nobody changes once the view is handed out, and the layout to read them by.</summary>
internal sealed class View {
    byte[] bytes;
    int start;

    /// <summary>Checks once that every element of the layout lies inside the bytes; kernels rely on it.</summary>
    /// <param name="hasSlack">See <see cref="HasSlack"/>.</param>
    public View(byte[] bytes, int start, DType type, Layout layout, bool hasSlack = false) {
        if (layout.Low < 0 || start < 0 || start + (long)layout.Extent * type.Size() > bytes.Length)
            throw new InvalidOperationException($"A {type.Name()}{layout.Shape} does not fit {bytes.Length} bytes from {start}.");
        (this.bytes, this.start, DType, Layout, HasSlack) = (bytes, start, type, layout, hasSlack);
    }

    // What a cursor moves.
    View(byte[] bytes, DType type, Layout layout) => (this.bytes, DType, Layout) = (bytes, type, layout);

    /// <summary>Fresh memory with whatever bytes it has.</summary>
    public static View Allocate(TensorType type) => Allocate(type.DType, type.Shape.Contiguous);

    /// <param name="type">Of the elements.</param>
    /// <param name="layout">How they lie.</param>
    /// <param name="recycled">From how many bytes on the memory is one that <see cref="Recycling"/> has.</param>
    public static View Allocate(DType type, Layout layout, int recycled = Recycling.Least) {
        var size = (long)layout.Extent * type.Size();
        if (size > Array.MaxLength) throw new ShapeException($"{type.Name()}{layout.Shape} takes {size:N0} bytes; one tensor may have {Array.MaxLength:N0}.");
        var room = (int)Math.Min(Array.MaxLength, WithSlack(size, type));
        var hasSlack = room >= WithSlack(size, type);
        if (room < recycled || room > Array.MaxLength - Line) return new(GC.AllocateUninitializedArray<byte>(room), 0, type, layout, hasSlack);
        var array = Recycling.Rent(room + Line);
        return new(array, FirstLine(array), type, layout, hasSlack);
    }

    /// <summary>Where in an array that does not move a line of the cache begins: vectors there lie in one line each.</summary>
    public static int FirstLine(byte[] pinned) => (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0) & (Line - 1));

    /// <summary>The bytes of a line of the cache.</summary>
    public const int Line = 64;

    public static View Of<T>(ReadOnlySpan<T> values, Shape shape) where T : unmanaged {
        var view = Allocate(DTypes.Of<T>(), shape.Contiguous);
        values.CopyTo(view.Span<T>());
        return view;
    }

    /// <summary>The array, and where in it the layout's element 0 lies: for loops over blocks, which may not hold spans.</summary>
    public (byte[] Array, int Start) Memory => (bytes, start);

    /// <summary>Whether what lies behind its last element, up to a multiple of 16 of them, is nobody else's: whole vectors may be written.</summary>
    public bool HasSlack { get; }

    /// <summary>So many bytes of elements, and slack behind them.</summary>
    public static long WithSlack(long bytes, DType type) => (bytes + 16 * type.Size() - 1) / (16 * type.Size()) * (16 * type.Size());

    /// <summary>Whether so many elements from its first lie inside the array.</summary>
    public bool Reaches(int elements) => start + (long)elements * DType.Size() <= bytes.Length;

    public DType DType { get; }
    public Layout Layout { get; }
    public Shape Shape => Layout.Shape;
    public TensorType Type => new(DType, Shape);

    /// <summary>The same memory read another way.</summary>
    public View As(Layout layout) => new(bytes, start, DType, layout, HasSlack && layout.Extent == Layout.Extent);

    /// <summary>One view that moves along the first axis of another, for loops over rows or strips of them.</summary>
    public sealed class Cursor {
        readonly View strip;
        View whole;
        int bytes;

        /// <summary>Over rows or strips of them, of views that are still to come.</summary>
        /// <param name="strip">The layout of the first strip, or of a row, which has no first axis.</param>
        public Cursor(DType type, Layout strip) => whole = this.strip = new([], type, strip);

        /// <summary>Goes over another view from now on, or over none.</summary>
        public View Over(View? whole) {
            if (whole is null) {
                (this.whole, strip.bytes) = (strip, []);
                return strip;
            }
            if (whole.DType != strip.DType || !strip.Layout.IsStripOf(whole.Layout) && !strip.Layout.IsRowOf(whole.Layout)) throw new InvalidOperationException($"A {strip.Type} is no strip of this {whole.Type}.");
            (this.whole, strip.bytes, strip.start, bytes) = (whole, whole.bytes, whole.start, whole.Layout.Strides[0] * whole.DType.Size());
            return strip;
        }

        /// <summary>Where it was last moved to; nobody may keep it.</summary>
        public View Row => strip;

        /// <summary>Moves to the row, or to the strip that begins with it.</summary>
        public void MoveTo(int row) {
            var rows = strip.Shape.Rank == whole.Shape.Rank ? strip.Shape[0] : 1;
            strip.start = row >= 0 && row <= whole.Shape[0] - rows ? whole.start + row * bytes : throw new InvalidOperationException($"No row {row} of {whole.Type}.");
        }
    }

    /// <summary>One view that reads the memory of others another way, one after the other: <see cref="As"/> without a new object each time.</summary>
    public sealed class Lens(DType type, Layout layout) {
        readonly View view = new([], type, layout);

        /// <summary>Reads this from now on, or nothing; nobody may keep it.</summary>
        public View? On(View? whole) {
            if (whole is not null && (whole.DType != view.DType || view.Layout.Extent > whole.Layout.Extent)) throw new InvalidOperationException($"A {view.Type} does not lie in this {whole.Type}.");
            (view.bytes, view.start) = whole is null ? ([], 0) : (whole.bytes, whole.start);
            return view;
        }
    }

    /// <summary>All the memory that the layout may reach, as elements; the layout's offset counts from its first.</summary>
    public Span<T> Span<T>() where T : unmanaged {
        if (Unsafe.SizeOf<T>() != DType.Size()) throw new InvalidOperationException($"{typeof(T).Name} is not {DType.Name()}.");
        return MemoryMarshal.Cast<byte, T>(bytes.AsSpan(start, Layout.Extent * Unsafe.SizeOf<T>()));
    }

    /// <summary>The same, as bytes.</summary>
    public Span<byte> Bytes => bytes.AsSpan(start, Layout.Extent * DType.Size());

    /// <summary>Itself where the layout is plain, else a copy that is; what repeats goes on repeating.</summary>
    public View Plain() {
        if (Layout.IsPlain) return this;
        if (Layout.Repeats == 0) return Packed();
        var once = Shape.ToArray();
        for (var a = 0; a < once.Length; a++)
            if ((Layout.Repeats >> a & 1) != 0) once[a] = 1;
        var first = Layout.Slice(Axes.Of(new int[once.Length]), Axes.Of([.. once.Select(_ => 1)]), Shape.Of(once));
        return As(first).Packed().As(Layout.Plain(Shape, Layout.Repeats));
    }

    /// <summary>Itself where the layout is contiguous, else a packed copy.</summary>
    public View Packed() {
        if (Layout.IsContiguous) return this;
        var copy = Allocate(Type);
        Strided.Copy(this, copy);
        return copy;
    }

    /// <summary>The values packed, for a kernel: where they lie, or copied into working memory of the thread.</summary>
    /// <param name="slot">Another for each input.</param>
    public ReadOnlySpan<T> Values<T>(Scratch.Slot slot) where T : unmanaged {
        if (Layout.IsContiguous) return Span<T>();
        var copy = Scratch.Room<T>(slot, Shape.Size);
        Strided.Copy(Layout, Span<T>(), copy);
        return copy;
    }
}
