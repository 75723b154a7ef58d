"""Many estimates of one limit, how each has moved as values came, and the choice among them."""

from __future__ import annotations

import numpy as np

from unrolled.classical._accelerations import aitken, brezinski_theta, wynn_epsilon
from unrolled.classical._method import Values
from unrolled.classical._remainders import levin_u, richardson, richardson_unknown
from unrolled.classical._tails import exponential_tail, power_tail

__all__ = ["STEPS_BACK", "choose_limit", "newest_first", "thinned_tracks"]

STEPS_BACK = 5
# High orders amplify rounding. From 24 values on every second is used, from 36 on every third, and so on.
_ENOUGH = 12
# Estimates whose judged error is at most this many times the smallest count as settled.
_SETTLED = 100.0
# An estimate so many ranges of the values away from them is none.
_FARTHEST = 1e12
_POWER_POINTS = 6
_POWERS = {"1/2": 0.5, "1": 1.0, "2": 2.0}
# Noise, and values far from where x begins, bear no high orders.
_LOW_ORDER = 4


def thinned_tracks(z: Values, place: np.ndarray) -> dict[str, np.ndarray]:
    """The estimates of every method from ever more values, oldest first; methods without two are left out."""
    stride = max(len(z) // _ENOUGH, 1)
    if stride % 2 == 0 and np.mean(np.diff(z)[1:] * np.diff(z)[:-1] < 0) > 0.5:
        stride -= 1  # every second value of an alternating sequence would hide what it does
    used = slice((len(z) - 1) % stride, None, stride)
    with np.errstate(all="ignore"):
        tracks = _all_tracks(z[used], place[used] / stride)
    recent = {name: track[-STEPS_BACK - 1 :] for name, track in tracks.items()}
    near = {name: np.where(np.abs(track) <= _FARTHEST, track, np.nan) for name, track in recent.items()}
    return {name: track for name, track in near.items() if len(track) > 1 and np.isfinite(track[-2:]).all()}


def _all_tracks(z: Values, place: np.ndarray) -> dict[str, np.ndarray]:
    many = max(4, (len(z) + 1) // 2)
    beta = float(place[0])
    tracks = {
        "aitken": aitken(z),
        "wynn epsilon": wynn_epsilon(z),
        "brezinski theta": brezinski_theta(z),
        "levin u": levin_u(z, beta),
        "richardson, power estimated": richardson_unknown(z),
        "exponential tail, last 3": exponential_tail(z[-3 - STEPS_BACK :], 3),
        f"exponential tail, last {many}": exponential_tail(z[-many - STEPS_BACK :], many),
    }
    tracks |= {f"richardson, power {name}": richardson(z, place, power) for name, power in _POWERS.items()}
    if len(z) > _LOW_ORDER + 3:
        low = f"order {_LOW_ORDER}"
        tracks[f"levin u, {low}"] = levin_u(z, beta, _LOW_ORDER)
        for name, power in _POWERS.items():
            tracks[f"richardson, power {name}, {low}"] = richardson(z, place, power, _LOW_ORDER)
    if len(z) > _POWER_POINTS:
        name = f"power tail, last {_POWER_POINTS}"
        tracks[name] = power_tail(z[-_POWER_POINTS - STEPS_BACK :], _POWER_POINTS)
    return tracks


def newest_first(track: np.ndarray) -> np.ndarray:
    """The estimates back to the first gap."""
    backwards = track[::-1]
    gaps = np.flatnonzero(~np.isfinite(backwards))
    return backwards[: gaps[0]] if len(gaps) else backwards


def choose_limit(tracks: dict[str, np.ndarray], rounding: float) -> tuple[float, float, list[str]]:
    """The limit, its half width and the methods, the best first."""
    value, settled, order = _median(tracks, rounding)
    shorter = {name: track[:-1] for name, track in tracks.items() if len(newest_first(track[:-1])) > 1}
    if shorter:
        revision = abs(value - _median(shorter, rounding)[0])
    else:
        revision = max(abs(track[-1] - track[-2]) for track in settled)
    spread = max(abs(track[-1] - value) for track in settled)
    return value, float(max(revision, spread)), order


def _median(tracks: dict[str, np.ndarray], rounding: float) -> tuple[float, list[np.ndarray], list[str]]:
    """The weighted median of the settled estimates, what settled, and all methods, the best first."""
    errors = {name: _judged_error(track, rounding) for name, track in tracks.items()}
    order = sorted(tracks, key=lambda name: errors[name])
    settled = [name for name in order if errors[name] <= _SETTLED * errors[order[0]]]
    settled.sort(key=lambda name: tracks[name][-1])
    # Relative to the best, whose error may be zero.
    weights = np.array([(errors[order[0]] / errors[name]) ** 2 if errors[name] > 0 else 1.0 for name in settled])
    middle = int(np.searchsorted(np.cumsum(weights), weights.sum() / 2))
    return float(tracks[settled[middle]][-1]), [tracks[name] for name in settled], order


def _judged_error(track: np.ndarray, rounding: float) -> float:
    """The cube root of ``c_n^2 c_{n-1}``, never below rounding; the newest change alone where there is no second."""
    changes = np.maximum(np.abs(np.diff(newest_first(track)[:3])), rounding)
    return float(np.cbrt(changes[0]) ** 2 * np.cbrt(changes[-1]))
