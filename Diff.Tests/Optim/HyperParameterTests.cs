namespace Diff.Tests.Optim;

/// <summary>Numbers that an optimizer, a loss or a layer is not defined for are refused where they are given, by their names.</summary>
public class HyperParameterTests {
    public static TheoryData<string, Func<object>> Refused => new() {
        { "rate", () => Sgd(-0.1) },
        { "rate", () => Adam(double.NaN) },
        { "b1", () => Adam(b1: 2) },
        { "b2", () => AdamW(b2: 1) },
        { "eps", () => Amsgrad(eps: -1) },
        { "decay", () => RmsProp(decay: -0.1) },
        { "decay", () => Sgd(0.1, momentum: -1) },
        { "dampening", () => Sgd(0.1, momentum: 0.9, dampening: 2) },
        { "decay", () => AdamW(weightDecay: -1) },
        { "max", () => ClipByGlobalNorm(-1) },
        { "delta", () => Huber(Tensor.Ones(2), Tensor.Ones(2), delta: 0) },
        { "smoothing", () => CrossEntropy(Tensor.Ones(2, 3), Tensor.Ints(0, 1), smoothing: 1.5) },
        { "steps", () => Train.Fit(0, -1, Sgd(0.1), p => p * p) },
        { "tolerance", () => GaussNewton(p => p, Tensor.Of(1), tolerance: double.NaN) },
        { "size", () => new Dataset(Tensor.Ones(2, 1), Tensor.Ints(0, 1)).BatchCount(0) },
        { "n", () => Key.Of(0).Split(-1) },
        { "groups", () => Conv(Tensor.Ones(1, 1, 3), Tensor.Ones(1, 1, 1), groups: 0) },
        { "strides", () => Conv(Tensor.Ones(1, 1, 3), Tensor.Ones(1, 1, 1), stride: 0) },
        { "padding", () => Conv(Tensor.Ones(1, 1, 3), Tensor.Ones(1, 1, 1), padding: -1) },
        { "windows", () => MaxPool(Tensor.Ones(1, 1, 3), 0) },
        { "kernel", () => Conv2d(1, 1, 0) },
    };

    [Theory, MemberData(nameof(Refused))]
    public void Out_of_range(string name, Func<object> make) => Assert.Contains(name, Assert.Throws<DomainException>(make).Message, StringComparison.Ordinal);

    [Fact]
    public void The_edges_are_in_range() {
        _ = (Sgd(0), Adam(b1: 0, b2: 0, eps: 0), RmsProp(decay: 0), ClipByGlobalNorm(0), CrossEntropy(Tensor.Ones(2, 3), Tensor.Ints(0, 1), smoothing: 1));
        Assert.Empty(Key.Of(0).Split(0));
    }

    [Fact]
    public void Gauss_Newton_ends_where_there_is_no_number() =>
        Assert.False(GaussNewton(p => Sqrt(p - 2), Tensor.Of(1)).Converged);
}
