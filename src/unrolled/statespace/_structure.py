"""Structural models: components put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import jax.scipy.linalg
import numpy as np
from jaxtyping import Float

from unrolled.arguments import require_kind, require_number
from unrolled.errors import InputError, nearest_name
from unrolled.statespace._components import Component, Cycle, Level, Parameter, Season, Trend, parsed_component
from unrolled.statespace._linear_gaussian import LinearGaussian
from unrolled.types import AnyArray, precision

__all__ = ["Structure"]

#: Variance of what nothing is known of, in units of that of y.
_UNKNOWN = 1e6


@dataclass(frozen=True)
class Structure:
    """A sum of components and noise: ``y_t = sum of components + e_t``, ``e_t ~ N(0, noise^2)``.

    Attributes
    ----------
    components
        What is added; each of :class:`Level`, :class:`Trend`, :class:`Season`, :class:`Cycle`.

    References
    ----------
    A. C. Harvey, Forecasting, Structural Time Series Models and the Kalman Filter (1989), chapter 2.

    Examples
    --------
    >>> from unrolled.statespace import Season, Structure, Trend
    >>> structure = Structure((Trend(), Season(12)))
    >>> structure == Structure.parse("trend, season:12"), structure.units
    (True, 13)
    >>> [parameter.name for parameter in structure.parameters]
    ['level', 'slope', 'season 12', 'noise']
    """

    components: tuple[Component, ...]

    @classmethod
    def parse(cls, text: str) -> Structure:
        """From words: ``"trend, season:12, cycle"``.

        Raises
        ------
        InputError
            An unknown component, a period that cannot be, or one component twice.
        """
        require_kind("components", text, str)
        made = cls(tuple(parsed_component(part.strip()) for part in text.split(",")))
        made.check()
        return made

    @property
    def units(self) -> int:
        """How many hidden units all have together."""
        return sum(component.units for component in self.components)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What is learned: of every component, and the noise."""
        own = [parameter for component in self.components for parameter in component.parameters]
        return (*own, Parameter("noise", "deviation", 0.5))

    def check(self) -> None:
        """Raise an :class:`InputError` if the components cannot stand together."""
        if not isinstance(self.components, tuple) or not self.components:
            raise InputError("a structure needs one component at least: level, trend, season or cycle.")
        for component in self.components:
            require_kind("component", component, (Level, Trend, Season, Cycle))
            component.check()
        names = [parameter.name for parameter in self.parameters]
        twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
        if twice is not None:
            raise InputError(f"two components have a {twice}, and only their sum could be known; leave one out.")

    def system(self, values: Mapping[str, float], *, variance: float = 1.0) -> LinearGaussian:
        """The linear dynamical system at these values of the parameters.

        Parameters
        ----------
        values
            By name, all of :attr:`parameters`: deviations in units of y, periods in steps, shares.
        variance
            Of y: what is not known of the first state has a million times that variance.

        Raises
        ------
        InputError
            A parameter that is missing, unknown, or out of range.

        Examples
        --------
        >>> from unrolled.statespace import Level, Structure
        >>> Structure((Level(),)).system({"level": 0.5, "noise": 2.0}).R.tolist()
        [[4.0]]
        """
        self.check()
        kinds = {parameter.name: parameter.kind for parameter in self.parameters}
        for name in values:
            if name not in kinds:
                raise nearest_name("parameter of the structure", name, kinds)
        for name, kind in kinds.items():
            if name not in values:
                raise InputError(f"the structure needs its {name}; give all of {', '.join(kinds)}.")
            _check_value(name, kind, values[name])
        require_number("variance", variance, above=0.0)
        with precision("float64"):
            made = self.assembled({name: jnp.asarray(float(values[name])) for name in kinds}, variance)
            return LinearGaussian(**{name: np.asarray(getattr(made, name)) for name in made.present})

    def assembled(self, values: Mapping[str, Any], variance: float = 1.0) -> LinearGaussian:
        """The same inside a compiled program, unchecked."""
        blocks = [component.block(values) for component in self.components]
        W, Q, P = (jax.scipy.linalg.block_diag(*(getattr(block, part) for block in blocks)) for part in "WQP")
        P = jnp.where(jnp.isinf(P), _UNKNOWN * variance, P)
        V = jnp.concatenate([jnp.asarray(block.v) for block in blocks])[None]
        return LinearGaussian(W, V, Q, jnp.reshape(values["noise"] ** 2, (1, 1)), jnp.zeros(self.units), P)

    @property
    def unknown(self) -> int:
        """Of how many hidden units nothing is known at the start: so many observations go into them."""
        return sum(component.units for component in self.components if not isinstance(component, Cycle))

    def split(
        self, mean: Float[AnyArray, "time unit"], covariance: Float[AnyArray, "time unit unit"]
    ) -> dict[str, tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]]:
        """What every component adds to y at every step, and its standard deviation, by label.

        Parameters
        ----------
        mean, covariance
            Of the states, filtered or smoothed.

        Examples
        --------
        >>> from unrolled.statespace import Level, Season, Structure, smooth_states
        >>> structure = Structure((Level(), Season(2)))
        >>> system = structure.system({"level": 0.1, "season 2": 0.1, "noise": 0.1})
        >>> found = smooth_states(system, [1.0, 3.0, 1.0, 3.0])
        >>> parts = structure.split(found.mean, found.covariance)
        >>> parts["level"][0].round(1).tolist(), parts["season 2"][0].round(1).tolist()
        ([2.0, 2.0, 2.0, 2.0], [-1.0, 1.0, -1.0, 1.0])
        """
        found, place = {}, 0
        for component in self.components:
            rows = slice(place, place + component.units)
            place += component.units
            v = _shown(component)
            variance = np.einsum("i,tij,j->t", v, np.asarray(covariance)[:, rows, rows], v)
            found[component.label] = (np.asarray(mean)[:, rows] @ v, np.sqrt(np.maximum(variance, 0.0)))
        return found


def _shown(component: Component) -> np.ndarray:
    """What of its units is observed; it does not depend on the parameters."""
    values = {parameter.name: 0.5 for parameter in component.parameters}
    return np.asarray(component.block(values).v)


def _check_value(name: str, kind: str, value: Any) -> None:
    if kind == "deviation":
        require_number(name, value, least=0.0)
    elif kind == "share":
        require_number(name, value, least=0.0, below=1.0)
    else:
        require_number(name, value, above=2.0)


def components_of(given: str | Sequence[Component]) -> Structure:
    """From words, or from components."""
    if isinstance(given, str):
        return Structure.parse(given)
    structure = Structure(tuple(given))
    structure.check()
    return structure
