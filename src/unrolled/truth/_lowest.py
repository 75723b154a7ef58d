"""Eigenvalues of small symmetric matrices, to the last digits."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

__all__ = ["eigenvalue"]


def eigenvalue(matrix: Float[np.ndarray, "row row"], index: int = 0) -> float:
    r"""An eigenvalue of a symmetric matrix, counted from the lowest.

    The error of a diagonalization is a rounding of the *largest* element of the matrix, which in a large basis exceeds
    the lowest eigenvalues by far. The quotient :math:`c^T H c / c^T c` with the eigenvector found has the square of
    its error, and a rounding of the elements that the state lives on.

    Parameters
    ----------
    matrix
        H, shape ``(row, row)``.
    index
        0 for the lowest.

    Returns
    -------
    float
        The eigenvalue.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.truth._lowest import eigenvalue
    >>> round(eigenvalue(np.array([[2.0, 1.0], [1.0, 2.0]]), 1), 12)
    3.0
    """
    c = np.linalg.eigh(matrix)[1][:, index]
    return float(np.sum(np.multiply.outer(c, c) * matrix) / np.sum(c * c))
