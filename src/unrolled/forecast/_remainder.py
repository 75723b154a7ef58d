"""Networks that say what a base leaves."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float, Int

from unrolled.forecast._base import Base, FittedBase
from unrolled.forecast._framing import Framing
from unrolled.forecast._rollout import RemainderLaw, rollout_remainder
from unrolled.sequence import FittedSequenceModel
from unrolled.series import Series
from unrolled.types import precision
from unrolled.windows import Scaler, Windows, shape_lags

__all__ = ["Remainder"]

# Remainders below this share of the known values are rounding, and nothing to learn from.
_ROUNDING = 1e-13
# Bases of up to so many lags share a compiled program.
_LEAST_LAGS = 8


@dataclass(frozen=True, eq=False)
class Remainder:
    """Between a series and networks whose outputs are ``z_{t+1} - base(z_t, z_{t-1}, ...)``.

    z are the values standardized by the known part, feature by feature. The network sees the last L of them, or their
    last L differences.

    Attributes
    ----------
    framing
        The settings.
    base
        The recurrences.
    scale_in
        Between z, or its differences, and what the network sees.
    scale_out
        Between the remainders and what the network says.
    """

    framing: Framing
    base: FittedBase
    scale_in: Scaler
    scale_out: Scaler

    @classmethod
    def fit(cls, framing: Framing, known: Series) -> Remainder:
        """Base and scalers, fitted on the known part: means of 0, standard deviations of 1."""
        method = Base.parse(framing.base)
        base = FittedBase.of([method.fit(column) for column in known.values.T.copy()])
        z = base.scale(known.values)
        floor = np.maximum(_ROUNDING * np.std(z, axis=0), np.finfo(np.float64).tiny)
        seen, remainders = _seen(framing, z), _remainders(framing, base, z)
        return cls(framing, base, _standard(seen, floor), _standard(remainders, floor))

    def windows(self, known: Series) -> Windows:
        """What the network is shown of a series, and what it should say, scaled."""
        z = self.base.scale(known.values)
        targets = self.scale_out.scale(_remainders(self.framing, self.base, z))
        return Windows(self._inputs(z), targets, np.arange(self.framing.lead, len(z)))

    def one_step(
        self, sequence: FittedSequenceModel, known: Series
    ) -> tuple[Int[np.ndarray, " row"], Float[np.ndarray, "member row feature"], Float[np.ndarray, "row feature"]]:
        """Which rows can be predicted from the true values before, the predictions, and the truth."""
        z = self.base.scale(known.values)
        inputs, none = self._inputs(z), np.zeros((len(sequence.kept), 0, z.shape[1]))
        # As many values as a prediction needs before it leave no row to predict.
        added = self.scale_out.unscale(sequence.predict(inputs)[:, :, 0] if len(inputs) else none)
        members = self.base.unscale(added + _said(self.framing, self.base, z))
        return np.arange(self.framing.lead, len(z)), members, known.values[self.framing.lead :]

    def closed_loop(
        self, sequence: FittedSequenceModel, known: Series, horizon: int
    ) -> Float[np.ndarray, "member horizon feature"]:
        """The next values, each prediction fed back."""
        members = len(sequence.kept)
        start, law = jax.tree.map(lambda leaf: np.repeat(leaf[None], members, axis=0), self.loop(known))
        with precision("float64"):
            z = rollout_remainder(sequence.networks, start, law, horizon, self.framing)
        return self.base.unscale(z)

    def loop(self, known: Series) -> tuple[Float[np.ndarray, "lag feature"], RemainderLaw]:
        """Where the closed loop starts, and what it needs beside the weights of a network.

        Lags are filled up with zeros, in front of the values and in the recurrence, so that bases of several lengths
        share a compiled program.
        """
        z = self.base.scale(known.values)
        lags = self.base.weights.shape[1]
        length = max(_padded_lags(lags), self.framing.lead)
        start, weights = np.zeros((length, z.shape[1])), np.zeros((length, z.shape[1]))
        known_end = z[-length:]
        start[length - len(known_end) :] = known_end
        weights[length - lags :] = self.base.weights[:, ::-1].T
        scalers = (self.scale_in.offset, self.scale_in.width, self.scale_out.offset, self.scale_out.width)
        return start, RemainderLaw(weights, self.base.intercept, *scalers)

    def _inputs(self, z: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "row lag inp"]:
        framing = self.framing
        cut = np.lib.stride_tricks.sliding_window_view(self.scale_in.scale(_seen(framing, z)), framing.window, axis=0)
        behind = framing.lead - framing.window - (framing.sees == "differences")
        return shape_lags(np.ascontiguousarray(np.swapaxes(cut[behind:-1], 1, 2)), framing.lags_as)


def _standard(values: Float[np.ndarray, "row feature"], floor: Float[np.ndarray, " feature"]) -> Scaler:
    return Scaler(values.mean(axis=0), np.maximum(values.std(axis=0), floor))


def _seen(framing: Framing, z: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "seen feature"]:
    return np.diff(z, axis=0) if framing.sees == "differences" else z


def _said(framing: Framing, base: FittedBase, z: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, "row feature"]:
    """What the base says of every row that can be predicted."""
    return base.one_step(z)[framing.lead - base.weights.shape[1] :]


def _remainders(
    framing: Framing, base: FittedBase, z: Float[np.ndarray, "time feature"]
) -> Float[np.ndarray, "row feature"]:
    return z[framing.lead :] - _said(framing, base, z)


def _padded_lags(lags: int) -> int:
    return max(_LEAST_LAGS, 1 << (lags - 1).bit_length())
