"""Backpropagation through time, made visible: what the backward pass takes off the stack, layer by layer."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.errors import InputError, nearest_name
from unrolled.networks._activations import pull_back_activation
from unrolled.networks._bidirectional import BothStates
from unrolled.networks._cell import Cell, HiddenState
from unrolled.networks._dense import Observed
from unrolled.networks._network import Network
from unrolled.networks._sweeps import Swept, backward_sweep, by_step, operands, summed
from unrolled.networks._tape import Pass, Tape, Way, layer_ways, sequences_first, ways
from unrolled.types import AnyArray

__all__ = ["Backpropagation", "LayerDerivatives", "backpropagate", "taken_off"]


class LayerDerivatives(eqx.Module):
    """The derivatives of an error with respect to what one layer did at every step.

    Attributes
    ----------
    delta
        dE/da_t, shape ``(batch, time, row)``; rows as in :class:`LayerTape`.
    dh
        dE/dh_t, shape ``(batch, time, unit)``, all later steps included.
    ds
        dE/ds_t of a memory, same shape; ``None`` for a layer without them.
    """

    delta: Float[Array, "batch time row"]
    dh: Float[Array, "batch time unit"]
    ds: Float[Array, "batch time unit"] | None


class Backpropagation(eqx.Module):
    """What the backward pass gives.

    Attributes
    ----------
    layers
        The derivatives inside every layer, by name; ``backpropagation["elman_1"]`` is one of them.
    inputs
        dE/dx_t, shape ``(batch, time, feature)``.
    states
        dE/dstate_0, in the form of :meth:`Network.initial_states`.
    gradient
        dE/d(weights), in a network: the sum over steps and sequences.
    contributions
        What every step adds to that, in a network whose weights have a leading axis of time. This is the gradient of
        the unrolled network that has weights of its own at every step. What learned initial states get stands at the
        first step. ``None`` unless asked for.
    """

    layers: dict[str, LayerDerivatives]
    inputs: Float[Array, "batch time feature"]
    states: tuple[Any, ...]
    gradient: Network
    contributions: Network | None

    def __getitem__(self, name: str) -> LayerDerivatives:
        if name not in self.layers:
            raise nearest_name("layer", name, self.layers)
        return self.layers[name]


def backpropagate(
    tape: Tape, error: Float[AnyArray, "batch last output"], *, raw: bool = False, contributions: bool = False
) -> Backpropagation:
    """Take the derivatives of an error off the stack, from the last step to the first.

    With the errors ``e_t = dE/dy_t``, for one recurrent layer:

    - at the readout ``delta_t = g'(V h_t + c) e_t``;
    - ``dE/dh_t = V^T delta_t(readout) + W^T delta_{t+1}``, and what passes beside a_{t+1} in a gated cell;
    - ``delta_t = f'(a_t) dE/dh_t``;
    - ``dE/dW = sum_t delta_t h_{t-1}^T``, ``dE/dU = sum_t delta_t x_t^T``, ``dE/db = sum_t delta_t``: the weights are
      shared by all steps, so their derivatives are summed;
    - ``dE/dx_t = U^T delta_t``, which is dE/dh_t from outside for the layer below.

    Everything is linear in the errors: see :func:`linearity`.

    Parameters
    ----------
    tape
        From :func:`forward_pass`.
    error
        dE/dy_t, as the derivative of any loss with respect to the outputs. Fewer steps than the inputs have are the
        last ones; the others have no error.
    raw
        Whether the errors are dE/d(V h_t + c) in place of dE/dy_t: of a softmax with the cross-entropy they are
        ``y_t - target_t``.
    contributions
        Whether to keep what every step contributes.

    Returns
    -------
    Backpropagation
        All derivatives.

    Raises
    ------
    InputError
        Errors of another shape than the outputs.

    Examples
    --------
    >>> import jax.numpy as jnp
    >>> from unrolled.networks import Elman, Network, Readout, backpropagate, forward_pass
    >>> cell = Elman(U=jnp.ones((1, 1)), W=0.5 * jnp.eye(1), b=jnp.zeros(1), activation="linear")
    >>> network = Network((cell,), Readout(jnp.ones((1, 1)), jnp.zeros(1)))
    >>> tape = forward_pass(network, jnp.ones((1, 4, 1)))
    >>> back = backpropagate(tape, jnp.ones((1, 1, 1)), contributions=True)  # an error at the last step
    >>> back["elman_1"].delta[0, :, 0].tolist()
    [0.125, 0.25, 0.5, 1.0]
    >>> back.contributions.layers[0].b[:, 0].tolist(), back.gradient.layers[0].b.tolist()
    ([0.125, 0.25, 0.5, 1.0], [1.875])

    References
    ----------
    P. J. Werbos, "Backpropagation through time: what it does and how to do it", Proceedings of the IEEE 78 (1990) 1550.
    """
    wanted = tape.outputs.shape
    came = np.shape(error)
    if len(came) != 3 or (came[0], came[2]) != (wanted[0], wanted[2]) or not 1 <= came[1] <= wanted[1]:
        raise InputError(
            f"the errors must have shape ({wanted[0]}, up to {wanted[1]} last steps, {wanted[2]}), as the outputs; "
            f"came {came}."
        )
    return _backpropagated(tape, error, raw=raw, contributions=contributions)


def taken_off(tape: Tape, error: Any, *, raw: bool) -> tuple[dict[str, Swept], Float[Array, "time feature lane"]]:
    """By layer what the sweep gives, in its own order of axes; and dE/dx_t."""
    found: dict[str, Swept] = {}
    outputs = tape.outputs
    d = _from_first(jnp.moveaxis(jnp.asarray(error, outputs.dtype), 0, -1), outputs.shape[1])
    for layer in reversed(layer_ways(tape.network)):
        if layer[0].layer.recurrent:
            own = zip(layer, jnp.split(d, len(layer), axis=1), strict=True)
            swept = {way.name: _swept(way, tape.passes[way.name], dh) for way, dh in own}
            found |= swept
            d = jnp.sum(jnp.stack([_to_inputs(way, swept[way.name].delta) for way in layer]), axis=0)
        else:
            way = layer[0]
            given = raw and way.layer is tape.network.readout
            delta = d if given else _pull_back(way.layer.activation, tape.passes[way.name].stack.h, d)
            found[way.name] = Swept(delta, HiddenState(d), None, ())
            d = _to_inputs(way, delta)
    return found, d


def _swept(way: Way, run: Pass, dh: Array) -> Swept:
    # Where only the final states were read, dh is of one step, each direction's own last one.
    time = run.x.shape[0]
    outside = _in_order(dh, way) if dh.shape[0] == time else _from_first(dh, time)
    return backward_sweep(way.layer, run.stack, run.held, outside, jax.tree.map(jnp.zeros_like, run.state))


def _to_inputs(way: Way, delta: Float[Array, "time row lane"]) -> Float[Array, "time feature lane"]:
    """``U^T delta_t``."""
    return jnp.einsum("rf,trl->tfl", _input_matrix(way.layer), _in_order(delta, way))


def _input_matrix(layer: Any) -> Float[Array, "row feature"]:
    """What multiplies the inputs of a layer: U, V, or for observed activities a choice."""
    if isinstance(layer, Cell):
        return layer.matrix()[:, layer.units if layer.looks_back else 0 : -1]
    if isinstance(layer, Observed):
        return jnp.eye(layer.layer_units)[np.array(layer.chosen)]
    return jnp.asarray(next(iter(layer.weights().values())))


def _pull_back(name: str, h: Float[Array, "time unit lane"], dh: Array) -> Float[Array, "time unit lane"]:
    return jax.vmap(partial(pull_back_activation, name))(h, dh)


def _from_first(values: Float[Array, "last unit lane"], time: int) -> Float[Array, "time unit lane"]:
    """The same with zeros at the steps before."""
    return jnp.pad(values, ((time - values.shape[0], 0), (0, 0), (0, 0)))


def _in_order(values: Array, way: Way) -> Array:
    return jnp.flip(values, 0) if way.backward else values


@partial(jax.jit, static_argnames=("raw", "contributions"))
def _backpropagated(tape: Tape, error: Any, *, raw: bool, contributions: bool) -> Backpropagation:
    swept, dx = taken_off(tape, error, raw=raw)
    everything = {way.name: _public(way, swept[way.name]) for layer in layer_ways(tape.network) for way in layer}
    recurrent = [layer for layer in layer_ways(tape.network) if layer[0].layer.recurrent]
    states = tuple(_start_of([swept[way.name].dstate for way in layer]) for layer in recurrent)
    gradient = _assembled(tape, swept, states, each_step=False)
    steps = _assembled(tape, swept, states, each_step=True) if contributions else None
    return Backpropagation(everything, sequences_first(dx), states, gradient, steps)


def _public(way: Way, swept: Swept) -> LayerDerivatives:
    parts = (swept.delta, swept.dstates.h, getattr(swept.dstates, "s", None))
    return LayerDerivatives(*jax.tree.map(lambda part: sequences_first(_in_order(part, way)), parts))


def _start_of(states: list[Any]) -> Any:
    first = [jax.tree.map(lambda part: jnp.moveaxis(part, -1, 0), state) for state in states]
    return BothStates(*first) if len(first) > 1 else first[0]


def _assembled(tape: Tape, swept: dict[str, Swept], states: Any, *, each_step: bool) -> Network:
    """The derivatives with respect to all weights, in a network."""
    network = tape.network

    def layer_of(name: str, layer: Any) -> Any:
        made = [_weights(way, tape.passes[way.name], swept[way.name].delta, each_step) for way in ways(name, layer)]
        return replace(layer, forward=made[0], backward=made[1]) if len(made) > 1 else made[0]

    *layers, readout = (layer_of(name, layer) for name, layer in network.named_layers().items())
    start = _start_derivatives(tape, states)
    time = tape.passes[tape.names[0]].x.shape[0]
    if each_step:
        layers, readout = jax.tree.map(partial(_padded, time=time), (layers, readout))
        start = jax.tree.map(lambda leaf: jnp.zeros((time, *leaf.shape), leaf.dtype).at[0].set(leaf), start)
    return replace(network, layers=tuple(layers), readout=readout, start=start)


def _weights(way: Way, run: Pass, delta: Float[Array, "time row lane"], each_step: bool) -> Any:
    """``sum_t delta_t (h_{t-1}, x_t, 1)^T``, or its terms in the order of time, in a layer."""
    layer = way.layer
    if isinstance(layer, Cell):
        factors = operands(layer, run.x, run.state, run.stack)
        made = (by_step if each_step else summed)(layer, delta, factors, run.stack.kept)
    elif isinstance(layer, Observed):
        made = layer
    elif each_step:
        made = jax.vmap(partial(_outer, layer))(delta, run.x)
    else:
        made = _outer(layer, _flat(delta), _flat(run.x))
    return jax.tree.map(lambda leaf: _in_order(leaf, way), made) if each_step else made


def _outer(layer: Any, delta: Float[Array, "row lane"], x: Float[Array, "feature lane"]) -> Any:
    """``delta x^T`` and ``delta``, summed over sequences, in a dense layer or a readout."""
    derivatives = (delta @ x.T, delta.sum(1))
    return type(layer).of(dict(zip(layer.weights(), derivatives, strict=True)), layer.activation)


def _flat(values: Float[Array, "time unit lane"]) -> Float[Array, "unit step"]:
    """All steps of all sequences side by side."""
    return jnp.swapaxes(values, 0, 1).reshape(values.shape[1], -1)


def _padded(steps: Float[Array, "last ..."], time: int) -> Float[Array, "time ..."]:
    """A layer that sees the last states only adds nothing before."""
    return jnp.pad(steps, ((time - steps.shape[0], 0), *((0, 0),) * (steps.ndim - 1)))


def _start_derivatives(tape: Tape, states: Any) -> Any:
    """What the derivatives with respect to the first states say of learned ones."""
    start = tape.network.start
    if not tape.own_start or not jax.tree.leaves(start):
        return jax.tree.map(jnp.zeros_like, start)

    def made(start: Any) -> Any:
        return replace(tape.network, start=start).initial_states((tape.outputs.shape[0],))

    return jax.vjp(made, start)[1](states)[0]
