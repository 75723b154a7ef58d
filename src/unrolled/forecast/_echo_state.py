"""Echo state networks as estimators."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from unrolled.arguments import require_flag, require_whole
from unrolled.errors import InputError
from unrolled.forecast._base import Base
from unrolled.forecast._fitted_reservoir import FittedReservoir, fit_reservoir
from unrolled.forecast._reservoir_frame import frame_lags
from unrolled.learn import Watch, require_strength
from unrolled.networks import Reservoir, ReservoirDesign, member_keys
from unrolled.sequence import EchoStates
from unrolled.series import Series
from unrolled.windows import SCALES, fit_scaler

__all__ = ["EchoState"]

_MOST_MEMBERS, _MOST_STEPS = 10_000, 1_000_000_000
# Weights of all members together, those of W twice, since they are copied to be scaled: 8 GB.
_MOST_WEIGHTS = 1_000_000_000
_USUAL_WASHOUT = 200


@dataclass(frozen=True)
class EchoState:
    """An ensemble of echo state networks: fixed random reservoirs, of which only the readout is learned.

    ``h_t = (1 - leak) h_{t-1} + leak f(U z_t + W h_{t-1} + b)`` runs once over the whole known part, z being the
    scaled values; ``V (h_t, h_t^2, z_t) + c`` says z_{t+1} (or what a base leaves of it), V by ridge regression. The
    continuation feeds predictions back. The constructor only stores; :meth:`fit` checks.

    Attributes
    ----------
    units, rho, leak, input_scale, bias_scale, connections, activation
        Of every reservoir (:class:`~unrolled.networks.ReservoirDesign`).
    squares, direct
        Whether the readout sees the squares of the activities, and the values themselves.
    ridge
        The strength, or ``"gcv"``: chosen for each member by generalized cross-validation.
    washout
        How many leading steps are left out of the regression; a tenth of the steps, 200 at most, if ``None``.
    base
        A classical recurrence whose remainder is learned (:class:`Base`), or ``"none"``.
    scale
        Of the values: ``"standard"``, ``"range"`` or ``"none"``; a base has a scale of its own.
    members
        How many reservoirs.
    seed
        Decides the reservoirs; member i is the same in an ensemble of any size.
    name
        For tables and the report.

    References
    ----------
    H. Jaeger and H. Haas, Science 304 (2004) 78; M. Lukoševičius and H. Jaeger, Computer Science Review 3 (2009) 127.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.forecast import EchoState
    >>> wave = np.sin(0.3 * np.arange(300))
    >>> forecast = EchoState(units=50, members=2).fit(wave).predict(20)
    >>> bool(np.abs(forecast.mean[:, 0] - np.sin(0.3 * np.arange(300, 320))).max() < 1e-3)
    True
    """

    # What is said to whoever has more weights than steps.
    fewer_weights: ClassVar[str] = "Fewer units"

    units: int = 400
    rho: float = 0.9
    leak: float = 0.7
    input_scale: float = 0.2
    bias_scale: float = 0.5
    connections: int = 10
    activation: str = "tanh"
    squares: bool = True
    direct: bool = True
    ridge: float | str = "gcv"
    washout: int | None = None
    base: str = "none"
    scale: str = "standard"
    members: int = 8
    seed: int = 0
    name: str = "echo-state"

    @property
    def target(self) -> str:
        """The next value from those before."""
        return "window"

    @property
    def window(self) -> int:
        """How many known values a prediction needs before it: one, or those of the base."""
        return frame_lags(self.base)

    @property
    def design(self) -> ReservoirDesign:
        """The settings of every reservoir."""
        return ReservoirDesign(**{f.name: getattr(self, f.name) for f in fields(ReservoirDesign)})

    def check_settings(self) -> None:
        """Raise an :class:`InputError` that names the setting, if one is out of range for every series."""
        self.design.check()
        require_flag("squares", self.squares)
        require_flag("direct", self.direct)
        require_strength("ridge", self.ridge)
        if self.washout is not None:
            require_whole("washout", self.washout, 0, _MOST_STEPS)
        check_scale(self.base, self.scale)
        require_whole("members", self.members, 1, _MOST_MEMBERS)
        require_whole("seed", self.seed, 0, 2**63 - 1)

    def check(self, known: Series) -> None:
        """Raise an :class:`InputError` if this model could not learn that series; takes no time."""
        self.check_settings()
        points, features = known.values.shape
        least = max(Base.parse(self.base).least, self.window + 2)
        if points < least:
            raise InputError(f"{self.name} takes at least {least} known points; {known.name} has {points}.")
        known.require_even()
        first = self.first_row(points)
        if points - 1 <= first:
            raise InputError(
                f"a washout of {self.washout} steps leaves nothing of {points} known points to learn from; lower it."
            )
        if self.members * (self.units * (2 * self.connections + 3 * features) + 1) > _MOST_WEIGHTS:
            raise InputError(
                f"{self.members} reservoirs of {self.units} units have more than {_MOST_WEIGHTS:,} weights; take fewer "
                "units or members."
            )

    def first_row(self, points: int) -> int:
        """The first step whose next value is learned."""
        washout = min(points // 10, _USUAL_WASHOUT) if self.washout is None else self.washout
        return max(washout, self.window - 1)

    def fit(self, data: Any, *, watch: Watch | None = None) -> FittedReservoir:
        """Learn a series.

        Parameters
        ----------
        data
            A :class:`~unrolled.series.Series`, an array, a data frame, or the path of a file.
        watch
            Not called: nothing is iterated.

        Raises
        ------
        InputError
            A setting is out of range, or the series does not suit the model.
        TrainingError
            The readout is not finite.
        """
        del watch
        return fit_reservoir(self, data, self._expansions)

    def describe(self, features: int) -> dict[str, Any]:
        """The settings as plain data, for the report."""
        learned = (self.units * (1 + self.squares) + features * self.direct + 1) * features
        return asdict(self) | {"network": "reservoir", "learner": {"kind": "ridge"}, "parameters": learned}

    def _expansions(self, features: int) -> list[EchoStates]:
        """What the readout of each member sees."""
        reservoirs = (_drawn(self.design, features, self.seed, member) for member in range(self.members))
        return [EchoStates(one, self.squares, self.direct) for one in reservoirs]


@lru_cache(maxsize=64)
def _drawn(design: ReservoirDesign, features: int, seed: int, member: int) -> Reservoir:
    """The reservoir of a member; kept, because a model that is judged learns again and again from other points."""
    return design.draw(features, key=member_keys(seed, member + 1)[member])


def check_scale(base: Any, scale: Any) -> None:
    """Raise an :class:`InputError` unless base and scale have their forms and go together."""
    parsed = Base.parse(base)
    fit_scaler(np.zeros((2, 1)), scale) if isinstance(scale, str) else _unknown_scale(scale)
    if parsed.method is not None and scale == "range":
        raise InputError("a model with a base scales what it sees by itself: leave scale=range out.")


def _unknown_scale(scale: Any) -> None:
    raise InputError(f"scale must be one of {', '.join(SCALES)}; came {scale!r}.")
