"""The 0-1 test for chaos: from numbers alone, without a model of what made them."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_array, require_whole
from unrolled.errors import InputError

__all__ = ["zero_one_test"]

_LEAST = 200
_FREQUENCIES = 100


def zero_one_test(values: Any, *, seed: int = 0) -> float:
    r"""K, near 0 for regular and near 1 for chaotic motion.

    .. math:: p_t = \sum_{j \le t} y_j \cos j c, \qquad q_t = \sum_{j \le t} y_j \sin j c

    stay bounded for regular motion and wander like a Brownian particle for chaotic one. K is the correlation of their
    mean square displacement with time, the median over 100 values of c. Values of a flow should lie about a quarter of
    a turn apart: closer ones look regular.

    Parameters
    ----------
    values
        One number of the motion at every step, ``(time,)``; 200 at least, and thousands for a clear answer.
    seed
        Decides the values of c.

    Raises
    ------
    InputError
        Too few values, or some that are not finite.

    References
    ----------
    G. A. Gottwald and I. Melbourne, SIAM Journal on Applied Dynamical Systems 8 (2009) 129, section 3.

    Examples
    --------
    >>> from unrolled.dynamics import logistic_map, trajectory, zero_one_test
    >>> [round(zero_one_test(trajectory(logistic_map(r), 2000, washout=500)[:, 0])) for r in (3.55, 3.97)]
    [0, 1]
    """
    motion = np.asarray(require_array("values", values, "time"), np.float64)
    if len(motion) < _LEAST:
        raise InputError(f"values must be {_LEAST} numbers at least; came {len(motion)}.")
    if not np.isfinite(motion).all():
        raise InputError("values must be finite numbers.")
    generator = np.random.default_rng(require_whole("seed", seed, 0, 2**63 - 1))
    motion = motion - motion.mean()
    lags = np.arange(1, len(motion) // 10 + 1)
    return float(
        np.median([_correlation(motion, c, lags) for c in generator.uniform(np.pi / 5, 4 * np.pi / 5, _FREQUENCIES)])
    )


def _correlation(motion: Float[np.ndarray, " time"], c: float, lags: np.ndarray) -> float:
    """Of the displacement, without the part that oscillates with c, and the lag."""
    place = np.cumsum(motion * np.exp(1j * c * np.arange(1, len(motion) + 1)))
    kept = len(motion) - len(lags)
    # |p(t + n) - p(t)|^2 averaged over t, for all n at once: sums of squares, and a correlation by Fourier transform.
    size = 1 << (2 * len(place) - 1).bit_length()
    early = np.concatenate([place[:kept], np.zeros(size - kept)])
    late = np.concatenate([place, np.zeros(size - len(place))])
    cross = np.fft.ifft(np.fft.fft(late) * np.conj(np.fft.fft(early)))[lags]
    squares = np.concatenate([[0.0], np.cumsum(np.abs(place) ** 2)])
    displaced = (squares[lags + kept] - squares[lags] + squares[kept] - 2 * cross.real) / kept
    spread = displaced.std()
    return float(np.corrcoef(displaced, lags)[0, 1]) if spread > 0 else 0.0
