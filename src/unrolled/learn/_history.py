"""What training leaves behind: the networks, and how the loss went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from jaxtyping import Float, Int

from unrolled.networks import Network

__all__ = ["Fit", "History", "Status"]


class Status(IntEnum):
    """How the training of one member stands: a value, because compiled code cannot raise."""

    RUNNING = 0
    FINISHED = 1
    STOPPED_EARLY = 2
    NOT_FINITE = 3

    @property
    def text(self) -> str:
        """The status in words."""
        return {
            Status.RUNNING: "running",
            Status.FINISHED: "all epochs done",
            Status.STOPPED_EARLY: "stopped early, the loss no longer fell",
            Status.NOT_FINITE: "the loss became infinite or NaN; lower the learning rate, scale the data or clip the "
            "gradient",
        }[self]


@dataclass(frozen=True, eq=False)
class History:
    """Losses by member and epoch; NaN after a member's last epoch.

    Attributes
    ----------
    loss
        Mean over the batches of an epoch, while the weights change, shape ``(member, epoch)``: what is minimized, with
        dropout, norm keeping and the error term of the user where there are such.
    validation_loss
        After each epoch, same shape: the loss alone, without dropout and without those terms. ``None`` without
        validation.
    epochs
        Epochs that each member trained for.
    status
        How each member ended.
    """

    loss: Float[np.ndarray, "member epoch"]
    validation_loss: Float[np.ndarray, "member epoch"] | None
    epochs: Int[np.ndarray, " member"]
    status: tuple[Status, ...]

    @property
    def usable(self) -> np.ndarray:
        """Which members ended with finite losses."""
        return np.array([status != Status.NOT_FINITE for status in self.status])


@dataclass(frozen=True, eq=False)
class Fit:
    """Trained networks and their history.

    Attributes
    ----------
    networks
        Every weight with a leading axis of members, numpy arrays.
    history
        ``None`` for a learner that solves in one step.
    """

    networks: Network
    history: History | None
