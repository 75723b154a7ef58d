"""A recurrent layer that can be differentiated forwards and backwards, both by sweeps that are written out.

For products with curvature: the forward pass, ``f'(a_t)`` and the operands are kept once, and every product with the
Jacobian or its transpose is one sweep with one product of matrices per step and one large one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.custom_derivatives import SymbolicZero, linear_call
from jaxtyping import Array, Float

from unrolled.networks._cell import Cell
from unrolled.networks._sweeps import Held, Stack, backward_sweep, flat, forward_sweep, operands, summed

__all__ = ["Course", "swept"]


class _Kept(NamedTuple):
    """What the linear sweeps need of the forward pass."""

    cell: Cell
    held: Held
    stack: Stack
    operands: Float[Array, "time column lane"]
    a: Float[Array, "time row lane"]
    before: Any


class Course(NamedTuple):
    """What a layer did.

    Attributes
    ----------
    h, a
        Activities of every step, and ``M (h_{t-1}, x_t, 1)``.
    slopes
        f'(a_t), constants to a derivative; 0 where a_t does not count: padding, and units of a plain layer that are
        held.
    after
        The state after the last step.
    """

    h: Float[Array, "time unit lane"]
    a: Float[Array, "time row lane"]
    slopes: Float[Array, "time row lane"]
    after: Any


@jax.custom_jvp
def swept(cell: Cell, x: Float[Array, "time feature lane"], state: Any, held: Held) -> Course:
    """A layer's course through the sequences; nothing is differentiated with respect to what is held."""
    return _course(*_forward(cell, x, state, held))


def _course(kept: _Kept, after: Any) -> Course:
    slopes = jax.vmap(kept.cell.slopes)(kept.stack.kept, kept.stack.h)
    if kept.held.real is not None:
        slopes = jnp.where(kept.held.real[:, None], slopes, 0)
    if kept.held.clamps is not None and slopes.shape[1] == kept.cell.units:
        slopes = jnp.where(jnp.isnan(kept.held.clamps), slopes, 0)
    return Course(kept.stack.h, kept.a, slopes, after)


def _forward(cell: Cell, x: Array, state: Any, held: Held) -> tuple[_Kept, Any]:
    stack, after = forward_sweep(cell, x, state, held)
    seen = operands(cell, x, state, stack)
    a = _products(cell.matrix(), seen)
    return _Kept(cell, held, stack, seen, a, _before(cell, state, stack, a, held)), after


def _before(cell: Cell, state: Any, stack: Stack, a: Array, held: Held) -> Any:
    """The states before every step: those of a memory come from another scan, which has no products."""
    h = jnp.concatenate([state.h[None], stack.h[:-1]])
    if len(state) == 1:
        return type(state)(h)

    def step(now: Any, given: Any) -> tuple[Any, Any]:
        a, h, real = given
        made = cell.activate(cell.scaled(a), now)[0]._replace(h=h)
        if real is not None:
            made = jax.tree.map(lambda new, old: jnp.where(real, new, old), made, now)
        return made, now

    return jax.lax.scan(step, state, (a, stack.h, held.real))[1]


def _linear(primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Course, Course]:
    cell, x, state, held = primals
    dcell, dx, dstate, _ = tangents
    kept, after = _forward(cell, x, state, held)
    changes, structure = jax.tree.flatten((dcell, dx, dstate))
    shapes = [(part.shape, part.dtype) for part in changes]
    moving = [not isinstance(part, SymbolicZero) for part in changes]

    def push(kept: _Kept, given: list[Array]) -> Any:
        left = iter(given)
        whole = [next(left) if moves else jnp.zeros(*shape) for moves, shape in zip(moving, shapes, strict=True)]
        dcell, still, dstate = jax.tree.unflatten(structure, whole)
        return _push(kept, dcell, None if isinstance(dx, SymbolicZero) else still, dstate)

    def pull(kept: _Kept, derivatives: Any) -> list[Array]:
        return [part for moves, part in zip(moving, jax.tree.leaves(_pull(kept, *derivatives)), strict=True) if moves]

    # JAX transposes with respect to what changes, and to all of it: what stays is no argument.
    pushed = linear_call(push, pull, kept, [part for moves, part in zip(moving, changes, strict=True) if moves])
    course, (dh, da, dafter) = _course(kept, after), pushed
    return course, Course(dh, da, jnp.zeros_like(course.slopes), dafter)


swept.defjvp(_linear, symbolic_zeros=True)


def _push(kept: _Kept, dcell: Any, dx: Array | None, dstate: Any) -> tuple[Array, Array, Any]:
    """How h_t, a_t and the last state change with the weights, the inputs and the first state."""
    cell = kept.cell
    start = cell.units if cell.looks_back else 0
    dmatrix = jax.jvp(lambda cell: cell.matrix(), (cell,), (dcell,))[1]
    direct = _products(dmatrix, kept.operands)
    if dx is not None:
        direct = direct + _products(cell.matrix()[:, start:-1], dx)
    W = cell.matrix()[:, :start]

    def step(dstate: Any, given: Any) -> tuple[Any, tuple[Array, Array]]:
        direct, a, before, held = given
        da = direct + W @ dstate.h if cell.hands_back else direct
        told = (cell, cell.scaled(a), before), (dcell, cell.scaled(da), dstate)
        made = jax.jvp(lambda cell, a, state: cell.activate(a, state)[0], *told)[1]
        if held.clamps is not None:
            made = made._replace(h=jnp.where(jnp.isnan(held.clamps), made.h, 0))
        if held.real is not None:
            made = jax.tree.map(lambda new, old: jnp.where(held.real, new, old), made, dstate)
        return made, (made.h, da)

    after, (dh, da) = jax.lax.scan(step, dstate, (direct, kept.a, kept.before, kept.held))
    return dh, da, after


def _pull(kept: _Kept, dh: Array, da: Array, dstate: Any) -> tuple[Any, Array, Any]:
    """The transpose: derivatives with respect to h_t, a_t and the last state, taken back."""
    cell = kept.cell
    back = backward_sweep(cell, kept.stack, kept.held, dh, dstate, da=da)
    start = cell.units if cell.looks_back else 0
    dcell = summed(cell, back.delta, kept.operands, kept.stack.kept, back.delta - da)
    return dcell, jnp.einsum("rf,trl->tfl", cell.matrix()[:, start:-1], back.delta), back.dstate


def _products(matrix: Float[Array, "row column"], stack: Float[Array, "time column lane"]) -> Array:
    """The matrix times every step: one product."""
    time, _, lanes = stack.shape
    return jnp.swapaxes((matrix @ flat(stack)).reshape(-1, time, lanes), 0, 1)
