"""Writes functions.json: values and gradients of convolutions, pooling, softmax and activations, and twenty steps of each optimizer,
by PyTorch in float64. Inputs are by the hash formula. Run: /usr/bin/python3 functions.py (torch 1.13, numpy, mpmath)."""
import json
import math
import os

import mpmath
import numpy as np
import torch
import torch.nn.functional as F

from hashing import FORMULA, array, samples

torch.set_num_threads(1)
mpmath.mp.dps = 120  # differences of step 1e-40 keep 35 digits of a derivative of 1e-44


def tensor(shape, seed, scale=2.0):
    return torch.tensor(array(shape, seed, scale), dtype=torch.float64, requires_grad=True)


def flat(t):
    return t.detach().reshape(-1).tolist()


# ---------------------------------------------------------------- convolutions
# name, input [n, c, ...], weight [out, c/groups, ...], stride, padding, dilation, groups
CONVS = [
    ("1d plain", [1, 1, 6], [1, 1, 3], [1], [0], [1], 1),
    ("1d stride and padding", [2, 2, 7], [3, 2, 3], [2], [1], [1], 1),
    ("1d dilation and groups", [1, 4, 7], [4, 2, 2], [1], [2], [3], 2),
    ("1d stride beyond the kernel", [1, 2, 8], [2, 2, 2], [3], [0], [1], 1),
    ("2d plain", [1, 1, 4, 4], [1, 1, 3, 3], [1, 1], [0, 0], [1, 1], 1),
    ("2d channels and batch", [2, 2, 4, 3], [3, 2, 2, 2], [1, 1], [0, 0], [1, 1], 1),
    ("2d unequal stride and padding", [1, 2, 5, 4], [2, 2, 3, 2], [2, 1], [1, 0], [1, 1], 1),
    ("2d stride that leaves a rest", [1, 1, 6, 6], [2, 1, 3, 3], [2, 2], [0, 0], [1, 1], 1),
    ("2d dilation", [1, 1, 6, 5], [2, 1, 2, 3], [1, 1], [1, 2], [2, 2], 1),
    ("2d groups", [1, 4, 3, 4], [4, 2, 2, 2], [1, 1], [1, 0], [1, 1], 2),
    ("2d depthwise, two of each", [1, 3, 4, 4], [6, 1, 3, 3], [1, 1], [1, 1], [1, 1], 3),
    ("2d one by one", [2, 3, 2, 3], [2, 3, 1, 1], [1, 1], [0, 0], [1, 1], 1),
    ("2d padding beyond the input", [1, 1, 2, 2], [1, 1, 2, 2], [2, 2], [3, 3], [1, 1], 1),
    ("2d all at once", [1, 4, 6, 5], [2, 2, 2, 2], [2, 1], [1, 2], [2, 3], 2),
    ("3d plain", [1, 1, 3, 3, 3], [2, 1, 2, 2, 2], [1, 1, 1], [0, 0, 0], [1, 1, 1], 1),
    ("3d all at once", [1, 2, 3, 4, 4], [2, 1, 2, 1, 2], [1, 2, 1], [1, 0, 0], [1, 1, 2], 2),
]


def convs():
    for k, (name, xs, ws, stride, padding, dilation, groups) in enumerate(CONVS):
        x, w = tensor(xs, 1000 + k), tensor(ws, 1100 + k)
        y = [F.conv1d, F.conv2d, F.conv3d][len(stride) - 1](x, w, None, stride, padding, dilation, groups)
        ct = tensor(y.shape, 1200 + k).detach()
        y.backward(ct)
        yield {
            "name": name, "x_shape": xs, "x_seed": 1000 + k, "w_shape": ws, "w_seed": 1100 + k, "y_shape": list(y.shape), "ct_seed": 1200 + k,
            "stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "y": flat(y), "dx": flat(x.grad), "dw": flat(w.grad)}


# ---------------------------------------------------------------- transposed convolutions
# name, input [n, c, ...], weight [c, out/groups, ...], stride, padding, output padding, dilation, groups
TRANSPOSED = [
    ("1d plain", [1, 1, 4], [1, 1, 3], [1], [0], [0], [1], 1),
    ("1d stride and padding", [2, 2, 4], [2, 3, 3], [2], [1], [0], [1], 1),
    ("1d output padding", [1, 2, 4], [2, 2, 3], [3], [1], [2], [1], 1),
    ("1d dilation and groups", [1, 4, 5], [4, 3, 2], [1], [1], [0], [3], 2),
    ("1d stride beyond the kernel", [1, 1, 3], [1, 2, 2], [4], [0], [1], [1], 1),
    ("2d channels and batch", [2, 2, 3, 2], [2, 3, 2, 2], [1, 1], [0, 0], [0, 0], [1, 1], 1),
    ("2d doubling", [1, 3, 3, 3], [3, 2, 4, 4], [2, 2], [1, 1], [0, 0], [1, 1], 1),
    ("2d one by one, padding cuts", [1, 2, 4, 3], [2, 2, 1, 1], [1, 1], [1, 0], [0, 0], [1, 1], 1),
    ("2d depthwise", [1, 3, 3, 3], [3, 2, 3, 3], [2, 1], [1, 1], [1, 0], [1, 1], 3),
    ("2d all at once", [2, 4, 3, 4], [4, 2, 2, 3], [2, 3], [1, 2], [1, 0], [2, 1], 2),
    ("3d plain", [1, 1, 2, 2, 2], [1, 2, 2, 2, 2], [1, 1, 1], [0, 0, 0], [0, 0, 0], [1, 1, 1], 1),
    ("3d all at once", [1, 2, 2, 3, 2], [2, 1, 2, 1, 3], [2, 2, 1], [1, 0, 1], [1, 1, 0], [1, 1, 2], 2),
]


def transposed():
    for k, (name, xs, ws, stride, padding, output_padding, dilation, groups) in enumerate(TRANSPOSED):
        x, w = tensor(xs, 6000 + k), tensor(ws, 6100 + k)
        y = [F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d][len(stride) - 1](x, w, None, stride, padding, output_padding, groups, dilation)
        y.backward(tensor(y.shape, 6200 + k).detach())
        yield {
            "name": name, "x_shape": xs, "x_seed": 6000 + k, "w_shape": ws, "w_seed": 6100 + k, "y_shape": list(y.shape), "ct_seed": 6200 + k, "stride": stride,
            "padding": padding, "output_padding": output_padding, "dilation": dilation, "groups": groups, "y": flat(y), "dx": flat(x.grad), "dw": flat(w.grad)}


# ---------------------------------------------------------------- pooling
# name, kind, input, kernel, stride, padding, dilation (max), count_include_pad (avg)
POOLS = [
    ("max 2", "max", [1, 2, 4, 4], [2, 2], [2, 2], [0, 0], [1, 1], None),
    ("max 3 by 2, overlapping and padded", "max", [2, 1, 5, 5], [3, 3], [2, 2], [1, 1], [1, 1], None),
    ("max unequal", "max", [1, 1, 5, 6], [2, 3], [1, 2], [0, 1], [1, 1], None),
    ("max dilated", "max", [1, 1, 5, 5], [2, 2], [1, 1], [0, 0], [2, 2], None),
    ("max with a rest", "max", [1, 1, 5, 5], [2, 2], [2, 2], [0, 0], [1, 1], None),
    ("avg 2", "avg", [1, 2, 4, 4], [2, 2], [2, 2], [0, 0], None, True),
    ("avg padded, padding counted", "avg", [1, 1, 5, 4], [3, 3], [2, 1], [1, 1], None, True),
    ("avg padded, padding not counted", "avg", [1, 1, 5, 4], [3, 3], [2, 1], [1, 1], None, False),
]


def pools():
    for k, (name, kind, xs, kernel, stride, padding, dilation, counted) in enumerate(POOLS):
        x = tensor(xs, 2000 + k)
        y = F.max_pool2d(x, kernel, stride, padding, dilation) if kind == "max" else F.avg_pool2d(x, kernel, stride, padding, count_include_pad=counted)
        y.backward(tensor(y.shape, 2100 + k).detach())
        yield {
            "name": name, "kind": kind, "x_shape": xs, "x_seed": 2000 + k, "y_shape": list(y.shape), "ct_seed": 2100 + k, "kernel": kernel,
            "stride": stride, "padding": padding, "dilation": dilation, "count_include_pad": counted, "y": flat(y), "dx": flat(x.grad)}


# ---------------------------------------------------------------- softmax family, along the last axis
def softmaxes():
    labels = [3, 0, 4, 1]
    named = [("hash", tensor([4, 5], 3000, 8.0), 3000), ("extreme", torch.tensor(
        [[1000.0, 999, -1000, 0, 1], [-1e4, -1e4, -1e4, -1e4, -1e4 - 1], [0, 0, 0, 0, 0], [88, -88, 700, 710, -745]], dtype=torch.float64, requires_grad=True), None)]
    for name, x, seed in named:
        ct = tensor([4, 5], 3001).detach()
        case = {"name": name, "x_shape": [4, 5], "x_seed": seed, "x_scale": 8.0, "x": None if seed else flat(x), "ct_seed": 3001, "labels": labels}
        for key, f in (("softmax", lambda: F.softmax(x, 1)), ("log_softmax", lambda: F.log_softmax(x, 1)), ("log_sum_exp", lambda: torch.logsumexp(x, 1))):
            y = f()
            g, = torch.autograd.grad(y, x, ct if y.dim() == 2 else ct[:, 0])
            case[key] = {"y": flat(y), "dx": flat(g)}
        y = F.cross_entropy(x, torch.tensor(labels), reduction="none")
        g, = torch.autograd.grad(y.mean(), x)
        case["cross_entropy"] = {"each": flat(y), "mean": y.mean().item(), "dx_of_mean": flat(g)}
        p = F.softmax(tensor([4, 5], 3002, 4.0), 1).detach()
        case["cross_entropy_soft"] = {"targets": flat(p), "each": flat(F.cross_entropy(x, p, reduction="none"))}
        yield case


# ---------------------------------------------------------------- activations
GRID = sorted([k / 2 for k in range(-12, 13)] + [-100.0, -30.0, -20.0, -10.0, -1e-3, -1e-8, 1e-8, 1e-3, 10.0, 19.5, 30.0, 100.0])

# In many digits by mpmath, whose values torch's must match; torch loses relative digits where sigmoid, tanh or erf are near -1 or 1.
EXACT = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "tanh": mpmath.tanh,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "silu": lambda x: x / (1 + mpmath.exp(-x)),
    "elu": lambda x: x if x > 0 else mpmath.expm1(x),
    "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
    "gelu_tanh": lambda x: x / 2 * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3))),
}
TORCH = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": lambda x: F.softplus(x, threshold=700), "silu": F.silu, "elu": F.elu, "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
}


def activations():
    out = {"x": GRID}
    for name, f in EXACT.items():
        y = [float(f(mpmath.mpf(v))) for v in GRID]
        dy = [float(mpmath.diff(f, mpmath.mpf(v), h=mpmath.mpf(10) ** -40)) if v != 0 else float(mpmath.diff(f, 0, direction=-1)) for v in GRID]
        x = torch.tensor(GRID, dtype=torch.float64, requires_grad=True)
        t = TORCH[name](x)
        g, = torch.autograd.grad(t.sum(), x)
        for ours, theirs, what in ((y, t.tolist(), "values"), (dy, g.tolist(), "derivatives")):
            apart = max(abs(a - b) / (1e-300 + max(abs(a), 1e-9)) for a, b in zip(ours, theirs))
            print(f"{name} {what}: torch is off by {apart:.1e}")
            assert apart < 1e-6 and max(abs(a - b) for a, b in zip(ours, theirs)) < 1e-13
        out[name] = {"y": y, "dy": dy}
    return out


# ---------------------------------------------------------------- optimizers
A, C = [1.0, 2.0, 3.0, 4.0, 5.0], [1.0, -1.0, 0.5, -0.5, 2.0]
LOSS = "L(x) = sum_i a_i/2 (x_i - c_i)^2 + sum_i x_i^4/4 + (sum_i x_i)^2/20"


def gradient(x):
    return np.array(A) * (x - np.array(C)) + x**3 + x.sum() / 10


OPTIMIZERS = [
    ("sgd", "SGD", {"lr": 0.02}),
    ("sgd momentum", "SGD", {"lr": 0.02, "momentum": 0.9}),
    ("sgd momentum dampening", "SGD", {"lr": 0.02, "momentum": 0.9, "dampening": 0.5}),
    ("sgd nesterov", "SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
    ("sgd weight decay", "SGD", {"lr": 0.02, "weight_decay": 0.1}),
    ("sgd nesterov weight decay", "SGD", {"lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("adam", "Adam", {"lr": 0.05}),
    ("adam other constants", "Adam", {"lr": 0.05, "betas": [0.8, 0.95], "eps": 1e-3}),
    ("adam weight decay", "Adam", {"lr": 0.05, "weight_decay": 0.1}),
    ("adam amsgrad", "Adam", {"lr": 0.05, "amsgrad": True}),
    ("adamw", "AdamW", {"lr": 0.05, "weight_decay": 0.1}),
    ("rmsprop", "RMSprop", {"lr": 0.02}),
    ("rmsprop centered", "RMSprop", {"lr": 0.02, "centered": True}),
    ("rmsprop momentum", "RMSprop", {"lr": 0.02, "momentum": 0.9}),
    ("rmsprop all", "RMSprop", {"lr": 0.02, "alpha": 0.9, "eps": 1e-4, "momentum": 0.5, "centered": True, "weight_decay": 0.1}),
]


def by_hand(kind, o, x, steps):
    """The update rules as their papers and torch's documentation give them, without torch."""
    lr, decay, momentum = o["lr"], o.get("weight_decay", 0.0), o.get("momentum", 0.0)
    m, v, mean, top = np.zeros(5), np.zeros(5), np.zeros(5), np.zeros(5)
    for t in range(1, steps + 1):
        g = gradient(x)
        if kind == "AdamW":
            x = x * (1 - lr * decay)
        else:
            g = g + decay * x
        if kind == "SGD":
            m = g if t == 1 else momentum * m + (1 - o.get("dampening", 0.0)) * g
            x = x - lr * (g + momentum * m if o.get("nesterov") else m if momentum else g)
        elif kind == "RMSprop":
            alpha = o.get("alpha", 0.99)
            v, mean = alpha * v + (1 - alpha) * g * g, alpha * mean + (1 - alpha) * g
            step = g / (np.sqrt(v - mean * mean if o.get("centered") else v) + o.get("eps", 1e-8))
            m = momentum * m + step
            x = x - lr * m
        else:
            b1, b2 = o.get("betas", (0.9, 0.999))
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
            top = np.maximum(top, v)
            used = top if o.get("amsgrad") else v
            x = x - lr * (m / (1 - b1**t)) / (np.sqrt(used / (1 - b2**t)) + o.get("eps", 1e-8))
    return x


def optimizers():
    for name, kind, options in OPTIMIZERS:
        x = tensor([5], 5000, 3.0)
        optimizer = getattr(torch.optim, kind)([x], **options)
        losses = []
        for _ in range(20):
            loss = (torch.tensor(A) / 2 * (x - torch.tensor(C)) ** 2).sum() + (x**4 / 4).sum() + x.sum() ** 2 / 20
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        hand = by_hand(kind, options, array([5], 5000, 3.0), 20)
        assert np.abs(hand - x.detach().numpy()).max() < 1e-14, (name, hand, x)
        yield {"name": name, "kind": kind, "options": options, "losses": losses, "final": flat(x)}


out = {
    "about": "arrays are flat in row-major order; x, w and the cotangent ct of y are by the formula with scale 2 unless a scale is given",
    "formula": FORMULA,
    "by": f"PyTorch {torch.__version__} in float64; activations by mpmath {mpmath.__version__} in 120 digits, torch agreeing to 1e-13",
    "samples": samples(),
    "conv": list(convs()),
    "conv transpose": list(transposed()),
    "pool": list(pools()),
    "softmax": list(softmaxes()),
    "activations": activations(),
    "optimizers": {"loss": LOSS, "a": A, "c": C, "x_seed": 5000, "x_scale": 3.0, "steps": 20, "cases": list(optimizers())},
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "functions.json"), "w") as f:
    f.write("{\n" + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}".replace("}, {", "},\n  {") for k, v in out.items()) + "\n}\n")
