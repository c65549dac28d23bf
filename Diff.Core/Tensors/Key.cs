namespace Diff;

/// <summary>A splittable random key: 64 bits of which every random number is a pure function. The same key gives the same numbers,
/// always and everywhere; new numbers come from new keys, made by <see cref="Split()"/> and <see cref="FoldIn(uint)"/>.</summary>
/// <remarks>
/// Threefry-2x32 with 20 rounds (Salmon et al., SC'11), the counter-based generator of JAX, and JAX's default scheme of counting
/// (<c>jax_threefry_partitionable</c>, the default since 0.5.0): a key holds and makes the same bits as <c>jax.random</c>'s.
/// Use a key once: draw from it or split it, not both. The default value is <c>Key.Of(0)</c>.
/// </remarks>
/// <example><code>
/// var (kw, kb) = Key.Of(0).Split();
/// </code></example>
public readonly struct Key : IEquatable<Key> {
    Key(uint high, uint low) => (High, Low) = (high, low);

    /// <summary>The first word of the key, the high half of a seed.</summary>
    public uint High { get; }

    /// <summary>The second word of the key, the low half of a seed.</summary>
    public uint Low { get; }

    /// <summary>The key of a seed, <c>jax.random.key(seed)</c>. A negative one fills the high word with ones, as JAX does with
    /// <c>jax_enable_x64</c> (without it, JAX drops the high half of any seed).</summary>
    public static Key Of(long seed) => Of(unchecked((ulong)seed));

    /// <summary>The key of a seed, <c>jax.random.key(seed)</c>.</summary>
    public static Key Of(ulong seed) => new((uint)(seed >> 32), (uint)seed);

    /// <summary>The key with these two words, <c>jax.random.wrap_key_data</c>: what <see cref="High"/> and <see cref="Low"/> were.</summary>
    public static Key FromWords(uint high, uint low) => new(high, low);

    /// <summary>New keys, independent of each other and of this one, as many as the left side names: from two to eight.</summary>
    /// <remarks>As <c>jax.random.split(key, n)</c>. The first key does not depend on how many are asked for, nor does the second.</remarks>
    /// <example><code>
    /// var (a, b) = key.Split();
    /// var (x, y, z) = key.Split();
    /// </code></example>
    public KeySplit Split() => new(this);

    /// <summary><paramref name="n"/> new keys, independent of each other and of this one: <c>jax.random.split(key, n)</c>.</summary>
    /// <exception cref="DomainException">n is negative.</exception>
    public Key[] Split(int n) {
        var keys = new Key[n.AtLeast(0)];
        for (var i = 0; i < n; i++) keys[i] = Child((uint)i);
        return keys;
    }

    /// <summary>A new key for a number, such as that of a step or of a layer: <c>jax.random.fold_in(key, data)</c>.</summary>
    /// <remarks>It is the key that <see cref="Split(int)"/> puts at index <paramref name="data"/>: split a key or fold into it, not both.</remarks>
    public Key FoldIn(uint data) => Child(data);

    /// <summary>A new key for a number; a negative one counts as the unsigned number of the same bits, as in JAX.</summary>
    public Key FoldIn(int data) => Child(unchecked((uint)data));

    internal Key Child(uint index) {
        var (high, low) = Threefry.Split(High, Low, index);
        return new(high, low);
    }

    /// <summary>Whether both are the same key.</summary>
    public bool Equals(Key other) => High == other.High && Low == other.Low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Key other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(High, Low);

    /// <summary>Whether both are the same key.</summary>
    public static bool operator ==(Key left, Key right) => left.Equals(right);

    /// <summary>Whether the keys differ.</summary>
    public static bool operator !=(Key left, Key right) => !left.Equals(right);

    /// <summary>The two words, as JAX prints them: <c>Key(0, 42)</c>.</summary>
    public override string ToString() => $"Key({High}, {Low})";
}

/// <summary>The keys that <see cref="Key.Split()"/> makes, taken apart by a deconstruction: <c>var (a, b) = key.Split();</c></summary>
public readonly struct KeySplit {
    readonly Key key;

    internal KeySplit(Key key) => this.key = key;

    /// <summary>Two keys.</summary>
    public void Deconstruct(out Key a, out Key b) => (a, b) = (key.Child(0), key.Child(1));

    /// <summary>Three keys.</summary>
    public void Deconstruct(out Key a, out Key b, out Key c) {
        (a, b) = this;
        c = key.Child(2);
    }

    /// <summary>Four keys.</summary>
    public void Deconstruct(out Key a, out Key b, out Key c, out Key d) {
        (a, b, c) = this;
        d = key.Child(3);
    }

    /// <summary>Five keys.</summary>
    public void Deconstruct(out Key a, out Key b, out Key c, out Key d, out Key e) {
        (a, b, c, d) = this;
        e = key.Child(4);
    }

    /// <summary>Six keys.</summary>
    public void Deconstruct(out Key a, out Key b, out Key c, out Key d, out Key e, out Key f) {
        (a, b, c, d, e) = this;
        f = key.Child(5);
    }

    /// <summary>Seven keys.</summary>
    public void Deconstruct(out Key a, out Key b, out Key c, out Key d, out Key e, out Key f, out Key g) {
        (a, b, c, d, e, f) = this;
        g = key.Child(6);
    }

    /// <summary>Eight keys.</summary>
    public void Deconstruct(out Key a, out Key b, out Key c, out Key d, out Key e, out Key f, out Key g, out Key h) {
        (a, b, c, d, e, f, g) = this;
        h = key.Child(7);
    }
}
