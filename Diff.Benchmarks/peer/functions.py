# Products, chains and single functions; a workload is found by the parts of its name.
import torch
import torch.nn.functional as F

MILLION = 1 << 20
# Names as the table has them: the function, and the domain that it gets numbers of.
UNARY = {
    "neg": (torch.neg, -8, 8), "abs": (torch.abs, -8, 8), "sign": (torch.sign, -8, 8), "square": (torch.square, -8, 8), "reciprocal": (torch.reciprocal, 0.1, 8),
    "exp": (torch.exp, -8, 8), "exp2": (torch.exp2, -8, 8), "expm1": (torch.expm1, -8, 8),
    "log": (torch.log, 0.01, 8), "log2": (torch.log2, 0.01, 8), "log10": (torch.log10, 0.01, 8), "log1p": (torch.log1p, -0.9, 8),
    "sqrt": (torch.sqrt, 0, 8), "rsqrt": (torch.rsqrt, 0.01, 8),
    "sin": (torch.sin, -8, 8), "cos": (torch.cos, -8, 8), "tan": (torch.tan, -8, 8), "asin": (torch.asin, -1, 1), "acos": (torch.acos, -1, 1), "atan": (torch.atan, -8, 8),
    "sinh": (torch.sinh, -8, 8), "cosh": (torch.cosh, -8, 8), "tanh": (torch.tanh, -8, 8), "asinh": (torch.asinh, -8, 8), "acosh": (torch.acosh, 1, 8), "atanh": (torch.atanh, -1, 1),
    "erf": (torch.erf, -4, 4), "erfc": (torch.erfc, -4, 4), "erfinv": (torch.erfinv, -1, 1),
    "floor": (torch.floor, -8, 8), "ceil": (torch.ceil, -8, 8), "round": (torch.round, -8, 8), "trunc": (torch.trunc, -8, 8),
    "isnan": (torch.isnan, -8, 8), "isinf": (torch.isinf, -8, 8), "isfinite": (torch.isfinite, -8, 8),
    "relu": (F.relu, -8, 8), "relu6": (F.relu6, -8, 8), "leakyrelu": (F.leaky_relu, -8, 8), "elu": (F.elu, -8, 8), "celu": (F.celu, -8, 8), "selu": (F.selu, -8, 8),
    "gelu": (F.gelu, -8, 8), "gelutanh": (lambda x: F.gelu(x, approximate="tanh"), -8, 8), "sigmoid": (torch.sigmoid, -8, 8), "softplus": (F.softplus, -8, 8),
    "silu": (F.silu, -8, 8), "mish": (F.mish, -8, 8), "softsign": (F.softsign, -8, 8), "hardtanh": (F.hardtanh, -8, 8), "hardsigmoid": (F.hardsigmoid, -8, 8),
    "hardswish": (F.hardswish, -8, 8),
}


def unary(name, size=MILLION):
    f, low, high = UNARY[name]
    x = torch.rand(size) * (high - low) + low
    return lambda: f(x)


def product(dtype, sizes, form="nn"):
    sizes = [int(n) for n in sizes.split("x")]
    m, k, n = sizes if len(sizes) == 3 else sizes * 3
    dtype = {"f32": torch.float32, "f64": torch.float64}[dtype]
    a = torch.randn(m, k, dtype=dtype) if form[0] == "n" else torch.randn(k, m, dtype=dtype).t()
    b = torch.randn(k, n, dtype=dtype) if form[1] == "n" else torch.randn(n, k, dtype=dtype).t()
    return lambda: a.mm(b)


def adam():
    p = torch.randn(MILLION, requires_grad=True)
    p.grad = torch.randn(MILLION)
    return torch.optim.Adam([p], lr=1e-3).step


def applied(f, *shapes):
    arguments = [torch.randn(s) for s in shapes]
    return lambda: f(*arguments)


def cross_entropy():
    x, labels = torch.randn(1024, 1000, requires_grad=True), torch.randint(0, 1000, (1024,))
    return lambda: torch.autograd.grad(F.cross_entropy(x, labels), x)


CHAINS = {
    "adam-1M": adam,
    "gelu": lambda: applied(F.gelu, (MILLION,)),
    "bias-relu": lambda: applied(lambda x, b: F.relu(x + b), (1024, 1024), (1024,)),
    "softmax": lambda: applied(lambda x: F.softmax(x, -1), (4096, 256)),
    "log-softmax-cross-entropy": cross_entropy,
    "layer-norm": lambda: applied(lambda x, w, b: F.layer_norm(x, (256,), w, b), (4096, 256), (256,), (256,)),
}


def find(workload):
    """The function that makes the step, or None."""
    if workload in CHAINS:
        return CHAINS[workload]
    kind, _, rest = workload.partition("-")
    parts = rest.split("-")
    if kind == "unary" and parts[0] in UNARY:
        return lambda: unary(parts[0], 1 << 14 if parts[1:] == ["16k"] else MILLION)
    return (lambda: product(*parts)) if kind == "gemm" else None
