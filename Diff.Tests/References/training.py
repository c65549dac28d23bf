"""Writes training.json: fifty training steps of examples 3, 6 and 8, by PyTorch in float32 and in float64 and, for the two-layer
networks and the convolutional one, by derivatives worked out by hand in numpy. Run: /usr/bin/python3 training.py (torch 1.13, numpy)."""
import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F

from hashing import FORMULA, array, samples

STEPS = 50
torch.set_num_threads(1)


def unit(name, seed, *shape):
    """Uniform of variance 1, for what the tutorials draw with randn."""
    return {"name": name, "seed": seed, "shape": list(shape), "scale": math.sqrt(12)}


def layer(name, seed, fan_in, *shape):
    """PyTorch's default for Linear and Conv: uniform in +-1/sqrt(fan_in), weights and biases."""
    return {"name": name, "seed": seed, "shape": list(shape), "scale": 2 / math.sqrt(fan_in)}


# Parameters in Diff's layout: a dense weight is [in, out], a convolution's [out, in, height, width].
CASES = {
    "two-layer": {
        "about": "example 3: loss = sum((max(x@w1, 0)@w2 - y)^2); w -= 1e-6 * gradient",
        "rate": 1e-6,
        "data": [unit("x", 1, 64, 1000), unit("y", 2, 64, 10)],
        "parameters": [unit("w1", 3, 1000, 100), unit("w2", 4, 100, 10)],
    },
    "two-layer-adam": {
        "about": "example 6: loss = sum((relu(x@w1 + b1)@w2 + b2 - y)^2); Adam, betas 0.9 0.999, eps 1e-8 outside the root, bias corrected",
        "rate": 1e-3,
        "data": [unit("x", 11, 64, 1000), unit("y", 12, 64, 10)],
        "parameters": [layer("w1", 13, 1000, 1000, 100), layer("b1", 14, 1000, 100), layer("w2", 15, 100, 100, 10), layer("b2", 16, 100, 10)],
    },
    "cnn": {
        "about": "example 8: conv1 5x5, relu, maxpool 2, conv2 5x5, relu, maxpool 2, flatten, fc1, relu, fc2, relu, fc3; mean squared error; SGD",
        "rate": 0.01,
        "data": [unit("x", 21, 1, 1, 32, 32), unit("target", 22, 1, 10)],
        "parameters": [
            layer("conv1.weight", 23, 25, 6, 1, 5, 5), layer("conv1.bias", 24, 25, 6),
            layer("conv2.weight", 25, 150, 16, 6, 5, 5), layer("conv2.bias", 26, 150, 16),
            layer("fc1.weight", 27, 400, 400, 120), layer("fc1.bias", 28, 400, 120),
            layer("fc2.weight", 29, 120, 120, 84), layer("fc2.bias", 30, 120, 84),
            layer("fc3.weight", 31, 84, 84, 10), layer("fc3.bias", 32, 84, 10),
        ],
    },
}


def arrays(specs):
    return [array(s["shape"], s["seed"], s["scale"]) for s in specs]


def two_layer(p, x, y):
    w1, w2 = p
    return (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()


def two_layer_adam(p, x, y):
    w1, b1, w2, b2 = p
    # Through F.linear on the transposed weight, torch's own layer.
    return F.mse_loss(F.linear(F.relu(F.linear(x, w1.t(), b1)), w2.t(), b2), y, reduction="sum")


def cnn(p, x, y):
    x = F.max_pool2d(F.relu(F.conv2d(x, p[0], p[1])), 2)
    x = F.max_pool2d(F.relu(F.conv2d(x, p[2], p[3])), 2).flatten(1)
    x = F.relu(F.linear(x, p[4].t(), p[5]))
    x = F.relu(F.linear(x, p[6].t(), p[7]))
    return F.mse_loss(F.linear(x, p[8].t(), p[9]), y)


LOSSES = {"two-layer": two_layer, "two-layer-adam": two_layer_adam, "cnn": cnn}


def by_torch(name, dtype):
    case = CASES[name]
    data = [torch.tensor(a, dtype=dtype) for a in arrays(case["data"])]
    params = [torch.tensor(a, dtype=dtype, requires_grad=True) for a in arrays(case["parameters"])]
    optimizer = (torch.optim.Adam if name == "two-layer-adam" else torch.optim.SGD)(params, lr=case["rate"])
    losses = []
    for _ in range(STEPS):
        loss = LOSSES[name](params, *data)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, [p.detach().numpy() for p in params]


def two_layer_by_hand():
    (x, y), (w1, w2) = arrays(CASES["two-layer"]["data"]), arrays(CASES["two-layer"]["parameters"])
    losses = []
    for _ in range(STEPS):
        h = x @ w1
        r = np.maximum(h, 0)
        d = r @ w2 - y
        losses.append(float((d * d).sum()))
        g2 = r.T @ (2 * d)
        g1 = x.T @ ((2 * d) @ w2.T * (h > 0))
        w1, w2 = w1 - 1e-6 * g1, w2 - 1e-6 * g2
    return losses, [w1, w2]


def two_layer_adam_by_hand():
    (x, y), p = arrays(CASES["two-layer-adam"]["data"]), arrays(CASES["two-layer-adam"]["parameters"])
    m, v = [0 * a for a in p], [0 * a for a in p]
    losses = []
    for t in range(1, STEPS + 1):
        w1, b1, w2, b2 = p
        h = x @ w1 + b1
        r = np.maximum(h, 0)
        d = r @ w2 + b2 - y
        losses.append(float((d * d).sum()))
        dh = (2 * d) @ w2.T * (h > 0)
        g = [x.T @ dh, dh.sum(0), r.T @ (2 * d), (2 * d).sum(0)]
        m = [0.9 * a + (1 - 0.9) * b for a, b in zip(m, g)]
        v = [0.999 * a + (1 - 0.999) * b * b for a, b in zip(v, g)]
        p = [q - 1e-3 * (a / (1 - 0.9**t)) / (np.sqrt(b / (1 - 0.999**t)) + 1e-8) for q, a, b in zip(p, m, v)]
    return losses, p


def cnn_by_hand():
    (x, y), p = arrays(CASES["cnn"]["data"]), arrays(CASES["cnn"]["parameters"])

    def windows(a):  # [c, h, w] -> [h-4, w-4, c, 5, 5]
        return np.lib.stride_tricks.sliding_window_view(a, (5, 5), (1, 2)).transpose(1, 2, 0, 3, 4)

    def conv(a, w, b):
        return np.einsum("hwcij,ocij->ohw", windows(a), w) + b[:, None, None]

    def conv_back(a, w, g):
        wide = np.pad(g, ((0, 0), (4, 4), (4, 4)))
        return (np.einsum("hwoij,ocij->chw", windows(wide), w[:, :, ::-1, ::-1]), np.einsum("hwcij,ohw->ocij", windows(a), g), g.sum((1, 2)))

    def pool(a):
        c, h, w = a.shape
        blocks = a.reshape(c, h // 2, 2, w // 2, 2).transpose(0, 1, 3, 2, 4).reshape(c, h // 2, w // 2, 4)
        return blocks.max(-1), blocks.argmax(-1)

    def pool_back(at, g):
        c, h, w = g.shape
        blocks = (np.arange(4) == at[..., None]) * g[..., None]
        return blocks.reshape(c, h, w, 2, 2).transpose(0, 1, 3, 2, 4).reshape(c, 2 * h, 2 * w)

    losses = []
    for _ in range(STEPS):
        c1 = conv(x[0], p[0], p[1])
        s1, at1 = pool(np.maximum(c1, 0))
        c2 = conv(s1, p[2], p[3])
        s2, at2 = pool(np.maximum(c2, 0))
        f0 = s2.reshape(-1)
        f1 = f0 @ p[4] + p[5]
        f2 = np.maximum(f1, 0) @ p[6] + p[7]
        d = np.maximum(f2, 0) @ p[8] + p[9] - y[0]
        losses.append(float((d * d).mean()))
        g3 = 2 * d / 10
        g2 = (p[8] @ g3) * (f2 > 0)
        g1 = (p[6] @ g2) * (f1 > 0)
        gc2 = pool_back(at2, (p[4] @ g1).reshape(s2.shape)) * (c2 > 0)
        gs1, gw2, gb2 = conv_back(s1, p[2], gc2)
        _, gw1, gb1 = conv_back(x[0], p[0], pool_back(at1, gs1) * (c1 > 0))
        g = [gw1, gb1, gw2, gb2, np.outer(f0, g1), g1, np.outer(np.maximum(f1, 0), g2), g2, np.outer(np.maximum(f2, 0), g3), g3]
        p = [a - 0.01 * b for a, b in zip(p, g)]
    return losses, p


HANDS = {"two-layer": two_layer_by_hand, "two-layer-adam": two_layer_adam_by_hand, "cnn": cnn_by_hand}


def worst(a, b):
    return max(abs(u - v) / abs(v) for u, v in zip(a, b))


out = {
    "about": "losses[t] is the loss before update t; finals are of the parameters after the last of the 50 updates",
    "formula": FORMULA,
    "by": f"PyTorch {torch.__version__}, numpy {np.__version__}",
    "samples": samples(),
    "cases": {},
}
for name, case in CASES.items():
    single, _ = by_torch(name, torch.float32)
    double, params = by_torch(name, torch.float64)
    hand, by_hand = HANDS[name]()
    print(f"{name}: {double[0]:.6g} -> {double[-1]:.6g}; f32 against f64 {worst(single, double):.1e}; by hand against torch f64 {worst(hand, double):.1e}, "
          f"parameters {max(np.abs(a - b).max() for a, b in zip(by_hand, params)):.1e}")
    assert worst(hand, double) < 1e-12 and worst(single, double) < 1e-4
    out["cases"][name] = dict(
        case, steps=STEPS, losses_f32=single, losses_f64=double, losses_by_hand=hand,
        finals=[{"name": s["name"], "sum": float(p.sum()), "sum_of_squares": float((p * p).sum())} for s, p in zip(case["parameters"], params)])

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "training.json"), "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
