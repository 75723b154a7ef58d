"""Reservoirs that have learned a series, and their continuation in closed loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.compilation import compiled
from unrolled.errors import InputError
from unrolled.forecast._continued import checked_history, checked_horizon
from unrolled.forecast._finite import finite_members
from unrolled.forecast._forecast import Forecast, OneStep
from unrolled.forecast._notes import notes
from unrolled.forecast._reservoir_frame import ReservoirFrame, ReservoirLaw
from unrolled.learn import Equations, History, RidgeSolution, solve_ridge
from unrolled.networks import map_members, member, padded_steps
from unrolled.sequence import Expansion
from unrolled.series import Series, appended, as_series
from unrolled.types import AnyArray, precision

if TYPE_CHECKING:
    from unrolled.forecast._echo_state import EchoState
    from unrolled.forecast._next_generation import NextGenerationReservoir

__all__ = ["FittedReservoir", "Reading", "closed_loop_of_readouts", "fit_reservoir"]

_Rows = Iterator[tuple[Float[np.ndarray, "row column"], Float[np.ndarray, "row feature"]]]


def fit_reservoir(
    model: EchoState | NextGenerationReservoir, data: Any, expansions: Callable[[int], Sequence[Expansion]]
) -> FittedReservoir:
    """What ``fit`` of every model with a reservoir is.

    Parameters
    ----------
    model
        Checked here.
    data
        A :class:`~unrolled.series.Series`, an array, a data frame, or the path of a file.
    expansions
        From the number of features to what the readout of each member sees.
    """
    known = as_series(data)
    model.check(known)
    frame = ReservoirFrame.fit(known, model.base, model.scale)
    members = expansions(known.values.shape[1])
    solved = _fit_readouts(members, frame, known, model.first_row(len(known)), model.ridge)
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *members)
    return FittedReservoir.of(model, known, stacked, frame, solved)


def _fit_readouts(
    expansions: Sequence[Expansion], frame: ReservoirFrame, known: Series, first: int, ridge: float | str
) -> list[RidgeSolution]:
    """The readout of each expansion, by ridge regression on one pass over the known part.

    Parameters
    ----------
    expansions
        One a member.
    frame
        Base and scalers.
    known
        The series.
    first
        The first step whose next value is learned; those before are washout.
    ridge
        The strength, or ``"gcv"``.
    """
    z = frame.base.scale(known.values)
    if not np.isfinite(z).all():
        raise InputError("the values are too large for their spread to be known; scale the data.")
    targets = frame.scale_out.scale(z[frame.lags :] - frame.said(z))  # of the values from the lags on
    inputs = z[:-1]

    def rows(expansion: Expansion) -> _Rows:
        for start, columns in expansion.rows(inputs):
            skipped = min(max(first - start, 0), len(columns))
            at = start + skipped + 1 - frame.lags
            yield columns[skipped:], targets[at : at + len(columns) - skipped]

    count = len(inputs) - first
    return [solve_ridge(Equations(count, one.width, partial(rows, one)), ridge) for one in expansions]


@dataclass(frozen=True, eq=False)
class FittedReservoir:
    """A model with a reservoir that has learned a series.

    Attributes
    ----------
    model
        What was asked for.
    series
        The known part, from whose end it continues.
    expansion
        What the readouts see, every weight with a leading axis of members.
    V, c
        The readouts, ``(member, feature, column)`` and ``(member, feature)``.
    strengths
        Of the ridges, one a member.
    frame
        Base and scalers.
    notes
        Sentences that a user should read before believing the forecast.
    """

    model: EchoState | NextGenerationReservoir
    series: Series
    expansion: Expansion
    V: Float[np.ndarray, "member feature column"]
    c: Float[np.ndarray, "member feature"]
    strengths: tuple[float, ...]
    frame: ReservoirFrame
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, model: Any, known: Series, expansion: Expansion, frame: ReservoirFrame, solved: list[RidgeSolution]
    ) -> FittedReservoir:
        """The parts put together, with the notes that belong to them."""
        said = list(notes(known, raw=False))
        if solved[0].underdetermined:
            said.append(
                f"The readout has {solved[0].V.shape[1]} weights for each feature and {solved[0].rows} steps to learn "
                f"them from: the ridge decides the rest. {model.fewer_weights} may do better."
            )
        V, c = np.stack([one.V for one in solved]), np.stack([one.c for one in solved])
        return cls(model, known, expansion, V, c, tuple(one.strength for one in solved), frame, tuple(said))

    @property
    def history(self) -> History | None:
        """Nothing is iterated."""
        return None

    def members(self) -> list[Expansion]:
        """What each readout sees, one by one."""
        return [member(self.expansion, index) for index in range(len(self.V))]

    def predict(self, horizon: int | None = None, *, x: Any = None, history: Any = None) -> Forecast:
        """Continue the series in closed loop.

        Parameters
        ----------
        horizon
            How many steps beyond the last known one.
        x
            Not taken: the places are the next ones.
        history
            Run over this series first and continue from its end, in place of the known one.

        Raises
        ------
        InputError
            A horizon below 1, a history that does not fit, an ``x``.
        TrainingError
            Every member's continuation ran off to infinity; the message says at which step.
        """
        steps = checked_horizon(horizon, x)
        known = self.series if history is None else checked_history(history, self.series, self.model.window)
        z = self.frame.base.scale(known.values)
        states = [one.after(z) for one in self.members()]
        stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *states)
        reading = Reading(self.expansion, self.V, self.c, stacked)
        made = closed_loop_of_readouts(reading, z[-self.frame.lags :], self.frame.law(), steps)
        members = self.frame.base.unscale(made)
        finite = finite_members(members)
        return Forecast(known.future_x(steps), members[finite], known, tuple(np.flatnonzero(finite).tolist()))

    def one_step(self, data: Any = None) -> OneStep:
        """Predict known values from the true values before each; those of the washout are left out where others are."""
        known = self.series if data is None else checked_history(data, self.series, self.model.window)
        z = self.frame.base.scale(known.values)
        first = min(self.model.first_row(len(known)), max(len(z) - 2, self.model.window - 1))
        said = [self._said(one, V, c, z, first) for one, V, c in zip(self.members(), self.V, self.c, strict=True)]
        based = self.frame.said(z)[first + 1 - self.frame.lags :]
        made = self.frame.base.unscale(self.frame.scale_out.unscale(np.stack(said)) + based)
        rows = np.arange(first + 1, len(z))
        return OneStep(known.x[rows], rows, made, known.values[rows])

    def _said(self, expansion: Expansion, V: Any, c: Any, z: Any, first: int) -> Float[np.ndarray, "row feature"]:
        """What a readout says after every step from the first on."""
        parts = [np.zeros((0, len(c)))]
        for start, columns in expansion.rows(z[:-1]) if len(z) > 1 else ():
            parts.append(columns[max(first - start, 0) :] @ V.T + c)
        return np.concatenate(parts)

    def update(self, value: Any, x: float | None = None) -> FittedReservoir:
        """The same model after one more value became known, without learning again."""
        return replace(self, series=appended(self.series, value, x))

    def save(self, folder: str | Path) -> Path:
        """Write the model to a new or empty folder; :func:`unrolled.load` reads it back."""
        from unrolled.forecast._saved_reservoir import save_reservoir

        return save_reservoir(self, folder)


class Reading(NamedTuple):
    """Members that read a series and are about to continue it, each part with a leading axis of them.

    Attributes
    ----------
    expansion
        What the readouts see.
    V, c
        The readouts.
    state
        After the last known value.
    """

    expansion: Expansion
    V: Float[AnyArray, "*member feature column"]
    c: Float[AnyArray, "*member feature"]
    state: Any


def closed_loop_of_readouts(
    reading: Reading, window: Float[np.ndarray, "lag feature"], law: ReservoirLaw, horizon: int
) -> Float[np.ndarray, "member horizon feature"]:
    """The next scaled values of every member, each prediction fed back: one compiled scan.

    Parameters
    ----------
    reading
        The members.
    window
        The last scaled values, as many as the base weighs.
    law
        Base and scale of what the readouts say.
    horizon
        How many steps. A member that runs off is infinite or NaN from there on.
    """
    with precision("float64"):
        return np.asarray(_closed_loop(reading, window, law, steps=padded_steps(horizon)))[:, :horizon]


@partial(compiled, static_argnames="steps")
def _closed_loop(reading: Reading, window: Array, law: ReservoirLaw, *, steps: int) -> Array:
    def one(reading: Reading) -> Array:
        expansion, V, c, start = reading
        weights, intercept, offset, width = (jnp.asarray(part) for part in law)

        def onward(carried: tuple[Any, Array], _: None) -> tuple[tuple[Any, Array], Array]:
            state, window = carried
            said = (V @ expansion.columns(state) + c) * width + offset
            z: Any = said + jnp.sum(weights * window, axis=0) + intercept
            return (expansion.advance(state, z), jnp.concatenate([window[1:], z[None]])), z

        return jax.lax.scan(onward, (start, jnp.asarray(window)), None, length=steps)[1]

    return map_members(one, reading)
