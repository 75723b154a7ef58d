"""A watch over the gradient's way back through time, while a network is trained."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError
from unrolled.networks import GradientFlow, Network, merge_given, require_steps, sensitivity
from unrolled.types import AnyArray, Batch

__all__ = ["GradientFlowWarning", "GradientWatch"]

_MOST = 1_000_000_000
# Multiplications of a measurement, per sequence: about a second.
_WORK = 2_000_000_000
_HELP = {
    True: "Clip the gradient (clip_norm=1), begin with a smaller W, or take shorter windows (or truncate).",
    False: "Begin with an orthogonal W or the identity, take an LSTM or GRU layer, or shorter windows.",
}


class GradientFlowWarning(UserWarning):
    """Derivatives vanish or explode on their way back through time."""


@dataclass(eq=False)
class GradientWatch:
    """Look now and then at how derivatives flow back through time, and warn once where they vanish or explode.

    To be called in training with the networks as they are. It measures :func:`sensitivity` of the first member on a few
    sequences; all calls share one compiled program.

    Attributes
    ----------
    batch
        The sequences of the training. Of sequences of several lengths the longest are taken; activities that are held
        are left free.
    every
        Measure at the first call, and then at every so many.
    sequences
        How many sequences to measure on.
    lags
        The longest lag to look at; fewer are taken of a network with more than 340 states.
    limit
        Warn where the norm of dh_T/dh_t at the longest lag is beyond this, or below its inverse.
    flows
        What was measured: the number of the call, from 0, and the :class:`GradientFlow`.

    Raises
    ------
    InputError
        Sequences of a single step; before training begins, a network whose states have no single step, or whose
        inputs and states are not those of the batch.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from unrolled.learn import GradientWatch
    >>> from unrolled.networks import NetworkDesign, initialize_members, member_keys
    >>> from unrolled.types import Batch
    >>> networks = initialize_members(NetworkDesign.parse("elman:4"), 1, 1, keys=member_keys(0, 2))
    >>> networks = networks.replace({"elman_1.W": 0.1 * np.stack([np.eye(4)] * 2)})
    >>> watch = GradientWatch(Batch(np.ones((8, 20, 1)), np.ones((8, 1, 1))))
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     watch(networks)
    >>> str(caught[0].message).split(":")[0]
    'the gradient vanishes'
    """

    batch: Batch
    every: int = 10
    sequences: int = 2
    lags: int = 50
    limit: float = 1e4
    flows: list[tuple[int, GradientFlow]] = field(default_factory=list, init=False)
    _calls: int = field(default=0, init=False, repr=False)
    _warned: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("every", "sequences", "lags"):
            require_whole(name, getattr(self, name), 1, _MOST)
        require_number("limit", self.limit, above=1.0)
        inputs, self._index, self._given = _picked(self.batch, self.sequences)
        if inputs.shape[1] < 2:
            raise InputError("sequences of a single step have no way back through time; leave the watch out.")
        self._inputs = inputs

    def check(self, networks: Network) -> None:
        """Raise an :class:`InputError` if these networks cannot be watched on this batch; takes no time.

        Parameters
        ----------
        networks
            Every weight with a leading axis of members.
        """
        network = _first(networks)
        require_steps(network)
        if self._inputs.shape[-1] != network.features:
            raise InputError(
                f"the batch of the watch has {self._inputs.shape[-1]} features, the networks have {network.features}."
            )
        names, states = network.recurrent_names, network.initial_states((len(self._inputs),))
        whole = {
            f"{n}.{part}": own.shape for n, s in zip(names, states, strict=True) for part, own in s._asdict().items()
        }
        for name, values in (self._given or {}).items():
            if name in whole and whole[name] != np.shape(values):
                raise InputError(
                    f"the batch of a watch holds states of whole layers, NaN where a unit is not given: {name} must "
                    f"have shape {whole[name]}; came {np.shape(values)}."
                )
        merge_given(states, names, self._given)

    def __call__(self, networks: Network) -> None:
        """Measure, if it is time to.

        Parameters
        ----------
        networks
            Every weight with a leading axis of members.
        """
        due = self._calls % self.every == 0
        self._calls += 1
        if not due:
            return
        flow = self._measured(_first(networks))
        self.flows.append((self._calls - 1, flow))
        end = flow.norm[-1]
        if not self._warned and not 1 / self.limit <= end <= self.limit:
            self._warned = True
            help_with = _HELP[bool(end >= 1 / self.limit or np.isnan(end))]
            warnings.warn(f"the gradient {flow.verdict} {help_with}", GradientFlowWarning, stacklevel=2)

    def _measured(self, network: Network) -> GradientFlow:
        dtype = jax.tree.leaves(network)[0].dtype
        states = network.initial_states((len(self._inputs),), self._index)
        states = merge_given(states, network.recurrent_names, self._given)
        size = sum(leaf.shape[-1] for leaf in jax.tree.leaves(states)) or 1
        lags = min(self.lags, self._inputs.shape[1] - 1, max(1, _WORK // size**3))
        return sensitivity(network, self._inputs.astype(dtype), states, lags=lags)


def _first(networks: Network) -> Network:
    return jax.tree.map(lambda leaf: np.asarray(leaf)[0], networks)


def _picked(batch: Batch, sequences: int) -> tuple[Float[np.ndarray, "batch time feature"], Any, Any]:
    """A few sequences without padding, which of all they are, and their given states."""
    inputs = _first_member(batch.inputs)
    if batch.lengths is None:
        rows, time = np.arange(min(sequences, len(inputs))), inputs.shape[1]
    else:
        rows = np.argsort(-np.asarray(batch.lengths), kind="stable")[:sequences]
        time = int(np.asarray(batch.lengths)[rows].min())
    named = {name if "." in name else f"{name}.h": values for name, values in (batch.states or {}).items()}
    index, states = jax.tree.map(lambda leaf: np.asarray(leaf)[rows], (batch.index, named or None))
    return inputs[rows, :time], index, states


def _first_member(inputs: AnyArray) -> Float[np.ndarray, "batch time feature"]:
    inputs = np.asarray(inputs)
    return inputs[0] if inputs.ndim > 3 else inputs
