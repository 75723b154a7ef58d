"""The network: layers in a row, then a readout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from unrolled.errors import InputError, nearest_name
from unrolled.networks._activations import activation
from unrolled.networks._dense import Dense, Observed, Readout
from unrolled.networks._feedback import run_fed_back, shifted
from unrolled.networks._start import Start, start_fields
from unrolled.networks._unroll import Recurrent, unroll
from unrolled.types import AnyArray

__all__ = ["Layer", "Network", "last_steps", "layer_names"]

Layer: TypeAlias = Recurrent | Dense
States: TypeAlias = tuple[Any, ...]


class Network(eqx.Module):
    """Recurrent and dense layers in any order, then ``y_t = g(V h_t + c)``.

    A network is a frozen pytree: to change a weight is to make another network (:meth:`replace`). Weights are read
    by name, ``network.weights()["elman_1.W"]``. Functions of a network work in the precision of the scope that they
    are called in (:func:`unrolled.types.precision`).

    Attributes
    ----------
    layers
        The hidden layers, first to last.
    readout
        From the last hidden layer to the outputs.
    encoder
        Layers that read the whole input first; their last states are the first ones of ``layers``, which see nothing
        but their own outputs then.
    start
        The states before the first step.
    feedback
        Whether the first layer sees ``(x_t, y_{t-1})``.
    dropout
        The share of activities that training drops between layers.
    reads
        ``"steps"``: an output at every step; ``"final"``: one output, from the final states of the last recurrent
        layer (of both directions, in a bidirectional one).

    Examples
    --------
    >>> from unrolled.networks import NetworkDesign, member_keys
    >>> network = NetworkDesign.parse("elman:4:tanh").initialize(1, 1, key=member_keys(0, 1)[0])
    >>> sorted(network.weights())
    ['elman_1.U', 'elman_1.W', 'elman_1.b', 'readout.V', 'readout.c']
    """

    layers: tuple[Layer, ...]
    readout: Readout | Observed
    encoder: tuple[Layer, ...] = ()
    start: Start = eqx.field(default_factory=Start)
    feedback: bool = eqx.field(static=True, default=False)
    dropout: float = eqx.field(static=True, default=0.0)
    reads: str = eqx.field(static=True, default="steps")

    def __call__(self, inputs: Float[AnyArray, "*batch time feature"]) -> Float[AnyArray, "*batch last output"]:
        """The outputs y_1..y_T (one, where final states are read) from the network's own initial states."""
        return self.run(inputs, self.initial_states(inputs.shape[:-2]))[0]

    def run(
        self, inputs: Float[AnyArray, "*batch time feature"], states: States, *, last: int | None = None, **ways: Any
    ) -> tuple[Float[AnyArray, "*batch last output"], States]:
        """The outputs of the last steps (of all, unless told otherwise) and the states after them.

        Parameters
        ----------
        inputs
            x_1..x_T, any number of leading batch axes.
        states
            One state for each recurrent layer, as :meth:`initial_states` makes them.
        last
            How many steps at the end to give outputs for; of a network with an encoder, how many to make.
        ways
            What else :meth:`raw` takes.
        """
        raw, states = self.raw(inputs, states, last=last, **ways)
        return self.output(raw), states

    def raw(
        self,
        inputs: Float[AnyArray, "*batch time feature"],
        states: States,
        *,
        last: int | None = None,
        real: Bool[AnyArray, "*batch time"] | None = None,
        clamps: Mapping[str, Any] | None = None,
        fed: Float[AnyArray, "*batch given output"] | None = None,
        forced: bool = False,
        index: Int[AnyArray, "*batch"] | None = None,
        key: Array | None = None,
        rule: str = "backpropagation",
    ) -> tuple[Float[AnyArray, "*batch last output"], States]:
        """``V h_t + c`` of the last steps, before the output function, and the states after them.

        Parameters
        ----------
        inputs, states, last
            As in :meth:`run`.
        real
            Which steps are real; padding changes no state, and no number that stands there counts.
        clamps
            By name of the layer the activities that are held, ``(*batch, time, unit)``; NaN: free. After an encoder the
            steps are those that follow it.
        fed
            Of a network with feedback: what it sees of the last steps, each one step later, in place of its own output;
            NaN: its own.
        forced
            Promises that ``fed`` leaves nothing to the network's own outputs, so that no loop is needed.
        index
            Which sequence each is, for an initial output that was learned for each.
        key
            A random key turns dropout on.
        rule
            How derivatives are taken: ``"backpropagation"`` or ``"automatic"`` (see :func:`unroll`).
        """
        if self.encoder:
            h, states = self._through(self.encoder, inputs, states, real=real, key=key, rule=rule)
            inputs, real = jnp.zeros((*inputs.shape[:-2], last or inputs.shape[-2], 0), h.dtype), None
        if not self.feedback:
            h, states = self.hidden(inputs, states, last=last, real=real, clamps=clamps, key=key, rule=rule)
            return self.readout.raw(h), states
        seen = self._seen(inputs, fed, index, real)
        if forced:
            inputs = jnp.concatenate([inputs, seen], axis=-1)
            h, states = self._through(self.layers, inputs, states, real=real, clamps=clamps, key=key, rule=rule)
            return last_steps(self.readout.raw(h), last, real), states
        ways = {"real": real, "clamps": clamps, "key": key}
        go, output = self.layer_step, self.readout.activation
        raw, states = run_fed_back(go, output, _real_only(inputs, real), states, seen, **ways)
        return last_steps(raw, last, real), states

    def _seen(self, inputs: Any, fed: Any, index: Any, real: Any) -> Float[Array, "*batch time output"]:
        """What is fed back at every step: the first output, what stands at t - 1, NaN for the network's own."""
        batch, time = inputs.shape[:-2], inputs.shape[-2]
        dtype = jnp.result_type(self.readout.c) if isinstance(self.readout, Readout) else inputs.dtype
        unknown = jnp.full((*batch, time, self.outputs), jnp.nan, dtype)
        known = unknown if fed is None else jnp.concatenate([unknown[..., fed.shape[-2] :, :], fed], axis=-2)
        return shifted(known, self.start.first_output(self.outputs, batch, dtype, index), real)

    def hidden(
        self, inputs: Float[AnyArray, "*batch time feature"], states: States, *, last: int | None = None, **ways: Any
    ) -> tuple[Float[AnyArray, "*batch last unit"], States]:
        """What the readout sees at the last steps, and the states after them."""
        return self._through(self.layers, inputs, states, last=last, **ways)

    def _through(
        self,
        layers: tuple[Layer, ...],
        inputs: Float[AnyArray, "*batch time feature"],
        states: States,
        *,
        last: int | None = None,
        real: Any = None,
        clamps: Mapping[str, Any] | None = None,
        key: Array | None = None,
        rule: str = "backpropagation",
    ) -> tuple[Float[AnyArray, "*batch last unit"], States]:
        h = _real_only(inputs, real)
        names = layer_names([layer.kind for layer in layers])
        clamps = _clamps_of(dict(zip(names, layers, strict=True)), clamps)
        remaining, after = list(states), []
        for number, (name, layer) in enumerate(zip(names, layers, strict=True)):
            if not remaining:  # nothing further on looks back, so earlier steps need no more work
                h = last_steps(h, last, real)
            if isinstance(layer, Dense):
                h = layer(h)
            else:
                h, state = unroll(layer, h, remaining.pop(0), real=real, clamps=clamps.get(name), rule=rule)
                after.append(state)
                if self.reads == "final" and not remaining and layers is self.layers:
                    h = state.h[..., None, :]
            h = self._dropped(h, key, number)
        return last_steps(h, last, real), tuple(after)

    def _dropped(self, h: Any, key: Array | None, number: int) -> Any:
        """Some activities set to zero and the others scaled up, so that the mean stays."""
        if key is None or not self.dropout:
            return h
        kept = jax.random.bernoulli(jax.random.fold_in(key, number), 1 - self.dropout, h.shape)
        return jnp.where(kept, h / (1 - self.dropout), 0)

    def step(
        self, x: Float[AnyArray, "*batch feature"], states: States
    ) -> tuple[Float[AnyArray, "*batch output"], States]:
        """One step in time: y_t and the next states."""
        raw, after = self.layer_step(x, states)
        return self.output(raw), after

    def layer_step(
        self, x: Any, states: States, *, clamps: Mapping[str, Any] | None = None, key: Array | None = None
    ) -> tuple[Any, States]:
        """One step of all layers: ``V h_t + c`` and the next states."""
        h = x
        names = layer_names([layer.kind for layer in self.layers])
        clamps = _clamps_of(dict(zip(names, self.layers, strict=True)), clamps)
        remaining, after = list(states), []
        for number, (name, layer) in enumerate(zip(names, self.layers, strict=True)):
            if isinstance(layer, Dense):
                h = layer(h)
            else:
                state = layer.step(h, remaining.pop(0))  # pyright: ignore[reportAttributeAccessIssue]
                if name in clamps:
                    state = state._replace(h=jnp.where(jnp.isnan(clamps[name]), state.h, clamps[name]))
                after.append(state)
                h = state.h
            h = self._dropped(h, key, number)
        return self.readout.raw(h), tuple(after)

    def output(self, raw: Float[AnyArray, "*batch output"]) -> Float[AnyArray, "*batch output"]:
        """``g(V h + c)`` from ``V h + c``."""
        return activation(self.readout.activation)(jnp.asarray(raw))

    def initial_states(self, batch: tuple[int, ...] = (), index: Int[AnyArray, "*batch"] | None = None) -> States:
        """The states of the recurrent layers before the first step, for that many leading batch axes.

        Those of the encoder, where there is one. ``index`` says which sequence each is, for a network that has learned
        an initial state for each.
        """
        layers = [layer for layer in self.encoder or self.layers if not isinstance(layer, Dense)]
        return self.start.make(layers, batch, index)

    @property
    def features(self) -> int:
        """The number of inputs."""
        if self.encoder:
            return self.encoder[0].features
        return (*self.layers, self.readout)[0].features - self.feedback * self.outputs

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return self.readout.units

    @property
    def recurrent(self) -> bool:
        """Whether any layer has a state."""
        return any(layer.recurrent for layer in self.layers)

    @property
    def recurrent_names(self) -> list[str]:
        """The names of the layers that have a state, in the order of :meth:`initial_states`."""
        row = [(name, layer) for name, layer in self.named_layers().items() if layer.recurrent]
        return [name for name, _ in row if name.startswith("encoder_") == bool(self.encoder)]

    def named_layers(self) -> dict[str, Any]:
        """The layers by name: ``elman_1``, ``dense_1``, ``dense_2``, ..., ``readout``, ``encoder_elman_1``, ..."""
        everything = (*self.layers, self.readout)
        named = dict(zip(layer_names([layer.kind for layer in everything]), everything, strict=True))
        encoding = layer_names([layer.kind for layer in self.encoder])
        return named | {f"encoder_{name}": layer for name, layer in zip(encoding, self.encoder, strict=True)}

    def weights(self) -> dict[str, Array | np.ndarray]:
        """Every weight by name, ``layer.field``, in the order of the layers; learned initial states come last."""
        found = {
            f"{name}.{field}": weight
            for name, layer in self.named_layers().items()
            for field, weight in layer.weights().items()
        }
        for name, state in zip(self.recurrent_names, self.start.states, strict=False):
            found |= {f"{name}.{field}": part for field, part in start_fields(state).items()}
        return found if self.start.output is None else found | {"readout.y_0": self.start.output}

    def replace(self, weights: Mapping[str, Any]) -> Network:
        """The same network with some weights set by name.

        Raises
        ------
        InputError
            A name that is not a weight of this network, or a shape that does not fit.

        Examples
        --------
        >>> import numpy as np
        >>> from unrolled.networks import NetworkDesign, member_keys
        >>> network = NetworkDesign.parse("elman:2").initialize(1, 1, key=member_keys(0, 1)[0])
        >>> network.replace({"elman_1.W": np.eye(2)}).weights()["elman_1.W"].tolist()
        [[1.0, 0.0], [0.0, 1.0]]
        """
        present = self.weights()
        for name, value in weights.items():
            if name not in present:
                raise nearest_name("weight", name, present)
            if np.shape(value) != present[name].shape:
                raise InputError(f"{name} has shape {present[name].shape}; came {np.shape(value)}.")
        new = {name: _as_leaf(value, present[name].dtype) for name, value in weights.items()}
        # The order of the names is the order of the leaves.
        return jax.tree.unflatten(jax.tree.structure(self), list((present | new).values()))


def _real_only(inputs: Any, real: Any) -> Any:
    """The inputs with zeros at steps that are not real: a NaN there times a derivative of zero would be NaN."""
    return inputs if real is None else jnp.where(real[..., None], inputs, 0)


def _clamps_of(layers: Mapping[str, Layer], clamps: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """The clamps, all of which name a layer that has states."""
    known = [name for name, layer in layers.items() if layer.recurrent]
    for name in clamps or ():
        if name not in known:
            raise nearest_name("recurrent layer", name, known)
    return clamps or {}


def last_steps(
    h: Float[AnyArray, "*batch time unit"], last: int | None, real: Any = None
) -> Float[AnyArray, "*batch last unit"]:
    """The last steps; of sequences that are padded, where one is wanted, the last real one of each."""
    if last is None or h.shape[-2] == last:
        return h
    if real is None or last != 1:
        return h[..., -last:, :]
    number = real.shape[-1] - 1 - jnp.argmax(jnp.flip(jnp.asarray(real), -1), axis=-1)
    return jnp.take_along_axis(jnp.asarray(h), number[..., None, None], axis=-2)


def _as_leaf(value: Any, dtype: np.dtype) -> Array | np.ndarray:
    # A JAX value stays what it is, so that a derivative can be taken through it.
    return value if isinstance(value, jax.Array) else np.asarray(value, dtype)


def layer_names(kinds: list[str]) -> list[str]:
    """Names for layers of these kinds: counted within the kind, the readout alone without a number.

    Examples
    --------
    >>> from unrolled.networks import layer_names
    >>> layer_names(["dense", "gru", "gru", "readout"])
    ['dense_1', 'gru_1', 'gru_2', 'readout']
    """
    seen: Counter[str] = Counter()
    names = []
    for kind in kinds:
        seen[kind] += 1
        names.append(kind if kind in ("readout", "observed") else f"{kind}_{seen[kind]}")
    return names
