"""The spectral radius of a sparse matrix, to rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

__all__ = ["spectral_radius"]

# Up to this size all eigenvalues are as quick as the largest few.
_DENSE = 400
# So many of the largest: those of a random matrix lie close to a circle, and too few would converge slowly.
_WANTED = 8


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
    if W.shape[0] <= _DENSE:
        return float(np.max(np.abs(np.linalg.eigvals(W.toarray()))))
    from scipy.sparse.linalg import ArpackNoConvergence, eigs

    start = np.random.default_rng(0).normal(size=W.shape[0])  # so that the answer is the same every time
    try:
        found = eigs(W, k=_WANTED, ncv=8 * _WANTED, which="LM", v0=start, return_eigenvectors=False)
    except ArpackNoConvergence:
        found = np.linalg.eigvals(W.toarray())
    return float(np.max(np.abs(found)))
