"""
The lecture's extrapolation
===========================

Twelve correlation energies of the pairing model are known, at 2, 4, ..., 24 particles. Four recurrent networks learn
the pattern of the sequence, each value from the two before it, and continue it to 40 particles: every prediction is
fed back as if it were known. The true values are known too, so each continuation can be judged.
"""

# %%
# The series
# ----------
#
# The numbers come with the package. The networks are trained on raw values, as in the lecture.

from pathlib import Path

import unrolled
from unrolled.series import describe
from unrolled.show import comparison_figure, draw_loss, draw_unrolled, forecast_figure, save

unrolled.use_compilation_cache()

energies = unrolled.dataset("pairing-particles")
print(energies)
print(describe("pairing-particles").provenance)

# %%
# The four networks
# -----------------
#
# Each name stands for a network and for how it learns: squared error, Adam with Keras's defaults, 150 epochs, the last
# window kept for validation. ``members`` is the number of networks that start from different random weights; 16 are
# the default, two of each large network keep this example quick.

members = {"rnn": 8, "rnn-2layer": 2, "lstm-2layer": 2, "dense-gru-2layer": 2}
models = {name: unrolled.model(name, members=count) for name, count in members.items()}
for name, model in models.items():
    print(f"{name}\n{model.summary()}\n")

# %%
# The drawing shows the simplest one, unrolled over the two steps of its window. The weights U, W and V are the same at
# every step.

unrolled_rnn = draw_unrolled(models["rnn"].design, window=2)

# %%
# Train and continue
# ------------------
#
# ``extrapolate`` trains on the first 12 points, because the catalogue says that so many count as known, continues
# over the other 8, and scores the mean of the members.

trials = {name: unrolled.extrapolate(energies, model) for name, model in models.items()}

# %%
# The lecture scores a continuation by the mean squared error over all 20 points, where the 12 known ones count as no
# error. The last column is the lecture's own figure: its published runs, and 0.33 for ``rnn-2layer`` from a run of
# the same network in Keras. One run is one draw of the random weights: of 32 members of ``rnn``, each judged alone, the
# best came to 3e-5 and the worst to 6e-4.

lecture = {
    "rnn": "4.2e-5 to 7.5e-3",
    "rnn-2layer": "0.33",
    "lstm-2layer": "1.2e-2",
    "dense-gru-2layer": "4.2e-5 to 7.5e-3",
}
print("model             parameters   all points   predicted   lecture, all points")
for name, trial in trials.items():
    count, scores = models[name].summary().parameters, trial.scores
    print(f"{name:18}{count:10,}{scores.mse_all:13.1e}{scores.mse_forecast:12.1e}   {lecture[name]}")

# %%
# In 150 epochs the two layers of 500 sigmoid units learn hardly more than the mean of the training targets, and
# continue with a constant. A larger network is not a better one here.

forecasts = {name: trial.forecast for name, trial in trials.items()}
comparison = comparison_figure(energies.head(12), forecasts, truth=energies)

# %%
# One network in detail
# ---------------------
#
# Known points, members, their mean, and the truth that the networks did not see. Each prediction rests on the ones
# before it, so the error grows: half a per cent at first, nearly two at the end. Where it dips, the mean crosses the
# truth.

trial = trials["rnn"]
continuation = forecast_figure(trial.fitted.series, trial.forecast, truth=energies)

# %%
# Training and validation loss. The validation window is the last of ten: its target lies at the end of the known
# region, so its loss is already a one-step extrapolation.

losses = draw_loss(trial.fitted.history, name="mean squared error")

# %%
# For comparison: a linear recurrence
# -----------------------------------
#
# The same windows, solved by least squares with three or four numbers instead of forty thousand. On a smooth short
# series this is hard to beat, and a network should be shown beside it.

for window in (2, 3):
    linear = unrolled.extrapolate(energies, unrolled.model("autoregression", window=window))
    weights = linear.fitted.model.summary().parameters
    print(f"window {window}, {weights} weights: MSE over all points {linear.scores.mse_all:.1e}")

# %%
# The figures as PNG and PDF.

folder = Path("unrolled-out", "lecture")
folder.mkdir(parents=True, exist_ok=True)
drawn = {"unrolled": unrolled_rnn, "comparison": comparison, "forecast": continuation, "loss": losses}
for name, figure in drawn.items():
    save(figure, folder / name)
