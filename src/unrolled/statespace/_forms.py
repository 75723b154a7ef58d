"""How the uncertainty of a state is carried from step to step: as a covariance, or as its square root."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from unrolled.errors import nearest_name

__all__ = [
    "FORMS",
    "Correction",
    "CovarianceForm",
    "Form",
    "SquareRootForm",
    "deviations",
    "masked",
    "require_form",
    "square_root",
]


class Correction(NamedTuple):
    """What an observation does to the uncertainty, whatever its value.

    Attributes
    ----------
    gain
        K, from what surprises to the state, ``(unit, feature)``.
    whitener
        The inverse of the lower triangular factor of ``S = V P V^T + R``, ``(feature, feature)``.
    factor
        Of the corrected covariance, in the form's own shape.
    """

    gain: Float[Array, "unit feature"]
    whitener: Float[Array, "feature feature"]
    factor: Float[Array, "unit unit"]

    def log_density(self, surprise: Float[Array, " feature"], seen: Bool[Array, " feature"]) -> Float[Array, ""]:
        """Of a Gaussian surprise: what is missing has surprise 0 and variance 1, so that it adds nothing."""
        white = self.whitener @ surprise
        determinant = jnp.sum(jnp.log(jnp.abs(jnp.diagonal(self.whitener))))
        return determinant - 0.5 * (white @ white + jnp.sum(seen) * jnp.log(2 * jnp.pi))


class Form(Protocol):
    """One way to carry the uncertainty."""

    def of(self, covariance: Float[Array, "unit unit"]) -> Float[Array, "unit unit"]:
        """A covariance in this form."""
        ...

    def size(self, factor: Float[Array, "unit unit"]) -> Float[Array, "unit _"]:
        """What each entry is to be compared with: units may differ by many orders of magnitude."""
        ...

    def covariance(self, factor: Float[Array, "*time unit unit"]) -> Float[Array, "*time unit unit"]:
        """The covariance back."""
        ...

    def correct(self, factor: Float[Array, "unit unit"], V: Array, R: Array) -> Correction:
        """After an observation; rows of V that are zero belong to what is missing, and R is 1 there."""
        ...

    def onward(self, factor: Float[Array, "unit unit"], W: Array, Q: Array) -> Float[Array, "unit unit"]:
        """One step on; Q is in this form."""
        ...


class CovarianceForm:
    """The covariance itself, corrected by a sum of two that are positive (Joseph), so that it stays positive."""

    def of(self, covariance: Float[Array, "unit unit"]) -> Float[Array, "unit unit"]:
        """The same."""
        return covariance

    def size(self, factor: Float[Array, "unit unit"]) -> Float[Array, "unit unit"]:
        """The deviations of both units, multiplied."""
        return deviations(factor)

    def covariance(self, factor: Float[Array, "*time unit unit"]) -> Float[Array, "*time unit unit"]:
        """The same."""
        return factor

    def correct(self, factor: Float[Array, "unit unit"], V: Array, R: Array) -> Correction:
        """``P <- (1 - K V) P (1 - K V)^T + K R K^T`` with ``K = P V^T S^-1``."""
        shared = factor @ V.T
        whitener = _inverse_factor(V @ shared + R)
        gain = (shared @ whitener.T) @ whitener
        left = jnp.eye(len(factor)) - gain @ V
        return Correction(gain, whitener, _symmetric(left @ factor @ left.T + gain @ R @ gain.T))

    def onward(self, factor: Float[Array, "unit unit"], W: Array, Q: Array) -> Float[Array, "unit unit"]:
        """``W P W^T + Q``."""
        return _symmetric(W @ factor @ W.T + Q)


class SquareRootForm:
    """A lower triangular L with ``P = L L^T``, carried by orthogonal factors.

    P cannot lose its sign, and L resolves twice as many digits.
    """

    def of(self, covariance: Float[Array, "unit unit"]) -> Float[Array, "unit unit"]:
        """Any square root, made triangular."""
        return _triangle(square_root(covariance))

    def size(self, factor: Float[Array, "unit unit"]) -> Float[Array, "unit 1"]:
        """The deviation of the unit, which is the length of its row."""
        return jnp.linalg.norm(factor, axis=1, keepdims=True)

    def covariance(self, factor: Float[Array, "*time unit unit"]) -> Float[Array, "*time unit unit"]:
        """``L L^T``."""
        return factor @ jnp.swapaxes(factor, -1, -2)

    def correct(self, factor: Float[Array, "unit unit"], V: Array, R: Array) -> Correction:
        """The array ``[[R^1/2, V L], [0, L]]``, made lower triangular from the right."""
        features = len(V)
        above = jnp.concatenate([square_root(R), V @ factor], axis=1)
        below = jnp.concatenate([jnp.zeros((len(factor), features)), factor], axis=1)
        made = _triangle(jnp.concatenate([above, below]))
        whitener = _inverse(made[:features, :features])
        return Correction(made[features:, :features] @ whitener, whitener, made[features:, features:])

    def onward(self, factor: Float[Array, "unit unit"], W: Array, Q: Array) -> Float[Array, "unit unit"]:
        """The array ``[W L, Q^1/2]``, made lower triangular."""
        return _triangle(jnp.concatenate([W @ factor, Q], axis=1))


#: The forms by name.
FORMS: dict[str, Form] = {"covariance": CovarianceForm(), "square-root": SquareRootForm()}


def require_form(form: str, more: tuple[str, ...] = ()) -> None:
    """Raise an :class:`~unrolled.errors.InputError` unless it is the name of a form."""
    if form not in (*FORMS, *more):
        raise nearest_name("form", form, (*FORMS, *more))


def masked(V: Array, R: Array, seen: Bool[Array, " feature"]) -> tuple[Array, Array]:
    """V and R of what was seen; the rest is a feature of its own that says nothing about the state."""
    both = seen[:, None] & seen
    return jnp.where(seen[:, None], V, 0.0), jnp.where(both, R, jnp.eye(len(R)) * ~seen)


def deviations(covariance: Float[Array, "n n"]) -> Float[Array, "n n"]:
    """``sqrt(P_ii P_jj)``, with which the entry i, j of a covariance is to be compared."""
    each = jnp.sqrt(jnp.maximum(jnp.diagonal(covariance), 0.0))
    return each[:, None] * each


def square_root(covariance: Float[Array, "n n"]) -> Float[Array, "n n"]:
    """A matrix whose product with its transpose is the covariance, which may be singular."""
    values, vectors = jnp.linalg.eigh(covariance)
    return vectors * jnp.sqrt(jnp.maximum(values, 0.0))


def _triangle(wide: Float[Array, "n m"]) -> Float[Array, "n n"]:
    """Lower triangular with the same product with its transpose, its diagonal positive so that it is the only one."""
    made = jnp.linalg.qr(wide.T, mode="r").T
    return made * jnp.where(jnp.diagonal(made) < 0, -1.0, 1.0)


def _symmetric(matrix: Float[Array, "n n"]) -> Float[Array, "n n"]:
    return 0.5 * (matrix + matrix.T)


def _inverse_factor(S: Float[Array, "n n"]) -> Float[Array, "n n"]:
    """The inverse of the Cholesky factor of S; NaN or infinite where S is not positive definite."""
    if len(S) == 1:
        return 1.0 / jnp.sqrt(S)
    return _inverse(jnp.linalg.cholesky(S))


def _inverse(L: Float[Array, "n n"]) -> Float[Array, "n n"]:
    if len(L) == 1:
        return 1.0 / L
    return jax.scipy.linalg.solve_triangular(L, jnp.eye(len(L)), lower=True)
