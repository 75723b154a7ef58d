"""Analogs: the next value by a local linear map of what came next after similar stretches of the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from jaxtyping import Float, Int

from unrolled.classical._method import Standard, Values, standardize

if TYPE_CHECKING:
    from scipy.spatial import KDTree

__all__ = ["Analog", "AnalogLaw", "AnalogMap", "delay_states"]

# Added to every ridge, so that neighbours in a line leave a solution: what no neighbour says is nothing.
_FLOOR = 1e-14
# How far beyond the range of what came next after the neighbours a prediction may lie, in units of that range.
_BEYOND = 0.5
# So many states are asked about at once.
_LANES = 512


@dataclass(frozen=True)
class Analog:
    r"""A local linear map on delay vectors.

    The state is :math:`v_t = (z_t, z_{t-s}, \ldots, z_{t-(m-1)s})`. Its k nearest neighbours :math:`v_i` among the
    known states, with weights :math:`w_i = (1 - (d_i / d_k)^3)^3` by their distances, give

    .. math:: z_{t+1} = z_t + \bar y + B (v_t - \bar v), \qquad
              B = \arg\min \sum_i w_i |y_i - \bar y - B (v_i - \bar v)|^2 + r |B|^2

    with what came next :math:`y_i = z_{i+1} - z_i`, means weighted, and r in units of the neighbourhood's own spread.
    Without ``increments`` y is :math:`z_{i+1}`. Solved by orthogonal factors. A prediction goes at most half of the
    range of the :math:`y_i` beyond it, so that a continuation does not run off where there are no neighbours. Good
    where a series is long, clean, and comes back to where it has been; beyond the known values it says little.

    Attributes
    ----------
    delays, skip
        m and s.
    neighbours
        k, or as many as there are.
    ridge
        r.
    increments
        Whether the map says the change or the next value: what a ridge shrinks towards.

    References
    ----------
    J. D. Farmer and J. J. Sidorowich, *Physical Review Letters* 59 (1987) 845; W. S. Cleveland, *Journal of the
    American Statistical Association* 74 (1979) 829, for the weights.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import Analog
    >>> logistic = [0.3]
    >>> for _ in range(504):
    ...     logistic.append(3.9 * logistic[-1] * (1 - logistic[-1]))
    >>> known = np.array(logistic[:500])
    >>> made = Analog(delays=2, neighbours=6).fit(known).extend(known, 5)
    >>> bool(np.abs(made - logistic[500:]).max() < 0.01)
    True
    """

    delays: int = 8
    skip: int = 1
    neighbours: int = 24
    ridge: float = 1e-6
    increments: bool = True

    @property
    def span(self) -> int:
        """How many values a state reaches over."""
        return (self.delays - 1) * self.skip + 1

    @property
    def least(self) -> int:
        """Two states and what came next."""
        return self.span + 2

    def fit(self, values: Values) -> AnalogLaw:
        """Keep the past, so that neighbours are found fast."""
        z, standard = standardize(values)
        finite = bool(np.isfinite(z).all())
        return AnalogLaw(self.map(z[:, None]) if finite else None, self.span, standard)

    def map(self, values: Float[np.ndarray, "time feature"], ends: Sequence[int] | None = None) -> AnalogMap:
        """What :meth:`AnalogMap.of` makes with these settings."""
        return AnalogMap.of(values, self, ends)


class DelayMap(Protocol):
    """From windows of the last values to the next ones."""

    def extend(
        self, windows: Float[np.ndarray, "lane span feature"], steps: int
    ) -> Float[np.ndarray, "lane steps feature"]:
        """The next values after each window, predictions fed back."""
        ...


@dataclass(frozen=True, eq=False)
class AnalogLaw:
    """What an analog keeps.

    Attributes
    ----------
    map
        From a state to what comes next; ``None`` where the known values are not numbers.
    span
        How many values a state reaches over.
    standard
        Between the series' units and z.
    """

    map: DelayMap | None
    span: int
    standard: Standard

    def extend(self, history: Values, steps: int) -> Values:
        """The next values, each prediction fed back."""
        z = self.standard.scale(history[-self.span :])
        if self.map is None or not np.isfinite(z).all():
            return np.full(steps, np.nan)
        return self.standard.unscale(self.map.extend(z[None, :, None], steps)[0, :, 0])


@dataclass(frozen=True, eq=False)
class AnalogMap:
    """The known states and what came next, of one series with one feature or several.

    Attributes
    ----------
    method
        The settings.
    states
        Every delay vector with a value after it, shape ``(row, delay * feature)``, the newest values first.
    nexts
        What came next.
    trees
        For the search: one for all lanes, or several, each of which holds the leading rows that its lanes see.
    lanes
        Which lanes each tree serves.
    """

    method: Analog
    states: Float[np.ndarray, "row column"]
    nexts: Float[np.ndarray, "row feature"]
    trees: tuple[KDTree, ...]
    lanes: tuple[slice, ...] = (slice(None),)

    @classmethod
    def of(
        cls, values: Float[np.ndarray, "time feature"], method: Analog, ends: Sequence[int] | None = None
    ) -> AnalogMap:
        """The past of a series, or what had passed by each of several times.

        Parameters
        ----------
        values
            Known values, finite.
        method
            The settings.
        ends
            Lane i sees ``values[:ends[i]]``, rising; lanes of one end share a tree, and are fast. Everything is seen by
            any number of lanes, if left out.
        """
        from scipy.spatial import KDTree

        states, nexts = delay_states(values, method)
        if ends is None:
            return cls(method, states, nexts, (KDTree(states),))
        seen, firsts = np.unique(ends, return_index=True)
        bounds = [*firsts.tolist(), len(ends)]
        trees = tuple(KDTree(states[: end - method.span]) for end in seen)
        return cls(method, states, nexts, trees, tuple(slice(*pair) for pair in pairwise(bounds)))

    def extend(
        self, windows: Float[np.ndarray, "lane span feature"], steps: int
    ) -> Float[np.ndarray, "lane steps feature"]:
        """The next values after each window, predictions fed back."""
        span = self.method.span
        z = np.concatenate([windows, np.empty((len(windows), steps, windows.shape[2]))], axis=1)
        for step in range(steps):
            z[:, span + step] = self.step(z[:, step : step + span])
        return z[:, span:]

    def step(
        self, windows: Float[np.ndarray, "lane span feature"], own: Int[np.ndarray, " lane"] | None = None
    ) -> Float[np.ndarray, "lane feature"]:
        """The next value after each window.

        Parameters
        ----------
        windows
            The last values.
        own
            A row for each window that is not counted among its neighbours, since it is that very state; -1 for none.
        """
        size = _LANES if len(self.trees) == 1 else max(len(windows), 1)
        made = [
            self._step(windows[at : at + size], None if own is None else own[at : at + size])
            for at in range(0, max(len(windows), 1), size)
        ]
        return np.concatenate(made)

    def _step(self, windows: np.ndarray, own: np.ndarray | None) -> Float[np.ndarray, "lane feature"]:
        states = _state(windows, self.method)
        distances, rows = self._nearest(states, own)
        weights = (1 - (distances / (1.0001 * distances[:, -1:] + np.finfo(float).tiny)) ** 3) ** 3
        weights /= weights.sum(axis=1, keepdims=True)
        nexts = self.nexts[rows]
        made = _local_linear(self.states[rows], nexts, weights, states, self.method.ridge)
        low, high = nexts.min(axis=1), nexts.max(axis=1)
        beyond = _BEYOND * (high - low)
        made = np.minimum(np.maximum(made, low - beyond), high + beyond)
        return made + windows[:, -1] if self.method.increments else made

    def _nearest(
        self, states: Float[np.ndarray, "lane column"], own: Int[np.ndarray, " lane"] | None
    ) -> tuple[Float[np.ndarray, "lane neighbour"], Int[np.ndarray, "lane neighbour"]]:
        count = min(self.method.neighbours + (own is not None), *(tree.n for tree in self.trees))
        # A range, not a number: one neighbour has an axis too.
        asked: Any = np.arange(1, count + 1)
        found: list[Any] = [
            tree.query(states[lanes], asked) for tree, lanes in zip(self.trees, self.lanes, strict=True)
        ]
        distances, rows = found[0]
        if len(found) > 1:
            distances, rows = (np.concatenate(part) for part in zip(*found, strict=True))
        if own is None:
            return distances, rows
        last = np.argsort(rows == own[:, None], axis=1, kind="stable")[:, : max(count - 1, 1)]
        return np.take_along_axis(distances, last, axis=1), np.take_along_axis(rows, last, axis=1)


class Delays(Protocol):
    """Settings that say what a state is, and what comes next."""

    @property
    def skip(self) -> int:
        """Steps between two of its values."""
        ...

    @property
    def span(self) -> int:
        """How many values it reaches over."""
        ...

    @property
    def increments(self) -> bool:
        """Whether the change comes next, or the value."""
        ...


def delay_states(
    values: Float[np.ndarray, "time feature"], method: Delays
) -> tuple[Float[np.ndarray, "row column"], Float[np.ndarray, "row feature"]]:
    """Every delay vector that has a value after it, the newest values first, and what came next."""
    windows = np.lib.stride_tricks.sliding_window_view(values, method.span, axis=0)[:-1]
    states = np.ascontiguousarray(_state(windows.transpose(0, 2, 1), method))
    nexts = values[method.span :].copy()
    if method.increments:
        nexts -= values[method.span - 1 : -1]
    return states, nexts


def _state(windows: Float[np.ndarray, "lane span feature"], method: Delays) -> Float[np.ndarray, "lane column"]:
    """The delay vector of each window, the newest values first."""
    return windows[:, ::-1][:, :: method.skip].reshape(len(windows), -1)


def _local_linear(
    states: Float[np.ndarray, "lane neighbour column"],
    nexts: Float[np.ndarray, "lane neighbour feature"],
    weights: Float[np.ndarray, "lane neighbour"],
    at: Float[np.ndarray, "lane column"],
    ridge: float,
) -> Float[np.ndarray, "lane feature"]:
    """The weighted ridge regression of nexts on states, at one state a lane."""
    count, columns = states.shape[1:]
    middle, mean = weights[:, None] @ states, weights[:, None] @ nexts
    root = np.sqrt(weights)[:, :, None]
    A = (states - middle) * root
    # In units of the neighbourhood's spread, so that the ridge means the same everywhere.
    size = np.sqrt(np.einsum("lnc,lnc->l", A, A) / columns)[:, None, None] + np.finfo(float).tiny
    both = np.zeros((len(A), count + columns, columns + nexts.shape[2]))
    both[:, :count, :columns] = A / size
    both[:, count:, :columns] = np.sqrt(ridge + _FLOOR) * np.eye(columns)
    both[:, :count, columns:] = (nexts - mean) * root
    # Of Q R, the factors of lags and nexts side by side, R alone is wanted; it stands in the transpose of what comes.
    raw = np.linalg.qr(both, mode="raw")[0]
    R = raw[:, :columns, :columns].transpose(0, 2, 1) * (np.arange(columns)[:, None] <= np.arange(columns))
    B = np.linalg.solve(R, raw[:, columns:, :columns].transpose(0, 2, 1))
    return (mean + (at[:, None] - middle) / size @ B)[:, 0]
