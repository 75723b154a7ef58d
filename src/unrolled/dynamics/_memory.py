"""Effective memory: how far back an input can still be read from the state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_number, require_whole
from unrolled.dynamics._network_systems import DrivenNetwork
from unrolled.dynamics._trajectory import trajectory
from unrolled.errors import InputError
from unrolled.learn import memory_capacity
from unrolled.networks import Network

__all__ = ["Memory", "effective_memory"]

_MOST_DELAYS = 10_000
_MOST_STATES = 2_000
_LEAST_STEPS, _STEPS_FOR_EACH, _WASHOUT = 4_000, 20, 500
_HALF = 0.5


@dataclass(frozen=True, eq=False)
class Memory:
    """How much of an input k steps ago a linear readout finds in the state.

    Attributes
    ----------
    capacity
        By delay k, from 0: the share of the input's variance, the mean over the inputs.
    floor
        What an input that is forgotten still shows, by the number of steps measured.
    """

    capacity: Float[np.ndarray, " delay"]
    floor: float

    @property
    def total(self) -> float:
        """The sum over all delays of what stands above the floor: at most the number of states."""
        return float(np.maximum(self.capacity - self.floor, 0.0).sum() / (1 - self.floor))

    @property
    def reach(self) -> int | None:
        """The longest delay at which half of the variance is found; ``None`` if it is not found at any."""
        above = np.flatnonzero(self.capacity >= _HALF)
        return int(above[-1]) if above.size else None

    def __str__(self) -> str:
        reach = "not even the input of this step" if self.reach is None else f"inputs up to {self.reach} steps ago"
        return f"memory: {self.total:.3g} values in all; half of the variance is found of {reach}"


def effective_memory(network: Network, *, delays: int | None = None, scale: float = 1.0, seed: int = 0) -> Memory:
    """Drive a network with independent random inputs, and read each of them from later states.

    Parameters
    ----------
    network
        One network, with inputs.
    delays
        How many; twice the number of states if left out, 200 at most.
    scale
        The standard deviation of the inputs, which are uniform: larger ones drive a network that is chaotic by itself
        into following, and saturate its units.
    seed
        Decides the inputs.

    Raises
    ------
    InputError
        A network without inputs or with very many states, an argument out of range, or a network that runs off.

    References
    ----------
    H. Jaeger, "Short term memory in echo state networks", GMD Report 152 (2001).

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import effective_memory
    >>> from unrolled.networks import Elman, Network, Readout
    >>> line = Elman(np.eye(3)[:, :1], np.eye(3, k=-1), np.zeros(3), "linear")  # hands the input on, unit by unit
    >>> memory = effective_memory(Network((line,), Readout(np.ones((1, 3)), np.zeros(1))))
    >>> memory.capacity[:4].round(2).tolist(), memory.reach
    ([1.0, 1.0, 1.0, 0.0], 2)
    """
    system = DrivenNetwork(network)
    if not system.features:
        raise InputError("a network without inputs has none to remember.")
    if system.size > _MOST_STATES:
        raise InputError(f"memory is measured of {_MOST_STATES:,} states at most; this network has {system.size:,}.")
    require_number("scale", scale, above=0.0)
    usual = min(2 * system.size, 200)
    delays = require_whole("delays", usual if delays is None else delays, 1, _MOST_DELAYS)
    generator = np.random.default_rng(require_whole("seed", seed, 0, 2**63 - 1))
    steps = max(_LEAST_STEPS, _STEPS_FOR_EACH * system.size) + delays
    inputs = scale * np.sqrt(3.0) * generator.uniform(-1.0, 1.0, (steps + _WASHOUT, system.features))
    states = trajectory(system, inputs=inputs, start=np.zeros(system.size))
    found = [memory_capacity(states, own, delays, washout=_WASHOUT) for own in inputs.T]
    rows = len(states) - max(_WASHOUT, delays - 1)
    return Memory(np.mean(found, axis=0), min(system.size / rows, 0.5))
