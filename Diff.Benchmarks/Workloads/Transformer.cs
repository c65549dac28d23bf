namespace Diff.Benchmarks;

/// <summary>Four blocks of a causal transformer one after the other: width 128, 4 heads, 64 positions, 12 sequences. A block adds attention, then a perceptron
/// 128-512-128 with GELU, each behind a layer norm. Forward, backward by the mean square of the distance to a target, Adam; neither embedding nor dropout.</summary>
static class Transformer {
    const int Blocks = 4, Width = 128, Heads = 4, Context = 64, Batch = 12;
    const double BlockParameters = Width * 3 * Width + 3 * Width + Width * Width + Width + 2 * (4 * Width * Width) + 5 * Width + 4 * Width;
    const double Tokens = Batch * Context, TokenFlops = 2.0 * (12 * Width * Width + 2 * Context * Width);

    public static readonly Workload[] All = [
        Workload.Training<Block[]>("transformer-12-adam", new(3 * Tokens * Blocks * TokenFlops, 8 * Tokens * Width + 24 * Blocks * BlockParameters), () => {
            var (kn, kx, ky) = Key.Of(0).Split();
            Tensor x = kx.Normal(Batch, Context, Width), y = ky.Normal(Batch, Context, Width);
            return ([.. kn.Split(Blocks).Select(Block.Init.Run)], Adam(1e-3), blocks => SquaredError(blocks.Aggregate(x, (h, b) => b.Apply(h)), y).Mean());
        }),
    ];

    sealed record Norm(Tensor Scale, Tensor Offset) {
        public static Norm Start => new(Tensor.Ones(Width), Tensor.Zeros(Width));

        public Tensor Apply(Tensor x) => Standardize(x) * Scale + Offset;
    }

    sealed record Block(Norm Norm1, Dense Qkv, Dense Joined, Norm Norm2, Dense Up, Dense Down) {
        public static readonly Init<Block> Init =
            from qkv in Dense(Width, 3 * Width)
            from joined in Dense(Width, Width)
            from up in Dense(Width, 4 * Width)
            from down in Dense(4 * Width, Width)
            select new Block(Norm.Start, qkv, joined, Norm.Start, up, down);

        public Tensor Apply(Tensor x) {
            // [batch, positions, 3, heads, d] -> [3, batch, heads, positions, d]
            var qkv = Qkv.Apply(Norm1.Apply(x)).Reshape(Batch, Context, 3, Heads, Width / Heads).Transpose(2, 0, 3, 1, 4);
            var seen = DotProductAttention(qkv[0], qkv[1], qkv[2], causal: true);
            x += Joined.Apply(seen.SwapAxes(1, 2).Reshape(Batch, Context, Width));
            return x + Down.Apply(Gelu(Up.Apply(Norm2.Apply(x))));
        }
    }
}
