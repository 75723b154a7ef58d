"""Whether network, settings, data and callers go together: said before anything is compiled."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from unrolled.errors import InputError
from unrolled.learn._gradient_watch import GradientWatch
from unrolled.learn._learner import GradientDescent
from unrolled.learn._losses import loss
from unrolled.networks import Network, NetworkDesign
from unrolled.types import Batch

__all__ = ["require_callers", "require_error_term", "require_suited", "require_suited_batch"]


def require_suited(design: NetworkDesign, learner: GradientDescent) -> None:
    """Raise an :class:`InputError` where a network and settings exclude each other."""
    loss(learner.loss).check(design.output)
    both = any(layer.bidirectional for layer in design.layers)
    forward = not (design.encoder or design.feedback or both)
    for name, used in (("truncate", learner.truncate), ("norm_keeping", learner.norm_keeping)):
        if used and not forward:
            raise InputError(f"{name} needs layers that go forward in time alone, without encoder and feedback.")
    if learner.error_term is not None and (design.encoder or design.feedback or learner.truncate):
        raise InputError("error_term goes with plain layers: leave encoder, feedback and truncate out.")
    if design.reads == "final" and (learner.truncate or learner.norm_keeping):
        raise InputError("truncate and norm_keeping need an output at every step: leave reads='final' out.")
    if learner.stateful and not forward:
        raise InputError("a stateful network goes forward in time alone: no bi- layers, no encoder, no feedback.")
    if learner.stateful and design.start == "learned":
        raise InputError("a stateful network goes on where it was, so initial states are not learned: leave start out.")
    if learner.validation and design.sequences:
        raise InputError("sequences that validate would never learn their initial states: set validation=0.")
    _require_useful(design, learner)
    if design.feedback and loss(learner.loss).per_unit > 1:
        raise InputError(f"the outputs of the loss {learner.loss} are not what it predicts, so none can be fed back.")


def _require_useful(design: NetworkDesign, learner: GradientDescent) -> None:
    """Raise an :class:`InputError` for a setting that says nothing to the network."""
    if learner.forcing_pair != (1.0, 1.0) and not design.feedback:
        raise InputError("forcing says nothing to a network that does not see its own outputs: leave it out.")
    for name, used in (("truncate", learner.truncate), ("norm_keeping", learner.norm_keeping)):
        if used and not design.recurrent:
            raise InputError(f"{name} says nothing to a network without recurrent layers: leave it out.")


def require_suited_batch(learner: GradientDescent, batch: Batch) -> None:
    """Raise an :class:`InputError` where a batch brings what the settings exclude."""
    if learner.stateful and (batch.index is not None or batch.states or batch.clamps):
        raise InputError("a stateful network goes on where it was: no states and no clamps can be given.")


def require_error_term(networks: Network, learner: GradientDescent, batch: Batch) -> None:
    """Raise an :class:`InputError` unless the user's error term can be traced and gives one number."""
    term = learner.error_term
    if term is None:
        return
    dtype = jax.tree.leaves(networks)[0].dtype
    time = 1 if networks.reads == "final" else batch.inputs.shape[-2]
    activities = jax.ShapeDtypeStruct((time, networks.readout.features), dtype)
    try:
        jax.eval_shape(lambda h: _one_number(term(h)), activities)
    except jax.errors.JAXTypeError:
        raise InputError(
            "error_term must be written with jax.numpy: it is differentiated, so numpy, float() and if cannot look "
            "into the activities."
        ) from None


def _one_number(said: Any) -> Any:
    kinds = (int, float, np.number, np.ndarray, jax.Array)
    if not isinstance(said, kinds) or np.ndim(said) or jnp.iscomplexobj(said):
        raise InputError("error_term must give one real number for the activities (time, unit) of a sequence.")
    return said


def require_callers(networks: Network, watch: Any, probe: Any) -> None:
    """Raise an :class:`InputError` unless what is called in training can be called, with these networks."""
    for name, called, given in (("watch", watch, "History, number of epochs"), ("probe", probe, "Network")):
        if called is not None and not callable(called):
            raise InputError(f"{name} must be a function of ({given}), or None; came {called!r}.")
    if isinstance(probe, GradientWatch):
        probe.check(networks)
