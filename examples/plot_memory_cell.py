"""
A memory cell that holds a number
=================================

A unit with a self-link of 1 keeps what it has; gates decide when something is written to it and when it is read. Such a
memory cell (Hochreiter and Schmidhuber 1997) is wired by hand here: it takes a number when a marker comes, holds it for
10,000 steps while other numbers go by, and shows it when a second marker comes. At the end such cells learn to.
"""

# %%
# The cell of 1997
# ----------------
#
# ``s_t = s_{t-1} + i_t g_t`` and ``h_t = o_t tanh(s_t / 2)``: a write gate i, a candidate g between -2 and 2, a read
# gate o, and no way to forget. The inputs are a number, the marker "write" and the marker "read". A gate is shut at
# -40, where ``sigma(-40) = 4e-18`` is nothing beside 1 in float64, and its marker opens it.

from pathlib import Path

import numpy as np

import unrolled
from unrolled import GradientDescent, Optimizer, SequenceModel
from unrolled.learn import train
from unrolled.networks import (
    NetworkDesign,
    backpropagate,
    chrono,
    forward_pass,
    gate_traces,
    initialize_members,
    member_keys,
    sensitivity,
)
from unrolled.show import gate_figure, save
from unrolled.tasks import adding
from unrolled.types import precision

unrolled.use_compilation_cache()

SHUT, OPENS, SMALL = -40.0, 80.0, 1e-4


def wired(kind):
    """One cell. A number is written at a ten-thousandth of its size, where tanh is a straight line to eight digits."""
    network = NetworkDesign.parse(f"{kind}:1").initialize(3, 1, key=member_keys(0, 1)[0])
    cell = network.layers[0]
    rows = dict(zip(cell.gates, range(len(cell.gates)), strict=True))
    weights = {name: np.zeros(w.shape) for name, w in network.weights().items()}
    U, b = weights[f"{kind}_1.U"], weights[f"{kind}_1.b"]
    U[rows["candidate"], 0] = SMALL
    U[rows["write"], 1], b[rows["write"]] = OPENS, SHUT
    U[rows["read"], 2], b[rows["read"]] = OPENS, SHUT
    if "keep" in rows:  # open, but while something is written
        U[rows["keep"], 1], b[rows["keep"]] = -OPENS, -SHUT
    weights["readout.V"][:] = (2 if kind == "lstm-1997" else 1) / SMALL
    return network.replace(weights)


# %%
# 10,000 steps
# ------------
#
# 64 sequences, each with a number of its own at the first step and other numbers after it.

steps, numbers = 10_000, np.random.default_rng(0).uniform(-1, 1, 64)
inputs = np.zeros((64, steps + 2, 3))
inputs[..., 0] = np.random.default_rng(1).normal(size=inputs.shape[:2])
inputs[:, 0, 0], inputs[:, 0, 1], inputs[:, -1, 2] = numbers, 1, 1
with precision("float64"):
    network = wired("lstm-1997")
    tape = forward_pass(network, inputs)
    print(f"off after {steps:,} steps: {abs(tape.outputs[:, -1, 0] - numbers).max():.0e}")
    print(f"shown before that:      {abs(tape.outputs[:, :-1]).max():.0e}")

# %%
# The derivative of the last output by the number, 10,000 steps back, is 1: on its way along the self-link the error
# neither fades nor grows. All other numbers have none.

with precision("float64"):
    back = backpropagate(tape, np.ones((64, 1, 1))).inputs[..., 0]
    back = np.asarray(back)
    print(f"dy_T/dx_1: {back[:, 0].min():.7f} to {back[:, 0].max():.7f}")
    print(f"dy_T/dx_t: {abs(back[:, 1:]).max():.0e} at most, t = 2, 3, ...")

# %%
# With a keep gate
# ----------------
#
# What is written twice is added up in this cell. With a keep gate (Gers, Schmidhuber and Cummins 2000), which shuts
# while something is written, the second number takes the place of the first.

story = np.zeros((1, steps, 3))
story[0, :, 0] = np.random.default_rng(2).uniform(-1, 1, steps)
for step, number in ((500, 0.75), (6000, -0.5)):
    story[0, step, :2] = number, 1
story[0, [5500, 9500], 2] = 1  # read
traces = {}
with precision("float64"):
    for kind in ("lstm-1997", "lstm"):
        network = wired(kind)
        y = np.asarray(network(story))[0, :, 0]
        print(f"{kind:9} reads {y[5500]:.7f} and {y[9500]:.7f}")
        traces[kind] = gate_traces(network, story)[f"{kind}_1"]

# %%
# The gates of the LSTM over time: two numbers are written, each is read once. In the memory they
# stand at a ten-thousandth of their size.

sheet = gate_figure(traces["lstm"])

# %%
# What the gates let through adds up to the memory, ``s_t = f_t s_{t-1} + i_t g_t``:

kept, written, memory = (np.asarray(getattr(traces["lstm"], part)) for part in ("kept", "written", "memory"))
print(f"kept + written - memory: {abs(kept + written - memory).max():.0e}")

# %%
# Where to begin
# --------------
#
# A network that is to learn such a thing should not begin with gates that forget. Where the longest lag T is known,
# ``chrono`` draws the biases so that forgetting times are spread evenly from 2 to T (Tallec and Ollivier 2018).

quiet = 0.1 * np.random.default_rng(3).normal(size=(1, 150, 1))
with precision("float64"):
    first, second = member_keys(0, 2)
    plain = NetworkDesign.parse("lstm:16").initialize(1, 1, key=first)
    for name, begun in {"as Keras": plain, "chrono": chrono(plain, 1000, key=second)}.items():
        keep = begun.layers[0].gate("keep")[2]
        print(f"{name:9} forgets in {1 + np.exp(keep.min()):.0f} to {1 + np.exp(keep.max()):.0f} steps; the gradient")
        print(f"          {sensitivity(begun, quiet)}")

# %%
# The adding problem asks for it: two marked numbers in a sequence of 60 are to be added up, and whoever always says 1/2
# has an error of 1/24 = 0.042. Ten epochs, two networks each. The cell of 1997 learns by its truncated gradient.

lessons, test = adding(2000, 60, seed=0), adding(1000, 60, seed=1)
learner = GradientDescent(Optimizer(learning_rate=0.01), epochs=10, batch_size=50, clip_norm=1.0)
keys = member_keys(0, 2)


def taught(text, longest=None):
    design = NetworkDesign.parse(text)
    model = SequenceModel(design, learner, members=2)
    networks = initialize_members(design, 2, 1, keys=keys)
    networks = networks if longest is None else chrono(networks, longest, key=keys[0])
    return model.usable(train(networks, learner, model.prepared(lessons), keys=keys))


with precision("float64"):
    for text, longest in (("lstm:8", None), ("lstm:8", 60), ("lstm-1997:4x2:tanh:truncated", 60)):
        scores = taught(text, longest).score(test)
        print(f"{text:28}  {'chrono' if longest else 'as Keras':8}  {' '.join(f'{score:.1e}' for score in scores)}")

# %%
# The figure as PNG and PDF.

folder = Path("unrolled-out", "memory-cell")
folder.mkdir(parents=True, exist_ok=True)
save(sheet, folder / "gates")
