"""What is to be done in training: settings, checked early."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from unrolled.arguments import require_flag, require_number, require_whole
from unrolled.errors import InputError
from unrolled.learn._losses import loss
from unrolled.learn._optimizers import Optimizer

__all__ = ["GradientDescent"]

# Losses are kept for every member and epoch; more epochs than this are a slip.
_MOST_EPOCHS = 2**20  # a power of two: so is the capacity of the loss arrays, which must not pass it
_MOST_SEQUENCES = 1_000_000_000


@dataclass(frozen=True)
class GradientDescent:
    """Learn every weight by first-order updates, in the order of events of Keras's ``fit``.

    Attributes
    ----------
    optimizer
        The update rule.
    loss
        ``squared``, ``absolute`` or ``huber``; the mean over the sequences and outputs of a batch is minimized.
    epochs
        Passes over the training sequences.
    batch_size
        Sequences an update; the last batch of an epoch may be smaller.
    shuffle
        Whether every epoch takes the sequences in a new random order. Says nothing where one batch holds them all.
    stateful
        Carry the state from batch to batch within an epoch: sequence i goes on where sequence i - batch_size ended.
        Needs ``shuffle=False`` and a number of training sequences that ``batch_size`` divides.
    validation
        The share of the sequences, from the end, that is kept out of training and scored after every epoch.
    clip_norm
        Scale the gradient down to this global norm where it is longer; ``None`` leaves it.
    clip_value
        Clip every component of the gradient to ± this.
    patience
        Early stopping: end after so many epochs without a better loss (validation loss where there is one), and take
        the best weights. ``None`` trains all epochs and takes the last weights.
    improvement
        How much lower a loss must be to count as better.

    Examples
    --------
    >>> from unrolled.learn import GradientDescent, Optimizer
    >>> GradientDescent(Optimizer("rmsprop"), epochs=100, batch_size=16).split(800)
    (800, 0)
    """

    optimizer: Optimizer = field(default_factory=Optimizer)
    loss: str = "squared"
    epochs: int = 150
    batch_size: int = 32
    shuffle: bool = True
    stateful: bool = False
    validation: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    patience: int | None = None
    improvement: float = 0.0

    def __post_init__(self) -> None:
        loss(self.loss)
        require_whole("epochs", self.epochs, 1, _MOST_EPOCHS)
        require_whole("batch_size", self.batch_size, 1, _MOST_SEQUENCES)
        require_number("validation", self.validation, least=0.0)
        if not self.validation < 1:
            raise InputError(f"validation must be a share from 0 up to (not including) 1; came {self.validation}.")
        for name in ("clip_norm", "clip_value"):
            if getattr(self, name) is not None:
                require_number(name, getattr(self, name), above=0.0)
        if self.patience is not None:
            require_whole("patience", self.patience, 1, _MOST_EPOCHS)
        require_number("improvement", self.improvement, least=0.0)
        require_flag("shuffle", self.shuffle)
        require_flag("stateful", self.stateful)
        if self.stateful and self.shuffle:
            raise InputError("a stateful network needs its windows in order: set shuffle=False.")

    def split(self, sequences: int) -> tuple[int, int]:
        """How many of that many sequences train and how many validate, counted as Keras counts.

        Raises
        ------
        InputError
            Nothing is left to train on, or stateful batches do not come out even.
        """
        training = math.floor(sequences * (1.0 - self.validation))
        if training < 1:
            raise InputError(
                f"validation {self.validation:g} of {sequences} sequences leaves none to train on; lower it."
            )
        if self.stateful and training % self.batch_size:
            raise InputError(
                f"a stateful network needs a batch size that divides the {training} training windows; came "
                f"{self.batch_size}. Use a divisor, such as {_largest_divisor(training, self.batch_size)}."
            )
        return training, sequences - training

    def describe(self) -> dict[str, Any]:
        """The settings as plain data, the learning rate written out."""
        settings = asdict(self)
        settings["optimizer"]["learning_rate"] = self.optimizer.rate
        return settings | {"kind": "gradient-descent"}

    def compiled_part(self, capacity: int) -> GradientDescent:
        """The settings that shape the compiled program, the others set to one value so that programs are shared."""
        optimizer = replace(self.optimizer, learning_rate=None)
        return replace(self, optimizer=optimizer, epochs=capacity)


def _largest_divisor(number: int, most: int) -> int:
    return next(d for d in range(min(most, number), 0, -1) if number % d == 0)
