"""Random networks whose one parameter leads from rest to chaos."""

from __future__ import annotations

import numpy as np

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError
from unrolled.networks._design import NetworkDesign
from unrolled.networks._initializers import member_keys
from unrolled.networks._layer_design import LayerDesign
from unrolled.networks._network import Network

__all__ = ["random_network"]

_MOST_UNITS = 100_000


def random_network(
    units: int,
    gain: float,
    *,
    seed: int = 0,
    kind: str = "elman",
    activation: str = "",
    features: int = 1,
    outputs: int = 1,
    bias: float = 0.0,
    input_scale: float = 1.0,
) -> Network:
    r"""One layer with independent random weights, :math:`W_{ij} \sim N(0, g^2 / N)`.

    Left to itself a large layer of tanh units comes to rest where the gain g is below 1, and is chaotic where it is
    above; of ten layers of 500 units seven still go round at g = 1.2. In a gated cell the W of every gate is drawn so.

    Parameters
    ----------
    units
        N.
    gain
        g, about the spectral radius of W.
    seed
        Decides all weights.
    kind, activation
        Of the layer, as in :meth:`NetworkDesign.parse`: ``elman``, ``leaky-elman``, ``lstm``, ``gru``, ...
    features, outputs
        Numbers of inputs and of outputs.
    bias
        The standard deviation of the biases.
    input_scale
        U is uniform between minus this and this.

    Raises
    ------
    InputError
        An argument out of range, or a layer without W.

    References
    ----------
    H. Sompolinsky, A. Crisanti and H. J. Sommers, Physical Review Letters 61 (1988) 259; L. Molgedey,
    J. Schuchhardt and H. G. Schuster, Physical Review Letters 69 (1992) 3717 (steps in time).

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import random_network
    >>> W = random_network(400, 1.5).weights()["elman_1.W"]
    >>> round(float(np.abs(np.linalg.eigvals(W)).max()), 1)
    1.5
    """
    units = require_whole("units", units, 1, _MOST_UNITS)
    require_number("gain", gain, least=0.0)
    require_number("bias", bias, least=0.0)
    require_number("input_scale", input_scale, least=0.0)
    seed = require_whole("seed", seed, 0, 2**63 - 1)
    design = NetworkDesign((LayerDesign(kind, units, activation),))
    network = design.initialize(features, outputs, key=member_keys(seed, 1)[0])
    name = next(iter(network.recurrent_names), kind)
    present = {field: np.shape(weight) for field, weight in network.weights().items() if field.startswith(f"{name}.")}
    if f"{name}.W" not in present:
        raise InputError(f"a layer of the kind {kind} has no W that a gain could scale; take elman, lstm or gru.")
    generator = np.random.default_rng(seed)
    new = {f"{name}.W": gain / np.sqrt(units) * generator.normal(size=present[f"{name}.W"])}
    new[f"{name}.b"] = bias * generator.normal(size=present[f"{name}.b"])
    new[f"{name}.U"] = input_scale * generator.uniform(-1, 1, size=present[f"{name}.U"])
    new["readout.V"] = generator.normal(size=(outputs, units)) / np.sqrt(units)
    return network.replace(new)
