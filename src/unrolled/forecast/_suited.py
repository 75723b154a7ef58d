"""What a model of a series can be made of."""

from __future__ import annotations

from unrolled.errors import InputError
from unrolled.learn import GradientDescent, LeastSquares
from unrolled.networks import NetworkDesign

__all__ = ["check_design"]

# Losses whose outputs are values.
_VALUES = ("squared", "absolute", "huber")


def check_design(design: NetworkDesign, learner: GradientDescent | LeastSquares) -> None:
    """Raise an :class:`InputError` if a model of a series cannot use the design or the loss; a sequence model can."""
    odd = {
        "an encoder": bool(design.encoder),
        "feedback": design.feedback,
        "observed units": design.observed is not None,
        "initial states for each sequence": design.sequences > 0,
        f"the loss {getattr(learner, 'loss', '')}": getattr(learner, "loss", "squared") not in _VALUES,
        "forcing": isinstance(learner, GradientDescent) and learner.forcing != 1.0,
    }
    for name, used in odd.items():
        if used:
            raise InputError(f"{name} is for sequence tasks (unrolled.SequenceModel); a model of a series takes none.")
