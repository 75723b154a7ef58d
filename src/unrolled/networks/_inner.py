"""What stands inside a network: the pre-activations of its hidden units, for curvature and damping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from jaxtyping import Array, Bool, Float

from unrolled.networks._both_ways import swept
from unrolled.networks._cell import Cell
from unrolled.networks._network import Network, last_steps
from unrolled.networks._sweeps import Held, Stack
from unrolled.networks._tape import in_time, layer_ways, require_plain, sequences_first, through
from unrolled.types import AnyArray

__all__ = ["Inner", "inner"]


class Inner(NamedTuple):
    """The outputs of a network before the output function, and what its hidden units did.

    Attributes
    ----------
    raw
        ``V h_t + c`` of the last steps.
    a
        Pre-activations of every recurrent layer, by name, ``(batch, time, row)``.
    slopes
        ``f'(a_t)``, of the same shapes; constants to a derivative, 0 where a_t does not count.
    """

    raw: Float[AnyArray, "batch last output"]
    a: dict[str, Float[Array, "batch time row"]]
    slopes: dict[str, Float[Array, "batch time row"]]


def inner(
    network: Network,
    inputs: Float[AnyArray, "batch time feature"],
    states: tuple[Any, ...],
    *,
    last: int | None = None,
    real: Bool[AnyArray, "batch time"] | None = None,
    clamps: Mapping[str, Any] | None = None,
) -> Inner:
    """Run a network and give its outputs with the pre-activations of its hidden units, differentiable both ways.

    Parameters
    ----------
    network
        One network, without encoder and feedback.
    inputs, states, last, real, clamps
        As :meth:`Network.raw` takes them.

    Raises
    ------
    InputError
        A network whose steps do not lie on one stack.
    """
    require_plain(network)
    passes = through(network, inputs, states, Held(real, dict(clamps or {})), _swept)
    a, slopes = {}, {}
    for way in (way for layer in layer_ways(network) for way in layer if isinstance(way.layer, Cell)):
        course = passes[way.name].stack.kept
        seen = [sequences_first(in_time(part, way.backward)) for part in (course.a, course.slopes)]
        a[way.name], slopes[way.name] = seen
    raw = network.readout.raw(sequences_first(passes[network.readout.kind].x))
    return Inner(last_steps(raw, last, real), a, slopes)


def _swept(cell: Cell, x: Any, state: Any, held: Held) -> Stack:
    course = swept(cell, x, state, held)
    return Stack(course.h, course)
