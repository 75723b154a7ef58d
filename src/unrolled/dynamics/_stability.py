"""What a fixed point (or a cycle) does to states nearby."""

from __future__ import annotations

import numpy as np
from jaxtyping import Complex, Float

from unrolled.types import AnyArray

__all__ = ["KINDS", "MARGIN", "stability"]

#: ``stable``: all nearby states come closer; ``saddle``: in some directions; ``unstable``: in none; ``marginal``: none
#: goes away, and in some direction none comes closer, to first order.
KINDS = ("stable", "saddle", "unstable", "marginal")
#: A modulus is taken for 1 where it is nearer to it than this.
MARGIN = 1e-6


def stability(eigenvalues: Complex[AnyArray, " state"] | Float[AnyArray, " state"]) -> str:
    """The kind of a fixed point from the eigenvalues of its Jacobian.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import stability
    >>> [stability(np.array(pair)) for pair in ((0.5, -0.9), (0.5, 2.0), (1.5, 2.0), (0.5, 1.0))]
    ['stable', 'saddle', 'unstable', 'marginal']
    """
    moduli = np.abs(eigenvalues)
    away = moduli > 1 + MARGIN
    if away.all():
        return "unstable"
    if away.any():
        return "saddle"
    return "stable" if (moduli < 1 - MARGIN).all() else "marginal"
