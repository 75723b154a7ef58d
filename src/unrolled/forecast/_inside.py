"""What is inside a fitted model: a system to look at, and its network."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.arguments import require_whole
from unrolled.dynamics import ClosedLoop, DrivenNetwork, System
from unrolled.forecast._closed_loop_system import closed_loop_system
from unrolled.forecast._fitted_reservoir import FittedReservoir
from unrolled.networks import Network, Readout, member
from unrolled.sequence import EchoStates, FittedSequenceModel

__all__ = ["inside"]


def inside(fitted: Any, *, number: int = 0, closed: bool = False) -> tuple[System, Network | None]:
    """One member of a fitted model as a system, and its network.

    A model that continues a series is closed on itself, and begins where the series ends. A sequence model is driven by
    its inputs, unless ``closed`` says otherwise.

    Parameters
    ----------
    fitted
        A :class:`FittedSequenceModel`, a network that continues a series, or a reservoir.
    number
        Which member.
    closed
        Whether the outputs of a sequence model become its next inputs.

    Returns
    -------
    tuple
        The system; the network, or ``None`` where nothing in it is a network with weights of its own.

    Raises
    ------
    InputError
        A model without a network, or a member that is not there.

    Examples
    --------
    >>> import numpy as np
    >>> from unrolled.forecast import EchoState, inside
    >>> system, network = inside(EchoState(units=20, members=1).fit(np.sin(0.3 * np.arange(100))))
    >>> system.size, network.features  # 20 activities and the last value
    (21, 1)
    """
    if isinstance(fitted, FittedSequenceModel):
        count = len(fitted.kept)
        network = member(fitted.networks, require_whole("the number of the member", number, 0, count - 1))
        return (ClosedLoop if closed else DrivenNetwork)(network), network
    system = closed_loop_system(fitted, number=number)
    if not isinstance(fitted, FittedReservoir):
        return system, member(fitted.networks, number)
    expansion = fitted.members()[number]
    if not isinstance(expansion, EchoStates):
        return system, None
    cell = expansion.reservoir.cell()
    # What the readout sees beside the activities, a layer cannot say.
    return system, Network((cell,), Readout(np.zeros((cell.features, cell.units)), np.zeros(cell.features)))
