"""How a series becomes what a network is shown."""

from __future__ import annotations

from dataclasses import dataclass

from unrolled.arguments import require_flag, require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.series import Series
from unrolled.windows import LAGS_AS, SCALES, Scaler, Windows, check_length, fit_scaler, pairs, windows

__all__ = ["TARGETS", "Framing"]

#: What a forecaster can learn: the next value from a window, or y from x.
TARGETS = ("window", "x-to-y")
_LONGEST_WINDOW = 1_000_000_000


@dataclass(frozen=True)
class Framing:
    """Windows or pairs, how the lags are shown, how values are scaled: the settings of a forecaster by those names."""

    window: int
    lags_as: str
    target: str
    scale: str
    pad: bool

    def check(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range for every series."""
        for kind, name, known in (
            ("target", self.target, TARGETS),
            ("way to show the lags (lags_as)", self.lags_as, LAGS_AS),
            ("scale", self.scale, SCALES),
        ):
            if name not in known:
                raise nearest_name(kind, name, known)
        require_whole("window", self.window, 1, _LONGEST_WINDOW)
        require_flag("pad", self.pad)

    def sequences(self, known: Series) -> int:
        """How many sequences that series gives; an :class:`InputError` where it cannot be framed so."""
        if self.target == "x-to-y":
            if len(known) < 2:
                raise InputError(f"2 known points are the least to learn y from x; {known.name} has {len(known)}.")
            return len(known)
        if len(known) < self.window + 2:
            longest = f"use a window of at most {len(known) - 2}" if len(known) > 2 else "three points are the least"
            count = "1 known point is" if len(known) == 1 else f"{len(known)} known points are"
            raise InputError(
                f"{count} too few for a window of {self.window}: window + 2 = {self.window + 2} are needed; {longest}."
            )
        check_length(self.window, len(known))
        known.require_even()
        return len(known) if self.pad else len(known) - self.window

    def scalers(self, known: Series) -> tuple[Scaler, Scaler]:
        """Of what goes in and of what comes out, fitted on the known part."""
        scale_out = fit_scaler(known.values, self.scale)
        return (fit_scaler(known.x[:, None], self.scale) if self.target == "x-to-y" else scale_out), scale_out

    def windows(self, known: Series, scale_in: Scaler, scale_out: Scaler) -> Windows:
        """What the network is shown of a series, scaled."""
        if self.target == "x-to-y":
            return pairs(scale_in.scale(known.x[:, None])[:, 0], scale_out.scale(known.values))
        return windows(scale_out.scale(known.values), self.window, lags_as=self.lags_as, pad=self.pad)

    def network_features(self, features: int) -> int:
        """The number of inputs of the network for a series with that many features."""
        if self.target == "x-to-y":
            return 1
        return features * (self.window if self.lags_as == "features" else 1)

    @property
    def steps(self) -> int:
        """The number of steps in time that the network sees at once."""
        return self.window if self.target == "window" and self.lags_as == "time" else 1
