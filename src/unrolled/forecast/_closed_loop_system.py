"""A fitted forecaster in closed loop, as a dynamical system."""

from __future__ import annotations

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_whole
from unrolled.dynamics import System
from unrolled.errors import InputError
from unrolled.forecast._echo_state import EchoState
from unrolled.forecast._fitted_reservoir import FittedReservoir
from unrolled.forecast._forecaster import FittedForecaster, Forecaster
from unrolled.forecast._next_generation import NextGenerationReservoir
from unrolled.forecast._remainder import Remainder
from unrolled.forecast._reservoir_frame import ReservoirLaw
from unrolled.forecast._rollout import RemainderLaw
from unrolled.networks import Network, member
from unrolled.sequence import DelayProducts, Driven, EchoStates, Expansion
from unrolled.types import AnyArray

__all__ = ["ReservoirLoop", "WindowLoop", "closed_loop_system", "require_closed_loop"]


class ReservoirLoop(System):
    """A reservoir and its readout, each prediction fed back. The state: activities, if any, and the last values.

    Attributes
    ----------
    expansion, V, c
        What the readout sees, and the readout, of one member.
    law
        Base and scale of what the readout says.
    centre, width
        From the values inside to those of the series.
    start
        The state after the known part.
    lags
        How many of the last values are part of the state.
    time_step
        The time between two values.
    """

    expansion: Expansion
    V: Float[AnyArray, "feature column"]
    c: Float[AnyArray, " feature"]
    law: ReservoirLaw
    centre: Float[AnyArray, " feature"]
    width: Float[AnyArray, " feature"]
    start: Float[AnyArray, " state"]
    lags: int = eqx.field(static=True)
    time_step: float = eqx.field(static=True, default=1.0)

    @property
    def size(self) -> int:
        """The number of activities and of values."""
        return np.shape(self.start)[-1]

    @property
    def spacing(self) -> float:
        """The time between two values."""
        return self.time_step

    def advance(self, h: Float[Array, " state"], x: Float[Array, " feature"]) -> Float[Array, " state"]:
        """One prediction on."""
        del x
        features = self.c.shape[0]
        units = h.shape[0] - self.lags * features
        window = h[units:].reshape(self.lags, features)
        state: Any = Driven(h[:units], window[-1]) if units else window[-self._delays :]
        weights, intercept, offset, width = (jnp.asarray(part) for part in self.law)
        said = (self.V @ self.expansion.columns(state) + self.c) * width + offset
        z: Any = said + jnp.sum(weights * window[-weights.shape[0] :], axis=0) + intercept
        onward = jnp.concatenate([window[1:], z[None]]).ravel()
        if not units:
            return onward
        after: Any = self.expansion.advance(state, z)
        return jnp.concatenate([after.h, onward])

    def starts(self, count: int, generator: np.random.Generator) -> Float[np.ndarray, "count state"]:
        """The state after the known part, and random ones between -1 and 1."""
        return _begun(np.asarray(self.start), count, generator)

    def observed(self, states: Float[np.ndarray, "time state"]) -> Float[np.ndarray, "time output"]:
        """The values, in the units of the series."""
        features = np.shape(self.c)[-1]
        return states[:, -features:] * np.asarray(self.width) + np.asarray(self.centre)

    @property
    def _delays(self) -> int:
        return self.expansion.lags if isinstance(self.expansion, DelayProducts) else 1


class WindowLoop(System):
    """A network that reads a window anew at every step, each prediction fed back. The state is the window.

    Attributes
    ----------
    network
        One member.
    law
        The base and the scales, as the forecast has them; a base that says nothing, where there is none.
    centre, width
        From the values inside to those of the series.
    start
        The last known values.
    window
        How many of them the network reads, the last ones.
    flat, differences
        Whether the lags are features of one step, and whether it reads differences.
    time_step
        The time between two values.
    """

    network: Network
    law: RemainderLaw
    centre: Float[AnyArray, " feature"]
    width: Float[AnyArray, " feature"]
    start: Float[AnyArray, " state"]
    window: int = eqx.field(static=True)
    flat: bool = eqx.field(static=True, default=False)
    differences: bool = eqx.field(static=True, default=False)
    time_step: float = eqx.field(static=True, default=1.0)

    @property
    def size(self) -> int:
        """The number of values in the window."""
        return np.shape(self.start)[-1]

    @property
    def spacing(self) -> float:
        """The time between two values."""
        return self.time_step

    def advance(self, h: Float[Array, " state"], x: Float[Array, " feature"]) -> Float[Array, " state"]:
        """One prediction on."""
        del x
        law, window = self.law, h.reshape(-1, self.network.outputs)
        seen = jnp.diff(window[-self.window - 1 :], axis=0) if self.differences else window[-self.window :]
        seen = seen / law.width_in - law.offset_in / law.width_in
        shown = seen.reshape(1, -1) if self.flat else seen
        outputs, _ = self.network.run(shown, self.network.initial_states(), last=1, rule="automatic")
        based = jnp.sum(law.weights * window[-law.weights.shape[-2] :], axis=0) + law.intercept
        z = based + outputs[0] * law.width_out + law.offset_out
        return jnp.concatenate([window[1:], z[None]]).ravel()

    def starts(self, count: int, generator: np.random.Generator) -> Float[np.ndarray, "count state"]:
        """The last known values, and random ones as far around them as they range."""
        return _begun(np.asarray(self.start), count, generator)

    def observed(self, states: Float[np.ndarray, "time state"]) -> Float[np.ndarray, "time output"]:
        """The values, in the units of the series."""
        return states[:, -self.network.outputs :] * np.asarray(self.width) + np.asarray(self.centre)


def closed_loop_system(fitted: Any, *, number: int = 0) -> System:
    """One member of a fitted forecaster in closed loop, a system whose exponents and behaviour can be asked for.

    It begins where the known part ends, and time is measured as in the series. Networks of single precision go on in
    double precision: their forecast is the same to about six digits, for as long as it is not chaotic.

    Parameters
    ----------
    fitted
        A network that continues a series window by window, or a reservoir.
    number
        Which member.

    Returns
    -------
    System
        For everything in :mod:`unrolled.dynamics`.

    Raises
    ------
    InputError
        A model that is no such network, or that carries states from window to window; a member that is not there.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import trajectory
    >>> from unrolled.forecast import EchoState, closed_loop_system
    >>> fitted = EchoState(units=50, members=1).fit(np.sin(0.3 * np.arange(300)))
    >>> loop = closed_loop_system(fitted)
    >>> bool(np.allclose(loop.observed(trajectory(loop, 5)), fitted.predict(5).mean))
    True
    """
    if isinstance(fitted, FittedReservoir):
        return _reservoir_loop(fitted, require_whole("the number of the member", number, 0, len(fitted.V) - 1))
    require_closed_loop(getattr(fitted, "model", fitted))
    return _window_loop(fitted, require_whole("the number of the member", number, 0, len(fitted.sequence.kept) - 1))


def require_closed_loop(model: Any) -> None:
    """Raise an :class:`InputError` unless a model has a network that, fitted, can be closed on itself."""
    if isinstance(model, EchoState | NextGenerationReservoir):
        return
    if not isinstance(model, Forecaster):
        name = getattr(model, "name", type(model).__name__)
        raise InputError(
            f"{name} has no network whose dynamics could be looked at: take a network that continues a series, such as "
            "rnn or lstm-2layer, or a reservoir, such as echo-state."
        )
    if model.target == "x-to-y":
        raise InputError("a model that learns y from x does not go from value to value, and has no dynamics.")
    if model.sequence_model.lanes:
        raise InputError("a stateful model takes turns with several states; train one without stateful to look at it.")


def _reservoir_loop(fitted: FittedReservoir, number: int) -> ReservoirLoop:
    frame, expansion = fitted.frame, fitted.members()[number]
    z = frame.base.scale(fitted.series.values)
    state: Any = expansion.after(z)
    lags = max(frame.lags, expansion.lags if isinstance(expansion, DelayProducts) else 1)
    activities = np.asarray(state.h) if isinstance(expansion, EchoStates) else np.zeros(0)
    start = np.concatenate([activities, z[-lags:].ravel()])
    return ReservoirLoop(
        expansion, fitted.V[number], fitted.c[number], frame.law(), frame.base.centre, frame.base.width, start, lags,
        fitted.series.spacing or 1.0,
    )  # fmt: skip


def _window_loop(fitted: FittedForecaster, number: int) -> WindowLoop:
    frame, framing = fitted.frame, fitted.model.framing
    # In double precision whatever it was trained in: a fixed point of rounded steps would be nothing to look at.
    network = jax.tree.map(lambda weight: np.asarray(weight, np.float64), member(fitted.networks, number))
    spacing = fitted.series.spacing or 1.0
    how = (framing.window, framing.flat, framing.sees == "differences", spacing)
    if isinstance(frame, Remainder):
        z = frame.base.scale(fitted.series.values)
        weights = np.ascontiguousarray(frame.base.weights[:, ::-1].T)
        scales = (frame.scale_in.offset, frame.scale_in.width, frame.scale_out.offset, frame.scale_out.width)
        law = RemainderLaw(weights, frame.base.intercept, *scales)
        return WindowLoop(network, law, frame.base.centre, frame.base.width, z[-framing.lead :].ravel(), *how)
    scaler = frame.scale_out
    z = scaler.scale(fitted.series.values)
    none, one = np.zeros(z.shape[1]), np.ones(z.shape[1])
    law = RemainderLaw(np.zeros((1, z.shape[1])), none, none, one, none, one)
    return WindowLoop(network, law, scaler.offset, scaler.width, z[-framing.window :].ravel(), *how)


def _begun(start: Float[np.ndarray, " state"], count: int, generator: np.random.Generator) -> np.ndarray:
    made = generator.uniform(-1.0, 1.0, (count, len(start))) * max(1.0, float(np.abs(start).max()))
    made[:1] = start
    return made
