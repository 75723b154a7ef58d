"""
An echo state network follows chaos
===================================

A fixed random reservoir is driven by the Lorenz system; only its readout is learned, by ridge regression in one step.
Left to run on its own predictions it stays on the orbit for some Lyapunov times, and on the attractor after that.
"""

# %%
# The task
# --------
#
# Three coordinates every 0.025; 4,000 points are known. Two orbits that begin 1e-6 apart are a thousand times as far
# apart after 7.6 units of time: one Lyapunov time, in which a distance grows by e, is 1.104.

from pathlib import Path

import numpy as np

import unrolled
from unrolled.forecast import EchoState, NextGenerationReservoir
from unrolled.series import lorenz
from unrolled.show import draw_curves, save

unrolled.use_compilation_cache()

orbit, known, steps = lorenz(4600), 4000, 600
time = (orbit.x[known:] - orbit.x[known - 1]) / 1.104
truth, spread = orbit.values[known:], np.sqrt(np.mean(np.var(orbit.values, axis=0)))

# %%
# Learn and continue
# ------------------
#
# 300 units, of which each sees ten others. The states of the whole known part come from one sweep; the readout sees
# them and their squares, and its ridge is chosen by generalized cross-validation. Beside it stands a reservoir without
# random weights: products of the three coordinates up to degree 4, on what persistence leaves.

models = {
    "echo state network": EchoState(units=300, members=1),
    "products of coordinates": NextGenerationReservoir(delays=1, degree=4),
}
followed, made = {}, {}
for name, model in models.items():
    fitted = model.fit(orbit.head(known))
    made[name] = fitted.predict(steps).mean
    distance = np.sqrt(np.mean((made[name] - truth) ** 2, axis=1)) / spread
    followed[name] = time[np.argmax(distance > 0.3)]
    print(f"{name}: within 0.3 standard deviations for {followed[name]:.1f} Lyapunov times")
assert min(followed.values()) > 4

# %%
# What comes after is no forecast, but it is the right kind of motion: z stays between the same bounds.

for name, values in made.items():
    assert abs(values[:, 2].max() - orbit.values[:, 2].max()) < 8
    print(f"{name}: z from {values[:, 2].min():.0f} to {values[:, 2].max():.0f}")

shown = time < 14
curves = draw_curves(
    time[shown],
    {"truth": truth[shown, 0], **{name: values[shown, 0] for name, values in made.items()}},
    names=("time after the last known value", "x"),
    units=("Lyapunov times", ""),
)

# %%
# The figure as PNG and PDF.

folder = Path("unrolled-out", "echo-state")
folder.mkdir(parents=True, exist_ok=True)
save(curves, folder / "orbit")
