"""Learning hidden Markov models: what comes in is checked, what comes out is explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import MOST, require_kind, require_moderate, require_number, require_whole
from unrolled.errors import InputError, TrainingError, nearest_name
from unrolled.statespace._categorical_emission import require_symbols
from unrolled.statespace._covariances import floored
from unrolled.statespace._diagonal_emission import DiagonalEmission
from unrolled.statespace._emissions import Emission, Limits
from unrolled.statespace._hidden_markov import HiddenMarkov, checked_chain
from unrolled.statespace._hidden_markov_em import Climbed, climb, climb_from
from unrolled.statespace._hidden_markov_start import EMISSIONS, FLOORS, first_weights
from unrolled.statespace._observed_steps import ObservedSteps, observed_steps, sequences_of
from unrolled.types import AnyArray, precision

__all__ = ["LearnedHiddenMarkov", "learn_hidden_markov"]

_MOST_STATES, _MOST_LAGS, _MOST_RESTARTS, _MOST_ITERATIONS = 1_000, 1_000, 10_000, 1_000_000
_GONE = 1e-3  # a state with fewer steps than this has died
_MOST_WEIGHTS = 500_000_000


@dataclass(frozen=True, eq=False)
class LearnedHiddenMarkov:
    """A hidden Markov model that was learned, and how.

    Attributes
    ----------
    model
        The best of all restarts; its states are in the order of their mean first feature.
    log_likelihood
        Of the observations under this model.
    history
        What EM raises, before each of its steps and after the last: the log-likelihood, and with pseudo-counts the
        logarithm of their prior, too.
    converged
        Whether the last step gained less than the tolerance.
    objectives
        Where every restart ended.
    weights
        How many steps belong to each state.
    notes
        Sentences that a user should read.
    """

    model: HiddenMarkov
    log_likelihood: float
    history: Float[np.ndarray, " iteration"]
    converged: bool
    objectives: Float[np.ndarray, " restart"]
    weights: Float[np.ndarray, " state"]
    notes: tuple[str, ...]


def learn_hidden_markov(
    y: Any,
    *,
    states: int | None = None,
    emission: str = "gaussian",
    key: Array | None = None,
    lengths: Any = None,
    lags: int = 1,
    symbols: int | None = None,
    restarts: int = 5,
    iterations: int = 300,
    tolerance: float = 1e-8,
    floor: float | None = None,
    pseudo_counts: float = 0.0,
    start: HiddenMarkov | None = None,
) -> LearnedHiddenMarkov:
    r"""Learn a hidden Markov model by expectation maximization (Baum and Welch).

    Every step takes the posterior weights of the states and maximizes
    ``sum_t sum_k P(s_t = k | y) log p(y_t | k)`` and the same for starts and transitions: the likelihood never falls.
    All steps of all restarts are one compiled program, one restart after the other.

    Parameters
    ----------
    y, lengths
        Observations, as for :func:`forward_backward`.
    states
        How many hidden states.
    emission
        ``"gaussian"`` (full covariance), ``"diagonal"``, ``"categorical"``, ``"autoregressive"``.
    key
        A random key; every restart has one that does not depend on how many there are.
    lags
        Of autoregressive emissions.
    symbols
        How many symbols there are, where not all of them occur.
    restarts
        From how many starts; the best end is kept.
    iterations, tolerance
        M steps at most, and the relative gain below which they end.
    floor
        The least variance, as a share of each feature's own: 1e-4, and 1e-10 for what a recurrence leaves, if left out.
        Without it a state could shrink onto one point, and the likelihood would grow without bound.
    pseudo_counts
        Added to every count of starts, transitions and symbols.
    start
        Learn on from this model, whose states keep their numbers; then states, emission, key, lags, symbols and
        restarts say nothing.

    Returns
    -------
    LearnedHiddenMarkov
        The model, the likelihood step by step, and notes.

    Raises
    ------
    InputError
        An argument is out of range, or the observations do not suit the model.
    TrainingError
        No restart ended with a finite likelihood.

    References
    ----------
    L. E. Baum, T. Petrie, G. Soules and N. Weiss, Annals of Mathematical Statistics 41 (1970) 164; L. R. Rabiner,
    Proceedings of the IEEE 77 (1989) 257, equations 40 and 54, 109 to 111 for many sequences.

    Examples
    --------
    >>> import jax, numpy as np
    >>> from unrolled.statespace import learn_hidden_markov
    >>> y = np.r_[np.zeros(30), np.ones(30)] + 0.1 * np.sin(np.arange(60))
    >>> learned = learn_hidden_markov(y, states=2, key=jax.random.key(0))
    >>> learned.model.emission.means.round(1).tolist(), learned.converged
    ([[0.0], [1.0]], True)
    """
    require_whole("iterations", iterations, 0, _MOST_ITERATIONS)
    require_number("tolerance", tolerance, least=0.0)
    require_number("pseudo_counts", pseudo_counts, least=0.0)
    if floor is not None:
        require_number("floor", floor, above=0.0)
    start = None if start is None else checked_chain("start", start)
    sequences = _moderate(sequences_of(y, lengths))
    begin = _blank(sequences, states, emission, lags, symbols) if start is None else start.emission
    sequences = [begin.readable(one) for one in sequences]
    steps = observed_steps(sequences, lags=begin.lags)
    _require_enough(steps, begin)
    share = floor if floor is not None else FLOORS.get(_kind(begin), 1e-4)
    limits = Limits(share * _variances(np.concatenate(sequences)), float(pseudo_counts))
    with precision("float64"):
        if start is None:
            require_whole("restarts", restarts, 1, _MOST_RESTARTS)
            weights = _starts(np.concatenate(sequences), begin, restarts, len(steps.values), key)
            ended = climb(begin, steps, weights, limits, float(tolerance), iterations=iterations)
        else:
            begun = replace(start, emission=_above(start.emission, limits.floor))
            ended = climb_from(begun, steps, limits, float(tolerance), iterations=iterations)
        ended = jax.tree.map(np.asarray, ended)
    return _best(ended, tolerance, ordered=start is None)


def _moderate(sequences: list[np.ndarray]) -> list[np.ndarray]:
    for one in sequences:
        require_moderate("a value of y", one)
    return sequences


def _blank(
    sequences: Sequence[Float[np.ndarray, "_ _"]], states: Any, kind: str, lags: int, symbols: int | None
) -> Emission:
    """An emission of the kind and shape that are asked for."""
    if not isinstance(kind, str) or kind not in EMISSIONS:
        raise nearest_name("emission", kind, EMISSIONS)
    require_whole("states", states, 1, _MOST_STATES)
    require_whole("lags", lags, 1, _MOST_LAGS)
    rows = np.concatenate(sequences)
    if kind == "categorical":
        rows = require_symbols(rows)
        most = int(np.nanmax(rows, initial=0)) + 1 if not np.isnan(rows).all() else 1
        symbols = most if symbols is None else require_whole("symbols", symbols, 1, MOST)
        if most > symbols:
            raise InputError(f"symbols={symbols} leaves no room for symbol {most - 1}, which was observed.")
        if states * symbols > _MOST_WEIGHTS:
            raise InputError(f"{states} states of {symbols} symbols are too many; number the symbols 0, 1, 2, ...")
    seen = ~np.isnan(rows)
    mean = np.where(seen, rows, 0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    return EMISSIONS[kind](states, mean, _variances(rows), lags, symbols or 1)


def _above(emission: Any, floor: Float[AnyArray, " feature"]) -> Any:
    """The emission with no variance below the floor: from a start below it the first step could only lose."""
    if hasattr(emission, "covariances"):
        return replace(emission, covariances=jnp.stack([floored(jnp.asarray(S), floor) for S in emission.covariances]))
    if isinstance(emission, DiagonalEmission):
        return replace(emission, variances=np.maximum(emission.variances, floor))
    return emission


def _kind(emission: Emission) -> str:
    made = {type(make(1, np.zeros(1), np.ones(1), 1, 1)): name for name, make in EMISSIONS.items()}
    return made.get(type(emission), "")


def _variances(rows: Float[np.ndarray, "time feature"]) -> Float[np.ndarray, " feature"]:
    """Of what was seen; 1 where nothing varies."""
    seen = ~np.isnan(rows)
    count = np.maximum(seen.sum(axis=0), 1)
    mean = np.where(seen, rows, 0).sum(axis=0) / count
    variances = np.where(seen, (rows - mean) ** 2, 0).sum(axis=0) / count
    return np.where(variances > np.finfo(np.float64).tiny / 1e-12, variances, 1.0)


def _require_enough(steps: ObservedSteps, emission: Emission) -> None:
    telling = int(np.sum(steps.tells))
    if not np.any(steps.seen):
        raise InputError("all values are missing; there is nothing to learn from.")
    if telling < emission.states:
        what = f" with all of {emission.lags} lags" * bool(emission.lags)
        raise InputError(
            f"{emission.states} states need at least as many observed steps{what}; there are {telling}. Take fewer "
            "states."
        )
    # A feature that is never seen has no mean to be learned.
    never = np.flatnonzero(~np.any(steps.seen, axis=0))
    if never.size:
        raise InputError(f"feature {never[0]} was never observed; leave it out.")


def _starts(
    rows: Float[np.ndarray, "time feature"], emission: Emission, restarts: int, padded: int, key: Array | None
) -> Float[np.ndarray, "restart padded state"]:
    if key is None:
        raise InputError("learning begins at random: give a key, as in key=jax.random.key(0).")
    require_kind("key", key, jax.Array)
    if restarts * padded * emission.states > _MOST_WEIGHTS:
        raise InputError(
            f"{restarts} restarts of {emission.states} states on {len(rows)} steps take too much memory; take fewer."
        )
    made = np.zeros((restarts, padded, emission.states))
    for restart in range(restarts):
        own = jax.random.fold_in(key, restart)
        made[restart, : len(rows)] = first_weights(rows, emission, restart, key=own)
    return made


def _best(ended: Climbed, tolerance: float, *, ordered: bool) -> LearnedHiddenMarkov:
    """The best restart, its states in order, with what is to be said about it."""
    objectives = np.asarray(ended.objective)
    finite = np.isfinite(objectives)
    if not finite.any():
        raise TrainingError(
            "no restart of the hidden Markov model ended with a finite likelihood; scale the values, take fewer "
            "states, or raise the floor."
        )
    best = int(np.argmax(np.where(finite, objectives, -np.inf)))
    end: Climbed = jax.tree.map(lambda leaf: leaf[best], ended)
    order = np.argsort(end.level, kind="stable") if ordered else np.arange(end.model.states)
    history, weights = np.asarray(end.history)[: int(end.steps) + 1], np.asarray(end.weight)[order]
    said = _notes(weights, history, bool(end.converged), tolerance)
    return LearnedHiddenMarkov(
        end.model.permuted(order), float(end.log_likelihood), history, bool(end.converged), objectives,
        weights, said,
    )  # fmt: skip


def _notes(
    weights: Float[np.ndarray, " state"], history: Float[np.ndarray, " iteration"], converged: bool, tolerance: float
) -> tuple[str, ...]:
    said = [
        f"State {k} died: no step belongs to it, and it kept its parameters. Fewer states would do."
        for k in np.flatnonzero(weights < _GONE)
    ]
    if converged and len(history) == 2:
        said.append("EM could not improve its start: the first step gained nothing.")
    if not converged and len(history) > 1:
        gain = (history[-1] - history[-2]) / max(abs(history[-1]), 1.0)
        said.append(
            f"EM was stopped after {len(history) - 1} steps, the last of which still gained {gain:.1g} of the "
            f"log-likelihood (tolerance {tolerance:.1g}); more iterations would find a better model."
        )
    return tuple(said)
