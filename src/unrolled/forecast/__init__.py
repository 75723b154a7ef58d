"""Estimators: a model learns a series and continues it."""

from unrolled.forecast._forecast import Forecast as Forecast
from unrolled.forecast._forecast import OneStep as OneStep
from unrolled.forecast._forecaster import FittedForecaster as FittedForecaster
from unrolled.forecast._forecaster import Forecaster as Forecaster
from unrolled.forecast._framing import TARGETS as TARGETS
from unrolled.forecast._framing import Framing as Framing
from unrolled.forecast._models import describe_models as describe_models
from unrolled.forecast._models import model as model
from unrolled.forecast._models import models as models
from unrolled.forecast._models import says_nothing as says_nothing
from unrolled.forecast._models import settings as settings
from unrolled.forecast._saved import load as load
