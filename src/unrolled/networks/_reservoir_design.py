"""The settings of a reservoir, and how its weights are drawn."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Array, Int

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError
from unrolled.networks._activations import activation
from unrolled.networks._initializers import random_generator
from unrolled.networks._leaky_elman import require_leak
from unrolled.networks._reservoir import Reservoir
from unrolled.networks._topology import Shifted

__all__ = ["ReservoirDesign"]

_MOST_UNITS = 100_000


@dataclass(frozen=True)
class ReservoirDesign:
    """A fixed random layer: what an echo state network has in place of learned weights.

    ``h_t = (1 - leak) h_{t-1} + leak f(U x_t + W h_{t-1} + b)`` with U in ``input_scale U(-1, 1)``, b in
    ``bias_scale U(-1, 1)`` and a sparse W, uniform too and then scaled so that its spectral radius is rho. The nonzero
    weights of W lie on random diagonals that go round (:class:`Shifted`): all units see others at the same distances,
    with weights of their own. So as many see a unit as it sees itself, every unit reaches every other, and a step takes
    half of the time that it would on a random graph.

    Attributes
    ----------
    units
        The number of units.
    rho
        The spectral radius of W, above 0. Below 1 past inputs are forgotten, as a rule; a strong input allows more.
    leak
        The share of the new in every step, above 0 and up to 1.
    input_scale, bias_scale
        The largest size of the weights of the inputs, and of the biases.
    connections
        How many units each unit sees, itself not; every unit sees all, itself too, where there are no more.
    activation
        The name of f.

    References
    ----------
    H. Jaeger, "The echo state approach", GMD Report 148 (2001); M. Lukoševičius, "A practical guide to applying echo
    state networks" (2012).

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import ReservoirDesign, member_keys, spectral_radius
    >>> reservoir = ReservoirDesign(units=50, rho=0.9).draw(1, key=member_keys(0, 1)[0])
    >>> round(spectral_radius(reservoir.values, reservoir.senders), 12)
    0.9
    """

    units: int = 400
    rho: float = 0.9
    leak: float = 0.5
    input_scale: float = 1.0
    bias_scale: float = 0.3
    connections: int = 10
    activation: str = "tanh"

    def check(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range."""
        require_whole("units", self.units, 1, _MOST_UNITS)
        require_whole("connections", self.connections, 1, _MOST_UNITS)
        require_number("rho", self.rho, above=0.0)
        require_leak(self.leak)
        require_number("input_scale", self.input_scale, least=0.0)
        require_number("bias_scale", self.bias_scale, least=0.0)
        activation(self.activation)
        if self.activation == "softmax":
            raise InputError("the units of a reservoir are independent, and a softmax ties them; take tanh, relu, ...")

    def draw(self, features: int, *, key: Array) -> Reservoir:
        """A reservoir with random weights in float64, decided by ``key``.

        Raises
        ------
        InputError
            A setting is out of range.
        """
        self.check()
        generator = random_generator(key)
        n, count = self.units, min(self.connections, self.units)
        topology = Shifted(_offsets(generator, n, count))
        values = generator.uniform(-1.0, 1.0, (count, n))
        U = self.input_scale * generator.uniform(-1.0, 1.0, (n, features))
        b = self.bias_scale * generator.uniform(-1.0, 1.0, n)
        made = Reservoir(U, b, values, topology, np.float64(self.leak), self.activation)
        return made.with_spectral_radius(self.rho)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def _offsets(generator: np.random.Generator, units: int, count: int) -> Int[np.ndarray, " connection"]:
    """Different offsets in rising order, without 0 where possible; every unit reaches every other."""
    if count == units:
        return np.arange(units, dtype=np.int32)
    while True:
        offsets = 1 + np.sort(generator.choice(units - 1, count, replace=False))
        if np.gcd.reduce([units, *offsets]) == 1:  # otherwise units would be in groups that see nothing of each other
            return offsets.astype(np.int32)
