"""Ridge regression: the readout of an echo state network, in one step."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_flag, require_number, require_whole
from unrolled.errors import InputError, TrainingError
from unrolled.learn._equations import Compressed, Equations, Moments, Singular

__all__ = [
    "Ridge",
    "RidgeSolution",
    "generalized_cross_validation",
    "require_strength",
    "solve_ridge",
]

_MOST_WASHOUT = 1_000_000_000
# From so many multiplications on the moments are summed, which takes a quarter of the time of orthogonal factors.
_MANY = 2e9
# Strengths are tried in steps of an eighth of a decade.
_TRIALS_A_DECADE = 8


@dataclass(frozen=True)
class Ridge:
    """Learn V and c by ridge regression, everything before them staying as it is.

    ``V, c = argmin sum_t |V h_t + c - y_t|^2 + strength |V|^2`` in float64, c not penalized. The equations are reduced
    to a triangle by orthogonal factors, block by block, and solved by singular values or another such factorization;
    sums of very many are taken as moments and solved by Cholesky's factors or eigenvalues, where the strength stands
    above their rounding. No matrix is inverted, and there may be fewer steps than units.

    Attributes
    ----------
    strength
        A number of at least 0, or ``"gcv"``: what minimizes :func:`generalized_cross_validation`.
    intercept
        Whether to learn c; otherwise it is zero.
    washout
        How many leading steps of every sequence are left out, while the states still remember how they began.

    References
    ----------
    G. H. Golub, M. Heath and G. Wahba, Technometrics 21 (1979) 215.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.learn import Ridge
    >>> from unrolled.networks import NetworkDesign
    >>> from unrolled.sequence import SequenceModel
    >>> from unrolled.types import Batch
    >>> inputs = np.random.default_rng(0).normal(size=(1, 100, 2))
    >>> targets = inputs @ np.array([[3.0], [-1.0]]) + 2
    >>> fitted = SequenceModel(NetworkDesign(), Ridge(washout=20)).fit(Batch(inputs, targets))
    >>> fitted.networks.weights()["readout.V"].round(9).tolist()
    [[[3.0, -1.0]]]
    """

    strength: float | str = "gcv"
    intercept: bool = True
    washout: int = 0

    def check(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range."""
        require_strength("strength", self.strength)
        require_flag("intercept", self.intercept)
        require_whole("washout", self.washout, 0, _MOST_WASHOUT)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def describe(self) -> dict[str, Any]:
        """The settings as plain data for people."""
        return self.to_dict() | {"kind": "ridge"}


def require_strength(name: str, strength: Any) -> None:
    """Raise an :class:`InputError` unless it is a number of at least 0, or ``"gcv"``."""
    if isinstance(strength, str):
        if strength == "gcv":
            return
        raise InputError(f"{name} must be a number of at least 0, or 'gcv'; came {strength!r}.")
    require_number(name, strength, least=0.0)


@dataclass(frozen=True, eq=False)
class RidgeSolution:
    """What a ridge regression found.

    Attributes
    ----------
    V, c
        Weights ``(output, column)`` and intercepts ``(output,)``.
    strength
        What it was made with.
    rows
        How many equations there were.
    freedom
        The effective number of parameters, the intercept included: ``sum s^2 / (s^2 + strength)`` over singular values.
        NaN where no singular values were needed.
    """

    V: Float[np.ndarray, "output column"]
    c: Float[np.ndarray, " output"]
    strength: float
    rows: int
    freedom: float

    @property
    def underdetermined(self) -> bool:
        """Whether there were fewer equations than unknowns, so that the ridge alone decides the rest."""
        return self.rows < self.V.shape[1]


def solve_ridge(equations: Equations, strength: float | str = "gcv", *, intercept: bool = True) -> RidgeSolution:
    """Solve ``V h_t + c = y_t`` in the sense of :class:`Ridge`.

    Parameters
    ----------
    equations
        Their rows, in blocks.
    strength, intercept
        As in :class:`Ridge`.

    Raises
    ------
    InputError
        No rows, blocks that are not of the shapes that were announced, or a setting that is out of range.
    TrainingError
        Rows or the solution are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.learn import Equations, solve_ridge
    >>> x = np.arange(4.0)[:, None]
    >>> solve_ridge(Equations.of(x, 2 * x + 1), strength=5.0).V.round(12).tolist()  # 10 / (5 + 5)
    [[1.0]]
    """
    if not isinstance(equations, Equations):
        raise InputError(
            f"equations must be Equations; came {type(equations).__name__}; Equations.of(columns, targets) makes them."
        )
    require_strength("strength", strength)
    require_flag("intercept", intercept)
    if equations.rows * equations.columns**2 > _MANY and equations.rows > equations.columns:
        found = _by_moments(Moments.of(equations, intercept=intercept), strength)
        if found is not None:
            return _checked(found)
    return _checked(_by_values(Compressed.of(equations, intercept=intercept).singular(), strength))


def generalized_cross_validation(
    singular: Float[np.ndarray, " value"],
    projected: Float[np.ndarray, "value output"],
    outside: float,
    rows: int,
    strengths: Float[np.ndarray, " trial"],
    *,
    intercept: bool = True,
) -> Float[np.ndarray, " trial"]:
    """``GCV = n |y - y'|^2 / (n - freedom)^2`` for many strengths, from one singular value decomposition.

    With ``f = s^2 / (s^2 + strength)``: ``|y - y'|^2 = sum (1 - f)^2 (u y)^2 + outside``, ``freedom = sum f`` and one
    for an intercept. Infinite where as many parameters as equations are in effect.

    Parameters
    ----------
    singular
        s.
    projected
        u y: the targets in the directions that the columns reach.
    outside
        The sum of squares of the targets in all other directions.
    rows
        n.
    strengths
        To be tried.
    intercept
        Whether one was taken out of columns and targets.
    """
    shrunk = strengths[:, None] / (singular**2 + strengths[:, None])  # 1 - f
    error = shrunk**2 @ np.sum(projected**2, axis=1) + outside
    left = rows - intercept - len(singular) + np.sum(shrunk, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(left > 1e-9 * rows, rows * error / left**2, np.inf)


def _by_moments(moments: Moments, strength: float | str) -> RidgeSolution | None:
    """``(A^T A + strength) V^T = A^T y`` by Cholesky's factors or eigenvalues; ``None``: that took more digits."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    if strength == "gcv":
        singular = moments.singular()
        # What was left out as rounding may be just what the targets need.
        return _by_values(singular, strength, moments.rounding) if len(singular.s) == len(moments.gram) else None
    if float(strength) < moments.rounding:
        return None
    lifted = moments.gram.copy()
    lifted[np.diag_indices_from(lifted)] += float(strength)
    try:
        V = cho_solve(cho_factor(lifted, overwrite_a=True, check_finite=False), moments.mixed).T
    except LinAlgError:
        return None
    return RidgeSolution(V, _constant(moments.mean, V), float(strength), moments.rows, np.nan)


def _by_values(singular: Singular, strength: float | str, least: float = 0.0) -> RidgeSolution:
    """By singular values, which also say what every strength would give."""
    s, vt = singular.s, singular.vt
    rounding = max(vt.shape) * np.finfo(float).eps * max(s, default=0.0)
    if strength == "gcv":
        strength = _best(singular, max(least, rounding**2, np.finfo(float).tiny))
    # Without a ridge what is no more than rounding counts as nothing: the shortest solution.
    seen = s > (rounding if strength == 0 else 0.0)
    inverse = np.where(seen, s, 0.0) / np.where(seen, s**2 + float(strength), 1.0)
    V = (vt.T @ (inverse[:, None] * singular.projected)).T
    freedom = float(np.sum(inverse * s)) + singular.intercept
    return RidgeSolution(V, _constant(singular.mean, V), float(strength), singular.rows, freedom)


def _best(singular: Singular, least: float) -> float:
    top = max(10 * max(singular.s, default=0.0) ** 2, least)
    trials = np.geomspace(least, top, int(np.log10(top / least) * _TRIALS_A_DECADE) + 1)
    s, projected, outside, rows = singular.s, singular.projected, singular.outside, singular.rows
    scores = generalized_cross_validation(s, projected, outside, rows, trials, intercept=singular.intercept)
    return float(trials[np.argmin(scores)])


def _constant(mean: Float[np.ndarray, " both"], V: Float[np.ndarray, "output column"]) -> Float[np.ndarray, " output"]:
    """The intercept that belongs to V."""
    return mean[V.shape[1] :] - V @ mean[: V.shape[1]]


def _checked(solution: RidgeSolution) -> RidgeSolution:
    if not (np.isfinite(solution.V).all() and np.isfinite(solution.c).all()):
        raise TrainingError("ridge regression found no finite solution; scale the data.")
    return solution
