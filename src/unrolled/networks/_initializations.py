"""Where learning begins: weights that make a network remember before it has learned anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Protocol

import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_flag, require_number, require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.networks._chrono import chrono
from unrolled.networks._elman import Elman
from unrolled.networks._initializers import orthogonal, random_generator
from unrolled.networks._network import Network
from unrolled.types import Batch

__all__ = [
    "ChronoInitialization",
    "EchoStateInitialization",
    "IdentityInitialization",
    "Initialization",
    "OrthogonalInitialization",
    "initialization",
    "initializations",
]

_MOST_CONNECTIONS = 100_000
_LONGEST = 10**9


class Initialization(Protocol):
    """Gives a network other weights to begin with."""

    name: ClassVar[str]

    def __call__(self, network: Network, *, key: Array, batch: Batch | None = None) -> Network:
        """The network with new weights, which the key decides; a batch says what the data are like.

        The key should not be the one that the network was initialized with: both would draw the same numbers.
        """
        ...


@dataclass(frozen=True)
class EchoStateInitialization:
    r"""Elman layers that begin as a reservoir, everything to be learned: good initialization for momentum.

    Every unit has so many connections into it from the layer itself, each :math:`N(0, 1)`, all scaled together so that
    the spectral radius of W is :math:`\rho`. U and V are :math:`N(0, 1)` times their scales, b is zero. With a batch,
    and centring, :math:`b = -U \bar x`, so that the first layer sees inputs of mean zero, and the readout begins at
    the mean target, :math:`c = g^{-1}(\bar y)`.

    Attributes
    ----------
    rho
        The spectral radius.
    connections
        Into every unit; all of them in a layer that has fewer units.
    input_scale
        0.001 for adding and multiplication, 0.1 for memorization.
    output_scale
        Of V.
    centred
        Whether to use the means of a batch.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import EchoStateInitialization, NetworkDesign, member_keys
    >>> key = member_keys(0, 1)[0]
    >>> network = EchoStateInitialization()(NetworkDesign.parse("elman:50").initialize(2, 1, key=key), key=key)
    >>> W = network.weights()["elman_1.W"]
    >>> round(float(abs(np.linalg.eigvals(W)).max()), 6), int((W != 0).sum(axis=1).max())
    (1.1, 15)

    References
    ----------
    I. Sutskever, J. Martens, G. Dahl and G. Hinton, "On the importance of initialization and momentum in deep
    learning", ICML 2013, section 4 and table 4.
    """

    name: ClassVar[str] = "echo-state"
    rho: float = 1.1
    connections: int = 15
    input_scale: float = 0.001
    output_scale: float = 0.1
    centred: bool = True

    def __post_init__(self) -> None:
        require_number("rho", self.rho, above=0.0)
        require_whole("connections", self.connections, 1, _MOST_CONNECTIONS)
        require_number("input_scale", self.input_scale, least=0.0)
        require_number("output_scale", self.output_scale, least=0.0)
        require_flag("centred", self.centred)

    def __call__(self, network: Network, *, key: Array, batch: Batch | None = None) -> Network:
        """The network as a reservoir; raises an :class:`InputError` if it has no Elman layer."""
        generator, new = random_generator(key), {}
        first = next(iter(network.named_layers()))
        for name, layer in _elman_layers(network, self.name).items():
            U = self.input_scale * generator.normal(size=layer.U.shape)
            mean = batch.mean_input() if self.centred and batch is not None and name == first else np.zeros(U.shape[1])
            new |= {f"{name}.U": U, f"{name}.W": self._sparse(layer.units, generator), f"{name}.b": -U @ mean}
        if "readout.V" in network.weights():
            new["readout.V"] = self.output_scale * generator.normal(size=network.weights()["readout.V"].shape)
            new["readout.c"] = np.zeros(network.outputs)
            if self.centred and batch is not None:
                new["readout.c"] = _before(network.readout.activation, _mean_target(batch))
        return network.replace(new)

    def _sparse(self, units: int, generator: np.random.Generator) -> Float[np.ndarray, "unit unit"]:
        W, count = np.zeros((units, units)), min(self.connections, units)
        for row in W:
            row[generator.choice(units, count, replace=False)] = generator.normal(size=count)
        found = np.abs(np.linalg.eigvals(W)).max()
        if found < 1e-9 * np.abs(W).max():
            raise InputError(
                f"W of {units} units with {count} connections each has no eigenvalue but 0, so no spectral radius can "
                "be set; take more units or connections, or another seed."
            )
        return W * (self.rho / found)


@dataclass(frozen=True)
class IdentityInitialization:
    """Elman layers that keep what they have: W = scale times the identity, b = 0, U and V small.

    With ``relu`` units this is the IRNN; ``N(0, 0.001)`` in U and V are that paper's.

    Examples
    --------
    >>> from unrolled.networks import IdentityInitialization, NetworkDesign, member_keys
    >>> key = member_keys(0, 1)[0]
    >>> network = IdentityInitialization()(NetworkDesign.parse("elman:2:relu").initialize(1, 1, key=key), key=key)
    >>> network.weights()["elman_1.W"].tolist()
    [[1.0, 0.0], [0.0, 1.0]]

    References
    ----------
    Q. V. Le, N. Jaitly and G. E. Hinton, arXiv:1504.00941.
    """

    name: ClassVar[str] = "identity"
    scale: float = 1.0
    input_scale: float = 0.001

    def __post_init__(self) -> None:
        require_number("scale", self.scale, above=0.0)
        require_number("input_scale", self.input_scale, least=0.0)

    def __call__(self, network: Network, *, key: Array, batch: Batch | None = None) -> Network:
        """The network with such layers; raises an :class:`InputError` if it has no Elman layer."""
        del batch
        generator, new = random_generator(key), {}
        for name, layer in _elman_layers(network, self.name).items():
            new |= {f"{name}.U": self.input_scale * generator.normal(size=layer.U.shape)}
            new |= {f"{name}.W": self.scale * np.eye(layer.units), f"{name}.b": np.zeros(layer.units)}
        if "readout.V" in network.weights():
            new["readout.V"] = self.input_scale * generator.normal(size=network.weights()["readout.V"].shape)
            new["readout.c"] = np.zeros(network.outputs)
        return network.replace(new)


@dataclass(frozen=True)
class OrthogonalInitialization:
    """Every recurrent matrix orthogonal, times a gain: a linear network then keeps the norm of what it holds.

    Gates below each other have an orthogonal matrix each.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import NetworkDesign, OrthogonalInitialization, member_keys
    >>> key = member_keys(0, 1)[0]
    >>> network = OrthogonalInitialization(gain=2.0)(NetworkDesign.parse("gru:4").initialize(1, 1, key=key), key=key)
    >>> W = network.weights()["gru_1.W"][:4]
    >>> bool(np.allclose(W @ W.T, 4 * np.eye(4)))
    True

    References
    ----------
    A. M. Saxe, J. L. McClelland and S. Ganguli, arXiv:1312.6120.
    """

    name: ClassVar[str] = "orthogonal"
    gain: float = 1.0

    def __post_init__(self) -> None:
        require_number("gain", self.gain, above=0.0)

    def __call__(self, network: Network, *, key: Array, batch: Batch | None = None) -> Network:
        """The network with such matrices; raises an :class:`InputError` if no layer has a recurrent matrix."""
        del batch
        generator = random_generator(key)
        new = {}
        for name, weight in network.weights().items():
            if name.endswith(".W"):
                units = weight.shape[1]
                blocks = [orthogonal(generator, (units, units)) for _ in range(weight.shape[0] // units)]
                new[name] = self.gain * np.concatenate(blocks)
        if not new:
            raise InputError("the initialization orthogonal needs a layer with a recurrent matrix W; there is none.")
        return network.replace(new)


@dataclass(frozen=True)
class ChronoInitialization:
    """Gates that begin with memories as long as the lags that are to be learned, see :func:`chrono`.

    Attributes
    ----------
    longest
        T, the longest lag in steps.

    Examples
    --------
    >>> from unrolled.networks import ChronoInitialization, NetworkDesign, member_keys
    >>> key = member_keys(0, 1)[0]
    >>> network = ChronoInitialization(50)(NetworkDesign.parse("lstm:3").initialize(1, 1, key=key), key=key)
    >>> bool((network.layers[0].gate("keep")[2] < 3.9).all())
    True
    """

    name: ClassVar[str] = "chrono"
    longest: int = 100

    def __post_init__(self) -> None:
        require_whole("longest", self.longest, 2, _LONGEST)

    def __call__(self, network: Network, *, key: Array, batch: Batch | None = None) -> Network:
        """The network with such biases; raises an :class:`InputError` if it has no gate to set."""
        del batch
        return chrono(network, self.longest, key=key)


_TABLE: dict[str, Callable[..., Initialization]] = {
    made.name: made
    for made in (EchoStateInitialization, IdentityInitialization, OrthogonalInitialization, ChronoInitialization)
}


def initializations() -> tuple[str, ...]:
    """The names that :func:`initialization` knows."""
    return tuple(_TABLE)


def initialization(name: str, **settings: Any) -> Initialization:
    """An initialization by name, with its settings.

    Examples
    --------
    >>> from unrolled.networks import initialization
    >>> initialization("identity", scale=0.5)
    IdentityInitialization(scale=0.5, input_scale=0.001)

    Raises
    ------
    InputError
        An unknown name, or a setting that it does not have or that is out of range.
    """
    if name not in _TABLE:
        raise nearest_name("initialization", name, _TABLE)
    known = [field.name for field in fields(_TABLE[name])]  # pyright: ignore[reportArgumentType]
    for setting in settings:
        if setting not in known:
            raise nearest_name(f"setting of {name}", setting, known)
    return _TABLE[name](**settings)


def _elman_layers(network: Network, what: str) -> dict[str, Elman]:
    found = {name: layer for name, layer in network.named_layers().items() if isinstance(layer, Elman)}
    if not found:
        raise InputError(
            f"the initialization {what} is of Elman layers, and this network has none; name elman:UNITS in its layers."
        )
    return found


def _mean_target(batch: Batch) -> Float[np.ndarray, " output"]:
    """Over all targets that are there."""
    targets = np.asarray(batch.targets, np.float64).reshape(-1, batch.targets.shape[-1])
    known = ~np.isnan(targets)
    return np.where(known, targets, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)


def _before(output: str, mean: Float[np.ndarray, " output"]) -> Float[np.ndarray, " output"]:
    """What makes the output function say its mean target."""
    likely = mean.clip(1e-6, 1 - 1e-6)
    if output == "softmax":
        return np.log(likely)
    if output == "sigmoid":
        return np.log(likely) - np.log1p(-likely)
    return np.arctanh(mean.clip(-1 + 1e-6, 1 - 1e-6)) if output == "tanh" else mean
