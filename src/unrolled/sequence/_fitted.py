"""Trained members: what they predict, how well, with what doubt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jaxtyping import Float

from unrolled._version import __version__
from unrolled.arguments import require_whole
from unrolled.errors import InputError, nearest_name
from unrolled.learn import History
from unrolled.networks import Network
from unrolled.sequence._answers import Distribution, answer, carried, distribution_of, errors, fresh_states
from unrolled.sequence._brought import Brought, require_brought
from unrolled.sequence._checks import as_numbers, check_companions, rows_of
from unrolled.sequence._sampling import sample
from unrolled.storage import save_model
from unrolled.tasks import group_by_bucket, pad_sequences
from unrolled.types import Batch, in_precision, precision

if TYPE_CHECKING:
    from unrolled.sequence._sequence_model import SequenceModel

__all__ = ["KIND", "FittedSequenceModel"]

KIND = "sequence model"
# What can be given beside the inputs.
_GIVEN = ("lengths", "index", "states", "clamps", "fed")


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
    brought
        By ``"states"`` and ``"clamps"`` the layers that these named in the training: they have to come again.
    """

    model: SequenceModel
    networks: Network
    history: History | None
    kept: tuple[int, ...]
    brought: Brought = field(default_factory=dict)

    def predict(self, inputs: Any, *, last: int | None = None, **given: Any) -> Any:
        """The outputs after the last steps of each sequence, for every member; of a likelihood, the means.

        A stateful model takes the sequences in order, from zero states on. Of a model that learned initial states for
        each sequence, those without an ``index`` are new ones, and begin in the mean of the learned states.

        Parameters
        ----------
        inputs
            The sequences: an array ``(batch, time, feature)``; or a list of arrays ``(time, feature)`` of any lengths,
            which run in groups of similar length.
        last
            How many steps at the end to give outputs for; of a network with an encoder, how many to make. 0: one for
            every step. Left out, the ``steps`` of the specification, or 1 where it says nothing.
        given
            ``lengths``, ``index``, ``states``, ``clamps``, ``fed``: as in :class:`~unrolled.types.Batch`. States and
            clamps that came with the training have to come here too.

        Returns
        -------
        array
            Shape ``(member, batch, last, output)``; for a list with ``last=0``, a list of ``(member, time, output)``.

        Raises
        ------
        InputError
            Shapes that do not fit, no sequence at all, or states or clamps that are missing; the message names the
            argument.
        """
        raw = self.raw(inputs, last=last, **given)
        if isinstance(raw, list):
            return [self._outputs(one) for one in raw]
        return self._outputs(raw)

    def distribution(self, inputs: Any, *, last: int | None = None, **given: Any) -> Distribution:
        """Mean and scale (and degrees of freedom) that a model with a likelihood for its loss predicts.

        Raises
        ------
        InputError
            The loss is no likelihood.
        """
        if self.model.outputs_per_unit == 1:
            raise InputError("only a model with the loss gaussian or student predicts a distribution.")
        return distribution_of(self.raw(inputs, last=last, **given), self.model.outputs_per_unit)

    def raw(self, inputs: Any, *, last: int | None = None, **given: Any) -> Any:
        """The same as :meth:`predict`, before the output function: logits, where y is a softmax."""
        last = self.model.specification.last if last is None else last
        rows = rows_of(inputs)
        if rows is not None:
            if given:
                raise InputError(
                    f"a list of sequences is predicted by itself: to give {', '.join(given)}, give one padded array "
                    "and its lengths, as unrolled.tasks.pad_sequences makes them."
                )
            return self._of_list(rows, last)
        batch = self._batch(inputs, last, given)
        with precision(self.model.precision) as dtype:
            return np.asarray(answer(self.networks, _numbers(batch, dtype), lanes=self.model.lanes), np.float64)

    def score(self, batch: Batch) -> Float[np.ndarray, " member"]:
        """The mean loss of every member on a batch, each target with its weight, without the terms of the training.

        A network with feedback sees its own outputs, or what ``fed`` of the batch says. The unit of a cross-entropy or
        another likelihood is nats: divide by log 2 for bits. What :meth:`predict` says of ``index``, states and clamps
        holds here too.
        """
        batch = self.model.prepared(batch)
        require_brought(self.brought, batch)
        came = (batch.inputs.shape[-1], batch.targets.shape[-1] * self.model.outputs_per_unit)
        if came != (self.networks.features, self.networks.outputs):
            raise InputError(
                f"the model has {self.networks.features} inputs and {self.networks.outputs} outputs; the batch asks "
                f"for {came[0]} and {came[1]}."
            )
        name = getattr(self.model.learner, "loss", "squared")
        with precision(self.model.precision) as dtype:
            return np.asarray(errors(self.networks, _numbers(batch, dtype), name=name, lanes=self.model.lanes), float)

    def carry(self, inputs: Any, states: Any = None, *, reset: Any = None) -> tuple[np.ndarray, Any]:
        """The outputs of every step of a piece of each sequence, and the states in which the next piece begins.

        Parameters
        ----------
        inputs
            The next piece of every sequence, shape ``(batch, time, feature)``.
        states
            What the last call gave; ``None`` begins anew.
        reset
            Which sequences begin anew all the same, shape ``(batch,)``.

        Returns
        -------
        tuple
            Outputs ``(member, batch, time, output)``, and states.

        Raises
        ------
        InputError
            Shapes that do not fit; a network that needs the whole sequence or sees its own outputs, or that learned
            with states or clamps in its batch.
        """
        self._require_own_start("carry")
        batch, networks = self._batch(inputs, 0, {}), self.networks
        both = any(layer.bidirectional for layer in networks.layers)
        if networks.encoder or networks.feedback or both or networks.reads == "final":
            raise InputError("only a network that goes forward in time can be carried from piece to piece.")
        count = len(batch)
        again = np.zeros(count, bool) if reset is None else np.asarray(reset)
        if again.shape != (count,) or again.dtype != bool:
            raise InputError(f"reset must say True or False for each of the {count} sequences; came {reset!r}.")
        with precision(self.model.precision) as dtype:
            fresh = fresh_states(networks, count=count)
            states = fresh if states is None else states
            if _shapes_of(states) != _shapes_of(fresh):
                raise InputError(f"states are not what carry gave for these {count} sequences; None begins anew.")
            raw, after = carried(networks, in_precision(batch.inputs, dtype), states, again)
        return self._outputs(np.asarray(raw, np.float64)), jax.tree.map(np.asarray, after)

    def sample(
        self, prompt: Float[np.ndarray, "time feature"], steps: int, *, temperature: float = 1.0, seed: int = 0
    ) -> np.ndarray:
        """Go on from a prompt, every class drawn from what the first member predicts and fed back as its next input.

        Parameters
        ----------
        prompt
            Inputs, one-hot: as many features as outputs.
        steps
            How many classes to draw.
        temperature
            Below 1 the likely ones are preferred; 0 always takes the likeliest.
        seed
            Decides the draws.

        Returns
        -------
        array
            The classes, shape ``(steps,)``.

        Raises
        ------
        InputError
            A setting is out of range, the network does not predict its own next input, or it learned with states or
            clamps in its batch.
        """
        self._require_own_start("sample")
        prompt = as_numbers("prompt", prompt)
        with precision(self.model.precision) as dtype:
            prompt = in_precision(prompt, dtype)
            return sample(self.networks, prompt, steps, temperature=temperature, seed=seed)

    def save(self, folder: str | Path) -> Path:
        """Write the model to a new or empty folder; :func:`unrolled.load` reads it back."""
        features, outputs = self.networks.features, self.networks.outputs
        described = {"kind": KIND, "made_by": f"unrolled {__version__}", "model": self.model.to_dict()}
        described |= {"kept": list(self.kept), "features": features, "outputs": outputs}
        described |= {"brought": dict(self.brought)} if self.brought else {}
        tensors = {name: np.asarray(value) for name, value in self.networks.weights().items()}
        return save_model(folder, described, tensors)

    def _outputs(self, raw: np.ndarray) -> np.ndarray:
        if self.model.outputs_per_unit > 1:
            return distribution_of(raw, self.model.outputs_per_unit).mean
        with precision("float64"):
            return np.asarray(self.networks.output(raw))

    def _batch(self, inputs: Any, last: int, given: Mapping[str, Any]) -> Batch:
        features, design = self.networks.features, self.model.full_design
        inputs = as_numbers("inputs", inputs)
        if np.ndim(inputs) != 3 or np.shape(inputs)[-1] != features:
            raise InputError(f"inputs must have shape (batch, time, {features}); came {np.shape(inputs)}.")
        if 0 in np.shape(inputs)[:2]:
            raise InputError(f"inputs must hold one sequence and one step at least; came {np.shape(inputs)}.")
        time = np.shape(inputs)[1]
        steps = require_whole("last", last, 0, 1_000_000 if design.encoder else time) or time
        if design.reads == "final" and last > 1:
            raise InputError(f"reads='final' gives one output a sequence; last={last} cannot be had.")
        steps = 1 if design.reads == "final" else steps
        unknown = np.full((len(inputs), steps, self.networks.outputs), np.nan)
        for name in set(given) - set(_GIVEN):
            raise nearest_name("argument", name, _GIVEN)
        if self.model.lanes is not None and set(given) - {"lengths"}:
            raise InputError("a stateful model goes from sequence to sequence and is given nothing but lengths.")
        batch = Batch(np.asarray(inputs, np.float64), unknown, **given)
        check_companions(batch, design)
        batch = self.model.specification.prepare(design, batch) if self._promised(batch) else batch
        require_brought(self.brought, batch)
        return batch

    def _require_own_start(self, what: str) -> None:
        told = self.model.specification
        if self.brought or told.given or told.clamped:
            raise InputError(
                f"{what} begins in the network's own states and holds nothing, and this model learned with states or "
                "clamps in its batch: use predict."
            )

    def _promised(self, batch: Batch) -> bool:
        """Whether something is given, or had to be."""
        told = self.model.specification
        brought = batch.states is not None or batch.clamps is not None
        return brought or bool(told.given or told.clamped)

    def _of_list(self, rows: list[np.ndarray], last: int) -> Any:
        """Groups of similar length, each filled up to a power of two, so that few programs are compiled."""
        if last not in (0, 1):
            raise InputError("sequences of unequal length have one output (last=1) or one a step (last=0).")
        if self.model.lanes is not None:
            raise InputError("a stateful model takes sequences of one length; give an array.")
        lengths = np.array([len(one) for one in rows])
        made: list[Any] = [None] * len(rows)
        for group in group_by_bucket(lengths).values():
            own = [rows[i] for i in group]
            filled = own + own[-1:] * ((1 << (len(own) - 1).bit_length()) - len(own))
            padded = pad_sequences(filled)
            raw = self.raw(padded.inputs, last=last, lengths=padded.lengths)
            for place, i in enumerate(group):
                made[i] = raw[:, place, : lengths[i] if last == 0 else 1]
        return made if last == 0 else np.stack(made, axis=1)


def _shapes_of(states: Any) -> Any:
    return jax.tree.structure(states), [np.shape(part) for part in jax.tree.leaves(states)]


def _numbers(batch: Batch, dtype: np.dtype) -> Batch:
    return jax.tree.map(
        lambda leaf: leaf if np.issubdtype(np.asarray(leaf).dtype, np.integer) else in_precision(leaf, dtype), batch
    )
