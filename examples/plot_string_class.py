"""
The class of a string
=====================

Many to one: a string of any length goes in, one answer comes out. Half of the strings obey the embedded Reber grammar,
the other half break it in one place. In some of these only the second symbol tells that the last but one is wrong,
however long the string is.
"""

# %%
# The strings
# -----------
#
# A string begins with B and then T or P, goes through a loop of the grammar, and ends with the same T or P and E. Short
# strings come up again and again, so the test keeps those alone that were not among the strings to learn.

from pathlib import Path

import numpy as np

import unrolled
from unrolled import Batch, GradientDescent, NetworkDesign, Optimizer, SequenceModel
from unrolled.show import draw_curves, save
from unrolled.tasks import REBER_ALPHABET, reber_or_not

unrolled.use_compilation_cache()


def strings(batch):
    return [x[:length] for x, length in zip(batch.inputs, batch.lengths, strict=True)]


def written(string):
    return REBER_ALPHABET.decode(string.argmax(axis=1))


train, test = reber_or_not(2000, seed=0), reber_or_not(4000, seed=1)
learned = {written(string) for string in strings(train)}
pairs = zip(strings(test), test.targets[:, 0, 0] == 1, strict=True)
unseen, legal = zip(*((string, obeys) for string, obeys in pairs if written(string) not in learned), strict=True)
legal = np.array(legal)
for string, obeys in list(zip(unseen, legal, strict=True))[:4]:
    print(f"{'obeys ' if obeys else 'breaks'} {written(string)}")
lengths = [len(string) for string in unseen]
print(f"{len(unseen)} unseen strings of {min(lengths)} to {max(lengths)} symbols, {legal.mean():.0%} obey")

# %%
# Three models
# ------------
#
# The first sees how often every symbol comes and nothing of the order: logistic regression on the counts. The second
# reads from left to right and answers from its last state, ``reads="final"``. The third reads in both directions and
# answers from both last states. Each says how likely the string is legal; the loss is the cross-entropy.

learner = GradientDescent(
    Optimizer("adam", learning_rate=0.01), loss="cross-entropy", epochs=30, batch_size=32, clip_norm=1.0
)


def model(network, **settings):
    design = NetworkDesign.parse(network, "sigmoid", **settings)
    return SequenceModel(design, learner, precision="float32")


trained = {
    "counts": model("").fit(Batch(train.inputs.sum(axis=1, keepdims=True), train.targets)),
    "GRU": model("gru:16", reads="final").fit(train),
    "GRU, both directions": model("bi-gru:16", reads="final").fit(train),
}

# %%
# The batch to learn from is padded to one length and says in ``lengths`` how long each string is. Predictions are made
# for a plain list of arrays of unequal length.

right = {}
for name, fitted in trained.items():
    seen = np.stack([string.sum(axis=0, keepdims=True) for string in unseen]) if name == "counts" else list(unseen)
    right[name] = (fitted.predict(seen)[0, :, 0, 0] > 0.5) == legal
print("classified correctly     obey   break     all")
for name, hits in right.items():
    print(f"{name:21}{hits[legal].mean():8.3f}{hits[~legal].mean():8.3f}{hits.mean():8.3f}")
assert right["GRU, both directions"].mean() >= 0.97

# %%
# Counts alone are guesswork: what they win on one kind of string they lose on the other. Both networks have found the
# grammar in the examples.

# %%
# How they learn
# --------------
#
# Whoever guesses pays log 2 = 0.69 nats a string. That is where all three begin, and where the counts stay.

losses = {name: fitted.history.loss[0] for name, fitted in trained.items()}
learning = draw_curves(
    np.arange(1, learner.epochs + 1), losses, names=("epoch", "cross-entropy"), units=("", "nats"), log=True
)

# %%
# The figure as PNG and PDF.

folder = Path("unrolled-out", "string-class")
folder.mkdir(parents=True, exist_ok=True)
save(learning, folder / "learning")
