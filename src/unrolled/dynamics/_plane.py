"""A plane through the states of a system, to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from unrolled.arguments import require_array, require_kind, require_whole
from unrolled.compilation import compiled
from unrolled.dynamics._system import System, require_system
from unrolled.dynamics._trajectory import steps_of
from unrolled.errors import InputError
from unrolled.types import precision

__all__ = ["MotionInPlane", "Plane", "motion_in_plane", "plane_of"]

_FINEST = 1_000


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane: a point in it, and two orthonormal directions.

    Attributes
    ----------
    centre
        ``(state,)``.
    directions
        ``(2, state)``.
    shares
        The share of the variance of what it was laid through that each direction holds; 1 of a state of two numbers.
    """

    centre: Float[np.ndarray, " state"]
    directions: Float[np.ndarray, "two state"]
    shares: tuple[float, float]

    @property
    def whole(self) -> bool:
        """Whether the states have two numbers only, so that nothing is left out."""
        return self.directions.shape[1] == self.directions.shape[0]

    def project(self, states: Float[np.ndarray, "*time state"]) -> Float[np.ndarray, "*time two"]:
        """Where states lie in it."""
        return (states - self.centre) @ self.directions.T

    def lift(self, places: Float[np.ndarray, "*time two"]) -> Float[np.ndarray, "*time state"]:
        """The states at places in it."""
        return self.centre + places @ self.directions


@dataclass(frozen=True, eq=False)
class MotionInPlane:
    """The step that a system takes from a grid of states in a plane.

    Attributes
    ----------
    first, second
        The coordinates of the grid.
    steps
        ``F(h) - h`` along both directions, ``(second, first, 2)``.
    speeds
        Its size in all directions, ``(second, first)``.
    """

    first: Float[np.ndarray, " first"]
    second: Float[np.ndarray, " second"]
    steps: Float[np.ndarray, "second first two"]
    speeds: Float[np.ndarray, "second first"]


def plane_of(states: Any) -> Plane:
    """The plane of the two largest principal components; of states of two numbers the plane of these.

    Parameters
    ----------
    states
        ``(time, state)``: a trajectory, fixed points, or both one below the other.

    Raises
    ------
    InputError
        A single number in a state, no state, or one that is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import plane_of
    >>> line = np.outer(np.arange(5.0), [3.0, 4.0, 0.0])
    >>> plane_of(line).shares[0].__round__(6)
    1.0
    """
    points = np.asarray(require_array("states", states, "time", "state"), np.float64)
    if points.shape[1] < 2 or not len(points) or not np.isfinite(points).all():
        raise InputError(f"a plane needs finite states of two numbers at least; came shape {points.shape}.")
    if points.shape[1] == 2:
        return Plane(np.zeros(2), np.eye(2), (1.0, 1.0))
    centre = points.mean(axis=0)
    _, s, directions = np.linalg.svd(points - centre, full_matrices=len(points) < 2)
    directions = directions[:2]
    # Either direction could be turned round: the largest part of each is positive.
    directions = directions * np.where(directions.max(axis=1) >= -directions.min(axis=1), 1, -1)[:, None]
    variance = np.concatenate([s**2, np.zeros(2)])
    total = max(float(variance.sum()), np.finfo(float).tiny)
    return Plane(centre, directions, (float(variance[0] / total), float(variance[1] / total)))


def motion_in_plane(
    system: System, plane: Plane, first: Any, second: Any, *, inputs: Any = None, grid: int = 25
) -> MotionInPlane:
    """How a system moves from states in a plane, seen in that plane.

    Parameters
    ----------
    system, inputs
        As in :func:`~unrolled.dynamics.fixed_points`.
    plane
        From :func:`plane_of`.
    first, second
        The least and the greatest coordinate along each direction.
    grid
        How many states along each.

    Raises
    ------
    InputError
        A plane of other states, or an argument out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.dynamics import henon_map, motion_in_plane, plane_of
    >>> plane = plane_of(np.zeros((1, 2)))
    >>> motion_in_plane(henon_map(), plane, (-1, 1), (-1, 1), grid=3).steps[1, 1].tolist()  # from (0, 0) to (1, 0)
    [1.0, 0.0]
    """
    require_system(system)
    require_kind("plane", plane, Plane)
    if plane.directions.shape[1] != system.size:
        raise InputError(f"the plane lies among states of {plane.directions.shape[1]} numbers, not of {system.size}.")
    grid = require_whole("grid", grid, 2, _FINEST)
    _, x = steps_of(system, 1, inputs)
    if x.ndim != 1:
        raise InputError("the input is held: one row of numbers.")
    across, up = (np.linspace(*_ends(*named), grid) for named in (("first", first), ("second", second)))
    places = np.stack(np.meshgrid(across, up), axis=-1)
    states = plane.lift(places).reshape(-1, system.size)
    with precision("float64"):
        moved = np.asarray(_moved(system, states, x))
    steps = (moved @ plane.directions.T).reshape(grid, grid, 2)
    return MotionInPlane(across, up, steps, np.linalg.norm(moved, axis=1).reshape(grid, grid))


def _ends(name: str, ends: Any) -> tuple[float, float]:
    pair = require_array(name, ends, "end")
    if pair.shape != (2,) or not np.isfinite(pair).all() or not pair[0] < pair[1]:
        raise InputError(f"{name} must be two finite numbers, the lesser one first; came {ends!r}.")
    return float(pair[0]), float(pair[1])


@compiled
def _moved(system: System, states: Array, x: Array) -> Array:
    return jax.vmap(lambda h: system.advance(h, x) - h)(jnp.asarray(states))
