"""The limit of a sequence, by several methods, each judged by how it would have predicted with fewer values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.classical._differences import shrinkage
from unrolled.classical._limit_choice import STEPS_BACK, choose_limit, newest_first, thinned_tracks
from unrolled.classical._method import Standard, Values
from unrolled.errors import InputError

__all__ = ["Limit", "LimitEstimate", "find_limit"]

_LEAST = 4
_EPSILON = float(np.finfo(np.float64).eps)
_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class LimitEstimate:
    """What one method says.

    Attributes
    ----------
    method
        Its name, such as ``"wynn epsilon"``.
    value
        The limit from all values that are used.
    change
        How far the estimate moved when the last of them came: the scale of its error.
    steps_back
        The estimates with one value less, two less, ..., at most five.
    """

    method: str
    value: float
    change: float
    steps_back: tuple[float, ...]


@dataclass(frozen=True)
class Limit:
    """The limit of a sequence.

    Attributes
    ----------
    estimates
        Of every method that has one, the smallest judged error first.
    value
        The limit that is chosen: the weighted median of the estimates that settle.
    half_width
        The largest of the revision of ``value`` when the last value came, of the distance to the farthest settled
        estimate, and of rounding. An honest scale, not a calibrated one: on sequences with known limits it covered
        about nine in ten where the values were exact to rounding, only two in three under noise of 1e-3 of their range.
    converges
        Whether a limit should be believed at all; where not, ``value`` is what the methods say nevertheless.
    reason
        Why, in words with numbers.
    """

    estimates: tuple[LimitEstimate, ...]
    value: float
    half_width: float
    converges: bool
    reason: str


def find_limit(values: Any, x: Any = None) -> Limit:
    r"""Find the limit of a sequence from a few evenly spaced values.

    Aitken's, Wynn's, Brezinski's and Levin's transformations, Richardson's extrapolation with the powers 1/2, 1 and 2
    of 1/x and with an estimated one, the same at low order, and fitted tails each give estimates :math:`e_m` from the
    first m values. With the changes :math:`c_m = |e_m - e_{m-1}|` the judged error of a method is
    :math:`(c_n^2\, c_{n-1})^{1/3}`: one small change may be luck, two are not. Estimates within 100 times the smallest
    judged error are settled; the limit is their median, weighted by the inverse square of the judged error.

    Values are taken relative to the last one, in units of a power of two: y and :math:`\pm 2^k y` give the same digits,
    and :math:`a y + b` moves the limit alike, up to the rounding of the values, which high orders amplify to about
    the half width.

    From 24 values on a sequence is thinned to 12 to 23 of them (an alternating one by odd strides, to at most 35), the
    last always among them.

    Parameters
    ----------
    values
        y, shape ``(time,)``, at least four.
    x
        Where they stand, rising in even steps, shape ``(time,)``; 1, 2, ... if omitted or if the first is not positive.

    Returns
    -------
    Limit
        The limit, what every method says, and whether to believe it.

    Raises
    ------
    InputError
        Fewer than four values, values that are no finite numbers, or an x that does not rise in even steps.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import find_limit
    >>> limit = find_limit(np.cumsum(1 / np.arange(1, 13) ** 2))
    >>> bool(abs(limit.value - np.pi**2 / 6) < 1e-9), limit.converges
    (True, True)
    >>> print(limit.reason)
    the convergence is logarithmic: the distance to the limit falls as the power -1 of x.
    >>> find_limit([1.0, 2.0, 4.0, 8.0]).converges
    False

    References
    ----------
    Sidi, Practical Extrapolation Methods, Cambridge (2003); Weniger, Comput. Phys. Rep. 10, 189 (1989).
    """
    known = _numbers("values", values)
    if len(known) < _LEAST:
        raise InputError(f"a limit needs at least {_LEAST} values; came {len(known)}.")
    place = _places(x, len(known))
    exponent = int(np.frexp(np.max(np.abs(known)))[1])
    z, standard, rounding = _anchored(np.ldexp(known, -exponent))
    verdict = shrinkage(z, rounding)
    tracks = {"last value": z} if np.all(np.abs(np.diff(z)[-2:]) <= rounding) else thinned_tracks(z, place)
    tracks = {name: track[-STEPS_BACK - 1 :] for name, track in tracks.items()} or {"last value": z[-STEPS_BACK - 1 :]}
    value, half_width, order = choose_limit(tracks, rounding)
    half_width = max(half_width, rounding)
    converges, reason = verdict.converges, verdict.reason
    if converges and half_width > np.ptp(z):
        converges, reason = False, f"{reason[:-1]}, but the estimates of the limit differ by more than the values do."

    def back(scaled: float) -> float:
        return _raised(float(standard.unscale(np.asarray(scaled))), exponent)

    def size(scaled: float) -> float:
        return _raised(float(scaled) * abs(standard.width), exponent)

    estimates = tuple(
        LimitEstimate(name, back(e[0]), size(abs(e[0] - e[1])), tuple(back(earlier) for earlier in e[1:]))
        for name, e in ((name, newest_first(tracks[name])) for name in order)
    )
    return Limit(estimates, back(value), size(half_width), converges, reason)


def _numbers(name: str, given: Any) -> np.ndarray:
    """The numbers as float64 on one axis, or an error that says what came."""
    try:
        array = np.asarray(given)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be a sequence of numbers; came {type(given).__name__}: {error}.") from error
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        raise InputError(f"{name} must be numbers on one axis; came shape {array.shape} of {array.dtype}.")
    with np.errstate(over="ignore"):
        numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        first = int(np.argmin(np.isfinite(numbers)))
        raise InputError(f"{name} must be finite; number {first + 1} is {numbers[first]}.")
    return numbers


def _places(x: Any, count: int) -> np.ndarray:
    """Where the values stand, in steps: x over its step if that is positive, else 1, 2, ..."""
    counted = np.arange(1, count + 1, dtype=np.float64)
    if x is None:
        return counted
    given = _numbers("x", x)
    if len(given) != count:
        raise InputError(f"x must have one number for each of the {count} values; came {len(given)}.")
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.diff(given)
        step = float(np.mean(steps))
        even = np.ptp(steps) <= 1e-6 * step + 8 * _EPSILON * np.max(np.abs(given))
    if not (even and steps.min() > 0):
        raise InputError(f"x must rise in even steps; its steps lie between {steps.min():g} and {steps.max():g}.")
    return given[0] / step - 1 + counted if given[0] > 0 else counted


def _anchored(values: Values) -> tuple[Values, Standard, float]:
    """Values as z = (y - last) / width, the way back, and the size of rounding in z.

    Differences from the last value are exact where a sequence has nearly arrived, and the width is a power of two: a
    centre or a width with rounding errors of its own would be amplified by high orders.
    """
    deviations = values - values[-1]
    largest = float(np.max(np.abs(deviations)))
    if largest == 0:
        return deviations, Standard(float(values[-1]), 1.0), 0.0
    width = math.ldexp(1.0, math.frexp(largest)[1])
    falls = deviations[deviations != 0][0] > 0
    standard = Standard(float(values[-1]), -width if falls else width)
    return standard.scale(values), standard, 4 * _EPSILON * float(np.max(np.abs(values))) / width


def _raised(number: float, exponent: int) -> float:
    """The number times a power of two, held within what float64 can hold."""
    with np.errstate(over="ignore", under="ignore"):
        return float(np.clip(np.ldexp(number, exponent), -_LARGEST, _LARGEST))
