"""
The next character
==================

A network reads a text character by character and says at every one which comes next. It is measured in bits per
character on text that it has not seen: how many yes-or-no questions a character still costs. Beside it stands what
counting can do.
"""

# %%
# The text
# --------
#
# Python brings a text of its own, the pages behind ``help()``. Paragraphs of prose are kept, in their order and in
# small letters; tables and code are left out. The first nine tenths train, the rest tests.

from pathlib import Path
from pydoc_data.topics import topics

import numpy as np

import unrolled
from unrolled import GradientDescent, NetworkDesign, Optimizer, SequenceModel
from unrolled.show import draw_curves, save
from unrolled.tasks import Alphabet, TrigramModel, next_character, one_hot

unrolled.use_compilation_cache()


def is_prose(paragraph):
    plain = sum(letter.isalpha() or letter == " " for letter in paragraph)
    whole = paragraph[:1].isupper() and paragraph.endswith((".", ":", ")"))
    return whole and len(paragraph) >= 80 and plain > 0.9 * len(paragraph)


paragraphs = (" ".join(block.split()) for page in topics.values() for block in page.split("\n\n"))
text = "\n".join(dict.fromkeys(filter(is_prose, paragraphs)))
text = text.lower().encode("ascii", "ignore").decode()
cut = len(text) * 9 // 10
known, unseen = text[:cut], text[cut:]

alphabet = Alphabet.of(text)
print(f"{len(known):,} characters to learn, {len(unseen):,} to test, {len(alphabet)} different ones")
print(unseen[:70])

# %%
# Counting
# --------
#
# The trigram model predicts a character from the two before it, by how often it came after them; where that is rare it
# falls back on one, or none.

trigram = TrigramModel.fit(known, alphabet).bits_per_character(unseen)
print(f"all alike: {np.log2(len(alphabet)):.2f} bits per character")
print(f"trigram:   {trigram:.2f} bits per character")

# %%
# The network
# -----------
#
# The text is cut into pieces of 64 characters, and 16 places in it are read side by side. With ``stateful=True`` each
# of the 16 lanes goes on in the state in which its last piece ended, so that the network can remember further back than
# a piece is long; derivatives end at its edge. Dropout keeps it from learning the text by heart.

lanes, length = 16, 64
batch = next_character(known, alphabet, length, lanes=lanes)
print("pieces, characters, alphabet:", batch.inputs.shape)

design = NetworkDesign.parse("lstm:160", "softmax", dropout=0.3)
learner = GradientDescent(
    Optimizer("adam", learning_rate=0.01),
    loss="cross-entropy",
    epochs=12,
    batch_size=lanes,
    shuffle=False,
    stateful=True,
    clip_norm=1.0,
)
model = SequenceModel(design, learner, precision="float32")
fitted = model.fit(batch)

# %%
# On the unseen text
# ------------------
#
# The score is in nats; divided by log 2 it is in bits.

bits = fitted.score(next_character(unseen, alphabet, length, lanes=lanes))[0] / np.log(2)
print(f"LSTM:      {bits:.2f} bits per character")
assert bits < 2.1 < trigram

# %%
# Two characters are little context, and counting can do better. The same interpolated counts with four characters
# before the next reach 1.94 on this text, and Kneser-Ney smoothing with seven reaches 1.78. The network is small
# and has read the text twelve times, which takes about a minute.

# %%
# How far back it looks
# ---------------------
#
# ``carry`` begins without any memory, here at many places of the unseen text. A handful of characters is enough to
# overtake the trigram; what lies further back than ten helps little.

longest = 40
starts = np.random.default_rng(0).integers(len(unseen) - longest, size=2000)
numbers = alphabet.encode(unseen)[starts[:, None] + np.arange(longest + 1)]
chances = fitted.carry(one_hot(numbers[:, :-1], len(alphabet)))[0][0]
cost = -np.log2(np.take_along_axis(chances, numbers[:, 1:, None], axis=2))[..., 0].mean(axis=0)
seen = np.arange(1, longest + 1)
context = draw_curves(
    seen,
    {"LSTM": cost, "trigram": np.full(longest, trigram)},
    names=("characters read before", "cost of the next"),
    units=("", "bits"),
)
overtakes = seen[cost < trigram][0]
print(f"below the trigram from {overtakes} characters on; after 1, 10 and 40:", cost[[0, 9, 39]].round(2))

# %%
# Left to write
# -------------
#
# Every character is drawn from what the network predicts and becomes its next input. The temperature divides what
# stands before the softmax: at 1 the network writes as it believes, at 0.5 it keeps to what is likely.

prompt = "the value of "
for temperature in (0.5, 1.0):
    drawn = fitted.sample(alphabet.one_hot(prompt), 240, temperature=temperature)
    print(f"temperature {temperature}\n{prompt}{alphabet.decode(drawn)}\n")

# %%
# The figure as PNG and PDF.

folder = Path("unrolled-out", "text")
folder.mkdir(parents=True, exist_ok=True)
save(context, folder / "context")
