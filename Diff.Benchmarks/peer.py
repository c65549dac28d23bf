# The workloads of the table in PyTorch. Reads lines "name repetitions", answers with the microseconds of one step (the mean over
# the repetitions); "?" where it does not know the name. One thread.
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(1)
torch.manual_seed(0)
N, D, H, O = 64, 1000, 100, 10


def manual():
    x, y = torch.randn(N, D), torch.randn(N, O)
    w1, w2 = torch.randn(D, H), torch.randn(H, O)

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


def autograd():
    x, y = torch.randn(N, D), torch.randn(N, O)
    w1, w2 = torch.randn(D, H, requires_grad=True), torch.randn(H, O, requires_grad=True)

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


def adam():
    net = nn.Sequential(nn.Linear(D, H), nn.ReLU(), nn.Linear(H, O))
    return trained(net, torch.randn(N, D), torch.randn(N, O), nn.MSELoss(reduction="sum"), torch.optim.Adam(net.parameters(), lr=1e-3))


def regression():
    x = torch.linspace(-1, 1, 100).unsqueeze(1)
    net = nn.Sequential(nn.Linear(1, 10), nn.ReLU(), nn.Linear(10, 1))
    return trained(net, x, x.pow(2), nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.2))


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
    return trained(net, torch.randn(batch, 1, 32, 32), torch.randn(batch, 10), nn.MSELoss(), torch.optim.SGD(net.parameters(), lr=0.01))


def cnn_adam(batch):
    net = LeNet()
    labels = torch.randint(0, 10, (batch,))
    return trained(net, torch.randn(batch, 1, 32, 32), labels, F.cross_entropy, torch.optim.Adam(net.parameters(), lr=1e-3))


WORKLOADS = {
    "two-layer-manual": manual,
    "two-layer-sgd": autograd,
    "two-layer-adam": adam,
    "regression-sgd": regression,
    "cnn-1-sgd": lambda: cnn_sgd(1),
    "cnn-64-sgd": lambda: cnn_sgd(64),
    "cnn-64-adam": lambda: cnn_adam(64),
}
steps = {}
print(torch.__version__, flush=True)
for line in sys.stdin:
    name, count = line.split()
    if name not in WORKLOADS:
        print("?", flush=True)
        continue
    if name not in steps:
        steps[name] = WORKLOADS[name]()
        for _ in range(20):
            steps[name]()
    start = time.perf_counter()
    for _ in range(int(count)):
        steps[name]()
    print((time.perf_counter() - start) / int(count) * 1e6, flush=True)
