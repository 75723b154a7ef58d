"""
A delayed echo, and what truncation costs
=========================================

Many to many: at every step a number goes in, and the one that went in ten steps before comes out. Backpropagation
through time carries the error of an output back to the step that it depends on. Truncated, it goes back only so many
steps; here is what that costs when they are too few.
"""

# %%
# The task
# --------
#
# The numbers are random, so nothing but memory helps. The first ten outputs have no target: NaN. Whoever always says
# zero makes an error as large as the variance of the numbers, 1/3.

from pathlib import Path

import numpy as np

import unrolled
from unrolled import GradientDescent, NetworkDesign, Optimizer, SequenceModel
from unrolled.show import draw_curves, save
from unrolled.tasks import delayed_echo

unrolled.use_compilation_cache()

delay = 10
train, test = delayed_echo(64, 60, delay, seed=0), delayed_echo(64, 60, delay, seed=1)
variance = np.nanvar(test.targets)
print("inputs: ", train.inputs[0, :12, 0].round(1))
print("targets:", train.targets[0, :12, 0].round(1))
print(f"variance of the targets: {variance:.3f}")

# %%
# Full and truncated
# ------------------
#
# ``truncate=(k1, k2)`` takes the error of every k1 steps and carries it back k2 steps. The states themselves go on from
# the start to the end either way; only the derivative is cut. With k1 = 1 every error has a window of its own. An
# output at step t depends on the input at t - 10, and the window has to hold both: 11 steps.

design = NetworkDesign.parse("elman:12")


def error(truncate):
    learner = GradientDescent(
        Optimizer("adam", learning_rate=0.003), epochs=120, batch_size=16, clip_norm=1.0, truncate=truncate
    )
    fitted = SequenceModel(design, learner).fit(train)
    return fitted.score(test)[0] / variance


backs = [2, 6, 10, 11, 14]
truncated = np.array([error((1, back)) for back in backs])
full = error(None)
print("steps back   error / variance")
for back, value in zip(backs, truncated, strict=True):
    print(f"{back:10}{value:19.4f}")
print(f"to the start{full:17.4f}")
assert full < 0.02
assert truncated[backs.index(delay + 1)] < 0.03
assert truncated[backs.index(delay)] > 0.2

# %%
# With 10 steps the echo is not learned, with 11 it is. That shorter windows do better than always saying zero is due to
# the random weights W that every network begins with: its 12 units keep some trace of the last inputs anyway, and the
# readout learns to find it. A derivative that ends too early may even spoil that trace.

cost = draw_curves(
    backs,
    {"truncated": truncated, "to the start": np.full(len(backs), full), "always zero": np.ones(len(backs))},
    names=("how far the error is carried back", "error / variance"),
    units=("steps", ""),
    shaded=(backs[0], delay + 0.5),
    log=True,
)

# %%
# Shaded: windows that do not reach the input that matters. Longer blocks are cheaper: with k1 = 5 there is one window
# for every five steps, of 5 + 10 steps, so that the first of the five is served too.

blocks = error((5, 15))
print(f"truncate=(5, 15): error / variance {blocks:.4f}")
assert blocks < 0.03

# %%
# The figure as PNG and PDF.

folder = Path("unrolled-out", "echo")
folder.mkdir(parents=True, exist_ok=True)
save(cost, folder / "cost")
