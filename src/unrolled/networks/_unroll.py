"""A recurrent layer unrolled in time, differentiable by backpropagation through time as it stands in the textbook."""

from __future__ import annotations

import math
from typing import Any, Literal, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from unrolled.errors import nearest_name
from unrolled.networks._bidirectional import Bidirectional, BothStates
from unrolled.networks._both_ways import swept
from unrolled.networks._cell import Cell
from unrolled.networks._mingru import MinGRU
from unrolled.networks._parallel import parallel_sweep
from unrolled.networks._sweeps import Held, backward_sweep, forward_sweep, operands, summed
from unrolled.types import AnyArray

__all__ = ["RULES", "SCANS", "Recurrent", "Rule", "Scan", "unroll"]

Recurrent: TypeAlias = Cell | Bidirectional
#: How a derivative is taken: backwards by the sweep written out here; both ways, by two of them; or by JAX.
Rule: TypeAlias = Literal["backpropagation", "both", "automatic"]
RULES = ("backpropagation", "both", "automatic")
#: Step after step, all steps at once (cells whose recurrence is linear), or what is faster here.
Scan: TypeAlias = Literal["auto", "sequential", "parallel"]
SCANS = ("auto", "sequential", "parallel")


def unroll(
    layer: Recurrent,
    inputs: Float[AnyArray, "*batch time feature"],
    state: Any,
    *,
    real: Bool[AnyArray, "*batch time"] | None = None,
    clamps: Float[AnyArray, "*batch time width"] | None = None,
    rule: str = "backpropagation",
    scan: str = "auto",
) -> tuple[Float[Array, "*batch time width"], Any]:
    """Run a recurrent layer over a sequence: the one scan of this package.

    ``s_t = step(x_t, s_{t-1})`` for t = 1..T; the weights are the same at every step.

    Parameters
    ----------
    layer
        A cell, or two that run through the sequence in opposite directions.
    inputs
        x_1..x_T, any number of leading batch axes.
    state
        The state before the first step, with the same batch axes.
    real
        Which steps are real. In the others the state is held, so that padding changes nothing.
    clamps
        Activities to be put in place of h_t; NaN where h_t is free. The width is that of the outputs: of two cells the
        forward one's units come first.
    rule
        ``"backpropagation"``: reverse derivatives by the sweep that is written out here, several times faster for
        large layers; ``"both"``: forward derivatives (``jvp``, ``linearize``) as well, for products with Jacobians, and
        none with respect to clamps; ``"automatic"``: by JAX, to any order.
    scan
        ``"sequential"``, ``"parallel"`` (cells with a linear recurrence, no clamps), or ``"auto"``.

    Returns
    -------
    tuple
        h_1..h_T, shape ``(*batch, time, width)``, and the state after the last step.
    """
    if isinstance(layer, Bidirectional):
        ways: dict[str, Any] = {"rule": rule, "scan": scan}
        held = (None, None) if clamps is None else jnp.split(clamps, [layer.units], axis=-1)
        ahead, first = unroll(layer.forward, inputs, state.forward, real=real, clamps=held[0], **ways)
        real, back = (None if part is None else jnp.flip(part, axis) for part, axis in ((real, -1), (held[1], -2)))
        behind, last = unroll(layer.backward, jnp.flip(inputs, -2), state.backward, real=real, clamps=back, **ways)
        return jnp.concatenate([ahead, jnp.flip(behind, -2)], axis=-1), BothStates(first, last)
    batch = inputs.shape[:-2]
    lanes = math.prod(batch)

    def lanes_last(values: AnyArray) -> Array:
        """Any batch axes as one, at the end."""
        own = jnp.shape(values)[len(batch) :]
        return jnp.moveaxis(jnp.asarray(values).reshape(lanes, *own), 0, -1)

    def lanes_first(values: Array) -> Array:
        return jnp.moveaxis(values, -1, 0).reshape(*batch, *values.shape[:-1])

    held = Held(*(None if part is None else lanes_last(part) for part in (real, clamps)))
    h, after = _run(layer, lanes_last(inputs), jax.tree.map(lanes_last, state), held, rule=rule, scan=scan)
    return lanes_first(h), jax.tree.map(lanes_first, after)


def _run(layer: Cell, x: Array, state: Any, held: Held, *, rule: str, scan: str) -> tuple[Array, Any]:
    if rule not in RULES:
        raise nearest_name("rule", rule, RULES)
    if scan not in SCANS:
        raise nearest_name("scan", scan, SCANS)
    parallel = scan == "parallel" or (scan == "auto" and _many_at_once())
    if parallel and isinstance(layer, MinGRU) and held.clamps is None:
        return parallel_sweep(layer, x, state, held.real, rule)
    if rule == "both":
        course = swept(layer, x, state, held)
        return course.h, course.after
    if rule == "automatic":
        stack, after = forward_sweep(layer, x, state, held)
        return stack.h, after
    return _unrolled(layer, x, state, held)


def _many_at_once() -> bool:
    """On an accelerator log2(T) rounds beat T steps; two processors gain with few sequences only."""
    return jax.default_backend() != "cpu"


@jax.custom_vjp
def _unrolled(cell: Cell, x: Array, state: Any, held: Held) -> tuple[Array, Any]:
    stack, after = forward_sweep(cell, x, state, held)
    return stack.h, after


def _stack_up(cell: Cell, x: Array, state: Any, held: Held) -> tuple[tuple[Array, Any], Any]:
    stack, after = forward_sweep(cell, x, state, held)
    return (stack.h, after), (cell, x, state, held, stack)


def _take_off(residuals: Any, derivatives: tuple[Array, Any]) -> tuple[Any, Array, Any, Held]:
    cell, x, state, held, stack = residuals
    swept = backward_sweep(cell, stack, held, *derivatives)
    dcell = summed(cell, swept.delta, operands(cell, x, state, stack), stack.kept)
    start = cell.units if cell.looks_back else 0
    dx = jnp.einsum("rf,trl->tfl", cell.matrix()[:, start:-1], swept.delta)
    return dcell, dx, swept.dstate, Held(None, swept.dclamps)


_unrolled.defvjp(_stack_up, _take_off)
