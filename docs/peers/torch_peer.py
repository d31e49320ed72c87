"""PyTorch, eager and TorchScript, one thread."""
import itertools
import os
import statistics
import time

import torch
import torch.nn as nn

from torch_nets import mlp
from workloads import INFER_BATCHES, LEARNING_RATE, TRAIN_BATCHES, TURNS, WORKLOADS

SLICE, SLICES = 20e6, 15  # nanoseconds of processor time


def clock():
    return time.clock_gettime_ns(time.CLOCK_PROCESS_CPUTIME_ID)


def measure(peer, workload, mode, batch, f):
    for _ in range(10):
        f()
    n = 1
    while True:
        start = clock()
        for _ in range(n):
            f()
        took = clock() - start
        if took > SLICE / 4:
            break
        n *= 2
    n = max(1, int(n * SLICE / took))
    times = []
    for _ in range(SLICES if took < 3e8 else 5):
        start = clock()
        for _ in range(n):
            f()
        times.append((clock() - start) / n / batch)
    print("%s %s %s %d %.2f min=%.2f" % (peer, workload, mode, batch, statistics.median(times), min(times)), flush=True)


def training(net, shape, outputs, classes, batch, script):
    """A function that makes one step of forward, loss, backward and SGD."""
    net = net.train()
    if script:
        net = torch.jit.script(net)
    optimizer = torch.optim.SGD(net.parameters(), lr=LEARNING_RATE)
    samples = []
    for _ in range(TURNS if batch == 1 else 1):
        x = torch.rand(batch, *shape) * 2 - 1
        samples.append((x, torch.randint(outputs, (batch,)) if classes else torch.rand(batch, outputs)))
    turns = itertools.cycle(samples)
    loss = nn.CrossEntropyLoss() if classes else nn.MSELoss()

    def step():
        x, y = next(turns)
        optimizer.zero_grad(set_to_none=False)
        loss(net(x), y).backward()
        optimizer.step()
    return step


def main():
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    torch.manual_seed(1)
    for name, (widths, hidden, output) in WORKLOADS.items():
        if os.environ.get("ONLY", name) != name:
            continue
        eager = mlp(widths, hidden, output).eval()
        script = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.script(eager)))
        for batch in INFER_BATCHES:
            x = torch.rand(batch, widths[0]) * 2 - 1
            with torch.inference_mode():
                measure("torch-eager", name, "infer", batch, lambda: eager(x))
            with torch.no_grad():
                measure("torch-script", name, "infer", batch, lambda: script(x))
        for batch in TRAIN_BATCHES:
            for peer, script in ("torch-eager", False), ("torch-script", True):
                net = mlp(widths, hidden, output, softmax=False)
                measure(peer, name, "train", batch, training(net, (widths[0],), widths[-1], output == "softmax", batch, script))


if __name__ == "__main__":
    main()
