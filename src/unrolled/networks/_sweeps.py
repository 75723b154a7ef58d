"""The two sweeps through time: forward, which stacks up, and backward, which takes off the stack.

Time is the first axis here, units the second, sequences ("lanes") the last.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from unrolled.networks._cell import Cell

__all__ = ["Held", "Stack", "Swept", "backward_sweep", "by_step", "flat", "forward_sweep", "operands", "summed"]

# Up to this many steps the loop is written out: no loop overhead, little to compile.
_WRITTEN_OUT = 8


class Held(NamedTuple):
    """What is held along the way.

    Attributes
    ----------
    real
        Which steps are real, shape ``(time, lane)``; in the others the state stays as it is. ``None``: all are.
    clamps
        Activities put in place of h_t, shape ``(time, unit, lane)``; NaN where h_t is free. ``None``: all are.
    """

    real: Any = None
    clamps: Any = None


class Stack(NamedTuple):
    """What the forward sweep leaves: h_t of every step, and what the cell keeps of it."""

    h: Float[Array, "time unit lane"]
    kept: Any


class Swept(NamedTuple):
    """What the backward sweep gives.

    Attributes
    ----------
    delta
        dE/da_t of every step.
    dstates
        dE/dstate_t of every step, all later steps included.
    dclamps
        dE with respect to the activities that were put in; ``None`` where none were.
    dstate
        dE with respect to the state before the first step.
    """

    delta: Float[Array, "time row lane"]
    dstates: Any
    dclamps: Any
    dstate: Any


def forward_sweep(cell: Cell, x: Float[Array, "time feature lane"], state: Any, held: Held) -> tuple[Stack, Any]:
    """h_1..h_T, stacked up with what the backward sweep needs, and the state after the last step."""
    matrix = cell.scaled(cell.matrix())

    def step(state: Any, given: tuple[Array, Held]) -> tuple[Any, Stack]:
        x, held = given
        made, kept = cell.activate(matrix @ cell.operand(state, x), state)
        if held.clamps is not None:
            made = made._replace(h=jnp.where(jnp.isnan(held.clamps), made.h, held.clamps))
        if held.real is not None:
            made = jax.tree.map(lambda new, old: jnp.where(held.real, new, old), made, state)
        return made, Stack(made.h, kept)

    after, stack = jax.lax.scan(step, state, (x, held), unroll=_turns(x.shape[0]))
    return stack, after


def backward_sweep(
    cell: Cell,
    stack: Stack,
    held: Held,
    dh: Float[Array, "time unit lane"],
    dstate: Any,
    *,
    da: Float[Array, "time row lane"] | None = None,
) -> Swept:
    """The derivatives of an error, taken off the stack from the last step to the first.

    ``dE/dh_t = (dE/dh_t)_outside + W^T delta_{t+1} + what passes by``, ``delta_t = f'(a_t) dE/dh_t``.

    Parameters
    ----------
    cell
        The cell.
    stack
        What the forward sweep stacked up.
    held
        What was held then: an activity that was put in hands nothing on to what it replaced, and a step that was not
        real hands everything on to the step before.
    dh
        dE/dh_t from outside.
    dstate
        dE/dstate_T from outside, beside that.
    da
        dE/da_t from outside; ``None``: nothing but the cell sees a_t.
    """
    # Copied once; inside the loop a transposed factor would be transposed at every step.
    back = jax.lax.optimization_barrier(cell.matrix()[:, : cell.units].T) if cell.hands_back else None

    def step(after: Any, given: tuple[Stack, Array, Held, Any]) -> tuple[Any, tuple[Array, Any, Any]]:
        stack, outside, held, more = given
        total = after = after._replace(h=after.h + outside)
        passing, dclamps = None, None
        if held.real is not None:
            passing = jax.tree.map(lambda d: jnp.where(held.real, 0, d), after)
            after = jax.tree.map(lambda d: jnp.where(held.real, d, 0), after)
        if held.clamps is not None:
            free = jnp.isnan(held.clamps)
            dclamps = jnp.where(free, 0, after.h)
            after = after._replace(h=jnp.where(free, after.h, 0))
        delta, before = cell.pull_back(stack.kept, stack.h, after)
        delta = delta if more is None else delta + more
        if back is not None:
            before = before._replace(h=before.h + back @ delta)
        if passing is not None:
            before = jax.tree.map(jnp.add, before, passing)
        return before, (delta, total, dclamps)

    before, (delta, totals, dclamps) = jax.lax.scan(
        step, dstate, (stack, dh, held, da), reverse=True, unroll=_turns(dh.shape[0])
    )
    return Swept(delta, totals, dclamps, before)


def operands(cell: Cell, x: Array, state: Any, stack: Stack) -> Float[Array, "time column lane"]:
    """``(h_{t-1}, x_t, 1)`` of every step."""
    one = jnp.ones((x.shape[0], 1, x.shape[2]), x.dtype)
    if not cell.looks_back:
        return jnp.concatenate([x, one], axis=1)
    before = jnp.concatenate([state.h[None], stack.h[:-1]])
    return jnp.concatenate([before, x, one], axis=1)


def summed(
    cell: Cell,
    delta: Float[Array, "time row lane"],
    operands: Float[Array, "time column lane"],
    kept: Any,
    own: Float[Array, "time row lane"] | None = None,
) -> Any:
    """The derivatives with respect to the weights, ``sum_t delta_t (h_{t-1}, x_t, 1)^T``: one matrix product.

    ``own`` is what weights beside M see, where that is not all of delta.
    """
    seen = delta if own is None else own
    beside = jax.tree.map(lambda terms: jnp.sum(terms, (0, -1)), jax.vmap(cell.beside)(seen, kept))
    return _by_name(cell, flat(delta) @ flat(operands).T, beside)


def by_step(
    cell: Cell, delta: Float[Array, "time row lane"], operands: Float[Array, "time column lane"], kept: Any
) -> Any:
    """The same without the sum: what every step contributes, a leading axis of time in every weight."""
    beside = jax.tree.map(lambda terms: jnp.sum(terms, -1), jax.vmap(cell.beside)(delta, kept))
    return jax.vmap(partial(_by_name, cell))(jnp.einsum("trl,tcl->trc", delta, operands), beside)


def _by_name(cell: Cell, matrix: Float[Array, "row column"], beside: dict[str, Array]) -> Cell:
    return replace(cell.split(matrix), **beside)


def flat(stack: Float[Array, "time row lane"]) -> Float[Array, "row column"]:
    """Steps and sequences as one axis."""
    return jnp.swapaxes(stack, 0, 1).reshape(stack.shape[1], -1)


def _turns(steps: int) -> int:
    return max(steps, 1) if steps <= _WRITTEN_OUT else 1
