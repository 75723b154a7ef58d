"""
The window way and the ordinary way
===================================

There are two ways to give a series to a network. The ordinary one learns y from x, point by point. The window way
learns the next value from the values before it and never sees x. Both are tried here on the same 12 energies with the
same network. Then x is made uneven, where only the ordinary way applies.
"""

# %%
# The same data, two ways
# -----------------------
#
# With ``target="x-to-y"`` every point is a sequence of length 1: x goes in, y comes out.

from pathlib import Path

import numpy as np

import unrolled
from unrolled.errors import InputError
from unrolled.series import make_series
from unrolled.show import comparison_figure, draw_forecast, save
from unrolled.windows import pairs, windows

unrolled.use_compilation_cache()

energies = unrolled.dataset("pairing-particles")
known = energies.head(12)

made = windows(known.values, 2)
plain = pairs(known.x, known.values)
print("inputs (window, time, feature), targets (window, feature)")
print("window way:  ", made.inputs.shape, made.targets.shape)
print("ordinary way:", plain.inputs.shape, plain.targets.shape)

# %%
# The lecture's network of 200 units and its training, for both; on raw values, as in the lecture, and on values (and
# x) scaled to mean 0 and deviation 1 by the training part.

trials = {}
print("scale     target    MSE known   MSE predicted")
for scale in ("none", "standard"):
    for target in ("window", "x-to-y"):
        model = unrolled.model("rnn", target=target, scale=scale, members=8)
        trial = unrolled.extrapolate(energies, model)
        one_step = np.mean(trial.one_step["train"].residuals ** 2)
        print(f"{scale:9} {target:7}{one_step:12.1e}{trial.scores.mse_forecast:16.1e}")
        trials[scale, target] = trial

# %%
# On raw values the window way is far ahead. The ordinary way feeds x, from 2 to 24, to tanh units, and beyond the last
# known x it has nothing but the shape of these units, which level off. Scaling helps it a little, and costs the window
# way its lead. So the window alone is no guarantee: it wins here together with raw values that happen to be of the
# right size.

forecasts = {
    "window": trials["none", "window"].forecast,
    "x to y": trials["none", "x-to-y"].forecast,
    "window, scaled": trials["standard", "window"].forecast,
    "x to y, scaled": trials["standard", "x-to-y"].forecast,
}
both = comparison_figure(known, forecasts, truth=energies)

# %%
# Uneven x
# --------
#
# Some calculations exist at odd places only. A window model needs even steps, and says so.

chosen = np.array([0, 1, 2, 4, 5, 7, 8, 10, 11, 13, 16, 19])
uneven = make_series(
    energies.values[chosen],
    energies.x[chosen],
    names=energies.names,
    units=energies.units,
    x_name="particles",
    name="uneven energies",
)
try:
    unrolled.model("rnn").fit(uneven)
except InputError as error:
    print(error)

# %%
# The ordinary way takes them as they are and gives y at any x: here at the numbers of particles that were left out.
# ``validation=0`` lets it learn the last known point too, which the lecture's models keep back to validate.

model = unrolled.model(
    "rnn",
    target="x-to-y",
    units=50,
    members=8,
    scale="range",
    epochs=2000,
    learning_rate=0.01,
    validation=0.0,
)
fitted = model.fit(uneven)
left_out = np.setdiff1d(np.arange(20), chosen)
between = fitted.predict(x=energies.x[left_out])
difference = between.mean - energies.values[left_out]
for x, predicted, off in zip(between.x, between.mean[:, 0], difference[:, 0], strict=True):
    print(f"{x:4.0f} particles: {predicted:.4f}, off by {off:+.0e}")

# %%
# Every one of these lies between known points. This is interpolation, and it comes out right to half a percent of a
# level spacing.

interpolation = draw_forecast(uneven, between)

# %%
# The figures as PNG and PDF.

folder = Path("unrolled-out", "window-or-x")
folder.mkdir(parents=True, exist_ok=True)
save(both, folder / "both")
save(interpolation, folder / "uneven")
