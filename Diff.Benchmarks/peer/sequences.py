# The transformer, the recurrent networks, and ADBench's objectives.
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

from networks import Adam, trained

BLOCKS, WIDTH, HEADS, CONTEXT, BATCH = 4, 128, 4, 64, 12


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.joined = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.register_buffer("future", torch.ones(CONTEXT, CONTEXT).tril() == 0)

    def forward(self, x):
        q, k, v = self.qkv(self.norm1(x)).view(BATCH, CONTEXT, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-1, -2) * (1 / math.sqrt(WIDTH // HEADS))).masked_fill(self.future, -math.inf)
        seen = (F.softmax(scores, -1) @ v).transpose(1, 2).reshape(BATCH, CONTEXT, WIDTH)
        x = x + self.joined(seen)
        return x + self.down(F.gelu(self.up(self.norm2(x))))


def transformer():
    net = nn.Sequential(*[Block() for _ in range(BLOCKS)])
    return trained(net, torch.randn(BATCH, CONTEXT, WIDTH), torch.randn(BATCH, CONTEXT, WIDTH), nn.MSELoss(), Adam(net.parameters(), lr=1e-3))


class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.output = nn.LSTM(32, 128), nn.Linear(128, 10)

    def forward(self, x):
        return self.output(self.lstm(x)[1][0][0])


def lstm():
    net = Memory()
    return trained(net, torch.randn(100, 16, 32), torch.randint(0, 10, (16,)), F.cross_entropy, Adam(net.parameters(), lr=1e-3))


def value_and_gradient(objective, *parameters):
    for p in parameters:
        p.requires_grad_()
    return lambda: torch.autograd.grad(objective(*parameters), parameters)


def gmm(d=10, k=25, n=1000, gamma=1.0, m=0):
    x = torch.randn(n, d, dtype=torch.float64)
    below = torch.tril_indices(d, d, -1)
    # Column by column, as the parameters lie.
    order = torch.argsort(below[1] * d + below[0])
    below = below[:, order]
    nu = d + m + 1
    log_gamma = d * (d - 1) / 4 * math.log(math.pi) + sum(math.lgamma(0.5 * (nu + 1 - j)) for j in range(1, d + 1))
    normal = nu * d * (math.log(gamma) - 0.5 * math.log(2)) - log_gamma

    def objective(alpha, mu, icf):
        sums = icf[:, :d].sum(-1)
        q = torch.diag_embed(icf[:, :d].exp())
        q = q.index_put((slice_all(k, below.shape[1]), below[0].expand(k, -1), below[1].expand(k, -1)), icf[:, d:])
        distances = torch.einsum("kij,nkj->nki", q, x[:, None] - mu).square().sum(-1)
        fit = -n * d / 2 * math.log(2 * math.pi) + torch.logsumexp(alpha + sums - 0.5 * distances, -1).sum() - n * torch.logsumexp(alpha, 0)
        return fit + gamma * gamma / 2 * q.square().sum() - m * sums.sum() - k * normal
    return value_and_gradient(objective, torch.randn(k, dtype=torch.float64), torch.rand(k, d, dtype=torch.float64), torch.randn(k, d + d * (d - 1) // 2, dtype=torch.float64))


def slice_all(k, n):
    return torch.arange(k)[:, None].expand(k, n)


def adbench_lstm(layers=2, c=1024, b=14):
    sequence = (torch.rand(c, b) < 0.5).double()
    start = torch.rand(2 * layers, b, dtype=torch.float64)

    def objective(main, extra):
        weights = [(main[2 * i].reshape(4, b).unbind(), main[2 * i + 1].reshape(4, b).unbind()) for i in range(layers)]
        hs, cs = list(start[0::2].unbind()), list(start[1::2].unbind())
        outputs = []
        for t in range(c - 1):
            x = sequence[t] * extra[0]
            for i, (w, bias) in enumerate(weights):
                forget, ingate, outgate = torch.sigmoid(x * w[0] + bias[0]), torch.sigmoid(hs[i] * w[1] + bias[1]), torch.sigmoid(x * w[2] + bias[2])
                cs[i] = cs[i] * forget + ingate * torch.tanh(hs[i] * w[3] + bias[3])
                x = hs[i] = outgate * torch.tanh(cs[i])
            outputs.append(x)
        y = torch.stack(outputs) * extra[1] + extra[2]
        predicted = y - torch.log(2 + y.exp().sum(-1))[:, None]
        return -(sequence[1:] * predicted).sum() / ((c - 1) * b)
    return value_and_gradient(objective, torch.rand(2 * layers, 4 * b, dtype=torch.float64), torch.rand(3, b, dtype=torch.float64))


WORKLOADS = {
    "transformer-12-adam": transformer,
    "lstm-100-adam": lstm,
    "gmm-d10-k25": gmm,
    "adbench-lstm": adbench_lstm,
}
