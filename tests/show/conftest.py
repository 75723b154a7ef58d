"""Series, forecasts and histories made by hand: nothing is trained."""

from dataclasses import replace

import numpy as np
import pytest

from unrolled.forecast import Band, Forecast, Ingredient, Verdict
from unrolled.learn import History, Status
from unrolled.series import Series, dataset


@pytest.fixture
def energies() -> Series:
    return dataset("pairing-particles")


@pytest.fixture
def trained(energies) -> Series:
    return energies.head(12)


@pytest.fixture
def forecast(energies, trained) -> Forecast:
    """Three members around the truth, which their mean misses by one percent."""
    truth = energies.values[12:]
    members = np.stack([truth * 1.01 + shift for shift in (-0.01, 0.0, 0.01)])
    return Forecast(energies.x[12:], members, trained)


@pytest.fixture
def bounded(trained, forecast) -> Forecast:
    """The same, combined from three candidates, with bounds that open, of which two steps are trusted."""
    half = 0.002 * 4.0 ** np.arange(len(forecast))[:, None]
    bands = tuple(Band(level, forecast.mean - k * half, forecast.mean + k * half) for level, k in ((68, 1), (95, 2)))
    made = (Ingredient("one", -6.125, 0.5, trained.names[0]), Ingredient("two", -3.0, 0.3, trained.names[0]))
    rest = (Ingredient("three", None, 0.2, trained.names[0]), Ingredient("four", -0.5, 0.0, trained.names[0]))
    return replace(
        forecast, centre=forecast.mean, bands=bands, verdict=Verdict(2, len(forecast)), ingredients=(*made, *rest)
    )


@pytest.fixture
def history() -> History:
    """Four members: one failed after 5 epochs, one stopped after 8, two ran on, one of them to zero."""
    loss = np.array([1.0, 2.0, 3.0, 4.0])[:, None] * 0.7 ** np.arange(10)
    loss[0, 5:] = np.nan
    loss[1, 8:] = np.nan
    loss[2, 9] = 0.0
    status = (Status.NOT_FINITE, Status.STOPPED_EARLY, Status.FINISHED, Status.FINISHED)
    return History(loss, 2 * loss, np.array([5, 8, 10, 10]), status)
