"""What every estimator and every fitted model can do, whatever is inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from unrolled.forecast._forecast import Forecast, OneStep
from unrolled.learn import History, Watch
from unrolled.series import Series

__all__ = ["Estimator", "Fitted"]


@runtime_checkable
class Estimator(Protocol):
    """A model of a series: settings, checked and put to work by ``fit``.

    One that learns from series in which values are missing has a property ``takes_gaps`` that is True, and reads what
    it is given by ``as_series(data, gaps=True)``: NaN is then a value that nobody knows.
    """

    @property
    def name(self) -> str:
        """For tables and the report."""
        ...

    @property
    def seed(self) -> int:
        """Decides everything random."""
        ...

    @property
    def target(self) -> str:
        """``"window"``: the next value from those before; ``"x-to-y"``: y from x."""
        ...

    @property
    def window(self) -> int | str:
        """How many known values a prediction needs before it; ``"auto"`` where only ``fit`` can tell."""
        ...

    def check(self, known: Series) -> None:
        """Raise an :class:`~unrolled.errors.InputError` if this model could not learn that series."""
        ...

    def fit(self, data: Any, *, watch: Watch | None = None) -> Fitted:
        """Learn a series."""
        ...

    def describe(self, features: int) -> dict[str, Any]:
        """The settings as plain data, for the report."""
        ...


@runtime_checkable
class Fitted(Protocol):
    """A model that has learned a series; it never changes."""

    @property
    def model(self) -> Estimator:
        """What was asked for."""
        ...

    @property
    def series(self) -> Series:
        """The known part, from whose end it continues."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a user should read before believing the forecast."""
        ...

    @property
    def history(self) -> History | None:
        """Losses by member and epoch, where something was iterated."""
        ...

    def predict(self, horizon: int | None = None, *, x: Any = None, history: Any = None) -> Forecast:
        """Continue the series, or ``history`` in its place."""
        ...

    def one_step(self, data: Any = None) -> OneStep:
        """Predict known values from the true values before each."""
        ...

    def update(self, value: Any, x: float | None = None) -> Fitted:
        """The same model after one more value became known, without training again."""
        ...

    def save(self, folder: str | Path) -> Path:
        """Write the model to a new or empty folder, for :func:`unrolled.load`."""
        ...
