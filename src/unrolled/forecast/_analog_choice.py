"""Which analogs continue a series best: judged in closed loop on rolling origins inside the known part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

import numpy as np
from jaxtyping import Float, Int

from unrolled.classical import Analog, KernelAnalog

__all__ = ["LEAST_TO_CHOOSE", "AnyAnalog", "analog_candidates", "choose_analogs"]

AnyAnalog: TypeAlias = Analog | KernelAnalog
_N = TypeVar("_N", int, float)

#: The fewest known values to choose on.
LEAST_TO_CHOOSE = 12
_DELAYS, _SKIPS = (1, 2, 3, 5, 8, 13, 20), (1, 3, 6)
_LEAST_COLUMNS, _MOST_COLUMNS = 3, 24
# With their ridges.
_NEIGHBOURS = ((12, 1e-4), (24, 1e-8), (24, 1e-4), (48, 1e-8), (96, 1e-2))
_WIDTHS = (
    (0.5, 1e-7), (0.5, 1e-4), (1.0, 1e-10), (1.0, 1e-7), (1.0, 1e-2), (2.0, 1e-10), (2.0, 1e-7), (4.0, 1e-10),
    (4.0, 1e-2),
)  # fmt: skip
# A kernel looks at so many states in the choice.
_STATES = 1_000
_ORIGINS, _BLOCKS, _MOST_AHEAD = 8, 2, 200
# Judged a fifth of the way first; so many are judged to the end.
_SHORT, _KEPT = 5, 14
# Older values than these are not looked at in the choice.
_MOST_POINTS = 5_000
_LEAST_ERROR, _LARGEST_ERROR = 1e-4, 2.0


def choose_analogs(
    values: Float[np.ndarray, "time feature"], candidates: Sequence[AnyAnalog], count: int
) -> tuple[AnyAnalog, ...]:
    """The candidates of the least errors, the best first.

    From eight origins between 60 and 90 % of the known values each candidate continues the series in closed loop, for a
    fifth of their number; its score is the mean logarithm of the error. Analogs are sought in what lies before the
    first four of the origins, and before the last four. All are judged a fifth of the way, the better ones to the end.

    Parameters
    ----------
    values
        The known values, standardized.
    candidates
        What is judged; each has enough values before the first origin.
    count
        How many are wanted.
    """
    if len(candidates) <= count:
        return tuple(candidates)
    values = values[-_MOST_POINTS:]
    ahead = int(min(max(len(values) // 5, 1), _MOST_AHEAD))
    origins = _origins(len(values))
    judged = [replace(one, states=_STATES) if isinstance(one, KernelAnalog) else one for one in candidates]
    scores = _scores(values, judged, origins, max(ahead // _SHORT, 1))
    kept = [candidates[i] for i in np.argsort(scores, kind="stable")[: max(_KEPT, count)]]
    scores = _scores(values, kept, origins, ahead)
    return tuple(kept[i] for i in np.argsort(scores, kind="stable")[:count])


def analog_candidates(
    points: int,
    features: int,
    *,
    delays: int | None = None,
    skip: int | None = None,
    neighbours: int | None = None,
    width: float | None = None,
    ridge: float | None = None,
    maps: str | None = None,
) -> list[AnyAnalog]:
    """Every combination of what is left open (``None``) that so many points can be judged with.

    Neighbours belong to local maps and a width to the kernel: who gives one wants that kind of map.
    """
    first = int(_origins(min(points, _MOST_POINTS))[0])
    shapes = [
        (m, s) for m in _delays(features, delays) for s in ((skip,) if skip is not None else _SKIPS if m > 1 else (1,))
    ]
    made: list[AnyAnalog] = []
    if maps != "kernel" and width is None:
        pairs = _pairs(_NEIGHBOURS, neighbours, ridge)
        made += [Analog(m, s, k, r) for m, s in shapes for k, r in pairs if neighbours or k >= m * features]
    if maps != "local" and neighbours is None:
        made += [KernelAnalog(m, s, w, r) for m, s in shapes for w, r in _pairs(_WIDTHS, width, ridge)]
    usual = [one for one in made if 4 * one.span <= first]
    return usual or [one for one in made if one.least + 1 <= first] or made


def _delays(features: int, delays: int | None) -> tuple[int, ...]:
    if delays is not None:
        return (delays,)
    found = tuple(m for m in _DELAYS if _LEAST_COLUMNS <= m * features <= _MOST_COLUMNS)
    return found or (1,)


def _pairs(usual: Sequence[tuple[_N, float]], size: _N | None, ridge: float | None) -> list[tuple[_N, float]]:
    """Neighbours or widths, and ridges that go with them."""
    pairs = [(size or usual_size, usual_ridge if ridge is None else ridge) for usual_size, usual_ridge in usual]
    return list(dict.fromkeys(pairs))


def _origins(points: int) -> Int[np.ndarray, " origin"]:
    return np.unique(np.linspace(0.6 * points, 0.9 * points, _ORIGINS).astype(int))


def _scores(
    values: Float[np.ndarray, "time feature"],
    candidates: Sequence[AnyAnalog],
    origins: Int[np.ndarray, " origin"],
    ahead: int,
) -> Float[np.ndarray, " candidate"]:
    """The mean logarithm of the error over origins and steps, of each candidate."""
    truth = np.concatenate([values, np.full((ahead, values.shape[1]), np.nan)])
    after = np.stack([truth[origin : origin + ahead] for origin in origins])
    known = np.asarray(~np.isnan(after).any(axis=2))
    return np.array([_score(values, one, origins, after, known) for one in candidates])


def _score(values: np.ndarray, one: AnyAnalog, origins: np.ndarray, after: np.ndarray, known: np.ndarray) -> float:
    windows = np.stack([values[origin - one.span : origin] for origin in origins])
    ends = np.concatenate([np.full(len(block), block[0]) for block in np.array_split(origins, _BLOCKS) if len(block)])
    made = one.map(values, ends.tolist()).extend(windows, after.shape[1])
    error = np.sqrt(np.mean((made - after) ** 2, axis=2))
    logs = np.log10(np.clip(error, _LEAST_ERROR, _LARGEST_ERROR))
    return float(np.mean(np.mean(logs, axis=1, where=known)))
