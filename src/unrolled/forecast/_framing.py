"""How a series becomes what a network is shown: the settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from unrolled.arguments import require_flag, require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.forecast._base import Base
from unrolled.series import Series
from unrolled.windows import LAGS_AS, SCALES, check_length

__all__ = ["SEES", "TARGETS", "Framing"]

#: What a forecaster can learn: the next value from a window, or y from x.
TARGETS = ("window", "x-to-y")
#: What the network of a forecaster with a base can be shown.
SEES = ("values", "differences")
_LONGEST_WINDOW = 1_000_000_000


@dataclass(frozen=True)
class Framing:
    """Windows or pairs, how the lags are shown, how values are scaled: the settings of a forecaster by those names."""

    window: int
    lags_as: str
    target: str
    scale: str
    pad: bool
    base: str = "none"
    sees: str = "values"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; without a base none is named, so that releases which know of none can read it."""
        plain = asdict(self)
        return plain if self.has_base else {k: v for k, v in plain.items() if k not in ("base", "sees")}

    def check(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range for every series."""
        for kind, name, known in (
            ("target", self.target, TARGETS),
            ("way to show the lags (lags_as)", self.lags_as, LAGS_AS),
            ("scale", self.scale, SCALES),
            ("view of the past (sees)", self.sees, SEES),
        ):
            if name not in known:
                raise nearest_name(kind, name, known)
        require_whole("window", self.window, 1, _LONGEST_WINDOW)
        require_flag("pad", self.pad)
        self._check_base()

    def _check_base(self) -> None:
        """What goes with a base, and what goes with none."""
        if Base.parse(self.base).method is None:
            if self.sees == "differences":
                raise InputError("differences need a base: base=persistence is the simplest.")
            return
        if self.target == "x-to-y":
            raise InputError("a base goes on from the values before: a model that learns y from x takes none.")
        if self.scale != "none":
            raise InputError(
                f"a model with a base scales what it sees and what it learns by itself: leave scale={self.scale} out."
            )
        if self.pad:
            raise InputError("a base would take the values that pad repeats for data: leave pad or the base out.")

    def sequences(self, known: Series) -> int:
        """How many sequences that series gives; an :class:`InputError` where it cannot be framed so."""
        if self.target == "x-to-y":
            if len(known) < 2:
                raise InputError(f"2 known points are the least to learn y from x; {known.name} has {len(known)}.")
            return len(known)
        few = "1 known point is too few" if len(known) == 1 else f"{len(known)} known points are too few"
        if len(known) < self.least:
            if self.has_base:
                raise InputError(
                    f"{few} for the base {self.base} and a window of {self.window}: {self.least} are needed."
                )
            longest = f"use a window of at most {len(known) - 2}" if len(known) > 2 else "three points are the least"
            raise InputError(
                f"{few} for a window of {self.window}: window + 2 = {self.window + 2} are needed; {longest}."
            )
        check_length(self.window, len(known))
        known.require_even()
        return len(known) if self.pad else len(known) - self.lead

    @property
    def has_base(self) -> bool:
        """Whether the network learns only what a classical recurrence leaves."""
        return Base.parse(self.base).method is not None

    @property
    def flat(self) -> bool:
        """Whether the lags are features of one step."""
        return self.lags_as == "features"

    @property
    def lead(self) -> int:
        """How many values a prediction by window has before it."""
        return max(Base.parse(self.base).lags, self.window + (self.sees == "differences"))

    @property
    def least(self) -> int:
        """The fewest known values to learn from by windows: two of them, and what the base is fitted to."""
        return max(Base.parse(self.base).least, self.lead + 2)

    def network_features(self, features: int) -> int:
        """The number of inputs of the network for a series with that many features."""
        if self.target == "x-to-y":
            return 1
        return features * (self.window if self.flat else 1)

    @property
    def steps(self) -> int:
        """The number of steps in time that the network sees at once."""
        return self.window if self.target == "window" and self.lags_as == "time" else 1
