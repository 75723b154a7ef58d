"""A fixed sparse layer, and the states that a series leaves in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from unrolled.arguments import require_number
from unrolled.compilation import compiled
from unrolled.errors import InputError
from unrolled.networks._activations import activation
from unrolled.networks._leaky_elman import LeakyElman
from unrolled.networks._spectral_radius import spectral_radius
from unrolled.networks._topology import Scattered, Topology
from unrolled.types import AnyArray, in_precision, precision

__all__ = ["Reservoir", "collect_states", "state_blocks"]

# Scaling by the inverse of a smaller radius would overflow.
_LEAST_RADIUS = 1e-100
# States are made in blocks of about this size, which stay in the cache: fresh memory for a whole series costs more
# than the arithmetic.
_BLOCK_BYTES = 1 << 21


class Reservoir(eqx.Module):
    """A leaky Elman layer whose W is sparse: every unit sees a fixed number of others.

    ``h_t = (1 - leak) h_{t-1} + leak f(U x_t + W h_{t-1} + b)`` with
    ``(W h)_i = sum_k values[k, i] h[senders[k, i]]``. With many members every array has a leading axis of them.

    Attributes
    ----------
    U, b
        Weights of the inputs ``(unit, feature)`` and biases ``(unit,)``.
    values
        The nonzero weights of W, ``(connection, unit)``.
    topology
        Whose activities they multiply: :class:`Shifted`, the same distances for all units, as random reservoirs have
        them, or :class:`Scattered`, any graph.
    leak
        A number.
    activation
        The name of f.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import Reservoir, Shifted, collect_states
    >>> U, b, values = np.array([[1.0], [0.0], [0.0]]), np.zeros(3), np.ones((1, 3))
    >>> ring = Reservoir(U, b, values, Shifted(np.array([2])), 1.0, "linear")
    >>> collect_states(ring, np.array([[5.0], [0.0], [0.0]]))[0].tolist()
    [[5.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 5.0]]
    """

    U: Float[AnyArray, "*member unit feature"]
    b: Float[AnyArray, "*member unit"]
    values: Float[AnyArray, "*member connection unit"]
    topology: Topology
    leak: Any
    activation: str = eqx.field(static=True, default="tanh")

    @property
    def units(self) -> int:
        """The number of units."""
        return self.b.shape[-1]

    @property
    def features(self) -> int:
        """The number of inputs."""
        return self.U.shape[-1]

    @property
    def senders(self) -> Int[AnyArray, "*member connection unit"]:
        """Whose activities the weights multiply."""
        return self.topology.seen(self.units)

    def check(self) -> None:
        """Raise an :class:`InputError` if the parts do not go together, or a unit sees one that is not there."""
        U, b, values = (np.shape(part) for part in (self.U, self.b, self.values))
        if len(values) != len(U) or len(U) != len(b) + 1 or not U[:-1] == b == values[:-2] + values[-1:]:
            raise InputError(
                "U, b and values must have the shapes (unit, feature), (unit,) and (connection, unit), and the same "
                f"members in front; came {U}, {b} and {values}."
            )
        if not isinstance(self.topology, Topology):
            came = type(self.topology).__name__
            raise InputError(f"topology must be Shifted(offsets) or Scattered(senders); came {came}.")
        self.topology.check(values)

    @classmethod
    def of(cls, cell: LeakyElman) -> Reservoir:
        """The same layer with what is not zero in W alone; rows with fewer nonzero weights are filled up with zeros."""
        W = np.asarray(cell.W)
        count = max(int(np.count_nonzero(W, axis=1).max()), 1)
        # The nonzero columns first, in rising order.
        senders = np.sort(np.argsort(W == 0, axis=1, kind="stable")[:, :count], axis=1)
        values = np.take_along_axis(W, senders, axis=1)
        plain = (np.asarray(cell.U), np.asarray(cell.b), np.ascontiguousarray(values.T))
        topology = Scattered(np.ascontiguousarray(senders.T.astype(np.int32)))
        return cls(*plain, topology, np.float64(cell.leak), cell.activation)

    def with_spectral_radius(self, rho: float) -> Reservoir:
        """The same layer with W scaled so that its spectral radius is ``rho``.

        Raises
        ------
        InputError
            rho is not above 0, or W has no loop (a delay line, or zeros): its radius is 0 at every scale.
        """
        require_number("rho", rho, above=0.0)
        self.check()
        radius = spectral_radius(np.asarray(self.values), np.asarray(self.senders))
        if not radius > _LEAST_RADIUS:
            raise InputError(
                f"the spectral radius of W cannot be set to {rho:g}: its connections form no loop, so it is 0 at every "
                "scale; connect some units in a ring, or leave W as it is."
            )
        return replace(self, values=np.asarray(self.values) * (rho / radius))

    def W(self) -> Float[np.ndarray, "unit unit"]:
        """W as a dense matrix."""
        values, senders = np.asarray(self.values), np.asarray(self.senders)
        whole = np.zeros((self.units, self.units), values.dtype)
        np.add.at(whole, (np.broadcast_to(np.arange(self.units), senders.shape), senders), values)
        return whole

    def cell(self) -> LeakyElman:
        """The same layer with a dense W, all of which can be learned (where it is zero, too)."""
        return LeakyElman(np.asarray(self.U), self.W(), np.asarray(self.b), self.activation, float(self.leak))

    def stepper(self) -> Any:
        """A function from h_{t-1}, ``(unit, *lane)``, and ``U x_t``, of the same shape, to h_t.

        W is multiplied densely where it is small or has many connections, by its topology elsewhere.
        """
        f, keep = activation(self.activation), 1 - self.leak
        b, values, units = jnp.asarray(self.b), jnp.asarray(self.values), self.units
        dense = len(values) * self.topology.cost >= units
        rows = jnp.broadcast_to(jnp.arange(units), values.shape)
        W = jnp.zeros((units, units), values.dtype).at[rows, self.senders].add(values) if dense else None

        def product(h: Array) -> Array:
            return W @ h if W is not None else self.topology.product(values, h)

        def step(h: Array, driven: Array) -> Array:
            return keep * h + self.leak * f(driven + product(h) + b.reshape(units, *(1,) * (h.ndim - 1)))

        return step

    def driven(self, x: Float[Array, "*time feature"]) -> Float[Array, "*time unit"]:
        """``U x_t``."""
        U = jnp.asarray(self.U)
        if self.features > 4:
            return x @ U.T
        return sum((x[..., i, None] * U[:, i] for i in range(self.features)), jnp.zeros((*x.shape[:-1], self.units)))


def collect_states(
    reservoir: Reservoir, inputs: Float[AnyArray, "time feature"], state: Float[AnyArray, " unit"] | None = None
) -> tuple[Float[np.ndarray, "time unit"], Float[np.ndarray, " unit"]]:
    """h_1..h_T of one long series, and the last of them, in float64.

    Parameters
    ----------
    reservoir
        One, without an axis of members.
    inputs
        x_1..x_T.
    state
        h_0; zero if left out.

    Raises
    ------
    InputError
        No steps, another number of features than the reservoir has, values that are not finite, or a reservoir whose
        parts do not go together.
    """
    inputs = np.asarray(inputs)
    states = np.empty((len(inputs), reservoir.units))
    for start, block in state_blocks(reservoir, inputs, state):
        states[start : start + len(block)] = block
    return states, states[-1].copy()


def state_blocks(
    reservoir: Reservoir, inputs: Float[AnyArray, "time feature"], state: Float[AnyArray, " unit"] | None = None
) -> Iterator[tuple[int, Float[np.ndarray, "block unit"]]]:
    """The states of :func:`collect_states` piece by piece, each with the number of its first step.

    While one block is used the next is made: a long series needs no memory for all its states.
    """
    reservoir.check()
    values = in_precision(inputs, np.dtype(np.float64))
    if values.ndim != 2 or not len(values):
        raise InputError(f"inputs must have shape (time, feature) with one step at least; came {values.shape}.")
    if values.shape[1] != reservoir.features:
        raise InputError(f"the reservoir has {reservoir.features} inputs; came {values.shape[1]} features.")
    if not np.isfinite(values).all():
        raise InputError("inputs must be finite numbers; fill or leave out what is missing.")
    steps = _block_steps(reservoir.units)
    h: Any = np.zeros(reservoir.units) if state is None else np.asarray(state, np.float64)
    ahead: Any = None
    for start in range(0, len(values), steps):
        piece = np.zeros((steps, values.shape[1]))
        piece[: len(values) - start] = values[start : start + steps]
        with precision("float64"):  # not around the yield: it would hold for the caller, too
            made, h = _block(reservoir, piece, h)
        if ahead is not None:
            yield start - steps, np.asarray(ahead)
        ahead = made
    last = (len(values) - 1) // steps * steps
    yield last, np.asarray(ahead)[: len(values) - last]


@compiled
def _block(reservoir: Reservoir, x: Array, h: Array) -> tuple[Array, Array]:
    step = reservoir.stepper()

    def onward(h: Array, x: Array) -> tuple[Array, Array]:
        h = step(h, reservoir.driven(x))
        return h, h

    last, states = jax.lax.scan(onward, h, x)
    return states, last


def _block_steps(units: int) -> int:
    """A power of two, so that programs are shared."""
    fitting = max(_BLOCK_BYTES // (8 * units), 64)
    return min(1 << (fitting.bit_length() - 1), 2048)
