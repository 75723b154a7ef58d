"""
The hidden state of a noisy oscillator
======================================

A damped oscillator is kicked at random; its position is seen through noise, with gaps, and its velocity never. The
equation of motion is known, how strong kicks and noise are is not. Expectation-maximization learns that, the smoother
infers both parts of the state with their uncertainty, and the forecast is exact.
"""

# %%
# The system
# ----------
#
# ``x'' = -omega^2 x - gamma x' + kicks``, seen every 0.1: the matrix exponential turns the equation of motion into
# ``h_t = W h_{t-1} + w_t`` for the state h of position and velocity. Of the state only the position is observed.

from pathlib import Path

import jax
import numpy as np
from scipy.linalg import expm

import unrolled
from unrolled.forecast import Band, Forecast
from unrolled.show import components_figure, draw_forecast, save
from unrolled.statespace import (
    LinearGaussian,
    filter_states,
    learn_linear_gaussian,
    predict_ahead,
    sample_linear_gaussian,
    smooth_states,
)

unrolled.use_compilation_cache()

omega, gamma, step = 2.0, 0.1, 0.1
W = expm(step * np.array([[0.0, 1.0], [-(omega**2), -gamma]]))
true = LinearGaussian(
    W=W, V=np.array([[1.0, 0.0]]), Q=np.diag([0.0, 0.04]), R=np.array([[0.25]]),
    m=np.array([2.0, 0.0]), P=0.01 * np.eye(2),
)  # fmt: skip
known, horizon = 300, 60
truth = sample_linear_gaussian(true, known + horizon, key=jax.random.key(3))

# %%
# What is seen
# ------------
#
# 300 positions, of which 40 in a row and every ninth are missing.

y = truth.observations[:known].copy()
y[120:160] = np.nan
y[::9] = np.nan

# %%
# Learn how strong the noises are
# -------------------------------
#
# W is known and stays; Q and R are learned from the gapped series. The likelihood never falls, and ends above that of
# the true parameters.

start = LinearGaussian(W=W, V=true.V, Q=0.5 * np.eye(2), R=np.eye(1), m=np.zeros(2), P=10 * np.eye(2))
learned = learn_linear_gaussian(start, y, learned=("Q", "R", "m", "P"), iterations=500)
print(f"log-likelihood {learned.log_likelihoods[0]:.1f} -> {learned.log_likelihoods[-1]:.1f}")
print(f"noise of an observation: {np.sqrt(learned.model.R[0, 0]):.2f} (true 0.50)")
print(f"kick in a step: {np.sqrt(learned.model.Q[1, 1]):.2f} (true 0.20)")
assert np.all(np.diff(learned.log_likelihoods) >= -1e-9)
assert abs(np.sqrt(learned.model.R[0, 0]) - 0.5) < 0.1

# %%
# The state behind it
# -------------------
#
# Where nothing is seen the bands widen; the velocity is inferred from how the position moves.

smoothed = smooth_states(learned.model, y)
deviation = np.sqrt(np.diagonal(smoothed.covariance, axis1=1, axis2=2))
apart = np.abs(smoothed.mean - truth.states[:known]) / deviation
print(f"true states within two deviations: {np.mean(apart < 2):.0%} (95 % expected)")
assert 0.9 < np.mean(apart < 2) < 1.0

series = unrolled.make_series(
    y[:, 0], x=step * np.arange(known), names=["position"], units=["m"], x_name="t", x_unit="s", gaps=True
)
states = {
    "inferred position": (smoothed.mean[:, 0], deviation[:, 0]),
    "inferred velocity": (smoothed.mean[:, 1], deviation[:, 1]),
}
sheet = components_figure(series, states, units={"inferred velocity": "m/s"})

# %%
# What comes next
# ---------------
#
# The forecast knows how little it knows: its bounds widen to what the kicks allow.

ahead = predict_ahead(learned.model, filter_states(learned.model, y), horizon)
spread = np.sqrt(ahead.covariance[:, :, 0])
widths = {68.0: 0.994, 95.0: 1.960}
bands = tuple(Band(level, ahead.mean - z * spread, ahead.mean + z * spread) for level, z in widths.items())
forecast = Forecast(series.future_x(horizon), ahead.mean[None], series, bands=bands)
everything = unrolled.make_series(
    np.concatenate([y[:, 0], truth.observations[known:, 0]]), x=step * np.arange(known + horizon),
    names=["position"], units=["m"], x_name="t", x_unit="s", gaps=True,
)  # fmt: skip
inside = np.abs(truth.observations[known:] - ahead.mean) < 1.96 * spread
print(f"later observations within the 95 % bounds: {inside.mean():.0%}")
assert inside.mean() > 0.85
axes = draw_forecast(series, forecast, truth=everything)

# %%
# The figures as PNG and PDF.

folder = Path("unrolled-out", "noisy-oscillator")
folder.mkdir(parents=True, exist_ok=True)
save(sheet, folder / "position")
save(axes, folder / "forecast")
