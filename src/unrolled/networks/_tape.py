"""The forward pass, made visible: what it stacks up, layer by layer and step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from unrolled.errors import InputError, nearest_name
from unrolled.networks._activations import slope
from unrolled.networks._bidirectional import Bidirectional
from unrolled.networks._cell import Cell, Traced
from unrolled.networks._dense import Observed
from unrolled.networks._network import Network
from unrolled.networks._sweeps import Held, Stack, forward_sweep, operands
from unrolled.types import AnyArray, precision

__all__ = [
    "LayerTape",
    "Pass",
    "Tape",
    "Way",
    "forward_pass",
    "in_time",
    "require_plain",
    "require_states",
    "sequences_first",
    "through",
    "ways",
]


class Pass(NamedTuple):
    """One cell's (or one dense layer's) way through the sequences, as the sweeps see it: time first, sequences last."""

    x: Float[Array, "time feature lane"]
    state: Any
    held: Held
    stack: Stack


class Way(NamedTuple):
    """What goes through the sequences in one direction: a cell, or a layer without memory."""

    name: str
    layer: Any
    backward: bool = False


class LayerTape(eqx.Module):
    """What one layer did at every step.

    Attributes
    ----------
    x
        What went in, shape ``(batch, time, feature)``.
    a
        Pre-activations, shape ``(batch, time, row)``: the rows of all gates below each other in the order of the
        cell's ``gates``. A GRU has four, r, z, m and n (see :class:`GRU`).
    h
        Activities h_t, shape ``(batch, time, unit)``.
    s
        Memories s_t, same shape; ``None`` for a layer without them.
    slopes
        ``f'(a_t)``, shape ``(batch, time, row)``; 0 at a step that is not real.
    gates
        The gates of a gated cell, and its candidate, by name: each ``(batch, time, unit)``, NaN at a step that is not
        real. Cells of one block show the gates that they share.
    written, kept
        What was written to the memory, as ``i_t g_t``, and what was kept of it, as ``f_t s_{t-1}``, same shape. Of a
        GRU and a minGRU, whose memory is h, the two parts of h_t.
    """

    x: Float[Array, "batch time feature"]
    a: Float[Array, "batch time row"]
    h: Float[Array, "batch time unit"]
    s: Float[Array, "batch time unit"] | None
    slopes: Float[Array, "batch time row"]
    gates: dict[str, Float[Array, "batch time unit"]] = eqx.field(default_factory=dict)
    written: Float[Array, "batch time unit"] | None = None
    kept: Float[Array, "batch time unit"] | None = None

    @property
    def memory(self) -> Float[Array, "batch time unit"]:
        """What is kept from step to step: s_t, and of a layer without it h_t."""
        return self.h if self.s is None else self.s

    @property
    def read(self) -> Float[Array, "batch time unit"]:
        """What was read of the memory, as ``o_t f(s_t)``: the activities, where none was clamped."""
        return self.h


class Tape(eqx.Module):
    """The stack of a forward pass: ``tape["elman_1"].h`` are the activities of a layer.

    Of a bidirectional layer each direction has its own: ``tape["bi-lstm_1.backward"]``, in the order of time too.

    Attributes
    ----------
    network
        The network.
    states
        The states before the first step, as :meth:`Network.initial_states` makes them.
    passes
        What the sweeps work with, by name of the layer.
    own_start
        Whether these are the network's own initial states, which a gradient may then go back to.
    """

    network: Network
    states: tuple[Any, ...]
    passes: dict[str, Pass]
    own_start: bool = eqx.field(static=True, default=True)

    @property
    def names(self) -> tuple[str, ...]:
        """The layers, in the order in which the inputs pass them; the readout comes last."""
        return tuple(way.name for layer in layer_ways(self.network) for way in layer)

    @property
    def outputs(self) -> Float[Array, "batch time output"]:
        """y_t."""
        y = self.passes[self.names[-1]].stack.h
        with precision(y.dtype.name):
            return sequences_first(y)

    def __getitem__(self, name: str) -> LayerTape:
        found = {way.name: way for layer in layer_ways(self.network) for way in layer}
        if name not in found:
            raise nearest_name("layer", name, found)
        with precision(self.passes[name].x.dtype.name):  # that of the forward pass, wherever it is looked at
            seen = _seen(found[name].layer, self.passes[name], backward=found[name].backward)
        # A compiled program hands a mapping back in the order of the alphabet.
        return replace(seen, gates={gate: seen.gates[gate] for gate in getattr(found[name].layer, "gates", ())})


def forward_pass(
    network: Network,
    inputs: Float[AnyArray, "batch time feature"],
    states: tuple[Any, ...] | None = None,
    *,
    real: Bool[AnyArray, "batch time"] | None = None,
    clamps: Mapping[str, Float[AnyArray, "batch time _"]] | None = None,
) -> Tape:
    """Run a network and keep the stack: for every step what went in, the activities, and what the cells kept.

    ``a_t = U x_t + W h_{t-1} + b``, ``h_t = f(a_t)``, ``y_t = g(V h_t + c)``. It is the same sweep as in training.

    Parameters
    ----------
    network
        One network, not a stack of members.
    inputs
        x_1..x_T.
    states
        The states before the first step; the network's own if left out.
    real
        Which steps are real; in the others states are held, and no number that stands there counts.
    clamps
        By name of the layer activities that are put in place of h_t; NaN: free. Of a bidirectional layer the forward
        cell's units come first.

    Returns
    -------
    Tape
        To be looked at, and taken off by :func:`backpropagate`.

    Raises
    ------
    InputError
        Inputs or states of another shape; a network with an encoder or with feedback, whose steps do not lie on one
        stack, or several networks; clamps of a layer that cannot be held.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import Elman, Network, Readout, forward_pass
    >>> cell = Elman(U=jnp.ones((1, 1)), W=jnp.eye(1), b=jnp.zeros(1), activation="linear")
    >>> tape = forward_pass(Network((cell,), Readout(jnp.ones((1, 1)), jnp.zeros(1))), jnp.ones((1, 3, 1)))
    >>> tape["elman_1"].h[0, :, 0].tolist(), tape["elman_1"].slopes[0, :, 0].tolist()
    ([1.0, 2.0, 3.0], [1.0, 1.0, 1.0])
    """
    require_plain(network)
    if np.ndim(inputs) != 3 or np.shape(inputs)[-1] != network.features or 0 in np.shape(inputs):
        raise InputError(f"inputs must have shape (batch, time, {network.features}); came {np.shape(inputs)}.")
    can_be_held = [name for name, layer in network.named_layers().items() if layer.recurrent]
    for name in clamps or {}:
        if name not in can_be_held:
            raise nearest_name("layer that can be held", name, can_be_held)
    batch = np.shape(inputs)[:1]
    require_states(network, states, batch)
    given = network.initial_states(batch) if states is None else states
    return Tape(network, given, _stack_up(network, inputs, given, real, dict(clamps or {})), states is None)


def require_plain(network: Network) -> None:
    """Raise an :class:`InputError` unless it is one network, all steps of which lie on one stack."""
    if any(np.ndim(w) > 1 for name, w in network.weights().items() if name.endswith((".b", ".c"))):
        raise InputError("these are several networks in one; take a member(networks, 0).")
    for what, present in (("an encoder", network.encoder), ("feedback", network.feedback)):
        if present:
            raise InputError(f"a network with {what} has no single stack of steps; take one without.")


def require_states(network: Network, states: Any, batch: tuple[int, ...]) -> None:
    """Raise an :class:`InputError` unless states have the form of the network's own, or are ``None``."""
    if states is None:
        return
    own = jax.eval_shape(lambda: network.initial_states(batch))
    wanted, came = [part.shape for part in jax.tree.leaves(own)], [np.shape(part) for part in jax.tree.leaves(states)]
    if jax.tree.structure(own) != jax.tree.structure(states) or wanted != came:
        raise InputError(
            f"states must be as network.initial_states({batch}) makes them, with the shapes {wanted}; came {came}."
        )


def layer_ways(network: Network) -> list[list[Way]]:
    """The ways through every layer, the readout's last."""
    return [ways(name, layer) for name, layer in network.named_layers().items()]


def ways(name: str, layer: Any) -> list[Way]:
    """The ways through one layer: two, if it is bidirectional."""
    if isinstance(layer, Bidirectional):
        return [Way(f"{name}.forward", layer.forward), Way(f"{name}.backward", layer.backward, True)]
    return [Way(name, layer)]


def sequences_first(values: Float[Array, "time unit lane"]) -> Float[Array, "lane time unit"]:
    """From the sweeps' order of axes to everybody's."""
    return jnp.moveaxis(values, -1, 0)


@jax.jit
def _stack_up(network: Network, inputs: Any, states: Any, real: Any, clamps: Any) -> dict[str, Pass]:
    return through(network, inputs, states, Held(real, clamps), lambda cell, *given: forward_sweep(cell, *given)[0])


def through(
    network: Network, inputs: Any, states: Any, held: Held, sweep: Callable[[Cell, Any, Any, Held], Stack]
) -> dict[str, Pass]:
    """The way of every layer through the sequences, by name; ``sweep`` takes a cell through them."""
    real, clamps = held
    h = jnp.moveaxis(jnp.asarray(inputs, jnp.result_type(*jax.tree.leaves(network))), 0, -1)
    if real is not None:  # a NaN there times a derivative of zero would be NaN
        h = jnp.where(jnp.transpose(real)[:, None], h, 0)
    remaining, passes = list(states), {}
    for name, layer in network.named_layers().items():
        if not layer.recurrent:
            passes[name] = Pass(h, (), Held(), Stack(_dense(layer, h), ()))
            h = passes[name].stack.h
            continue
        rows, state = [], remaining.pop(0)
        at_end = network.reads == "final" and not remaining
        for way, own, clamp in _parts(name, layer, state, clamps.get(name)):
            passes[way.name] = run = _run(way, h, own, Held(real, clamp), sweep)
            rows.append(run.stack.h[-1:] if at_end else in_time(run.stack.h, way.backward))
        h = jnp.concatenate(rows, axis=1)
    return passes


def _parts(name: str, layer: Any, state: Any, clamps: Any) -> Iterator[tuple[Way, Any, Any]]:
    """The ways through a layer, each with its own state and what is held of it."""
    both = ways(name, layer)
    states = state if len(both) > 1 else [state]
    held = [None] * len(both) if clamps is None else jnp.split(jnp.asarray(clamps), len(both), axis=-1)
    return zip(both, states, held, strict=True)


def _run(way: Way, x: Array, state: Any, held: Held, sweep: Any) -> Pass:
    held = Held(*(None if part is None else jnp.moveaxis(jnp.asarray(part), 0, -1) for part in held))
    state = jax.tree.map(lambda part: jnp.moveaxis(jnp.asarray(part), 0, -1), state)
    x, held = jax.tree.map(partial(in_time, backward=way.backward), (x, held))
    return Pass(x, state, held, sweep(way.layer, x, state, held))


def in_time(values: Array, backward: bool) -> Array:
    """From the order of the steps to that of time, or the other way round."""
    return jnp.flip(values, 0) if backward else values


def _dense(layer: Any, x: Float[Array, "time feature lane"]) -> Float[Array, "time unit lane"]:
    return jnp.moveaxis(layer(jnp.moveaxis(x, 1, -1)), -1, 1)


@partial(jax.jit, static_argnames="backward")
def _seen(layer: Any, run: Pass, *, backward: bool) -> LayerTape:
    h, s, traced = run.stack.h, None, Traced({}, None, None)
    if isinstance(layer, Cell):
        a, s, slopes, traced = _replayed(layer, run)
    else:
        a = h if isinstance(layer, Observed) else _dense(replace(layer, activation="linear"), run.x)
        slopes = slope(layer.activation, h)
    parts = jax.tree.map(lambda part: sequences_first(in_time(part, backward)), (run.x, a, h, s, slopes, *traced))
    return LayerTape(*parts)


def _replayed(cell: Cell, run: Pass) -> tuple[Array, Any, Array, Traced]:
    """a_t of all steps by one product; then s_t, f'(a_t) and what the gates did, which need no more products."""
    a = jnp.einsum("rc,tcl->trl", cell.matrix(), operands(cell, run.x, run.state, run.stack))

    def step(state: Any, given: Any) -> tuple[Any, tuple[Array, Any, Array, Traced]]:
        a, h, real = given
        made, kept = cell.activate(cell.scaled(a), state)
        a, slopes, traced = cell.preactivations(a, state, made), cell.slopes(kept, made.h), cell.traced(kept)
        if real is not None:
            made = jax.tree.map(lambda new, old: jnp.where(real, new, old), made, state)
            slopes = jnp.where(real, slopes, 0)
            traced = jax.tree.map(lambda part: jnp.where(real, part, jnp.nan), traced)
        return made._replace(h=h), (a, getattr(made, "s", None), slopes, traced)

    return jax.lax.scan(step, run.state, (a, run.stack.h, run.held.real))[1]
