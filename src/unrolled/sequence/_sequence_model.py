"""A network and a learner, put together: any sequence task."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.learn import Fit, GradientDescent, History, LeastSquares, Watch, solve_readout, train
from unrolled.networks import Network, NetworkDesign, initialize_members, map_members, member_keys, run_in_lanes
from unrolled.types import AnyArray, Batch, in_precision, precision, require_precision

__all__ = ["FittedSequenceModel", "SequenceModel"]

_MOST_MEMBERS = 10_000
# Arrays up to this length are written out in messages.
_SHORT = 8
# Weights of all members together: 8 GB in float64, before an optimizer's moments double and treble that.
_MOST_WEIGHTS = 1_000_000_000


@dataclass(frozen=True)
class SequenceModel:
    """An ensemble of networks of one design, trained by one learner.

    The constructor only stores; :meth:`fit` checks, initializes and trains.

    Attributes
    ----------
    design
        What the networks are made of.
    learner
        How they learn.
    members
        How many networks, each from its own random weights.
    seed
        Decides the weights and the order of the sequences; member i is the same in an ensemble of any size.
    precision
        ``"float64"`` or ``"float32"``.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.learn import LeastSquares
    >>> from unrolled.networks import NetworkDesign
    >>> from unrolled.sequence import SequenceModel
    >>> from unrolled.types import Batch
    >>> inputs = np.array([[[1.0, 2.0]], [[2.0, 3.0]], [[3.0, 5.0]], [[5.0, 8.0]]])
    >>> batch = Batch(inputs, inputs.sum(axis=2, keepdims=True))
    >>> fitted = SequenceModel(NetworkDesign(), LeastSquares()).fit(batch)
    >>> fitted.predict(np.array([[[8.0, 13.0]]])).round(6).tolist()
    [[[[21.0]]]]
    """

    design: NetworkDesign
    learner: GradientDescent | LeastSquares
    members: int = 1
    seed: int = 0
    precision: str = "float64"

    def fit(self, batch: Batch, *, watch: Watch | None = None) -> FittedSequenceModel:
        """Train every member on the batch.

        Parameters
        ----------
        batch
            Sequences and their targets.
        watch
            Called now and then in training with the history so far and the number of epochs to come.

        Raises
        ------
        InputError
            A setting is out of range.
        TrainingError
            No member ended with a finite loss.
        """
        self.check()
        _check_batch(batch)
        features, outputs = batch.inputs.shape[-1], batch.targets.shape[-1]
        self.check_size(features, outputs)
        keys = member_keys(self.seed, self.members)
        with precision(self.precision) as dtype:
            networks = initialize_members(self.design, features, outputs, keys=keys, dtype=dtype)
            if isinstance(self.learner, LeastSquares):
                fit = solve_readout(networks, self.learner, batch)
            else:
                fit = train(networks, self.learner, batch, keys=keys, watch=watch)
        return self.usable(fit)

    def usable(self, fit: Fit) -> FittedSequenceModel:
        """The members whose training ended well."""
        kept = tuple(range(self.members)) if fit.history is None else tuple(np.flatnonzero(fit.history.usable).tolist())
        networks = fit.networks if fit.history is None else jax.tree.map(lambda leaf: leaf[list(kept)], fit.networks)
        return FittedSequenceModel(self, networks, fit.history, kept)

    @property
    def lanes(self) -> int | None:
        """How many states a stateful model carries from window to window; ``None`` for all other models."""
        if isinstance(self.learner, GradientDescent) and self.learner.stateful and self.design.recurrent:
            return self.learner.batch_size
        return None

    def check(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range."""
        require_whole("members", self.members, 1, _MOST_MEMBERS)
        require_whole("seed", self.seed, 0, 2**63 - 1)
        require_precision(self.precision)

    def check_size(self, features: int, outputs: int) -> None:
        """Raise an :class:`InputError` if the members would not fit in a computer."""
        weights = self.members * self.design.parameter_count(features, outputs)
        if weights > _MOST_WEIGHTS:
            raise InputError(
                f"{self.members} members of this network have {weights:,} weights, more than {_MOST_WEIGHTS:,}; take "
                "fewer units, layers or members."
            )


@dataclass(frozen=True, eq=False)
class FittedSequenceModel:
    """Trained members.

    Attributes
    ----------
    model
        What was asked for.
    networks
        The members whose training ended well, every weight with a leading axis of members.
    history
        Losses of all members; ``None`` where nothing was iterated.
    kept
        Which members ``networks`` holds.
    """

    model: SequenceModel
    networks: Network
    history: History | None
    kept: tuple[int, ...]

    def predict(
        self, inputs: Float[AnyArray, "batch time feature"], *, last: int = 1
    ) -> Float[np.ndarray, "member batch last output"]:
        """The outputs after the last steps of each sequence, for every member.

        A stateful model takes the sequences in order, from zero states on.

        Parameters
        ----------
        inputs
            The sequences.
        last
            How many steps at the end to give outputs for.
        """
        features = self.networks.features
        if np.ndim(inputs) != 3 or np.shape(inputs)[-1] != features:
            raise InputError(f"inputs must have shape (batch, time, {features}); came {np.shape(inputs)}.")
        require_whole("last", last, 1, np.shape(inputs)[1])
        with precision(self.model.precision) as dtype:
            outputs = _predict(self.networks, in_precision(inputs, dtype), lanes=self.model.lanes, last=last)
            return np.asarray(outputs, np.float64)


@partial(jax.jit, static_argnames=("lanes", "last"))
def _predict(networks: Network, inputs: Array, *, lanes: int | None, last: int) -> Array:
    def one(network: Network) -> Array:
        if lanes is not None:
            return run_in_lanes(network, inputs, network.initial_states((lanes,)), lanes, last=last)[0]
        return network.run(inputs, network.initial_states((inputs.shape[0],)), last=last)[0]

    return map_members(one, networks)


def _check_batch(batch: Batch) -> None:
    inputs, targets = np.shape(batch.inputs), np.shape(batch.targets)
    if len(inputs) != 3 or len(targets) != 3 or 0 in (*inputs, *targets):
        raise InputError(
            f"a batch has inputs (batch, time, feature) and targets (batch, last, unit); came {inputs} and {targets}."
        )
    if inputs[0] != targets[0] or targets[1] > inputs[1]:
        raise InputError(f"the targets {targets} do not fit the inputs {inputs}: one for each sequence and last step.")
    if batch.weights is None:
        return
    weights = np.asarray(batch.weights)
    if weights.shape != inputs[:1] or not np.isfinite(weights).all() or (weights < 0).any() or not weights.any():
        raise InputError(
            f"weights must be one number of at least 0 for each of the {inputs[0]} sequences, one above 0; came "
            f"{weights.tolist() if weights.size <= _SHORT else weights.shape}."
        )
