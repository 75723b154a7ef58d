"""What has dynamics: a map from one state to the next, which may see an input."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_array, require_number, require_whole
from unrolled.errors import InputError
from unrolled.types import precision

__all__ = ["MOST_STATES", "Flow", "IteratedMap", "System", "require_system"]

MOST_STATES = 20_000
_MOST_PARTS = 10_000


class System(eqx.Module):
    """``h_{t+1} = F(h_t, x_{t+1})``: everything that has fixed points, cycles and exponents.

    Networks are systems (:class:`DrivenNetwork`, :class:`ClosedLoop`), fitted forecasters in closed loop are, and so is
    whatever can be written as a map or a flow (:class:`IteratedMap`, :class:`Flow`). A state is one row of numbers, in
    a network the activities and memories of all recurrent layers one after the other.
    """

    @property
    @abstractmethod
    def size(self) -> int:
        """How many numbers a state has."""

    @property
    def features(self) -> int:
        """How many numbers an input has; 0 for a system that is left to itself."""
        return 0

    @property
    def spacing(self) -> float:
        """The time that one step takes; exponents and frequencies are for each unit of it."""
        return 1.0

    @abstractmethod
    def advance(self, h: Float[Array, " state"], x: Float[Array, " feature"]) -> Float[Array, " state"]:
        """The next state. Traceable, and differentiable forwards."""

    @abstractmethod
    def starts(self, count: int, generator: np.random.Generator) -> Float[np.ndarray, "count state"]:
        """States to begin in: of a system that has one of its own the first is that, the others are random."""

    def observed(self, states: Float[np.ndarray, "time state"]) -> Float[np.ndarray, "time output"]:
        """What is seen from outside of these states: all of them, unless the system says something else."""
        return states

    def groups(self) -> dict[str, slice]:
        """By name the places in a state that belong together, such as those of a layer."""
        return {"state": slice(0, self.size)}


class IteratedMap(System):
    """A map that is given as a function.

    Attributes
    ----------
    function
        From a state ``(state,)`` and the parameters to the next state, in :mod:`jax.numpy`.
    parameters
        A number, an array or any pytree of them. Maps that differ in them alone share a compiled program.
    start
        The state to begin in, ``(state,)``; other starts lie around it, as far away as it is long, and 1 at most.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import IteratedMap, trajectory
    >>> halves = IteratedMap(lambda h, a: a * h, 0.5, np.array([8.0]))
    >>> trajectory(halves, 3)[:, 0].tolist()
    [4.0, 2.0, 1.0]
    """

    function: Callable[..., Any] = eqx.field(static=True)
    parameters: Any
    start: Any

    def __check_init__(self) -> None:
        _require_onward("function", self.function, self.start, self.parameters)

    @property
    def size(self) -> int:
        """How many numbers a state has."""
        return np.shape(self.start)[-1]

    def advance(self, h: Float[Array, " state"], x: Float[Array, " feature"]) -> Float[Array, " state"]:
        """``function(h, parameters)``."""
        del x
        return jnp.asarray(self.function(h, self.parameters))

    def starts(self, count: int, generator: np.random.Generator) -> Float[np.ndarray, "count state"]:
        """The start, and others around it."""
        return _around(np.asarray(self.start, np.float64), count, generator)


class Flow(System):
    """A flow ``dh/dt = f(h)``, looked at every so often; between two looks are Runge-Kutta steps of fourth order.

    Attributes
    ----------
    derivative
        From a state and the parameters to its derivative with respect to time.
    parameters
        As in :class:`IteratedMap`.
    start
        The state to begin in, ``(state,)``.
    step
        The time between two looks.
    parts
        How many steps of the integrator lie between.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import Flow, trajectory
    >>> decay = Flow(lambda h, rate: -rate * h, 1.0, np.array([1.0]), 0.1, 2)
    >>> trajectory(decay, 10)[-1].round(6).tolist(), round(float(np.exp(-1.0)), 6)
    ([0.367879], 0.367879)
    """

    derivative: Callable[..., Any] = eqx.field(static=True)
    parameters: Any
    start: Any
    step: float = eqx.field(static=True, default=0.01)
    parts: int = eqx.field(static=True, default=1)

    def __check_init__(self) -> None:
        require_number("step", self.step, above=0.0)
        require_whole("parts", self.parts, 1, _MOST_PARTS)
        _require_onward("derivative", self.derivative, self.start, self.parameters)

    @property
    def size(self) -> int:
        """How many numbers a state has."""
        return np.shape(self.start)[-1]

    @property
    def spacing(self) -> float:
        """The time between two looks."""
        return self.step

    def advance(self, h: Float[Array, " state"], x: Float[Array, " feature"]) -> Float[Array, " state"]:
        """On by one look."""
        del x
        dt = self.step / self.parts

        def f(h: Array) -> Array:
            return jnp.asarray(self.derivative(h, self.parameters))

        def part(h: Array, _: None) -> tuple[Array, None]:
            k1 = f(h)
            k2 = f(h + dt / 2 * k1)
            k3 = f(h + dt / 2 * k2)
            k4 = f(h + dt * k3)
            return h + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

        return jax.lax.scan(part, h, None, length=self.parts)[0]

    def starts(self, count: int, generator: np.random.Generator) -> Float[np.ndarray, "count state"]:
        """The start, and others around it."""
        return _around(np.asarray(self.start, np.float64), count, generator)


def _require_onward(name: str, function: Any, start: Any, parameters: Any) -> None:
    """Raise an :class:`InputError` unless there is a state to begin in, and the function makes one like it."""
    h = require_array("start", start, "state")
    if not len(h) or not np.isfinite(h).all():
        raise InputError(f"start must be finite numbers, one at least; came {h.tolist()[:5]}.")
    with precision("float64"):
        made = jax.eval_shape(function, jnp.asarray(h, jnp.float64), parameters)
    if getattr(made, "shape", None) != h.shape or made.dtype.kind != "f":
        raise InputError(f"{name} must give {len(h)} real numbers from a state of {len(h)}; came {made}.")


def _around(start: Float[np.ndarray, " state"], count: int, generator: np.random.Generator) -> np.ndarray:
    made = start + max(1.0, float(np.abs(start).max(initial=0.0))) * generator.uniform(-1, 1, (count, len(start)))
    made[:1] = start
    return made


def require_system(system: object) -> None:
    """Raise an :class:`InputError` unless it is a system of a size that can be looked into."""
    if not isinstance(system, System):
        raise InputError(
            f"a system is needed: DrivenNetwork(network), ClosedLoop(network), IteratedMap or Flow; came "
            f"{type(system).__name__}."
        )
    if not 1 <= system.size <= MOST_STATES:
        raise InputError(f"a system has 1 to {MOST_STATES:,} states; this one has {system.size:,}.")
