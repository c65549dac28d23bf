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

internal unsafe struct Row1<T, V, O> : IRow<Row1<T, V, O>, T, V> where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
    private V x;

    public static int Vectors => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> Load(T* p) {
        Unsafe.SkipInit(out Row1<T, V, O> r);
        r.x = O.Load(p);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> LoadMasked(T* p, V mask) {
        Unsafe.SkipInit(out Row1<T, V, O> r);
        r.x = O.LoadMasked(p, mask);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(T* p, Row1<T, V, O> r) {
        O.Store(p, r.x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMasked(T* p, V mask, Row1<T, V, O> r) {
        O.StoreMasked(p, mask, r.x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> Fma(V a, Row1<T, V, O> b, Row1<T, V, O> c) {
        Unsafe.SkipInit(out Row1<T, V, O> r);
        r.x = O.Fma(a, b.x, c.x);
        return r;
    }
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> LoadApart(T* p, nint stride) {
        Unsafe.SkipInit(out Row1<T, V, O> r);
        r.x = O.Load(p);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreApart(T* p, nint stride, Row1<T, V, O> r) {
        O.Store(p, r.x);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> Gather(T* p, nint o0, nint o1, nint o2, nint o3) {
        Unsafe.SkipInit(out Row1<T, V, O> r);
        r.x = O.Load(p + o0);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> GatherMasked(T* p, nint o0, nint o1, nint o2, nint o3, V mask) {
        Unsafe.SkipInit(out Row1<T, V, O> r);
        r.x = O.LoadMasked(p + o0, mask);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> Add(Row1<T, V, O> a, Row1<T, V, O> b) {
        Unsafe.SkipInit(out Row1<T, V, O> r);
        r.x = O.Add(a.x, b.x);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row1<T, V, O> And(V mask, Row1<T, V, O> r) {
        r.x = O.And(mask, r.x);
        return r;
    }

}

internal unsafe struct Row2<T, V, O> : IRow<Row2<T, V, O>, T, V> where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
    private V x, y;

    public static int Vectors => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> Load(T* p) {
        Unsafe.SkipInit(out Row2<T, V, O> r);
        r.x = O.Load(p);
        r.y = O.Load(p + O.Width);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> LoadMasked(T* p, V mask) {
        Unsafe.SkipInit(out Row2<T, V, O> r);
        r.x = O.Load(p);
        r.y = O.LoadMasked(p + O.Width, mask);
        return r;
    }

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
    public static Row2<T, V, O> Fma(V a, Row2<T, V, O> b, Row2<T, V, O> c) {
        Unsafe.SkipInit(out Row2<T, V, O> r);
        r.x = O.Fma(a, b.x, c.x);
        r.y = O.Fma(a, b.y, c.y);
        return r;
    }
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> LoadApart(T* p, nint stride) {
        Unsafe.SkipInit(out Row2<T, V, O> r);
        r.x = O.Load(p);
        r.y = O.Load(p + stride);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreApart(T* p, nint stride, Row2<T, V, O> r) {
        O.Store(p, r.x);
        O.Store(p + stride, r.y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> Gather(T* p, nint o0, nint o1, nint o2, nint o3) {
        Unsafe.SkipInit(out Row2<T, V, O> r);
        r.x = O.Load(p + o0);
        r.y = O.Load(p + o1);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> GatherMasked(T* p, nint o0, nint o1, nint o2, nint o3, V mask) {
        Unsafe.SkipInit(out Row2<T, V, O> r);
        r.x = O.LoadMasked(p + o0, mask);
        r.y = O.LoadMasked(p + o1, mask);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> Add(Row2<T, V, O> a, Row2<T, V, O> b) {
        Unsafe.SkipInit(out Row2<T, V, O> r);
        r.x = O.Add(a.x, b.x);
        r.y = O.Add(a.y, b.y);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row2<T, V, O> And(V mask, Row2<T, V, O> r) {
        r.x = O.And(mask, r.x);
        r.y = O.And(mask, r.y);
        return r;
    }

}

internal unsafe struct Row3<T, V, O> : IRow<Row3<T, V, O>, T, V> where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
    private V x, y, z;

    public static int Vectors => 3;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> Load(T* p) {
        Unsafe.SkipInit(out Row3<T, V, O> r);
        r.x = O.Load(p);
        r.y = O.Load(p + O.Width);
        r.z = O.Load(p + 2 * O.Width);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> LoadMasked(T* p, V mask) {
        Unsafe.SkipInit(out Row3<T, V, O> r);
        r.x = O.Load(p);
        r.y = O.Load(p + O.Width);
        r.z = O.LoadMasked(p + 2 * O.Width, mask);
        return r;
    }

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
    public static Row3<T, V, O> Fma(V a, Row3<T, V, O> b, Row3<T, V, O> c) {
        Unsafe.SkipInit(out Row3<T, V, O> r);
        r.x = O.Fma(a, b.x, c.x);
        r.y = O.Fma(a, b.y, c.y);
        r.z = O.Fma(a, b.z, c.z);
        return r;
    }
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> LoadApart(T* p, nint stride) {
        Unsafe.SkipInit(out Row3<T, V, O> r);
        r.x = O.Load(p);
        r.y = O.Load(p + stride);
        r.z = O.Load(p + 2 * stride);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreApart(T* p, nint stride, Row3<T, V, O> r) {
        O.Store(p, r.x);
        O.Store(p + stride, r.y);
        O.Store(p + 2 * stride, r.z);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> Gather(T* p, nint o0, nint o1, nint o2, nint o3) {
        Unsafe.SkipInit(out Row3<T, V, O> r);
        r.x = O.Load(p + o0);
        r.y = O.Load(p + o1);
        r.z = O.Load(p + o2);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> GatherMasked(T* p, nint o0, nint o1, nint o2, nint o3, V mask) {
        Unsafe.SkipInit(out Row3<T, V, O> r);
        r.x = O.LoadMasked(p + o0, mask);
        r.y = O.LoadMasked(p + o1, mask);
        r.z = O.LoadMasked(p + o2, mask);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> Add(Row3<T, V, O> a, Row3<T, V, O> b) {
        Unsafe.SkipInit(out Row3<T, V, O> r);
        r.x = O.Add(a.x, b.x);
        r.y = O.Add(a.y, b.y);
        r.z = O.Add(a.z, b.z);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row3<T, V, O> And(V mask, Row3<T, V, O> r) {
        r.x = O.And(mask, r.x);
        r.y = O.And(mask, r.y);
        r.z = O.And(mask, r.z);
        return r;
    }

}

internal unsafe struct Row4<T, V, O> : IRow<Row4<T, V, O>, T, V> where T : unmanaged where V : unmanaged where O : struct, ILanes<T, V> {
    private V x, y, z, w;

    public static int Vectors => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> Load(T* p) {
        Unsafe.SkipInit(out Row4<T, V, O> r);
        r.x = O.Load(p);
        r.y = O.Load(p + O.Width);
        r.z = O.Load(p + 2 * O.Width);
        r.w = O.Load(p + 3 * O.Width);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> LoadMasked(T* p, V mask) {
        Unsafe.SkipInit(out Row4<T, V, O> r);
        r.x = O.Load(p);
        r.y = O.Load(p + O.Width);
        r.z = O.Load(p + 2 * O.Width);
        r.w = O.LoadMasked(p + 3 * O.Width, mask);
        return r;
    }

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
    public static Row4<T, V, O> Fma(V a, Row4<T, V, O> b, Row4<T, V, O> c) {
        Unsafe.SkipInit(out Row4<T, V, O> r);
        r.x = O.Fma(a, b.x, c.x);
        r.y = O.Fma(a, b.y, c.y);
        r.z = O.Fma(a, b.z, c.z);
        r.w = O.Fma(a, b.w, c.w);
        return r;
    }
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> LoadApart(T* p, nint stride) {
        Unsafe.SkipInit(out Row4<T, V, O> r);
        r.x = O.Load(p);
        r.y = O.Load(p + stride);
        r.z = O.Load(p + 2 * stride);
        r.w = O.Load(p + 3 * stride);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreApart(T* p, nint stride, Row4<T, V, O> r) {
        O.Store(p, r.x);
        O.Store(p + stride, r.y);
        O.Store(p + 2 * stride, r.z);
        O.Store(p + 3 * stride, r.w);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> Gather(T* p, nint o0, nint o1, nint o2, nint o3) {
        Unsafe.SkipInit(out Row4<T, V, O> r);
        r.x = O.Load(p + o0);
        r.y = O.Load(p + o1);
        r.z = O.Load(p + o2);
        r.w = O.Load(p + o3);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> GatherMasked(T* p, nint o0, nint o1, nint o2, nint o3, V mask) {
        Unsafe.SkipInit(out Row4<T, V, O> r);
        r.x = O.LoadMasked(p + o0, mask);
        r.y = O.LoadMasked(p + o1, mask);
        r.z = O.LoadMasked(p + o2, mask);
        r.w = O.LoadMasked(p + o3, mask);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> Add(Row4<T, V, O> a, Row4<T, V, O> b) {
        Unsafe.SkipInit(out Row4<T, V, O> r);
        r.x = O.Add(a.x, b.x);
        r.y = O.Add(a.y, b.y);
        r.z = O.Add(a.z, b.z);
        r.w = O.Add(a.w, b.w);
        return r;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Row4<T, V, O> And(V mask, Row4<T, V, O> r) {
        r.x = O.And(mask, r.x);
        r.y = O.And(mask, r.y);
        r.z = O.And(mask, r.z);
        r.w = O.And(mask, r.w);
        return r;
    }

}
