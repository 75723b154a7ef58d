"""What a family of known series is, and one member of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from unrolled.series import Series

__all__ = ["POINTS", "Family", "Truth"]

# Twelve known points and twelve to continue.
POINTS = 24


@dataclass(frozen=True, eq=False)
class Truth:
    """One series that is known further than a forecast is shown.

    Attributes
    ----------
    family
        The name of the family it belongs to.
    parameters
        What distinguishes it within the family.
    series
        24 rows of one feature (20 to 24 where a solution ends), evenly spaced.
    frozen
        Whether it belongs to the region of the family that is kept for the last table only.
    noise
        Standard deviation of the noise that was added, in units of the standard deviation of the first 12 values.

    Examples
    --------
    >>> from unrolled.truth import truths
    >>> first = next(truths("partial-waves"))
    >>> first.family, len(first.series), first.frozen, first.noise
    ('partial-waves', 24, False, 0.0)
    """

    family: str
    parameters: Mapping[str, float]
    series: Series
    frozen: bool
    noise: float = 0.0


@dataclass(frozen=True, eq=False)
class Family:
    """Series of one physical origin, all known to rounding.

    Attributes
    ----------
    name
        By which the family is asked for.
    about
        One sentence on what the numbers are.
    provenance
        One sentence on where they come from: a formula, a paper.
    parameters
        One entry for each member: the arguments of ``make``.
    frozen
        Says of a member whether it is kept for the last table only: one connected region of the parameters.
    make
        Gives the series of a member, at least 24 points unless the solution ends before.

    Examples
    --------
    >>> from unrolled.truth import family
    >>> waves = family("partial-waves")
    >>> len(waves.make(**waves.parameters[0]))
    24
    """

    name: str
    about: str
    provenance: str
    parameters: tuple[Mapping[str, float], ...]
    frozen: Callable[[Mapping[str, float]], bool]
    make: Callable[..., Series]

    def members(self, *, frozen: bool | None = None) -> Iterator[Truth]:
        """Every member, made when it is asked for; only the open or the frozen ones if ``frozen`` says so."""
        for parameters in self.parameters:
            kept = self.frozen(parameters)
            if frozen is None or kept == frozen:
                yield Truth(self.name, parameters, self.make(**parameters).head(POINTS), kept)
