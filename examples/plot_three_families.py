"""
Three families on one series
============================

The lecture sets recurrent networks between two neighbours: memoryless models, which see a window of past values and
nothing else, and models with a hidden state that allows exact inference. All of them are fitted, continued and judged
by the same calls here: one table and one figure say which deserves belief.
"""

# %%
# The series
# ----------
#
# A damped pendulum that is kicked at random, its angle seen through noise. It swings far enough for its period to
# depend on the amplitude, so that no linear model is exact.

from pathlib import Path

import numpy as np

import unrolled
from unrolled.evaluate import rolling_origins
from unrolled.show import comparison_figure, save

unrolled.use_compilation_cache()

g = np.random.default_rng(4)
angle, speed, step, seen = 1.5, 0.0, 0.02, []
for i in range(20 * 230):
    if i % 20 == 0:
        seen.append(angle + 0.1 * g.normal())
    speed += step * (-4 * np.sin(angle) - 0.1 * speed) + 0.4 * np.sqrt(step) * g.normal()
    angle += step * speed
series = unrolled.make_series(seen, x=0.4 * np.arange(230), names=["angle"], units=["rad"], x_name="t", x_unit="s")

# %%
# The models
# ----------
#
# Two of each family. Networks learn on standardized values.

networks = {"scale": "standard", "window": 6, "members": 4, "epochs": 100}
models = {
    "linear autoregression": unrolled.model("linear-autoregression", window=6),
    "feed-forward network": unrolled.model("feed-forward", units=32, **networks),
    "Elman network": unrolled.model("rnn", units=32, **networks),
    "GRU network": unrolled.model("rnn", network="gru:16", **networks),
    "linear dynamical system": unrolled.model("linear-dynamical-system", units=3),
    "hidden Markov model": unrolled.model("hidden-markov", emission="autoregressive", lags=4, restarts=2),
}

# %%
# Judged on rolling origins
# -------------------------
#
# Each learns the first 180 values, then 200, and continues by 10 steps; an error is counted over the spread of the
# series. Nothing is learned from what is judged.

table = rolling_origins(series, models, origins=[180, 200], horizon=10)
print(f"{'':26}  step 1  step 3  steps 1 to 10")
scores = {}
for name in table.models:
    relative = np.abs(table.errors[name][:, :, 0]) / table.spread[0]
    scores[name] = np.sqrt(np.nanmean(relative**2))
    print(f"{name:26}  {relative[:, 0].mean():6.2f}  {relative[:, 2].mean():6.2f}  {scores[name]:13.2f}")
assert not any(table.failures.values())
assert max(scores.values()) < 2

# %%
# The last ten values, kept back, in one figure.

known = series.head(220)
forecasts = {name: model.fit(known).predict(10) for name, model in models.items()}
sheet = comparison_figure(known, forecasts, truth=series)

# %%
# The two exact ones, and the autoregression, say how far to believe them, without learning again: how many of the ten
# values lie within the 95 % bounds?

for name, forecast in forecasts.items():
    for band in forecast.bands:
        if band.level == 95:
            truth = series.values[220:]
            inside = np.sum((band.lower < truth) & (truth < band.upper))
            print(f"{name}: {inside} of 10, on average {np.mean(band.upper - band.lower):.1f} rad wide")

# %%
# The figure as PNG and PDF.

folder = Path("unrolled-out", "three-families")
folder.mkdir(parents=True, exist_ok=True)
save(sheet, folder / "forecasts")
