"""A companion in a trial: which models take one, how far it reaches, and where it says that predictions stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from unrolled.errors import InputError
from unrolled.forecast import Estimator, Fitted
from unrolled.learn import Watch
from unrolled.series import Series

__all__ = ["Companionable", "all_rows", "companion_horizon", "companion_of", "require_companionable"]


@runtime_checkable
class Companionable(Protocol):
    """A model that can look at a series beside its companion."""

    @property
    def takes_companion(self) -> bool:
        """Whether ``fit`` takes a companion."""
        ...

    def fit(self, data: Any, *, companion: Any = None, watch: Watch | None = None) -> Fitted:
        """Learn a series beside its companion."""
        ...


def companion_of(fitted: Fitted) -> Series | None:
    """What a fitted model learned beside its series, if anything."""
    found = getattr(fitted, "companion", None)
    return found if isinstance(found, Series) else None


def require_companionable(model: Estimator) -> Companionable:
    """The model, or an :class:`InputError` if it can make nothing of a companion."""
    if isinstance(model, Companionable) and model.takes_companion:
        return model
    raise InputError(
        f"only the automatic choice looks at a companion; {model.name} does not. Take --model auto, without "
        "settings of other models, or leave out --companion."
    )


def companion_horizon(series: Series, companion: Series, train: int, horizon: int | None) -> int:
    """How many steps to predict beside a companion: as far as it is known, unless fewer are asked for.

    Raises
    ------
    InputError
        It ends before the series, at the last point that is learned, or before the horizon.
    """
    name, reach = companion.names[0], len(companion)
    if reach < len(series):
        raise InputError(
            f"the companion {name} is known in {reach} rows, and the series in {len(series)}; every row needs it."
        )
    if reach == train:
        raise InputError(
            f"the companion {name} is known no further than the {train} points that are learned, so nothing can be "
            "predicted beside it; add rows where y is empty, or keep points back with --train."
        )
    if horizon is not None and horizon > reach - train:
        raise InputError(
            f"the companion {name} is known {reach - train} steps beyond the {train} points that are learned; "
            f"{horizon} were asked for. Lower --horizon."
        )
    return horizon or reach - train


def all_rows(series: Series, companion: Series | None) -> Series:
    """What has an x, for places alone: the rows of the series, and those where only its companion is known."""
    return series if companion is None else replace(companion, names=series.names)
