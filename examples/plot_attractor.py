"""
Patterns as attractors
======================

A network that is left to itself can remember: whatever state it begins in, it falls into one of the patterns that it
has learned and stays there. Inputs and targets are specified through the activities of its units here. Either the
initial states of all units are given and the network cleans them up; or half of the units are held at every step and it
completes the rest.
"""

# %%
# Six letters
# -----------
#
# A unit for each of 5 × 5 dots. A tanh reaches 1 only in the limit, so an ink dot is an activity of 0.9 and paper one
# of -0.9.

from pathlib import Path

import numpy as np

import unrolled
from unrolled import Batch, GradientDescent, NetworkDesign, Optimizer, SequenceModel
from unrolled.sequence import Specification
from unrolled.show import draw_curves, figure, save
from unrolled.tasks import settle

unrolled.use_compilation_cache()

drawn = {
    "T": "#####  #    #    #    #  ",
    "X": "#   # # #   #   # # #   #",
    "O": " ### #   ##   ##   # ### ",
    "L": "#    #    #    #    #####",
    "Z": "#####   #   #   #   #####",
    "H": "#   ##   #######   ##   #",
}
patterns = np.array([[0.9 if dot == "#" else -0.9 for dot in dots] for dots in drawn.values()])
design = NetworkDesign.parse("elman:25")
learner = GradientDescent(Optimizer("adam", learning_rate=0.01), epochs=600, batch_size=64)

# %%
# All units are given
# -------------------
#
# The data bring the initial states of all units, a letter and noise. No other input exists. The targets are the
# activities of all units over the last six of twelve steps, without the noise: to be at the letter, and to stay.

steps, last = 12, 6
cleaning = SequenceModel(design, learner, specification=Specification(given="elman_1", targets="units"))
print(cleaning.summary(features=0, outputs=25, time=steps, last=last))
cleaned = cleaning.fit(settle(patterns, steps, last, 0.5, 600, seed=0))

# %%
# New noisy letters, and five times as many steps. A letter counts as recalled where every unit is within 0.2 of it.

noisy = settle(patterns, 5 * steps, last, 0.5, 400, seed=1)
path = cleaned.predict(noisy.inputs, last=0, states=noisy.states)[0]
distance = np.abs(path - noisy.targets[:, -1:]).max(axis=2)
recalled = (distance < 0.2).mean(axis=0)
for step in (1, 3, 6, 12, 60):
    print(f"after {step:2} steps {recalled[step - 1]:6.1%} recalled")
assert recalled[steps - 1] > 0.98
assert recalled[-1] > 0.98

# %%
# Where the states go: the distance of the farthest unit. Each thin line begins at a letter with noise, and ends at one
# of six fixed points, each at its own small distance from what was asked. Shaded: the steps that had a target. Nobody
# asked the network to stay any longer, but what it falls into from all sides it does not leave.

falls = draw_curves(
    np.arange(1, 5 * steps + 1),
    {"median of 60": distance[:60]},
    names=("step", "distance to the letter"),
    shaded=(steps - last + 1, steps),
    log=True,
)

# %%
# Half of the units are held
# --------------------------
#
# Now the upper two rows and half of the third are clamped: at every step these units are what the data say. The others
# begin with random numbers, and are the targets. T and Z begin alike, and so do X and H.

held = 12
completing = SequenceModel(
    design,
    learner,
    specification=Specification(
        given=f"elman_1[{held}:25]", clamped=f"elman_1[0:{held}]", targets=f"units[{held}:25]", steps=last
    ),
)


def halves(count, seed):
    generator = np.random.default_rng(seed)
    letters = patterns[generator.integers(len(patterns), size=count)]
    return Batch(
        np.zeros((count, steps, 0)),
        np.repeat(letters[:, None, held:], last, axis=1),
        states={"elman_1.h": generator.normal(size=(count, 25 - held))},
        clamps={"elman_1": np.repeat(letters[:, None, :held], steps, axis=1)},
    )


completed = completing.fit(halves(600, seed=0))
test = halves(400, seed=1)
rest = completed.predict(test.inputs, last=last, states=test.states, clamps=test.clamps)[0]
share = (np.abs(rest - test.targets).max(axis=(1, 2)) < 0.2).mean()
print(f"{share:.1%} of the letters completed")
assert share > 0.98

# %%
# From above: letters with noise, what became of them after 60 steps, halves with random numbers below, what became of
# these. Black is an activity of 1; the paper, at -0.9, is light grey.

begun = noisy.states["elman_1.h"]
half = np.concatenate([test.clamps["elman_1"][:, 0], test.states["elman_1.h"]], axis=1)
whole = np.concatenate([test.clamps["elman_1"][:, 0], rest[:, -1]], axis=1)
first = [np.argmax(np.all(noisy.targets[:, -1] == letter, axis=1)) for letter in patterns]
second = [np.argmax(np.all(test.targets[:, -1] == letter[held:], axis=1)) for letter in patterns]
rows = {"noisy": begun[first], "cleaned": path[first, -1], "half": half[second], "completed": whole[second]}

sheet, (axes,) = figure(58)
canvas = np.full((6 * len(rows), 6 * len(drawn)), np.nan)
for i, letters in enumerate(rows.values()):
    for k, letter in enumerate(letters):
        canvas[6 * i : 6 * i + 5, 6 * k : 6 * k + 5] = letter.reshape(5, 5)
axes.imshow(canvas, cmap="Greys", vmin=-1.5, vmax=1.0)
axes.set_xticks(6 * np.arange(len(drawn)) + 2, drawn)
axes.set_yticks(6 * np.arange(len(rows)) + 2, rows)
axes.set_xlabel("letter")
axes.spines[:].set_visible(False)

# %%
# The figures as PNG and PDF.

folder = Path("unrolled-out", "attractor")
folder.mkdir(parents=True, exist_ok=True)
save(falls, folder / "falls")
save(sheet, folder / "letters")
