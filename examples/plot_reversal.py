"""
Reversal: an encoder and a decoder
==================================

Many to many, delayed: seven symbols go in, and the same symbols come out backwards once all of them are heard. One
network reads and hands over its last state; a second begins in that state and says the answer, seeing nothing but what
it said itself.
"""

# %%
# The task
# --------
#
# There are six symbols, so 6⁷ = 279,936 sequences. The networks are given 2000 of them and tested on others.

from pathlib import Path

import numpy as np

import unrolled
from unrolled import GradientDescent, NetworkDesign, Optimizer, SequenceModel
from unrolled.show import draw_curves, save
from unrolled.tasks import reversal

unrolled.use_compilation_cache()

length, symbols = 7, 6
train, test = reversal(2000, length, symbols, seed=0), reversal(500, length, symbols, seed=1)


def numbers(vectors):
    return vectors.argmax(axis=-1)


learned = {tuple(row) for row in numbers(train.inputs)}
unseen = np.array([tuple(row) not in learned for row in numbers(test.inputs)])
sources, answers = test.inputs[unseen], numbers(test.targets)[unseen]
print(f"{len(sources)} sequences to test, none of them learned")
print("in: ", numbers(sources)[0], "\nout:", answers[0])

# %%
# The network
# -----------
#
# ``encoder`` reads the input; the layers after it make the answer. Of a softmax the likeliest symbol is fed back, as a
# vector with a single 1. With ``start="learned"`` the encoder's first state is learned, and so is what the decoder sees
# before it has said anything.

design = NetworkDesign.parse("gru:48", "softmax", encoder="gru:48", start="learned")
print(design)

# %%
# What the decoder sees in training
# ---------------------------------
#
# With teacher forcing it is always the right symbol. Scheduled sampling begins like that and ends with its own symbols
# alone: ``forcing=(1.0, 0.0)``. Three networks are trained either way. A tenth of the sequences validates, from own
# symbols, and ``patience`` takes the weights that did best there. Predictions are made from own symbols as well; with
# ``fed`` the right ones can be shown in their place.


def fit(forcing):
    learner = GradientDescent(
        Optimizer("adam", learning_rate=0.005),
        loss="cross-entropy",
        epochs=35,
        batch_size=32,
        clip_norm=1.0,
        validation=0.1,
        patience=35,
        forcing=forcing,
    )
    return SequenceModel(design, learner, members=3, precision="float32").fit(train)


ways = {"teacher forcing": fit(1.0), "scheduled sampling": fit((1.0, 0.0))}
right = {}
print("whole sequences right       members              shown the right symbols")
for name, fitted in ways.items():
    said = numbers(fitted.predict(sources, last=length))
    shown = numbers(fitted.predict(sources, last=length, fed=test.targets[unseen]))
    right[name] = said == answers
    whole, helped = right[name].all(axis=2).mean(axis=1), (shown == answers).all(axis=2).mean(axis=1)
    each = " ".join(f"{share:.3f}" for share in sorted(whole))
    print(f"{name:19}{np.median(whole):7.3f}     {each}{np.median(helped):16.3f}")
assert np.median(right["scheduled sampling"].all(axis=2).mean(axis=1)) >= 0.95

# %%
# Scheduled sampling learns the task a little better in as many epochs. To be shown the right symbols helps neither: the
# last symbol does not tell the next one here, so an error does not spread. Where it does spread, teacher forcing alone
# fails; see *A sine from a number*.

# %%
# Late symbols
# ------------
#
# Mistakes are made late in the answer. What is said last was heard first and has to be kept longest.

by_step = draw_curves(
    np.arange(1, length + 1),
    {name: hits.mean(axis=1) for name, hits in right.items()},
    names=("step of the answer", "share of symbols right"),
)

# %%
# The figure as PNG and PDF.

folder = Path("unrolled-out", "reversal")
folder.mkdir(parents=True, exist_ok=True)
save(by_step, folder / "by-step")
