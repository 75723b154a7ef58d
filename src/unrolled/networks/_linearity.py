"""The backward pass is linear in the errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import jax
import numpy as np
from jaxtyping import Float

from unrolled.networks._backpropagation import backpropagate
from unrolled.networks._tape import Tape
from unrolled.types import AnyArray

__all__ = ["Linearity", "linearity"]


@dataclass(frozen=True, eq=False)
class Linearity:
    """How exactly the backward pass is linear in the errors.

    Attributes
    ----------
    factors
        What the errors were multiplied by.
    deviations
        For every factor the largest difference between a derivative and the factor times the derivative before, over
        the largest derivative of the same kind.
    """

    factors: tuple[float, ...]
    deviations: Float[np.ndarray, " factor"]

    def __str__(self) -> str:
        return "\n".join(f"{c:g} times the errors: {c:g} times every derivative, to {off:.0e}" for c, off in self)

    def __iter__(self) -> Iterator[tuple[float, float]]:
        return zip(self.factors, self.deviations.tolist(), strict=True)


def linearity(
    tape: Tape, error: Float[AnyArray, "batch last output"], factors: Sequence[float] = (0.5, 2.0, -3.0)
) -> Linearity:
    r"""Show that the backward pass is linear: c times the errors give c times every derivative.

    For :math:`B(e)` = all of :func:`backpropagate`, kind by kind (:math:`\delta_t`, dE/dh_t, dE/dW, ...), the deviation
    of a factor c is

    .. math:: \max \frac{\max |B(c e) - c B(e)|}{\max |c B(e)|},

    which is rounding, and none at all where c is a power of two. The slopes :math:`f'(a_t)` are on the stack already:
    the forward pass bends, the backward pass does not.

    Parameters
    ----------
    tape, error
        As for :func:`backpropagate`.
    factors
        Any c.

    Returns
    -------
    Linearity
        The deviation for every factor.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import NetworkDesign, forward_pass, linearity, member_keys
    >>> network = NetworkDesign.parse("elman:4:tanh").initialize(1, 1, key=member_keys(0, 1)[0])
    >>> tape = forward_pass(network, jnp.ones((1, 5, 1)))
    >>> linearity(tape, jnp.ones((1, 5, 1)), factors=(2.0, 0.5)).deviations.tolist()
    [0.0, 0.0]
    """
    error = np.asarray(error)
    once = jax.tree.leaves(backpropagate(tape, error))
    deviations = []
    for factor in factors:
        scaled = jax.tree.leaves(backpropagate(tape, factor * error))
        pairs = zip(scaled, once, strict=True)
        deviations.append(max(_deviation(np.asarray(came), factor * np.asarray(before)) for came, before in pairs))
    return Linearity(tuple(map(float, factors)), np.array(deviations))


def _deviation(came: Float[np.ndarray, "..."], wanted: Float[np.ndarray, "..."]) -> float:
    size, off = np.abs(wanted).max(initial=0.0), np.abs(came - wanted).max(initial=0.0)
    return float(off / size) if size > 0 else float(off)
