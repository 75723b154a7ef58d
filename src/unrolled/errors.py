"""What can go wrong, in words that a user can act on.

Every error that a user can cause is an :class:`InputError`: its message says what was expected, what came,
and what to do. The command line prints that one sentence and ends with status 2.
"""

import difflib
from collections.abc import Iterable

__all__ = ["InputError", "TrainingError", "UnrolledError", "nearest_name"]

# The share of letters that two names have in common, in their order, from which one is offered for the other.
_NEAR = 0.6
_LEAST_BEGINNING = 2
_MOST_NAMED = 40
_MOST_SHOWN = 80


class UnrolledError(Exception):
    """Everything that this package raises on purpose."""


class InputError(UnrolledError, ValueError):
    """The request or the data is at fault; the message says what to change."""


class TrainingError(UnrolledError, RuntimeError):
    """Training ended without a usable network, for example because every loss became infinite."""


def nearest_name(kind: str, name: object, known: Iterable[str]) -> InputError:
    """An error for an unknown name that offers the nearest known one, if one is near, and says what there is.

    Near is what shares most of its letters, in their order, or what one name is the beginning of.

    Parameters
    ----------
    kind
        What the name should have named, as a user would call it: ``"model"``.
    name
        What came.
    known
        The names that exist.

    Returns
    -------
    InputError
        To be raised by the caller.

    Examples
    --------
    >>> from unrolled.errors import nearest_name
    >>> print(nearest_name("model", "lstm", ["rnn", "lstm-2layer"]))
    unknown model 'lstm'; did you mean 'lstm-2layer'? Known: rnn, lstm-2layer.
    """
    names = list(known)
    if not names:
        return InputError(f"unknown {kind} {name!r}: there is none here that could be named; leave it out.")
    nearest = _nearest(str(name)[:_MOST_SHOWN].lower(), [str(one) for one in names])
    hint = "." if nearest is None else f"; did you mean '{nearest}'?"
    more = f", and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return InputError(f"unknown {kind} {_short(name)}{hint} Known: {', '.join(map(str, names[:_MOST_NAMED]))}{more}.")


def _nearest(wanted: str, names: list[str]) -> str | None:
    by_lower = {name.lower(): name for name in reversed(names)}
    close = difflib.get_close_matches(wanted, by_lower, n=1, cutoff=_NEAR)
    near = close or [name.lower() for name in names if _begins(wanted, name.lower())]
    return by_lower[near[0]] if near else None


def _begins(one: str, other: str) -> bool:
    """Whether one of the two is the beginning of the other, and not of everything."""
    return min(len(one), len(other)) >= _LEAST_BEGINNING and (one.startswith(other) or other.startswith(one))


def _short(name: object) -> str:
    text = repr(name)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
