"""
A sine from a number
====================

One to many: a single number goes in at the first step, and fifty values come out. The number is a frequency, the values
are the sine that belongs to it. The network sees its own last output beside its input, and how it is treated in
training makes all the difference.
"""

# %%
# The task
# --------
#
# At the first step the input is the frequency in radians per step, between 0.1 and 0.5; after that it is zero. To test,
# there are 64 other frequencies, and three times as many steps.

from pathlib import Path

import numpy as np

import unrolled
from unrolled import GradientDescent, NetworkDesign, Optimizer, SequenceModel
from unrolled.show import draw_curves, figure, save
from unrolled.tasks import sine_from_number

unrolled.use_compilation_cache()

steps = 50
train, test = sine_from_number(64, steps, seed=0), sine_from_number(64, 3 * steps, seed=1)
print("inputs:", train.inputs[0, :4, 0].round(3), "...")
print("targets:", train.targets[0, :4, 0].round(3), "...")

# %%
# Two ways to train
# -----------------
#
# With ``feedback=True`` the first layer sees the last output. In training there is a choice what that is: the target
# (teacher forcing, ``forcing=1.0``), or what the network itself said (free running, ``forcing=0.0``). Of all epochs the
# weights with the lowest loss are taken, which is what ``patience`` does.

design = NetworkDesign.parse("gru:32", feedback=True)


def fit(forcing):
    learner = GradientDescent(
        Optimizer("adam", learning_rate=0.01),
        epochs=800,
        batch_size=16,
        clip_norm=1.0,
        patience=800,
        forcing=forcing,
    )
    return SequenceModel(design, learner, precision="float32").fit(train)


ways = {"teacher forcing": fit(1.0), "free running": fit(0.0)}

# %%
# To test, both run on their own outputs. The loss in training had said the opposite.

outputs = {name: fitted.predict(test.inputs, last=0)[0] for name, fitted in ways.items()}
errors = {name: np.sqrt(np.mean((values - test.targets) ** 2, axis=(0, 2))) for name, values in outputs.items()}


def rms(error):
    return np.sqrt(np.mean(error**2))


print("                  in training   in closed loop   (root mean square)")
for name, fitted in ways.items():
    print(f"{name:18}{np.sqrt(np.nanmin(fitted.history.loss)):11.3f}{rms(errors[name][:steps]):17.3f}")
assert rms(errors["free running"][:steps]) < 0.05

# %%
# A network that is always shown the truth learns to continue it for one step from the values before, and needs the
# frequency no more. Its small errors are fed back once nobody corrects them, and it has never learned what to do then.

# %%
# Beyond the trained steps
# ------------------------
#
# The shaded steps are those it was trained for. Beyond, the free-running network goes on swinging, but its frequency is
# a little wrong, and the error in phase grows without end.

for part in range(3):
    print(f"steps {part * steps + 1} to {(part + 1) * steps}:", end=" ")
    print(f"{rms(errors['free running'][part * steps : (part + 1) * steps]):.3f}")

# %%
# A slow, a middle and a fast sine of the test.

order = np.argsort(test.inputs[:, 0, 0])
every = np.arange(1, 3 * steps + 1)
sines, panels = figure(100, panels=(1, 1, 1))
for panel, row in zip(panels, order[[8, 32, 56]], strict=True):
    draw_curves(
        every,
        {name: values[row, :, 0] for name, values in outputs.items()},
        truth=test.targets[row, :, 0],
        names=("step", f"y, ω = {test.inputs[row, 0, 0]:.2f}"),
        shaded=(1, steps),
        legend=panel is panels[0],
        axes=panel,
    )
    panel.label_outer()

# %%
# The error over all 64 frequencies against the step.

growth = draw_curves(every, errors, names=("step", "root mean square error"), shaded=(1, steps), log=True)

# %%
# The figures as PNG and PDF.

folder = Path("unrolled-out", "sine-from-a-number")
folder.mkdir(parents=True, exist_ok=True)
save(sines, folder / "sines")
save(growth, folder / "growth")
