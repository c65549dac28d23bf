using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>A few neighbouring vectors of one row of B or C, kept in registers.</summary>
/// <remarks>The fields are promoted to registers only while there are at most four of them.</remarks>
internal unsafe interface IRow<TRow, T, V> where TRow : unmanaged where T : unmanaged where V : unmanaged {
    static abstract int Vectors { get; }
    static abstract TRow Load(T* p);

    /// <summary>As <see cref="Load"/>, the mask falling on the last vector.</summary>
    static abstract TRow LoadMasked(T* p, V mask);
    static abstract void Store(T* p, TRow r);
    static abstract void StoreMasked(T* p, V mask, TRow r);

    /// <summary>a·b + c, with one a for the whole row.</summary>
    static abstract TRow Fma(V a, TRow b, TRow c);

    /// <summary>One vector from each of several places, <paramref name="stride"/> elements apart.</summary>
    static abstract TRow LoadApart(T* p, nint stride);
    static abstract void StoreApart(T* p, nint stride, TRow r);

    /// <summary>One vector from each of p + offsets[0], p + offsets[1] …</summary>
    static abstract TRow Gather(T* p, nint o0, nint o1, nint o2, nint o3);
    static abstract TRow GatherMasked(T* p, nint o0, nint o1, nint o2, nint o3, V mask);
    static abstract TRow And(V mask, TRow r);
    static abstract TRow Add(TRow a, TRow b);
}

internal readonly unsafe struct Row1<T, V, O>(V x) : IRow<Row1<T, V, O>, T, V> where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
    private readonly V x = x;

    public static int Vectors => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> Load(T* p) => new(O.Load(p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> LoadMasked(T* p, V mask) => new(O.LoadMasked(p, mask));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* p, Row1<T, V, O> r) => O.Store(p, r.x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(T* p, V mask, Row1<T, V, O> r) => O.StoreMasked(p, mask, r.x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> Fma(V a, Row1<T, V, O> b, Row1<T, V, O> c) => new(O.Fma(a, b.x, c.x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> LoadApart(T* p, nint stride) => new(O.Load(p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreApart(T* p, nint stride, Row1<T, V, O> r) => O.Store(p, r.x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> Gather(T* p, nint o0, nint o1, nint o2, nint o3) => new(O.Load(p + o0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> GatherMasked(T* p, nint o0, nint o1, nint o2, nint o3, V mask) => new(O.LoadMasked(p + o0, mask));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> And(V mask, Row1<T, V, O> r) => new(O.And(mask, r.x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> Add(Row1<T, V, O> a, Row1<T, V, O> b) => new(O.Add(a.x, b.x));
}

internal readonly unsafe struct Row2<T, V, O>(V x, V y) : IRow<Row2<T, V, O>, T, V> where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
    private readonly V x = x, y = y;

    public static int Vectors => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> Load(T* p) => new(O.Load(p), O.Load(p + O.Width));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> LoadMasked(T* p, V mask) => new(O.Load(p), O.LoadMasked(p + O.Width, mask));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* p, Row2<T, V, O> r) {
        O.Store(p, r.x);
        O.Store(p + O.Width, r.y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(T* p, V mask, Row2<T, V, O> r) {
        O.Store(p, r.x);
        O.StoreMasked(p + O.Width, mask, r.y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> Fma(V a, Row2<T, V, O> b, Row2<T, V, O> c) => new(O.Fma(a, b.x, c.x), O.Fma(a, b.y, c.y));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> LoadApart(T* p, nint stride) => new(O.Load(p), O.Load(p + stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreApart(T* p, nint stride, Row2<T, V, O> r) {
        O.Store(p, r.x);
        O.Store(p + stride, r.y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> Gather(T* p, nint o0, nint o1, nint o2, nint o3) => new(O.Load(p + o0), O.Load(p + o1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> GatherMasked(T* p, nint o0, nint o1, nint o2, nint o3, V mask) => new(O.LoadMasked(p + o0, mask), O.LoadMasked(p + o1, mask));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> And(V mask, Row2<T, V, O> r) => new(O.And(mask, r.x), O.And(mask, r.y));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> Add(Row2<T, V, O> a, Row2<T, V, O> b) => new(O.Add(a.x, b.x), O.Add(a.y, b.y));
}

internal readonly unsafe struct Row3<T, V, O>(V x, V y, V z) : IRow<Row3<T, V, O>, T, V> where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
    private readonly V x = x, y = y, z = z;

    public static int Vectors => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> Load(T* p) => new(O.Load(p), O.Load(p + O.Width), O.Load(p + 2 * O.Width));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> LoadMasked(T* p, V mask) => new(O.Load(p), O.Load(p + O.Width), O.LoadMasked(p + 2 * O.Width, mask));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* p, Row3<T, V, O> r) {
        O.Store(p, r.x);
        O.Store(p + O.Width, r.y);
        O.Store(p + 2 * O.Width, r.z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(T* p, V mask, Row3<T, V, O> r) {
        O.Store(p, r.x);
        O.Store(p + O.Width, r.y);
        O.StoreMasked(p + 2 * O.Width, mask, r.z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> Fma(V a, Row3<T, V, O> b, Row3<T, V, O> c) => new(O.Fma(a, b.x, c.x), O.Fma(a, b.y, c.y), O.Fma(a, b.z, c.z));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> LoadApart(T* p, nint stride) => new(O.Load(p), O.Load(p + stride), O.Load(p + 2 * stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreApart(T* p, nint stride, Row3<T, V, O> r) {
        O.Store(p, r.x);
        O.Store(p + stride, r.y);
        O.Store(p + 2 * stride, r.z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> Gather(T* p, nint o0, nint o1, nint o2, nint o3) => new(O.Load(p + o0), O.Load(p + o1), O.Load(p + o2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> GatherMasked(T* p, nint o0, nint o1, nint o2, nint o3, V mask) => new(O.LoadMasked(p + o0, mask), O.LoadMasked(p + o1, mask), O.LoadMasked(p + o2, mask));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> And(V mask, Row3<T, V, O> r) => new(O.And(mask, r.x), O.And(mask, r.y), O.And(mask, r.z));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> Add(Row3<T, V, O> a, Row3<T, V, O> b) => new(O.Add(a.x, b.x), O.Add(a.y, b.y), O.Add(a.z, b.z));
}

internal readonly unsafe struct Row4<T, V, O>(V x, V y, V z, V w) : IRow<Row4<T, V, O>, T, V> where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
    private readonly V x = x, y = y, z = z, w = w;

    public static int Vectors => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> Load(T* p) => new(O.Load(p), O.Load(p + O.Width), O.Load(p + 2 * O.Width), O.Load(p + 3 * O.Width));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> LoadMasked(T* p, V mask) => new(O.Load(p), O.Load(p + O.Width), O.Load(p + 2 * O.Width), O.LoadMasked(p + 3 * O.Width, mask));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* p, Row4<T, V, O> r) {
        O.Store(p, r.x);
        O.Store(p + O.Width, r.y);
        O.Store(p + 2 * O.Width, r.z);
        O.Store(p + 3 * O.Width, r.w);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(T* p, V mask, Row4<T, V, O> r) {
        O.Store(p, r.x);
        O.Store(p + O.Width, r.y);
        O.Store(p + 2 * O.Width, r.z);
        O.StoreMasked(p + 3 * O.Width, mask, r.w);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> Fma(V a, Row4<T, V, O> b, Row4<T, V, O> c) => new(O.Fma(a, b.x, c.x), O.Fma(a, b.y, c.y), O.Fma(a, b.z, c.z), O.Fma(a, b.w, c.w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> LoadApart(T* p, nint stride) => new(O.Load(p), O.Load(p + stride), O.Load(p + 2 * stride), O.Load(p + 3 * stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreApart(T* p, nint stride, Row4<T, V, O> r) {
        O.Store(p, r.x);
        O.Store(p + stride, r.y);
        O.Store(p + 2 * stride, r.z);
        O.Store(p + 3 * stride, r.w);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> Gather(T* p, nint o0, nint o1, nint o2, nint o3) => new(O.Load(p + o0), O.Load(p + o1), O.Load(p + o2), O.Load(p + o3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> GatherMasked(T* p, nint o0, nint o1, nint o2, nint o3, V mask) => new(O.LoadMasked(p + o0, mask), O.LoadMasked(p + o1, mask), O.LoadMasked(p + o2, mask), O.LoadMasked(p + o3, mask));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> And(V mask, Row4<T, V, O> r) => new(O.And(mask, r.x), O.And(mask, r.y), O.And(mask, r.z), O.And(mask, r.w));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> Add(Row4<T, V, O> a, Row4<T, V, O> b) => new(O.Add(a.x, b.x), O.Add(a.y, b.y), O.Add(a.z, b.z), O.Add(a.w, b.w));
}
