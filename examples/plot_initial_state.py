"""
Learned initial states
======================

A network without any input is a dynamical system that runs by itself: what it does follows from where it begins. If the
gradient goes back through time to the initial state, that can be learned too. Here one network has to produce four
different curves, and nothing tells it which but its state before the first step.
"""

# %%
# The task
# --------
#
# Two sines, a triangle and a square wave of forty steps. The inputs have no feature; ``index`` says which sequence each
# is.

from pathlib import Path

import numpy as np

import unrolled
from unrolled import Batch, GradientDescent, NetworkDesign, Optimizer, SequenceModel
from unrolled.show import draw_curves, figure, save

unrolled.use_compilation_cache()

steps = np.arange(1, 41)
waves = {
    "slow sine": np.sin(2 * np.pi * steps / 20),
    "fast sine": np.sin(2 * np.pi * steps / 10),
    "triangle": 4 * np.abs(steps / 16 % 1 - 0.5) - 1,
    "square": 0.8 * np.sign(np.sin(2 * np.pi * (steps - 0.5) / 20)),
}
targets = np.stack(list(waves.values()))[:, :, None]
inputs = np.zeros((4, len(steps), 0))

# %%
# What a zero state can do
# ------------------------
#
# From the same state and without input a network does the same thing four times. The best it can do is the mean of the
# four curves, whatever its weights, and the error is their variance about that mean. This bound holds for any network.

bound = np.mean((targets - targets.mean(axis=0)) ** 2)
print(f"least error from one state: {bound:.4f}")

# %%
# The same network twice
# ----------------------
#
# With ``start="learned"`` and ``sequences=4`` each of the four has an initial state of its own. It begins as a random
# guess and is learned with the weights.

learner = GradientDescent(Optimizer("adam", learning_rate=0.003), epochs=3000, clip_norm=1.0)
zero = SequenceModel(NetworkDesign.parse("elman:32"), learner).fit(Batch(inputs, targets))
design = NetworkDesign.parse("elman:32", start="learned", sequences=4)
learned = SequenceModel(design, learner).fit(Batch(inputs, targets, index=np.arange(4)))

errors = {
    "zero state": zero.score(Batch(inputs, targets))[0],
    "learned states": learned.score(Batch(inputs, targets, index=np.arange(4)))[0],
}
for name, error in errors.items():
    print(f"{name:15}{error:10.6f}")
assert bound - 1e-9 < errors["zero state"]
assert errors["learned states"] < 1e-3

# %%
# Circles are the four curves. The network that begins with zeros repeats their mean.

outputs = {
    "learned states": learned.predict(inputs, last=0, index=np.arange(4))[0],
    "zero state": zero.predict(inputs, last=0)[0],
}
curves, panels = figure(125, panels=(1, 1, 1, 1))
for number, (panel, name) in enumerate(zip(panels, waves, strict=True)):
    draw_curves(
        steps,
        {way: values[number, :, 0] for way, values in outputs.items()},
        truth=targets[number, :, 0],
        names=("step", name),
        legend=panel is panels[0],
        axes=panel,
    )
    panel.label_outer()

# %%
# The states
# ----------
#
# They are weights like all others and can be read by name. A sequence that is new, without an index, begins in their
# mean; other states can be given with the data, as ``states={"elman_1.h": ...}``.

states = learned.networks.weights()["elman_1.h_0"][0]
print("shape:", states.shape, "(sequence, unit)")
apart = np.linalg.norm(states[:, None] - states, axis=2)
print("distances between them:")
print(apart.round(1))

# %%
# Halfway between two learned states lies one that was never trained. The network does something with it all the same.

between = states[:1] / 2 + states[1:2] / 2
middle = learned.predict(inputs[:1], last=0, index=np.zeros(1, int), states={"elman_1.h": between})[0, 0, :, 0]
halfway = draw_curves(
    steps,
    {
        "halfway": middle,
        "slow sine": outputs["learned states"][0, :, 0],
        "fast sine": outputs["learned states"][1, :, 0],
    },
    names=("step", "output"),
)

# %%
# The figures as PNG and PDF.

folder = Path("unrolled-out", "initial-state")
folder.mkdir(parents=True, exist_ok=True)
save(curves, folder / "curves")
save(halfway, folder / "halfway")
