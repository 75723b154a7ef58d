"""The spectral radius of a sparse matrix, to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from unrolled.errors import InputError

__all__ = ["spectral_radius"]

# Up to this size all eigenvalues are as quick as the largest few.
_DENSE = 400
# So many of the largest: those of a random matrix lie close to a circle, and too few would converge slowly.
_WANTED = 8
# Eigenvalues of W^m of almost one size part the more the larger m is: two shifts of a layer have many such. Products
# with W cost little beside the rest of an iteration, so the first power is no detour.
_POWERS = (8, 64, 512)
_RESTARTS = 30
_GROWTH_STEPS = 200


def spectral_radius(values: Float[np.ndarray, "connection unit"], senders: Int[np.ndarray, "connection unit"]) -> float:
    """``rho(W) = max |eigenvalue of W|`` of the matrix with ``W[i, senders[k, i]] = values[k, i]``.

    W is parted into its strongly connected components first, whose eigenvalues together are its own: a matrix without
    a loop is nilpotent, and its radius is 0 to the last bit, where an eigenvalue routine would find a number of size
    ``eps^(1/n)``.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.networks import spectral_radius
    >>> ring, chain = np.array([[1, 2, 0]]), np.array([[1, 2, 2]])
    >>> round(spectral_radius(np.array([[2.0, 2.0, 2.0]]), ring), 12)
    2.0
    >>> spectral_radius(np.array([[2.0, 2.0, 0.0]]), chain)
    0.0
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    units = values.shape[1]
    rows = np.broadcast_to(np.arange(units), senders.shape)
    used = values != 0
    W = coo_matrix((values[used], (rows[used], senders[used])), shape=(units, units)).tocsr()
    count, part = connected_components(W, directed=True, connection="strong")
    sizes = np.bincount(part, minlength=count)
    # A unit that is a component by itself has one eigenvalue: what it sends to itself.
    alone = sizes[part] == 1
    largest = float(np.max(np.abs(W.diagonal()[alone]), initial=0.0))
    for component in np.flatnonzero(sizes > 1):
        members = np.flatnonzero(part == component)
        largest = max(largest, _irreducible(W[members][:, members]))
    return largest


def _irreducible(W: Any) -> float:
    """Of one strongly connected component."""
    if W.nnz == W.shape[0]:  # one ring, all of whose eigenvalues have the geometric mean of its weights for their size
        return float(np.exp(np.mean(np.log(np.abs(W.data)))))
    if W.shape[0] <= _DENSE:
        return float(np.max(np.abs(np.linalg.eigvals(W.toarray()))))
    size = _growth(W)
    if not size > 0:
        return 0.0
    for power in _POWERS:
        found = _largest(W / size, power)
        if found is not None:
            return size * found
    raise InputError(
        f"the spectral radius of W ({W.shape[0]} units) was not found: too many of its eigenvalues are of one size; "
        "take more connections a unit."
    )


def _growth(W: Any) -> float:
    """The radius to a few per cent, by the power method: whatever is raised to a high power must be near 1."""
    x, logarithms = _start(W), []
    for _ in range(_GROWTH_STEPS):
        x = W @ x
        size = float(np.linalg.norm(x))
        if not size > 0:
            return 0.0
        logarithms.append(np.log(size))
        x = x / size
    return float(np.exp(np.mean(logarithms[_GROWTH_STEPS // 2 :])))


def _largest(W: Any, power: int) -> float | None:
    """From the largest eigenvalues of a power of W, by Arnoldi's iteration; ``None`` if that does not converge."""
    from scipy.sparse.linalg import ArpackError, aslinearoperator, eigs

    settings = {"k": _WANTED, "ncv": 8 * _WANTED, "which": "LM", "v0": _start(W), "maxiter": _RESTARTS}
    try:
        found = eigs(aslinearoperator(W) ** power, **settings, return_eigenvectors=False)
    except ArpackError:
        return None
    return float(np.max(np.abs(found)) ** (1 / power))


def _start(W: Any) -> np.ndarray:
    return np.random.default_rng(0).normal(size=W.shape[0])  # so that the answer is the same every time
