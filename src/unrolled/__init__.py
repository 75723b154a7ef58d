"""Recurrent networks for physical series.

The pipeline, in the order in which data pass through it::

    Series -> Windows -> Batch -> Network -> Fit -> Forecast -> Scores -> Report

Everything here is loaded when it is first used: ``import unrolled`` loads no JAX.
"""

import importlib
from typing import TYPE_CHECKING

from unrolled._version import __version__ as __version__

if TYPE_CHECKING:
    from unrolled.choose import load as load
    from unrolled.choose import model as model
    from unrolled.choose import models as models
    from unrolled.compilation import use_compilation_cache as use_compilation_cache
    from unrolled.errors import InputError as InputError
    from unrolled.errors import TrainingError as TrainingError
    from unrolled.evaluate import Scores as Scores
    from unrolled.evaluate import Trial as Trial
    from unrolled.evaluate import extrapolate as extrapolate
    from unrolled.evaluate import score as score
    from unrolled.forecast import FittedForecaster as FittedForecaster
    from unrolled.forecast import Forecast as Forecast
    from unrolled.forecast import Forecaster as Forecaster
    from unrolled.learn import GradientDescent as GradientDescent
    from unrolled.learn import LeastSquares as LeastSquares
    from unrolled.learn import Optimizer as Optimizer
    from unrolled.networks import Network as Network
    from unrolled.networks import NetworkDesign as NetworkDesign
    from unrolled.networks import from_keras as from_keras
    from unrolled.networks import from_torch as from_torch
    from unrolled.sequence import SequenceModel as SequenceModel
    from unrolled.series import Series as Series
    from unrolled.series import dataset as dataset
    from unrolled.series import datasets as datasets
    from unrolled.series import from_frame as from_frame
    from unrolled.series import make_series as make_series
    from unrolled.series import read as read
    from unrolled.types import Batch as Batch
    from unrolled.types import precision as precision

_PLACES = {
    "load": "choose",
    "model": "choose",
    "models": "choose",
    "use_compilation_cache": "compilation",
    "InputError": "errors",
    "TrainingError": "errors",
    "Scores": "evaluate",
    "Trial": "evaluate",
    "extrapolate": "evaluate",
    "score": "evaluate",
    "FittedForecaster": "forecast",
    "Forecast": "forecast",
    "Forecaster": "forecast",
    "GradientDescent": "learn",
    "LeastSquares": "learn",
    "Optimizer": "learn",
    "Network": "networks",
    "NetworkDesign": "networks",
    "from_keras": "networks",
    "from_torch": "networks",
    "SequenceModel": "sequence",
    "Series": "series",
    "dataset": "series",
    "datasets": "series",
    "from_frame": "series",
    "make_series": "series",
    "read": "series",
    "Batch": "types",
    "precision": "types",
}

__all__ = ["__version__", *sorted(_PLACES)]  # noqa: PLE0604


def __getattr__(name: str) -> object:
    if name not in _PLACES:
        raise AttributeError(f"module 'unrolled' has no attribute {name!r}")
    return getattr(importlib.import_module(f"unrolled.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, *globals()])
