"""
An honest continuation
======================

Twelve correlation energies of the pairing model are continued by the automatic choice. It says how large its error may
be, and how far to believe it. Then the same energy is continued in the coupling g towards the point where the solution
ends, which no continuation can pass, and once more with noise on the known values.
"""

# %%
# Twelve known points
# -------------------
#
# Some 85 candidates are judged by how they would have continued the known values from earlier ones, and combined by a
# weighted median. Nothing beyond the 12 known values enters.

from pathlib import Path

import numpy as np

import unrolled
from unrolled.series import make_series, pairing_energy, pairing_series
from unrolled.show import candidates_figure, forecast_figure, save

unrolled.use_compilation_cache()

energies = unrolled.dataset("pairing-particles")
model = unrolled.model("auto")
known = energies.head(12)
forecast = model.fit(known).predict(8)


def table(forecast, truth):
    half = {band.level: (band.upper - forecast.mean)[:, 0] for band in forecast.bands}
    error = np.abs(forecast.mean - truth.values[-len(forecast) :])[:, 0]
    print(f"{forecast.series.x_name:>10}     error   ± 68 %   ± 95 %")
    for x, *columns in zip(forecast.x, error, half[68], half[95], strict=True):
        print(f"{x:10g}", *(f"{number:9.0e}" for number in columns), sep="")


def inside(forecast, truth):
    wide = forecast.bands[-1]
    held = (wide.lower <= truth.values[-len(forecast) :]) & (truth.values[-len(forecast) :] <= wide.upper)
    print(f"within the bounds of {wide.label} %: {held.sum()} of {held.size} steps")


table(forecast, energies)
inside(forecast, energies)

# %%
# The bounds grow by three orders of magnitude over the eight steps, as the error does. How wide they have to be was
# measured on families of series whose continuation is known exactly. The verdict sums up:


def explain(verdict):
    print(verdict.headline)
    for reason in verdict.reasons:
        print(f"- {reason.text}")


explain(forecast.verdict)

# %%
# On the scale of the energies the bounds cannot be seen; they are drawn on their own below. Shaded: what was known.

continuation = forecast_figure(known, forecast, truth=energies)

# %%
# Who was asked, how well each would have done, and what each counts. The score is the mean logarithm of the error over
# the spread of the known values, on rolling origins within these. On such a series recurrences whose coefficients
# change with the place do best. The one network among the candidates learns what a linear recurrence leaves; it counts
# next to nothing here.

candidates = candidates_figure(forecast)
network = next(one for one in forecast.ingredients if "network" in one.name)
print(f"{network.name}: typical error {10**network.score:.0e} of the spread, weight {network.weight:.1%}")

# %%
# Towards the end of a branch
# ---------------------------
#
# Now there are 20 particles, and the coupling g is x, known from 0.05 to 0.60. At some larger g the solution of the
# coupled-cluster equations meets another one, and beyond that none is real. The energy has a square-root branch point
# there: it stays finite, its slope does not.

couplings = np.linspace(0.05, 0.80, 16).round(2)
branch = pairing_series(20, couplings)
try:
    pairing_energy(20, 0.9)
except unrolled.InputError as error:
    print(error)

# %%
# Four steps are continued, to g = 0.80, the last one just before the end. The verdict names the singular point, from
# the 12 known values alone. Seen from there it seems to lie a little further away than it does.

start = branch.head(12)
towards = model.fit(start).predict(4)
table(towards, branch)
explain(towards.verdict)

# %%
# The last step lies within reach of the singular point. Its bounds allow for that: they are a hundred thousand times
# wider than those of the first step, and hold the truth.

inside(towards, branch)
end_of_branch = forecast_figure(start, towards, truth=branch)

# %%
# With noise
# ----------
#
# The same values with normal noise of 0.3 % of their spread.

noise = 3e-3 * start.values.std() * np.random.default_rng(0).standard_normal(start.values.shape)
noisy = make_series(
    start.values + noise, start.x, names=start.names, units=start.units, x_name="g", name="noisy energies"
)
blurred = model.fit(noisy).predict(4)
table(blurred, branch)
inside(blurred, branch)
explain(blurred.verdict)

# %%
# The singular point shows itself in digits that are noise now, and the candidates no longer see it. So the bounds do
# not allow for it, and at the end of the branch the truth lies outside of them. The verdict does not know why either,
# but it does say that this continuation is worth nothing. Bounds describe what can be expected of series like the known
# values; an end that does not show in these is no part of that.

through_noise = forecast_figure(noisy, blurred, truth=branch)

# %%
# The figures as PNG and PDF.

folder = Path("unrolled-out", "honest-continuation")
folder.mkdir(parents=True, exist_ok=True)
drawn = {
    "particles": continuation,
    "candidates": candidates,
    "end-of-branch": end_of_branch,
    "noise": through_noise,
}
for name, figure in drawn.items():
    save(figure, folder / name)
