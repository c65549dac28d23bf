namespace Diff.Benchmarks;

/// <summary>A long short-term memory of 128 cells that reads 100 steps of 32 numbers, 16 sequences at once, and classifies them.</summary>
static class Recurrent {
    const int Steps = 100, Batch = 16, Inputs = 32, Cells = 128, Classes = 10;
    const double Parameters = (Inputs + 1) * 4 * Cells + (Cells + 1) * 4 * Cells + (Cells + 1) * Classes;

    public static readonly Workload[] All = [
        Workload.Training<Memory>("lstm-100-adam", new(2.0 * Steps * Batch * (2 * Inputs + 3 * Cells) * 4 * Cells, 4.0 * Steps * Batch * Inputs + 24 * Parameters), () => {
            var (kn, kx, ky) = Key.Of(0).Split();
            Tensor x = kx.Normal(Steps, Batch, Inputs), labels = ky.RandInt(0, Classes, Batch);
            return (Memory.Init.Run(kn), Adam(1e-3), n => CrossEntropy(n.Apply(x), labels).Mean());
        }),
    ];

    sealed record State(Tensor H, Tensor C);

    sealed record Memory(Dense Input, Dense Recurrent, Dense Output) {
        public static readonly Init<Memory> Init =
            from input in Dense(Inputs, 4 * Cells)
            from recurrent in Dense(Cells, 4 * Cells)
            from output in Dense(Cells, Classes)
            select new Memory(input, recurrent, output);

        public Tensor Apply(Tensor x) {
            // What comes from outside is one product for all steps.
            var start = new State(Tensor.Zeros(Batch, Cells), Tensor.Zeros(Batch, Cells));
            return Output.Apply(Scan<State, Tensor, Tensor[]>(start, Input.Apply(x), (s, outside) => (Next(s, outside + Recurrent.Apply(s.H)), [])).Final.H);
        }

        static State Next(State s, Tensor sums) {
            var gates = sums.Split(4, -1);
            var c = Sigmoid(gates[1]) * s.C + Sigmoid(gates[0]) * Tanh(gates[2]);
            return new(Sigmoid(gates[3]) * Tanh(c), c);
        }
    }
}
