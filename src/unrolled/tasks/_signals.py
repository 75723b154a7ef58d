"""Small problems, one of each type: reversal, a sine from a number, attractors."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.arguments import MOST, require_number, require_whole
from unrolled.errors import InputError
from unrolled.tasks._generator import generator
from unrolled.tasks._labels import one_hot
from unrolled.tasks._rows import as_rows
from unrolled.types import Batch

__all__ = ["reversal", "settle", "sine_from_number"]

_FREQUENCIES = (0.1, 0.5)


def reversal(count: int, length: int, symbols: int, *, seed: int) -> Batch:
    r"""Say a row of symbols backwards, once all are heard: sequence to sequence, for an encoder and a decoder.

    .. math:: y_t = x_{n + 1 - t},\qquad t = 1, \ldots, n

    Parameters
    ----------
    count
        How many sequences.
    length
        :math:`n`, symbols of each.
    symbols
        How many kinds there are.
    seed
        A whole number, at least 0.

    Returns
    -------
    Batch
        The source, one-hot, as inputs ``(count, length, symbols)``; its reversal as targets of the same shape, meant
        for a decoder that begins after the last input: the target at step 1 of a network in step is not known then.

    Raises
    ------
    InputError
        An argument is not such a whole number.

    Examples
    --------
    >>> from unrolled.tasks import reversal
    >>> batch = reversal(1, 4, 10, seed=0)
    >>> batch.inputs[0].argmax(axis=1).tolist(), batch.targets[0].argmax(axis=1).tolist()
    ([8, 6, 5, 2], [2, 5, 6, 8])
    """
    require_whole("count", count, 1, MOST)
    require_whole("length", length, 1, MOST)
    require_whole("symbols", symbols, 1, MOST)
    source = one_hot(generator(seed).integers(symbols, size=(count, length)), symbols)
    return Batch(source, np.ascontiguousarray(source[:, ::-1]))


def sine_from_number(count: int, time: int, *, seed: int) -> Batch:
    r"""A sine from its frequency: one to many.

    .. math:: \omega \sim U(0.1, 0.5),\qquad x_1 = \omega,\quad x_t = 0 \text{ after},\qquad y_t = \sin \omega t,
        \qquad t = 1, \ldots, n

    Parameters
    ----------
    count
        How many sequences.
    time
        :math:`n`, steps of each; periods are 12.6 to 62.8 steps long.
    seed
        A whole number, at least 0.

    Returns
    -------
    Batch
        Inputs and targets ``(count, time, 1)``.

    Raises
    ------
    InputError
        An argument is not such a whole number.

    Examples
    --------
    >>> from unrolled.tasks import sine_from_number
    >>> batch = sine_from_number(1, 3, seed=0)
    >>> batch.inputs[0, :, 0].round(3).tolist(), batch.targets[0, :, 0].round(3).tolist()
    ([0.355, 0.0, 0.0], [0.347, 0.652, 0.874])
    """
    require_whole("count", count, 1, MOST)
    require_whole("time", time, 1, MOST)
    frequencies = generator(seed).uniform(*_FREQUENCIES, count)
    inputs = np.zeros((count, time, 1))
    inputs[:, 0, 0] = frequencies
    return Batch(inputs, np.sin(frequencies[:, None, None] * np.arange(1, time + 1)[:, None]))


def settle(
    patterns: Any, time: int, last: int, noise: float, count: int, *, seed: int, state: str = "elman_1.h"
) -> Batch:
    r"""From a noisy state to the clean pattern, and stay there: attractors, by targets on the last steps.

    .. math:: h_0 = p + \sigma\, \varepsilon,\quad \varepsilon \sim N(0, 1),\qquad y_t = p,
        \qquad t = n - m + 1, \ldots, n

    Parameters
    ----------
    patterns
        Activities of all units, shape ``(pattern, unit)``, values from -1 to 1; as a rule each -1 or 1. A tanh reaches
        1 only in the limit, so that 0.9 is a pattern that can be learned to the last digit.
    time
        :math:`n`, steps that the network is left to itself.
    last
        :math:`m`, how many of them have a target, from 1 to ``time``.
    noise
        :math:`\sigma`, at least 0.
    count
        How many sequences; the pattern of each is drawn.
    seed
        A whole number, at least 0.
    state
        Which state is given, as ``layer.h``.

    Returns
    -------
    Batch
        Inputs ``(count, time, 0)``, targets ``(count, last, unit)``, and the noisy patterns under ``states``.

    Raises
    ------
    InputError
        The patterns are no such matrix, or another argument is out of its range.

    Examples
    --------
    >>> from unrolled.tasks import settle
    >>> batch = settle([[1, -1, 1], [-1, -1, 1]], 10, 3, 0.2, 5, seed=0)
    >>> batch.inputs.shape, batch.targets.shape, batch.states["elman_1.h"].shape
    ((5, 10, 0), (5, 3, 3), (5, 3))
    """
    clean = as_rows("patterns", patterns)
    if not clean.size or not (np.abs(clean) <= 1).all():
        raise InputError("patterns must hold at least one row of values from -1 to 1; came others or none.")
    require_whole("time", time, 1, MOST)
    require_whole("last", last, 1, time)
    require_whole("count", count, 1, MOST)
    require_number("noise", noise, least=0.0)
    random = generator(seed)
    chosen = clean[random.integers(len(clean), size=count)]
    noisy = chosen + noise * random.standard_normal(chosen.shape)
    return Batch(np.zeros((count, time, 0)), np.repeat(chosen[:, None], last, axis=1), states={state: noisy})
