using static Diff.Functions;

namespace Diff.Examples;

/// <summary>ADBench's long short-term memory: l layers of b cells, each with weights of its own alone, predict the next b bits of a text.</summary>
/// <param name="Main">In each layer 4b weights, then 4b biases: of the forget, in- and out-gates and of the change [2l, 4b].</param>
/// <param name="Extra">In-weights, out-weights and out-biases [3, b].</param>
public sealed record Lstm(Tensor Main, Tensor Extra) {
    /// <summary>What is predicted: from a state, h and c of each layer [2l, b], the bits of each character [c, b].</summary>
    public sealed record Data(Tensor State, Tensor Sequence);

    /// <summary>The mean loss of predicting each character's bits from those before it.</summary>
    public static Tensor Objective(Lstm p, Data data) {
        var (c, b) = (data.Sequence.Shape[0], data.Sequence.Shape[1]);
        var layers = p.Main.Reshape(-1, 2, 4, b).Unstack();
        var start = Array.ConvertAll(data.State.Reshape(-1, 2, b).Unstack(), s => new Cell(s[0], s[1]));
        var outputs = Scan(start, data.Sequence[..^1], (cells, bits) => {
            var (next, x) = (new Cell[layers.Length], bits * p.Extra[0]);
            for (var l = 0; l < next.Length; l++) {
                next[l] = cells[l].Next(layers[l][0], layers[l][1], x);
                x = next[l].H;
            }
            return (next, x);
        }).Ys;
        var y = outputs * p.Extra[1] + p.Extra[2];
        var predicted = y - Log(2 + Exp(y).Sum(-1))[.., NewAxis];
        return -(data.Sequence[1..] * predicted).Sum() / ((c - 1) * b);
    }

    /// <summary>What a layer carries from character to character: h and c [b].</summary>
    sealed record Cell(Tensor H, Tensor C) {
        // Weights and biases [4, b] of the forget, in- and out-gates and of the change.
        public Cell Next(Tensor w, Tensor bias, Tensor x) {
            var (forget, ingate, outgate) = (Sigmoid(x * w[0] + bias[0]), Sigmoid(H * w[1] + bias[1]), Sigmoid(x * w[2] + bias[2]));
            var c = C * forget + ingate * Tanh(H * w[3] + bias[3]);
            return new(outgate * Tanh(c), c);
        }
    }

    /// <summary>Reads ADBench's file.</summary>
    public static (Lstm Parameters, Data Data) Read(string file) {
        var rows = NumberFile.Rows(file);
        var layers = (int)rows[0][0];
        var (main, extra, state, sequence) = (rows[1..(2 * layers + 1)], rows[(2 * layers + 1)..(2 * layers + 4)], rows[(2 * layers + 4)..(4 * layers + 4)], rows[(4 * layers + 4)..]);
        return (new(NumberFile.Matrix(main), NumberFile.Matrix(extra)), new(NumberFile.Matrix(state), NumberFile.Matrix(sequence)));
    }

    /// <summary>A problem of ADBench's kind, drawn: c characters of b bits, l layers.</summary>
    public static (Lstm Parameters, Data Data) Draw(Key key, int l, int c, int b) {
        var (km, ke, ks, kb) = key.Split();
        return (new(km.Uniform(DType.F64, 2 * l, 4 * b), ke.Uniform(DType.F64, 3, b)), new(ks.Uniform(DType.F64, 2 * l, b), kb.Bernoulli(0.5, c, b).To(DType.F64)));
    }
}
