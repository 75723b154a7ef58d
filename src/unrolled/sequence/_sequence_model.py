"""A network and a learner, put together: any sequence task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import jax
import numpy as np
from jaxtyping import Array

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.learn import (
    Fit,
    GradientDescent,
    LeastSquares,
    Probe,
    Ridge,
    Watch,
    loss,
    require_suited,
    solve_readout,
    train,
)
from unrolled.networks import (
    Initialization,
    Network,
    NetworkDesign,
    NetworkSummary,
    initialization,
    initialize_members,
    member,
    member_keys,
    summarize,
)
from unrolled.sequence._brought import brought_by
from unrolled.sequence._checks import as_arrays, check_batch, check_classes, require_index, without_padding
from unrolled.sequence._fitted import FittedSequenceModel
from unrolled.sequence._specification import Specification
from unrolled.tasks import pad_sequences
from unrolled.types import Batch, precision, require_precision

__all__ = ["SequenceModel", "restored_model"]

_MOST_MEMBERS = 10_000
_TYPES = {
    "design": (NetworkDesign,),
    "learner": (GradientDescent, LeastSquares, Ridge),
    "specification": (Specification,),
}
_LEARNERS = {"gradient-descent": GradientDescent, "least-squares": LeastSquares, "ridge": Ridge}
# Weights of all members together: 8 GB in float64, before an optimizer's moments double and treble that.
_MOST_WEIGHTS = 1_000_000_000


@dataclass(frozen=True)
class SequenceModel:
    """An ensemble of networks of one design, trained by one learner, on any sequence task.

    One-to-many, many-to-one, many-to-many in step or delayed, regression or classification: what the task is follows
    from the shapes of inputs and targets, the loss and the output function. The constructor only stores; :meth:`fit`
    checks, initializes and trains.

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
    specification
        What is given beside x_t and asked beside y_t: initial states, activities that are held, activities as targets.
    initialization
        Where the weights begin, as :func:`unrolled.networks.initialization` makes it; ``None``: the layers' own random
        weights.

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
    learner: GradientDescent | LeastSquares | Ridge
    members: int = 1
    seed: int = 0
    precision: str = "float64"
    specification: Specification = field(default_factory=Specification)
    initialization: Initialization | None = None

    def fit(
        self, batch: Any, targets: Any = None, *, watch: Watch | None = None, probe: Probe | None = None
    ) -> FittedSequenceModel:
        """Train every member on the batch.

        Parameters
        ----------
        batch
            Sequences and their targets; or the sequences alone, a list of arrays ``(time, feature)`` that may differ in
            length, with ``targets`` beside.
        targets
            With a list of sequences: an array ``(time, unit)`` or one row ``(unit,)`` for each
            (:func:`unrolled.tasks.pad_sequences`).
        watch
            Called now and then in training with the history so far and the number of epochs to come.
        probe
            Called as often with the networks as they are: a :class:`unrolled.learn.GradientWatch`, for example.

        Raises
        ------
        InputError
            A setting is out of range, or the batch does not fit it; the message names the argument.
        TrainingError
            No member ended with a finite loss.
        """
        self.check()
        self._check_callers(watch=watch, probe=probe)
        if targets is not None:
            if hasattr(batch, "inputs"):
                raise InputError("the batch holds its targets already: leave targets out.")
            batch = pad_sequences(batch, targets)
        design = self.full_design
        batch = self.prepared(batch)
        require_index(batch, design)
        features, outputs = batch.inputs.shape[-1], batch.targets.shape[-1] * self.outputs_per_unit
        self._check_outputs(batch.targets.shape[-1])
        self.check_size(features, outputs)
        keys = member_keys(self.seed, self.members)
        with precision(self.precision) as dtype:
            networks = initialize_members(design, features, outputs, keys=keys, dtype=dtype)
            networks = self._begun(networks, keys, batch)
            if isinstance(self.learner, LeastSquares | Ridge):
                fit = solve_readout(networks, self.learner, batch)
            else:
                fit = train(networks, self.learner, batch, keys=keys, watch=watch, probe=probe)
        return replace(self.usable(fit), brought=brought_by(batch))

    def _begun(self, networks: Network, keys: Sequence[Array], batch: Batch) -> Network:
        """Every member with the weights of the initialization, if there is one."""
        if self.initialization is None:
            return networks
        # A key of its own: with that of the weights, what is drawn would follow from them.
        own = [jax.random.fold_in(key, 1) for key in keys]
        made = [self.initialization(member(networks, i), key=key, batch=batch) for i, key in enumerate(own)]
        return jax.tree.map(lambda *leaves: np.stack(leaves), *made)

    def prepared(self, batch: Any) -> Batch:
        """The batch, checked, with what is given spread over all units."""
        if not hasattr(batch, "inputs"):
            raise InputError("fit takes a Batch, or a list of sequences with targets beside; came neither.")
        check_batch(batch, self.full_design)
        batch = without_padding(as_arrays(batch), self.full_design)
        if getattr(self.learner, "loss", "") == "cross-entropy":
            check_classes(np.asarray(batch.targets), self.design.output)
        self.specification.check_steps(batch)
        plain = self.specification == Specification()
        if plain and getattr(batch, "states", None) is None and getattr(batch, "clamps", None) is None:
            return batch
        return self.specification.prepare(self.full_design, batch)

    def usable(self, fit: Fit) -> FittedSequenceModel:
        """The members whose training ended well."""
        kept = tuple(range(self.members)) if fit.history is None else tuple(np.flatnonzero(fit.history.usable).tolist())
        networks = fit.networks if fit.history is None else jax.tree.map(lambda leaf: leaf[list(kept)], fit.networks)
        return FittedSequenceModel(self, networks, fit.history, kept)

    @property
    def full_design(self) -> NetworkDesign:
        """The design, with what the specification looks at in place of a readout."""
        return self.specification.design(self.design)

    @property
    def outputs_per_unit(self) -> int:
        """How many outputs stand for one unit of the targets: a likelihood has a mean, a scale, ..."""
        return loss(self.learner.loss).per_unit if isinstance(self.learner, GradientDescent) else 1

    @property
    def lanes(self) -> int | None:
        """How many states a stateful model carries from window to window; ``None`` for all other models."""
        if isinstance(self.learner, GradientDescent) and self.learner.stateful and self.design.recurrent:
            return self.learner.batch_size
        return None

    def summary(self, features: int, outputs: int, time: int, last: int = 1) -> str:
        """Layers, output shapes, parameter counts, and what is given and asked, as text."""
        table = self.network_summary(features, outputs * self.outputs_per_unit, time, last)
        return f"{table}\n{self.specification.describe(self.full_design, features)}"

    def network_summary(self, features: int, outputs: int, time: int, last: int = 1) -> NetworkSummary:
        """The table alone."""
        return summarize(self.full_design, features, outputs, time, last=last)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; a specification that says nothing is left out."""
        kind = next(name for name, kind in _LEARNERS.items() if isinstance(self.learner, kind))
        plain = {
            "design": self.design.to_dict(),
            "learner": {"kind": kind} | self.learner.to_dict(),
            "members": self.members,
            "seed": self.seed,
            "precision": self.precision,
        }
        if self.specification != Specification():
            plain["specification"] = asdict(self.specification)
        if self.initialization is not None:
            plain["initialization"] = {"name": self.initialization.name} | vars(self.initialization)
        return plain

    def check(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range."""
        if self.initialization is not None and not hasattr(self.initialization, "name"):
            raise InputError(f"initialization must be one of unrolled.networks; came {self.initialization!r}.")
        for name, kinds in _TYPES.items():
            if not isinstance(getattr(self, name), kinds):
                wanted = " or ".join(kind.__name__ for kind in kinds)
                raise InputError(f"{name} must be a {wanted}; came {getattr(self, name)!r}.")
        require_whole("members", self.members, 1, _MOST_MEMBERS)
        require_whole("seed", self.seed, 0, 2**63 - 1)
        require_precision(self.precision)
        self.specification.check(self.design)
        if isinstance(self.learner, GradientDescent):
            require_suited(self.full_design, self.learner)
        if isinstance(self.learner, Ridge):
            self.learner.check()

    def check_size(self, features: int, outputs: int) -> None:
        """Raise an :class:`InputError` if the members would not fit in a computer."""
        weights = self.members * self.full_design.parameter_count(features, outputs)
        if weights > _MOST_WEIGHTS:
            raise InputError(
                f"{self.members} members of this network have {weights:,} weights, more than {_MOST_WEIGHTS:,}; take "
                "fewer units, layers or members."
            )

    def _check_callers(self, **callers: Any) -> None:
        """What is solved in one step has no training in which something could be called."""
        for name, called in callers.items():
            if called is not None and isinstance(self.learner, Ridge):
                raise InputError(f"ridge regression solves in one step, so {name} would never be called: leave it out.")
            if called is not None and isinstance(self.learner, LeastSquares):
                raise InputError(f"least squares solves in one step, so {name} would never be called: leave it out.")

    def _check_outputs(self, units: int) -> None:
        """Targets that are activities are as many as are looked at."""
        observed = self.full_design.observed
        if observed is None:
            return
        if self.outputs_per_unit > 1:
            raise InputError(f"the loss {self.learner.loss} needs a readout; targets that are activities have none.")  # pyright: ignore[reportAttributeAccessIssue]
        if units != len(observed):
            raise InputError(f"targets are activities of {len(observed)} units; the batch has {units}.")


def restored_model(data: dict[str, Any]) -> SequenceModel:
    """The model that :meth:`SequenceModel.to_dict` described, checked."""
    from unrolled.learn import Optimizer

    learner = dict(data["learner"])
    kind = learner.pop("kind")
    if kind not in _LEARNERS:
        raise ValueError(f"no learner is of the kind {kind!r}")
    if kind != "gradient-descent":
        made: Any = _LEARNERS[kind](**learner)
    else:
        optimizer = Optimizer(**learner.pop("optimizer"))
        made = GradientDescent(optimizer=optimizer, **_with_tuples(learner))
    plain = {name: data[name] for name in ("members", "seed", "precision")}
    model = SequenceModel(NetworkDesign.from_dict(data["design"]), made, **plain)
    if "specification" in data:
        model = replace(model, specification=Specification(**_with_tuples(data["specification"])))
    if "initialization" in data:
        begun = dict(data["initialization"])
        model = replace(model, initialization=initialization(begun.pop("name"), **begun))
    model.check()
    return model


def _with_tuples(data: dict[str, Any]) -> dict[str, Any]:
    """JSON knows lists alone."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
