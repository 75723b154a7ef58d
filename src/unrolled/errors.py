"""What can go wrong, in words that a user can act on.

Every error that a user can cause is an :class:`InputError`: its message says what was expected, what came,
and what to do. The command line prints that one sentence and ends with status 2.
"""

import difflib
from collections.abc import Iterable

__all__ = ["InputError", "TrainingError", "UnrolledError", "nearest_name"]


class UnrolledError(Exception):
    """Everything that this package raises on purpose."""


class InputError(UnrolledError, ValueError):
    """The request or the data is at fault; the message says what to change."""


class TrainingError(UnrolledError, RuntimeError):
    """Training ended without a usable network, for example because every loss became infinite."""


def nearest_name(kind: str, name: object, known: Iterable[str]) -> InputError:
    """An error for an unknown name that offers the nearest known one.

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
    close = difflib.get_close_matches(str(name).lower(), names, n=1, cutoff=0.4)
    hint = f"; did you mean '{close[0]}'?" if close else "."
    return InputError(f"unknown {kind} {name!r}{hint} Known: {', '.join(names)}.")
