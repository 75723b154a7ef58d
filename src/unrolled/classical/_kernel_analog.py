"""Kernel analogs: what came next after every known state, weighed by how near it is, as one smooth map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from unrolled.classical._analog import AnalogLaw, delay_states
from unrolled.classical._method import Values, standardize

__all__ = ["KernelAnalog", "KernelMap"]

# No ridge is smaller: below, rounding would leave the kernel's matrix without a factor. It grows by so much at a time.
_FLOOR, _GROWTH = 1e-12, 100.0
# How far beyond the range of all that came next a prediction may lie, in units of that range.
_BEYOND = 0.5
# So many states are asked about at once.
_LANES = 512


@dataclass(frozen=True)
class KernelAnalog:
    r"""Ridge regression with a Gaussian kernel on delay vectors.

    The state is :math:`v_t = (z_t, z_{t-s}, \ldots, z_{t-(m-1)s})`, and what came next :math:`y_i = z_{i+1} - z_i`:

    .. math:: z_{t+1} = z_t + \bar y + \sum_i a_i k(v_t, v_i), \qquad (K + r) a = y - \bar y, \qquad
              k(v, v') = \exp\left(-\frac{|v - v'|^2}{2 m w^2}\right) .

    One smooth map for all states, where :class:`Analog` has a linear one for each: better for laws that are smooth,
    such as flows without noise. Far from all known states the mean change is said. Without ``increments`` y is
    :math:`z_{i+1}`. A prediction goes at most half of the range of the y beyond it.

    Attributes
    ----------
    delays, skip
        m and s.
    width
        w, in standard deviations of the known values.
    ridge
        r; at least 1e-12, and more where rounding asks for it.
    increments
        Whether the map says the change or the next value.
    states
        At most so many of the last states are looked at: time grows with the third power of their number.

    References
    ----------
    C. E. Rasmussen and C. K. I. Williams, *Gaussian Processes for Machine Learning* (MIT Press, 2006), section 2.3;
    its equation 5.12 for what leaves one value out.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.classical import KernelAnalog
    >>> logistic = [0.3]
    >>> for _ in range(204):
    ...     logistic.append(3.9 * logistic[-1] * (1 - logistic[-1]))
    >>> known = np.array(logistic[:200])
    >>> made = KernelAnalog(delays=1).fit(known).extend(known, 5)
    >>> bool(np.abs(made - logistic[200:]).max() < 1e-3)
    True
    """

    delays: int = 8
    skip: int = 1
    width: float = 1.0
    ridge: float = 1e-8
    increments: bool = True
    states: int = 2_000

    @property
    def span(self) -> int:
        """How many values a state reaches over."""
        return (self.delays - 1) * self.skip + 1

    @property
    def least(self) -> int:
        """Two states and what came next."""
        return self.span + 2

    def fit(self, values: Values) -> AnalogLaw:
        """The weights of the known states."""
        z, standard = standardize(values)
        finite = bool(np.isfinite(z).all())
        return AnalogLaw(self.map(z[:, None]) if finite else None, self.span, standard)

    def map(self, values: Float[np.ndarray, "time feature"], ends: Sequence[int] | None = None) -> KernelMap:
        """What :meth:`KernelMap.of` makes with these settings."""
        return KernelMap.of(values, self, ends)


@dataclass(frozen=True, eq=False)
class KernelMap:
    """The known states and their weights, of one series with one feature or several.

    Attributes
    ----------
    method
        The settings.
    states
        Every delay vector with a value after it, shape ``(row, delay * feature)``, the newest values first.
    nexts
        What came next.
    rows
        Of each part the leading and the last row that it knows.
    weights
        Of each part, those of its rows.
    lanes
        Which lanes each part serves.
    """

    method: KernelAnalog
    states: Float[np.ndarray, "row column"]
    nexts: Float[np.ndarray, "row feature"]
    rows: tuple[slice, ...]
    weights: tuple[Float[np.ndarray, "_ feature"], ...]
    lanes: tuple[slice, ...] = (slice(None),)

    @classmethod
    def of(
        cls, values: Float[np.ndarray, "time feature"], method: KernelAnalog, ends: Sequence[int] | None = None
    ) -> KernelMap:
        """The weights of a series, or those by each of several times; arguments are those of ``AnalogMap.of``."""
        states, nexts = delay_states(values, method)
        seen, firsts = np.unique([len(values)] if ends is None else ends, return_index=True)
        bounds = [*firsts.tolist(), None if ends is None else len(ends)]
        rows = tuple(slice(max(end - method.span - method.states, 0), end - method.span) for end in seen.tolist())
        weights = tuple(_solve(states[part], nexts[part], method) for part in rows)
        return cls(method, states, nexts, rows, weights, tuple(slice(*pair) for pair in pairwise(bounds)))

    def extend(
        self, windows: Float[np.ndarray, "lane span feature"], steps: int
    ) -> Float[np.ndarray, "lane steps feature"]:
        """The next values after each window, predictions fed back."""
        span = self.method.span
        z = np.concatenate([windows, np.empty((len(windows), steps, windows.shape[2]))], axis=1)
        for step in range(steps):
            z[:, span + step] = self._step(z[:, step : step + span])
        return z[:, span:]

    def step(
        self, windows: Float[np.ndarray, "lane span feature"], own: Int[np.ndarray, " lane"]
    ) -> Float[np.ndarray, "lane feature"]:
        """The next value after each window; ``own`` is a row of the states that is left out, -1 for none.

        Without row i its own prediction misses by ``a_i / (K + r)^-1_ii``.
        """
        parts = range(0, max(len(windows), 1), _LANES)
        made = np.concatenate([self._step(windows[at : at + _LANES]) for at in parts])
        part = self.rows[0]
        known = np.flatnonzero((own >= part.start) & (own < part.stop))
        if len(known):
            missed = self.weights[0] / np.diag(np.linalg.inv(_lifted(self.states[part], self.method, 0)))[:, None]
            said = (self.nexts[part] - missed)[own[known] - part.start]
            made[known] = said + windows[known, -1] if self.method.increments else said
        return made

    def _step(self, windows: np.ndarray) -> Float[np.ndarray, "lane feature"]:
        states = windows[:, ::-1][:, :: self.method.skip].reshape(len(windows), -1)
        made = np.empty((len(windows), windows.shape[2]))
        for part, weights, lanes in zip(self.rows, self.weights, self.lanes, strict=True):
            nexts = self.nexts[part]
            low, high = nexts.min(axis=0), nexts.max(axis=0)
            said = _kernel(states[lanes], self.states[part], self.method.width) @ weights + nexts.mean(axis=0)
            beyond = _BEYOND * (high - low)
            made[lanes] = np.minimum(np.maximum(said, low - beyond), high + beyond)
        return made + windows[:, -1] if self.method.increments else made


def _kernel(
    some: Float[np.ndarray, "some column"], others: Float[np.ndarray, "other column"], width: float
) -> Float[np.ndarray, "some other"]:
    """How near each is to each."""
    made = some @ others.T
    made *= 2.0
    made -= np.einsum("ij,ij->i", some, some)[:, None]
    made -= np.einsum("ij,ij->i", others, others)
    np.minimum(made, 0.0, out=made)  # rounding
    made /= 2 * some.shape[1] * width**2
    return np.exp(made, out=made)


def _lifted(states: Float[np.ndarray, "row column"], method: KernelAnalog, times: int) -> Float[np.ndarray, "row row"]:
    K = _kernel(states, states, method.width)
    K[np.diag_indices_from(K)] = 1.0 + max(method.ridge, _FLOOR) * _GROWTH**times
    return K


def _solve(
    states: Float[np.ndarray, "row column"], nexts: Float[np.ndarray, "row feature"], method: KernelAnalog
) -> Float[np.ndarray, "row feature"]:
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    targets = nexts - nexts.mean(axis=0)
    for times in range(8):
        try:
            factor = cho_factor(_lifted(states, method, times), lower=True, overwrite_a=True, check_finite=False)
            return cho_solve(factor, targets, check_finite=False)
        except LinAlgError:
            continue
    return np.zeros_like(targets)
