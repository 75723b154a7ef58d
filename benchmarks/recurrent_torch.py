"""PyTorch's side of recurrent.py: the same jobs, written as a user writes them, with the fused Adam.

`python recurrent_torch.py [--accelerator]` answers requests, one line of JSON each.
"""

import sys
from functools import lru_cache

import torch
from torch import nn

from recurrent_unrolled import FEATURES, LOOP_STEPS, LOOP_UNITS, normal, peak_memory, product_rate, serve, timed

DEVICE = torch.device("cuda" if "--accelerator" in sys.argv and torch.cuda.is_available() else "cpu")
KINDS = {"lstm": nn.LSTM, "gru": nn.GRU, "elman": nn.RNN}


def finish():
    """A GPU works on behind the caller's back."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


def data(*shape, seed=0):
    return torch.from_numpy(normal(*shape, seed=seed)).to(DEVICE)


@lru_cache(maxsize=1)
def training_step(kind, units, batch, time):
    """One Adam step on the mean squared error at the last step; nothing is kept of the steps before."""
    torch.manual_seed(0)
    recurrent, readout = KINDS[kind](FEATURES, units, batch_first=True).to(DEVICE), nn.Linear(units, 1).to(DEVICE)
    optimizer = torch.optim.Adam([*recurrent.parameters(), *readout.parameters()], lr=1e-3, fused=True)
    inputs, targets, loss = data(batch, time, FEATURES), data(batch, 1, seed=1), nn.MSELoss()

    def run():
        optimizer.zero_grad()
        _, final = recurrent(inputs)
        h = final[0] if kind == "lstm" else final
        loss(readout(h[-1]), targets).backward()
        optimizer.step()
        finish()

    return run


def carried_state():
    """One value in, one value out, and the state goes on."""
    cell, readout = nn.RNNCell(1, LOOP_UNITS).to(DEVICE), nn.Linear(LOOP_UNITS, 1).to(DEVICE)

    @torch.inference_mode()
    def run():
        value, h, values = torch.full((1, 1), 0.1, device=DEVICE), None, []
        for _ in range(LOOP_STEPS):
            h = cell(value, h)
            value = readout(h)
            values.append(value)
        finish()
        return torch.cat(values)

    return run


def window_anew():
    """The last two values in from a zero state, one value out."""
    options = {"dtype": torch.float64, "device": DEVICE}
    recurrent, readout = nn.RNN(1, LOOP_UNITS, batch_first=True, **options), nn.Linear(LOOP_UNITS, 1, **options)

    @torch.inference_mode()
    def run():
        values = list(torch.full((2, 1, 1), 0.1, **options))
        for _ in range(LOOP_STEPS):
            _, h = recurrent(torch.stack(values[-2:], dim=1))
            values.append(readout(h[-1]))
        finish()
        return torch.cat(values)

    return run


@lru_cache(maxsize=2)
def loop_run(way):
    torch.manual_seed(0)
    return {"state": carried_state, "window": window_anew}[way]()


def product_rates(side, seconds):
    a, b = data(side, side), data(side, side, seed=1)

    def run():
        torch.matmul(a, b)
        finish()

    return {"torch": product_rate(run, side, seconds)}


def memory(**case):
    """Peaks before and after one training step."""
    data(1)
    loaded = peak_memory()
    training_step(**case)()
    return {"loaded": loaded, "peak": peak_memory()}


def device():
    name = torch.cuda.get_device_name() if DEVICE.type == "cuda" else f"cpu, {torch.get_num_threads()} threads"
    return {"name": name}


def main():
    serve(
        {
            "device": device,
            "rate": product_rates,
            "step": lambda seconds, **case: timed(training_step(**case), seconds),
            "loop": lambda seconds, way: timed(loop_run(way), seconds),
            "memory": memory,
        }
    )


if __name__ == "__main__":
    main()
