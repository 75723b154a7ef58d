"""Linear dynamical systems with Gaussian noise: what they are made of."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import numpy as np

from unrolled.arguments import require_array, require_kind
from unrolled.errors import InputError
from unrolled.types import AnyArray

__all__ = ["LinearGaussian", "checked_system"]

# What a covariance may lack in symmetry, and have in negative eigenvalues, by rounding.
_ROUNDING = 1e-10
# The share of the largest entry that a variance of zero may have lost in sums.
_OF_SUMS = 1e-14
_AXES = {
    "W": ("unit", "unit"), "V": ("feature", "unit"), "Q": ("unit", "unit"), "R": ("feature", "feature"),
    "m": ("unit",), "P": ("unit", "unit"), "b": ("unit",), "c": ("feature",), "U": ("unit", "input"),
    "D": ("feature", "input"),
}  # fmt: skip


@jax.tree_util.register_dataclass
@dataclass(frozen=True, eq=False)
class LinearGaussian:
    """A recurrent network without activation function, but with noise, so that its hidden state has exact inference.

    ``h_1 ~ N(m, P)``, ``h_t = W h_{t-1} + U x_t + b + w_t`` for t > 1, ``y_t = V h_t + D x_t + c + e_t``, where
    ``w_t ~ N(0, Q)`` and ``e_t ~ N(0, R)`` are independent of all else.

    Attributes
    ----------
    W
        Hidden to hidden, shape ``(unit, unit)``.
    V
        Hidden to what is observed, ``(feature, unit)``.
    Q, R
        Covariances of the noise of states and observations, ``(unit, unit)`` and ``(feature, feature)``.
    m, P
        Mean and covariance of the first state, ``(unit,)`` and ``(unit, unit)``.
    b, c
        Biases, ``(unit,)`` and ``(feature,)``; ``None`` is zero.
    U, D
        From inputs to states and to observations, ``(unit, input)`` and ``(feature, input)``; ``None`` is zero.

    References
    ----------
    R. E. Kalman, Journal of Basic Engineering 82 (1960) 35; S. Roweis and Z. Ghahramani, Neural Computation 11 (1999)
    305.

    Examples
    --------
    A random walk that is seen through noise.

    >>> import numpy as np
    >>> from unrolled.statespace import LinearGaussian, filter_states
    >>> one = np.eye(1)
    >>> walk = LinearGaussian(W=one, V=one, Q=0.1 * one, R=one, m=np.zeros(1), P=one)
    >>> filter_states(walk, [1.0, 2.0, 3.0]).mean.round(3).tolist()
    [[0.5], [1.062], [1.686]]
    """

    # Shapes are for check() to judge: whoever makes a system by hand gets a sentence.
    W: AnyArray
    V: AnyArray
    Q: AnyArray
    R: AnyArray
    m: AnyArray
    P: AnyArray
    b: AnyArray | None = None
    c: AnyArray | None = None
    U: AnyArray | None = None
    D: AnyArray | None = None

    @property
    def units(self) -> int:
        """How many components the hidden state has."""
        return self.W.shape[-1]

    @property
    def features(self) -> int:
        """How many components an observation has."""
        return self.V.shape[-2]

    @property
    def inputs(self) -> int:
        """How many inputs it takes; 0 without U and D."""
        return next((matrix.shape[-1] for matrix in (self.U, self.D) if matrix is not None), 0)

    @property
    def present(self) -> tuple[str, ...]:
        """The names of the parts that are there."""
        return tuple(name for name in _AXES if getattr(self, name) is not None)

    def check(self) -> LinearGaussian:
        """The same in float64, or an :class:`InputError` that names the part that cannot be.

        Shapes must fit, every number must be finite, and Q, R and P must be symmetric without a negative eigenvalue.
        """
        parts = {name: np.asarray(require_array(name, getattr(self, name), *_AXES[name]), np.float64)
                 for name in self.present}  # fmt: skip
        if not (parts["W"].size and parts["V"].size):
            raise InputError("a linear dynamical system needs a hidden unit and a feature; W or V is empty.")
        sizes = {"unit": parts["W"].shape[0], "feature": parts["V"].shape[0]}
        for name, part in parts.items():
            _check_shape(name, part, sizes)
        for name in ("Q", "R", "P"):
            _check_covariance(name, parts[name])
        return LinearGaussian(**parts)


def checked_system(model: LinearGaussian) -> LinearGaussian:
    """The system in float64, or an :class:`InputError` unless it is one, and one that can be."""
    require_kind("model", model, LinearGaussian)
    return model.check()


def _check_shape(name: str, part: np.ndarray, sizes: dict[str, int]) -> None:
    wanted = tuple(sizes.setdefault(axis, size) for axis, size in zip(_AXES[name], part.shape, strict=True))
    if part.shape != wanted:
        raise InputError(f"{name} must have shape ({', '.join(_AXES[name])}) = {wanted}; came {part.shape}.")
    if not np.isfinite(part).all():
        raise InputError(f"{name} holds {part[~np.isfinite(part)][0]}; every number must be finite.")


def _check_covariance(name: str, part: np.ndarray) -> None:
    diagonal = np.diagonal(part)
    if np.min(diagonal) < -_OF_SUMS * np.max(np.abs(part)):
        raise InputError(
            f"{name} must be a covariance: no variance is negative; entry {np.argmin(diagonal)} of its diagonal is "
            f"{np.min(diagonal):.3g}."
        )
    # In units in which the diagonal is 1, since units may differ by many orders of magnitude.
    size = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = part / size / size[:, None]
    if np.max(np.abs(scaled - scaled.T)) > _ROUNDING:
        raise InputError(f"{name} must be symmetric, as a covariance is; it differs from its transpose.")
    if np.linalg.eigvalsh(scaled)[0] < -_ROUNDING * len(part):
        lowest = np.linalg.eigvalsh(part)[0]
        raise InputError(
            f"{name} must be a covariance, without a negative eigenvalue; its lowest is {lowest:.3g}. No noise has it."
        )
