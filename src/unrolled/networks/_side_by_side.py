"""Two networks as one: small programs that run in parallel, each on its own units."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import jax
import numpy as np

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError
from unrolled.networks._bidirectional import Bidirectional
from unrolled.networks._cell import Cell
from unrolled.networks._dense import Dense, Observed, Readout
from unrolled.networks._network import Network
from unrolled.networks._start import Start
from unrolled.types import precision

__all__ = ["side_by_side"]

#: Where what belongs to the first and to the second network stands in the whole.
Places: TypeAlias = tuple[np.ndarray, np.ndarray]


class _Coupling(NamedTuple):
    strength: float
    generator: np.random.Generator


def side_by_side(first: Network, second: Network, *, coupling: float = 0.0, seed: int = 0) -> Network:
    r"""One network that runs two at once, each on its own units.

    Layer by layer the weights are those of both, and zeros between them; in gated cells gate by gate:

    .. math:: W = \begin{pmatrix} W_1 & C_{12} \\ C_{21} & W_2 \end{pmatrix}, \quad
        U = \begin{pmatrix} U_1 & 0 \\ 0 & U_2 \end{pmatrix}, \quad
        x = (x_1, x_2), \quad y = (y_1, y_2), \qquad C_{ij} \sim N(0, \kappa^2 / N)

    Without coupling (:math:`\kappa = 0`) the outputs are those of both, and the Lyapunov exponents too. With coupling
    the programs disturb each other. Sums of the whole may round differently in the last digit.

    Parameters
    ----------
    first, second
        Networks with the same kinds of layers in the same order, with the same activations and settings. Their sizes,
        inputs, outputs, initial states and weights may differ.
    coupling
        :math:`\kappa`; N are the units of the layer. In a gated cell every gate is coupled.
    seed
        Decides the weights of the coupling.

    Returns
    -------
    Network
        With the inputs of both one after the other, and the outputs. Where initial states are learned, or differ, they
        are weights of the whole.

    Raises
    ------
    InputError
        Layers that do not go together, a softmax, which would mix the programs, several networks in one, or a coupling
        between layers without W.

    References
    ----------
    G. Hinton, "Neural networks for machine learning", lecture 7 (2012): what recurrent networks can do is to run many
    small programs in parallel, which interact.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import random_network, side_by_side
    >>> first, second = random_network(20, 1.5), random_network(30, 0.8, seed=1)
    >>> both = side_by_side(first, second)
    >>> x = np.ones((5, 2))
    >>> y = np.concatenate([first(x[:, :1]), second(x[:, 1:])], axis=1)
    >>> both.layers[0].units, bool(np.allclose(both(x), y))
    (50, True)
    """
    for name, network in (("first", first), ("second", second)):
        _require_one(name, network)
    _require_alike(first, second)
    require_number("coupling", coupling, least=0.0)
    seed = require_whole("seed", seed, 0, 2**63 - 1)
    if coupling and not any(name.endswith(".W") for name in first.weights()):
        raise InputError("there is no W between units that could be coupled; leave the coupling out.")
    link = _Coupling(coupling, np.random.default_rng(seed))
    seen = (first.features, second.features)
    encoder, _ = _layers((first.encoder, second.encoder), _places(seen), link)
    fed = (first.outputs * first.feedback, second.outputs * second.feedback)
    columns = _places(fed) if encoder else _places(seen, fed)
    layers, columns = _layers((first.layers, second.layers), columns, link)
    readout = _readout((first.readout, second.readout), columns)
    return replace(first, layers=layers, readout=readout, encoder=encoder, start=_start((first, second)))


def _places(*pieces: tuple[int, int]) -> Places:
    """Where both come to stand: piece by piece, so much of the first and then so much of the second."""
    edges = np.cumsum([0, *(size for pair in pieces for size in pair)])
    ranges = [np.arange(low, high) for low, high in pairwise(edges)]
    return np.concatenate(ranges[::2]), np.concatenate(ranges[1::2])


def _layers(rows: Any, columns: Places, link: _Coupling) -> tuple[tuple[Any, ...], Places]:
    """The layers of the whole, and where the last one has the units of both."""
    made = []
    for pair in zip(*rows, strict=True):
        made.append(_layer(pair, columns, link))
        units = (pair[0].units, pair[1].units)
        columns = _places(*[units] * (1 + pair[0].bidirectional))
    return tuple(made), columns


def _layer(pair: Any, columns: Places, link: _Coupling) -> Any:
    if isinstance(pair[0], Bidirectional):
        ways = [_layer([getattr(layer, way) for layer in pair], columns, link) for way in ("forward", "backward")]
        return Bidirectional(*ways)
    units = _places((pair[0].units, pair[1].units))
    made = {}
    for field in pair[0].weights():
        rows = _places(*zip(*(_gate_rows(layer, field) for layer in pair), strict=True))
        made[field] = _joined([layer.weights()[field] for layer in pair], rows, units if field == "W" else columns)
        if field == "W" and link.strength:
            _couple(made[field], rows, units, link)
    return replace(pair[0], **made)


def _gate_rows(layer: Cell | Dense, field: str) -> list[int]:
    """How many rows of a weight every gate has that has any."""
    if isinstance(layer, Dense) or not layer.gates:
        return [len(layer.weights()[field])]
    having = layer.of_some_gates.get(field, layer.gates)
    return [rows for gate, rows in zip(layer.gates, layer.gate_rows, strict=True) if gate in having]


def _joined(parts: Any, rows: Places, columns: Places) -> np.ndarray:
    """The weights of both in their places, zeros elsewhere."""
    parts = [np.asarray(part) for part in parts]
    shape = [sum(map(len, places)) for places in (rows, columns)][: parts[0].ndim]
    whole = np.zeros(shape, np.result_type(*parts))
    for part, *places in zip(parts, rows, columns, strict=True):
        whole[np.ix_(*places[: part.ndim])] = part
    return whole


def _couple(W: np.ndarray, rows: Places, units: Places, link: _Coupling) -> None:
    """Random weights from each to the other."""
    deviation = link.strength / np.sqrt(W.shape[1])
    for into, out_of in ((rows[0], units[1]), (rows[1], units[0])):
        W[np.ix_(into, out_of)] = link.generator.normal(0.0, deviation, (len(into), len(out_of)))


def _readout(pair: Any, columns: Places) -> Readout | Observed:
    if isinstance(pair[0], Observed):
        chosen = [int(places[unit]) for one, places in zip(pair, columns, strict=True) for unit in one.chosen]
        return Observed(tuple(chosen), sum(one.layer_units for one in pair))
    rows = _places((pair[0].units, pair[1].units))
    V = _joined([one.V for one in pair], rows, columns)
    return replace(pair[0], V=V, c=_joined([one.c for one in pair], rows, columns))


def _start(pair: tuple[Network, Network]) -> Start:
    """The initial states of both: a constant where they have the same one, else weights."""
    starts = [network.start for network in pair]
    learned = any(start.states or start.output is not None for start in starts)
    if not learned and starts[0].constant == starts[1].constant:
        return starts[0]
    with precision("float64"):  # a constant to its last digit
        states = [network.start.states or network.initial_states() for network in pair]
    output = _beside(*(_first_output(network) for network in pair)) if pair[0].feedback else None
    return Start(jax.tree.map(_beside, *states), output)


def _first_output(network: Network) -> Any:
    if network.start.output is not None:
        return network.start.output
    return np.zeros(network.outputs, np.result_type(*network.weights().values()))


def _beside(first: Any, second: Any) -> np.ndarray:
    """One after the other; one for all sequences goes with one for each."""
    parts = [np.asarray(part) for part in (first, second)]
    counts = sorted({len(part) for part in parts if part.ndim > 1})
    if len(counts) > 1:
        raise InputError(
            f"initial states are learned for each of {counts[0]} sequences here and of {counts[1]} there; they must be "
            "as many, or one for all."
        )
    return np.concatenate([np.broadcast_to(part, (*counts, part.shape[-1])) for part in parts], axis=-1)


def _require_one(name: str, network: Any) -> None:
    if not isinstance(network, Network):
        raise InputError(f"{name} must be a Network; came {type(network).__name__}.")
    if any(np.ndim(weight) > 1 for field, weight in network.weights().items() if field.endswith((".b", ".c"))):
        raise InputError(f"{name} is several networks in one; take a member(networks, 0).")
    softmax = [part for part, layer in network.named_layers().items() if layer.activation == "softmax"]
    if softmax:
        raise InputError(
            f"the softmax of {softmax[0]} in {name} would sum over the units of both networks; take another activation."
        )


def _require_alike(first: Network, second: Network) -> None:
    """Raise an :class:`InputError` unless both have the same layers, but for their sizes, and are read alike."""
    rows = [_described(network) for network in (first, second)]
    if rows[0] != rows[1]:
        own, other = (", ".join(" ".join(map(str, one)) for one in row.values()) for row in rows)
        raise InputError(
            "networks run side by side layer by layer, so their layers must be of the same kinds, activations and "
            f"settings; came {own} and {other}."
        )
    for setting in ("feedback", "dropout", "reads"):
        if getattr(first, setting) != getattr(second, setting):
            raise InputError(
                f"both networks need the same {setting}; came {getattr(first, setting)!r} and "
                f"{getattr(second, setting)!r}."
            )


def _described(network: Network) -> dict[str, tuple[Any, ...]]:
    """What must be the same of every layer."""
    return {
        name: (name, layer.activation, *(f"{key}={value}" for key, value in getattr(layer, "settings", {}).items()))
        for name, layer in network.named_layers().items()
    }
