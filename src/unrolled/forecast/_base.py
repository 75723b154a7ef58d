"""The base of a forecaster: a classical recurrence, which leaves to the network what it does not say itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.classical import LinearRecurrence, Polynomial, Recurrence
from unrolled.errors import InputError

__all__ = ["Base", "FittedBase", "base_shapes", "restore_base"]

_MOST_POINTS = 16  # past this, binomial coefficients only magnify rounding
_LONGEST_WINDOW = 256
_MOST_DIFFERENCES = 8


@dataclass(frozen=True)
class Base:
    """A classical recurrence, written as text.

    ``none``; ``persistence``, the last value again; ``difference:2``, the line through the last two values, and so on
    to ``difference:k``, the polynomial through the last k; ``recurrence:3``, a linear recurrence of window 3 by least
    squares; ``recurrence:3:1``, the same of first differences; ``recurrence:3:0:1e-6``, with a ridge.

    Attributes
    ----------
    method
        What finds the recurrence of a feature; ``None`` for no base.

    Examples
    --------
    >>> from unrolled.forecast import Base
    >>> str(Base.parse("difference:1")), Base.parse("recurrence:3:1").lags
    ('persistence', 4)
    """

    method: Polynomial | LinearRecurrence | None = None

    @classmethod
    def parse(cls, text: Any) -> Base:
        """The base of that name.

        Raises
        ------
        InputError
            Another text; the message shows the forms.
        """
        kind, *numbers = str(text).split(":")
        try:
            method = _method(kind, numbers)
        except ValueError:
            raise InputError(
                "base must be none, persistence, difference:k (the polynomial through the last k values, k from 1 to "
                f"{_MOST_POINTS}) or recurrence:L:d:ridge (a linear recurrence of window L, from 1 to "
                f"{_LONGEST_WINDOW}, of differences of order d, from 0 to {_MOST_DIFFERENCES}; d and ridge may be left "
                f"out); came {text!r}."
            ) from None
        return cls(method)

    def __str__(self) -> str:
        method = self.method
        if method is None:
            return "none"
        if isinstance(method, Polynomial):
            return "persistence" if method.points == 1 else f"difference:{method.points}"
        parts = ["recurrence", str(method.window)]
        if method.difference or method.ridge:
            parts.append(str(method.difference))
        if method.ridge:
            parts.append(f"{method.ridge!r}")
        return ":".join(parts)

    @property
    def lags(self) -> int:
        """How many known values the recurrence weighs."""
        if isinstance(self.method, Polynomial):
            return self.method.points
        return 0 if self.method is None else self.method.window + self.method.difference

    @property
    def least(self) -> int:
        """The fewest known values that it can be fitted to."""
        return 0 if self.method is None else self.method.least

    def fit(self, values: Float[np.ndarray, " time"]) -> Recurrence:
        """The recurrence of one feature.

        Raises
        ------
        InputError
            There is no base.
        """
        if self.method is None:
            raise InputError("base none has nothing to fit; name one, such as persistence.")
        return self.method.fit(values)


@dataclass(frozen=True, eq=False)
class FittedBase:
    """Recurrences of all features side by side.

    ``z_{t+1} = sum_k weights_k z_{t-k} + intercept`` with ``z = (y - centre) / width``.

    Attributes
    ----------
    weights
        The newest value's first, shape ``(feature, lag)``.
    intercept, centre, width
        Shape ``(feature,)``.
    """

    weights: Float[np.ndarray, "feature lag"]
    intercept: Float[np.ndarray, " feature"]
    centre: Float[np.ndarray, " feature"]
    width: Float[np.ndarray, " feature"]

    @classmethod
    def of(cls, recurrences: Sequence[Recurrence]) -> FittedBase:
        """From one recurrence a feature."""
        return cls(
            np.stack([one.weights for one in recurrences]),
            np.array([one.intercept for one in recurrences]),
            np.array([one.standard.centre for one in recurrences]),
            np.array([one.standard.width for one in recurrences]),
        )

    def scale(self, values: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "time feature"]:
        """From the series' units to z; infinite where that is beyond the largest float."""
        with np.errstate(over="ignore"):
            return (values - self.centre) / self.width

    def unscale(self, z: Float[np.ndarray, "... feature"]) -> Float[np.ndarray, "... feature"]:
        """From z to the series' units; infinite where that is beyond the largest float."""
        with np.errstate(over="ignore"):
            return z * self.width + self.centre

    def one_step(self, z: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "row feature"]:
        """What it says of every z that has all its lags before it."""
        shown = np.lib.stride_tricks.sliding_window_view(z, self.weights.shape[1], axis=0)[:-1]
        return np.sum(shown * self.weights[:, ::-1], axis=-1) + self.intercept

    def tensors(self) -> dict[str, np.ndarray]:
        """The numbers by name, for a file."""
        return {
            "base.weights": self.weights,
            "base.intercept": self.intercept,
            "base.centre": self.centre,
            "base.width": self.width,
        }


def base_shapes(text: str, features: int) -> dict[str, tuple[tuple[int, ...], str]]:
    """The shape and type of every one of :meth:`FittedBase.tensors`, for a base of that name."""
    one = ((features,), "float64")
    weights = ((features, Base.parse(text).lags), "float64")
    return {"base.weights": weights, "base.intercept": one, "base.centre": one, "base.width": one}


def restore_base(tensors: dict[str, np.ndarray]) -> FittedBase:
    """The base whose tensors these are, taken out of them; a ValueError if it has no width."""
    base = FittedBase(*(tensors.pop(f"base.{name}") for name in ("weights", "intercept", "centre", "width")))
    if not base.width.all():
        raise ValueError("the base has no width")
    return base


def _method(kind: str, numbers: list[str]) -> Polynomial | LinearRecurrence | None:
    """What finds the recurrence; a ValueError for what is no base."""
    match kind, numbers:
        case "none", []:
            return None
        case "persistence", []:
            return Polynomial(1)
        case "difference", [points]:
            return Polynomial(_whole(points, 1, _MOST_POINTS))
        case "recurrence", [window, *rest] if len(rest) <= 2:
            difference = _whole(rest[0], 0, _MOST_DIFFERENCES) if rest else 0
            ridge = float(rest[1]) if len(rest) == 2 else 0.0
            if 0 <= ridge < np.inf:
                return LinearRecurrence(_whole(window, 1, _LONGEST_WINDOW), difference, ridge)
    raise ValueError


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= most:
        raise ValueError
    return int(text)
