"""
A series that goes from one regime to another
=============================================

A current that flickers between two levels, with noise and a gap: a hidden Markov model finds the levels, how long each
lasts, and where the current was when nobody looked.
"""

# %%
# The series
# ----------
#
# Two levels, 0 and 1 nA, that last 40 and 20 ms in the mean; noise of 0.35 and 0.5 nA. Of 400 values a stretch of 15 is
# missing.

from pathlib import Path

import numpy as np

import unrolled
from unrolled.forecast import HiddenMarkovForecaster
from unrolled.show import forecast_figure, regimes_figure, save

unrolled.use_compilation_cache()

rng = np.random.default_rng(3)
leave, state, truth = (1 / 40, 1 / 20), 0, []
for _ in range(400):
    truth.append(state)
    state = 1 - state if rng.random() < leave[state] else state
truth = np.array(truth)
values = truth + np.array([0.35, 0.5])[truth] * rng.normal(size=400)
values[150:165] = np.nan
current = unrolled.make_series(
    values, names=["current"], units=["nA"], x_name="time", x_unit="ms", name="flicker", gaps=True
)

# %%
# Learn
# -----
#
# Expectation-maximization from five starts; the best is kept. States are numbered by their level.

fitted = HiddenMarkovForecaster(states=2).fit(current)
levels = fitted.scaler.unscale(np.asarray(fitted.chain.emission.means))[:, 0]
lasting = 1 / (1 - np.diag(fitted.chain.transition))
for k in (0, 1):
    print(f"state {k}: {levels[k]:.2f} nA, for {lasting[k]:.0f} ms in the mean")

# %%
# Where it was
# ------------
#
# The probability of each state at every step, given all values; in the gap it leans on both ends.

regimes = fitted.regimes()
right = np.mean(regimes.path == truth)
print(f"{right:.1%} of the steps are given to the right level")
above = np.mean((values > levels.mean()) == truth)
print(f"a threshold at the middle finds {above:.1%}")
assert right > 0.95

# %%
# What comes next
# ---------------
#
# The forecast is a mixture: it forgets the state that it begins in, and ends with the share of time that each level
# has.

forecast = fitted.predict(60)
width = (forecast.bands[1].upper - forecast.bands[1].lower)[:, 0]
print(f"width of the 95 % bounds: {width[0]:.2f} nA after one step, {width[-1]:.2f} nA after sixty")

folder = Path("unrolled-out", "two-regimes")
folder.mkdir(parents=True, exist_ok=True)
save(regimes_figure(regimes), folder / "regimes")
save(forecast_figure(current, forecast), folder / "forecast")
