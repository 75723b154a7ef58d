"""Linear equations that come in blocks, taken together in the size of their unknowns."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_array
from unrolled.errors import InputError, TrainingError

__all__ = ["Compressed", "Equations", "Moments", "Singular"]

# Fewer rows at once would spend their time in calls.
_TOGETHER = 4096
# So many products are taken at once.
_AT_ONCE = 2

Rows: TypeAlias = tuple[Float[np.ndarray, "row column"], Float[np.ndarray, "row output"]]


@dataclass(frozen=True)
class Equations:
    """``V h_t + c = y_t`` for many t, in blocks that can be had again.

    Attributes
    ----------
    rows, columns
        How many equations, and how many unknowns for each output.
    blocks
        Gives the rows h_t and y_t from the start, piece by piece, whenever it is called.
    """

    rows: int
    columns: int
    blocks: Callable[[], Iterable[Rows]]

    @classmethod
    def of(cls, columns: Any, targets: Any) -> Equations:
        """From whole arrays, of shapes ``(row, column)`` and ``(row, output)``.

        Raises
        ------
        InputError
            They are no such arrays, or have different numbers of rows.
        """
        A, y = require_array("columns", columns, "row", "column"), require_array("targets", targets, "row", "output")
        if len(A) != len(y):
            raise InputError(f"columns and targets must have as many rows; came {len(A)} and {len(y)}.")
        return cls(len(A), A.shape[1], lambda: [(A, y)])


class Singular(NamedTuple):
    """Centred equations ``A_c = u diag(s) vt``, as far as ridge regression needs them.

    Attributes
    ----------
    s, vt
        Singular values and right singular vectors.
    projected
        ``u^T y``.
    outside
        The sum of squares of what of y no column reaches.
    mean
        Of columns and targets, side by side; zero without an intercept.
    rows
        How many equations there were.
    intercept
        Whether one was eliminated.
    """

    s: Float[np.ndarray, " value"]
    vt: Float[np.ndarray, "value column"]
    projected: Float[np.ndarray, "value output"]
    outside: float
    mean: Float[np.ndarray, " both"]
    rows: int
    intercept: bool


@dataclass(frozen=True, eq=False)
class Compressed:
    """Equations with the same least-squares problem as many more, the intercept eliminated.

    Of ``(1, A, y) = Q R`` the rows of R below the first are ``(A', y')`` with ``A'^T A' = A_c^T A_c`` and
    ``A'^T y' = A_c^T y_c``, A_c and y_c being centred; Q is orthogonal, so no digit is lost.

    Attributes
    ----------
    columns, targets
        A' and y'.
    mean, rows, intercept
        As of :class:`Singular`.
    """

    columns: Float[np.ndarray, "kept column"]
    targets: Float[np.ndarray, "kept output"]
    mean: Float[np.ndarray, " both"]
    rows: int
    intercept: bool

    @classmethod
    def of(cls, equations: Equations, *, intercept: bool) -> Compressed:
        """The triangle of one block of rows is put above the next; a single block is centred as it is."""
        start, width = int(intercept), equations.columns
        total: Any = np.zeros(())
        triangle: Any = np.zeros((0, 0))
        for both in _together(equations, ones=intercept):
            total = total + both.sum(axis=0)
            if len(both) == equations.rows:
                triangle = np.concatenate([np.zeros((start, both.shape[1])), both - total / len(both) * intercept])
            else:
                triangle = np.linalg.qr(np.concatenate([triangle.reshape(-1, both.shape[1]), both]), mode="r")
        if not np.isfinite(triangle).all():
            raise TrainingError("the states or the targets are not finite; scale the data.")
        A, y = triangle[start:, start : start + width], triangle[start:, start + width :]
        return cls(A, y, total[start:] / equations.rows * start, equations.rows, intercept)

    def singular(self) -> Singular:
        """By a singular value decomposition."""
        u, s, vt = np.linalg.svd(self.columns, full_matrices=False)
        projected = u.T @ self.targets
        outside = float(np.sum((self.targets - u @ projected) ** 2))
        return Singular(s, vt, projected, outside, self.mean, self.rows, self.intercept)


@dataclass(frozen=True, eq=False)
class Moments:
    """``A^T A``, ``A^T y`` and ``|y|^2`` of centred equations: a quarter of the time, and half of the digits.

    Attributes
    ----------
    gram, mixed, square
        These.
    mean, rows, intercept
        As of :class:`Singular`.
    """

    gram: Float[np.ndarray, "column column"]
    mixed: Float[np.ndarray, "column output"]
    square: Float[np.ndarray, "output output"]
    mean: Float[np.ndarray, " both"]
    rows: int
    intercept: bool

    @classmethod
    def of(cls, equations: Equations, *, intercept: bool) -> Moments:
        """Sums over blocks, each taken relative to the mean of the first, so that little cancels."""
        width = equations.columns
        products, total, shift = _sums(equations, intercept)
        mean = total / equations.rows * intercept
        products -= equations.rows * np.outer(mean, mean)
        if not np.isfinite(products).all():
            raise TrainingError("the states or the targets are not finite; scale the data.")
        gram, mixed, square = products[:width, :width], products[:width, width:], products[width:, width:]
        return cls(gram, mixed, square, mean + shift, equations.rows, intercept)

    @property
    def rounding(self) -> float:
        """What a strength must reach so that the rounding of the moments changes no weight by more than a per cent."""
        return 100 * np.finfo(float).eps * float(np.trace(self.gram))

    def singular(self) -> Singular:
        """From the eigenvalues ``w = s^2``; those that are no more than rounding are left out."""
        w, v = np.linalg.eigh(self.gram)
        good = w > self.rounding
        s, vt = np.sqrt(w[good]), v[:, good].T
        projected = (vt @ self.mixed) / s[:, None]
        outside = max(float(np.trace(self.square) - np.sum(projected**2)), 0.0)
        return Singular(s, vt, projected, outside, self.mean, self.rows, self.intercept)


def _sums(equations: Equations, intercept: bool) -> tuple[Any, Any, Any]:
    """Products and sums of all rows less a shift, and this.

    A matrix library that may use one processor alone leaves the others idle: so the products of some blocks are taken
    while the rows of the next are made. Block k goes to sum k mod 2, however many processors there are, which makes the
    bytes the same everywhere.
    """
    sums: list[Any] = [None] * _AT_ONCE

    def add(place: int, rows: Float[np.ndarray, "row both"], shift: Float[np.ndarray, " both"]) -> None:
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is found in the sums
            np.subtract(rows, shift, out=rows)
            products, total = rows.T @ rows, rows.sum(axis=0)
        sums[place] = (products, total) if sums[place] is None else (sums[place][0] + products, sums[place][1] + total)

    running: list[Future[None]] = []
    shift = np.zeros(())
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for k, rows in enumerate(_together(equations, lent=_AT_ONCE + 1)):
            if k == 0:
                shift = rows.mean(axis=0) * intercept
            if k >= _AT_ONCE:
                running[k - _AT_ONCE].result()
            running.append(pool.submit(add, k % _AT_ONCE, rows, shift))
        for one in running:
            one.result()
    products, total = (sum(parts) for parts in zip(*filter(None, sums), strict=True))
    return products, total, shift


def _together(equations: Equations, *, ones: bool = False, lent: int = 1) -> Iterator[Float[np.ndarray, "row both"]]:
    """``(1, A, y)`` side by side in larger blocks: each is good until ``lent`` more have been asked for."""
    if equations.rows < 1:
        raise InputError("ridge regression needs one equation at least; none is left after the washout.")
    start, buffer, filled, seen = int(ones), np.zeros((0, 0)), 0, 0
    lent_before: deque[Float[np.ndarray, "row both"]] = deque()
    for A, y in equations.blocks():
        seen += _rows_of(A, y, equations.columns)
        if seen > equations.rows:
            break
        if not buffer.size:
            buffer = np.ones((min(_TOGETHER, equations.rows), start + A.shape[1] + y.shape[1]))
        if buffer.shape[1] != start + A.shape[1] + y.shape[1]:
            raise InputError("every block must have as many outputs as the first.")
        taken = 0
        while taken < len(A):
            part = slice(taken, taken + len(buffer) - filled)
            rows = slice(filled, filled + len(A[part]))
            buffer[rows, start : start + A.shape[1]], buffer[rows, start + A.shape[1] :] = A[part], y[part]
            taken, filled = part.stop, rows.stop
            if filled == len(buffer):
                yield buffer
                lent_before.append(buffer)
                buffer = lent_before.popleft() if len(lent_before) == lent else np.empty_like(buffer)
                buffer[:, :start], filled = 1.0, 0
    if seen != equations.rows:
        more = " or more" * (seen > equations.rows)
        raise InputError(f"the blocks were to have {equations.rows} rows together and have {seen}{more}.")
    if filled:
        yield buffer[:filled]


def _rows_of(A: Any, y: Any, columns: int) -> int:
    """How many rows a block has; an :class:`InputError` unless it is of the shapes that were announced."""
    if np.ndim(A) != 2 or np.ndim(y) != 2 or np.shape(A)[1] != columns or len(A) != len(y):
        raise InputError(
            f"every block must have columns (row, {columns}) and targets (row, output) of as many rows; came "
            f"{np.shape(A)} and {np.shape(y)}."
        )
    return len(A)
