"""A regularizer that keeps the norm of derivatives on their way back through time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from unrolled.networks._backpropagation import taken_off
from unrolled.networks._cell import Cell
from unrolled.networks._network import Network
from unrolled.networks._sweeps import Held, Swept
from unrolled.networks._tape import Pass, forward_pass, layer_ways
from unrolled.types import AnyArray

__all__ = ["norm_keeping"]


def norm_keeping(
    network: Network,
    inputs: Float[AnyArray, "batch time feature"],
    states: tuple[Any, ...] | None,
    error: Float[AnyArray, "batch last output"],
    *,
    real: Bool[AnyArray, "batch time"] | None = None,
    clamps: Mapping[str, Float[AnyArray, "batch time _"]] | None = None,
    weights: Float[AnyArray, " batch"] | None = None,
) -> Float[Array, ""]:
    r"""How far the norm of dE/dh_t changes from step to step, differentiable with respect to W.

    .. math:: \Omega = \sum_{t=1}^{T-1} \left(
        \frac{\left\| \frac{dE}{dh_{t+1}} \frac{dh_{t+1}}{dh_t} \right\|}{\left\| \frac{dE}{dh_{t+1}} \right\|} - 1
        \right)^2,

    the mean over the sequences and the sum over the recurrent layers. h stands for the whole state of a cell, memory
    included. To be added to a loss, times a factor: it asks W to keep the norm in those directions in which the error
    travels, and in no others.

    As in the paper the derivative is the immediate one alone: errors, activities and slopes are held constant, and only
    the W that multiplies ``delta_{t+1}`` moves. Of an Elman layer ``dE/dh_{t+1} dh_{t+1}/dh_t = W^T delta_{t+1}``. A
    step whose dE/dh_{t+1} is zero counts nothing.

    Parameters
    ----------
    network
        The network.
    inputs
        x_1..x_T.
    states
        The states before the first step; the network's own if ``None``.
    error
        dE/d(V h_t + c) of the last steps, before the output function; a constant.
    real
        Which steps are real; the others count nothing.
    clamps
        Activities that are held, as in :func:`forward_pass`.
    weights
        What every sequence counts in the mean: 0 leaves it out. ``None``: all alike.

    Returns
    -------
    Array
        Omega, a scalar.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import Elman, Network, Readout, norm_keeping
    >>> cell = Elman(U=jnp.ones((2, 1)), W=0.5 * jnp.eye(2), b=jnp.zeros(2), activation="linear")
    >>> network = Network((cell,), Readout(jnp.ones((1, 2)), jnp.zeros(1)))
    >>> float(norm_keeping(network, jnp.ones((1, 4, 1)), None, jnp.ones((1, 1, 1))))  # three times (1/2 - 1)^2
    0.75

    References
    ----------
    R. Pascanu, T. Mikolov and Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013,
    arXiv:1211.5063, equations 9 and 10.
    """
    return _over_layers(network, inputs, states, error, Held(real, dict(clamps or {})), weights=weights)


@jax.jit
def _over_layers(
    network: Network, inputs: Any, states: Any, error: Any, held: Held, *, weights: Any
) -> Float[Array, ""]:
    constant, error, clamps = jax.lax.stop_gradient(((network, inputs, states), error, held.clamps))
    tape = forward_pass(*constant, real=held.real, clamps=clamps)
    swept, _ = taken_off(tape, error, raw=True)
    cells = [way for layer in layer_ways(network) for way in layer if way.layer.recurrent]
    terms = [_omega(way.layer, tape.passes[way.name], swept[way.name]) for way in cells]
    omega = sum(terms, start=jnp.zeros(inputs.shape[0], tape.outputs.dtype))
    if weights is None:
        return jnp.mean(omega)
    total = jnp.sum(weights)
    return jnp.sum(omega * weights) / jnp.where(total > 0, total, 1)


def _omega(cell: Cell, run: Pass, swept: Swept) -> Float[Array, " lane"]:
    """The sum over the steps of one layer, for every sequence."""
    handed = _handed_on(cell, run, swept)
    after, before = (_squares(jax.tree.map(lambda part: part[1:], state)) for state in (handed, swept.dstates))
    kind = jnp.finfo(before.dtype)
    counts = before > kind.tiny / kind.eps
    if run.held.real is not None:
        counts = counts & run.held.real[1:]
    # The root has no slope at zero.
    ratio = jnp.where(after > 0, jnp.sqrt(jnp.where(after > 0, after, 1) / jnp.where(counts, before, 1)), 0)
    return jnp.sum(jnp.where(counts, jnp.square(ratio - 1), 0), axis=0)


def _handed_on(cell: Cell, run: Pass, swept: Swept) -> Any:
    """``dE/dh_{t+1} dh_{t+1}/dh_t`` for every t + 1: through W, and beside it."""
    constant = jax.lax.stop_gradient(cell)
    _, beside = jax.vmap(constant.pull_back)(run.stack.kept, run.stack.h, swept.dstates)
    if not cell.hands_back:
        return beside
    through = jnp.einsum("ru,trl->tul", cell.matrix()[:, : cell.units], swept.delta)
    return beside._replace(h=beside.h + through)


def _squares(state: Any) -> Float[Array, "time lane"]:
    return sum((jnp.sum(part * part, axis=1) for part in state), start=jnp.zeros(()))
