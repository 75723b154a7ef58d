"""What the automatic choice chooses from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from unrolled.classical import (
    Analog,
    BayesianRecurrence,
    Drift,
    GaussianProcess,
    HolonomicRecurrence,
    KernelAnalog,
    LinearRecurrence,
    LowRankRecurrence,
    Method,
    Polynomial,
    Rational,
    Trend,
)

__all__ = ["LONG", "Candidate", "candidates_digest", "candidates_for", "classical_candidates"]

#: From so many points on a series is judged by its own past alone, and continued by what needs a past, too.
LONG = 48


@dataclass(frozen=True)
class Candidate:
    """A method with a name for the table.

    Attributes
    ----------
    name
        What it is, in words.
    method
        What finds its law.
    """

    name: str
    method: Method


def classical_candidates() -> tuple[Candidate, ...]:
    """Every classical candidate for a series of any length, in the order of the table.

    Examples
    --------
    >>> from unrolled.choose import classical_candidates
    >>> [candidate.name for candidate in classical_candidates()][:2]
    ['persistence', 'drift']
    """
    return (
        Candidate("persistence", Polynomial(1)),
        Candidate("drift", Drift()),
        *(Candidate(f"polynomial through {k} points", Polynomial(k)) for k in (2, 3, 4, 5, 6)),
        *(Candidate(f"trend of degree {degree}", Trend(degree)) for degree in (1, 2, 3, 4)),
        *_recurrences(),
        *_holonomic(),
        *(
            Candidate(f"rational, {tolerance:.0e}", Rational(tolerance))
            for tolerance in (1e-4, 1e-6, 1e-8, 1e-10, 1e-12)
        ),
        Candidate("Gaussian process", GaussianProcess()),
    )


def candidates_for(points: int) -> tuple[Candidate, ...]:
    """The candidates for a series of so many points: analogs too, where it is long enough to have a past.

    Bounds of a shorter series are calibrated for the candidates that it has; those of a long one are its own errors.

    Examples
    --------
    >>> from unrolled.choose import candidates_for
    >>> [candidate.name for candidate in candidates_for(48)][-1]
    'kernel analog, 8 values 3 apart'
    >>> len(candidates_for(48)) - len(candidates_for(47))
    3
    """
    return (*classical_candidates(), *(_analogs() if points >= LONG else ()))


def _analogs() -> tuple[Candidate, ...]:
    """Three are not much worse than the best of many settings, for finely and for coarsely sampled series."""
    return (
        Candidate("analog, 8 values", Analog(8, 1, 24, 1e-8)),
        Candidate("analog, 8 values 3 apart", Analog(8, 3, 24, 1e-4)),
        Candidate("kernel analog, 8 values 3 apart", KernelAnalog(8, 3, 1.0, 1e-8)),
    )


def _recurrences() -> tuple[Candidate, ...]:
    orders = ("", ", first differences", ", second differences")
    return (
        *(
            Candidate(f"recurrence {window}{orders[order]}", LinearRecurrence(window, order))
            for window in (1, 2, 3, 4, 5)
            for order in (0, 1, 2)
        ),
        *(
            Candidate(f"recurrence {window}, ridge {ridge:.0e}", LinearRecurrence(window, 0, ridge))
            for window in (2, 3, 4, 5)
            for ridge in (1e-6, 1e-4, 1e-2)
        ),
        *(Candidate(f"recurrence {window}", LinearRecurrence(window)) for window in (8, 16, 32)),
        *(
            Candidate(f"recurrence of rank {rank}{orders[order]}", LowRankRecurrence(rank, order))
            for rank in (1, 2, 3, 4)
            for order in (0, 1)
        ),
        *(Candidate(f"long recurrence of rank {rank}", LowRankRecurrence(rank, 0, 100)) for rank in (2, 4, 6, 8, 12)),
        *(Candidate(f"Bayesian recurrence {window}", BayesianRecurrence(window)) for window in (16, 32, 64)),
        *(
            Candidate(f"Bayesian recurrence {window}{orders[order]}", BayesianRecurrence(window, order))
            for window in (1, 2, 3, 4)
            for order in (0, 1)
        ),
    )


def _holonomic() -> tuple[Candidate, ...]:
    shapes = (
        (1, 1, 0), (1, 1, 1), (1, 1, 2), (2, 1, 0), (2, 1, 1), (2, 1, 2), (3, 1, 0), (3, 1, 1), (1, 2, 0), (1, 2, 1),
        (1, 2, 2), (2, 2, 0), (2, 2, 1),
    )  # fmt: skip
    return tuple(
        Candidate(
            f"recurrence {window} of degree {degree} in time{('', ' and a constant', ' and a line')[alone]}",
            HolonomicRecurrence(window, degree, alone),
        )
        for window, degree, alone in shapes
    )


def candidates_digest(candidates: Sequence[Candidate]) -> str:
    """A hash of names and settings: a calibration belongs to one list of candidates."""
    text = "\n".join(f"{candidate.name}: {candidate.method!r}" for candidate in candidates)
    return hashlib.sha256(text.encode()).hexdigest()
