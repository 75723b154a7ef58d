"""Known series under noise of a known size."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from unrolled.arguments import require_number, require_whole
from unrolled.errors import InputError
from unrolled.truth._family import Truth

__all__ = ["with_noise"]

_FIRST = 12
_LARGEST_SEED = 2**63 - 1


def with_noise(truth: Truth, level: float, seed: int) -> Truth:
    r"""The same series under normal noise.

    .. math:: \tilde y_t = y_t + \ell\, s\, \varepsilon_t,\qquad s = \operatorname{std}(y_1, \ldots, y_{12}),\qquad
        \varepsilon_t \sim N(0, 1)

    The draws depend on the seed, the family and the parameters of the member, on nothing else: neither on the order
    in which members are visited nor on the level, so that two levels differ by the size of the noise alone.

    Parameters
    ----------
    truth
        A member without noise.
    level
        :math:`\ell`, in units of the standard deviation of the first 12 values; at least 0.
    seed
        A whole number, at least 0.

    Returns
    -------
    Truth
        With the same x, and ``noise`` equal to ``level``.

    Raises
    ------
    InputError
        The level is negative or not finite, the seed is not a whole number, or the series has noise already.

    Examples
    --------
    >>> from unrolled.truth import truths, with_noise
    >>> exact = next(truths("exponentials"))
    >>> noisy = with_noise(exact, 1e-3, seed=0)
    >>> noisy.noise, bool(abs(noisy.series.values - exact.series.values).max() < 0.01)
    (0.001, True)
    """
    require_number("level", level, least=0.0)
    require_whole("seed", seed, 0, _LARGEST_SEED)
    if truth.noise > 0:
        raise InputError(f"{truth.series.name} has noise of level {truth.noise:g} already; give the series without.")
    values = truth.series.values
    draws = np.random.default_rng([int(seed), _mark(truth)]).standard_normal(values.shape)
    noisy = values + level * np.std(values[:_FIRST]) * draws
    noisy.setflags(write=False)
    name = f"{truth.series.name}, noise {level:g}"
    return replace(truth, series=replace(truth.series, values=noisy, name=name), noise=float(level))


def _mark(truth: Truth) -> int:
    """A number that stands for the member; Python's own hash would change with every process."""
    parameters = ", ".join(f"{name}={float(value)!r}" for name, value in sorted(truth.parameters.items()))
    return zlib.crc32(f"{truth.family}: {parameters}".encode())
