"""Next-generation reservoirs as estimators: products of delayed values, and a ridge."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from unrolled.arguments import require_whole
from unrolled.errors import InputError
from unrolled.forecast._base import Base
from unrolled.forecast._echo_state import check_scale
from unrolled.forecast._fitted_reservoir import FittedReservoir, fit_reservoir
from unrolled.forecast._reservoir_frame import frame_lags
from unrolled.learn import Watch, require_strength
from unrolled.sequence import DelayProducts
from unrolled.series import Series

__all__ = ["NextGenerationReservoir"]

_MOST_DELAYS, _MOST_SKIP, _MOST_DEGREE = 1_000, 1_000_000, 8
_MOST_COLUMNS = 20_000


@dataclass(frozen=True)
class NextGenerationReservoir:
    """Products of delayed values up to a degree, and a linear readout of them: a reservoir without random weights.

    ``z_{t+1} = base(z_t, ...) + V (monomials of z_t, z_{t-s}, ..., z_{t-(k-1)s}) + c``. With the base ``persistence``
    it learns the step from one value to the next, as an integrator would.

    Attributes
    ----------
    delays, skip, degree
        k, s and the highest degree.
    ridge
        The strength, or ``"gcv"``: chosen by generalized cross-validation.
    base
        What is said first (:class:`Base`), or ``"none"``.
    scale
        Of the values: ``"standard"``, ``"range"`` or ``"none"``; a base has a scale of its own.
    seed
        Nothing here is random.
    name
        For tables and the report.

    References
    ----------
    D. J. Gauthier, E. Bollt, A. Griffith and W. A. S. Barbosa, Nature Communications 12 (2021) 5564.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.forecast import NextGenerationReservoir
    >>> logistic = [0.3]
    >>> for _ in range(40):
    ...     logistic.append(3.9 * logistic[-1] * (1 - logistic[-1]))
    >>> fitted = NextGenerationReservoir(delays=1, base="none", ridge=0.0).fit(logistic[:30])
    >>> bool(abs(fitted.predict(5).mean[:, 0] - logistic[30:35]).max() < 1e-9)
    True
    """

    # What is said to whoever has more weights than steps.
    fewer_weights: ClassVar[str] = "Fewer delays or a lower degree"

    delays: int = 2
    skip: int = 1
    degree: int = 2
    ridge: float | str = "gcv"
    base: str = "persistence"
    scale: str = "standard"
    seed: int = 0
    name: str = "next-generation-reservoir"

    @property
    def target(self) -> str:
        """The next value from those before."""
        return "window"

    @property
    def window(self) -> int:
        """How many known values a prediction needs before it."""
        return max((self.delays - 1) * self.skip + 1, frame_lags(self.base))

    def check_settings(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range for every series."""
        require_whole("delays", self.delays, 1, _MOST_DELAYS)
        require_whole("skip", self.skip, 1, _MOST_SKIP)
        require_whole("degree", self.degree, 1, _MOST_DEGREE)
        require_strength("ridge", self.ridge)
        check_scale(self.base, self.scale)
        require_whole("seed", self.seed, 0, 2**63 - 1)

    def check(self, known: Series) -> None:
        """Raise an :class:`InputError` if this model could not learn that series; takes no time."""
        self.check_settings()
        points, features = known.values.shape
        columns = self.expansion(features).width
        if columns > _MOST_COLUMNS:
            raise InputError(
                f"{self.delays} delays of {features} features have {columns:,} products up to degree {self.degree}, "
                f"more than {_MOST_COLUMNS:,}; take fewer delays or a lower degree."
            )
        least = max(Base.parse(self.base).least, self.window + 2)
        if points < least:
            raise InputError(f"{self.name} takes at least {least} known points here; {known.name} has {points}.")
        known.require_even()

    def first_row(self, points: int) -> int:
        """The first step whose next value is learned."""
        del points
        return self.window - 1

    def fit(self, data: Any, *, watch: Watch | None = None) -> FittedReservoir:
        """Learn a series; arguments and errors are those of :meth:`EchoState.fit`."""
        del watch
        return fit_reservoir(self, data, lambda features: [self.expansion(features)])

    def describe(self, features: int) -> dict[str, Any]:
        """The settings as plain data, for the report."""
        learned = (self.expansion(features).width + 1) * features
        return asdict(self) | {"network": "products of delays", "learner": {"kind": "ridge"}, "parameters": learned}

    def expansion(self, features: int) -> DelayProducts:
        """What the readout sees."""
        return DelayProducts(self.delays, self.skip, self.degree, features)
