"""
The noisy sine
==============

A thousand values of sin(0.02 t) + 2 u, where u is random and uniform between 0 and 1. The noise is as wide as the
sine is high, from top to bottom. A small network learns the first 800 and predicts every value from the four before
it.
"""

# %%
# The model
# ---------
#
# An Elman layer of 32 units, a dense layer of 8, one output. The four lags are four features of a single step, so the
# recurrent layer never looks back: it works as a dense one. RMSprop, batches of 16, 100 epochs. Both parts of the
# series are padded by repeating their last value, so that there are as many windows as values.

from pathlib import Path

import numpy as np

import unrolled
from unrolled.metrics import mean_squared_error
from unrolled.show import draw_loss, draw_one_step, save

unrolled.use_compilation_cache()

signal = unrolled.dataset("noisy-sine")
model = unrolled.model("noisy-sine", members=4)
print(model.summary())

# %%
# Train and test error
# --------------------

trial = unrolled.extrapolate(signal, model)
for part, one_step in trial.one_step.items():
    print(f"{part:5} {len(one_step.x):4} predictions, MSE {mean_squared_error(one_step.mean, one_step.truth):.4f}")

# %%
# How good can it be? Uniform noise of width 2 has the variance 2²/12 = 1/3, and no model can predict that part. What
# the network adds to it is small.

noise = 2**2 / 12
print(f"variance of the noise                 {noise:.4f}")
print(f"repeat the last value (persistence)   {np.mean(np.diff(signal.values[800:, 0]) ** 2):.4f}")
print(f"mean of the training part             {np.mean((signal.values[800:] - signal.values[:800].mean()) ** 2):.4f}")

# %%
# All 1000 predictions, from true values in the training part (shaded) and in the test part.

parts = list(trial.one_step.items())
predictions = draw_one_step(signal, parts, trained=signal.head(800))

# %%
# The loss levels off within a few epochs.

losses = draw_loss(trial.fitted.history, name="mean squared error")

# %%
# What it cannot do
# -----------------
#
# Four noisy values do not tell where in its period the sine is. In closed loop, where each prediction is fed back, the
# continuation settles to a constant near the mean of the series instead of swinging on.

print(f"closed loop over 200 steps: MSE {trial.scores.mse_forecast:.4f}")
print("after 1, 10, 50, 100, 200 steps:", trial.forecast.mean[[0, 9, 49, 99, 199], 0].round(2))

# %%
# The figures as PNG and PDF.

folder = Path("unrolled-out", "noisy-sine")
folder.mkdir(parents=True, exist_ok=True)
save(predictions, folder / "predictions")
save(losses, folder / "loss")
