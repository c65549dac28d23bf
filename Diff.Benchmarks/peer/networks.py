# Training steps of networks. A workload is a function that makes its data and returns the step.
import torch
import torch.nn as nn
import torch.nn.functional as F
from functorch import grad, make_functional, vmap

Adam, Sgd = torch.optim.Adam, torch.optim.SGD


def manual(n=64, d=1000, h=100, o=10):
    x, y = torch.randn(n, d), torch.randn(n, o)
    w1, w2 = torch.randn(d, h), torch.randn(h, o)

    def step():
        nonlocal w1, w2
        h = x.mm(w1)
        r = h.clamp(min=0)
        p = r.mm(w2)
        (p - y).pow(2).sum().item()
        g = 2 * (p - y)
        g2 = r.t().mm(g)
        gh = g.mm(w2.t())
        gh[h < 0] = 0
        w1 = w1 - 1e-6 * x.t().mm(gh)
        w2 = w2 - 1e-6 * g2
    return step


def autograd(n, d, h, o):
    x, y = torch.randn(n, d), torch.randn(n, o)
    w1, w2 = torch.randn(d, h, requires_grad=True), torch.randn(h, o, requires_grad=True)

    def step():
        loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
        loss.backward()
        with torch.no_grad():
            w1.sub_(1e-6 * w1.grad)
            w2.sub_(1e-6 * w2.grad)
            w1.grad.zero_()
            w2.grad.zero_()
    return step


def trained(net, x, t, loss, optimizer):
    def step():
        optimizer.zero_grad()
        loss(net(x), t).backward()
        optimizer.step()
    return step


def layered(optimizer, **options):
    net = nn.Sequential(nn.Linear(1000, 100), nn.ReLU(), nn.Linear(100, 10))
    return trained(net, torch.randn(64, 1000), torch.randn(64, 10), nn.MSELoss(reduction="sum"), optimizer(net.parameters(), **options))


def regression():
    x = torch.linspace(-1, 1, 100).unsqueeze(1)
    net = nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))
    return trained(net, x, x.pow(2), nn.MSELoss(), Sgd(net.parameters(), lr=0.2))


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def cnn_sgd(batch):
    net = LeNet()
    return trained(net, torch.randn(batch, 1, 32, 32), torch.randn(batch, 10), nn.MSELoss(), Sgd(net.parameters(), lr=0.01))


def cnn_adam(batch):
    net = LeNet()
    return trained(net, torch.randn(batch, 1, 32, 32), torch.randint(0, 10, (batch,)), F.cross_entropy, Adam(net.parameters(), lr=1e-3))


def per_example(batch):
    f, parameters = make_functional(LeNet())
    x, t = torch.randn(batch, 1, 32, 32), torch.randint(0, 10, (batch,))
    gradients = vmap(grad(lambda p, a, b: F.cross_entropy(f(p, a.unsqueeze(0)), b.unsqueeze(0))), (None, 0, 0))
    return lambda: gradients(parameters, x, t)


def perceptron():
    net = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10))
    return trained(net, torch.randn(256, 784), torch.randint(0, 10, (256,)), F.cross_entropy, Adam(net.parameters(), lr=1e-3))


def hessian():
    shapes = [(3, 8), (8,), (8, 2), (2,)]
    x, y, at = torch.randn(32, 3), torch.randn(32, 2), torch.randn(50)

    def loss(flat):
        w1, b1, w2, b2 = (p.reshape(s) for p, s in zip(flat.split([24, 8, 16, 2]), shapes))
        return (torch.tanh(x @ w1 + b1) @ w2 + b2 - y).square().mean()
    return lambda: torch.autograd.functional.hessian(loss, at, vectorize=True)


WORKLOADS = {
    "two-layer-manual": manual,
    "two-layer-sgd": lambda: autograd(64, 1000, 100, 10),
    "two-layer-layers-sgd": lambda: layered(Sgd, lr=1e-4),
    "two-layer-adam": lambda: layered(Adam, lr=1e-3),
    "regression-sgd": regression,
    "overhead": lambda: autograd(1, 1, 1, 1),
    "cnn-1-sgd": lambda: cnn_sgd(1),
    "cnn-64-sgd": lambda: cnn_sgd(64),
    "cnn-256-sgd": lambda: cnn_sgd(256),
    "cnn-64-adam": lambda: cnn_adam(64),
    "vmap-grads": lambda: per_example(32),
    "mlp-256-adam": perceptron,
    "hessian-50": hessian,
}
