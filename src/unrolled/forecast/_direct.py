"""Networks that say the next value, or y, themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from unrolled.forecast._framing import Framing
from unrolled.forecast._rollout import rollout
from unrolled.sequence import FittedSequenceModel
from unrolled.series import Series
from unrolled.types import in_precision, precision
from unrolled.windows import Scaler, Windows, fit_scaler, pairs, windows

__all__ = ["Direct"]


@dataclass(frozen=True, eq=False)
class Direct:
    """Between a series and networks whose outputs are its next values.

    Attributes
    ----------
    framing
        The settings.
    scale_in, scale_out
        Between the series' units and the network's.
    """

    framing: Framing
    scale_in: Scaler
    scale_out: Scaler

    @classmethod
    def fit(cls, framing: Framing, known: Series) -> Direct:
        """Scalers fitted on the known part."""
        scale_out = fit_scaler(known.values, framing.scale)
        scale_in = fit_scaler(known.x[:, None], framing.scale) if framing.target == "x-to-y" else scale_out
        return cls(framing, scale_in, scale_out)

    def windows(self, known: Series) -> Windows:
        """What the network is shown of a series, and what it should say, scaled."""
        framing = self.framing
        if framing.target == "x-to-y":
            return pairs(self.scale_in.scale(known.x[:, None])[:, 0], self.scale_out.scale(known.values))
        values = self.scale_out.scale(known.values)
        return windows(values, framing.window, lags_as=framing.lags_as, pad=framing.pad)

    def one_step(
        self, sequence: FittedSequenceModel, known: Series
    ) -> tuple[Int[np.ndarray, " row"], Float[np.ndarray, "member row feature"], Float[np.ndarray, "row feature"]]:
        """Which rows can be predicted from the true values before, the predictions, and the truth."""
        made = self.windows(known)
        members = self.scale_out.unscale(sequence.predict(made.inputs)[:, :, 0])
        return made.rows, members, self.scale_out.unscale(made.targets)

    def at(
        self, sequence: FittedSequenceModel, places: Float[np.ndarray, " horizon"]
    ) -> Float[np.ndarray, "member horizon feature"]:
        """The values at those x."""
        return self.scale_out.unscale(sequence.predict(self.scale_in.scale(places[:, None])[:, :, None])[:, :, 0])

    def closed_loop(
        self, sequence: FittedSequenceModel, known: Series, horizon: int
    ) -> Float[np.ndarray, "member horizon feature"]:
        """The next values, each prediction fed back."""
        lanes = sequence.model.lanes
        values = self.scale_out.scale(known.values)
        cut = np.lib.stride_tricks.sliding_window_view(values, self.framing.window, axis=0)
        cut = np.swapaxes(cut if lanes else cut[-1:], 1, 2)
        with precision(sequence.model.precision) as dtype:
            made = rollout(sequence.networks, in_precision(cut, dtype), horizon, flat=self.framing.flat, lanes=lanes)
            return self.scale_out.unscale(np.asarray(made, np.float64))
