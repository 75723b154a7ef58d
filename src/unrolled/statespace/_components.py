"""The parts that a structural model is made of: level, trend, season, cycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, TypeAlias

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_flag, require_number, require_whole
from unrolled.errors import InputError
from unrolled.types import AnyArray

__all__ = ["Block", "Component", "Cycle", "Level", "Parameter", "Season", "Trend", "parsed_component"]

# How many harmonics a season has unless it is said.
_USUAL_HARMONICS = 8
_MOST_HARMONICS = 500
_LONGEST = 1e6


class Parameter(NamedTuple):
    """One number that is learned.

    Attributes
    ----------
    name
        What it is called in tables.
    kind
        ``"deviation"``: a standard deviation, in units of y; ``"share"``: between 0 and 1; ``"period"``: in steps.
    start
        Where learning begins; a deviation in units of the standard deviation of y.
    """

    name: str
    kind: str
    start: float


class Block(NamedTuple):
    """What a component adds to a system.

    Attributes
    ----------
    W, v, Q
        Its own hidden units: their matrix, what of them is observed, the covariance of their noise.
    P
        Covariance of the first state; infinite on the diagonal: nothing is known of it.
    """

    W: Float[AnyArray, "unit unit"]
    v: Float[AnyArray, " unit"]
    Q: Float[AnyArray, "unit unit"]
    P: Float[AnyArray, "unit unit"]


@dataclass(frozen=True)
class Level:
    """A random walk: ``l_t = l_{t-1} + w_t``, with ``w_t ~ N(0, level^2)``.

    Examples
    --------
    >>> from unrolled.statespace import Level
    >>> [p.name for p in Level().parameters]
    ['level']
    """

    label: ClassVar[str] = "level"
    units: ClassVar[int] = 1

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The deviation of its steps."""
        return (Parameter("level", "deviation", 0.3),)

    def check(self) -> None:
        """Nothing can be out of range."""

    def block(self, values: Mapping[str, Any]) -> Block:
        """One unit."""
        one = np.ones((1, 1))
        return Block(one, np.ones(1), jnp.reshape(values["level"] ** 2, (1, 1)), _unknown(1))


@dataclass(frozen=True)
class Trend:
    """A level that moves by a slope: ``l_t = l_{t-1} + s_{t-1} + w_t``, ``s_t = phi s_{t-1} + v_t``.

    Attributes
    ----------
    damped
        Whether phi is learned, between 0 and 1, so that a forecast levels off; otherwise it is 1.

    Examples
    --------
    >>> from unrolled.statespace import Trend
    >>> [p.name for p in Trend(damped=True).parameters]
    ['level', 'slope', 'damping of slope']
    """

    label: ClassVar[str] = "trend"
    units: ClassVar[int] = 2

    damped: bool = False

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The deviations of both noises, and phi."""
        both = (Parameter("level", "deviation", 0.3), Parameter("slope", "deviation", 0.03))
        return (*both, Parameter("damping of slope", "share", 0.95)) if self.damped else both

    def check(self) -> None:
        """Raise an :class:`InputError` unless ``damped`` says yes or no."""
        require_flag("damped", self.damped)

    def block(self, values: Mapping[str, Any]) -> Block:
        """Level, slope."""
        phi = values["damping of slope"] if self.damped else 1.0
        W = jnp.array([[1.0, 1.0], [0.0, 0.0]]).at[1, 1].set(phi)
        Q = jnp.diag(jnp.stack([values["level"] ** 2, values["slope"] ** 2]))
        return Block(W, np.array([1.0, 0.0]), Q, _unknown(2))


@dataclass(frozen=True)
class Season:
    """What repeats after a period, which need not be a whole number of steps: harmonics that turn, slowly changing.

    Harmonic j turns by ``2 pi j / period`` a step; the noise of all has one deviation.

    Attributes
    ----------
    period
        In steps, at least 2.
    harmonics
        How many; if left out as many as the period has, at most 8.

    Examples
    --------
    >>> from unrolled.statespace import Season
    >>> Season(4).units, Season(12.5, harmonics=2).units
    (3, 4)
    """

    period: float
    harmonics: int | None = None

    @property
    def label(self) -> str:
        """With the period."""
        return f"season {self.period:g}"

    @property
    def count(self) -> int:
        """How many harmonics."""
        return min(int(self.period // 2), _USUAL_HARMONICS) if self.harmonics is None else self.harmonics

    @property
    def units(self) -> int:
        """Two a harmonic, one where it changes sign at every step."""
        return 2 * self.count - (2 * self.count == self.period)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The deviation of the noise."""
        return (Parameter(self.label, "deviation", 0.03),)

    def check(self) -> None:
        """Raise an :class:`InputError` if there is no such season."""
        require_number("period", self.period, least=2, most=_LONGEST)
        if self.harmonics is not None:
            most = min(int(self.period // 2), _MOST_HARMONICS)
            require_whole("harmonics", self.harmonics, 1, most)

    def block(self, values: Mapping[str, Any]) -> Block:
        """A turn a harmonic."""
        W = np.zeros((2 * self.count, 2 * self.count))
        for j in range(self.count):
            W[2 * j : 2 * j + 2, 2 * j : 2 * j + 2] = _turn(2 * np.pi * (j + 1) / self.period)
        n = self.units
        v = np.tile([1.0, 0.0], self.count)[:n]
        return Block(W[:n, :n], v, values[self.label] ** 2 * jnp.eye(n), _unknown(n))


@dataclass(frozen=True)
class Cycle:
    """An oscillation that noise drives and damping forgets: ``c_t = damping * turn(2 pi / period) c_{t-1} + w_t``.

    Attributes
    ----------
    period
        In steps, more than 2: where learning begins; if left out, found in the data.

    Examples
    --------
    >>> from unrolled.statespace import Cycle
    >>> [p.name for p in Cycle(period=11).parameters]
    ['cycle', 'period of cycle', 'damping of cycle']
    """

    label: ClassVar[str] = "cycle"
    units: ClassVar[int] = 2

    period: float | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The deviation of the noise, the period, the damping."""
        return (
            Parameter("cycle", "deviation", 0.3),
            Parameter("period of cycle", "period", self.period or np.nan),
            Parameter("damping of cycle", "share", 0.95),
        )

    def check(self) -> None:
        """Raise an :class:`InputError` if there is no such period."""
        if self.period is not None:
            require_number("period", self.period, above=2, most=_LONGEST)

    def block(self, values: Mapping[str, Any]) -> Block:
        """A damped turn; it begins as it is on the long run."""
        rho, variance = values["damping of cycle"], values["cycle"] ** 2
        W = rho * _turn(2 * jnp.pi / values["period of cycle"])
        return Block(W, np.array([1.0, 0.0]), variance * jnp.eye(2), variance / (1 - rho**2) * jnp.eye(2))


#: A part of a series that has hidden units of its own.
Component: TypeAlias = Level | Trend | Season | Cycle


def parsed_component(text: str) -> Component:
    """A component as it is written: ``level``, ``damped-trend``, ``season:12``, ``season:12.5:3``, ``cycle:11``."""
    word, *numbers = [part.strip() for part in text.split(":")]
    try:
        given = [float(number) for number in numbers]
    except ValueError:
        given = None
    if word in ("level", "trend", "damped-trend") and given == []:
        return Level() if word == "level" else Trend(word == "damped-trend")
    if word == "cycle" and given is not None and len(given) <= 1:
        return Cycle(*given)
    if word == "season" and given and len(given) <= 2 and all(one.is_integer() for one in given[1:]):
        return Season(given[0], *map(int, given[1:]))
    raise InputError(
        f"a component is level, trend, damped-trend, season:PERIOD, season:PERIOD:HARMONICS, cycle or cycle:PERIOD; "
        f"came {text!r}."
    )


def _turn(angle: Any) -> Float[AnyArray, "2 2"]:
    """By that angle, as a matrix."""
    of = np if isinstance(angle, float) else jnp  # what is known is known before anything is compiled
    return of.stack([of.stack([of.cos(angle), of.sin(angle)]), of.stack([-of.sin(angle), of.cos(angle)])])


def _unknown(units: int) -> np.ndarray:
    return np.diag(np.full(units, np.inf))
