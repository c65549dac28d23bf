namespace Diff.Examples;

/// <summary>Handwritten-looking digits that the program draws itself, so that a network can be trained where no data set is at hand.</summary>
/// <remarks>Every image has its own style, place, size, turn, slant, pen and tremble, and noise on every pixel: hard enough that a
/// linear classifier stays near 93 of 100, easy enough that a small convolutional network gets 98 within two epochs of 12,000.</remarks>
public static class Digits {
    /// <summary>Rows and columns of an image.</summary>
    public const int Side = 28;

    const int Pixels = Side * Side;

    /// <summary>Draws grey images in [0, 1], row-major <c>[count, 28, 28]</c>, with their labels 0 to 9.</summary>
    /// <remarks>Image i is a function of the seed and i alone, whatever the count and however many threads draw. Every ten images
    /// hold each digit once, in random order.</remarks>
    public static (float[] Images, int[] Labels) Draw(int count, ulong seed) {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var (images, labels) = (new float[checked(count * Pixels)], new int[count]);
        Parallel.For(0, (count + Chunk - 1) / Chunk, chunk => {
            for (var i = chunk * Chunk; i < Math.Min(count, (chunk + 1) * Chunk); i++) {
                labels[i] = Label(seed, i);
                DrawOne(labels[i], new Dice(seed, (ulong)i), images.AsSpan(i * Pixels, Pixels));
            }
        });
        return (images, labels);
    }

    const int Chunk = 64;

    // The decade's permutation of the ten digits, by Fisher and Yates, read at the image's place in it.
    static int Label(ulong seed, int index) {
        var dice = new Dice(~seed, (ulong)(index / 10));
        Span<int> digits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        for (var i = 9; i > 0; i--) {
            var j = dice.Below(i + 1);
            (digits[i], digits[j]) = (digits[j], digits[i]);
        }
        return digits[index % 10];
    }

    static void DrawOne(int digit, Dice dice, Span<float> image) {
        var styles = Glyphs.Strokes[digit];
        var strokes = styles[dice.Below(styles.Length)];
        var hand = Hand.Of(ref dice);
        var pen = dice.Between(0.8f, 1.7f);                    // half the stroke's width, in pixels
        var ink = dice.Between(0.9f, 1f);
        Span<float> distances = stackalloc float[Pixels];       // squared, from each pixel to the nearest stroke
        distances.Fill(float.MaxValue);
        foreach (var stroke in strokes) {
            var (x, y) = hand.Place(stroke[0], stroke[1], ref dice);
            for (var i = 2; i < stroke.Length; i += 2) {
                var (nextX, nextY) = hand.Place(stroke[i], stroke[i + 1], ref dice);
                Approach(distances, x, y, nextX, nextY, pen + 1);
                (x, y) = (nextX, nextY);
            }
        }
        var noise = dice.Between(0.02f, 0.08f);
        for (var i = 0; i < Pixels; i++) {
            // Full inside the pen, nothing a pixel further out: the edge is one pixel of grey.
            var shade = distances[i] == float.MaxValue ? 0 : ink * Math.Clamp(pen + 0.5f - MathF.Sqrt(distances[i]), 0, 1);
            image[i] = Math.Clamp(shade + noise * dice.Bell(), 0, 1);
        }
    }

    // Lowers the squared distances around one segment; only the pixels that the pen can reach are visited.
    static void Approach(Span<float> distances, float x0, float y0, float x1, float y1, float reach) {
        var (left, right) = Bounds(x0, x1, reach);
        var (top, bottom) = Bounds(y0, y1, reach);
        var (dx, dy) = (x1 - x0, y1 - y0);
        var inverse = 1 / MathF.Max(dx * dx + dy * dy, 1e-12f);
        for (var row = top; row <= bottom; row++) {
            for (var column = left; column <= right; column++) {
                var (px, py) = (column - x0, row - y0);
                var t = Math.Clamp((px * dx + py * dy) * inverse, 0, 1);
                var (ex, ey) = (px - t * dx, py - t * dy);
                ref var distance = ref distances[row * Side + column];
                distance = MathF.Min(distance, ex * ex + ey * ey);
            }
        }
    }

    static (int First, int Last) Bounds(float a, float b, float reach) =>
        (Math.Max(0, (int)MathF.Ceiling(MathF.Min(a, b) - reach)), Math.Min(Side - 1, (int)MathF.Floor(MathF.Max(a, b) + reach)));

    const float Middle = (Side - 1) / 2f;

    /// <summary>How one writer's strokes land on the paper: a linear map, a shift, a slow wave and a tremble.</summary>
    readonly record struct Hand(float Xx, float Xy, float Yx, float Yy, float ShiftX, float ShiftY, float Wave, float Phase, float Tremble) {
        public static Hand Of(ref Dice dice) {
            var turn = dice.Around(0, 20) * MathF.PI / 180;
            var slant = dice.Around(0, 0.3f);
            var (width, height) = (dice.Around(18, 3.5f), dice.Around(20.5f, 3));
            var (sin, cos) = MathF.SinCos(turn);
            return new(
                width * cos, height * (-slant * cos - sin), width * sin, height * (cos - slant * sin),
                Shift(ref dice), Shift(ref dice),
                dice.Between(0, 0.6f), dice.Between(0, 2 * MathF.PI), dice.Between(0.05f, 0.35f));
        }

        // Anywhere within 3 pixels of the middle, a little less often at the very edge.
        static float Shift(ref Dice dice) => Middle + dice.Between(-2.5f, 2.5f) + dice.Between(-0.5f, 0.5f);

        public (float X, float Y) Place(float x, float y, ref Dice dice) {
            var (u, v) = (x - 0.5f, y - 0.5f);
            return (
                Xx * u + Xy * v + ShiftX + Wave * MathF.Sin(5 * v + Phase) + Tremble * dice.Bell(),
                Yx * u + Yy * v + ShiftY + Wave * MathF.Cos(5 * u + Phase) + Tremble * dice.Bell());
        }
    }

    /// <summary>SplitMix64: the n-th number of a stream is a hash of (seed, index, n), so streams never wait for each other.</summary>
    struct Dice(ulong seed, ulong index) {
        ulong state = Mix(Mix(seed) + index);

        ulong Next() => Mix(state += 0x9E3779B97F4A7C15);

        public int Below(int n) => (int)Math.BigMul(Next(), (ulong)n, out _);

        public float Between(float low, float high) => low + (high - low) * ((Next() >> 40) * (1f / (1 << 24)));

        /// <summary>Mostly near the middle, never further off than the reach: the sum of two uniform numbers.</summary>
        public float Around(float middle, float reach) => middle + reach * (Between(-0.5f, 0.5f) + Between(-0.5f, 0.5f));

        /// <summary>Nearly normal, mean 0 and deviation 1: four uniform 16-bit parts of one number, added up.</summary>
        public float Bell() {
            var bits = Next();
            var sum = (int)(ushort)bits + (ushort)(bits >> 16) + (ushort)(bits >> 32) + (ushort)(bits >> 48);
            return (sum - 131070) * (1 / 37837f);        // four uniforms of deviation 65536/√12 each
        }

        static ulong Mix(ulong z) {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
