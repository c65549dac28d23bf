using System.Numerics;
using System.Runtime.CompilerServices;

namespace Diff;

/// <summary>Random tensors as pure functions of a key: the same key gives the same tensor, drawn as <c>jax.random</c> draws it.</summary>
/// <remarks>Bits, integers, permutations and uniform numbers, and what compares them (Bernoulli), have JAX's bits. Distributions that are functions of
/// uniform numbers use JAX's formulas on JAX's uniform numbers: their values may differ in the last places, where logarithms do. So may, rarely,
/// what compares such values (Categorical, a weighted Choice).
/// <para>Use a key once: draw from it or split it, not both. A distribution with parameters is written with them:
/// <c>5 + 2 * key.Normal(3, 4)</c>, and its derivative by them is right.</para>
/// <example><code>
/// var (kx, ky) = Key.Of(0).Split();
/// Tensor x = kx.Normal(64, 1000), y = ky.Uniform([64, 10], low: -1, high: 1);
/// </code></example></remarks>
public static class RandomTensors {
    extension(Key key) {
        /// <summary>Uniform in [0, 1), f32: <c>jax.random.uniform</c>.</summary>
        public Tensor Uniform(params int[] shape) => key.Uniform(shape.Given(), 0, 1);

        /// <summary>Uniform in [0, 1), f32 or f64.</summary>
        public Tensor Uniform(DType type, params int[] shape) => key.Uniform(shape.Given(), 0, 1, type);

        /// <summary>Uniform in [low, high): <c>jax.random.uniform(key, shape, dtype, low, high)</c>.</summary>
        /// <exception cref="DTypeException">The type is neither f32 nor f64.</exception>
        public Tensor Uniform(int[] shape, double low, double high, DType type = DType.F32) => type switch {
            DType.F32 => Filled<float>(shape.Given(), values => Threefry.Uniform(key.High, key.Low, values, (float)low, (float)high)),
            DType.F64 => Filled<double>(shape, values => Threefry.Uniform(key.High, key.Low, values, low, high)),
            _ => throw NotFloat(nameof(Uniform), type),
        };

        /// <summary>Normal with mean 0 and deviation 1, f32: <c>jax.random.normal</c>.</summary>
        public Tensor Normal(params int[] shape) => key.Normal(DType.F32, shape);

        /// <summary>Normal with mean 0 and deviation 1, f32 or f64.</summary>
        /// <exception cref="DTypeException">The type is neither f32 nor f64.</exception>
        public Tensor Normal(DType type, params int[] shape) => type switch {
            DType.F32 => Filled<float>(shape, values => Threefry.Normal(key.High, key.Low, values)),
            DType.F64 => Filled<double>(shape, values => Threefry.Normal(key.High, key.Low, values)),
            _ => throw NotFloat(nameof(Normal), type),
        };

        /// <summary>Normal with mean 0 and deviation 1 under the condition that it lies in (low, high): <c>jax.random.truncated_normal</c>.</summary>
        /// <exception cref="DTypeException">The type is neither f32 nor f64.</exception>
        /// <exception cref="DomainException">low is not less than high.</exception>
        public Tensor TruncatedNormal(int[] shape, double low = -2, double high = 2, DType type = DType.F32) {
            if (!(low < high)) throw new DomainException($"TruncatedNormal: there is no number between {low} and {high}.");
            // The inverse of the distribution function, on the uniform numbers between its values at the ends.
            var (a, b) = (Functions.Erf(low / Math.Sqrt(2)).Item(), Functions.Erf(high / Math.Sqrt(2)).Item());
            return type switch {
                DType.F32 => Filled<float>(shape.Given(), values => {
                    Threefry.Uniform(key.High, key.Low, values, (float)a, (float)b);
                    Map(values, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (u) => Vector.Create(MathF.Sqrt(2)) * InverseErf.Of(u));
                    Inside(values, MathF.BitIncrement((float)low), MathF.BitDecrement((float)high));
                }),
                DType.F64 => Filled<double>(shape, values => {
                    Threefry.Uniform(key.High, key.Low, values, a, b);
                    Map(values, [MethodImpl(MethodImplOptions.AggressiveOptimization)] (u) => Vector.Create(Math.Sqrt(2)) * InverseErf.Of(u));
                    Inside(values, Math.BitIncrement(low), Math.BitDecrement(high));
                }),
                _ => throw NotFloat(nameof(TruncatedNormal), type),
            };
        }

        /// <summary>True with probability p, bool: <c>jax.random.bernoulli</c>.</summary>
        /// <param name="p">A number, or probabilities that broadcast to the shape.</param>
        /// <param name="shape">Of the result; that of p where none is given.</param>
        public Tensor Bernoulli(Tensor p, params int[] shape) {
            var type = p.Given().IsWeak || p.DType != DType.F64 ? DType.F32 : DType.F64;
            return key.Uniform(shape.Given().Length == 0 ? p.Shape.ToArray() : shape, 0, 1, type) < p;
        }

        /// <summary>Integers in [low, high), i32: <c>jax.random.randint</c>.</summary>
        public Tensor RandInt(int low, int high, params int[] shape) =>
            key.RandInt(DType.I32, low, high, shape);

        /// <summary>Integers in [low, high), i32 or i64.</summary>
        /// <exception cref="DTypeException">The type is neither i32 nor i64.</exception>
        public Tensor RandInt(DType type, long low, long high, params int[] shape) => low >= high ? throw new DomainException($"RandInt: there is no integer from {low} up to but without {high}.") : type switch {
            DType.I32 => Filled<int>(shape, values => Threefry.RandInt(key.High, key.Low, values, low, high)),
            DType.I64 => Filled<long>(shape, values => Threefry.RandInt(key.High, key.Low, values, low, high)),
            _ => throw new DTypeException($"RandInt draws i32 or i64, not {type.Name()}."),
        };

        /// <summary>0 … n − 1 in random order, i32[n]: <c>jax.random.permutation</c>. Rows in random order are <c>x.Take(key.Permutation(n))</c>.</summary>
        public Tensor Permutation(int n) => Tensor.Ints(Threefry.Permutation(key.High, key.Low, Shape.Of(n)[0]));

        /// <summary>32 random bits an element, u32: <c>jax.random.bits</c>.</summary>
        public Tensor Bits(params int[] shape) => Filled<uint>(shape, values => Threefry.Bits(key.High, key.Low, values));

        /// <summary>Standard Gumbel, −ln(−ln u), f32 or f64: <c>jax.random.gumbel</c>. What to add to logits so that their largest is a draw.</summary>
        public Tensor Gumbel(int[] shape, DType type = DType.F32) =>
            // From the smallest normal number on: u = 0 would be −∞.
            -Functions.Log(-Functions.Log(key.Uniform(shape.Given(), type == DType.F64 ? 2.2250738585072014e-308 : 1.17549435e-38, 1, type)));

        /// <summary>Exponential with mean 1, −ln(1 − u), f32 or f64: <c>jax.random.exponential</c>.</summary>
        public Tensor Exponential(int[] shape, DType type = DType.F32) => -Functions.Log1p(-key.Uniform(shape.Given(), 0, 1, type));

        /// <summary>Laplace with mean 0 and scale 1, f32 or f64: <c>jax.random.laplace</c>.</summary>
        public Tensor Laplace(int[] shape, DType type = DType.F32) {
            // −1 itself would be −∞.
            var u = key.Uniform(shape.Given(), -1 + Math.Pow(2, type == DType.F64 ? -53 : -24), 1, type);
            return Functions.Sign(u) * Functions.Log1p(-Functions.Abs(u));
        }

        /// <summary>Matrices drawn evenly from all with orthonormal columns, QᵀQ = 1, or, where they are wider than high, with orthonormal rows, QQᵀ = 1:
        /// <c>jax.random.orthogonal</c>.</summary>
        /// <param name="shape">[.., rows, columns].</param>
        /// <param name="type">f32 or f64.</param>
        /// <remarks>The Q of a normal matrix, with signs that make it unique (Stewart 1980; Mezzadri 2007).
        /// <example><code>
        /// var turn = Key.Of(0).Orthogonal([3, 3]);        // a rotation or a reflection
        /// </code></example></remarks>
        /// <exception cref="ShapeException">There are not two axes.</exception>
        public Tensor Orthogonal(int[] shape, DType type = DType.F32) {
            if (shape.Given().Length < 2) throw new ShapeException($"Orthogonal: [{string.Join(",", shape)}] is no shape of matrices, [.., rows, columns].");
            if (shape[^2] >= shape[^1]) return Functions.Qr(key.Normal(type, shape)).Q;
            return key.Orthogonal([.. shape[..^2], shape[^1], shape[^2]], type).SwapAxes(-1, -2);
        }

        /// <summary>Integers drawn from 0 … n − 1, i32: <c>jax.random.choice(key, n, shape, replace, p)</c>.</summary>
        /// <param name="n">How many there are to choose from.</param>
        /// <param name="shape">Of the result.</param>
        /// <param name="replace">Whether one may be drawn again.</param>
        /// <param name="p">Probabilities [n]; all the same unless told.</param>
        /// <exception cref="ShapeException">Without replacement more are asked for than there are, or p is not [n].</exception>
        public Tensor Choice(int n, int[] shape, bool replace = true, Tensor? p = null) {
            var count = Shape.Of(shape.Given()).Size;
            if (n < 1 && count > 0 || !replace && count > n) throw new ShapeException($"Choice: {count} of {n}{(replace ? "" : " without replacement")} cannot be drawn.");
            if (p is not null && (p.Rank != 1 || p.Shape[0] != n)) throw new ShapeException($"Choice: the probabilities are {p.Type}; they have to be [{n}].");
            if (p is null) return replace ? key.RandInt(0, n, shape) : key.Permutation(n).SliceAxis(0, 0, count).Reshape(shape);
            if (!p.DType.IsFloat()) p = p.To(DType.F32);
            if (!replace) return (Functions.Log(p) + key.Gumbel([n], p.DType)).TopK(count).Indices.Reshape(shape);
            var sums = p.CumSum();
            return Functions.SearchSorted(sums, sums[-1] * (1 - key.Uniform(shape, 0, 1, p.DType)));
        }

        /// <summary>Rows drawn from a tensor: [n, …] → [shape, …].</summary>
        /// <param name="from">What to draw from, along its first axis; derivatives go to what is drawn.</param>
        /// <inheritdoc cref="Choice(Key, int, int[], bool, Tensor?)"/>
        public Tensor Choice(Tensor from, int[] shape, bool replace = true, Tensor? p = null) =>
            from.Given().Rank == 0 ? throw new ShapeException("Choice: a scalar has no rows to draw from.") : from.Take(key.Choice(from.Shape[0], shape.Given(), replace, p));

        /// <summary>Classes drawn with probabilities Softmax(logits) along the axis: [.., classes] → i32 [..], <c>jax.random.categorical</c>.</summary>
        /// <param name="logits">f32 or f64; they need not be normalized.</param>
        /// <param name="axis">That of the classes, the last unless told.</param>
        /// <param name="count">How many draws of each, along a new first axis; one, without an axis, unless told.</param>
        public Tensor Categorical(Tensor logits, int axis = -1, int? count = null) {
            var at = logits.Given().Shape.Axis(axis);
            var noise = key.Gumbel(count is { } n ? [n, .. logits.Shape.Span] : logits.Shape.ToArray(), logits.DType);
            return (noise + logits).ArgMax(count is null ? at : at + 1);
        }
    }

    static Tensor Filled<T>(int[] shape, Action<T[]> fill) where T : unmanaged {
        var to = Shape.Of(shape);
        var values = new T[to.Size];
        fill(values);
        return new(View.Of<T>(values, to));
    }

    // In whole vectors, the last one padded, so that every element sees the same operations.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Map<T>(T[] values, Func<Vector<T>, Vector<T>> f) where T : unmanaged {
        Span<T> block = stackalloc T[Vector<T>.Count];
        for (var i = 0; i < values.Length; i += block.Length) {
            var part = values.AsSpan(i, Math.Min(block.Length, values.Length - i));
            block.Clear();
            part.CopyTo(block);
            f(new Vector<T>(block)).CopyTo(block);
            block[..part.Length].CopyTo(part);
        }
    }

    static void Inside<T>(T[] values, T low, T high) where T : INumber<T> {
        foreach (ref var v in values.AsSpan()) v = T.Clamp(v, low, high);
    }

    static DTypeException NotFloat(string name, DType type) => new($"{name} draws f32 or f64, not {type.Name()}.");
}
