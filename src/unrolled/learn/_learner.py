"""What is to be done in training: settings, checked early."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from unrolled.arguments import MOST, require_flag, require_number, require_whole
from unrolled.errors import InputError
from unrolled.learn._losses import loss
from unrolled.learn._optimizers import Optimizer

__all__ = ["GradientDescent"]

# Losses are kept for every member and epoch; more epochs than this are a slip.
_MOST_EPOCHS = 2**20  # a power of two: so is the capacity of the loss arrays, which must not pass it
# Settings that came after the first release, with what they were before: not written where they say nothing.
_LATER = {"truncate": None, "forcing": 1.0, "norm_keeping": 0.0, "error_term": None}


@dataclass(frozen=True)
class GradientDescent:
    """Learn every weight by first-order updates, in the order of events of Keras's ``fit``.

    Attributes
    ----------
    optimizer
        The update rule.
    loss
        One of :func:`losses`; the mean over all targets of a batch, each with its weight, is minimized.
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
    truncate
        ``(k1, k2)``: the error of every k1 steps is carried back k2 steps and no further. ``None``: to the start.
    forcing
        Of networks that see their last output: how often training shows the target in its place. 1 is teacher forcing,
        0 free running; a pair goes from the first to the second over the epochs (scheduled sampling). Where a target
        is NaN (or ``Batch.fed``, if that is given), the network always sees its own output.
    norm_keeping
        Strength of the term that keeps the norm of a derivative on its way back through time, so that it neither
        vanishes nor explodes (Pascanu et al. 2013). The term is part of the losses of the training, and not of those
        of the validation; so is ``error_term``.
    error_term
        A function of the activities of the last hidden layer, ``(time, unit)`` of one sequence, that gives a number in
        terms of ``jax.numpy``: an error of your own at any step. Its mean over the sequences is added to the loss.

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
    truncate: tuple[int, int] | None = None
    forcing: float | tuple[float, float] = 1.0
    norm_keeping: float = 0.0
    error_term: Callable[[Any], Any] | None = None

    def __post_init__(self) -> None:
        loss(self.loss)
        require_whole("epochs", self.epochs, 1, _MOST_EPOCHS)
        require_whole("batch_size", self.batch_size, 1, MOST)
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
        require_number("norm_keeping", self.norm_keeping, least=0.0)
        self._check_truncation()
        self._check_forcing()
        self._check_error_term()

    def _check_truncation(self) -> None:
        if self.truncate is None:
            return
        pair = self.truncate
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise InputError(f"truncate must be a pair (k1, k2) of numbers of steps; came {pair!r}.")
        block, back = (require_whole("truncate", steps, 1, MOST) for steps in pair)
        if back < block:
            raise InputError(
                f"truncate=(k1, k2) goes back from every k1 steps by k2, so k2 must be k1 at least; came {pair}."
            )
        object.__setattr__(self, "truncate", (block, back))

    def _check_error_term(self) -> None:
        if self.error_term is not None and not callable(self.error_term):
            raise InputError(f"error_term must be a function of activities; came {self.error_term!r}.")
        try:
            hash(self.error_term)
        except TypeError:
            raise InputError(
                "error_term is part of a compiled program and must be hashable: take a function, or an object with "
                f"__hash__; came {type(self.error_term).__name__}."
            ) from None

    def _check_forcing(self) -> None:
        pair = self.forcing if isinstance(self.forcing, tuple | list) else (self.forcing, self.forcing)
        if len(pair) != 2:
            raise InputError(f"forcing must be a share, or a pair of shares; came {self.forcing!r}.")
        for share in pair:
            require_number("forcing", share, least=0.0)
            if share > 1:
                raise InputError(f"forcing must be from 0 to 1; came {share}.")

    @property
    def forcing_pair(self) -> tuple[float, float]:
        """How often targets are shown, at the first and at the last epoch."""
        first, last = self.forcing if isinstance(self.forcing, tuple | list) else (self.forcing, self.forcing)
        return float(first), float(last)

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

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, from which the settings can be made again; a function of the user's is left out."""
        plain = {name: value for name, value in vars(self).items() if name not in _LATER or value != _LATER[name]}
        plain.pop("error_term", None)
        return plain | {"optimizer": asdict(self.optimizer)}

    def describe(self) -> dict[str, Any]:
        """The settings as plain data for people, the learning rate written out."""
        settings = self.to_dict()
        settings["optimizer"]["learning_rate"] = self.optimizer.rate
        if self.error_term is not None:
            settings["error_term"] = getattr(self.error_term, "__qualname__", type(self.error_term).__name__)
        return settings | {"kind": "gradient-descent"}

    def compiled_part(self, capacity: int) -> GradientDescent:
        """The settings that shape the compiled program, the others set to one value so that programs are shared."""
        optimizer = replace(self.optimizer, learning_rate=None)
        forcing = 1.0 if self.forcing_pair == (1.0, 1.0) else 0.5
        return replace(self, optimizer=optimizer, epochs=capacity, forcing=forcing)


def _largest_divisor(number: int, most: int) -> int:
    return next(d for d in range(min(most, number), 0, -1) if number % d == 0)
