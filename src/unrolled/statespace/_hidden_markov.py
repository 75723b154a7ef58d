"""Hidden Markov models: a chain of states that nobody sees, and what each of them says."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Int

from unrolled.arguments import require_kind
from unrolled.errors import InputError
from unrolled.statespace._emissions import Emission
from unrolled.statespace._observed_steps import ObservedSteps, observed_steps, sequences_of
from unrolled.types import AnyArray

__all__ = ["HiddenMarkov", "checked_chain", "read_observations"]

_ROUNDING = 1e-8
# The same of what came in single precision.
_SHORT_ROUNDING = 1e-3


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class HiddenMarkov:
    r"""``P(s_1) = initial``, ``P(s_t | s_{t-1}) = transition``, and observations that see the state of their step.

    ``p(s, y) = initial[s_1] p(y_1 | s_1) \prod_t transition[s_{t-1}, s_t] p(y_t | s_t)``. What was not observed is NaN,
    and is integrated out.

    Attributes
    ----------
    initial
        Probabilities of the first state of a sequence.
    transition
        From the state of the row to that of the column; rows sum to 1.
    emission
        :class:`GaussianEmission`, :class:`DiagonalEmission`, :class:`CategoricalEmission`,
        :class:`AutoregressiveEmission`, or another :class:`Emission`.

    References
    ----------
    L. R. Rabiner, Proceedings of the IEEE 77 (1989) 257.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.statespace import GaussianEmission, HiddenMarkov
    >>> emission = GaussianEmission(np.array([[0.0], [5.0]]), np.ones((2, 1, 1)))
    >>> model = HiddenMarkov(np.array([0.5, 0.5]), np.array([[0.9, 0.1], [0.2, 0.8]]), emission)
    >>> model.check()
    >>> model.states
    2
    """

    initial: AnyArray
    transition: AnyArray
    emission: Emission

    @property
    def states(self) -> int:
        """How many hidden states there are."""
        return self.initial.shape[0]

    def check(self) -> None:
        """Raise an :class:`InputError` that says which part is no distribution, or does not fit the others."""
        initial, transition = np.asarray(self.initial), np.asarray(self.transition)
        if initial.ndim != 1 or not initial.size:
            raise InputError(
                f"initial must be probabilities of shape (state,), of one state at least; came {initial.shape}."
            )
        if transition.shape != (len(initial), len(initial)):
            raise InputError(
                f"transition must have shape ({len(initial)}, {len(initial)}) for {len(initial)} states; came "
                f"{transition.shape}."
            )
        _require_distribution("initial", initial)
        if not _are_distributions(transition):
            for k, row in enumerate(transition):
                _require_distribution(f"row {k} of transition", row)
        if self.emission.states != len(initial):
            raise InputError(f"the chain has {len(initial)} states and the emission {self.emission.states}.")
        self.emission.check()

    def permuted(self, order: Int[np.ndarray, " state"]) -> HiddenMarkov:
        """The same model with its states in another order."""
        initial, transition = np.asarray(self.initial), np.asarray(self.transition)
        emission = jax.tree.map(lambda leaf: np.asarray(leaf)[order], self.emission)
        return HiddenMarkov(initial[order], transition[np.ix_(order, order)], emission)


def checked_chain(name: str, model: Any) -> HiddenMarkov:
    """The model in float64, or an :class:`InputError` that names it unless it is one, and one that can be.

    Distributions that came in lower precision are made to sum to 1.
    """
    require_kind(name, model, HiddenMarkov)
    emission = replace(
        model.emission,
        **{
            field.name: _in_double(field.name, getattr(model.emission, field.name), field.name == "probabilities")
            for field in fields(model.emission)
        },
    )
    parts = [_in_double(part, getattr(model, part), True) for part in ("initial", "transition")]
    made = HiddenMarkov(parts[0], parts[1], emission)
    made.check()
    return made


def _in_double(name: str, part: Any, distribution: bool) -> np.ndarray:
    try:
        numbers = np.asarray(part)
        made = np.asarray(numbers, np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be an array of numbers; came {type(part).__name__}.") from None
    if distribution and numbers.dtype.kind == "f" and numbers.dtype.itemsize < made.dtype.itemsize:
        sums = made.sum(axis=-1, keepdims=True) if made.ndim else made
        made = np.where(np.abs(sums - 1) < _SHORT_ROUNDING, made / np.where(sums > 0, sums, 1.0), made)
    return made


def read_observations(
    model: HiddenMarkov, y: Any, lengths: Any = None
) -> tuple[HiddenMarkov, ObservedSteps, tuple[int, ...]]:
    """The model in float64, observations as it reads them, and how long each sequence is; all are checked.

    Parameters
    ----------
    model
        A hidden Markov model.
    y, lengths
        As :func:`sequences_of` takes them.

    Raises
    ------
    InputError
        The model is none, or the observations do not fit it.
    """
    model = checked_chain("model", model)
    sequences = [model.emission.readable(one) for one in sequences_of(y, lengths)]
    return model, observed_steps(sequences, lags=model.emission.lags), tuple(map(len, sequences))


def _are_distributions(p: Float[np.ndarray, "*row state"]) -> bool:
    """All rows at once; NaN compares as no distribution."""
    return bool((p >= 0).all()) and bool((np.abs(p.sum(axis=-1) - 1) <= _ROUNDING).all())


def _require_distribution(name: str, p: Float[np.ndarray, " state"]) -> None:
    if not np.isfinite(p).all() or (p < 0).any():
        raise InputError(f"{name} must be probabilities, finite and not negative; came {p.tolist()}.")
    if abs(p.sum() - 1) > _ROUNDING:
        raise InputError(f"{name} must sum to 1; it sums to {p.sum():.10g}.")
