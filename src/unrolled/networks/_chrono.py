"""Gates that begin with the memory that a known range of lags needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.networks._gru import GRU
from unrolled.networks._initializers import random_generator
from unrolled.networks._lstm import LSTM
from unrolled.networks._lstm_1997 import LSTM1997
from unrolled.networks._mingru import MinGRU
from unrolled.networks._network import Network
from unrolled.networks._peephole_lstm import PeepholeLSTM
from unrolled.networks._tape import ways

__all__ = ["chrono"]

_LONGEST = 10**9
Draw: TypeAlias = Callable[[tuple[int, ...]], Float[np.ndarray, "..."]]
Biases: TypeAlias = dict[str, Float[np.ndarray, "..."]]


def chrono(network: Network, longest: int, *, key: Array) -> Network:
    """Set the biases of the gates so that memories begin as long as the lags that are to be learned.

    A unit that keeps the share f at every step forgets in about ``1 / (1 - f)`` steps. With
    ``b_keep = log u``, ``u ~ U(1, T - 1)``, that is ``1 + u``: forgetting times are spread evenly between 2 and T.

    - ``lstm``, ``peephole-lstm``: ``b_keep = log u``, ``b_write = -log u``.
    - ``gru``, where the update gate is the share of the past: ``b_update = log u``, and 0 in the recurrent half d.
    - ``mingru``, where it is the share of the candidate: ``b_update = -log u``.
    - ``lstm-1997`` keeps everything and has nothing to draw. Its write and read gates begin shut, one block after the
      other, as in the paper: ``b_write = b_read = -k`` in block k = 1, 2, ...

    All other weights stay, and layers without gates as well.

    Parameters
    ----------
    network
        A network, or a stack of members: each has its own u.
    longest
        T, the longest lag in steps.
    key
        A JAX random key, and not the one that the network was initialized with: both would draw the same numbers.

    Returns
    -------
    Network
        The network with these biases.

    Raises
    ------
    InputError
        No layer has a gate to set, or ``longest`` is not a whole number from 2.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import NetworkDesign, chrono, member_keys
    >>> first, second = member_keys(0, 2)
    >>> network = NetworkDesign.parse("lstm:200").initialize(1, 1, key=first)
    >>> b = chrono(network, 100, key=second).layers[0].gate("keep")[2]
    >>> time = 1 + np.exp(b)  # 1 / (1 - sigmoid(b))
    >>> bool(2 <= time.min() < 5 and 95 < time.max() <= 100)
    True

    References
    ----------
    C. Tallec and Y. Ollivier, "Can recurrent neural networks warp time?", ICLR 2018, arXiv:1804.11188;
    S. Hochreiter and J. Schmidhuber, Neural Computation 9 (1997) 1735, section 4 ("abuse problem").
    """
    require_whole("longest", longest, 2, _LONGEST)
    cells = {way.name: way.layer for name, layer in network.named_layers().items() for way in ways(name, layer)}
    gated = {name: cell for name, cell in cells.items() if type(cell) in _RULES}
    if not gated:
        kinds = ", ".join(layer.kind for layer in (*network.encoder, *network.layers)) or "no hidden layer"
        raise InputError(f"chrono sets the gates of an LSTM, a GRU or a minGRU, and this network has none: {kinds}.")
    generator = random_generator(key)

    def draw(shape: tuple[int, ...]) -> Float[np.ndarray, "..."]:
        return np.log(generator.uniform(1, longest - 1, shape))

    made = {name: _RULES[type(cell)](cell, draw) for name, cell in gated.items()}
    return network.replace({f"{name}.{field}": bias for name, biases in made.items() for field, bias in biases.items()})


def _keep_and_write(cell: LSTM | PeepholeLSTM, draw: Draw) -> Biases:
    b, n = np.array(cell.b), cell.units
    times = draw((*b.shape[:-1], n))
    b[..., :n], b[..., n : 2 * n] = -times, times
    return {"b": b}


def _update_of_past(cell: GRU, draw: Draw) -> Biases:
    b, d, n = np.array(cell.b), np.array(cell.d), cell.units
    b[..., n : 2 * n], d[..., n : 2 * n] = draw((*b.shape[:-1], n)), 0
    return {"b": b, "d": d}


def _update_of_candidate(cell: MinGRU, draw: Draw) -> Biases:
    b, n = np.array(cell.b), cell.units
    b[..., :n] = -draw((*b.shape[:-1], n))
    return {"b": b}


def _shut(cell: LSTM1997, draw: Draw) -> Biases:
    del draw
    b, blocks = np.array(cell.b), cell.blocks
    b[..., :blocks] = b[..., -blocks:] = -np.arange(1.0, blocks + 1)
    return {"b": b}


_RULES: dict[type, Callable[[Any, Draw], Biases]] = {
    LSTM: _keep_and_write,
    PeepholeLSTM: _keep_and_write,
    GRU: _update_of_past,
    MinGRU: _update_of_candidate,
    LSTM1997: _shut,
}
