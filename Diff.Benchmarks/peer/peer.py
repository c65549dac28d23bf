# The workloads of the table in PyTorch. The argument is the number of threads. Reads lines "name repetitions", answers with the
# milliseconds of one step (the mean over the repetitions); "?" where it does not know the name.
import sys
import time

import torch

import functions
import networks
import sequences

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)
workloads = {**networks.WORKLOADS, **sequences.WORKLOADS}
name = step = None
print(torch.__version__, flush=True)
for line in sys.stdin:
    asked, count = line.split()
    make = workloads.get(asked) or functions.find(asked)
    if make is None:
        print("?", flush=True)
        continue
    if asked != name:
        name, step = asked, make()
    start = time.perf_counter()
    for _ in range(int(count)):
        step()
    print((time.perf_counter() - start) / int(count) * 1e3, flush=True)
